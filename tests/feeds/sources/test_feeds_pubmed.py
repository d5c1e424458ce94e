"""PubMed over HTTP: what is asked, what counts as whole, every way of saying no."""

import json
import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.sources import SOURCES, SourceContext, pubmed
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
QUERY = Query("vipp", '"an invention"[tiab]', "vipp")


def article(number: str, title: str = "A title") -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{number}</PMID><Article><ArticleTitle>{title}"
        "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    )


class Ncbi:
    """What the scripted server holds: ids by date field, and which of them efetch sends."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.found = {"crdt": ["1", "2"], "mdat": ["2", "3"]}
        self.left_out: set[str] = set()
        self.result: dict[str, object] = {}
        upstream.answer = self.answer

    def answer(self, asked):
        if asked.path.endswith("/esearch.fcgi"):
            ids = self.found[asked.fields["datetype"]]
            result = {"count": str(len(ids)), "idlist": ids, **self.result}
            return self.upstream.says(json.dumps({"esearchresult": result}).encode())
        ids = [one for one in asked.fields["id"].split(",") if one not in self.left_out]
        body = "".join(article(one) for one in ids)
        return self.upstream.says(f"<PubmedArticleSet>{body}</PubmedArticleSet>".encode())

    def asked(self, tool):
        return [one for one in self.upstream.asked if one.path.endswith(tool)]


@pytest.fixture
def ncbi(upstream):
    return Ncbi(upstream)


@pytest.fixture
def source(upstream, make_http, tmp_path):
    (tmp_path / "key").write_text("K123\n")
    (tmp_path / "key").chmod(0o600)
    settings = parse(
        {
            "sources": {
                "allow_loopback": True,
                "contact": "curator@example.org",
                "pubmed": {"base_url": f"{upstream.url}/eutils/", "api_key_file": "key"},
            }
        },
        folder=tmp_path,
    )
    interventions = [SimpleNamespace(slug="vipp", queries={"pubmed": QUERY.text})]
    catalogue: Any = SimpleNamespace(interventions=interventions)
    http = make_http()
    built = pubmed.build(SourceContext(settings, catalogue, http, date(2026, 11, 23)))
    http.pace(upstream.url, 10_000)
    return built


def fault(source, watermark=None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.ask(QUERY, watermark, NOW)
    assert "K123" not in str(caught.value)
    return caught.value


def test_the_catalogue_gives_the_queries(source):
    assert source.queries == (QUERY,)
    assert SOURCES["pubmed"].title == "PubMed"


def test_both_windows_are_searched_and_each_article_fetched_once(source, ncbi):
    answer = source.ask(QUERY, None, NOW)
    assert [record.key for record in answer.records] == ["1", "2", "3"]
    assert answer.watermark == Watermark(position="2026-11-23")
    assert (answer.declared, answer.notes, answer.unreadable) == (3, (), ())
    for asked in ncbi.upstream.asked:
        assert asked.method == "POST"
        assert asked.fields["db"] == "pubmed"
        assert asked.fields["tool"] == "gap-monitor"
        assert asked.fields["email"] == "curator@example.org"
        assert asked.fields["api_key"] == "K123"
        assert "?" not in asked.path
    windows = {
        asked.fields["datetype"]: (asked.fields["mindate"], asked.fields["maxdate"])
        for asked in ncbi.asked("esearch.fcgi")
    }
    first = ("2020/01/01", "2026/11/24")
    assert windows == {"crdt": first, "mdat": first}
    assert [asked.fields["term"] for asked in ncbi.asked("esearch.fcgi")] == [QUERY.text] * 2


def test_later_polls_look_back_over_the_overlap(source, ncbi):
    source.ask(QUERY, Watermark(position="2026-11-20", query_hash=QUERY.hash), NOW)
    starts = {one.fields["datetype"]: one.fields["mindate"] for one in ncbi.asked("esearch.fcgi")}
    assert starts == {"crdt": "2026/11/13", "mdat": "2026/11/06"}


def test_a_changed_query_starts_from_the_beginning(source, ncbi):
    source.ask(QUERY, Watermark(position="2026-11-20", query_hash="of another query"), NOW)
    assert {one.fields["mindate"] for one in ncbi.asked("esearch.fcgi")} == {"2020/01/01"}


def test_the_watermark_never_passes_the_upstream_clock(source, ncbi):
    answered = ncbi.answer

    def answer(asked):
        scripted = answered(asked)
        scripted.send = lambda handler: handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
            + f"Content-Length: {len(scripted.body)}\r\n\r\n".encode()
            + scripted.body
        )
        return scripted

    ncbi.upstream.answer = answer
    assert source.ask(QUERY, None, NOW).watermark.position == "2026-11-21"


def test_nothing_found_is_an_answer(source, ncbi):
    ncbi.found = {"crdt": [], "mdat": []}
    ncbi.result = {
        "warninglist": {"phrasesignored": [], "outputmessages": ["No items found."]},
        "errorlist": {"phrasesnotfound": [], "fieldsnotfound": []},
    }
    answer = source.ask(QUERY, None, NOW)
    assert (answer.records, answer.declared, answer.notes) == ((), 0, ())
    assert ncbi.asked("efetch.fcgi") == []


def test_articles_are_fetched_in_batches(source, ncbi):
    ids = [str(number) for number in range(1, 452)]
    ncbi.found = {"crdt": ids, "mdat": []}
    assert [one.key for one in source.ask(QUERY, None, NOW).records] == ids
    sizes = [len(one.fields["id"].split(",")) for one in ncbi.asked("efetch.fcgi")]
    assert sizes == [200, 200, 51]


def test_a_window_with_more_than_one_page_is_split_by_date(source, ncbi):
    """esearch never gives an id beyond the 9,999th, and does not say so."""
    searched = []

    def answer(asked):
        if asked.path.endswith("efetch.fcgi"):
            return Ncbi.answer(ncbi, asked)
        first, last = asked.fields["mindate"], asked.fields["maxdate"]
        searched.append((asked.fields["datetype"], first, last))
        wide = first == "2020/01/01" and last == "2026/11/24"
        ids = [f"{first.replace('/', '')}"] if asked.fields["datetype"] == "crdt" else []
        count = 20_000 if wide and ids else len(ids)
        body = {"esearchresult": {"count": str(count), "idlist": ids}}
        return ncbi.upstream.says(json.dumps(body).encode())

    ncbi.upstream.answer = answer
    records = source.ask(QUERY, None, NOW).records
    assert len(records) == 2
    halves = [one for one in searched if one[0] == "crdt"][1:]
    assert halves[0][1] == "2020/01/01"
    assert halves[1][2] == "2026/11/24"
    # the halves meet without a gap
    assert (datetime.strptime(halves[1][1], "%Y/%m/%d") - datetime.strptime(halves[0][2], "%Y/%m/%d")).days == 1  # fmt: skip  # noqa: DTZ007


def test_more_than_one_page_in_a_day_is_incomplete(source, ncbi):
    ncbi.result = {"count": "10000"}
    assert fault(source).kind is SourceFault.INCOMPLETE


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", SourceFault.MALFORMED),
        (b"   ", SourceFault.MALFORMED),
        (b"<html><h1>Down for maintenance</h1></html>", SourceFault.MALFORMED),
        (b'{"esearchresult": {"count": "2", "idl', SourceFault.MALFORMED),
        (b"[1, 2]", SourceFault.SCHEMA_CHANGED),
        (b'{"header": {}}', SourceFault.SCHEMA_CHANGED),
        (b"[" * 100_000, SourceFault.MALFORMED),
        (b"\xff\xfe\x00", SourceFault.MALFORMED),
        (b'{"esearchresult": {"count": null, "idlist": []}}', SourceFault.SCHEMA_CHANGED),
        (b'{"esearchresult": {"count": "1", "idlist": ["1&2"]}}', SourceFault.SCHEMA_CHANGED),
        (b'{"esearchresult": {"count": "1", "idlist": null}}', SourceFault.SCHEMA_CHANGED),
        (b'{"esearchresult": {"ERROR": "Search Backend failed:\n line two"}}', SourceFault.REFUSED),
        (b'{"esearchresult": {"ERROR": "Unable to obtain query #1"}}', SourceFault.REFUSED),
        (b'{"error":"API rate limit exceeded","api-key":"K123","count":"4","limit":"3"}',
         SourceFault.RATE_LIMITED),
        (b'{"esearchresult": {"count": "12", "idlist": ["1"]}}', SourceFault.INCOMPLETE),
        (b'{"esearchresult": {"count": "2", "idlist": ["1", "1"]}}', SourceFault.INCOMPLETE),
        (b'{"esearchresult": {"count": "1", "idlist": ["1"],"errorlist": {"phrasesnotfound": ["inventino"]}}}', SourceFault.QUERY_CHANGED),
        (b'{"esearchresult": {"count": "1", "idlist": ["1"],"errorlist": {"fieldsnotfound": ["tiba"]}}}', SourceFault.QUERY_CHANGED),
    ],
)  # fmt: skip
def test_a_search_that_is_no_answer_fails(source, upstream, body, kind):
    upstream.answer = lambda asked: upstream.says(body)
    error = fault(source)
    assert error.kind is kind
    assert not re.search("maintenance|Backend|inventino|line two", str(error))


def test_a_429_fails_the_poll(source, upstream):
    upstream.answer = lambda asked: upstream.says(b'{"api-key":"K123"}', 429)
    assert fault(source).kind is SourceFault.RATE_LIMITED


def test_a_quoted_phrase_that_is_not_indexed_is_noted(source, ncbi):
    ncbi.result = {"warninglist": {"quotedphrasesnotfound": ['"an invention"']}}
    (note,) = source.ask(QUERY, None, NOW).notes
    assert "quoted phrase" in note
    assert "invention" not in note


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", SourceFault.MALFORMED),
        (b"<html><body>Down</body></html>", SourceFault.MALFORMED),
        (b"<PubmedArticleSet>" + article("1").encode() + b"<PubmedArt", SourceFault.MALFORMED),
        (b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>",
         SourceFault.MALFORMED),
        (b'{"error":"API rate limit exceeded","api-key":"K123"}', SourceFault.RATE_LIMITED),
        (b"<PubmedArticleSet></PubmedArticleSet>", SourceFault.INCOMPLETE),
    ],
)  # fmt: skip
def test_articles_that_are_no_answer_fail_the_poll(source, ncbi, body, kind):
    whole = ncbi.answer
    ncbi.upstream.answer = lambda asked: (
        ncbi.upstream.says(body) if asked.path.endswith("efetch.fcgi") else whole(asked)
    )
    assert fault(source).kind is kind


def test_one_article_not_sent_is_noted_and_asked_for_again_next_time(source, ncbi):
    ncbi.left_out = {"3"}
    before = Watermark(position="2026-11-20")
    answer = source.ask(QUERY, before, NOW)
    assert [record.key for record in answer.records] == ["1", "2"]
    assert answer.watermark.position == "2026-11-20"
    assert answer.notes == ("1 of 3 articles named were not sent; asked again later",)
    # asked for twice: with the others, then alone
    assert [one.fields["id"] for one in ncbi.asked("efetch.fcgi")] == ["1,2,3", "3"]


def test_one_article_late_by_a_moment_is_no_matter(source, ncbi):
    ncbi.left_out = {"3"}
    whole = ncbi.answer

    def answer(asked):
        scripted = whole(asked)
        if asked.path.endswith("efetch.fcgi"):
            ncbi.left_out = set()
        return scripted

    ncbi.upstream.answer = answer
    answer_given = source.ask(QUERY, None, NOW)
    assert len(answer_given.records) == 3
    assert answer_given.watermark.position == "2026-11-23"


def test_many_articles_not_sent_fail_the_poll(source, ncbi):
    ncbi.left_out = {"2", "3"}
    assert fault(source).kind is SourceFault.INCOMPLETE


def test_an_unreadable_article_is_set_aside_and_the_rest_go_on(source, ncbi):
    whole = ncbi.answer

    def answer(asked):
        scripted = whole(asked)
        scripted.body = scripted.body.replace(article("2").encode(), article("2", "").encode())
        return scripted

    ncbi.upstream.answer = answer
    answer_given = source.ask(QUERY, None, NOW)
    assert [record.key for record in answer_given.records] == ["1", "3"]
    assert [(one.key, one.reason) for one in answer_given.unreadable] == [("2", "has no title")]
    assert answer_given.watermark.position == "2026-11-23"


def test_articles_never_asked_for_are_left_alone(source, ncbi):
    whole = ncbi.answer

    def answer(asked):
        scripted = whole(asked)
        scripted.body = scripted.body.replace(b"</PubmedArticleSet>", article("99").encode() + b"</PubmedArticleSet>")  # fmt: skip
        return scripted

    ncbi.upstream.answer = answer
    assert [one.key for one in source.ask(QUERY, None, NOW).records] == ["1", "2", "3"]
