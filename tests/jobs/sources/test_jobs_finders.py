"""Crossref and OpenAlex polled and compared by the jobs, beside the other sources."""

from dataclasses import replace

import pytest
from proving import rows, watching  # type: ignore[import-not-found]  # tests/jobs is on pytest's path
from sqlalchemy import select

from monitor.demo import driver
from monitor.demo.machinery.faults import Fault
from monitor.feeds.completeness import days, questions
from monitor.feeds.completeness.verdicts import Missing, ProofBasis
from monitor.feeds.http.client import Http
from monitor.feeds.sources import SOURCES
from monitor.feeds.tables import Comparison, Incident, Poll, PollQuery
from monitor.jobs.sources.comparing import compare_due, compare_source
from monitor.jobs.sources.polling import poll_due, poll_source
from monitor.kernel.errors import SourceFault
from monitor.literature.tables import Paper
from monitor.literature.words import Lane

# what each host states, in requests a second: the strictest that holds for what is asked of it
STATED = {"pubmed": 3, "crossref": 3, "openalex": 100, "clinicaltrials": 1}


@pytest.fixture
def settings_data(running, tmp_path, nobody_asked):
    """Every source that can be searched, over its stand-in."""
    key = driver.invented_key(tmp_path)
    own = {
        name: {"base_url": getattr(running, name).base_url}
        for name, entry in SOURCES.items()
        if entry.is_searched
    }
    own["openalex"] |= {"api_key_file": str(key)}
    shared = {"allow_loopback": True, "contact": "curator@example.org"}
    return {"sources": {**nobody_asked, **shared, **own}}


def papers(service):
    return {row.title: row for row in rows(service, Paper)}


@pytest.mark.parametrize("name", ["crossref", "openalex"])
def test_it_finds_what_names_an_intervention_and_day_by_day_says_so(service, running, name, clock):
    report = poll_source(service, name)
    assert report.error is None
    found = papers(service)
    title = next(title for title in found if title.startswith("Dyadic Developmental Psychotherapy"))
    assert found[title].lane is Lane.EVALUATED
    clock.pass_by(days=1)
    poll_source(service, name)
    with service.database.read() as session:
        shown = days.report(session, service.settings, service.catalogue, clock().date(), clock())
        asked = questions.standing(session, service.settings, service.catalogue)
    mine = next(one for one in shown.sources if one.name == name)
    assert mine.verdict.word is Missing.SO_FAR
    assert {q.basis for q in asked if q.source == name} == {ProofBasis.SEARCH}
    assert len(mine.reaches) == len(service.catalogue.slugs)


@pytest.mark.parametrize("name", ["crossref", "openalex"])
def test_a_paper_that_dates_hid_is_found_by_the_comparison(service, running, now, name):
    service = watching(service, "theraplay")
    assert poll_source(service, name).error is None
    fresh = replace(
        running.openalex.world.paper("theraplay-trial"), key="late", number=77,
        title="A late listing of Theraplay, invented", entered=now.date().replace(year=2021),
    )  # fmt: skip
    world = running.openalex.world
    world.papers += (fresh,)
    # it is listed under an old date: a poll by the index date passes it by
    poll_source(service, name)
    known = {row.title for row in rows(service, Paper)}
    assert (fresh.title in known) is (name == "openalex"), "OpenAlex is walked whole every time"
    assert compare_source(service, name).error is None
    (row,) = rows(service, Comparison, Comparison.source == name)
    assert (row.missed, row.fetched) == ((0, 0) if name == "openalex" else (1, 1))
    assert fresh.title in papers(service)


@pytest.mark.parametrize("name", ["crossref", "openalex"])
@pytest.mark.parametrize("kind", [Fault.HTML, Fault.CHANGED_TOTAL])
def test_a_search_that_fails_is_an_incident_and_loses_nothing(service, running, name, kind):
    service = watching(service, "theraplay")
    poll_source(service, name)
    before = len(rows(service, Paper))
    listed = f"{name}/works"
    getattr(running, name).fault(listed, kind.value, times=None)
    report = poll_source(service, name)
    assert report.error
    (incident,) = rows(service, Incident)
    assert (incident.source, incident.topic, incident.closed_at) == (name, "poll", None)
    assert len(rows(service, Paper)) == before
    getattr(running, name).clear()
    assert poll_source(service, name).error is None
    (incident,) = rows(service, Incident)
    assert incident.closed_at is not None


def test_half_of_what_openalex_listed_is_an_alarm(service, running):
    service = watching(service, "theraplay", "ddp", "vipp", "cos")
    world = running.openalex.world
    like = world.paper("theraplay-trial")
    world.papers += tuple(
        replace(like, key=f"more-{n}", number=100 + n, title=f"Theraplay, invented part {n}")
        for n in range(12)
    )
    poll_source(service, "openalex")
    assert compare_source(service, "openalex").error is None
    running.openalex.fault("openalex/works", Fault.FEWER.value, times=None)
    assert "less than half" in str(compare_source(service, "openalex").error)
    kinds = {row.kind for row in rows(service, Incident)}
    assert SourceFault.FEWER_IDS.value in kinds


def test_a_used_budget_is_an_incident_that_ends_by_itself(service, running, clock):
    running.openalex.left = 0.0
    assert "budget for the day is used up" in str(poll_source(service, "openalex").error)
    (incident,) = rows(service, Incident)
    assert incident.kind == SourceFault.RATE_LIMITED.value
    running.openalex.left = 1.0
    clock.pass_by(days=1)
    assert poll_source(service, "openalex").error is None
    assert rows(service, Incident)[0].closed_at is not None


def test_what_a_search_cost_stands_with_the_day(service):
    poll_source(watching(service, "theraplay"), "openalex")
    (query,) = rows(service, PollQuery, PollQuery.query_key == "theraplay")
    assert query.notes == ["cost $0.0010; $0.999 of the day are left"]


@pytest.mark.waits
def test_a_quiet_weeks_comparison_of_all_sources_is_few_requests_at_each_hosts_pace(
    service, running, clock, monkeypatch
):
    paces: dict[str, float] = {}

    poll_due(service)
    compare_due(service)
    clock.pass_by(days=8)
    running.forget()
    original = Http.pace
    monkeypatch.setattr(
        Http,
        "pace",
        lambda self, url, rate: (paces.update({url: rate}), original(self, url, rate))[1],
    )
    reports = compare_due(service)
    assert {report.source for report in reports} == {n for n, e in SOURCES.items() if e.is_searched}
    assert [report.error for report in reports if report.error] == []
    assert sum(report.new for report in reports) == 0
    requests = running.requests()
    assert len(requests) <= 200
    # how fast a host is asked is kept by ``feeds/http/pacing``; here, that the stated rate is asked for
    for name, most in STATED.items():
        base = getattr(running, name).base_url
        (asked,) = {rate for url, rate in paces.items() if url.startswith(base)}
        assert asked <= most, name
    with service.database.read() as session:
        last = session.scalars(select(Poll).order_by(Poll.id.desc()).limit(1)).one()
    assert last.new_records == 0
