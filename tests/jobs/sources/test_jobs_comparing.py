"""Comparisons over the demonstration's stand-ins: what dates miss is found, what vanishes is told."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from proving import (  # type: ignore[import-not-found]  # tests/jobs is on pytest's path
    Killed,
    dying_at,
    held,
    paper,
    polls,
    rows,
    schedule_of,
    source_row,
    watching,
    without,
)

from monitor import workflow
from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.demo import standins
from monitor.demo.world import World
from monitor.feeds.completeness.days import report as report_day
from monitor.feeds.sources import europepmc, pubmed
from monitor.feeds.tables import Comparison, Incident, PollKind, PollQuery, PollState
from monitor.jobs.sources.comparing import compare_due, compare_source
from monitor.jobs.sources.polling import poll_source
from monitor.kernel.persistence.locks import exclusive
from monitor.notify.tables import Message
from monitor.ops import exports
from monitor.ops.queries import status

SQLITE_ONLY = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(now):
    entered = now.date() - timedelta(days=30)
    return World(tuple(paper(number, entered) for number in range(1, 13)))


@pytest.fixture
def running(world, monkeypatch):
    for source in (europepmc, pubmed):
        monkeypatch.setattr(source, "_RATE", 1000)
    with standins.running(world) as running:
        yield running


@pytest.fixture
def settings_data(running, nobody_asked):
    journal = {"name": "Journal of Invented Trials", "url": running.feeds.journals_url}
    return {
        "sources": {
            **nobody_asked,
            "allow_loopback": True,
            "pubmed": {"base_url": running.pubmed.base_url},
            "europepmc": {"base_url": running.europepmc.base_url},
            "journals": {"feeds": [journal]},
        }
    }


@pytest.fixture
def polled(service):
    """A service that watches one intervention and has polled Europe PMC once."""
    service = watching(service, "theraplay")
    assert poll_source(service, "europepmc").error is None
    return service


def newest(service):
    return rows(service, Comparison)[-1]


def test_what_dates_hide_from_polls_is_found_fetched_and_queued(polled, world, clock):
    clock.pass_by(days=2)
    late = clock().date() - timedelta(days=400)  # listed now, dated long before the watermark
    world.papers += (paper(50, late), paper(51, date(2019, 6, 1)))
    again = poll_source(polled, "europepmc")
    assert (again.error, again.new) == (None, 0), "the poll cannot see it"
    before = schedule_of(polled)
    (report,) = compare_due(polled)
    assert (report.source, report.error, report.new, report.queued) == ("europepmc", None, 1, 1)
    noted = newest(polled)
    assert (noted.listed, noted.older, noted.held) == (14, 1, 12)
    assert (noted.missed, noted.fetched, noted.vanished, noted.alarm) == (1, 1, 0, None)
    assert schedule_of(polled) == before
    assert held(polled, 50).first_seen_at == clock.now
    with polled.database.read() as session:
        titles = {row["title"] for row in exports.queue(session)}
    assert f"{paper(50, late).title}." in titles
    # what was asked and what came stands in the attempt
    (attempt,) = polls(polled, PollKind.COMPARISON)
    asked = rows(polled, PollQuery, PollQuery.poll_id == attempt.id)
    assert [(one.declared, one.records, one.new_records) for one in asked] == [
        (14, 0, 0),
        (1, 1, 1),
    ]
    assert all(one.requests > 0 for one in asked)
    assert compare_due(polled) == [], "the next one is days away"
    clock.pass_by(days=7)
    (report,) = compare_due(polled)
    assert (report.error, report.records, newest(polled).missed) == (None, 0, 0)


@SQLITE_ONLY
def test_pubmed_is_compared_in_the_same_way(service, world, clock):
    service = watching(service, "theraplay")
    assert poll_source(service, "pubmed").error is None
    late = clock().date() - timedelta(days=400)
    world.papers += (paper(50, late), paper(51, date(2019, 6, 1)))
    report = compare_source(service, "pubmed")
    assert (report.error, report.records, report.new) == (None, 1, 1)
    noted = newest(service)
    assert (noted.listed, noted.older, noted.missed, noted.fetched) == (14, 1, 1, 1)
    assert held(service, 50, "pubmed").missing_since is None


@SQLITE_ONLY
def test_an_article_that_vanishes_is_gone_after_a_while_and_comes_back(polled, world, clock):
    everything = world.papers
    world.papers = without(world, 3)
    for days in (0, 4, 4):
        clock.pass_by(days=days)
        assert compare_source(polled, "europepmc").error is None
    assert held(polled, 3).gone_at == clock.now
    assert held(polled, 4).missing_since is None
    assert newest(polled).vanished == 1
    world.papers = everything
    compare_source(polled, "europepmc")
    assert (held(polled, 3).gone_at, held(polled, 3).missing_times) == (None, 0)


@SQLITE_ONLY
def test_half_the_ids_gone_is_an_alarm_marks_nothing_and_is_tried_again(polled, world, clock):
    assert compare_source(polled, "europepmc").error is None
    before = schedule_of(polled)
    everything, world.papers = world.papers, world.papers[:6]
    clock.pass_by(days=7)
    (report,) = compare_due(polled)
    assert "nothing was marked as gone" in str(report.error)
    assert (newest(polled).alarm, newest(polled).listed) == ("fewer ids than before", 6)
    assert all(held(polled, number).missing_since is None for number in range(1, 13))
    failed = polls(polled, PollKind.COMPARISON)[-1]
    assert (failed.state, failed.fault) == (PollState.FAILED, "fewer ids than before")
    assert schedule_of(polled) == before, "the source is none the worse for it"
    assert clock.now < source_row(polled).next_comparison_at < clock.now + timedelta(minutes=10)
    world.papers = everything
    clock.pass_by(hours=1)
    (report,) = compare_due(polled)
    assert report.error is None
    assert newest(polled).alarm is None


def an_admin(service):
    with service.database.write() as session:
        made, _ = accounts.create_user(
            session,
            address="ada@example.org",
            name="Ada",
            role=Role.ADMIN,
            by="cli",
            at=service.clock(),
        )
    return made


def incident(service):
    (found,) = rows(service, Incident, Incident.topic == "comparison")
    return found


@SQLITE_ONLY
def test_admins_are_told_once_of_fewer_ids_and_again_when_they_are_back(polled, world, clock):
    an_admin(polled)
    compare_source(polled, "europepmc")
    everything, world.papers = world.papers, world.papers[:6]
    for _ in range(2):
        clock.pass_by(hours=1)
        compare_source(polled, "europepmc")
    assert (incident(polled).kind, incident(polled).times) == ("fewer ids than before", 2)
    assert len(rows(polled, Message)) == 1
    world.papers = everything
    clock.pass_by(hours=1)
    compare_source(polled, "europepmc")
    assert incident(polled).closed_by == "job:poll"
    assert len(rows(polled, Message)) == 2


@SQLITE_ONLY
def test_a_number_that_an_admin_calls_right_is_believed_from_then_on(polled, world, clock):
    ada = an_admin(polled)
    compare_source(polled, "europepmc")
    world.papers = world.papers[:6]
    clock.pass_by(hours=1)
    assert compare_source(polled, "europepmc").error
    clock.pass_by(hours=1)
    with polled.database.write() as session:
        workflow.settle_incident(session, polled.settings, incident(polled).id, by=ada, at=clock())
    clock.pass_by(hours=1)
    assert compare_source(polled, "europepmc").error is None
    assert (newest(polled).alarm, newest(polled).vanished) == (None, 6)


@SQLITE_ONLY
def test_a_query_that_is_read_in_another_way_opens_an_incident_of_its_own(polled, running, clock):
    assert poll_source(polled, "pubmed").error is None
    running.pubmed.fault("pubmed/esearch", "rewritten-query", times=None)
    clock.pass_by(days=1)
    report = poll_source(polled, "pubmed")
    assert report.error is None, "what it found is kept all the same"
    (found,) = rows(polled, Incident)
    assert (found.source, found.topic, found.kind) == (
        "pubmed",
        "query:theraplay",
        "query changed upstream",
    )
    clock.pass_by(days=1)
    poll_source(polled, "pubmed")
    assert len(rows(polled, Incident)) == 1, "told once; the new reading is the one compared with"


@SQLITE_ONLY
def test_a_listing_that_is_not_whole_notes_nothing_and_is_tried_again(polled, running, clock):
    before = schedule_of(polled)
    for fault in ("html200", "error-json", "truncated", "short-count"):
        running.europepmc.fault("europepmc", fault, times=None)
        (report,) = compare_due(polled)
        assert report.error, fault
        assert source_row(polled).next_comparison_at > clock.now
        assert polls(polled, PollKind.COMPARISON)[-1].state is PollState.FAILED
        running.europepmc.clear()
        clock.pass_by(days=1)
    assert rows(polled, Comparison) == []
    assert schedule_of(polled) == before
    assert [report.error for report in compare_due(polled)] == [None]
    assert newest(polled).listed == 12


@SQLITE_ONLY
def test_pubmed_says_no_inside_a_200_and_nothing_is_concluded(service, running):
    service = watching(service, "theraplay")
    poll_source(service, "pubmed")
    for fault in ("error-json", "truncated", "short-count"):
        running.pubmed.fault("pubmed/esearch", fault, times=None)
        assert compare_source(service, "pubmed").error, fault
        running.pubmed.clear()
    assert rows(service, Comparison) == []
    assert held(service, 1, "pubmed").missing_since is None


@SQLITE_ONLY
def test_what_was_missed_and_is_not_sent_makes_no_comparison(polled, running, world, clock):
    late = clock().date() - timedelta(days=400)
    world.papers += tuple(paper(number, late) for number in range(50, 60))
    hidden = world.papers

    def withdraw(request):
        if "EXT_ID" in request.params["query"]:
            world.papers = without(world, *range(50, 60))

    running.europepmc.on_request("europepmc", withdraw)
    report = compare_source(polled, "europepmc")
    assert "10 were not sent" in str(report.error)
    assert rows(polled, Comparison) == []
    running.europepmc.clear()
    world.papers = hidden
    assert compare_source(polled, "europepmc").new == 10


@SQLITE_ONLY
def test_a_comparison_killed_at_its_commit_starts_over(polled, world, clock):
    world.papers = (*without(world, 3), paper(50, clock().date() - timedelta(days=400)))
    with dying_at(Comparison), pytest.raises(Killed):
        compare_source(polled, "europepmc")
    assert rows(polled, Comparison) == []
    assert held(polled, 3).missing_times == 0
    assert source_row(polled).next_comparison_at is None
    (report,) = compare_due(polled)
    assert report.error is None
    killed, whole = polls(polled, PollKind.COMPARISON)
    assert (killed.state, whole.state) == (PollState.FAILED, PollState.COMPLETE)
    assert held(polled, 50).missing_since is None
    assert held(polled, 3).missing_times == 1
    assert len(rows(polled, Comparison)) == 1


@SQLITE_ONLY
def test_a_source_that_is_being_asked_stays_due_and_one_without_a_search_is_left(polled):
    assert poll_source(polled, "journals").error is None
    with exclusive(polled.database, polled.settings.var, "source-europepmc"):
        (report,) = compare_due(polled)
    assert report.busy
    assert source_row(polled).next_comparison_at is None
    assert polls(polled, PollKind.COMPARISON) == []
    assert [(report.source, report.error) for report in compare_due(polled)] == [
        ("europepmc", None)
    ]


@SQLITE_ONLY
def test_a_key_file_that_is_missing_stops_that_source_alone(polled):
    assert poll_source(polled, "pubmed").error is None
    own = polled.settings.sources.pubmed.model_copy(update={"api_key_file": Path("no-such")})
    sources = polled.settings.sources.model_copy(update={"pubmed": own})
    broken = replace(polled, settings=polled.settings.model_copy(update={"sources": sources}))
    assert [report.source for report in compare_due(broken)] == ["europepmc"]


def verdict_of(service, day):
    with service.database.read() as session:
        report = report_day(session, service.settings, service.catalogue, day, service.clock())
    return next(one for one in report.sources if one.name == "europepmc").verdict


@SQLITE_ONLY
def test_a_source_that_refuses_every_comparison_is_told_and_proves_nothing(polled, running, clock):
    an_admin(polled)
    compare_source(polled, "pubmed")
    running.europepmc.fault("europepmc", "short-count", times=None)
    for _ in range(6):
        compare_source(polled, "europepmc")
        clock.pass_by(hours=12)
    assert incident_topics(polled) == [], "three days may pass"
    for _ in range(25):
        compare_source(polled, "europepmc")
        clock.pass_by(days=1)
    assert incident_topics(polled) == [("europepmc", "comparing")]
    with polled.database.read() as session:
        now = status(session, polled.settings, polled.database, clock.now)
    assert "Europe PMC could not be compared for days: it" in now.verdict
    assert not now.healthy
    subjects = [message.context["subject"] for message in rows(polled, Message)]
    assert len(subjects) == 1
    assert "could not be compared for days" in subjects[0]
    running.europepmc.clear()
    poll_source(polled, "europepmc")
    yesterday = (clock.now - timedelta(days=1)).date()
    assert verdict_of(polled, yesterday).word == "suspected"
    assert "could not be compared with what we hold since" in verdict_of(polled, yesterday).sentence
    compare_source(polled, "europepmc")
    assert incident_topics(polled) == []
    assert verdict_of(polled, yesterday).word != "suspected"


def incident_topics(service):
    return [(one.source, one.topic) for one in rows(service, Incident) if one.closed_at is None]
