"""Every job and its schedule on one screen; the database is the schedule, APScheduler the alarm.

What is due, who does it and how it went stands in rows and locks, so a killed process loses
nothing and two processes never do the same work twice.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from monitor.accounts import retention as accounts_retention
from monitor.feeds.storage import retention
from monitor.jobs.files.uploads import work_on_uploads
from monitor.jobs.mail.asking_readers import ask_readers
from monitor.jobs.mail.bouncing import read_mailbox_due
from monitor.jobs.mail.delivery import deliver_due
from monitor.jobs.mail.digesting import make_due
from monitor.jobs.mail.reminding import remind_due
from monitor.jobs.sources.comparing import compare_due
from monitor.jobs.sources.polling import poll_due
from monitor.jobs.upkeep.ledger_check import check_ledger
from monitor.jobs.upkeep.ordering import order_due
from monitor.jobs.upkeep.pinging import ping
from monitor.jobs.upkeep.renewing import read_old_papers
from monitor.jobs.use.asking_use import ask_due
from monitor.jobs.use.collecting import close_due
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import MonitorError
from monitor.kernel.persistence.engines import LOG_LIMIT
from monitor.kernel.persistence.locks import Hold, holding
from monitor.kernel.process.log import log
from monitor.kernel.process.own_trouble import own_trouble
from monitor.mine import links
from monitor.notify.messages import copies
from monitor.notify.readers import own_links
from monitor.ops import service as ops
from monitor.review.appraisal import drafting
from monitor.service import Service
from monitor.usage.returns import retention as returns_retention

ELECTION_SECONDS = 5
# what the clock is set by in daily life is less
JUMP_SECONDS = 60
# How long running jobs may take to end when the service stops. Longer ones are cut off, which is
# safe: everything they do survives a kill.
DRAIN_SECONDS = 8
_AT_ONCE = 500  # rows in one transaction


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its name, how often it runs, what it runs.

    All run once at a start; one that is not ``at_start`` waits until it is due.
    """

    name: str
    every_seconds: int
    run: Callable[[Service], object]
    at_start: bool = True


def shorten_log(service: Service) -> None:
    """Empty SQLite's write-ahead log into the database.

    Raises:
        MonitorError: somebody has read the database for so long that the log has grown large.
    """
    service.database.shorten_log()
    size = service.database.log_bytes()
    if size > LOG_LIMIT:
        raise MonitorError(ops.log_too_long(size))


def gather_statistics(service: Service) -> None:
    """Have the database look at what it holds, so that it plans its statements for that."""
    service.database.gather_statistics()


def tidy(service: Service) -> None:
    """Let go of old sign-ins, tries, links, drafts and empty views, and of records as sent that none asks to be kept."""
    with service.database.write() as session:
        accounts_retention.drop_old(session, at=service.clock())
        drafting.drop_old(session, at=service.clock())
        links.drop_old(session, at=service.clock())
        own_links.drop_old(session, at=service.clock())
        returns_retention.drop_old(session, at=service.clock())
    with service.database.read() as session:
        copies.drop_left_over(session, service.settings.var / "mail")
    keep_days = service.settings.sources.keep_raw_days
    dropped = _AT_ONCE
    while dropped == _AT_ONCE:
        with service.database.write() as session:
            dropped = retention.drop_old_raw(
                session, keep_days=keep_days, at=service.clock(), limit=_AT_ONCE
            )


JOBS = (
    Job("poll", 60, poll_due),
    Job("compare", 60 * 60, compare_due),
    Job("use", 5 * 60, ask_due),
    Job("deliver", 10, deliver_due),
    Job("digest", 5 * 60, make_due),
    Job("ping", 5 * 60, ping),
    Job("remind", 60 * 60, remind_due),
    Job("ask", 60 * 60, ask_readers),
    Job("bounces", 60, read_mailbox_due),
    Job("collect", 5 * 60, close_due),
    Job("import", 5, work_on_uploads),
    Job("order", 5, order_due),
    Job("renew", 60, read_old_papers),
    Job("check", 24 * 60 * 60, check_ledger, at_start=False),
    Job("tidy", 24 * 60 * 60, tidy),
    Job("shorten", 5 * 60, shorten_log),
    Job("statistics", 6 * 60 * 60, gather_statistics),
)
SCHEDULE = {job.name: job.every_seconds for job in JOBS}


def run_job(service: Service, job: Job) -> None:
    """Run one job and write its heartbeat, where that says more than the last one.

    Whatever the job raises is recorded, and the next one runs.
    """
    began = monotonic()
    error: str | None = None
    try:
        job.run(service)
    except Exception as problem:
        log.exception("job.failed", job=job.name)
        error = _in_words(problem)
    try:
        took = monotonic() - began
        with service.database.read() as session:
            if not ops.says_more(session, job.name, at=service.clock(), took=took, error=error):
                return
        with service.database.write() as session:
            ops.finished(session, job.name, at=service.clock(), took=took, error=error)
    except SQLAlchemyError:
        log.exception("job.heartbeat_not_written", job=job.name)


def _in_words(problem: Exception) -> str:
    if isinstance(problem, MonitorError):
        return str(problem)
    return own_trouble(problem) or type(problem).__name__


@contextlib.contextmanager
def scheduled(service: Service) -> Iterator[None]:
    """Run the jobs in the background while the block lasts, whenever this process is elected."""
    stop = threading.Event()
    thread = threading.Thread(
        target=_stand_for_election, args=(service, stop), name="scheduler", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(DRAIN_SECONDS)


def _stand_for_election(service: Service, stop: threading.Event) -> None:
    """Wait until no other process schedules, then schedule until told to stop.

    Outlives whatever happens to the database: while it is gone, this thread asks for it again and
    again, and when it is back, whoever is first schedules.
    """
    troubled = False
    while not stop.is_set():
        try:
            with holding(service.database, service.settings.var, "scheduler") as hold:
                troubled = False
                if hold is not None:
                    _schedule(service, stop, hold)
        except Exception as problem:
            words = _in_words(problem)
            # the traceback once: a database that is away for a night would fill the disk
            log.error("schedule.broke_off", error=words, exc_info=not troubled)  # noqa: TRY400 - see above
            troubled = True
        stop.wait(ELECTION_SECONDS)


def _schedule(service: Service, stop: threading.Event, hold: Hold) -> None:
    scheduler = BackgroundScheduler(timezone="UTC")
    for job in JOBS:
        scheduler.add_job(
            run_job,
            "interval",
            args=(service, job),
            seconds=job.every_seconds,
            next_run_time=_first_run(service, job),
            coalesce=True,
            max_instances=1,
            # the default of one second silently skips late jobs
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        _wait(service, stop, hold)
    finally:
        scheduler.shutdown(wait=True)


def _first_run(service: Service, job: Job) -> datetime:
    """Tell when a job runs first; never later than once, whatever a clock that ran ahead noted."""
    now = service.clock()
    if job.at_start:
        return now
    with service.database.read() as session:
        due = ops.next_due(session, job.name)
    return max(now, min(due, now + timedelta(seconds=job.every_seconds)))


def _wait(service: Service, stop: threading.Event, hold: Hold) -> None:
    """Wait until told to stop, until the election is lost, or until the clock jumps.

    After a restart of the database another process may have been elected. And APScheduler plans by
    the time of day: after a clock that ran a day ahead was set right, it would wait that day; a
    machine that slept has missed its times. All is seen here within seconds; then the jobs are
    scheduled anew, and every one runs once.
    """
    before = _ahead(service)
    while not stop.wait(ELECTION_SECONDS):
        now = _ahead(service)
        if abs(now - before) > JUMP_SECONDS:
            log.warning("schedule.clock_jumped", seconds=round(now - before))
            return
        if not hold.still_ours():
            log.warning("schedule.election_lost")
            return
        before = now


def _ahead(service: Service) -> float:
    """Tell by how much the time of day is ahead of a clock that nobody sets."""
    return service.clock().timestamp() - monotonic()
