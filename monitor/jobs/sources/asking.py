"""One attempt to ask one source: its lock, its lease, its row, and how it ended.

Polls, comparisons and backfills are attempts that differ in what they ask. The network is reached
between transactions, never inside one.
"""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.feeds import service as feeds
from monitor.feeds.http.client import Http
from monitor.feeds.putting_off import put_off
from monitor.feeds.records import Answer
from monitor.feeds.sources import SOURCES, Source, SourceContext
from monitor.feeds.tables import PollKind
from monitor.feeds.watermarks import Query
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import ConfigError, Conflict, OwnTrouble, SourceError, SourceFault
from monitor.kernel.persistence.locks import exclusive
from monitor.kernel.process.log import log
from monitor.kernel.process.own_trouble import own_trouble
from monitor.literature.papers.watching import watched_dois
from monitor.service import Service

LEASE_SECONDS = 15 * 60
BUSY = "another process is asking this source now"
JUST_ASKED = "another process has just asked this source"
_HOST_FAULTS = {SourceFault.UNREACHABLE, SourceFault.REFUSED, SourceFault.RATE_LIMITED}


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """How one attempt went; ``error`` is in words, None when every query was answered in full.

    ``ours``: nothing is said of the source, since we could not ask it, or not keep its answer.
    """

    source: str
    records: int = 0
    new: int = 0
    queued: int = 0
    unreadable: int = 0
    error: str | None = None
    ours: bool = False

    @property
    def busy(self) -> bool:
        """Whether nothing was asked, since somebody else is asking this source."""
        return self.error == BUSY


@dataclass(slots=True)
class Attempt:
    """A source held for asking, and what it came to so far."""

    service: Service
    lease: feeds.Lease
    poll_id: int
    http: Http
    source: Source
    failures: list[tuple[Query, SourceError]] = field(default_factory=list)
    records: int = 0
    new: int = 0
    queued: int = 0
    unreadable: int = 0

    def put(
        self, query: Query, question: Callable[[], Answer], *, move: bool = True
    ) -> Answer | None:
        """Put one question, store its whole answer and queue its papers, in one transaction.

        ``move``: the query's watermark moves. None where there was no full answer, or none to be
        believed: that is noted, and the next question may be put.
        """
        clock = self.service.clock
        at, began, requests = clock(), monotonic(), self.http.requests
        answer, error = _put(question)
        effort = feeds.Effort(at, monotonic() - began, self.http.requests - requests)
        with self.service.database.write() as session:
            if answer is not None:
                error = self._keep(session, answer, effort, move=move)
            elif error is not None:
                feeds.note_failure(
                    session, self.lease, self.poll_id, query, error, clock(), effort=effort
                )
        if error is not None:
            self.failures.append((query, error))
            return None
        return answer

    @property
    def hopeless(self) -> bool:
        """Whether asking on is useless: the one host is down, or wants to be left alone."""
        return (
            bool(self.failures)
            and SOURCES[self.lease.source].one_host
            and self.failures[-1][1].kind in _HOST_FAULTS
        )

    def report(self) -> AttemptReport:
        """Sum it up."""
        return AttemptReport(
            self.lease.source, self.records, self.new, self.queued, self.unreadable
        )

    def _keep(
        self, session: Session, answer: Answer, effort: feeds.Effort, *, move: bool
    ) -> SourceError | None:
        """Keep a whole answer; give the reason where it is not to be believed all the same."""
        at = self.service.clock()
        doubted = feeds.doubt(answer) or feeds.vanished(session, self.lease.source, answer)
        rewritten = move and feeds.rewritten(session, self.lease.source, answer)
        stored = feeds.store(
            session,
            self.lease,
            self.poll_id,
            [answer],
            at,
            effort=effort,
            move=move,
            doubted=doubted,
        )
        if rewritten:
            workflow.query_rewritten(
                session, self.service.settings, self.lease.source, answer.query, at
            )
        self.queued += workflow.ingest(
            session,
            self.service,
            stored,
            at=at,
        )
        self.records += len(answer.records)
        self.new += len(stored)
        self.unreadable += len(answer.unreadable)
        return doubted


def attempt(
    service: Service,
    name: str,
    kind: PollKind,
    work: Callable[[Attempt], None],
    *,
    next_due_at: Callable[[], datetime] | None = None,
    only_due: bool = False,
) -> AttemptReport:
    """Hold one source, let ``work`` put its questions, and record how it ended.

    ``next_due_at`` is for polls: when the source is asked next if all went well. ``only_due``:
    do nothing if, once it is held, somebody else turns out to have asked it meanwhile.
    """
    try:
        with exclusive(service.database, service.settings.var, f"source-{name}") as held:
            with service.database.write() as session:
                at = service.clock()
                if only_due and held and name not in feeds.due(session, at):
                    return AttemptReport(name, error=JUST_ASKED)
                lease = _lease(session, name, at, held=held)
                if lease is None:
                    return AttemptReport(name, error=BUSY)
                poll_id = feeds.start_poll(session, lease, at, kind)
            return _ended(service, lease, poll_id, kind, work, next_due_at)
    except Conflict as error:
        return AttemptReport(name, error=str(error))
    except Exception as problem:
        words = own_trouble(problem)
        if words is None:
            raise
        # the database itself: nothing could be noted, and the next source may do better
        log.exception("poll.own_trouble", source=name)
        return AttemptReport(name, error=words, ours=True)


def refuse_own_trouble(reports: Iterable[AttemptReport]) -> None:
    """Let a job that asked several sources count as failing where the trouble is our own.

    Raises:
        OwnTrouble: it is.
    """
    for report in reports:
        if report.ours:
            raise OwnTrouble(report.error or "a source could not be asked")


def _lease(session: Session, name: str, at: datetime, *, held: bool) -> feeds.Lease | None:
    """Claim the source: with the lock from whoever is dead, without it from whoever is stopped."""
    if held:
        # The lock proves that whoever still holds the lease is dead: take it over.
        return feeds.lease(session, name, at, LEASE_SECONDS, take_over=True)
    return feeds.lease_from_stopped(session, name, at, LEASE_SECONDS)


def _ended(
    service: Service,
    lease: feeds.Lease,
    poll_id: int,
    kind: PollKind,
    work: Callable[[Attempt], None],
    next_due_at: Callable[[], datetime] | None,
) -> AttemptReport:
    """Put every question of an attempt that has begun, and record how it ended."""
    name = lease.source
    try:
        report = _worked(service, lease, poll_id, work)
        with service.database.write() as session:
            due = next_due_at() if next_due_at else None
            feeds.finish(session, lease, poll_id, at=service.clock(), next_due_at=due)
            if kind is PollKind.POLL:
                workflow.source_recovered(session, service.settings, name, service.clock())
    except SourceError as error:
        return _failed(service, lease, poll_id, kind, error)
    except Conflict:
        raise
    except Exception as problem:
        if own_trouble(problem) is not None:
            return _put_off(service, lease, poll_id, kind, problem)
        # An answer that breaks our own reader is that source's failure, not the others'.
        log.exception("poll.broke", source=name)
        words = f"its answer broke our reader ({type(problem).__name__}): please report this"
        broke = SourceError(SourceFault.MALFORMED, words)
        return _failed(service, lease, poll_id, kind, broke)
    log.info("poll.complete", source=name, kind=kind.value, records=report.records, new=report.new)
    return report


def _put(question: Callable[[], Answer]) -> tuple[Answer | None, SourceError | None]:
    try:
        return question(), None
    except SourceError as error:
        # Kept until the poll is over, beside those of the other questions. Not with its traceback:
        # that holds every frame it came through, and in them up to 64 MiB of the reply.
        return None, SourceError(error.kind, str(error), retry_after=error.retry_after)


def _worked(
    service: Service, lease: feeds.Lease, poll_id: int, work: Callable[[Attempt], None]
) -> AttemptReport:
    """Put every question.

    Raises:
        SourceError: one or more were not answered in full.
    """
    renew = _Renewal(service, lease)
    with contextlib.closing(Http(service.settings.sources, before=renew)) as http:
        source = SOURCES[lease.source].build(_context(service, lease, http))
        asking = Attempt(service, lease, poll_id, http, source)
        work(asking)
    if asking.failures:
        raise _summed_up(asking)
    return asking.report()


class _Renewal:
    """Prolongs a lease while its source is asked, so that only a stopped holder loses it."""

    def __init__(self, service: Service, lease: feeds.Lease) -> None:
        self._service = service
        self._lease = lease
        self._since = monotonic()

    def __call__(self) -> None:
        """Prolong it where a third of it has passed.

        Raises:
            Conflict: somebody else has taken the source over.
        """
        if monotonic() - self._since < LEASE_SECONDS / 3:
            return
        self._since = monotonic()
        try:
            with self._service.database.write() as session:
                feeds.hold(session, self._lease, self._service.clock())
        except SQLAlchemyError as error:
            log.warning("poll.lease_not_prolonged", error=type(error).__name__)


def _context(service: Service, lease: feeds.Lease, http: Http) -> SourceContext:
    with service.database.read() as session:
        added = feeds.added_feeds(session, lease.source)
        watches = SOURCES[lease.source].watches
        watched = watched_dois(session) if watches else ()
    return SourceContext(
        settings=service.settings,
        catalogue=service.catalogue,
        http=http,
        today=service.clock().date(),
        feeds=added,
        watched=watched,
        watermarks=lease.watermarks,
    )


def _summed_up(asking: Attempt) -> SourceError:
    """Make one failure of all: the first, and how many others there were."""
    error = asking.failures[0][1]
    others = len(asking.failures) - 1
    if not others:
        return error
    more = f"{error} ({others} more of its queries failed)"
    return SourceError(error.kind, more, retry_after=error.retry_after)


def _failed(
    service: Service, lease: feeds.Lease, poll_id: int, kind: PollKind, error: SourceError
) -> AttemptReport:
    with service.database.write() as session:
        feeds.fail(session, lease, poll_id, error, at=service.clock())
        if kind is PollKind.POLL:
            workflow.source_failed(session, service.settings, lease.source, error, service.clock())
    log.warning("poll.failed", source=lease.source, fault=error.kind.value)
    return AttemptReport(lease.source, error=str(error))


def _put_off(
    service: Service, lease: feeds.Lease, poll_id: int, kind: PollKind, problem: Exception
) -> AttemptReport:
    """Record that we could not ask, or not keep what came; the source is not to blame.

    What lasts until a person mends the settings is told to the admins, as our own trouble.
    """
    words = own_trouble(problem) or type(problem).__name__
    log.error("poll.own_trouble", source=lease.source, exc_info=problem)
    with service.database.write() as session:
        at = service.clock()
        put_off(session, lease, poll_id, words, at=at)
        if kind is PollKind.POLL and isinstance(problem, ConfigError):
            told = SourceError(SourceFault.OURS, words)
            workflow.source_failed(session, service.settings, lease.source, told, at)
    return AttemptReport(lease.source, error=words, ours=True)
