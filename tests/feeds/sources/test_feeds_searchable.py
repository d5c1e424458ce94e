"""PubMed and Europe PMC asked for a stretch of time, for all they list, and for single records."""

import json
import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.feeds.sources import SOURCES, Searchable, SourceContext
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
SINCE = date(2020, 1, 1)
QUERY = Query("vipp", '"an invention"', "vipp")
# key: entered, changed; None where the service has no date for it
HELD: dict[str, tuple[str | None, str | None]] = {
    "1": ("2019-05-01", "2019-06-01"),  # before the first day
    "2": ("2019-05-01", "2021-03-10"),  # entered before, changed since
    "3": ("2022-02-28", "2022-02-28"),
    "4": (None, None),
    "5": ("2019-05-01", None),
}


def within(day: str | None, first: str, last: str) -> bool:
    return day is not None and first.replace("/", "-") <= day <= last.replace("/", "-")


class Ncbi:
    """Esearch and efetch over ``held``, with the cap that the real one has."""

    def __init__(self, upstream):
        self.held = dict(HELD)
        self.gone: set[str] = set()
        self.upstream = upstream
        upstream.answer = self.answer

    def answer(self, asked):
        fields = asked.fields
        if asked.path.endswith("efetch.fcgi"):
            sent = [one for one in fields["id"].split(",") if one not in self.gone]
            articles = "".join(
                f"<PubmedArticle><MedlineCitation><PMID>{one}</PMID><Article><ArticleTitle>T"
                "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
                for one in sent
            )
            return self.upstream.says(f"<PubmedArticleSet>{articles}</PubmedArticleSet>".encode())
        ids = list(self.held)
        if "datetype" in fields:
            at = ("crdt", "mdat").index(fields["datetype"])
            window = fields["mindate"], fields["maxdate"]
            ids = [one for one in ids if within(self.held[one][at], *window)]
        elif fields["term"].endswith("NOT (1800/01/01:3000/12/31[crdt])"):
            ids = [one for one in ids if self.held[one][0] is None]
        result = {"count": str(len(ids)), "idlist": ids[:9_999]}
        return self.upstream.says(json.dumps({"esearchresult": result}).encode())


class Epmc:
    """The search of Europe PMC over ``held``, in pages as asked."""

    def __init__(self, upstream):
        self.held = dict(HELD)
        self.gone: set[str] = set()
        self.upstream = upstream
        upstream.answer = self.answer

    def answer(self, asked):
        query, size = asked.fields["query"], int(asked.fields["pageSize"])
        ids = [one for one in self.held if self._finds(query, one)]
        cursor = asked.fields["cursorMark"]
        start = 0 if cursor == "*" else int(cursor)
        page = ids[start : start + size]
        whole = {} if asked.fields["resultType"] == "idlist" else {"title": "T"}
        body = {
            "hitCount": len(ids),
            "nextCursorMark": str(start + len(page)) if page else cursor,
            "request": {"queryString": query},
            "resultList": {"result": [{"id": one, "source": "MED", **whole} for one in page]},
        }
        return self.upstream.says(json.dumps(body).encode())

    def _finds(self, query: str, one: str) -> bool:
        if "EXT_ID" in query:
            return f'(EXT_ID:"{one}" AND SRC:MED)' in query and one not in self.gone
        windows = re.findall(r"\((FIRST_IDATE|UPDATE_DATE):\[(\S+) TO (\S+)\]\)", query)
        dates = dict(zip(("FIRST_IDATE", "UPDATE_DATE"), self.held[one], strict=True))
        return all(within(dates[field], first, last) for field, first, last in windows)


SERVERS = {"pubmed": Ncbi, "europepmc": Epmc}


@pytest.fixture(params=sorted(SERVERS))
def name(request) -> str:
    return str(request.param)


@pytest.fixture
def server(name, upstream):
    return SERVERS[name](upstream)


@pytest.fixture
def source(name, server, upstream, make_http, tmp_path):
    values = {"allow_loopback": True, name: {"base_url": upstream.url}}
    interventions = [SimpleNamespace(slug="vipp", queries={name: QUERY.text})]
    catalogue: Any = SimpleNamespace(interventions=interventions)
    http = make_http()
    built = SOURCES[name].build(
        SourceContext(parse({"sources": values}, folder=tmp_path), catalogue, http, NOW.date())
    )
    http.pace(upstream.url, 10_000)
    assert isinstance(built, Searchable)
    return built


def keys(name, *numbers):
    return {f"MED:{one}" if name == "europepmc" else one for one in numbers}


def brought(answer):
    return {record.key for record in answer.records}


def test_a_stretch_of_time_brings_what_entered_or_changed_in_it(name, source):
    answer = source.between(QUERY, date(2021, 3, 1), date(2021, 3, 31))
    assert brought(answer) == keys(name, "2")
    assert answer.window == (date(2021, 3, 1), date(2021, 3, 31))
    assert answer.watermark == Watermark()
    assert source.between(QUERY, date(2022, 2, 28), date(2022, 2, 28)).declared == 1
    assert source.between(QUERY, date(2022, 3, 1), date(2022, 3, 31)).records == ()


def test_a_poll_notes_the_days_it_asked_for(source):
    assert source.ask(QUERY, None, NOW).window == (SINCE, date(2026, 11, 24))
    later = source.ask(QUERY, Watermark(position="2026-11-20"), NOW).window
    assert later == (date(2026, 11, 6), date(2026, 11, 24))


def test_a_listing_is_not_deceived_by_dates(name, source):
    """No date asked by hides a record; only what the source itself dates before is older."""
    listing = source.listing(QUERY, SINCE)
    assert listing.keys == keys(name, *HELD)
    assert listing.older == keys(name, "1")
    assert listing.expected == keys(name, "2", "3", "4", "5")
    assert brought(source.ask(QUERY, None, NOW)) == keys(name, "2", "3"), "what a poll sees"


def test_a_listing_brings_keys_alone(name, source, upstream):
    source.listing(QUERY, SINCE)
    if name == "pubmed":
        assert {asked.path for asked in upstream.asked} == {"/esearch.fcgi"}
    else:
        assert {asked.fields["resultType"] for asked in upstream.asked} == {"idlist"}
        assert {asked.fields["pageSize"] for asked in upstream.asked} == {"1000"}
    undated = [asked for asked in upstream.asked if QUERY.text in asked.fields.values()]
    assert undated


def test_a_listing_of_nothing_is_a_listing(source, server):
    server.held = {}
    assert source.listing(QUERY, SINCE).keys == frozenset()


def test_records_are_fetched_by_key_and_what_is_gone_is_left_out(name, source, server):
    server.gone = {"3"}
    answer = source.fetch(QUERY, sorted(keys(name, "2", "3", "4")))
    assert brought(answer) == keys(name, "2", "4")
    assert answer.declared == 3
    assert answer.watermark == Watermark()


def test_a_hostile_key_is_never_sent(source, upstream):
    answer = source.fetch(QUERY, ['1&x=y" OR "a', "", 'MED:1" OR SRC:MED', "MED:\x00"])
    assert (answer.records, answer.declared) == ((), 0)
    assert upstream.asked == []


def test_many_are_fetched_in_batches(name, source, server, upstream):
    server.held = {str(number): ("2022-01-01", "2022-01-01") for number in range(1, 452)}
    wanted = sorted(keys(name, *server.held))
    assert brought(source.fetch(QUERY, wanted)) == set(wanted)
    batches = {asked.fields["id" if name == "pubmed" else "query"] for asked in upstream.asked}
    assert len(batches) == (3 if name == "pubmed" else 12)


@pytest.mark.parametrize("ask", ["listing", "between", "fetch"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", SourceFault.MALFORMED),
        (b"<html>CANARY</html>", SourceFault.MALFORMED),
        (b'{"error":"API rate limit exceeded CANARY"}', None),
        (b'{"version":"6.9","errCode":404,"errMsg":"CANARY"}', None),
    ],
)
def test_what_is_no_answer_fails_every_question(name, source, upstream, ask, body, kind):
    upstream.answer = lambda asked: upstream.says(body)
    questions = {
        "listing": lambda: source.listing(QUERY, SINCE),
        "between": lambda: source.between(QUERY, SINCE, NOW.date()),
        "fetch": lambda: source.fetch(QUERY, sorted(keys(name, "1"))),
    }
    with pytest.raises(SourceError) as caught:
        questions[ask]()
    assert "CANARY" not in str(caught.value)
    if kind is not None:
        assert caught.value.kind is kind


@pytest.mark.parametrize("name", ["pubmed"], indirect=True)
def test_a_listing_beyond_the_cap_is_made_up_of_its_parts(source, server):
    """Esearch serves 9,999 ids and says nothing about the rest; some have no date at all."""
    days = [f"20{year:02}-{month:02}-15" for year in range(10, 26) for month in range(1, 13)]
    dated = {str(n): (days[n % len(days)], days[n % len(days)]) for n in range(1, 12_001)}
    server.held = {**dated, "99999": (None, None)}
    listing = source.listing(QUERY, SINCE)
    assert listing.keys == server.held.keys()
    assert "99999" in listing.expected
    assert listing.older == {one for one, (day, _) in dated.items() if day and day < "2020"}


@pytest.mark.parametrize("name", ["pubmed"], indirect=True)
def test_parts_that_do_not_make_up_the_whole_are_refused(source, server, upstream):
    server.held = {str(n): (f"20{n % 20:02}-01-01", None) for n in range(10_500)}
    whole = server.answer

    def one_short(asked):
        reply = whole(asked)
        if "datetype" not in asked.fields:
            reply.body = reply.body.replace(b'"count": "10500"', b'"count": "10501"')
        return reply

    upstream.answer = one_short
    with pytest.raises(SourceError) as caught:
        source.listing(QUERY, SINCE)
    assert caught.value.kind is SourceFault.INCOMPLETE


@pytest.mark.parametrize("name", ["europepmc"], indirect=True)
def test_a_walk_whose_total_changes_half_way_is_incomplete(source, server, upstream):
    server.held = {str(n): ("2022-01-01", "2022-01-01") for n in range(1_500)}
    whole = server.answer

    def growing(asked):
        reply = whole(asked)
        if asked.fields["cursorMark"] != "*":
            reply.body = reply.body.replace(b'"hitCount": 1500', b'"hitCount": 1502')
        return reply

    upstream.answer = growing
    with pytest.raises(SourceError) as caught:
        source.listing(QUERY, SINCE)
    assert caught.value.kind is SourceFault.INCOMPLETE
