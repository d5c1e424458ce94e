"""Europe PMC: the cursor walk, what counts as whole, and its records."""

import gzip
import json
import tarfile
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.readers import europepmc_json
from monitor.feeds.records import (
    FetchedRecord,
    Identifier,
    KeptRecord,
    Link,
    LinkKind,
    UnreadableRecord,
)
from monitor.feeds.sources import SourceContext, europepmc
from monitor.feeds.storage.citations import content_hash
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
QUERY = Query("vipp", '"an invention"', "vipp")

RESULT = {
    "id": "39984857", "source": "MED", "pmid": "39984857", "pmcid": "PMC9900465",
    "doi": "10.3310/IVCN8847", "title": "Title with <i>mark-up</i> &amp; more.",
    "authorList": {"author": [{"fullName": "Doe JA"}, {"collectiveName": "X Group"}, None]},
    "journalInfo": {"issue": "2", "volume": "27", "journal": {"title": "Journal of inventions"}},
    "pubYear": "2023", "pageInfo": "1-9", "language": "eng",
    "abstractText": "<h4>Methods</h4>We did it (NCT00000002).<h4>Results</h4>p &lt; 0.05",
    "pubTypeList": {"pubType": ["Randomized Controlled Trial", "Journal Article"]},
    "keywordList": {"keyword": ["video feedback"]},
    "meshHeadingList": {"meshHeading": [{"descriptorName": "Object Attachment"}]},
    "firstPublicationDate": "2023-01-05", "firstIndexDate": "2023-01-20",
    "citedByCount": 3, "isOpenAccess": "Y",
}  # fmt: skip


def read(**changes) -> FetchedRecord:
    record = europepmc_json.read({**RESULT, **changes})
    assert isinstance(record, FetchedRecord)
    return record


def test_a_record_is_read_in_full():
    record = read()
    citation = record.citation
    assert record.key == "MED:39984857"
    assert citation.title == "Title with mark-up & more."
    assert [one.value for one in citation.identifiers] == [
        "39984857", "10.3310/ivcn8847", "PMC9900465",
    ]  # fmt: skip
    assert [one.value for one in citation.registrations] == ["NCT00000002"]
    assert citation.abstract == "METHODS: We did it (NCT00000002).\n\nRESULTS: p < 0.05"
    assert citation.authors == ("Doe JA", "X Group")
    assert (citation.journal, citation.volume, citation.issue) == (
        "Journal of inventions",
        "27",
        "2",
    )
    assert (citation.year, citation.published) == (2023, date(2023, 1, 5))
    assert citation.publication_types == ("Randomized Controlled Trial", "Journal Article")
    assert citation.keywords == ("video feedback", "Object Attachment")
    assert citation.url == "https://europepmc.org/article/MED/39984857"


def test_a_first_of_the_month_may_be_made_up():
    assert read(firstPublicationDate="2023-01-01").citation.published is None
    made = read(firstPublicationDate="2023-01-01", electronicPublicationDate="2022-12-01")
    assert made.citation.published == date(2022, 12, 1)
    assert read(firstPublicationDate="2023-13-45").citation.published is None


def test_a_preprint_has_its_own_key_and_no_pubmed_number():
    record = read(id="PPR1", source="PPR", pmid=None, pmcid=None, journalInfo=None,
                  bookOrReportDetails={"publisher": "medRxiv"})  # fmt: skip
    assert record.key == "PPR:PPR1"
    assert [one.scheme for one in record.citation.identifiers] == ["doi"]
    assert record.citation.journal == "medRxiv"


def test_a_count_of_citations_is_no_change_and_a_retraction_is():
    before = content_hash(read())
    assert content_hash(read(citedByCount=4, hasPDF="Y", inPMC="Y")) == before
    links = {"commentCorrection": [{"id": "1", "source": "MED", "type": "Retraction in"}]}
    assert content_hash(read(commentCorrectionList=links)) != before
    assert content_hash(read(title="Corrected")) != before


def test_links_are_read_where_their_other_end_has_a_name_we_know():
    listed = [
        {"id": "40000099", "source": "MED", "type": "Retraction in"},
        {"id": "PPR1", "source": "PPR", "type": "Preprint in"},
        {"id": "PPR2", "source": "PPR", "type": "Preprint in", "reference": "X doi: 10.5555/Pre.1"},
        {"id": "7", "source": "MED", "type": "Comment in"},
        {"id": "PMC8", "source": "PMC", "type": "expression of  concern for"},
        {"id": None, "source": "MED", "type": "Erratum in"},
        {"id": "9", "source": [], "type": {}},
        None,
    ]
    assert read(commentCorrectionList={"commentCorrection": listed}).citation.links == (
        Link(LinkKind.RETRACTED_BY, Identifier("pmid", "40000099")),
        Link(LinkKind.HAS_PREPRINT, Identifier("doi", "10.5555/pre.1")),
        Link(LinkKind.CONCERN_FOR, Identifier("pmcid", "PMC8")),
    )


@pytest.mark.parametrize(
    "result",
    [None, [], "text", {}, {**RESULT, "id": None}, {**RESULT, "source": "med"},
     {**RESULT, "id": "../x?"}, {**RESULT, "title": None}, {**RESULT, "title": "<b></b>"}],
)  # fmt: skip
def test_an_unreadable_record_is_set_aside(result):
    record = europepmc_json.read(result)
    assert isinstance(record, UnreadableRecord)
    assert record.reason
    assert record.raw


@pytest.mark.parametrize("junk", [None, 3, True, "text", ["x"], {"author": {"a": [None]}}, [None]])
def test_any_field_may_be_of_another_kind(junk):
    for name in RESULT.keys() - {"id", "source", "title"}:
        read(**{name: junk})


class Service:
    """What the scripted server holds, by date field, in pages of two."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.found = {"FIRST_IDATE": ["1", "2", "3"], "UPDATE_DATE": ["3", "4"]}
        self.extra: dict[str, object] = {}
        self.echoes = True
        upstream.answer = self.answer

    def answer(self, asked):
        query, cursor = asked.fields["query"], asked.fields["cursorMark"]
        field = "FIRST_IDATE" if "FIRST_IDATE:[" in query else "UPDATE_DATE"
        ids = self.found[field]
        start = 0 if cursor == "*" else int(cursor[1:])
        page = ids[start : start + 2]
        body = {"version": "6.9", "hitCount": len(ids), "request": {"queryString": query}}
        if page or self.echoes:
            body["nextCursorMark"] = f"c{start + len(page)}" if page else cursor
        body["resultList"] = {"result": [{**RESULT, "id": one, "pmid": one} for one in page]}
        return self.upstream.says(json.dumps({**body, **self.extra}).encode())


@pytest.fixture
def service(upstream):
    return Service(upstream)


@pytest.fixture
def source(upstream, make_http, tmp_path):
    values = {"allow_loopback": True, "europepmc": {"base_url": f"{upstream.url}/rest/"}}
    settings = parse({"sources": values}, folder=tmp_path)
    interventions = [SimpleNamespace(slug="vipp", queries={"europepmc": QUERY.text})]
    catalogue: Any = SimpleNamespace(interventions=interventions)
    http = make_http()
    built = europepmc.build(SourceContext(settings, catalogue, http, date(2026, 11, 23)))
    http.pace(upstream.url, 10_000)
    return built


@pytest.mark.parametrize("echoes", [True, False])
def test_both_windows_are_walked_to_their_end(source, service, echoes):
    service.echoes = echoes
    answer = source.ask(QUERY, None, NOW)
    assert [record.key for record in answer.records] == ["MED:1", "MED:2", "MED:3", "MED:4"]
    assert answer.declared == 4
    assert answer.watermark == Watermark(position="2026-11-23")
    first = service.upstream.asked[0].fields
    assert first["query"] == '("an invention") AND (FIRST_IDATE:[2020-01-01 TO 2026-11-24])'
    assert (first["resultType"], first["format"]) == ("core", "json")
    cursors = [asked.fields["cursorMark"] for asked in service.upstream.asked]
    assert cursors == ["*", "c2", "c3", "*", "c2"]


def test_later_polls_look_back_over_the_overlap(source, service):
    source.ask(QUERY, Watermark(position="2026-11-20"), NOW)
    queries = [asked.fields["query"] for asked in service.upstream.asked]
    assert all("[2026-11-06 TO 2026-11-24]" in query for query in queries)


def test_nothing_found_is_an_answer(source, service):
    service.found = {"FIRST_IDATE": [], "UPDATE_DATE": []}
    assert source.ask(QUERY, None, NOW).records == ()
    assert len(service.upstream.asked) == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", SourceFault.MALFORMED),
        (b"<html>Down for maintenance</html>", SourceFault.MALFORMED),
        (b'{"version":"6.9","hitCount":2,"resu', SourceFault.MALFORMED),
        (b'{"version":"6.9"}', SourceFault.SCHEMA_CHANGED),
        (b'{"version":"6.9","hitCount":"2","resultList":{"result":[]}}', SourceFault.SCHEMA_CHANGED),
        (b'{"version":"6.9","hitCount":2,"resultList":null}', SourceFault.SCHEMA_CHANGED),
        (b'{"errCode":404,"errMsg":"Invalid page size provided"}', SourceFault.REFUSED),
        (b'{"version":"6.9","hitCount":2,"resultList":{"result":[]}}', SourceFault.INCOMPLETE),
        (b'{"hitCount":0,"request":{"queryString":"cancer"},"resultList":{"result":[]}}',
         SourceFault.QUERY_CHANGED),
    ],
)  # fmt: skip
def test_a_reply_that_is_no_answer_fails_the_poll(source, upstream, body, kind):
    upstream.answer = lambda asked: upstream.says(body)
    with pytest.raises(SourceError) as caught:
        source.ask(QUERY, None, NOW)
    assert caught.value.kind is kind
    assert "maintenance" not in str(caught.value)


@pytest.mark.parametrize("declared", [2, 4, 1_000_000])
def test_a_walk_that_brings_another_number_is_incomplete(source, service, declared):
    service.extra = {"hitCount": declared}
    with pytest.raises(SourceError) as caught:
        source.ask(QUERY, None, NOW)
    assert caught.value.kind is SourceFault.INCOMPLETE


def test_a_cursor_that_never_ends_is_left(source, service):
    service.found["FIRST_IDATE"] = ["1"]
    turns = iter(range(10_000))
    whole = service.answer

    def answer(asked):
        body = json.loads(whole(SimpleNamespace(fields={**asked.fields, "cursorMark": "*"})).body)
        body["nextCursorMark"] = f"again{next(turns)}"
        body["resultList"]["result"][0]["id"] = str(next(turns))
        return service.upstream.says(json.dumps(body).encode())

    service.upstream.answer = answer
    with pytest.raises(SourceError):
        source.ask(QUERY, None, NOW)
    assert len(service.upstream.asked) < 10


def replies(recordings):
    folder = recordings / "europepmc"
    for path in sorted(folder.glob("pyeuropepmc__*.json*")):
        raw = path.read_bytes()
        yield path.name, json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    with tarfile.open(folder / "biomcp-europepmc.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and member.name.endswith(".json"):
                yield member.name, json.load(file)


def test_every_recorded_record_is_read(recordings):
    total = with_abstract = links = 0
    for name, reply in replies(recordings):
        results = reply if isinstance(reply, list) else reply["resultList"]["result"]
        if "idlist" in name:
            continue
        for result in results:
            record = europepmc_json.read(result)
            assert isinstance(record, FetchedRecord), (name, record)
            assert record.key == f"{result['source']}:{result['id']}"
            assert record.citation.title
            assert "<" not in record.citation.title or "&lt;" in result["title"]
            values = {one.scheme: one.value for one in record.citation.identifiers}
            assert values.get("pmid") == result.get("pmid")
            assert values.get("doi") == (result["doi"].lower() if "doi" in result else None)
            assert values.get("pmcid") == result.get("pmcid")
            total += 1
            with_abstract += record.citation.abstract is not None
            links += len(record.citation.links)
    assert total > 2_050
    assert with_abstract >= 20
    assert links == 2


def test_a_recorded_page_is_a_search_result(recordings):
    raw = gzip.decompress(
        (recordings / "europepmc/pyeuropepmc__search_cancer_core.json.gz").read_bytes()
    )
    page = europepmc._read_page(raw, "cancer")
    assert len(page.results) == 25
    assert page.cursor == "AoIIP4ZawSg1MzEyODI1MA=="
    assert page.declared == 5_059_039


def test_a_kept_record_reads_as_it_did_when_it_came(recordings):
    for name, reply in replies(recordings):
        for result in reply if isinstance(reply, list) else reply["resultList"]["result"]:
            one = europepmc_json.read(result)
            kept = KeptRecord(one.key, one.raw, europepmc_json.MEDIA_TYPE, date(2026, 11, 23))
            assert europepmc_json.reread(kept) == one, name
