"""Leases, polls and records: what was asked, what came, how far each query has been read.

Never reaches the network and never commits. Whoever polls holds a lease with a fencing token;
a late write under an old token is refused. A watermark moves only with a whole answer, in the
transaction that stores it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from monitor.feeds import incidents, rules
from monitor.feeds.asked import added_feeds, asked_sources
from monitor.feeds.leasing import Lease, hold, lease, lease_from_stopped, touch
from monitor.feeds.records import Answer
from monitor.feeds.sources import SOURCES
from monitor.feeds.storage import storing
from monitor.feeds.storage.storing import StoredRecord, doubt, rewritten, vanished
from monitor.feeds.tables import (
    AskedState,
    Poll,
    PollKind,
    PollQuery,
    PollState,
    SourceRow,
)
from monitor.feeds.watermarks import Query
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, NotFound, SourceError, SourceFault
from monitor.kernel.settings import Settings

__all__ = [
    "Effort",
    "Lease",
    "StoredRecord",
    "added_feeds",
    "ask_now",
    "asked_sources",
    "doubt",
    "due",
    "fail",
    "finish",
    "hold",
    "lease",
    "lease_from_stopped",
    "note_failure",
    "rewritten",
    "start_poll",
    "store",
    "sync_sources",
    "vanished",
]

ACTOR = "job:poll"
# the clocks of two machines may differ a little without one of them being wrong
_CLOCKS_DIFFER = timedelta(minutes=15)
# it answered, and what it sent was not read
_UNREAD = frozenset({SourceFault.MALFORMED, SourceFault.INCOMPLETE, SourceFault.SCHEMA_CHANGED})


@dataclass(frozen=True, slots=True)
class Effort:
    """What asking one query took: when it began, how long, and how many requests."""

    at: datetime
    took_seconds: float
    requests: int


def sync_sources(session: Session, settings: Settings, at: datetime) -> None:
    """Bring the rows in line with the settings and the feeds: new sources are due at once.

    What is wrong with a source that is switched off is nobody's worry any more.
    """
    asked = asked_sources(session, settings)
    rows = {row.name: row for row in session.scalars(select(SourceRow))}
    changes: list[tuple[str, str, dict[str, Any]]] = []
    for name in SOURCES:
        enabled, row = name in asked, rows.get(name)
        if row is not None and not enabled:
            incidents.close_all(session, name, by="settings", at=at)
        if row is None:
            session.add(SourceRow(name=name, enabled=enabled, next_due_at=at))
        elif row.enabled != enabled:
            row.enabled = enabled
            row.next_due_at = at
        else:
            _follow_schedule(row, settings)
            continue
        action = "source.enabled" if enabled else "source.disabled"
        changes.append((action, f"source:{name}", {}))
    audit.record_many(session, changes, at=at, actor="settings")
    session.flush()


def ensure_manual_source(session: Session, name: str, at: datetime) -> None:
    """Make the row of a source that people feed by hand; it is never due."""
    if session.get(SourceRow, name) is None:
        session.add(SourceRow(name=name, enabled=False, next_due_at=at))
        session.flush()


def ask_now(session: Session, name: str, *, by: str, at: datetime) -> None:
    """Make a source due at once. ``by`` is an actor, such as "user:3".

    Raises:
        NotFound: no such source, or it is switched off.
    """
    row = session.get(SourceRow, name)
    if row is None or not row.enabled:
        raise NotFound(f"there is no enabled source {name!r}")
    row.next_due_at = at
    session.flush()
    audit.record(session, at=at, actor=by, action="source.asked_for", subject=f"source:{name}")


def due(session: Session, at: datetime) -> list[str]:
    """Name the sources to ask now, the longest overdue first.

    A lease does not hide a source: whether its holder still lives is for the caller's lock to
    tell, and a dead holder's source must not wait. One that was last asked in the future was
    asked by a clock that ran ahead: what it set as the next time is not waited for.
    """
    rows = session.scalars(
        select(SourceRow)
        .where(
            SourceRow.enabled,
            or_(SourceRow.next_due_at <= at, SourceRow.last_attempt_at > at + _CLOCKS_DIFFER),
        )
        .order_by(SourceRow.next_due_at, SourceRow.name)
    )
    return [row.name for row in rows]


def start_poll(session: Session, lease: Lease, at: datetime, kind: PollKind = PollKind.POLL) -> int:
    """Open an attempt and give its number; earlier ones that never ended count as failed.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    session.execute(
        update(Poll)
        .where(Poll.source == lease.source, Poll.state == PollState.RUNNING)
        .values(state=PollState.FAILED, finished_at=at, error="interrupted: the service stopped")
        .execution_options(synchronize_session="fetch")
    )
    poll = Poll(source=lease.source, kind=kind, started_at=at, state=PollState.RUNNING, notes=[])
    session.add(poll)
    session.flush()
    return poll.id


def store(  # noqa: PLR0913 - whose attempt, what came, what it took
    session: Session,
    lease: Lease,
    poll_id: int,
    answers: Sequence[Answer],
    at: datetime,
    *,
    effort: Effort | None = None,
    move: bool = True,
    doubted: SourceError | None = None,
) -> list[StoredRecord]:
    """Keep whole answers, note what was asked, and give the records that are new or changed.

    A record that only another query brought before gets that query noted and is not given
    again. Storing the same answer twice keeps no record the second time. ``move``: their
    watermarks move too; not for answers that were not asked from the watermark on. ``doubted``:
    why they count as failed, see ``doubt`` and ``vanished``; then no watermark moves, and a feed
    is asked as if it had never answered.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    poll = _running(session, lease, poll_id)
    stored: list[StoredRecord] = []
    for answer in answers:
        notes = [*answer.notes, *_rewriting(session, lease.source, answer)]
        kept = storing.keep(session, lease.source, poll_id, answer, at, move=move and not doubted)
        known = answer.query.key in lease.watermarks
        notes += storing.warnings(answer, kept, known=known)
        poll.records += len(answer.records)
        poll.new_records += kept.new
        poll.unreadable += len(answer.unreadable)
        poll.notes = list(dict.fromkeys([*poll.notes, *notes]))
        stored += kept.records
        asked = _asked(poll_id, answer, kept.new, notes, effort or Effort(at, 0, 0))
        if doubted:
            asked.state, asked.fault = AskedState.FAILED, doubted.kind.value
            asked.error = str(doubted)
            storing.forget_validators(session, lease.source, answer.query.key)
        session.add(asked)
        if kept.new:
            touch(session, lease, last_new_at=at)
    session.flush()
    return stored


def note_failure(  # noqa: PLR0913 - whose attempt, what was asked, what it took
    session: Session,
    lease: Lease,
    poll_id: int,
    query: Query,
    error: SourceError,
    at: datetime,
    *,
    effort: Effort,
) -> None:
    """Note that one query of an attempt was not answered in full.

    A feed that sent what cannot be read is asked anew, whatever it then says of changes; nothing
    else changes.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    _running(session, lease, poll_id)
    session.add(
        PollQuery(
            poll_id=poll_id,
            query_key=query.key,
            intervention=query.intervention,
            asked=query.text,
            at=effort.at,
            took_seconds=effort.took_seconds,
            requests=effort.requests,
            state=AskedState.FAILED,
            fault=error.kind.value,
            error=str(error),
            notes=[],
        )
    )
    if error.kind in _UNREAD:
        storing.forget_validators(session, lease.source, query.key)
    session.flush()


def finish(
    session: Session,
    lease: Lease,
    poll_id: int,
    *,
    at: datetime,
    next_due_at: datetime | None = None,
) -> None:
    """Close an attempt that got every answer, and let the source go.

    ``next_due_at`` is for polls: it says when the source is asked next. Any other attempt leaves
    the source's schedule, and whether it counts as failing, alone.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    poll = _running(session, lease, poll_id)
    poll.state, poll.finished_at = PollState.COMPLETE, at
    if next_due_at is None:
        touch(session, lease, lease_until=None)
    else:
        touch(
            session,
            lease,
            last_success_at=at,
            failures=0,
            fault=None,
            error=None,
            failing_since=None,
            next_due_at=next_due_at,
            lease_until=None,
        )
    _record(session, lease, poll, "source.polled", at)


def fail(session: Session, lease: Lease, poll_id: int, error: SourceError, *, at: datetime) -> None:
    """Close an attempt that failed: no watermark moves, and a poll is tried again later.

    What is no poll leaves the source's schedule alone: its own job tries it again.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    poll = _running(session, lease, poll_id)
    poll.state, poll.finished_at = PollState.FAILED, at
    poll.fault, poll.error = error.kind.value, str(error)
    if poll.kind is PollKind.POLL:
        _count_failure(session, lease, error, at)
    else:
        touch(session, lease, lease_until=None)
    _record(session, lease, poll, "source.poll_failed", at)


def _asked(
    poll_id: int, answer: Answer, new: int, notes: Sequence[str], effort: Effort
) -> PollQuery:
    first, last = answer.window or (None, None)
    return PollQuery(
        poll_id=poll_id,
        query_key=answer.query.key,
        intervention=answer.query.intervention,
        asked=answer.query.text,
        window_first=first,
        window_last=last,
        at=effort.at,
        took_seconds=effort.took_seconds,
        requests=effort.requests,
        state=AskedState.UNCHANGED if answer.unchanged else AskedState.COMPLETE,
        declared=answer.declared,
        records=len(answer.records),
        new_records=new,
        unreadable=len(answer.unreadable),
        notes=list(notes),
    )


def _rewriting(session: Session, source: str, answer: Answer) -> list[str]:
    if not rewritten(session, source, answer):
        return []
    return [f"the source reads the query {answer.query.key!r} in another way than before"]


def _count_failure(session: Session, lease: Lease, error: SourceError, at: datetime) -> None:
    row = session.get_one(SourceRow, lease.source, populate_existing=True)
    wait = rules.backoff(row.failures + 1, error.retry_after, rules.jitter(lease.token))
    touch(
        session,
        lease,
        failures=row.failures + 1,
        fault=error.kind.value,
        error=str(error),
        failing_since=row.failing_since or at,
        next_due_at=at + wait,
        lease_until=None,
    )


def _running(session: Session, lease: Lease, poll_id: int) -> Poll:
    poll = session.get(Poll, poll_id)
    if poll is None or poll.source != lease.source or poll.state is not PollState.RUNNING:
        raise Conflict(f"poll {poll_id} of {lease.source!r} is not running")
    return poll


def _follow_schedule(row: SourceRow, settings: Settings) -> None:
    """Let a shorter interval count from the last success; a failing source keeps its own wait."""
    if row.last_success_at is None or row.failures:
        return
    every = timedelta(hours=settings.source(row.name).every_hours)
    row.next_due_at = min(row.next_due_at, row.last_success_at + every)


def _record(session: Session, lease: Lease, poll: Poll, action: str, at: datetime) -> None:
    session.flush()
    audit.record(
        session,
        at=at,
        actor=ACTOR,
        action=action,
        subject=f"source:{lease.source}",
        poll=poll.id,
        kind=poll.kind.value,
        records=poll.records,
        new=poll.new_records,
        unreadable=poll.unreadable,
        fault=poll.fault,
    )
