"""The list of changes, each change with why, its feeds and its table, on both databases."""

import csv
import html
import io
import re
from datetime import datetime
from uuid import UUID

import feedparser
import pytest
from lxml import etree

from monitor.catalogue.words import FindingDirection

ATOM = "{http://www.w3.org/2005/Atom}"


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def entries(page) -> list[str]:
    """Give the words of each entry of the list, the newest first."""
    told = page.text.partition('<ol class="gm-time"')[2].partition("</ol>")[0]
    parts = re.findall(r"<li>(.*?)</li>", told, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in parts]


@pytest.fixture
def told(client, evidence, clock):
    """A trial of COS, one of VIPP, and the first one withdrawn: a day after another."""
    clock.advance(days=1)
    first = evidence.decided("cos")
    clock.advance(days=1)
    evidence.decided("vipp", direction=FindingDirection.FAVOURS)
    clock.advance(days=1)
    evidence.withdrawn(first)
    client.study = first
    return client


def test_the_list_tells_first_what_a_study_found(told):
    found = entries(told.get("/changes"))
    assert [one[:16] for one in found] == [
        "26 November 2026",
        "25 November 2026",
        "24 November 2026",
    ]
    assert (
        "Correction for Circle of Security: a study is no longer counted. Findings moved"
        in found[0]
    )
    assert "a UK randomised trial found a difference in favour" in found[1] or "favours" in found[1]
    assert re.search(
        r"Circle of Security: a UK randomised trial .*?\. Findings moved from", found[2]
    )


def test_a_change_that_holds_no_more_says_what_changed_next(told):
    """Mails lead to it: what a study found may have been corrected since."""
    numbers = re.findall(r'href="/changes/(\d+)"', told.get("/changes").text)
    corrected, of_vipp, first = list(dict.fromkeys(numbers))[:3]
    page = told.get(f"/changes/{first}")
    since = page.text.partition('id="since"')[2].partition("</div>")[0]
    assert "This has changed since." in since
    assert f'href="/changes/{corrected}">Correction for Circle of Security: a study is no' in since
    assert 'href="/interventions/cos"' in since
    assert "Below is how it stood from 24 November 2026 until then" in text(page)
    for newest in (corrected, of_vipp):
        assert 'id="since"' not in told.get(f"/changes/{newest}").text


def test_a_reason_that_somebody_wrote_as_a_sentence_ends_once(client, evidence, clock):
    clock.advance(days=1)
    evidence.withdrawn(evidence.decided("cos"), reason="The journal retracted it.")
    (number, *_) = re.findall(r'href="/changes/(\d+)"', client.get("/changes").text)
    for address in ("/changes", f"/changes/{number}", "/interventions/cos", "/"):
        page = text(client.get(address))
        assert ".." not in page, address
        assert address == "/" or "The journal retracted it" in page


FILTERS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("", (26, 25, 24)),
    ("intervention=cos", (26, 24)),
    ("intervention=ddp", ()),
    ("kind=findings&intervention=cos", (26, 24)),
    ("kind=withdrawn", (26,)),
    ("kind=use", ()),
    ("kind=studies", (26, 25, 24)),
    ("from=2026-11-25", (26, 25)),
    ("to=2026-11-25", (25, 24)),
    ("from=2026-11-25&to=2026-11-25&intervention=vipp", (25,)),
    ("from=&to=&kind=&intervention=", (26, 25, 24)),
)
REFUSED = (
    ("intervention=nope", "There is no intervention 'nope': choose vipp, abc"),
    ("kind=everything", "There is no kind 'everything': choose tier, findings, gap"),
    ("from=yesterday", "There is no such day: write it as 2026-11-20"),
    ("to=2026-02-30", "The last day is '2026-02-30'."),
    ("from=2026-11-26&to=2026-11-24", "The last day comes before the first"),
    ("kind=%3Cscript%3E", "There is no kind '<script>'"),
)


def test_a_filter_shows_what_it_asks_for_on_the_page_and_in_the_table(told):
    for query, days in FILTERS:
        page = told.get(f"/changes?{query}")
        assert page.status_code == 200
        assert tuple(int(one[:2]) for one in entries(page)) == days, query
        assert ("No change is of that kind." in text(page)) is (not days)
        table = told.get(f"/changes/changes.csv?{query}")
        rows = list(csv.DictReader(io.StringIO(table.text)))
        assert tuple(int(row["on"][-2:]) for row in rows) == days, query
        for row in rows:
            assert (row["licence"], row["as_of"]) == ("CC BY 4.0", "2026-11-26")
            assert row["cite_as"].startswith("Gap Monitor, changes, 26 November 2026, http")
            assert row["address"].endswith(f"/changes/{row['change']}")
    assert told.get("/changes/changes.csv?kind=use").text.startswith("change,address,on,")


def test_a_filter_of_what_there_is_not_says_so(told):
    for query, sentence in REFUSED:
        page, table = told.get(f"/changes?{query}"), told.get(f"/changes/changes.csv?{query}")
        for answer in (page, table):
            assert answer.status_code == 400
            assert sentence in text(answer)
            assert "<script>" not in answer.text
        assert "<form" in page.text
        assert entries(page) == []


def test_a_page_goes_on_within_the_filter(told, monkeypatch):
    from monitor.web.public.changes import listed

    monkeypatch.setattr(listed, "_PAGE", 1)
    page = told.get("/changes?intervention=cos&kind=findings")
    assert len(entries(page)) == 1
    older = re.search(r'href="([^"]+)">Older changes', page.text)
    assert older
    following = told.get(html.unescape(older[1]))
    assert [one[:2] for one in entries(following)] == ["24"]


def test_a_change_says_everything_that_is_known_of_why(told, published):
    from monitor.gap import queries as gap

    with published.read() as session:
        changes = gap.changes(session, slug="cos")
    change = changes[-1]
    page = told.get(f"/changes/{change.id}")
    words = text(page)
    assert re.search(r"Without Author1 2026, this would not have changed\.", words)
    assert "Headline: the review’s “generally positive”" in words
    assert "Tier: the line for strong of grading policy" in words
    assert "What trials since the review showed" in words
    assert "chosen: " in words
    assert "PubMed sent it; fetched" in words
    assert f'href="/interventions/cos/studies/{told.study}"' in page.text
    assert f"/changes/{change.id}" in words
    assert 'href="/interventions/cos/memo/2026-11-24"' in page.text
    later = text(told.get(f"/changes/{changes[0].id}"))
    assert "Studies counted since the review None." in later, "right after the withdrawal"
    assert "No result of one was known here." in later


def feed_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    return answer, etree.fromstring(answer.data)


def must(root) -> None:
    """Check what RFC 4287 asks of a feed and of its entries (4.1.1, 4.1.2)."""
    assert root.tag == f"{ATOM}feed"
    for holder in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(holder.findall(ATOM + name)) == 1, name
            assert holder.findtext(ATOM + name)
        for name in ("updated", "published"):
            for one in holder.findall(ATOM + name):
                assert datetime.fromisoformat(one.text).tzinfo is not None
        UUID(holder.findtext(f"{ATOM}id").removeprefix("urn:uuid:"))
        alternates = [
            (one.get("type"), one.get("hreflang"))
            for one in holder.findall(f"{ATOM}link")
            if one.get("rel") == "alternate"
        ]
        assert len(alternates) == len(set(alternates)) == 1
        for one in holder.findall(f"{ATOM}link"):
            assert one.get("href").startswith("http")
    assert len(root.findall(f"{ATOM}author")) == 1
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    ids = [one.findtext(f"{ATOM}id") for one in root.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    known = {"id", "title", "subtitle", "updated", "link", "author", "rights", "entry", "published", "category", "summary", "name"}  # fmt: skip
    assert {etree.QName(one).localname for one in root.iter(f"{ATOM}*")} - {"feed"} <= known


def test_the_feeds_are_valid_and_a_change_keeps_its_id(told):
    _, every = feed_of(told, "/changes/feed.atom")
    _, one = feed_of(told, "/interventions/cos/changes.atom")
    must(every)
    must(one)
    ids = [entry.findtext(f"{ATOM}id") for entry in every.findall(f"{ATOM}entry")]
    own = [entry.findtext(f"{ATOM}id") for entry in one.findall(f"{ATOM}entry")]
    assert len(ids) == 3
    assert own == [ids[0], ids[2]], "the same change has the same id in every feed"
    assert one.findtext(f"{ATOM}id") != every.findtext(f"{ATOM}id")
    parsed = feedparser.parse(told.get("/changes/feed.atom").data)
    assert (parsed.version, parsed.bozo) == ("atom10", False)
    assert (
        parsed.entries[0].title == "Correction for Circle of Security: a study is no longer counted"
    )
    assert parsed.entries[0].summary.startswith("Circle of Security: findings moved from")
    assert parsed.feed.rights == "CC BY 4.0"
    assert parsed.feed.updated == parsed.entries[0].updated == "2026-11-26T06:10:00+00:00"
    for entry in parsed.entries:
        assert re.fullmatch(r"http.*/changes/\d+", entry.link)


def test_a_feed_that_a_reader_has_is_not_sent_again_until_something_changed(told, evidence, clock):
    first = told.get("/changes/feed.atom")
    assert first.headers["Last-Modified"] == "Thu, 26 Nov 2026 06:10:00 GMT"
    clock.advance(hours=5)
    asked = {"If-None-Match": first.headers["ETag"]}
    assert told.get("/changes/feed.atom", headers=asked).status_code == 304
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert told.get("/changes/feed.atom", headers=since).status_code == 304
    evidence.decided("vig")
    assert told.get("/changes/feed.atom", headers=asked).status_code == 200
    assert told.get("/changes/feed.atom", headers=since).status_code == 200
    unmoved = told.get("/interventions/cos/changes.atom")
    assert unmoved.last_modified < told.get("/changes/feed.atom").last_modified


def test_pages_name_their_feeds(told):
    found = r'<link rel="alternate"\s+type="application/atom\+xml"\s+title="[^"]+"\s+href="([^"]+)"'
    assert re.findall(found, told.get("/changes").text) == ["/changes/feed.atom"]
    of_cos = "/interventions/cos/changes.atom"
    assert re.findall(found, told.get("/interventions/cos").text) == [of_cos]
    assert re.findall(found, told.get("/changes?intervention=cos").text)[1:] == [of_cos]
    assert told.get("/interventions/nope/changes.atom").status_code == 404


def test_an_empty_feed_is_valid_too(client):
    _, root = feed_of(client, "/interventions/cos/changes.atom")
    must(root)
    assert root.findall(f"{ATOM}entry") == []


def test_hostile_words_stay_words_in_feed_and_table(client, evidence, published):
    from sqlalchemy import text as sql

    evidence.decided("cos")
    hostile = '=HYPERLINK("x") <script>\u202e]]>&{{7*7}}\n😀 שלום'
    with published.write() as session:
        session.execute(
            sql("UPDATE change SET cause = :words, sentence = :words"), {"words": hostile}
        )
    _, root = feed_of(client, "/changes/feed.atom")
    must(root)
    summary = root.findtext(f"{ATOM}entry/{ATOM}summary")
    assert summary == '=HYPERLINK("x") <script>]]>&{{7*7}} 😀 שלום'
    row = next(csv.DictReader(io.StringIO(client.get("/changes/changes.csv").text)))
    assert row["why"].startswith("'=HYPERLINK")
    assert "<script>" not in client.get("/changes").text
