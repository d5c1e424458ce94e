"""Leases, polls and records: what was asked, what came, how far each query has been read.

Never reaches the network and never commits. Whoever polls holds a lease with a fencing token;
a late write under an old token is refused. A watermark moves only with a whole answer, in the
transaction that stores it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, overload

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.orm import Session

from monitor.feeds import rules, storing
from monitor.feeds.records import Answer, Watermark
from monitor.feeds.sources import SOURCES
from monitor.feeds.storing import StoredRecord
from monitor.feeds.tables import Poll, PollState, SourceRow, WatermarkRow
from monitor.kernel import audit
from monitor.kernel.database import affected
from monitor.kernel.errors import Conflict, NotFound, SourceError
from monitor.kernel.settings import Settings

__all__ = [
    "Lease",
    "StoredRecord",
    "ask_now",
    "due",
    "fail",
    "finish",
    "lease",
    "start_poll",
    "store",
    "sync_sources",
]

ACTOR = "job:poll"
# no lease is longer: one that seems to be was written by a clock that ran ahead
_LONGEST_LEASE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to ask one source: ``token`` is its fence, ``watermarks`` go by query key."""

    source: str
    token: int
    seconds: float
    watermarks: dict[str, Watermark]


def sync_sources(session: Session, settings: Settings, at: datetime) -> None:
    """Bring the rows in line with the settings: new sources are due at once."""
    for name, definition in SOURCES.items():
        enabled = definition.enabled(settings)
        row = session.get(SourceRow, name)
        if row is None:
            session.add(SourceRow(name=name, enabled=enabled, next_due_at=at))
        elif row.enabled != enabled:
            row.enabled = enabled
            row.next_due_at = at
        else:
            _follow_schedule(row, settings)
            continue
        audit.record(
            session,
            at=at,
            actor="settings",
            action="source.enabled" if enabled else "source.disabled",
            subject=f"source:{name}",
        )
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
    tell, and a dead holder's source must not wait.
    """
    rows = session.scalars(
        select(SourceRow)
        .where(SourceRow.enabled, SourceRow.next_due_at <= at)
        .order_by(SourceRow.next_due_at, SourceRow.name)
    )
    return [row.name for row in rows]


@overload
def lease(
    session: Session, name: str, at: datetime, seconds: float, *, take_over: Literal[True]
) -> Lease: ...


@overload
def lease(
    session: Session, name: str, at: datetime, seconds: float, *, take_over: bool = False
) -> Lease | None: ...


def lease(
    session: Session, name: str, at: datetime, seconds: float, *, take_over: bool = False
) -> Lease | None:
    """Claim a source for ``seconds``; None while somebody else holds it.

    ``take_over`` is for a caller that has proof that the holder is dead. One statement claims
    and raises the token, so two callers can never both succeed.

    Raises:
        NotFound: no such source.
    """
    claimed = session.scalars(
        update(SourceRow)
        .where(SourceRow.name == name, true() if take_over else _free(at))
        .values(
            lease_token=SourceRow.lease_token + 1,
            lease_until=at + timedelta(seconds=seconds),
            last_attempt_at=at,
        )
        .returning(SourceRow.lease_token)
        .execution_options(synchronize_session=False)
    ).first()
    if claimed is None:
        if session.get(SourceRow, name) is None:
            raise NotFound(f"there is no source {name!r}")
        return None
    return Lease(name, claimed, seconds, _watermarks(session, name))


def start_poll(session: Session, lease: Lease, at: datetime) -> int:
    """Open an attempt and give its number; earlier ones that never ended count as failed.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    _hold(session, lease, at)
    session.execute(
        update(Poll)
        .where(Poll.source == lease.source, Poll.state == PollState.RUNNING)
        .values(state=PollState.FAILED, finished_at=at, error="interrupted: the service stopped")
        .execution_options(synchronize_session="fetch")
    )
    poll = Poll(source=lease.source, started_at=at, state=PollState.RUNNING, notes=[])
    session.add(poll)
    session.flush()
    return poll.id


def store(
    session: Session, lease: Lease, poll_id: int, answers: Sequence[Answer], at: datetime
) -> list[StoredRecord]:
    """Keep whole answers and move their watermarks; give the records that are new or changed.

    A record that only another query brought before gets that query noted and is not given
    again. Storing the same answer twice changes nothing the second time.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    _hold(session, lease, at)
    poll = _running(session, lease, poll_id)
    stored: list[StoredRecord] = []
    for answer in answers:
        kept = storing.keep(session, lease.source, poll_id, answer, at)
        known = answer.query.key in lease.watermarks
        notes = [*answer.notes, *storing.warnings(answer, kept, known=known)]
        poll.records += len(answer.records)
        poll.new_records += kept.new
        poll.unreadable += len(answer.unreadable)
        poll.notes = list(dict.fromkeys([*poll.notes, *notes]))
        stored += kept.records
        if kept.new:
            _touch(session, lease, last_new_at=at)
    session.flush()
    return stored


def finish(
    session: Session, lease: Lease, poll_id: int, *, at: datetime, next_due_at: datetime
) -> None:
    """Close an attempt that got every answer, and let the source go.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    _hold(session, lease, at)
    poll = _running(session, lease, poll_id)
    poll.state, poll.finished_at = PollState.COMPLETE, at
    _touch(
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
    """Close an attempt that failed: no watermark moves, and the source is tried again later.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    _hold(session, lease, at)
    poll = _running(session, lease, poll_id)
    poll.state, poll.finished_at = PollState.FAILED, at
    poll.fault, poll.error = error.kind.value, str(error)
    row = session.get_one(SourceRow, lease.source, populate_existing=True)
    _touch(
        session,
        lease,
        failures=row.failures + 1,
        fault=error.kind.value,
        error=str(error),
        failing_since=row.failing_since or at,
        next_due_at=at + rules.backoff(row.failures + 1, error.retry_after),
        lease_until=None,
    )
    _record(session, lease, poll, "source.poll_failed", at)


def _free(at: datetime) -> ColumnElement[bool]:
    return or_(
        SourceRow.lease_until.is_(None),
        SourceRow.lease_until <= at,
        SourceRow.lease_until > at + _LONGEST_LEASE,
    )


def _hold(session: Session, lease: Lease, at: datetime) -> None:
    """Prolong the lease, if it is still ours; locks the row until the transaction ends."""
    _touch(session, lease, lease_until=at + timedelta(seconds=lease.seconds))


def _touch(session: Session, lease: Lease, **values: object) -> None:
    """Change the source's row under the fence.

    Raises:
        Conflict: the token is no longer the newest.
    """
    result = session.execute(
        update(SourceRow)
        .where(SourceRow.name == lease.source, SourceRow.lease_token == lease.token)
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )
    if affected(result) != 1:
        raise Conflict(f"another process has taken over the source {lease.source!r}; nothing kept")


def _running(session: Session, lease: Lease, poll_id: int) -> Poll:
    poll = session.get(Poll, poll_id)
    if poll is None or poll.source != lease.source or poll.state is not PollState.RUNNING:
        raise Conflict(f"poll {poll_id} of {lease.source!r} is not running")
    return poll


def _watermarks(session: Session, name: str) -> dict[str, Watermark]:
    rows = session.scalars(select(WatermarkRow).where(WatermarkRow.source == name))
    return {
        row.query_key: Watermark(
            position=row.position,
            etag=row.etag,
            modified=row.modified,
            query_hash=row.query_hash,
        )
        for row in rows
    }


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
        records=poll.records,
        new=poll.new_records,
        unreadable=poll.unreadable,
        fault=poll.fault,
    )
