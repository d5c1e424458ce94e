"""Comparisons and notes of backfills, on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select

from monitor.feeds import service
from monitor.feeds.completeness import backfilling, comparison
from monitor.feeds.completeness.proof import Stretch
from monitor.feeds.records import Answer, Citation, FetchedRecord, Listing, UnreadableRecord
from monitor.feeds.tables import (
    BackfillSlice,
    Comparison,
    PollKind,
    Record,
    RecordQuery,
    SourceRow,
    WatermarkRow,
)
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import Conflict, SourceError, SourceFault
from monitor.kernel.settings import parse

VIPP = Query("vipp", "a", "vipp")
CHANGED = Query("vipp", "a or b", "vipp")
EVERY = 7.0


@pytest.fixture
def ready(session, tmp_path, now):
    service.sync_sources(session, parse({}, folder=tmp_path), now)
    return session


def begin(session, at, kind=PollKind.COMPARISON):
    lease = service.lease(session, "pubmed", at, 900, take_over=True)
    return lease, service.start_poll(session, lease, at, kind)


def hold(session, at, *keys, query=VIPP, unreadable=()):
    """Let a poll bring these records."""
    records = tuple(FetchedRecord(key, b"<r/>", "application/xml", Citation("T")) for key in keys)
    lease, poll_id = begin(session, at, PollKind.POLL)
    aside = tuple(UnreadableRecord(key, b"?", "has no title") for key in unreadable)
    given = Answer(query, records, Watermark("2026-11-23"), unreadable=aside, declared=len(keys))
    service.store(session, lease, poll_id, [given], at)
    service.finish(session, lease, poll_id, at=at, next_due_at=at + timedelta(days=1))


def compare(session, at, *listed, query=VIPP, older=()):
    """One whole comparison; gives the difference that was found."""
    listing = Listing(query, frozenset(listed), frozenset(older))
    lease, poll_id = begin(session, at)
    difference = comparison.look(session, "pubmed", listing)
    comparison.record(session, lease, poll_id, listing, difference, at, fetched=0)
    service.finish(session, lease, poll_id, at=at)
    return difference


def row(session, key) -> RecordQuery:
    found: RecordQuery = session.get_one(
        RecordQuery, ("pubmed", key, "vipp"), populate_existing=True
    )
    return found


def state(session, key):
    found = row(session, key)
    return found.missing_times, found.missing_since, found.gone_at


def newest(session):
    return session.scalars(select(Comparison).order_by(Comparison.id.desc())).first()


def planned(session):
    return session.get_one(SourceRow, "pubmed", populate_existing=True).next_comparison_at


def test_what_was_found_is_noted(ready, now):
    hold(ready, now, "1", "2", unreadable=("9",))
    found = compare(ready, now, "1", "3", "4", "9", older=("4",))
    assert (found.wanted, found.missed, found.vanished) == ({"3", "9"}, {"3"}, {"2"})
    noted = newest(ready)
    assert (noted.source, noted.query_key, noted.query_hash) == ("pubmed", "vipp", VIPP.hash)
    assert (noted.listed, noted.older, noted.held) == (4, 1, 2)
    assert (noted.missed, noted.fetched, noted.vanished, noted.alarm) == (1, 0, 1, None)


def test_only_what_this_query_brought_counts_as_held(ready, now):
    hold(ready, now, "1")
    hold(ready, now, "2", query=Query("cos", "b", "cos"))
    found = compare(ready, now, "1", "2")
    assert (found.wanted, found.vanished) == ({"2"}, frozenset())


def test_a_key_that_vanished_is_gone_after_three_times_over_seven_days_and_comes_back(ready, now):
    hold(ready, now, "1", "2")
    compare(ready, now, "1")
    assert state(ready, "2") == (1, now, None)
    for days in (3, 6):
        compare(ready, now + timedelta(days=days), "1")
    assert state(ready, "2") == (3, now, None), "often enough, but not long enough"
    later = now + timedelta(days=7)
    compare(ready, later, "1")
    assert state(ready, "2") == (4, now, later)
    compare(ready, later + timedelta(days=1), "1")
    assert state(ready, "2") == (5, now, later), "it went once"
    assert state(ready, "1") == (0, None, None)
    assert ready.scalar(select(func.count()).select_from(Record)) == 2, "nothing is deleted"
    compare(ready, later + timedelta(days=2), "1", "2")
    assert state(ready, "2") == (0, None, None)


def test_two_weeks_apart_is_not_often_enough(ready, now):
    hold(ready, now, "1", "2")
    compare(ready, now, "1")
    compare(ready, now + timedelta(days=14), "1")
    assert state(ready, "2") == (2, now, None)


def test_half_of_the_ids_gone_is_an_alarm_and_marks_nothing(ready, now):
    keys = [str(number) for number in range(20)]
    hold(ready, now, *keys)
    assert compare(ready, now, *keys).alarm is None
    found = compare(ready, now + timedelta(days=7), *keys[:9], "new")
    assert found.alarm is SourceFault.FEWER_IDS
    assert found.wanted == {"new"}, "what is listed is wanted all the same"
    assert newest(ready).alarm == "fewer ids than before"
    assert newest(ready).vanished == 0
    assert all(state(ready, key) == (0, None, None) for key in keys)
    # measured against the last comparison that could be believed, not against the alarm
    assert compare(ready, now + timedelta(days=8), *keys[:9]).alarm is SourceFault.FEWER_IDS
    assert compare(ready, now + timedelta(days=9), *keys[:11]).alarm is None
    assert state(ready, keys[-1])[0] == 1


def test_an_alarm_does_not_clear_what_was_missing(ready, now):
    keys = [str(number) for number in range(20)]
    hold(ready, now, *keys)
    compare(ready, now, *keys[1:])
    compare(ready, now + timedelta(days=1), "0")
    assert state(ready, "0") == (1, now, None)


def test_nothing_listed_where_something_was_is_an_alarm(ready, now):
    hold(ready, now, "1")
    compare(ready, now, "1")
    assert compare(ready, now, older=()).alarm is SourceFault.FEWER_IDS
    assert state(ready, "1") == (0, None, None)


def test_a_changed_query_is_measured_against_nothing(ready, now):
    keys = [str(number) for number in range(20)]
    hold(ready, now, *keys)
    compare(ready, now, *keys)
    assert compare(ready, now, *keys[:2], query=CHANGED).alarm is None


def test_ten_thousand_keys_are_a_few_statements(ready, now):
    keys = [str(number) for number in range(10_000)]
    ready.add_all(
        RecordQuery(source="pubmed", key=key, query_key="vipp", first_seen_at=now) for key in keys
    )
    compare(ready, now, *keys)
    statements = []
    connection = ready.connection()
    event.listen(connection, "before_cursor_execute", lambda *a: statements.append(a[2]))
    found = compare(ready, now, *keys[:5_001], *(str(n) for n in range(20_000, 30_000)))
    assert (len(found.wanted), len(found.vanished)) == (10_000, 4_999)
    assert len(statements) < 60
    counted = select(func.count()).where(RecordQuery.missing_times == 1)
    assert ready.scalar(counted) == 4_999


def test_a_holder_that_lost_the_source_notes_nothing(ready, now):
    lease, poll_id = begin(ready, now)
    begin(ready, now)
    listing = Listing(VIPP, frozenset("1"))
    difference = comparison.look(ready, "pubmed", listing)
    with pytest.raises(Conflict):
        comparison.record(ready, lease, poll_id, listing, difference, now, fetched=0)
    with pytest.raises(Conflict):
        backfilling.note(ready, lease, VIPP, MARCH, now, records=0, new=0)


def test_a_source_is_due_once_it_was_polled_and_then_by_its_plan(ready, now):
    assert comparison.due(ready, now, EVERY) == []
    hold(ready, now)
    assert comparison.due(ready, now, EVERY) == ["pubmed"]
    comparison.plan(ready, "pubmed", now, EVERY)
    assert comparison.due(ready, now, EVERY) == []
    assert now + timedelta(days=EVERY * 0.8) <= planned(ready) <= now + timedelta(days=EVERY)
    assert comparison.due(ready, planned(ready), EVERY) == ["pubmed"]
    assert comparison.due(ready, now, 1) == ["pubmed"], "the setting was longer once"


def test_a_source_that_does_not_answer_polls_is_left_alone(ready, now):
    hold(ready, now)
    lease, poll_id = begin(ready, now, PollKind.POLL)
    service.fail(ready, lease, poll_id, SourceError(SourceFault.RATE_LIMITED, "x"), at=now)
    assert comparison.due(ready, now, EVERY) == []
    lease, poll_id = begin(ready, now, PollKind.POLL)
    service.fail(ready, lease, poll_id, SourceError(SourceFault.MALFORMED, "x"), at=now)
    assert comparison.due(ready, now, EVERY) == ["pubmed"], "other queries may well be answered"


def test_failed_comparisons_are_tried_again_ever_later_at_most_a_day(ready, now):
    hold(ready, now)
    before = ready.get_one(SourceRow, "pubmed").next_due_at
    waits = []
    for _ in range(12):
        lease, poll_id = begin(ready, now)
        service.fail(ready, lease, poll_id, SourceError(SourceFault.INCOMPLETE, "x"), at=now)
        comparison.postpone(ready, "pubmed", now)
        waits.append(planned(ready) - now)
    source = ready.get_one(SourceRow, "pubmed", populate_existing=True)
    assert waits[0] < timedelta(minutes=10)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)
    assert (source.failures, source.error, source.next_due_at) == (0, None, before)
    compare(ready, now)
    lease, poll_id = begin(ready, now)
    service.fail(ready, lease, poll_id, SourceError(SourceFault.INCOMPLETE, "x"), at=now)
    comparison.postpone(ready, "pubmed", now, retry_after=7200)
    assert planned(ready) == now + timedelta(hours=2), "what the source asked for"


MARCH = Stretch(date(2024, 3, 1), date(2024, 3, 31))
APRIL = Stretch(date(2024, 4, 1), date(2024, 4, 30))


def test_stretches_are_noted_by_query_and_noted_anew(ready, now):
    lease, _ = begin(ready, now, PollKind.BACKFILL)
    backfilling.note(ready, lease, VIPP, MARCH, now, records=3, new=2)
    backfilling.note(ready, lease, VIPP, APRIL, now, records=0, new=0)
    backfilling.note(ready, lease, CHANGED, MARCH, now, records=1, new=1)
    done = backfilling.done(ready, "pubmed")
    assert sorted(done["vipp", VIPP.hash]) == [MARCH, APRIL]
    assert done["vipp", CHANGED.hash] == [MARCH]
    assert backfilling.done(ready, "europepmc") == {}
    backfilling.note(ready, lease, VIPP, MARCH, now + timedelta(days=1), records=3, new=0)
    (noted,) = ready.scalars(
        select(BackfillSlice).where(
            BackfillSlice.query_hash == VIPP.hash, BackfillSlice.first == MARCH.first
        )
    )
    assert (noted.done_at, noted.new_records) == (now + timedelta(days=1), 0)
    assert ready.get(WatermarkRow, ("pubmed", "vipp")) is None


def test_what_touches_the_days_is_forgotten(ready, now):
    lease, _ = begin(ready, now, PollKind.BACKFILL)
    for stretch in (MARCH, APRIL):
        backfilling.note(ready, lease, VIPP, stretch, now, records=0, new=0)
    middle = Stretch(date(2024, 3, 15), date(2024, 3, 16))
    assert backfilling.forget(ready, "pubmed", middle) == 1
    assert backfilling.done(ready, "pubmed") == {("vipp", VIPP.hash): [APRIL]}
    assert backfilling.forget(ready, "pubmed", middle) == 0
