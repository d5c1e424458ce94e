"""Ask the sources. The network is reached between transactions, never inside one."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta

import structlog

from monitor import workflow
from monitor.feeds import service as feeds
from monitor.feeds.http import Http
from monitor.feeds.records import Answer, Query
from monitor.feeds.sources import SOURCES, Source
from monitor.jobs.service import Service
from monitor.kernel.errors import Conflict, SourceError, SourceFault
from monitor.kernel.locks import exclusive

log = structlog.get_logger()

LEASE_SECONDS = 15 * 60
_HOST_FAULTS = {SourceFault.UNREACHABLE, SourceFault.REFUSED, SourceFault.RATE_LIMITED}


@dataclass(frozen=True, slots=True)
class PollReport:
    """How one source's poll went; ``error`` is in words, None when it answered in full."""

    source: str
    records: int = 0
    new: int = 0
    queued: int = 0
    unreadable: int = 0
    error: str | None = None


def poll_due(service: Service) -> list[PollReport]:
    """Ask every source that is due. One failing source never stops another."""
    with service.database.read() as session:
        due = feeds.due(session, service.clock())
    return [poll_source(service, name) for name in due]


def poll_source(service: Service, name: str) -> PollReport:
    """Ask one source everything, now."""
    with exclusive(service.database, service.settings.var, f"source-{name}") as held:
        if not held:
            return PollReport(name, error="another process is asking this source now")
        return _poll(service, name)


def _poll(service: Service, name: str) -> PollReport:
    with service.database.write() as session:
        # The lock proves that whoever still holds the lease is dead: take it over.
        lease = feeds.lease(session, name, service.clock(), LEASE_SECONDS, take_over=True)
        poll_id = feeds.start_poll(session, lease, service.clock())
    try:
        with contextlib.closing(Http(service.settings.sources)) as http:
            source = SOURCES[name].build(service.settings, service.catalogue, http)
            report = _ask_everything(service, source, lease, poll_id)
    except SourceError as error:
        return _failed(service, lease, poll_id, error)
    except Conflict as error:
        return PollReport(name, error=str(error))
    except Exception as bug:
        # An answer that breaks our own reader is that source's failure, not the others'.
        log.exception("poll.broke", source=name)
        words = f"its answer broke our reader ({type(bug).__name__}): please report this"
        return _failed(service, lease, poll_id, SourceError(SourceFault.MALFORMED, words))
    log.info("poll.complete", source=name, records=report.records, new=report.new)
    return report


def _failed(service: Service, lease: feeds.Lease, poll_id: int, error: SourceError) -> PollReport:
    with service.database.write() as session:
        feeds.fail(session, lease, poll_id, error, at=service.clock())
    log.warning("poll.failed", source=lease.source, fault=error.kind.value)
    return PollReport(lease.source, error=str(error))


def _ask_everything(
    service: Service, source: Source, lease: feeds.Lease, poll_id: int
) -> PollReport:
    """Ask query by query; each full answer is stored before the next question is asked.

    One query that fails does not keep the others from being asked, but the poll has failed.

    Raises:
        SourceError: the first failure.
    """
    report = PollReport(lease.source)
    failures: list[SourceError] = []
    for query in source.queries:
        try:
            answer = source.ask(query, lease.watermarks.get(query.key), service.clock())
        except SourceError as error:
            failures.append(error)
            if _is_over(query, error):
                break
        else:
            report = _add(report, answer, *_keep(service, lease, poll_id, answer))
    if failures:
        raise failures[0]
    every = timedelta(hours=service.settings.source(lease.source).every_hours)
    with service.database.write() as session:
        at = service.clock()
        feeds.finish(session, lease, poll_id, at=at, next_due_at=at + every)
    return report


def _is_over(query: Query, error: SourceError) -> bool:
    """Tell whether asking on is useless: the one host of an API is down, or wants to be left alone.

    Feeds have no intervention, and each its own host.
    """
    return query.intervention is not None and error.kind in _HOST_FAULTS


def _add(report: PollReport, answer: Answer, new: int, queued: int) -> PollReport:
    return PollReport(
        report.source,
        records=report.records + len(answer.records),
        new=report.new + new,
        queued=report.queued + queued,
        unreadable=report.unreadable + len(answer.unreadable),
    )


def _keep(service: Service, lease: feeds.Lease, poll_id: int, answer: Answer) -> tuple[int, int]:
    """Store one full answer and queue its papers, in one transaction."""
    with service.database.write() as session:
        at = service.clock()
        stored = feeds.store(session, lease, poll_id, [answer], at)
        return len(stored), workflow.ingest(session, service.matcher, stored, at=at)
