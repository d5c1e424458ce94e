import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.jobs import schedule
from monitor.jobs.schedule import JOBS, Job, run_job, scheduled, shorten_log
from monitor.jobs.upkeep.ledger_check import check_ledger
from monitor.kernel.clock import utcnow
from monitor.kernel.errors import MonitorError
from monitor.kernel.persistence.database import Database
from monitor.ops.queries import NOTHING_WATCHED, status
from monitor.ops.tables import JobRow

# the tests' sources are switched off
ALL_WELL = f"{NOTHING_WATCHED}. Everything else is on time."


def _job(service, name):
    with service.database.read() as session:
        return session.get(JobRow, name)


def _states(service):
    with service.database.read() as session:
        now = status(session, service.settings, service.database, service.clock())
    return {job.name: job.state.value for job in now.jobs}, now


def test_a_run_leaves_its_heartbeat(service, clock):
    assert _states(service)[0]["check"] == "never"
    run_job(service, Job("check", 86400, check_ledger))
    row = _job(service, "check")
    assert row.last_success_at == clock.now
    assert row.error is None
    assert row.next_due_at == clock.now + timedelta(days=1)
    assert _states(service)[0]["check"] == "on time"


def test_a_run_that_raises_is_recorded_in_words_and_does_not_spread(service):
    def broken(service):
        raise MonitorError("the disk is full: make room")

    def bug(service):
        return 1 / 0

    run_job(service, Job("poll", 60, broken))
    run_job(service, Job("deliver", 10, bug))
    assert _job(service, "poll").error == "the disk is full: make room"
    assert _job(service, "deliver").error == "ZeroDivisionError"
    states, now = _states(service)
    assert states["poll"] == states["deliver"] == "failing"
    assert not now.healthy
    assert "“Ask the sources” is failing" in now.verdict


def test_a_run_that_had_nothing_to_do_commits_nothing_within_a_minute_of_the_last(service, clock):
    """Every commit makes all pages anew; three jobs look every few seconds whether there is work."""
    idle = Job("order", 5, lambda service: None)
    run_job(service, idle)
    noted, word = clock.now, service.database.commits()
    for _ in range(5):
        clock.pass_by(seconds=10)
        run_job(service, idle)
    assert service.database.commits() == word
    assert _job(service, "order").last_finished_at == noted
    assert _states(service)[0]["order"] == "on time"
    clock.pass_by(seconds=10)
    run_job(service, idle)
    assert _job(service, "order").last_finished_at == clock.now
    clock.now -= timedelta(hours=1)  # it ran ahead
    run_job(service, idle)
    assert _job(service, "order").last_finished_at == clock.now


def test_a_failure_is_noted_at_once_and_so_is_that_it_is_over(service, clock):
    def broken(service):
        raise MonitorError("the disk is full: make room")

    run_job(service, Job("order", 5, lambda service: None))
    for run, error in ((broken, "the disk is full: make room"), (lambda service: None, None)):
        clock.pass_by(seconds=5)
        run_job(service, Job("order", 5, run))
        assert _job(service, "order").error == error
        assert _job(service, "order").last_finished_at == clock.now


def test_a_job_that_misses_its_turns_is_overdue(service, clock):
    for job in JOBS:
        run_job(service, Job(job.name, job.every_seconds, lambda service: None))
    assert _states(service)[1].verdict == ALL_WELL
    clock.pass_by(minutes=10)
    states, now = _states(service)
    late = dict.fromkeys(("poll", "deliver", "import", "renew", "order", "bounces"), "overdue")
    on_time = dict.fromkeys(
        (
            "ask",
            "collect",
            "compare",
            "use",
            "digest",
            "ping",
            "remind",
            "check",
            "tidy",
            "shorten",
            "statistics",
        ),
        "on time",
    )
    assert states == late | on_time
    assert now.verdict.startswith(f"{NOTHING_WATCHED}. No job has run since ")
    assert now.verdict.endswith(": start the service anew.")
    run_job(service, Job("order", 5, lambda service: None))
    assert "“Send mail” is overdue. " in _states(service)[1].verdict


def test_one_process_schedules_and_the_next_takes_over(service, monkeypatch):
    """Two schedulers on one database: the second waits, and takes over when the first ends."""
    runs: list[str] = []
    ran = threading.Event()

    def note(service):
        runs.append("a run")
        ran.set()

    service = replace(service, clock=utcnow)  # APScheduler compares with the real time
    monkeypatch.setattr(schedule, "JOBS", (Job("poll", 3600, note),))
    monkeypatch.setattr(schedule, "ELECTION_SECONDS", 0.05)
    with scheduled(service):
        assert ran.wait(10)
        with scheduled(service):
            time.sleep(0.5)
            assert len(runs) == 1, "a second scheduler would have run it at once"
    ran.clear()
    with scheduled(service):
        assert ran.wait(10), "the lock was let go"


def test_a_log_that_cannot_shrink_is_told_on_status_and_by_its_job(service, clock, monkeypatch):
    for job in JOBS:
        run_job(service, Job(job.name, job.every_seconds, lambda service: None))
    monkeypatch.setattr(Database, "log_bytes", lambda self: 115 * 2**20)
    run_job(service, Job("shorten", 300, shorten_log))
    assert (
        "log has grown to 115 MB: something (a backup, a shell)" in _job(service, "shorten").error
    )
    _, now = _states(service)
    assert now.verdict.removeprefix(f"{NOTHING_WATCHED}. ").startswith(
        "“Keep the database’s log short” is failing. The database’s log"
    )
    assert not now.healthy
    monkeypatch.setattr(Database, "log_bytes", lambda self: 60 * 2**20)
    run_job(service, Job("shorten", 300, shorten_log))
    assert _states(service)[1].verdict == ALL_WELL


@pytest.mark.parametrize("broken", [False, True])
def test_the_ledger_check_tells_an_edited_ledger(service, broken):
    if not broken:
        check_ledger(service)
        return
    with service.database.write() as session:
        session.connection().exec_driver_sql("UPDATE audit_entry SET actor = 'x' WHERE seq = 3")
    with pytest.raises(MonitorError, match="audit entry 3"):
        check_ledger(service)
