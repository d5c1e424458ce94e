"""A holder that was stopped and clocks that jump, numbered as in docs/faults.md.

On SQLite alone: no database decides these. Its fencing is tried on both in tests/feeds.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from proving import polls  # type: ignore[import-not-found]  # tests/jobs is on pytest's path
from sqlalchemy import func, select

from monitor.demo import driver
from monitor.feeds import queries as feed_queries
from monitor.feeds import rules
from monitor.feeds import service as feeds
from monitor.feeds.tables import Poll, PollState, Record, SourceRow
from monitor.jobs import schedule
from monitor.jobs.schedule import Job, scheduled
from monitor.jobs.service import Service
from monitor.jobs.sources.asking import BUSY
from monitor.jobs.sources.polling import poll_due, poll_source
from monitor.kernel.clock import utcnow
from monitor.kernel.language.uk import london
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import load

LEASE = 15 * 60


@pytest.fixture
def database_url(sqlite_template, tmp_path) -> str:
    path = tmp_path / "test.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def settings_data(one_journal):
    return one_journal


def source(service) -> SourceRow:
    with service.database.read() as session:
        row: SourceRow = session.get_one(SourceRow, "journals")
        return row


@pytest.fixture
def stopped(running, tmp_path, service):
    """A poll in a process of its own, stopped by SIGSTOP while its answer is on the way."""
    config = tmp_path / "config.toml"
    text = driver.configuration(running, port=driver.free_port(), notice="A test.")
    config.write_text(text, encoding="utf-8")
    holder: list[subprocess.Popen[str]] = []
    running.feeds.on_request(
        "feeds/journals", lambda request: os.kill(holder[0].pid, signal.SIGSTOP), "middle"
    )
    holder.append(
        subprocess.Popen(
            [sys.executable, "-m", "monitor", "--config", str(config), "poll", "journals"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    )
    os.waitpid(holder[0].pid, os.WUNTRACED)
    database = Database(f"sqlite:///{tmp_path}/var/gap-monitor.sqlite3")
    yield holder[0], database
    database.dispose()
    holder[0].kill()
    holder[0].wait()


def test_fault_19_a_holder_stopped_beyond_its_lease_writes_nothing(stopped):
    holder, database = stopped
    later = utcnow() + timedelta(seconds=2 * LEASE)
    with database.write() as session:
        mine = feeds.lease(session, "journals", later, LEASE)
        assert mine is not None, "its lease is over"
        poll_id = feeds.start_poll(session, mine, later)
    holder.send_signal(signal.SIGCONT)
    told, _ = holder.communicate(timeout=60)
    assert holder.returncode == 1
    assert "another process has taken over the source 'journals'; nothing kept" in told
    with database.write() as session:
        assert session.scalar(select(func.count()).select_from(Record)) == 0
        states = session.scalars(select(Poll.state).order_by(Poll.id)).all()
        assert states == [PollState.FAILED, PollState.RUNNING]
        feeds.finish(session, mine, poll_id, at=later, next_due_at=later)  # mine still counts


def test_fault_19_a_stopped_holders_source_is_asked_by_another_once_its_lease_is_over(
    stopped, tmp_path
):
    """The lock is still held by the stopped process; its lease, which it cannot prolong, tells."""
    holder, _ = stopped
    later = [timedelta()]
    other = replace(Service.open(load(tmp_path / "config.toml")), clock=lambda: utcnow() + later[0])
    assert poll_source(other, "journals").error == BUSY
    later[0] = timedelta(seconds=LEASE + 60)
    report = poll_source(other, "journals")
    assert (report.error, report.records > 0) == (None, True)
    holder.send_signal(signal.SIGCONT)
    told, _ = holder.communicate(timeout=60)
    assert holder.returncode == 1
    assert "another process has taken over the source 'journals'; nothing kept" in told
    assert [one.state for one in polls(other)] == [PollState.FAILED, PollState.COMPLETE]
    with other.database.read() as session:
        kept = session.scalar(select(func.count()).select_from(Record))
    assert kept == report.new, "nothing came twice"
    other.database.dispose()


def test_fault_23_a_clock_a_day_ahead_and_back_costs_no_day(service, clock):
    assert len(poll_due(service)) == 1
    clock.pass_by(days=1)
    assert len(poll_due(service)) == 1
    clock.pass_by(days=-1)
    assert source(service).lease_until is None
    assert len(poll_due(service)) == 1, "what was planned by the wrong clock is not waited for"
    assert poll_due(service) == []
    clock.pass_by(hours=23, minutes=59)
    assert poll_due(service) == []
    clock.pass_by(minutes=1)
    assert len(poll_due(service)) == 1
    assert {one.state for one in polls(service)} == {PollState.COMPLETE}
    assert len({one.new_records for one in polls(service)[1:]}) == 1  # nothing came twice


@pytest.mark.parametrize("days", [-1, 3], ids=["23: set back a day", "26: asleep three days"])
def test_fault_23_and_26_the_schedule_sees_the_clock_jump(service, monkeypatch, days):
    """APScheduler plans by the time of day: without this it would sleep for a day."""
    ahead = [timedelta(days=min(0, -days))]
    ran = threading.Semaphore(0)
    monkeypatch.setattr(schedule, "JOBS", (Job("poll", 3600, lambda one: ran.release()),))
    monkeypatch.setattr(schedule, "ELECTION_SECONDS", 0.05)
    with scheduled(replace(service, clock=lambda: utcnow() + ahead[0])):
        assert ran.acquire(timeout=10)
        assert not ran.acquire(timeout=0.3)
        ahead[0] += timedelta(days=days)
        assert ran.acquire(timeout=10), "scheduled anew"
        assert not ran.acquire(timeout=0.3), "and run once"


@pytest.mark.parametrize(
    "first", ["2027-03-27T01:30", "2027-10-30T01:30"], ids=["spring", "autumn"]
)
def test_fault_24_one_poll_a_day_when_the_clocks_change(service, clock, first):
    """A day's wait is 24 hours; 01:30 in London comes twice in autumn, and in spring never."""
    clock.now = datetime.fromisoformat(first).replace(tzinfo=london()).astimezone(UTC)
    with service.database.write() as session:
        feeds.ask_now(session, "journals", by="cli", at=clock.now)
    for _ in range(3 * 48):
        poll_due(service)
        clock.pass_by(minutes=30)
    days = [one.started_at.astimezone(london()).date() for one in polls(service)]
    assert len(days) == len(set(days)) == 3


def test_fault_25_year_end_leap_day_and_a_host_fourteen_hours_ahead(service, clock, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        for moment in ("2027-12-31T23:59:30", "2028-02-28T23:59:30", "2028-02-29T23:59:30"):
            clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
            for _ in range(2):  # on either side of midnight
                with service.database.write() as session:
                    feeds.ask_now(session, "journals", by="cli", at=clock.now)
                poll_due(service)
                assert source(service).next_due_at == clock.now + timedelta(days=1)
                clock.pass_by(minutes=1)
            with service.database.read() as session:
                told = feed_queries.sources(session, service.settings, clock.now)
            (journals,) = (one for one in told if one.name == "journals")
            assert [day != "none" for day in journals.days[-2:]] == [True, True]
    finally:
        monkeypatch.undo()
        time.tzset()
    leap, since = date(2028, 2, 29), date(2020, 1, 1)
    assert rules.window_start("2028-03-07", 7, since, leap + timedelta(days=7)) == leap
    assert rules.window_start("2028-01-03", 7, since, leap).isoformat() == "2027-12-27"


def test_fault_26_three_days_asleep_are_one_poll(service, clock, running):
    poll_due(service)
    clock.pass_by(days=3)
    assert len(poll_due(service)) == 1
    assert poll_due(service) == []
    assert len(running.feeds.requests("feeds/journals")) == 2
    assert source(service).next_due_at == clock.now + timedelta(days=1)
