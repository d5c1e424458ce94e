"""OpenAlex: look-ups, the key that must not be told, and what is read from a work."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.readers import openalex_json
from monitor.feeds.records import FetchedRecord, Identifier, KeptRecord, UnreadableRecord
from monitor.feeds.sources import SOURCES, SourceContext, openalex
from monitor.feeds.storage.citations import content_hash
from monitor.feeds.watermarks import Watermark
from monitor.kernel.errors import ConfigError, SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
TODAY = NOW.date()
COHEN = "10.1002/(sici)1097-0355(199924)20:4<429::aid-imhj5>3.0.co;2-q"
KEY = "K-CANARY-123"
NOTHING: Any = SimpleNamespace(interventions=())  # what it searches for is tested with the finders

WORK: dict[str, Any] = {
    "id": "https://openalex.org/W9000000001", "doi": "https://doi.org/10.5555/Article",
    "title": "A <i>title</i> &amp; more", "display_name": "A title",
    "publication_year": 2023, "publication_date": "2023-01-05", "language": "en",
    "ids": {"pmid": "https://pubmed.ncbi.nlm.nih.gov/39984857",
            "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/9900465"},
    "primary_location": {"source": {"display_name": "Journal of inventions"}},
    "type": "article", "is_retracted": False, "cited_by_count": 3, "updated_date": "2026-11-20",
    "authorships": [{"author": {"display_name": "Jo Doe"}}, {"raw_author_name": "R. Roe"}, None],
    "biblio": {"volume": "27", "issue": "2", "first_page": "1", "last_page": "9"},
    "abstract_inverted_index": {"did": [1], "We": [0], "it": [2, 4], "and": [3], "again.": [5]},
}  # fmt: skip


def read(**changes: Any) -> FetchedRecord:
    record = openalex_json.read({**WORK, **changes})
    assert isinstance(record, FetchedRecord)
    return record


def test_a_work_is_read_in_full():
    record = read()
    citation = record.citation
    assert record.key == "W9000000001"
    assert citation.title == "A title & more"
    assert [one.value for one in citation.identifiers] == [
        "39984857", "10.5555/article", "PMC9900465",
    ]  # fmt: skip
    assert citation.abstract == "We did it and it again."
    assert citation.authors == ("Jo Doe", "R. Roe")
    assert (citation.journal, citation.volume, citation.issue, citation.pages) == (
        "Journal of inventions", "27", "2", "1-9",
    )  # fmt: skip
    assert (citation.year, citation.published) == (2023, date(2023, 1, 5))
    assert citation.publication_types == ("Article",)
    assert citation.links == ()
    assert citation.url == "https://openalex.org/W9000000001"


def test_a_retraction_without_a_notice_is_a_type_and_no_link():
    citation = read(is_retracted=True).citation
    assert citation.publication_types == ("Article", "Retracted Publication")
    assert citation.links == ()
    assert read(is_retracted="yes", type=None).citation.publication_types == ()


def test_a_first_of_the_month_may_be_made_up():
    assert read(publication_date="2023-01-01").citation.published is None


def test_counts_are_no_change_and_a_retraction_is():
    before = content_hash(read())
    assert content_hash(read(cited_by_count=4, updated_date="2026-11-23")) == before
    assert content_hash(read(is_retracted=True)) != before


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ({"far": [10**9], "before": [-1], "b": [1], "a": [0]}, "a b"),
        ({"a": [0], "other": [0], "c": [7]}, "a … c"),
        ({"b": [3], "c": [4]}, "… b c"),
        ({"a": [True, 2.5, "3", None, [4]], "b": None, "c": [0]}, "c"),
        ({"<i>x</i>": [0], "&amp;": [1], "\x00y": [2]}, "x & y"),
        ({"a": [10**30]}, None),
        ({}, None),
        (None, None),
        (["a"], None),
    ],
)
def test_an_index_may_hold_anything(index, text):
    assert read(abstract_inverted_index=index).citation.abstract == text


def test_an_endless_index_makes_a_bounded_abstract():
    index = {f"word{number}": [number] for number in range(60_000)}
    assert len(read(abstract_inverted_index=index).citation.abstract or "") <= 50_000


@pytest.mark.parametrize(
    "work", [None, [], "text", {}, {**WORK, "id": None}, {**WORK, "id": "https://x.test/A1"},
             {**WORK, "title": None, "display_name": "<b></b>"}]
)  # fmt: skip
def test_an_unreadable_work_is_set_aside(work):
    record = openalex_json.read(work)
    assert isinstance(record, UnreadableRecord)
    assert record.reason


@pytest.mark.parametrize("junk", [None, 3, -1, True, "\x00\ud800", ["x"], {"a": 1}, [None], [[]]])
def test_any_field_may_be_of_another_kind(junk):
    for name in WORK.keys() - {"id", "title"}:
        content_hash(read(**{name: junk}))


def test_a_kept_work_is_read_again():
    kept = KeptRecord("W9000000001", read().raw, "application/json", TODAY)
    assert openalex_json.reread(kept) == read()
    broken = openalex_json.reread(replace(kept, raw=b"<html>"))
    assert isinstance(broken, UnreadableRecord)


@pytest.fixture
def build(upstream, make_http, tmp_path):
    def build(watched=("10.5555/article",), *, key=True, **watermarks):
        (tmp_path / "key").write_text(KEY)
        (tmp_path / "key").chmod(0o600)
        own = {"base_url": f"{upstream.url}/api/", "enabled": True}
        values = {
            "allow_loopback": True,
            "contact": "curator@example.org",
            "openalex": {**own, "api_key_file": "key"} if key else own,
        }
        settings = parse({"sources": values}, folder=tmp_path)
        http = make_http()
        built = openalex.build(
            SourceContext(settings, NOTHING, http, TODAY, watched=watched, watermarks=watermarks)
        )
        http.pace(upstream.url, 10_000)
        return built

    return build


def look_up(source):
    return source.ask(source.queries[0], None, NOW)


def fault(source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        look_up(source)
    return caught.value


def test_it_is_off_unless_asked_for_or_given_a_key(tmp_path):
    def with_(**own: object) -> Any:
        return parse({"sources": {"openalex": own}}, folder=tmp_path)

    entry = SOURCES["openalex"]
    assert not entry.enabled(with_())
    assert entry.enabled(with_(api_key_file="key"))
    assert not entry.enabled(with_(api_key_file="key", enabled=False))
    assert entry.searched(with_(api_key_file="key"))
    assert not entry.searched(with_(api_key_file="key", search=False))
    assert not entry.searched(with_(enabled=True)), "it lists nothing without a key"


def test_only_papers_that_are_due_are_looked_up(build):
    fresh, old = Watermark(position="2026-09-01"), Watermark(position="2026-08-01")
    source = build(
        ("10.5555/fresh", "10.5555/old"), **{"doi:10.5555/fresh": fresh, "doi:10.5555/old": old}
    )
    assert [query.key for query in source.queries] == ["doi:10.5555/old"]
    assert build(()).queries == ()


def test_a_paper_is_looked_up_whatever_signs_its_doi_has(build, upstream):
    body = json.dumps({**WORK, "doi": f"https://doi.org/{COHEN.upper()}"}).encode()
    upstream.answer = lambda asked: upstream.says(body)
    answer = look_up(build((COHEN,)))
    assert [record.key for record in answer.records] == ["W9000000001"]
    assert answer.watermark == Watermark(position="2026-11-23")
    asked = upstream.asked[0]
    assert asked.path.startswith("/api/works/doi:10.1002/%28sici%29")
    assert "%3C429%3A%3Aaid" in asked.path
    assert asked.fields == {"mailto": "curator@example.org", "api_key": KEY}


def test_it_works_without_a_key(build, upstream):
    upstream.answer = lambda asked: upstream.says(json.dumps(WORK).encode())
    assert len(look_up(build(key=False)).records) == 1
    assert upstream.asked[0].fields == {"mailto": "curator@example.org"}


def test_a_key_that_cannot_be_read_is_said(build, tmp_path):
    source = build()
    (tmp_path / "key").write_text(" ")
    settings = parse({"sources": {"openalex": {"api_key_file": "key"}}}, folder=tmp_path)
    with pytest.raises(ConfigError):
        openalex.build(SourceContext(settings, NOTHING, source.http, TODAY))


def test_a_redirect_is_not_followed_since_a_key_goes_along(build, upstream):
    headers = {"Location": "https://elsewhere.example/works"}
    upstream.answer = lambda asked: upstream.says(b"", 302, headers)
    assert fault(build()).kind is SourceFault.REFUSED
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("status", [301, 400, 403, 429, 500, 503])
def test_the_key_is_in_no_error_no_log_and_no_name(build, upstream, status, capsys):
    echo = f'{{"error":"{KEY}"}}'.encode()
    upstream.answer = lambda asked: upstream.says(echo, status, {"Location": f"/?k={KEY}"})
    source = build()
    error = fault(source)
    assert KEY not in f"{error}{error.__cause__}{error.__context__}{source!r}"
    assert all(KEY not in query.text + query.key for query in source.queries)
    assert KEY not in "".join(capsys.readouterr())


def test_a_doi_that_openalex_does_not_know_is_an_answer(build, upstream):
    upstream.answer = lambda asked: upstream.says(b"<html>404 CANARY</html>", 404)
    answer = look_up(build())
    assert answer.records == ()
    assert answer.notes == ("OpenAlex does not know this DOI",)
    assert answer.watermark == Watermark(position="2026-11-23")


def test_the_record_of_another_doi_is_not_kept(build, upstream):
    body = json.dumps({**WORK, "doi": "https://doi.org/10.5555/another"}).encode()
    upstream.answer = lambda asked: upstream.says(body)
    answer = look_up(build())
    assert answer.records == ()
    assert "another DOI" in answer.notes[0]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Down for maintenance CANARY</html>", b'{"id":"https://openalex.org/W1","ti',
     b'{"error":"CANARY"}', b"[]", b"null"],
)  # fmt: skip
def test_a_reply_that_is_no_work_fails(build, upstream, body):
    upstream.answer = lambda asked: upstream.says(body)
    error = fault(build())
    assert error.kind is SourceFault.MALFORMED
    assert "CANARY" not in str(error)


def test_every_recorded_work_is_read(recordings):
    search = recordings / "multi_api" / "fastpaper-cli__openalex_search.json"
    works = json.loads(search.read_bytes())["results"]
    works.append(json.loads((recordings / "crossref_openalex/papers__work.json").read_bytes()))
    assert len(works) == 4
    for work in works:
        record = openalex_json.read(work)
        assert isinstance(record, FetchedRecord)
        identifier = Identifier("doi", work["doi"].removeprefix("https://doi.org/"))
        assert identifier in record.citation.identifiers
        assert record.citation.authors
    last = openalex_json.read(works[-1])
    assert isinstance(last, FetchedRecord)
    assert "Despite growing interest in Open Access (OA) to scholarly" in str(
        last.citation.abstract
    )


def test_replies_recorded_by_others_never_crash(recordings):
    folder = recordings / "crossref_openalex"
    abstracts = 0
    paths = sorted(folder.glob("*raw_openalex*"))
    for path in paths:
        raw = path.read_bytes()
        work = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
        # written anew by the program that asked, with the id under another name
        assert isinstance(openalex_json.read(work), UnreadableRecord)
        record = openalex_json.read({**work, "id": work.get("openalex_id")})
        if isinstance(record, FetchedRecord):
            abstracts += bool(record.citation.abstract)
    assert (len(paths), abstracts) == (7, 5)
