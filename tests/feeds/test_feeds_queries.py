"""How the sources stand: answering, and having anything new, are two questions."""

from datetime import timedelta

import pytest

from monitor.feeds import queries, service
from monitor.feeds.queries import DAYS, SourceState
from monitor.feeds.records import Answer, Citation, FetchedRecord
from monitor.feeds.sources import SOURCES
from monitor.feeds.tables import PollState
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path):
    return parse({}, folder=tmp_path)


@pytest.fixture
def ready(session, settings, now):
    service.sync_sources(session, settings, now)
    return session


def poll(session, at, *keys, fault=None):
    lease = service.lease(session, "pubmed", at, 900, take_over=True)
    poll_id = service.start_poll(session, lease, at)
    if fault:
        service.fail(session, lease, poll_id, SourceError(fault, "PubMed is down"), at=at)
        return
    records = tuple(FetchedRecord(key, b"", "text/xml", Citation(key)) for key in keys)
    answer = Answer(Query("vipp", "a", "vipp"), records, Watermark("2026-11-23"), declared=0)
    service.store(session, lease, poll_id, [answer], at)
    service.finish(session, lease, poll_id, at=at, next_due_at=at + DAY)


def pubmed(session, settings, now):
    (status,) = [one for one in queries.sources(session, settings, now) if one.name == "pubmed"]
    return status


def test_a_fresh_database_has_asked_nobody(session, settings, now):
    statuses = queries.sources(session, settings, now)
    found = {one.name: (one.title, str(one.state)) for one in statuses}
    assert list(found) == list(SOURCES)
    assert found["pubmed"] == ("PubMed", "never")
    assert found["clinicaltrials"] == ("ClinicalTrials.gov", "never")
    assert found["journals"] == ("Journal feeds", "disabled")
    assert found["openalex"] == ("OpenAlex", "disabled")
    assert all(one.days == ("none",) * DAYS for one in statuses)


def test_a_source_not_asked_yet(ready, settings, now):
    status = pubmed(ready, settings, now)
    assert status.state is SourceState.NEVER
    assert (status.last_success, status.next_due, status.quiet_since) == (None, now, None)
    heard = [one.name for one in queries.last_heard(ready, settings, now)]
    assert heard == [name for name, one in SOURCES.items() if one.enabled(settings)]


def test_a_source_that_answers_and_is_quiet(ready, settings, now):
    poll(ready, now, "1")
    poll(ready, now + DAY)
    status = pubmed(ready, settings, now + DAY)
    assert status.state is SourceState.OK
    assert (status.last_success, status.last_new, status.quiet_since) == (now + DAY, now, now)
    assert status.days[-2:] == ("new", "answered")
    assert status.days[:-2] == ("none",) * (DAYS - 2)


def test_a_source_that_never_had_anything_is_quiet_since_it_first_answered(ready, settings, now):
    poll(ready, now)
    poll(ready, now + DAY)
    assert pubmed(ready, settings, now + DAY).quiet_since == now


def test_a_failing_source_is_never_shown_as_quiet(ready, settings, now):
    poll(ready, now, "1")
    poll(ready, now + DAY, fault=SourceFault.UNREACHABLE)
    status = pubmed(ready, settings, now + DAY)
    assert status.state is SourceState.FAILING
    assert (status.error, status.failing_since, status.failures) == ("PubMed is down", now + DAY, 1)
    assert status.last_success == now
    assert timedelta(minutes=5) <= status.next_due - now - DAY <= timedelta(minutes=6.25)
    assert status.days[-2:] == ("new", "failed")


def test_a_day_counts_by_its_best_poll(ready, settings, now):
    poll(ready, now, fault=SourceFault.UNREACHABLE)
    poll(ready, now + timedelta(hours=1))
    assert pubmed(ready, settings, now + timedelta(hours=1)).days[-1] == "answered"


def test_a_source_nobody_asks_is_overdue(ready, settings, now):
    poll(ready, now)
    assert pubmed(ready, settings, now + DAY + timedelta(minutes=14)).state is SourceState.OK
    late = now + DAY + timedelta(minutes=16)
    assert pubmed(ready, settings, late).state is SourceState.OVERDUE
    # while it is being asked it is not
    service.lease(ready, "pubmed", late, 900)
    assert pubmed(ready, settings, late).state is SourceState.OK


def test_a_source_switched_off_says_so(ready, now, tmp_path):
    off = parse({"sources": {"pubmed": {"enabled": False}}}, folder=tmp_path)
    status = pubmed(ready, off, now)
    assert status.state is SourceState.DISABLED
    assert status.next_due is None


def test_old_polls_leave_the_picture(ready, settings, now):
    poll(ready, now, "1")
    assert pubmed(ready, settings, now + 13 * DAY).days[0] == "new"
    assert pubmed(ready, settings, now + 14 * DAY).days == ("none",) * DAYS


def test_attempts_are_listed_the_newest_first(ready, now):
    poll(ready, now, "1", "2")
    poll(ready, now + DAY, fault=SourceFault.MALFORMED)
    newest, oldest = queries.polls(ready, "pubmed", 10)
    assert (newest.state, newest.fault, newest.error) == (
        PollState.FAILED,
        "malformed",
        "PubMed is down",
    )
    assert (oldest.records, oldest.new_records, oldest.state) == (2, 2, PollState.COMPLETE)
    assert len(queries.polls(ready, "pubmed", 1)) == 1
    assert queries.polls(ready, "europepmc", 10) == []
