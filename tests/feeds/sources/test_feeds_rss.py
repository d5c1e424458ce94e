"""Feeds: what counts as one, what an item is called, and what a second poll finds."""

import tarfile
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.readers import rss_document, rss_item
from monitor.feeds.records import FetchedRecord, KeptRecord, UnreadableRecord
from monitor.feeds.sources import SOURCES, SourceContext, rss
from monitor.feeds.storage.citations import content_hash
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
TODAY = NOW.date()
NOTHING: Any = None  # feeds ask nothing of the catalogue


def feed(*items: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"><channel><title>Inventions</title>
{"".join(f"<item>{item}</item>" for item in items)}</channel></rss>""".encode()


PUBMED = """<title>An &lt;i&gt;invented&lt;/i&gt; trial</title>
<link>https://pubmed.ncbi.nlm.nih.gov/42476553/?utm_source=X&amp;fc=2026{n}&amp;ff=2026{n}</link>
<description>Short.</description>
<content:encoded><![CDATA[<div><p>J Inv. 2026 Jul 20. doi: 10.1000/inv.1. Online ahead of print.</p>
<p><b>ABSTRACT</b></p><p>AIMS: To see (NCT00000003).</p><p>Second.</p>
<p>PMID:<a href="https://pubmed.ncbi.nlm.nih.gov/42476553/?fc={n}">42476553</a> |
DOI:<a href=https://doi.org/10.1000/inv.1>10.1000/inv.1</a></p></div>]]></content:encoded>
<guid isPermaLink="false">pubmed:42476553</guid><pubDate>Mon, 20 Jul 2026 06:00:00 -0400</pubDate>
<dc:creator>Jo Doe</dc:creator><dc:creator>Ro Roe</dc:creator><dc:source>J Inv</dc:source>
<dc:identifier>pmid:42476553</dc:identifier><dc:identifier>doi:10.1000/inv.1</dc:identifier>"""


def read(body: bytes, content_type: str | None = None) -> list[FetchedRecord]:
    records = [rss_item.read(item, TODAY) for item in rss_document.read(body, content_type)]
    assert all(isinstance(one, FetchedRecord) for one in records)
    return [one for one in records if isinstance(one, FetchedRecord)]


def only(item: str) -> FetchedRecord:
    (record,) = read(feed(item))
    return record


def test_a_pubmed_item_is_read_in_full():
    record = only(PUBMED.format(n=1))
    citation = record.citation
    assert record.key == "pmid:42476553"
    assert citation.title == "An invented trial"
    assert [one.value for one in citation.identifiers] == ["42476553", "10.1000/inv.1"]
    assert [one.value for one in citation.registrations] == ["NCT00000003"]
    assert citation.abstract == "AIMS: To see (NCT00000003).\n\nSecond."
    assert citation.authors == ("Jo Doe", "Ro Roe")
    assert citation.journal == "J Inv"
    assert (citation.published, citation.year) == (date(2026, 7, 20), 2026)
    assert citation.url == "https://pubmed.ncbi.nlm.nih.gov/42476553/"
    assert record.raw.decode() == f"<item>{PUBMED.format(n=1)}</item>"


def test_tracking_that_changes_with_every_fetch_changes_nothing():
    first, second = only(PUBMED.format(n=1)), only(PUBMED.format(n=2))
    assert first.key == second.key
    assert content_hash(first) == content_hash(second)
    assert first.raw != second.raw


@pytest.mark.parametrize(
    "guid",
    ["pubmed:42476553", "PubMed:42476553", "PUBMED: 42476553", "pmid:42476553", "",
     "https://pubmed.ncbi.nlm.nih.gov/42476553/?fc=9", "https://www.pubmed.gov/42476553"],
)  # fmt: skip
def test_every_form_of_a_pubmed_guid(guid):
    link = "https://pubmed.ncbi.nlm.nih.gov/42476553/?fc=1"
    item = f"<title>T</title><guid isPermaLink='false'>{guid}</guid><link>{link}</link>"
    assert only(item).key == "pmid:42476553"


@pytest.mark.parametrize(
    "item",
    [
        "<guid>10.1000/Inv.1</guid>",
        "<guid>https://doi.org/10.1000/inv.1</guid>",
        "<link>https://dx.doi.org/10.1000/inv.1?rft_dat=source%3Ddrss</link>",
        "<link>https://onlinelibrary.test/doi/abs/10.1000/inv.1?af=R</link>",
        "<link>https://journal.test/doi/10.1000/inv.1/abstract</link>",
        "<link>https://journal.test/article/10.1000%2Finv.1</link>",
        "<prism:doi>10.1000/inv.1</prism:doi><link>https://journal.test/1</link>",
        "<dc:identifier>doi:10.1000/INV.1</dc:identifier><guid>x</guid>",
    ],
)
def test_the_doi_is_the_name_wherever_it_stands(item):
    assert only(f"<title>T</title>{item}").key == "doi:10.1000/inv.1"


def test_a_doi_in_the_text_may_be_of_another_paper():
    item = "<title>Correction</title><guid>g1</guid><description>To: doi 10.1000/other. DOI: 10.1000/other</description>"  # fmt: skip
    assert only(item).citation.identifiers == ()


def test_an_item_without_identifiers_is_named_by_guid_and_title():
    plain = "<title>One</title><guid>https://journal.test/a?id=7{}</guid>"
    keys = {only(plain.format(stamp)).key for stamp in ("", "&amp;utm_source=a", "&amp;fc=3#top")}
    assert len(keys) == 1
    assert keys.pop().startswith("https://journal.test/a?id=7#")


def test_a_guid_used_again_for_another_paper_loses_neither():
    records = read(
        feed(
            "<title>One</title><guid>same</guid>",
            "<title>Two</title><guid>same</guid>",
            "<title>ONE.</title><guid>same</guid>",
        )
    )
    assert records[0].key != records[1].key
    assert records[0].key == records[2].key


def test_an_item_with_neither_guid_nor_link_is_named_by_what_it_says():
    one = only("<title>One</title><dc:creator>Jo Doe</dc:creator>")
    same = only("<title>One</title><dc:creator>Jo Doe</dc:creator><description>x</description>")
    other = only("<title>One</title><dc:creator>Ro Roe</dc:creator>")
    assert one.key == same.key
    assert one.key != other.key


def test_a_key_always_fits():
    assert len(only(f"<title>T</title><guid>{'g' * 5000}</guid>").key) < 400


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("Mon, 20 Jul 2026 06:00:00 -0400", date(2026, 7, 20)),
        ("Fri, 01 Jan 2099 00:00:00 GMT", None),
        ("0000-00-00", None),
        ("Mon, 00 Jan 0000 00:00:00 GMT", None),
        ("Spring 2019", None),
        ("2023 Mar-Apr", None),
        ("2021", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_only_a_whole_believable_date_is_one(written, published):
    citation = only(f"<title>T</title><guid>g</guid><pubDate>{written}</pubDate>").citation
    assert citation.published == published
    assert citation.year == (published.year if published else None)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//evil.test", "\x01", ""]
)
def test_only_web_addresses_become_links(link):
    record = only(f"<title>T</title><guid>g</guid><link><![CDATA[{link.strip(chr(1))}]]></link>")
    assert record.citation.url is None


def test_names_in_one_element_are_parted():
    def authors(text):
        return only(
            f"<title>T</title><guid>g</guid><dc:creator>{text}</dc:creator>"
        ).citation.authors

    assert authors("Jo Doe, Ro Roe") == ("Jo Doe", "Ro Roe")
    assert authors("\nJo Doe, \nRo Roe\n") == ("Jo Doe", "Ro Roe")
    assert authors("Doe, Jo") == ("Doe, Jo",)
    assert authors("Doe, Jo; Roe, Ro") == ("Doe, Jo", "Roe, Ro")


def test_an_item_without_a_title_is_set_aside():
    items = rss_document.read(feed("<guid>g</guid>", "<title>T</title>"), None)
    first, second = (rss_item.read(item, TODAY) for item in items)
    assert isinstance(first, UnreadableRecord)
    assert first.reason == "has no title"
    assert isinstance(second, FetchedRecord)


def test_hostile_text_comes_out_plain():
    record = only(
        "<title>&lt;script&gt;alert(1)&lt;/script&gt;A &amp;lt;b&amp;gt;</title><guid>g</guid>"
    )
    assert record.citation.title == "A <b>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", SourceFault.MALFORMED),
        (b"  \n", SourceFault.MALFORMED),
        (b"<html><body>Down for maintenance</body></html>", SourceFault.MALFORMED),
        (b"<!DOCTYPE html><html><body>Down<br></body>", SourceFault.MALFORMED),
        (b'{"error": "upstream unavailable"}', SourceFault.MALFORMED),
        (b"/etc/passwd", SourceFault.MALFORMED),
        (b"<xml/>", SourceFault.MALFORMED),
        (feed("<title>T</title>")[:-20], SourceFault.INCOMPLETE),
        (feed("<title>T</title>")[:-1], SourceFault.INCOMPLETE),
        (feed("<title>T &nbsp; T</title>"), SourceFault.INCOMPLETE),
        (feed(*["<title>T</title>"] * 5001), SourceFault.INCOMPLETE),
        (feed("<title>T</title>" + "<b/>" * 600_000), SourceFault.INCOMPLETE),
    ],
)
def test_what_is_no_whole_feed_is_refused(body, kind):
    with pytest.raises(SourceError) as caught:
        rss_document.read(body, None)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    "prefix", ["", "\ufeff", "<!-- <rss> -->", "<?xml-stylesheet href='x'?>\n"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_wherever_it_hides(prefix, encoding):
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>{prefix}'.lstrip("\ufeff")
        + '<!DOCTYPE rss [<!ENTITY a "x">]><rss version="2.0"><channel><item><title>&a;</title>'
        "</item></channel></rss>"
    )
    with pytest.raises(SourceError):
        rss_document.read(text.encode(encoding), None)


@pytest.mark.parametrize(
    ("declared", "written", "charset"),
    [
        ("utf-8", "utf-8", None), ("utf-16", "utf-16", None), ("iso-8859-1", "iso-8859-1", None),
        ("utf-8", "windows-1252", None), ("windows-1252", "windows-1252", None),
        ("utf-8", "iso-8859-1", "iso-8859-1"), ("us-ascii", "utf-8", None),
        ("no-such-code", "utf-8", None),
    ],
)  # fmt: skip
def test_a_wrong_encoding_is_mended(declared, written, charset):
    text = feed("<title>Café</title><guid>g</guid>").decode().replace("UTF-8", declared)
    kind = f"application/rss+xml; charset={charset}" if charset else None
    (record,) = read(text.encode(written), kind)
    assert record.citation.title == "Café"


def test_a_byte_order_mark_is_no_harm():
    assert read(b"\xef\xbb\xbf" + feed("<title>T</title>"))


@pytest.fixture
def source(upstream, make_http, tmp_path):
    feeds = [{"name": "Inventions", "url": f"{upstream.url}/feed.xml?token=T0"}]
    values = {"allow_loopback": True, "journals": {"feeds": feeds}}
    settings = parse({"sources": values}, folder=tmp_path)
    return rss.build_journals(SourceContext(settings, NOTHING, make_http(), date(2026, 11, 23)))


def test_a_feed_is_asked_with_the_validators_of_its_last_answer(source, upstream):
    headers = {"ETag": '"v1"', "Last-Modified": "Mon, 23 Nov 2026 06:00:00 GMT"}
    upstream.script = [upstream.says(feed("<title>T</title>"), headers=headers)]
    (query,) = source.queries
    answer = source.ask(query, None, NOW)
    assert len(answer.records) == 1
    assert answer.declared is None
    assert answer.watermark == Watermark(etag='"v1"', modified=headers["Last-Modified"])
    upstream.script = [upstream.says(status=304)]
    again = source.ask(query, answer.watermark, NOW)
    assert again.unchanged
    assert (again.records, again.watermark) == ((), answer.watermark)
    first, second = upstream.asked
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"] == '"v1"'
    assert second.headers["if-modified-since"] == headers["Last-Modified"]


def test_a_failure_names_the_feed_and_not_its_address(source, upstream):
    upstream.answer = lambda asked: upstream.says(b"<html>Down</html>")
    with pytest.raises(SourceError) as caught:
        source.ask(source.queries[0], None, NOW)
    assert str(caught.value).startswith("Inventions: ")
    assert "T0" not in str(caught.value)


def test_an_item_given_twice_is_one_record(source, upstream):
    upstream.answer = lambda asked: upstream.says(feed(PUBMED.format(n=1), PUBMED.format(n=2)))
    assert len(source.ask(source.queries[0], None, NOW).records) == 1


def test_feeds_are_asked_only_where_there_are_any(tmp_path):
    none = parse({}, folder=tmp_path)
    one = parse({"sources": {"pubmed_rss": {"feeds": [{"name": "a", "url": "https://a.test/"}]}}},
                folder=tmp_path)  # fmt: skip
    assert not SOURCES["pubmed_rss"].enabled(none)
    assert SOURCES["pubmed_rss"].enabled(one)
    assert not SOURCES["journals"].enabled(one)
    client: Any = SimpleNamespace(pace=lambda *_: None)
    built = SOURCES["pubmed_rss"].build(SourceContext(one, NOTHING, client, date(2026, 11, 23)))
    assert built.queries == (Query("https://a.test/", "https://a.test/"),)


def members(path):
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield member.name, file.read()


def test_no_feed_that_others_test_with_brings_the_reader_down(recordings):
    """Their suites hold what is deliberately broken; each is read or refused, nothing else."""
    read_in_full = refused = items = without_title = 0
    for suite in ("feedparser-suite", "v2-testdata"):
        for _name, body in members(recordings / "feeds" / f"{suite}.tar.gz"):
            try:
                found = rss_document.read(body, None)
            except SourceError:
                refused += 1
                continue
            read_in_full += 1
            for item in found:
                record = rss_item.read(item, TODAY)
                record.raw.decode("utf-8", "replace")
                if isinstance(record, FetchedRecord):
                    content_hash(record)
                    items += 1
                else:
                    without_title += 1
    assert read_in_full + refused == 1768 + 18
    assert read_in_full > 1300
    assert items > 400
    assert items + without_title > 1000


def journals(recordings):
    archive = members(recordings / "feeds" / "biorss-journal-feeds-A.tar.gz")
    return {name.removeprefix("cache/"): body for name, body in archive}


def test_every_recorded_journal_feed_is_read(recordings):
    total, refused = 0, []
    for name, body in journals(recordings).items():
        try:
            total += len({one.key for one in read(body)})
        except SourceError:
            refused.append(name)
    # one is a web page that says no
    assert refused == ["2021-11-24/e379dc5d4d4c416ee999e4b32339d5e8.xml"]
    assert total == 940


def test_a_recorded_feed_polled_again_brings_exactly_the_new_items(recordings):
    """The same feeds saved on two or more days: told from the titles they show."""
    days: dict[str, list[str]] = {}
    feeds = journals(recordings)
    for name in sorted(feeds):
        days.setdefault(name.partition("/")[2], []).append(name)
    compared = new_items = 0
    for names in days.values():
        for earlier, later in pairwise(names):
            if "e379dc" in later:
                continue
            before, after = read(feeds[earlier]), read(feeds[later])
            known = {one.key: content_hash(one) for one in before}
            new = {one.citation.title for one in after if one.key not in known}
            titles = {one.citation.title for one in before}
            assert new == {one.citation.title for one in after} - titles
            compared += 1
            new_items += len(new)
            assert all(known.get(one.key) == content_hash(one) for one in read(feeds[earlier]))
    assert compared >= 12
    assert new_items > 20


def test_a_recorded_pubmed_feed_has_numbers_and_dois(recordings):
    records = read((recordings / "feeds" / "biorss__native-pubmed.xml").read_bytes())
    assert len(records) == 15
    for record in records:
        assert [one.scheme for one in record.citation.identifiers] == ["pmid", "doi"]
        assert record.citation.abstract is None or "PMID:" not in record.citation.abstract
        assert record.citation.published is not None
        assert record.citation.published <= TODAY + timedelta(days=1)


def test_a_kept_item_reads_as_it_did_when_it_came(recordings):
    """An item keeps its own bytes; the prefixes it uses were declared by the feed around it."""
    bodies = [*journals(recordings).values()]
    bodies += [path.read_bytes() for path in (recordings / "feeds").glob("*.xml")]
    count = 0
    for body in bodies:
        try:
            items = rss_document.read(body, None)
        except SourceError:
            continue
        for item in items:
            one = rss_item.read(item, TODAY)
            assert isinstance(one, FetchedRecord)
            kept = KeptRecord(one.key, one.raw, one.media_type, TODAY)
            again = rss_item.reread(kept)
            assert isinstance(again, FetchedRecord), (again.reason, one.raw[:200])
            assert again.citation == one.citation
            count += 1
    assert count > 1000
