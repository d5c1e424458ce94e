"""Crossref: sweeps for notices, look-ups, and what is read from a work."""

import gzip
import json
import tarfile
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.readers import crossref_json
from monitor.feeds.records import (
    FetchedRecord,
    Identifier,
    KeptRecord,
    Link,
    LinkKind,
    UnreadableRecord,
)
from monitor.feeds.sources import SourceContext, crossref, crossref_walk
from monitor.feeds.storage.citations import content_hash
from monitor.feeds.watermarks import Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
TODAY = NOW.date()
COHEN = "10.1002/(sici)1097-0355(199924)20:4<429::aid-imhj5>3.0.co;2-q"
ARTICLE = "10.5555/article"
NOTHING: Any = SimpleNamespace(interventions=())  # what it searches for is tested with the finders

WORK: dict[str, Any] = {
    "DOI": "10.5555/ARTICLE", "type": "journal-article", "language": "en",
    "title": ["A <i>title</i> &amp; more"], "subtitle": ["a randomised trial"],
    "container-title": ["Journal of inventions"], "volume": "27", "issue": "2", "page": "1-9",
    "author": [{"given": "Jo-Ann M.", "family": "Doe", "sequence": "first"}, {"name": "X Group"}],
    "published-print": {"date-parts": [[2023, 1]]}, "issued": {"date-parts": [[2022, 12, 30]]},
    "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title>"
                "<jats:p>To see (NCT00000002), <jats:italic>p</jats:italic> &lt; 0.05.</jats:p>"
                "</jats:sec><jats:sec><jats:title>Findings</jats:title><jats:p>Seen.</jats:p>"
                "</jats:sec>",
    "clinical-trial-number": [{"clinical-trial-number": "isrctn12345678", "registry": "10.1/r"}],
    "updated-by": [
        {"DOI": "10.5555/Notice.1", "type": "retraction", "source": "publisher"},
        {"DOI": "10.5555/notice.1", "type": "retraction", "source": "retraction-watch"},
        {"DOI": "10.5555/notice.2", "type": "Expression of concern"},
        {"DOI": "10.5555/v2", "type": "new_version"},
    ],
    "relation": {"has-preprint": [{"id": "10.5555/preprint", "id-type": "doi"}],
                 "has-review": [{"id": "10.5555/review", "id-type": "doi"}]},
    "indexed": {"date-time": "2026-11-20T01:02:03Z", "timestamp": 1},
    "is-referenced-by-count": 3, "reference-count": 40, "score": 1.0,
}  # fmt: skip


def read(**changes: Any) -> FetchedRecord:
    record = crossref_json.read({**WORK, **changes})
    assert isinstance(record, FetchedRecord)
    return record


def link(kind: LinkKind, value: str) -> Link:
    return Link(kind, Identifier("doi", value))


def test_a_work_is_read_in_full():
    record = read()
    citation = record.citation
    assert record.key == ARTICLE
    assert citation.title == "A title & more: a randomised trial"
    assert citation.identifiers == (Identifier("doi", ARTICLE),)
    assert [one.value for one in citation.registrations] == ["ISRCTN12345678", "NCT00000002"]
    assert citation.abstract == "AIM: To see (NCT00000002), p < 0.05.\n\nFINDINGS: Seen."
    assert citation.authors == ("Doe JAM", "X Group")
    assert (citation.journal, citation.volume, citation.issue, citation.pages) == (
        "Journal of inventions", "27", "2", "1-9",
    )  # fmt: skip
    assert (citation.year, citation.published) == (2023, date(2022, 12, 30))
    assert citation.publication_types == ("Journal article",)
    assert citation.url == "https://doi.org/10.5555/article"
    assert citation.links == (
        link(LinkKind.CONCERN_IN, "10.5555/notice.2"),
        link(LinkKind.HAS_PREPRINT, "10.5555/preprint"),
        link(LinkKind.RETRACTED_BY, "10.5555/notice.1"),
        link(LinkKind.UPDATED_BY, "10.5555/v2"),
    )


def test_a_notice_says_what_it_is_about():
    about = [
        {"DOI": "https://doi.org/10.5555/A.", "type": kind}
        for kind in ("withdrawal", "partial_retraction", "erratum", "addendum", None)
    ]
    work = {"update-to": about, "updated-by": None, "relation": None}
    assert read(**work).citation.links == tuple(
        link(kind, "10.5555/a")
        for kind in (
            LinkKind.CORRECTS, LinkKind.PARTLY_RETRACTS, LinkKind.RETRACTS, LinkKind.UPDATES,
        )
    )  # fmt: skip


def test_a_preprint_names_its_server_and_its_article():
    record = read(
        **{
            "type": "posted-content",
            "subtype": "preprint",
            "container-title": [],
            "institution": [{"name": "Invented archive"}],
            "relation": {"is-preprint-of": [{"id": "10.5555/Later", "id-type": "doi"}]},
            "updated-by": [],
            "abstract": "<jats:title>Abstract</jats:title><jats:p>One paragraph.</jats:p>",
        }
    )
    assert record.citation.journal == "Invented archive"
    assert record.citation.publication_types == ("Preprint",)
    assert record.citation.abstract == "One paragraph."
    assert record.citation.links == (link(LinkKind.PREPRINT_OF, "10.5555/later"),)


def test_stamps_and_counts_are_no_change_and_an_update_is():
    before = content_hash(read())
    stamps = {"indexed": {"timestamp": 2}, "is-referenced-by-count": 4, "reference-count": 41,
              "score": 2.0, "deposited": {"timestamp": 3},
              "updated-by": WORK["updated-by"][::-1]}  # fmt: skip
    assert content_hash(read(**stamps)) == before
    assert content_hash(read(**{"updated-by": []})) != before
    assert content_hash(read(title=["Corrected"])) != before


@pytest.mark.parametrize(
    "work", [None, [], "text", {}, {**WORK, "DOI": None}, {**WORK, "DOI": "9.1/x"},
             {**WORK, "title": []}, {**WORK, "title": ["<b></b>", None]}]
)  # fmt: skip
def test_an_unreadable_work_is_set_aside(work):
    record = crossref_json.read(work)
    assert isinstance(record, UnreadableRecord)
    assert record.reason


@pytest.mark.parametrize(
    "junk",
    [None, 3, -1, True, "text", "\x00\ud800", ["x"], {"a": 1}, [None], [[None]], [[10**30] * 3],
     {"date-parts": [[True, True, True]]}, {"date-parts": [[2023, 2, 31]]}, [{"DOI": 7}],
     [{"DOI": "10.1/x" * 99, "type": ["retraction"]}]],
)  # fmt: skip
def test_any_field_may_be_of_another_kind(junk):
    for name in WORK.keys() - {"DOI", "title"}:
        content_hash(read(**{name: junk}))
    assert isinstance(crossref_json.read({**WORK, "title": [junk, "A title"]}), FetchedRecord)


def test_broken_mark_up_takes_no_time():
    read(abstract="<jats:" + "a" * 300_000)
    read(abstract="<jats:p " * 50_000)


def test_a_kept_work_is_read_again():
    kept = KeptRecord(ARTICLE, read().raw, "application/json", TODAY)
    assert crossref_json.reread(kept) == read()
    broken = crossref_json.reread(KeptRecord(ARTICLE, b"{", "application/json", TODAY))
    assert isinstance(broken, UnreadableRecord)


class Service:
    """Lists notices in pages of two, and gives single works."""

    def __init__(self, upstream, monkeypatch):
        monkeypatch.setattr(crossref_walk, "ROWS", 2)
        self.upstream = upstream
        self.notices = [(f"10.5555/other.{n}", "10.5555/unwatched") for n in range(1, 4)]
        self.works: dict[str, Any] = {"10.5555/article": {**WORK}}
        self.declared: int | None = None
        self.expires = 0  # so many cursors
        upstream.answer = self.answer

    def answer(self, asked):
        if asked.path.endswith("/works"):
            return self.page(asked.fields["cursor"])
        doi = asked.path.partition("/works/")[2]
        work = self.works.get(doi)
        if work is None:
            return self.upstream.says(b"Resource not found.", 404)
        return self.says("work", work)

    def page(self, cursor):
        if cursor != "*" and self.expires:
            self.expires -= 1
            problem = {"type": "cursor-invalid", "value": "CANARY", "message": "CANARY"}
            body = {"status": "failed", "message-type": "resource-failure", "message": [problem]}
            return self.upstream.says(json.dumps(body).encode(), 404)
        start = 0 if cursor == "*" else int(cursor.removeprefix("c+/="))
        items = [
            {"DOI": doi, "update-to": [{"DOI": about, "type": "retraction"}]}
            for doi, about in self.notices[start : start + 2]
        ]
        total = len(self.notices) if self.declared is None else self.declared
        listed = {"total-results": total, "items": items, "next-cursor": f"c+/={start + 2}"}
        return self.says("work-list", listed)

    def says(self, kind, message):
        body = {"status": "ok", "message-type": kind, "message": message}
        headers = {"Date": "Mon, 23 Nov 2026 06:10:00 GMT"}
        return self.upstream.says(json.dumps(body).encode(), headers=headers)


@pytest.fixture
def service(upstream, monkeypatch):
    return Service(upstream, monkeypatch)


@pytest.fixture
def build(upstream, make_http, tmp_path):
    def build(watched=(ARTICLE,), contact="curator@example.org", **watermarks):
        values = {
            "allow_loopback": True,
            "contact": contact,
            "crossref": {"base_url": f"{upstream.url}/api/"},
        }
        settings = parse({"sources": values}, folder=tmp_path)
        http = make_http()
        built = crossref.build(
            SourceContext(settings, NOTHING, http, TODAY, watched=watched, watermarks=watermarks)
        )
        http.pace(upstream.url, 10_000)
        return built

    return build


def sweep(source, watermark=None):
    return source.ask(source.queries[0], watermark, NOW)


def look_up(source, watermark=None):
    return source.ask(source.queries[-1], watermark, NOW)


def test_there_is_a_sweep_for_each_kind_of_notice_and_a_look_up_for_each_paper_due(build):
    fresh = Watermark(position="2026-11-20")
    source = build(("10.5555/b", "10.5555/a", "10.5555/seen"), **{"doi:10.5555/seen": fresh})
    assert [query.key for query in source.queries] == [
        "notices:retraction", "notices:withdrawal", "notices:removal",
        "notices:partial_retraction", "notices:expression_of_concern", "notices:correction",
        "notices:corrigendum", "notices:erratum", "doi:10.5555/b", "doi:10.5555/a",
    ]  # fmt: skip
    assert source.queries[0].text == "is-update:true,update-type:retraction"
    assert {query.intervention for query in source.queries} == {None}


def test_a_sweep_walks_to_the_end_and_keeps_only_notices_about_watched_papers(build, service):
    service.notices.append(("10.5555/Notice.1", "10.5555/ARTICLE"))
    service.works["10.5555/notice.1"] = {**WORK, "DOI": "10.5555/Notice.1"}
    answer = sweep(build())
    assert [record.key for record in answer.records] == ["10.5555/notice.1", ARTICLE]
    assert answer.declared == 4
    assert answer.notes == ("3 other notices concern no paper watched here",)
    assert answer.window == (date(2026, 11, 16), TODAY)
    assert answer.watermark == Watermark(position="2026-11-23")
    lists = [asked for asked in service.upstream.asked if asked.path == "/api/works"]
    assert [asked.fields["cursor"] for asked in lists] == ["*", "c+/=2", "c+/=4"]
    assert lists[0].fields == {
        "filter": "is-update:true,update-type:retraction,from-index-date:2026-11-16",
        "rows": "2", "select": "DOI,update-to", "cursor": "*", "mailto": "curator@example.org",
    }  # fmt: skip
    assert all(asked.fields["mailto"] for asked in service.upstream.asked)
    assert all(
        "mailto:curator@example.org" in asked.headers["user-agent"]
        for asked in service.upstream.asked
    )


def test_without_a_contact_none_is_made_up(build, service):
    sweep(build(contact=""))
    assert all("mailto" not in asked.fields for asked in service.upstream.asked)


@pytest.mark.parametrize(
    ("position", "first"),
    [("2026-11-20", "2026-11-17"), ("2026-08-01", "2026-07-29"), ("2027-01-01", "2026-11-20")],
)
def test_later_sweeps_look_back_over_the_overlap_however_long_ago(build, service, position, first):
    assert sweep(build(), Watermark(position=position)).window[0] == date.fromisoformat(first)
    assert f"from-index-date:{first}" in service.upstream.asked[0].fields["filter"]


def test_a_cursor_that_expires_restarts_the_walk_once(build, service):
    service.expires = 1
    assert sweep(build()).declared == 3
    cursors = [asked.fields["cursor"] for asked in service.upstream.asked]
    assert cursors == ["*", "c+/=2", "*", "c+/=2"]
    service.expires = 2
    with pytest.raises(SourceError) as caught:
        sweep(build())
    assert caught.value.kind is SourceFault.INCOMPLETE
    assert "CANARY" not in str(caught.value)


def test_an_order_that_changes_under_way_is_noticed_and_walked_again(build, service):
    service.notices = [(f"10.5555/n.{n}", "10.5555/unwatched") for n in range(4)]
    ordered = service.page

    def shuffled(cursor):
        if len(service.upstream.asked) == 2:  # what was on page one is on page two now
            service.notices = service.notices[2:] + service.notices[:2]
        return ordered(cursor)

    service.page = shuffled
    assert sweep(build()).declared == 4
    cursors = [asked.fields["cursor"] for asked in service.upstream.asked]
    assert cursors == ["*", "c+/=2", "*", "c+/=2", "c+/=4"]


@pytest.mark.parametrize("declared", [2, 4, 10_000_000])
def test_another_number_than_declared_is_incomplete(build, service, declared):
    service.declared = declared
    with pytest.raises(SourceError) as caught:
        sweep(build())
    assert caught.value.kind is SourceFault.INCOMPLETE
    assert len(service.upstream.asked) <= 4


def test_a_list_without_end_is_left(build, service):
    service.declared = 400_000
    service.notices = service.notices[:2]
    page = service.page
    service.page = lambda cursor: page("*")
    with pytest.raises(SourceError) as caught:
        sweep(build())
    assert caught.value.kind is SourceFault.INCOMPLETE
    assert len(service.upstream.asked) == 4


def test_a_notice_that_is_listed_and_not_given_is_incomplete(build, service):
    service.notices.append(("10.5555/notice.1", ARTICLE))
    with pytest.raises(SourceError) as caught:
        sweep(build())
    assert caught.value.kind is SourceFault.INCOMPLETE


def test_a_paper_is_looked_up_whatever_signs_its_doi_has(build, service):
    service.works = {}
    written = "10.1002/%28sici%291097-0355%28199924%2920%3A4%3C429%3A%3Aaid-imhj5%3E3.0.co%3B2-q"
    service.works[written] = {**WORK, "DOI": COHEN.upper()}
    answer = look_up(build((COHEN,)))
    assert [record.key for record in answer.records] == [COHEN]
    assert answer.watermark == Watermark(position="2026-11-23")
    assert answer.notes == ()


def test_a_doi_that_crossref_does_not_know_is_an_answer(build, service):
    service.works = {}
    answer = look_up(build())
    assert (answer.records, answer.unreadable) == ((), ())
    assert answer.notes == ("Crossref does not know this DOI",)
    assert answer.watermark == Watermark(position="2026-11-23")


def test_the_record_of_another_doi_is_not_kept(build, service):
    service.works[ARTICLE] = {**WORK, "DOI": "10.5555/another"}
    answer = look_up(build())
    assert answer.records == ()
    assert answer.notes == ("Crossref answered with the record of another DOI, which was not kept",)


def test_a_work_without_a_title_is_set_aside(build, service):
    service.works[ARTICLE] = {**WORK, "title": []}
    answer = look_up(build())
    assert [one.reason for one in answer.unreadable] == ["has no title"]


MAINTENANCE = b"<html><body>Down for maintenance CANARY</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", SourceFault.MALFORMED),
        (200, MAINTENANCE, SourceFault.MALFORMED),
        (200, b'{"status":"ok","message-type":"work","mess', SourceFault.MALFORMED),
        (200, b'{"status":"ok","message-type":"work","message":null}', SourceFault.MALFORMED),
        (200, b'{"status":"ok","message-type":"member","message":{"id":1}}',
         SourceFault.MALFORMED),
        (200, b'{"status":"failed","message":[{"type":"CANARY"}]}', SourceFault.REFUSED),
        (404, MAINTENANCE, SourceFault.REFUSED),
        (400, b'{"status":"failed","message-type":"validation-failure"}', SourceFault.REFUSED),
        (429, b"CANARY", SourceFault.RATE_LIMITED),
        (503, b"CANARY", SourceFault.UNREACHABLE),
    ],
)  # fmt: skip
def test_a_reply_that_is_no_answer_fails(build, upstream, status, body, kind):
    upstream.answer = lambda asked: upstream.says(body, status)
    source = build()
    for ask in (look_up, sweep):
        with pytest.raises(SourceError) as caught:
            ask(source)
        assert caught.value.kind is kind
        assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    "listed",
    [b'{"total-results":1,"items":null}', b'{"total-results":"1","items":[]}',
     b'{"total-results":true,"items":[]}', b'{"total-results":null,"items":[{}]}'],
)  # fmt: skip
def test_a_list_of_another_shape_fails(build, upstream, listed):
    body = b'{"status":"ok","message-type":"work-list","message":' + listed + b"}"
    upstream.answer = lambda asked: upstream.says(body)
    with pytest.raises(SourceError) as caught:
        sweep(build())
    assert caught.value.kind is SourceFault.MALFORMED


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3600", 3600), ("-5", 0), ("1e9", 86_400), ("soon", None), (None, None)],
)
def test_how_long_crossref_wants_to_be_left_alone_is_bounded(build, upstream, header, seconds):
    headers = {"Retry-After": header} if header else {}
    upstream.answer = lambda asked: upstream.says(b"", 429, headers)
    with pytest.raises(SourceError) as caught:
        look_up(build())
    assert caught.value.retry_after == seconds


def exchanges(recordings):
    """Give every recorded exchange with Crossref: address asked, status, body."""
    yaml = pytest.importorskip("yaml")
    path = recordings / "crossref_openalex" / "habanero-crossref-cassettes.tar.gz"
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None:
                continue
            for one in yaml.load(file.read(), Loader=yaml.CSafeLoader)["interactions"]:
                body = one["response"]["body"]["string"]
                body = body.encode() if isinstance(body, str) else body
                packed = body[:2] == b"\x1f\x8b"
                yield (
                    one["request"]["uri"],
                    one["response"]["status"]["code"],
                    gzip.decompress(body) if packed else body,
                )


def works_in(body):
    data = json.loads(body)
    message = data["message"]
    if data["message-type"] == "work-list":
        return message["items"]
    return [message] if data["message-type"] == "work" else []


def test_every_recorded_work_is_read(recordings):
    asked = readable = 0
    untitled = set()
    for _, status, body in exchanges(recordings):
        asked += 1
        for work in works_in(body) if status == 200 else []:
            record = crossref_json.read(work)
            if isinstance(record, UnreadableRecord):
                assert not work.get("title")
                untitled.add(record.key)
                continue
            readable += 1
            assert record.key == work["DOI"].lower()
            assert "<jats:" not in (record.citation.abstract or "")
    assert (asked, readable, len(untitled)) == (39, 268, 2)


def test_recorded_errors_are_what_they_are_taken_for(recordings):
    taken = {}
    for uri, status, body in exchanges(recordings):
        if status == 404 and "cursor=" in uri:
            taken["cursor"] = crossref_walk._cursor_refused(body)
        elif status == 404:
            taken["doi"] = body.strip().lower().startswith(b"resource not found")
    assert taken == {"cursor": True, "doi": True}


def test_recorded_totals_show_that_words_are_joined_by_or_and_texts_by_and(recordings):
    """What ``crossref_search`` rests on: another text narrows, another word widens."""
    totals = {
        "author" if "query.author" in uri else "one word": json.loads(body)["message"]
        for uri, status, body in exchanges(recordings)
        if status == 200 and "works?query=ecology" in uri and "journals" not in uri
    }
    assert totals["author"]["total-results"] * 100 < totals["one word"]["total-results"]
    (words,) = [
        json.loads(body)["message"]["total-results"]
        for uri, _, body in exchanges(recordings)
        if "query.publisher-name=Universidade" in uri
    ]
    assert words > 1_000_000, "of six words, any"


ASKED = crossref_walk.WalkRequest({}, "DOI", "works", 10**9)


def test_a_recorded_walk_is_read_page_by_page(recordings):
    pages = [
        crossref_walk._page(body, ASKED)
        for uri, _, body in exchanges(recordings)
        if "members/98/works?rows=5&cursor=" in uri
    ]
    assert [len(page.works) for page in pages] == [5, 5, 5, 5]
    assert all(page.cursor for page in pages)
    assert len({page.declared for page in pages}) == 1


EXPECTED = {
    "10.1016/s0140-6736(97)11096-0": [
        link(LinkKind.CORRECTED_BY, "10.1016/s0140-6736(04)15715-2"),
        link(LinkKind.RETRACTED_BY, "10.1016/s0140-6736(10)60175-4"),
    ],
    "10.1056/nejmoa2007621": [
        link(LinkKind.CONCERN_IN, "10.1056/nejme2020822"),
        link(LinkKind.RETRACTED_BY, "10.1056/nejmc2021225"),
    ],
    "10.1016/j.ejogrb.2014.02.038": [link(LinkKind.CONCERN_IN, "10.1016/j.ejogrb.2024.06.039")],
    "10.1002/14651858.cd008900.pub3": [link(LinkKind.UPDATES, "10.1002/14651858.cd008900.pub2")],
    "10.1038/s41586-020-2649-2": [],
    "10.1002/sm2.65": [],
    "10.1023/a:1025493705728": [],
}


def test_recorded_retractions_and_concerns_become_links(recordings):
    found = {}
    path = recordings / "retractions" / "retraction-check-retractionwatch-crossref.tar.gz"
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file is not None:
                record = crossref_json.read(json.load(file)["message"])
                assert isinstance(record, FetchedRecord)
                found[record.key] = list(record.citation.links)
    assert found == EXPECTED


def test_replies_recorded_by_others_never_crash(recordings):
    search = recordings / "multi_api" / "fastpaper-cli__crossref_search.json"
    read_in_full = [crossref_json.read(work) for work in works_in(search.read_bytes())]
    assert [type(one) for one in read_in_full] == [FetchedRecord] * 3
    rewritten = sorted((recordings / "crossref_openalex").glob("*raw_crossref*.json"))
    reasons = [crossref_json.read(json.loads(path.read_bytes())) for path in rewritten]
    # written anew by the program that asked, without the DOI
    assert [getattr(one, "reason", None) for one in reasons] == ["has no DOI"] * 7
