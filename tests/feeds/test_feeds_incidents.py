"""Incidents, on both databases: at most one is open, and it lasts until it is over."""

import doctest
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from monitor.feeds import incident_wording, incidents, service
from monitor.feeds.tables import Incident, SourceRow
from monitor.kernel import audit
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, NotFound, SourceFault
from monitor.kernel.settings import parse

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ready(session, tmp_path, now):
    service.sync_sources(session, parse({}, folder=tmp_path), now)
    return session


def fail(session, at, kind=SourceFault.UNREACHABLE, source="pubmed", topic=incidents.POLL):
    return incidents.open_or_update(session, source, topic, kind, f"it was {kind}", at)


def told(session, at, **kwargs):
    """Open one of which the admins were told."""
    noted = fail(session, at, **kwargs)
    incidents.note_told(session, noted.incident.id, at)
    return noted.incident.id


def test_the_first_sign_opens_one(ready, now):
    noted = fail(ready, now)
    assert noted.opened
    one = noted.incident
    assert (one.source, one.title, one.topic, one.kind) == (
        "pubmed",
        "PubMed",
        "poll",
        "unreachable",
    )
    assert (one.message, one.opened_at, one.times, one.told_at) == (
        "it was unreachable",
        now,
        1,
        None,
    )
    assert incidents.open_incidents(ready) == [one]


def test_twenty_failures_are_one_incident(ready, now):
    opened = [fail(ready, now + n * HOUR).opened for n in range(20)]
    assert opened == [True] + [False] * 19
    (one,) = incidents.open_incidents(ready)
    assert (one.times, one.opened_at, one.last_seen_at) == (20, now, now + 19 * HOUR)


def test_the_latest_kind_and_words_count(ready, now):
    fail(ready, now)
    assert not fail(ready, now + HOUR, SourceFault.REFUSED).opened
    (one,) = incidents.open_incidents(ready)
    assert (one.kind, one.message, one.opened_at) == ("refused", "it was refused", now)


def test_topics_and_sources_stand_for_themselves(ready, now):
    fail(ready, now)
    fail(ready, now, SourceFault.FEWER_IDS, topic=incidents.COMPARISON)
    fail(ready, now, SourceFault.QUERY_CHANGED, topic=incidents.query_topic("vipp"))
    fail(ready, now, source="europepmc")
    assert len(incidents.open_incidents(ready)) == 4
    incidents.close(ready, "pubmed", incidents.POLL, "job:poll", now + HOUR)
    left = {(one.source, one.topic) for one in incidents.open_incidents(ready)}
    assert left == {("pubmed", "comparison"), ("pubmed", "query:vipp"), ("europepmc", "poll")}


def test_an_end_is_noted_once_and_the_next_failure_is_a_new_one(ready, now):
    first = fail(ready, now).incident
    ended = incidents.close(ready, "pubmed", "poll", "job:poll", now + HOUR)
    assert ended
    assert (ended.id, ended.closed_at, ended.closed_by) == (first.id, now + HOUR, "job:poll")
    assert incidents.close(ready, "pubmed", "poll", "job:poll", now + 2 * HOUR) is None
    again = fail(ready, now + DAY)
    assert again.opened
    assert again.incident.id != first.id
    assert incidents.closed_since(ready, now + HOUR) == [ended]
    assert incidents.closed_since(ready, now + 2 * HOUR) == []


def test_opening_and_ending_stand_in_the_ledger(ready, now):
    one = fail(ready, now).incident
    fail(ready, now + HOUR)
    incidents.close(ready, "pubmed", "poll", "job:poll", now + 2 * HOUR)
    entries = ready.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"incident:{one.id}").order_by("seq")
    ).all()
    assert [entry.action for entry in entries] == ["incident.opened", "incident.closed"]
    assert entries[1].details["times"] == 2
    assert audit.broken_link(ready) is None


def test_an_admins_word_ends_what_no_poll_can(ready, now):
    one = fail(ready, now, SourceFault.FEWER_IDS, topic=incidents.COMPARISON).incident
    assert one.needs_person
    ended = incidents.acknowledge(ready, one.id, "user:3", now + HOUR)
    assert ended
    assert (ended.closed_by, ended.closed_at) == ("user:3", now + HOUR)
    assert incidents.acknowledge(ready, one.id, "user:4", now + HOUR) is None, "pressed twice"
    poll = fail(ready, now).incident
    assert not poll.needs_person
    with pytest.raises(Conflict):
        incidents.acknowledge(ready, poll.id, "user:3", now)
    with pytest.raises(NotFound):
        incidents.acknowledge(ready, 999, "user:3", now)


def test_a_word_on_one_that_ended_never_ends_the_next(ready, now):
    topic = incidents.COMPARISON
    first = fail(ready, now, SourceFault.FEWER_IDS, topic=topic).incident
    incidents.close(ready, "pubmed", topic, "job:poll", now + HOUR)
    fail(ready, now + DAY, SourceFault.FEWER_IDS, topic=topic)
    assert incidents.acknowledge(ready, first.id, "user:3", now + DAY) is None
    assert len(incidents.open_incidents(ready)) == 1


def due(session, at):
    return [one.id for one in incidents.due_reminders(session, at)]


def test_a_reminder_is_due_a_day_after_the_last_word(ready, now):
    one = told(ready, now)
    assert due(ready, now + DAY - timedelta(seconds=1)) == []
    assert due(ready, now + DAY) == [one]
    incidents.note_told(ready, one, now + DAY)
    assert due(ready, now + DAY + HOUR) == []
    assert due(ready, now + 2 * DAY) == [one]


def test_who_was_never_told_is_told_as_soon_as_possible(ready, now):
    one = fail(ready, now).incident
    assert due(ready, now + HOUR) == [one.id]


def test_a_machine_that_slept_for_days_brings_one_reminder(ready, now):
    one = told(ready, now)
    assert due(ready, now + 5 * DAY) == [one]
    incidents.note_told(ready, one, now + 5 * DAY)
    assert due(ready, now + 5 * DAY + 23 * HOUR) == []


@pytest.mark.parametrize("ahead", [HOUR, DAY, 400 * DAY])
def test_a_clock_that_jumps_back_neither_repeats_nor_silences(ready, now, ahead):
    one = told(ready, now + ahead)
    assert due(ready, now) == []
    assert due(ready, now + DAY - HOUR) == []
    assert due(ready, now + DAY) == [one]


def test_what_ended_is_not_reminded_of(ready, now):
    told(ready, now)
    incidents.close(ready, "pubmed", "poll", "job:poll", now + HOUR)
    assert due(ready, now + 2 * DAY) == []


def test_a_source_switched_off_worries_nobody(ready, now, tmp_path):
    fail(ready, now)
    fail(ready, now, SourceFault.FEWER_IDS, topic=incidents.COMPARISON)
    fail(ready, now, source="europepmc")
    off = parse({"sources": {"pubmed": {"enabled": False}}}, folder=tmp_path)
    service.sync_sources(ready, off, now + HOUR)
    assert [one.source for one in incidents.open_incidents(ready)] == ["europepmc"]
    assert {one.closed_by for one in incidents.closed_since(ready, now)} == {"settings"}


def test_it_tells_how_the_source_stands(ready, now):
    row = ready.get_one(SourceRow, "pubmed")
    row.last_success_at, row.next_due_at = now - DAY, now + HOUR
    ready.flush()
    poll = fail(ready, now).incident
    assert (poll.last_heard, poll.next_try) == (now - DAY, now + HOUR)
    other = fail(ready, now, SourceFault.FEWER_IDS, topic=incidents.COMPARISON).incident
    assert other.next_try is None, "no poll ends it"


def test_two_at_once_open_one(database, tmp_path, now):
    with database.write() as session:
        service.sync_sources(session, parse({}, folder=tmp_path), now)
    start, opened = threading.Barrier(4), []

    def notice() -> None:
        start.wait()
        with database.write() as session:
            opened.append(fail(session, now).opened)

    threads = [threading.Thread(target=notice) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [False, False, False, True]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 1
        assert incidents.open_incidents(session)[0].times == 4


def test_the_examples_are_true():
    assert doctest.testmod(incident_wording).failed == 0


@pytest.mark.parametrize("kind", SourceFault)
def test_every_fault_has_words(kind):
    assert incident_wording.headline("PubMed", kind) != "PubMed did not answer in full"
    by_hand = incident_wording.remedy(kind, settled_by_hand=True)
    assert "Status page" in by_hand
    if kind is not SourceFault.FEWER_IDS:  # no poll finds that
        alone = incident_wording.remedy(kind, settled_by_hand=False)
        assert alone != incident_wording.remedy("?", settled_by_hand=False)
        assert "Status page" not in alone, "there is nothing to press"
