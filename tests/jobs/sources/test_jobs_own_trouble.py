"""What is wrong with our own machine is never blamed on a source, and ends nothing that could go on."""

import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from proving import polls, watching  # type: ignore[import-not-found]  # tests/jobs is on pytest's path
from sqlalchemy import create_engine, event, text

from monitor.feeds import incidents
from monitor.feeds import service as feeds
from monitor.feeds.tables import PollState, SourceRow
from monitor.jobs import schedule
from monitor.jobs.schedule import Job, run_job, scheduled
from monitor.jobs.sources import asking
from monitor.jobs.sources.asking import BUSY
from monitor.jobs.sources.polling import poll_due, poll_source
from monitor.kernel.clock import utcnow
from monitor.kernel.errors import Conflict, OwnTrouble
from monitor.kernel.persistence.database import Database
from monitor.kernel.persistence.locks import exclusive, holding
from monitor.ops.queries import status


@pytest.fixture
def settings_data(one_journal, running, tmp_path):
    pubmed = {"base_url": running.pubmed.base_url, "api_key_file": "key", "enabled": True}
    return {"sources": {**one_journal["sources"], "pubmed": pubmed}}


SQLITE_ONLY = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRES_ONLY = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def service(service):
    return watching(service, "theraplay")


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_text("k3y")
    path.chmod(0o600)
    return path


def source(service, name="pubmed") -> SourceRow:
    with service.database.read() as session:
        row: SourceRow = session.get_one(SourceRow, name)
        return row


def standing(service):
    with service.database.read() as session:
        return status(session, service.settings, service.database, service.clock())


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda key: key.unlink(), "cannot read the secret file"),
        (lambda key: key.write_text(" \n"), "is empty"),
        (lambda key: key.chmod(0o644), "other users of this machine may read"),
    ],
)
def test_a_key_file_that_is_no_use_is_our_trouble(service, clock, key, spoil, words):
    spoil(key)
    report = poll_source(service, "pubmed")
    assert (report.ours, words in (report.error or "")) == (True, True)
    row = source(service)
    assert (row.failures, row.failing_since, row.lease_until) == (0, None, None)
    assert words in (row.error or "")
    (wrong,) = standing(service).incidents
    assert wrong.headline == "PubMed could not be asked, for a reason of our own"
    assert "The source is not to blame" in wrong.remedy
    assert wrong.urgent
    now = standing(service)
    assert "PubMed could not be asked, for a reason of our own" in now.verdict
    assert "not answering" not in now.verdict
    assert not now.healthy
    key.write_text("k3y")
    key.chmod(0o600)
    clock.pass_by(minutes=6)
    assert {one.error for one in poll_due(service)} == {None}
    assert (source(service).error, standing(service).incidents) == (None, [])


@SQLITE_ONLY
def test_the_other_sources_are_asked_and_the_job_counts_as_failing(service, key):
    key.unlink()
    with pytest.raises(OwnTrouble, match="secret file"):
        poll_due(service)
    states = {one.source: one.state for one in polls(service)}
    assert states == {"journals": PollState.COMPLETE, "pubmed": PollState.FAILED}
    with service.database.write() as session:
        feeds.ask_now(session, "pubmed", by="cli", at=service.clock())
    run_job(service, Job("poll", 60, poll_due))
    jobs = {job.name: job for job in standing(service).jobs}
    assert "secret file" in jobs["poll"].error


@contextmanager
def impatient(database):
    """Let every connection wait for a lock a moment only, and let the test set more of SQLite."""
    more: list[str] = ["PRAGMA busy_timeout=50"]

    def prepare(connection, record, proxy):
        for pragma in more:
            connection.execute(pragma)

    event.listen(database.engine, "checkout", prepare)
    yield more
    event.remove(database.engine, "checkout", prepare)


def once(action):
    """Make a hook that acts at the first request alone."""
    left = [action]
    return lambda request: left.pop()() if left else None


@SQLITE_ONLY
def test_a_locked_database_is_not_the_sources_fault(service, running, key, clock):
    other = sqlite3.connect(service.database.path, isolation_level=None, check_same_thread=False)
    running.feeds.on_request("feeds/journals", once(lambda: other.execute("BEGIN IMMEDIATE")))
    with impatient(service.database):
        report = poll_source(service, "journals")
        other.execute("ROLLBACK")
        assert report.ours
        assert "the database is locked" in (report.error or "")
        row = source(service, "journals")
        assert (row.failures, row.fault, row.last_success_at) == (0, None, None)
        with service.database.read() as session:
            assert incidents.open_incidents(session) == []
    assert poll_source(service, "journals").error is None
    other.close()


@SQLITE_ONLY
def test_a_full_disk_is_not_the_sources_fault(service, key, clock):
    with impatient(service.database) as pragmas:
        pragmas.append("PRAGMA max_page_count=1")  # SQLite takes it as "no page more"
        report = poll_source(service, "journals")
        assert report.ours
        assert "the disk is full: make room" in (report.error or "")
        pragmas[-1] = "PRAGMA max_page_count=1073741823"
        assert source(service, "journals").failures == 0
        assert poll_source(service, "journals").error is None


@pytest.fixture
def superuser(request, service):
    """Speak to the PostgreSQL server itself: ``superuser(statement)``."""
    engine = create_engine(request.getfixturevalue("postgres_server"), isolation_level="AUTOCOMMIT")

    def run(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(statement), {"name": service.database.url.database})

    yield run
    engine.dispose()


END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"


@POSTGRES_ONLY
def test_fault_17_a_poll_goes_on_after_the_database_was_restarted(service, running, key, superuser):
    """What a restart does to a client: every connection ends, and every lock with it."""
    running.feeds.on_request("feeds/journals", once(lambda: superuser(END_ALL)))
    reports = [poll_source(service, name) for name in ("journals", "pubmed")]
    assert [report.error for report in reports] == [None, None]
    with exclusive(service.database, service.settings.var, "source-journals") as held:
        assert held, "the lock of the ended connection is free"


@POSTGRES_ONLY
def test_a_source_that_cannot_be_asked_does_not_keep_the_next_from_it(
    service, running, key, superuser
):
    name = service.database.url.database

    def go_away():
        superuser(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        superuser(END_ALL)

    running.feeds.on_request("feeds/journals", once(go_away))
    report = poll_source(service, "journals")
    assert (report.ours, "cannot be reached" in (report.error or "")) == (True, True)
    assert poll_source(service, "pubmed").ours
    superuser(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert [poll_source(service, name).error for name in ("journals", "pubmed")] == [None, None]
    assert source(service, "journals").failures == 0


@pytest.fixture
def elected(service, monkeypatch):
    """A service that schedules one job, and a count of its runs: one for each election."""
    ran = threading.Semaphore(0)
    monkeypatch.setattr(schedule, "ELECTION_SECONDS", 0.05)
    monkeypatch.setattr(schedule, "JOBS", (Job("poll", 3600, lambda one: ran.release()),))
    return replace(service, clock=utcnow), ran


@POSTGRES_ONLY
def test_fault_17_the_schedule_outlives_its_database(elected, superuser):
    service, ran = elected
    name = service.database.url.database
    with scheduled(service):
        assert ran.acquire(timeout=20)
        superuser(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        superuser(END_ALL)
        assert not ran.acquire(timeout=0.5), "nobody is elected while it is away"
        superuser(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert ran.acquire(timeout=20), "and somebody is once it is back"


def test_a_lost_lock_is_noticed_and_one_of_two_goes_on(elected, tmp_path, request):
    """On PostgreSQL its connection ended; on SQLite somebody cleared the folder of its lock."""
    service, ran = elected
    other = replace(service, database=Database(service.database.url.render_as_string(False)))
    with scheduled(service):
        assert ran.acquire(timeout=20)
        with scheduled(other):
            assert not ran.acquire(timeout=0.3), "the second waits"
            if service.database.is_sqlite:
                (tmp_path / "var/scheduler.lock").unlink()
            else:
                request.getfixturevalue("superuser")(END_ALL)
            assert ran.acquire(timeout=20), "one of them is elected anew"
            assert not ran.acquire(timeout=0.5), "and only one"
    other.database.dispose()


def test_whoever_holds_a_lock_knows_whether_it_still_does(service, tmp_path, request):
    var = service.settings.var
    with holding(service.database, var, "a") as hold:
        assert hold is not None
        assert hold.still_ours()
        with (
            holding(service.database, var, "b") as second,
            holding(service.database, var, "a") as no,
        ):
            assert (second is None, no) == (False, None)
        if service.database.is_sqlite:
            (var / "a.lock").unlink()
        else:
            request.getfixturevalue("superuser")(END_ALL)
        assert not hold.still_ours()
    with exclusive(service.database, var, "a") as held:
        assert held


@SQLITE_ONLY
def test_a_holder_at_work_keeps_its_lease_and_one_that_lost_it_hears_so(
    service, clock, key, monkeypatch
):
    with service.database.write() as session:
        mine = feeds.lease(session, "journals", clock.now, 900, take_over=True)
    renew = asking._Renewal(service, mine)

    def until():
        return source(service, "journals").lease_until

    before = until()
    clock.pass_by(minutes=14)
    renew()
    assert until() == before, "a third of it has not passed"
    monkeypatch.setattr(asking, "LEASE_SECONDS", 0)
    renew()
    assert until() > before
    with exclusive(service.database, service.settings.var, "source-journals"):
        assert poll_source(service, "journals").error == BUSY
        clock.pass_by(minutes=16)
        monkeypatch.setattr(asking, "LEASE_SECONDS", 900)
        report = poll_source(service, "journals")
        assert report.error is None, "its holder lives, and let the lease run out"
        assert poll_source(service, "journals").error == BUSY, "nobody holds a lease: it is held"
    monkeypatch.setattr(asking, "LEASE_SECONDS", 0)
    with pytest.raises(Conflict, match="another process has taken over"):
        renew()
