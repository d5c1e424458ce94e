"""Who may ask a source: one holder at a time, fenced by a token that rises with every lease.

Never commits. A late write under an old token is refused.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, overload

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.orm import Session

from monitor.feeds.tables import SourceRow, WatermarkRow
from monitor.feeds.watermarks import Watermark
from monitor.kernel.errors import Conflict, NotFound
from monitor.kernel.persistence.database import affected

# no lease is longer: one that seems to be was written by a clock that ran ahead
_LONGEST_LEASE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to ask one source: ``token`` is its fence, ``watermarks`` go by query key."""

    source: str
    token: int
    seconds: float
    watermarks: dict[str, Watermark]


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


def lease_from_stopped(session: Session, name: str, at: datetime, seconds: float) -> Lease | None:
    """Claim a source whose holder lives, as its lock says, but let its lease run out.

    A holder that is at work prolongs its lease; one that was stopped cannot. None where the lease
    goes on, or where there is none: then the holder is just beginning or ending.
    """
    expired = SourceRow.lease_until.is_not(None), SourceRow.lease_until <= at
    held = session.scalar(select(SourceRow.name).where(SourceRow.name == name, *expired))
    return lease(session, name, at, seconds) if held else None


def hold(session: Session, lease: Lease, at: datetime) -> None:
    """Prolong the lease, if it is still ours; locks the row until the transaction ends."""
    touch(session, lease, lease_until=at + timedelta(seconds=lease.seconds))


def touch(session: Session, lease: Lease, **values: object) -> None:
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


def _free(at: datetime) -> ColumnElement[bool]:
    return or_(
        SourceRow.lease_until.is_(None),
        SourceRow.lease_until <= at,
        SourceRow.lease_until > at + _LONGEST_LEASE,
    )


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
