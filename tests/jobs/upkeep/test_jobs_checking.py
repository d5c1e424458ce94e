"""The ledger check: it goes on where one stopped, reads the old again, and believes no forged mark."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from monitor.jobs.upkeep import ledger_check
from monitor.jobs.upkeep.ledger_check import check_ledger, check_whole_ledger
from monitor.kernel import audit, audit_check
from monitor.kernel.audit import AuditEntry, AuditHead
from monitor.kernel.errors import MonitorError

EDIT = "UPDATE audit_entry SET actor = 'x' WHERE seq = {}"


@pytest.fixture
def small(monkeypatch):
    """Stretches and parts so small that a few entries need several."""
    monkeypatch.setattr(ledger_check, "_STRETCH", 3)
    monkeypatch.setattr(ledger_check, "_NOTED", 2)
    monkeypatch.setattr(ledger_check, "_AGAIN_AT_LEAST", 4)


def _write(service, count):
    with service.database.write() as session:
        for number in range(count):
            audit.record(
                session, at=service.clock(), actor="cli", action="a", subject=f"s:{number}"
            )
        return audit.head(session).count


def _run(service, statement):
    with service.database.write() as session:
        session.execute(text(statement))


def _told(service):
    with service.database.read() as session:
        return audit_check.told(session)


def test_the_first_check_reads_all_and_says_so(service, clock, small):
    assert _told(service) is None
    last = _write(service, 10)
    check_ledger(service)
    assert _told(service) == audit_check.Checked(last, clock.now, last, clock.now)


def test_what_is_new_is_read_each_time_and_the_old_again_a_part_at_a_time(service, clock, small):
    first = _write(service, 10)
    check_ledger(service)
    began = clock.now
    clock.pass_by(days=1)
    last, read = _write(service, 5), []
    check_ledger(service)
    told = _told(service)
    assert (told.entry, told.at) == (last, clock.now)
    assert (told.whole, told.since) == (first, began), "the second reading has not come round yet"
    while told.since == began:
        clock.pass_by(days=1)
        check_ledger(service)
        read.append(clock.now)
        told = _told(service)
    assert told.whole == last
    assert 1 < len(read) < ledger_check._DAYS
    assert told.since == began + timedelta(days=1), "no entry was read before this"


def _until_it_fails(service, clock):
    """Check once a day, for no more than two weeks; gives what each day said."""
    told: list[str] = []
    while len(told) < 14 and not (told and told[-1]):
        clock.pass_by(days=1)
        try:
            check_ledger(service)
            told.append("")
        except MonitorError as error:
            told.append(str(error))
    return told


def test_an_old_entry_that_is_changed_is_found_when_the_second_reading_comes_by(
    service, clock, small
):
    entry = _write(service, 20) - 5
    check_ledger(service)
    _run(service, EDIT.format(entry))
    told = _until_it_fails(service, clock)
    assert f"audit entry {entry} " in told.pop()
    assert 0 < len(told) < ledger_check._DAYS, "not at once, and within a week"
    with pytest.raises(MonitorError, match=f"audit entry {entry} "):
        check_whole_ledger(service)


def _rewritten(service, first):
    """Rewrite the ledger from an entry on as somebody would who knows the rules."""
    with service.database.write() as session:
        previous = None
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.seq >= first).order_by(AuditEntry.seq)
        )
        for entry in rows.all():
            if previous is None:
                entry.actor = "x"
            else:
                entry.previous_hash = previous
            entry.hash = previous = audit.hash_of(entry)
        session.execute(update(AuditHead).values(hash=previous))


def test_a_chain_that_was_rewritten_to_its_end_is_found_at_the_next_check(service, small):
    last = _write(service, 20)
    check_ledger(service)
    _rewritten(service, 15)
    with service.database.read() as session:
        assert audit.broken_link(session) is None, "the chain alone cannot tell"
    with pytest.raises(MonitorError, match=f"audit entry {last}"):
        check_ledger(service)


@pytest.mark.parametrize(
    "forged",
    ["seq = 20, hash = (SELECT hash FROM audit_entry WHERE seq = 20)", "again_seq = 1",
     "whole_seq = 999", "seal = ''", "seal = 'é'"],
)  # fmt: skip
def test_a_mark_that_somebody_else_wrote_is_not_believed(service, small, forged):
    _write(service, 20)
    check_ledger(service)
    _run(service, f"UPDATE audit_check SET {forged}")  # noqa: S608 - a test's own words
    with pytest.raises(MonitorError, match="not written by this service: run `gap-monitor check`"):
        check_ledger(service)
    check_whole_ledger(service)
    check_ledger(service)


def test_a_check_that_was_killed_goes_on_where_it_was_noted(service, clock, small, monkeypatch):
    check_ledger(service)
    last, seen = _write(service, 30), []
    walk = audit.walk

    def dies(session, after, limit):
        seen.append(after.count)
        if after.count > last - 10:
            raise KeyboardInterrupt
        return walk(session, after, limit)

    monkeypatch.setattr(audit, "walk", dies)
    with pytest.raises(KeyboardInterrupt):
        check_ledger(service)
    noted = _told(service).entry
    assert last - 30 < noted < last

    def notes(session, after, limit):
        seen.append(after.count)
        return walk(session, after, limit)

    monkeypatch.setattr(audit, "walk", notes)
    seen.clear()
    check_ledger(service)
    assert seen[0] == noted
    assert _told(service).entry == last


@pytest.mark.parametrize(
    ("cut", "entry"),
    [("seq > 15", 16), ("seq = 12", 13), ("seq >= 10", 10), ("seq >= 0", 1)],
)
def test_entries_that_are_gone_are_missed_by_the_full_check(service, small, cut, entry):
    _write(service, 20)
    _run(service, f"DELETE FROM audit_entry WHERE {cut}")  # noqa: S608 - a test's own words
    with pytest.raises(MonitorError, match=f"audit entry {entry} "):
        check_whole_ledger(service)


def test_an_entry_beyond_the_head_and_a_head_that_is_gone_are_found(service, small):
    _write(service, 5)
    check_ledger(service)
    _run(service, "UPDATE audit_head SET seq = seq - 1")
    with pytest.raises(MonitorError, match="audit entry"):
        check_ledger(service)
    _run(service, "DELETE FROM audit_head")
    with pytest.raises(MonitorError, match="audit entry"):
        check_ledger(service)
