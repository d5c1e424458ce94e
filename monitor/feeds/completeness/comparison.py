"""Comparisons: what a source lists for a query against what is held for it, and what follows.

Never reaches the network, never commits, never deletes. A key that is no longer listed is
counted and, after a while, marked as gone; one that is listed again is cleared. A listing that
cannot be believed marks nothing.
"""

import zlib
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from monitor.feeds import incidents, rules
from monitor.feeds.completeness import proof
from monitor.feeds.completeness.proof import KeyDifference
from monitor.feeds.leasing import Lease, hold
from monitor.feeds.records import Listing
from monitor.feeds.storage.storing import chunks
from monitor.feeds.tables import (
    Comparison,
    Incident,
    Poll,
    PollKind,
    PollState,
    RecordQuery,
    SetAside,
    SourceRow,
)
from monitor.feeds.watermarks import Query
from monitor.kernel.errors import SourceFault
from monitor.kernel.persistence.database import affected

# a source that polls leave alone for these is left alone by comparisons too
_LEFT_ALONE = (SourceFault.UNREACHABLE.value, SourceFault.RATE_LIMITED.value)


def due(session: Session, at: datetime, every_days: float) -> list[str]:
    """Name the sources to compare now, the longest overdue first.

    A source is due as soon as it was polled completely once. One planned further ahead than
    ``every_days`` allows is due as well: the setting was longer once, or a clock ran ahead.
    """
    furthest = at + timedelta(days=max(every_days, 1))
    planned = SourceRow.next_comparison_at
    rows = session.scalars(
        select(SourceRow.name)
        .where(
            SourceRow.enabled,
            SourceRow.last_success_at.is_not(None),
            or_(SourceRow.fault.is_(None), SourceRow.fault.not_in(_LEFT_ALONE)),
            or_(planned.is_(None), planned <= at, planned > furthest),
        )
        .order_by(planned.is_not(None), planned, SourceRow.name)
    )
    return list(rows)


def look(session: Session, source: str, listing: Listing) -> KeyDifference:
    """Compare a listing with what is held for its query. Changes nothing."""
    query = listing.query
    held = session.scalars(select(RecordQuery.key).where(_of(source, query)))
    set_aside = session.scalars(select(SetAside.key).where(SetAside.source == source))
    return proof.compare(
        listing,
        held.all(),
        set_aside=set_aside.all(),
        before=_listed_before(session, source, query),
    )


def record(  # noqa: PLR0913 - whose attempt, what was found, what was done
    session: Session,
    lease: Lease,
    poll_id: int,
    listing: Listing,
    difference: KeyDifference,
    at: datetime,
    *,
    fetched: int,
) -> None:
    """Note one comparison, and mark what vanished or came back unless there is an alarm.

    ``fetched`` is how many of those missed were fetched and kept.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    session.add(
        Comparison(
            poll_id=poll_id,
            source=lease.source,
            query_key=listing.query.key,
            query_hash=listing.query.hash,
            at=at,
            listed=difference.listed,
            older=difference.older,
            held=difference.held,
            missed=len(difference.missed),
            fetched=fetched,
            vanished=len(difference.vanished),
            alarm=difference.alarm.value if difference.alarm else None,
        )
    )
    if difference.alarm is None:
        ours = _of(lease.source, listing.query)
        _clear(session, ours, listing.keys)
        _count_missing(session, ours, difference.vanished, at)
        _mark_gone(session, ours, at)
    session.flush()


def plan(session: Session, source: str, at: datetime, every_days: float) -> None:
    """Plan the next comparison after one that went well: never later than ``every_days``.

    Up to a fifth earlier, so that sources compared in one hour drift apart.
    """
    seed = zlib.crc32(f"{source} {at:%Y-%m-%d}".encode())
    _set_next(session, source, at + timedelta(days=every_days) / rules.jitter(seed))


def postpone(session: Session, source: str, at: datetime, retry_after: float | None = None) -> None:
    """Plan a failed comparison anew: later with every failure in a row, at most a day.

    ``retry_after`` is what the source asked for, in seconds.
    """
    failures = _failures(session, source)
    wait = rules.backoff(failures, retry_after, rules.jitter(failures))
    _set_next(session, source, at + wait)


def refuses(session: Session, source: str, at: datetime) -> bool:
    """Tell whether a source can be compared no more: tries have failed for days, and none went well."""
    since = session.scalar(select(func.min(Poll.started_at)).where(*_failed(source)))
    return rules.cannot_be_compared(_failures(session, source), since, at)


def _of(source: str, query: Query) -> ColumnElement[bool]:
    return and_(RecordQuery.source == source, RecordQuery.query_key == query.key)


def _listed_before(session: Session, source: str, query: Query) -> int | None:
    """Tell how many keys the last comparison of this very query listed that can be believed.

    One that an admin believed, by saying that the number is right, counts as well.
    """
    believed = select(func.max(Incident.closed_at)).where(
        Incident.source == source,
        Incident.topic == incidents.COMPARISON,
        Incident.closed_by.like("user:%"),
    )
    return session.scalar(
        select(Comparison.listed)
        .where(
            Comparison.source == source,
            Comparison.query_key == query.key,
            Comparison.query_hash == query.hash,
            or_(Comparison.alarm.is_(None), Comparison.at <= believed.scalar_subquery()),
        )
        .order_by(Comparison.at.desc(), Comparison.id.desc())
        .limit(1)
    )


def _clear(session: Session, ours: ColumnElement[bool], listed: Collection[str]) -> None:
    """Clear the keys that were missing and are listed again."""
    missing = session.scalars(
        select(RecordQuery.key).where(ours, RecordQuery.missing_since.is_not(None))
    )
    back = [key for key in missing if key in listed]
    _update(session, ours, back, missing_since=None, missing_times=0, gone_at=None)


def _count_missing(
    session: Session, ours: ColumnElement[bool], vanished: Collection[str], at: datetime
) -> None:
    _update(
        session,
        ours,
        vanished,
        missing_times=RecordQuery.missing_times + 1,
        missing_since=func.coalesce(RecordQuery.missing_since, at),
    )


def _mark_gone(session: Session, ours: ColumnElement[bool], at: datetime) -> None:
    rows = session.execute(
        select(RecordQuery.key, RecordQuery.missing_times, RecordQuery.missing_since).where(
            ours, RecordQuery.missing_since.is_not(None), RecordQuery.gone_at.is_(None)
        )
    )
    gone = [key for key, times, since in rows if since and proof.is_gone(times, since, at)]
    _update(session, ours, gone, gone_at=at)


def _update(
    session: Session, ours: ColumnElement[bool], keys: Collection[str], **values: object
) -> None:
    for some in chunks(sorted(keys)):
        result = session.execute(
            update(RecordQuery)
            .where(ours, RecordQuery.key.in_(some))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        affected(result, expected=len(some), what="keys")


def _failures(session: Session, source: str) -> int:
    """Count the comparisons that failed since one went well."""
    return session.scalar(select(func.count()).where(*_failed(source))) or 0


def _failed(source: str) -> tuple[ColumnElement[bool], ...]:
    of_it = (Poll.source == source, Poll.kind == PollKind.COMPARISON)
    good = select(func.max(Poll.id)).where(*of_it, Poll.state == PollState.COMPLETE)
    last_good = func.coalesce(good.scalar_subquery(), 0)
    return (*of_it, Poll.state == PollState.FAILED, Poll.id > last_good)


def _set_next(session: Session, source: str, at: datetime) -> None:
    result = session.execute(
        update(SourceRow)
        .where(SourceRow.name == source)
        .values(next_comparison_at=at)
        .execution_options(synchronize_session="fetch")
    )
    affected(result, expected=1, what="source")
