"""Leases, polls, records and watermarks, on both databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from monitor.feeds import service
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier, UnreadableRecord
from monitor.feeds.sources import SOURCES
from monitor.feeds.storage.citations import from_json
from monitor.feeds.tables import (
    AskedState,
    Poll,
    PollQuery,
    PollState,
    Record,
    RecordQuery,
    SetAside,
    SourceRow,
    WatermarkRow,
)
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, NotFound, SourceError, SourceFault
from monitor.kernel.settings import parse

VIPP = Query("vipp", "a", "vipp")
COS = Query("cos", "b", "cos")
FEED = {"name": "J", "url": "https://j.test/feed"}


@pytest.fixture
def settings(tmp_path):
    return parse({"sources": {"journals": {"feeds": [FEED]}}}, folder=tmp_path)


@pytest.fixture
def ready(session, settings, now):
    service.sync_sources(session, settings, now)
    return session


def record(key="1", title="A title", raw=b"<raw/>", stable=None) -> FetchedRecord:
    citation = Citation(title, (Identifier("pmid", key),))
    return FetchedRecord(key, raw, "application/xml", citation, stable)


def answer(*records, query=VIPP, position="2026-11-23", declared: int | None = 0, **kwargs):
    watermark = Watermark(position=position)
    return Answer(query, tuple(records), watermark, declared=declared, **kwargs)


def begin(session, at, name="pubmed"):
    lease = service.lease(session, name, at, 900)
    assert lease is not None
    return lease, service.start_poll(session, lease, at)


def poll(session, at, *answers, name="pubmed"):
    """One whole poll; gives the records that were new or changed."""
    lease, poll_id = begin(session, at, name)
    stored = service.store(session, lease, poll_id, answers, at)
    service.finish(session, lease, poll_id, at=at, next_due_at=at + timedelta(days=1))
    return stored


def count(session, table) -> int:
    return int(session.scalar(select(func.count()).select_from(table)))


def row(session, name="pubmed") -> SourceRow:
    found: SourceRow = session.get_one(SourceRow, name, populate_existing=True)
    return found


def test_every_source_is_due_at_once_when_enabled(ready, now, settings):
    on = sorted(name for name, one in SOURCES.items() if one.enabled(settings))
    assert {"europepmc", "journals", "pubmed"} <= set(on)
    assert service.due(ready, now) == on
    assert service.due(ready, now - timedelta(seconds=1)) == []
    before = audit.count(ready)
    service.sync_sources(ready, settings, now + timedelta(days=1))
    assert audit.count(ready) == before


def test_a_source_switched_off_is_not_due(ready, now, tmp_path):
    off = parse({"sources": {"pubmed": {"enabled": False}}}, folder=tmp_path)
    service.sync_sources(ready, off, now)
    assert "europepmc" in service.due(ready, now)
    assert not {"pubmed", "journals"} & set(service.due(ready, now))
    with pytest.raises(NotFound):
        service.ask_now(ready, "pubmed", by="user:1", at=now)
    service.sync_sources(ready, parse({}, folder=tmp_path), now)
    assert "pubmed" in service.due(ready, now)


def test_a_shorter_interval_counts_from_the_last_success(ready, now, tmp_path):
    poll(ready, now)
    hourly = parse({"sources": {"pubmed": {"every_hours": 1}}}, folder=tmp_path)
    service.sync_sources(ready, hourly, now)
    assert row(ready).next_due_at == now + timedelta(hours=1)


def test_asking_now_makes_a_source_due(ready, now):
    poll(ready, now)
    assert "pubmed" not in service.due(ready, now)
    service.ask_now(ready, "pubmed", by="user:1", at=now)
    assert "pubmed" in service.due(ready, now)


def test_one_lease_at_a_time(ready, now):
    first = service.lease(ready, "pubmed", now, 60)
    assert first is not None
    assert service.lease(ready, "pubmed", now + timedelta(seconds=59), 60) is None
    second = service.lease(ready, "pubmed", now + timedelta(seconds=60), 60)
    assert second is not None
    assert second.token > first.token
    with pytest.raises(NotFound):
        service.lease(ready, "nowhere", now, 60)


def test_a_lease_is_taken_over_from_the_dead(ready, now):
    service.lease(ready, "pubmed", now, 60)
    taken = service.lease(ready, "pubmed", now, 60, take_over=True)
    assert taken.source == "pubmed"


def test_a_clock_that_ran_ahead_leaves_no_lease_for_a_day(ready, now):
    service.lease(ready, "pubmed", now + timedelta(days=1), 60)
    assert service.lease(ready, "pubmed", now, 60) is not None


def test_a_late_holder_is_refused_everything(ready, now):
    late, late_poll = begin(ready, now)
    later = now + timedelta(hours=1)
    begin(ready, later)
    error = SourceError(SourceFault.UNREACHABLE, "x")
    with pytest.raises(Conflict):
        service.store(ready, late, late_poll, [answer(record())], later)
    with pytest.raises(Conflict):
        service.finish(ready, late, late_poll, at=later, next_due_at=later)
    with pytest.raises(Conflict):
        service.fail(ready, late, late_poll, error, at=later)
    with pytest.raises(Conflict):
        service.start_poll(ready, late, later)
    assert count(ready, Record) == 0


def test_of_many_callers_one_gets_the_lease(database, settings, now):
    with database.write() as session:
        service.sync_sources(session, settings, now)
    got, start = [], threading.Barrier(6)

    def claim() -> None:
        start.wait()
        with database.write() as session:
            got.append(service.lease(session, "pubmed", now, 60))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 6
    assert len([lease for lease in got if lease is not None]) == 1


def test_new_records_are_kept_as_sent(ready, now):
    (stored,) = poll(ready, now, answer(record(raw=b"<a/>")))
    assert (stored.source, stored.query_key, stored.intervention) == ("pubmed", "vipp", "vipp")
    kept = ready.get_one(Record, stored.record_id)
    assert (kept.raw, kept.media_type, kept.fetched_at) == (b"<a/>", "application/xml", now)
    assert from_json(kept.citation) == stored.citation
    assert ready.get_one(WatermarkRow, ("pubmed", "vipp")).position == "2026-11-23"


def test_a_second_poll_of_the_same_changes_nothing(ready, now):
    given = answer(record("1"), record("2"), unreadable=(UnreadableRecord("x", b"?", "no title"),))
    assert len(poll(ready, now, given)) == 2
    later = now + timedelta(days=1)
    assert poll(ready, later, given) == []
    assert (count(ready, Record), count(ready, RecordQuery), count(ready, SetAside)) == (2, 2, 1)
    assert row(ready).last_new_at == now
    assert row(ready).last_success_at == later


def test_a_changed_record_is_a_new_row(ready, now):
    poll(ready, now, answer(record(raw=b"old")))
    (changed,) = poll(ready, now, answer(record(raw=b"new")))
    assert changed.citation.title == "A title"
    assert count(ready, Record) == 2
    assert count(ready, RecordQuery) == 1
    # changed, but not new
    assert [one.new_records for one in ready.scalars(select(Poll).order_by(Poll.id))] == [1, 0]


def test_a_stamp_is_no_change(ready, now):
    poll(ready, now, answer(record(raw=b"at noon", stable=b"")))
    assert poll(ready, now, answer(record(raw=b"at one", stable=b""))) == []


def test_another_query_that_brings_a_record_is_noted_only(ready, now):
    stored = poll(ready, now, answer(record()), answer(record(), query=COS))
    assert len(stored) == 1
    assert count(ready, Record) == 1
    assert set(ready.scalars(select(RecordQuery.query_key))) == {"vipp", "cos"}


def test_two_sources_keep_their_own_records(ready, now):
    poll(ready, now, answer(record()))
    assert len(poll(ready, now, answer(record()), name="europepmc")) == 1


def test_many_records_in_one_answer(ready, now):
    records = [record(str(number)) for number in range(1, 1201)]
    stored = poll(ready, now, answer(*records))
    assert [one.citation.identifiers[0].value for one in stored] == [one.key for one in records]
    assert len({one.record_id for one in stored}) == 1200
    assert poll(ready, now, answer(*records)) == []


def test_the_lease_brings_the_watermarks(ready, now):
    poll(ready, now, answer(position="2026-11-01"))
    lease = service.lease(ready, "pubmed", now, 60)
    assert lease is not None
    mark = lease.watermarks["vipp"]
    assert mark.position == "2026-11-01"
    assert mark.continues(VIPP)
    # the same intervention, asked in other words: from the beginning
    assert not mark.continues(Query("vipp", "other words", "vipp"))
    assert "cos" not in lease.watermarks


def test_an_unchanged_feed_keeps_its_validators(ready, now):
    query = Query(FEED["url"], FEED["url"])
    mark = Watermark(etag='"1"')
    poll(ready, now, Answer(query, (record(),), mark), name="journals")
    poll(ready, now, Answer(query, (), mark, unchanged=True), name="journals")
    assert ready.get_one(WatermarkRow, ("journals", query.key)).etag == '"1"'
    assert row(ready, "journals").last_success_at == now


def test_a_failed_poll_moves_no_watermark_and_is_tried_again(ready, now):
    poll(ready, now, answer(position="2026-11-01"))
    later = now + timedelta(days=1)
    lease, poll_id = begin(ready, later)
    error = SourceError(SourceFault.MALFORMED, "PubMed sent no whole document")
    service.fail(ready, lease, poll_id, error, at=later)
    source = row(ready)
    assert (source.failures, source.fault, source.failing_since) == (1, "malformed", later)
    assert source.error == "PubMed sent no whole document"
    assert timedelta(minutes=5) <= source.next_due_at - later <= timedelta(minutes=6.25)
    assert source.last_success_at == now
    assert source.lease_until is None
    assert ready.get_one(WatermarkRow, ("pubmed", "vipp")).position == "2026-11-01"
    failed = ready.get_one(Poll, poll_id)
    assert (failed.state, failed.fault) == (PollState.FAILED, "malformed")


def test_an_answer_that_is_mostly_unreadable_is_kept_and_counts_as_failed(ready, now):
    poll(ready, now, answer(position="2026-11-01"))
    bad = tuple(UnreadableRecord(f"b{n}", b"<new/>", "has no title") for n in range(3))
    doubtful = answer(record("1"), record("2"), unreadable=bad, position="2026-11-23")
    doubted = service.doubt(doubtful)
    assert doubted
    assert doubted.kind is SourceFault.SCHEMA_CHANGED
    assert str(doubted).startswith("3 of 5 records of one answer could not be read")
    lease, poll_id = begin(ready, now + timedelta(days=1))
    stored = service.store(ready, lease, poll_id, [doubtful], now, doubted=doubted)
    assert len(stored) == 2, "what can be read is not held back"
    assert count(ready, SetAside) == 3
    assert ready.get_one(WatermarkRow, ("pubmed", "vipp")).position == "2026-11-01"
    asked = ready.scalars(select(PollQuery).where(PollQuery.poll_id == poll_id)).one()
    assert (asked.state, asked.fault) == (AskedState.FAILED, "schema changed")
    assert (asked.records, asked.unreadable, asked.error) == (2, 3, str(doubted))


def test_a_few_bad_records_are_bad_luck():
    bad = tuple(UnreadableRecord(f"b{n}", b"<new/>", "has no title") for n in range(3))
    assert service.doubt(answer(unreadable=bad[:2])) is None
    assert service.doubt(answer(*(record(str(n)) for n in range(3)), unreadable=bad)) is None


def test_what_one_query_brought_stays_when_the_next_fails(ready, now):
    lease, poll_id = begin(ready, now)
    service.store(ready, lease, poll_id, [answer(record())], now)
    service.fail(ready, lease, poll_id, SourceError(SourceFault.UNREACHABLE, "x"), at=now)
    assert ready.get(WatermarkRow, ("pubmed", "vipp")) is not None
    assert ready.get(WatermarkRow, ("pubmed", "cos")) is None
    assert row(ready).last_success_at is None


def test_a_dead_source_backs_off_to_a_day_and_never_further(ready, now):
    at, waits = now, []
    for _ in range(15):
        lease, poll_id = begin(ready, at)
        service.fail(ready, lease, poll_id, SourceError(SourceFault.UNREACHABLE, "x"), at=at)
        waits.append(row(ready).next_due_at - at)
        at = row(ready).next_due_at
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)
    assert row(ready).failing_since == now
    poll(ready, at)
    source = row(ready)
    assert (source.failures, source.error, source.failing_since, source.fault) == (
        0,
        None,
        None,
        None,
    )


def test_a_source_that_names_a_time_is_left_alone_until_then(ready, now):
    lease, poll_id = begin(ready, now)
    error = SourceError(SourceFault.RATE_LIMITED, "x", retry_after=7200)
    service.fail(ready, lease, poll_id, error, at=now)
    assert row(ready).next_due_at == now + timedelta(hours=2)


def test_a_poll_that_was_killed_counts_as_failed(ready, now):
    _, killed = begin(ready, now)
    service.lease(ready, "pubmed", now, 60, take_over=True)
    lease = service.lease(ready, "pubmed", now, 60, take_over=True)
    service.start_poll(ready, lease, now)
    assert ready.get_one(Poll, killed, populate_existing=True).state is PollState.FAILED
    # it must not wait for the dead holder's lease either
    assert "pubmed" in service.due(ready, now)


def test_a_poll_ends_once(ready, now):
    lease, poll_id = begin(ready, now)
    service.finish(ready, lease, poll_id, at=now, next_due_at=now)
    with pytest.raises(Conflict):
        service.finish(ready, lease, poll_id, at=now, next_due_at=now)
    with pytest.raises(Conflict):
        service.store(ready, lease, poll_id, [answer(record())], now)


def test_polls_leave_a_trace_in_the_ledger(ready, now):
    poll(ready, now, answer(record()))
    newest = ready.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc())).first()
    assert newest is not None
    assert (newest.action, newest.subject) == ("source.polled", "source:pubmed")
    assert newest.details["new"] == 1
    assert audit.broken_link(ready) is None


def test_a_feed_whose_every_item_is_new_is_suspected_of_loss(ready, now):
    query = Query(FEED["url"], FEED["url"])

    def show(*numbers):
        shown = answer(*(record(str(n)) for n in numbers), query=query, declared=None)
        poll(ready, now, shown, name="journals")
        return ready.scalars(select(Poll).order_by(Poll.id.desc())).first().notes

    assert show(1, 2, 3, 4, 5) == []  # the first time it is natural
    assert show(5, 6, 7, 8, 9) == []
    assert "may have been missed" in show(10, 11, 12, 13, 14)[0]


def test_hostile_text_is_stored_and_comes_back(ready, now):
    hostile = Citation(
        "x'; DROP TABLE record; -- <script> {{7*7}} \U0001f600", (), abstract="é" * 9000
    )
    given = FetchedRecord("k", b"\x00\xff\x00", "application/json", hostile)
    (stored,) = poll(ready, now, answer(given))
    ready.expire_all()
    kept = ready.get_one(Record, stored.record_id)
    assert kept.raw == b"\x00\xff\x00"
    assert from_json(kept.citation) == hostile
