"""Crossref and OpenAlex asked for new papers: complete, provable, polite, and what goes wrong.

Over their stand-ins: what is asked is checked there as the documentation has it, and refused.
"""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitor.catalogue.loader import load
from monitor.demo.dialects.crossref import CrossrefStandIn
from monitor.demo.dialects.openalex import OpenAlexStandIn
from monitor.demo.machinery.faults import Fault
from monitor.demo.world import InventedPaper, World
from monitor.feeds.sources import SOURCES, Searchable, SourceContext, crossref_walk, openalex_walk
from monitor.feeds.sources.crossref_search import NameWords, alternatives, folded
from monitor.feeds.watermarks import Watermark
from monitor.kernel.clock import utcnow
from monitor.kernel.errors import ConfigError, SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = utcnow()
TODAY = NOW.date()
KEY = "K-CANARY-456"
LISTS = {"crossref": "crossref/works", "openalex": "openalex/works"}
STAND_INS = {"crossref": CrossrefStandIn, "openalex": OpenAlexStandIn}


def paper(number: int, title: str = "", *, days_ago: int = 30, **said: object) -> InventedPaper:
    made = InventedPaper(
        key=f"invented-{number}",
        number=number,
        title=title or f"Example trial of Theraplay in invented schools, part {number}",
        abstract=("Invented children were randomly allocated.",),
        authors=(("Exampleby", "Ada"),),
        journal="Journal of Invented Trials",
        entered=TODAY - timedelta(days=days_ago),
        sources=frozenset(),
    )
    return replace(made, **said)  # type: ignore[arg-type]  # fields by name


@pytest.fixture(params=sorted(STAND_INS))
def name(request) -> str:
    return str(request.param)


@pytest.fixture
def invented() -> World:
    return World(tuple(paper(number) for number in range(1, 11)))


@pytest.fixture
def stand_in(name, invented):
    with STAND_INS[name](invented) as running:
        yield running


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch):
    monkeypatch.setattr(crossref_walk, "ROWS", 4)
    monkeypatch.setattr(openalex_walk, "PER_PAGE", 4)


@pytest.fixture
def build(make_http, tmp_path):
    def build(name, url, *, contact="curator@example.org", **own):
        (tmp_path / "key").write_text(KEY)
        (tmp_path / "key").chmod(0o600)
        key = {"api_key_file": "key"} if name == "openalex" else {}
        values = {"allow_loopback": True, "contact": contact}
        values[name] = {"base_url": url, "enabled": True, **key, **own}
        http = make_http(contact=contact)
        settings = parse({"sources": values}, folder=tmp_path)
        built = SOURCES[name].build(SourceContext(settings, load(), http, TODAY))
        http.pace(url, 10_000)
        return built

    return build


@pytest.fixture
def source(build, name, stand_in):
    return build(name, stand_in.base_url)


def of(source, slug="theraplay"):
    return next(query for query in source.queries if query.intervention == slug)


def numbers(answer):
    return sorted(int(r.citation.title.rpartition(" ")[2]) for r in answer.records)


def fault(asking) -> SourceError:
    with pytest.raises(SourceError) as caught:
        asking()
    return caught.value


def test_it_has_a_search_for_each_intervention_and_can_be_compared(source):
    assert isinstance(source, Searchable)
    assert [q.key for q in source.queries if q.intervention] == list(load().slugs)


def test_everything_comes_page_by_page_up_to_the_declared_total(name, source, stand_in):
    answer = source.ask(of(source), None, NOW)
    assert numbers(answer) == list(range(1, 11))
    assert answer.declared == 10
    assert answer.watermark == Watermark(position=NOW.date().isoformat())
    assert all(one.scheme == "doi" for r in answer.records for one in r.citation.identifiers)
    asked = [request.params for request in stand_in.requests(LISTS[name])]
    assert all(params["mailto"] == "curator@example.org" for params in asked)


def test_a_listing_has_no_date_filter_and_older_is_what_the_source_dates_before(
    name, source, stand_in, invented
):
    invented.papers += (paper(11, days_ago=4_000),)
    listing = source.listing(of(source), TODAY - timedelta(days=2_000))
    assert len(listing.keys) == 11
    assert len(listing.older) == 1
    for request in stand_in.requests(LISTS[name]):
        assert "date:" not in request.params.get("filter", "").replace("update", "")
    brought = source.ask(of(source), None, NOW)
    assert {record.key for record in brought.records} == listing.expected


def test_what_dates_missed_is_fetched_by_its_key(source):
    listing = source.listing(of(source), date(2000, 1, 1))
    some = sorted(listing.keys)[:3]
    answer = source.fetch(of(source), [*some, "10.5555/nowhere", "W404", "x|y", "10.1/../z"])
    assert sorted(record.key for record in answer.records) == some


def test_a_stretch_of_the_past_can_be_asked_for(source, invented):
    invented.papers += (paper(11, days_ago=400),)
    day = TODAY - timedelta(days=400)
    assert numbers(source.between(of(source), day - timedelta(days=9), day)) == [11]


@pytest.mark.parametrize("kind", [Fault.CHANGED_TOTAL, Fault.SHORT, Fault.REPEATED, Fault.EXPIRED])
def test_fault_45_a_walk_that_is_not_whole_is_made_once_more(name, source, stand_in, kind):
    """A total that drifts, a page that repeats, a cursor that expires: nothing lost or doubled."""
    # OpenAlex keeps nothing: only the second page has a cursor that can expire
    times = 2 if (name, kind) == ("openalex", Fault.EXPIRED) else 1
    stand_in.fault(LISTS[name], kind.value, times=times)
    answer = source.ask(of(source), None, NOW)
    assert numbers(answer) == list(range(1, 11))


@pytest.mark.parametrize("kind", [Fault.CHANGED_TOTAL, Fault.SHORT, Fault.REPEATED, Fault.EXPIRED])
def test_fault_45_not_whole_twice_is_incomplete(name, source, stand_in, kind):
    stand_in.fault(LISTS[name], kind.value, times=None)
    for ask in (source.listing, lambda query, _: source.ask(query, None, NOW)):
        assert fault(lambda: ask(of(source), date(2000, 1, 1))).kind is SourceFault.INCOMPLETE  # noqa: B023 - called at once


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>CANARY down for maintenance</html>", b'{"meta":{"count":3,"next_curs', b"null",
     b'{"status":"ok","message-type":"work-list","message":{"total-results":2,"items":[{"DOI"',
     b'{"error":"CANARY"}', b'{"meta":{"count":"3"},"results":[]}', b'{"meta":{"count":true},"results":[]}',
     b'{"status":"ok","message-type":"work-list","message":{"total-results":"2","items":[]}}',
     b'{"status":"ok","message-type":"work-list","message":{"total-results":2,"items":{}}}'],
)  # fmt: skip
def test_faults_27_to_29_what_is_no_list_fails_and_is_never_nothing_new(
    build, upstream, name, body
):
    upstream.answer = lambda asked: upstream.says(body)
    source = build(name, upstream.url)
    for ask in (source.listing, lambda query, _: source.ask(query, None, NOW)):
        error = fault(lambda: ask(of(source), date(2000, 1, 1)))  # noqa: B023 - called at once
        assert error.kind in {SourceFault.MALFORMED, SourceFault.REFUSED}
        assert "CANARY" not in str(error)


@pytest.mark.parametrize(
    "work",
    [
        None,
        3,
        [],
        {},
        {"DOI": 3, "id": 3},
        {"DOI": "10.5555/x", "id": "https://openalex.org/W7", "title": {"a": 1}},
    ],
)
def test_a_list_may_hold_anything(build, upstream, name, work):
    """What has no name is counted, so the total is reached; what has no title is set aside."""
    listed = {"crossref": {"status": "ok", "message-type": "work-list",
                           "message": {"total-results": 1, "items": [work]}},
              "openalex": {"meta": {"count": 1, "next_cursor": None}, "results": [work]}}[name]  # fmt: skip
    upstream.answer = lambda asked: upstream.says(json.dumps(listed).encode())
    source = build(name, upstream.url)
    answer = source.ask(of(source), None, NOW)
    assert (answer.declared, answer.records) == (1, ())
    source.listing(of(source), date(2000, 1, 1))


def test_too_much_is_refused_unread(name, source, monkeypatch):
    monkeypatch.setattr("monitor.feeds.sources.crossref_search.MOST", 9)
    monkeypatch.setattr(openalex_walk, "MOST", 9)
    error = fault(lambda: source.ask(of(source), None, NOW))
    assert error.kind is SourceFault.INCOMPLETE
    assert "10 works" in str(error)


def test_search_is_one_setting(build, name, stand_in):
    source = build(name, stand_in.base_url, search=False)
    assert [query for query in source.queries if query.intervention] == []


# Crossref


@pytest.fixture
def titled(build):
    """Ask Crossref for one intervention in a world of these titles."""

    def titled(slug, *titles):
        with CrossrefStandIn(World(tuple(paper(n, t) for n, t in enumerate(titles, 1)))) as running:
            source = build("crossref", running.base_url)
            answer = source.ask(of(source, slug), None, NOW)
            return (
                [r.citation.title for r in answer.records],
                answer,
                running.requests("crossref/works"),
            )

    return titled


def test_only_titles_that_may_hold_a_name_are_kept_and_the_total_is_of_all(titled):
    named = "Watch, Wait, and Wonder: an invented trial"
    turned = "To wonder, and to wait and watch"
    kept, answer, _ = titled("www", named, turned, "Watch the wonder of invented engines")
    assert sorted(kept) == sorted([named, turned]), "which of them is one, the matcher says"
    assert answer.declared == 3


def test_no_text_of_a_question_holds_two_words(titled):
    """Within one text Crossref joins words by OR: two in one would find millions."""
    _, _, requests = titled("ddp", "Dyadic Developmental Psychotherapy, invented")
    for request in requests:
        for text in ("query", "query.bibliographic"):
            assert " " not in request.params.get(text, "")


def test_an_abbreviation_in_a_title_is_kept(titled):
    assert titled("vipp", "VIPP-SD in invented foster care")[0]


def test_what_two_queries_ask_alike_is_walked_once(build):
    with CrossrefStandIn(World((paper(1),))) as running:
        source = build("crossref", running.base_url)
        for slug in ("pip", "www"):
            source.listing(of(source, slug), date(2020, 1, 1))
        asked = [
            tuple(r.params.get(n) for n in ("query", "query.bibliographic"))
            for r in running.requests("crossref/works")
        ]
    assert len(asked) == len(set(asked))
    assert ("infant", "psychotherapy") in asked


def test_the_watermark_asks_by_the_index_and_the_first_day_by_the_deposit(build):
    with CrossrefStandIn(World((paper(1),))) as running:
        source = build("crossref", running.base_url)
        source.ask(of(source), Watermark(position="2026-11-20"), NOW)
        filters = {request.params["filter"] for request in running.requests("crossref/works")}
    assert filters == {"from-created-date:2020-01-01,from-index-date:2026-11-17"}


def test_a_paper_only_reindexed_is_asked_for_and_is_no_change(build, session, now):
    with CrossrefStandIn(World((paper(1),))) as running:
        source = build("crossref", running.base_url)
        first = source.ask(of(source), None, NOW)
        running.cite("invented-1")
        assert source.ask(of(source), None, NOW).records[0].stable == first.records[0].stable


def test_every_name_of_the_catalogue_is_covered_by_a_question():
    """Only individual child psychotherapy, whose names are anybody's, is asked for with a context."""
    for one in load().interventions:
        asked = [set(folded(" ".join(words))) for words in alternatives(one.queries["crossref"])]
        lacking = [
            form for form in one.full_forms if not any(w <= set(folded(form)) for w in asked)
        ]
        assert not lacking or one.slug == "icp", (one.slug, lacking)


@pytest.mark.parametrize("text", ["", "(a AND b AND c)", "a b", '("x")', "a OR "])
def test_a_query_that_crossref_cannot_answer_in_full_is_refused(text):
    with pytest.raises(ConfigError):
        alternatives(text)


def test_names_are_told_whatever_marks_stand_between():
    names = NameWords.of(load().intervention("pip"))
    assert names.may_be_in({"title": ["Eltern-Säuglings-Psychotherapie im Überblick"]})
    assert names.may_be_in(
        {"title": ["Parents"], "subtitle": ["psychotherapy of parent and infant"]}
    )
    assert not names.may_be_in({"title": [None, 3], "subtitle": "parent infant psychotherapy"})


def test_without_an_address_crossref_is_asked_as_the_public_pool_allows(
    make_http, tmp_path, monkeypatch
):
    paces = []
    http = make_http()
    monkeypatch.setattr(http, "pace", lambda url, per_second: paces.append(per_second))
    for contact in ("", "a@example.org"):
        settings = parse({"sources": {"contact": contact}}, folder=tmp_path)
        SOURCES["crossref"].build(SourceContext(settings, load(), http, TODAY))
    assert paces == [1, 3]


# OpenAlex


@pytest.fixture
def openalex(invented):
    with OpenAlexStandIn(invented) as running:
        yield running


def test_the_cost_is_told_and_the_budget_kept(build, openalex):
    source = build("openalex", openalex.base_url)
    (note,) = source.ask(of(source), None, NOW).notes
    assert note == "cost $0.0030; $0.997 of the day are left"
    openalex.left = 0.001
    error = fault(lambda: source.listing(of(source), date(2000, 1, 1)))
    assert error.kind is SourceFault.RATE_LIMITED
    assert "midnight UTC" in str(error)
    assert 0 < (error.retry_after or 0) <= 86_400
    asked = len(openalex.requests("openalex/works"))
    fault(lambda: source.listing(of(source), date(2000, 1, 1)))
    assert len(openalex.requests("openalex/works")) == asked, "what cannot be paid is not asked"


def test_a_budget_used_up_elsewhere_is_told_and_not_tried_again(build, openalex):
    openalex.left = 0.0
    source = build("openalex", openalex.base_url)
    assert fault(lambda: source.ask(of(source), None, NOW)).kind is SourceFault.RATE_LIMITED
    assert len(openalex.requests("openalex/works")) == 1


def test_without_a_key_it_is_looked_up_and_not_searched(build, openalex):
    source = build("openalex", openalex.base_url, api_key_file=None)
    assert source.queries == ()


def test_a_key_that_is_refused_is_told_without_it(build, invented):
    with OpenAlexStandIn(invented, key="another") as running:
        source = build("openalex", running.base_url)
        error = fault(lambda: source.ask(of(source), None, NOW))
    assert error.kind is SourceFault.REFUSED
    assert "check [sources.openalex] api_key_file" in str(error)
    assert KEY not in f"{error}{error.__cause__}{error.__context__}{source!r}"


def test_too_fast_is_told_from_a_used_budget(build, openalex):
    openalex.fault("openalex/works", Fault.RATE_LIMITED.value, times=1)
    source = build("openalex", openalex.base_url)
    error = fault(lambda: source.ask(of(source), None, NOW))
    assert "too often" in str(error)
    assert error.retry_after == 1


def test_an_old_paper_taken_up_lately_is_new(build, openalex, invented, monkeypatch):
    works = openalex.works()
    late = {**works[0], "publication_date": "2009-05-05"}
    old = {**works[1], "publication_date": "2009-05-05", "created_date": "2016-06-24"}
    undated = {**works[2], "publication_date": None}
    openalex.world = None
    openalex.add_recorded([late, old, undated])
    source = build("openalex", openalex.base_url)
    answer = source.ask(of(source), None, NOW)
    assert {record.key for record in answer.records} == {
        late["id"].rpartition("/")[2], undated["id"].rpartition("/")[2],
    }  # fmt: skip
    assert "1 works from before 2020-01-01 were left out" in answer.notes
