"""Claiming messages for sending: the next few under a lease, or cancelled, in one statement.

What its reader no longer wants, or what tells what is no longer so, is cancelled in the claim.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    Row,
    Table,
    bindparam,
    case,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from monitor.kernel import audit
from monitor.kernel.persistence.bulk import among
from monitor.notify.smtp.due import in_order, may_be_sent, next_due, next_strayed, overtaken
from monitor.notify.tables import Announcement, Digest, Message, MessageKind, MessageState, Reason

ACTOR = "job:deliver"
_KEPT = 64  # contents at once; each is as large as a message
LEFT = "The reader left before it was sent"
OVERTAKEN = "Not sent: what it tells of the study is no longer so"
NOT_ASKED = "Not sent: the wave closed, or the service has answered, left or another address"


# the bare table: the ORM costs more than what it is asked for here
_MESSAGE = cast("Table", Message.__table__)
_COLUMNS = tuple(
    _MESSAGE.c[name]
    for name in (
        "id",
        "uuid",
        "message_id",
        "kind",
        "address",
        "lease_token",
        "attempts",
        "queued_at",
        "subscriber_id",
        "context",
        "announcement_id",
        "digest_id",
    )
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message under a lease, with all its rendering needs. ``token`` fences late words."""

    id: int
    uuid: str
    message_id: str
    kind: MessageKind
    address: str
    token: int
    attempt: int  # this try, from 1
    queued_at: datetime
    subscriber_id: int | None
    context: dict[str, Any]
    content: dict[str, Any]  # the announcement's or the digest's, or empty
    announcement_id: int | None = None
    digest_id: int | None = None
    may_have_left: bool = False  # by a try before this one


class Contents:
    """What announcements and digests say, frozen with them: read once for many messages."""

    def __init__(self) -> None:
        self._announced: dict[int, dict[str, Any]] = {}
        self._digests: dict[int, dict[str, Any]] = {}

    def fetch(self, session: Session, rows: Sequence[Row[Any]]) -> None:
        """Read what these messages tell, where it is not at hand."""
        for kept, table, ids in (
            (self._announced, Announcement, {row.announcement_id for row in rows}),
            (self._digests, Digest, {row.digest_id for row in rows}),
        ):
            if missing := ids - kept.keys() - {None}:
                if len(kept) + len(missing) > _KEPT:
                    kept.clear()
                    missing = ids - {None}
                said = select(table.id, table.content).where(table.id.in_(missing))
                kept.update((id_, content) for id_, content in session.execute(said))

    def of(self, row: Row[Any]) -> dict[str, Any]:
        """Give what one message tells beyond its context; nothing where that is all."""
        announced = self._announced.get(row.announcement_id)
        return announced or self._digests.get(row.digest_id) or {}


def claim(
    session: Session,
    *,
    at: datetime,
    limit: int,
    lease_seconds: int,
    contents: Contents | None = None,
) -> list[Claimed]:
    """Take up to ``limit`` messages for sending, in order; none is taken twice while its lease runs.

    What its reader no longer wants is not taken by the same statement, and cancelled, so an
    unsubscribe committed before the claim is always honoured. ``contents`` keeps what was read of
    announcements and digests for the next claims.
    """
    session.flush()
    until = at + timedelta(seconds=lease_seconds)
    taken: list[Row[Any]] = []
    told: set[int] = set()
    for pick in (next_due, next_strayed):
        while picked := pick(session, at, limit - len(taken)) if len(taken) < limit else ():
            told |= {message.id for message in picked if message.may_have_left}
            ids = [message.id for message in picked]
            claimed = {row.id: row for row in _take(session, ids, until)}
            taken += [claimed[id_] for id_ in ids if id_ in claimed]
            if gone := [id_ for id_ in ids if id_ not in claimed]:
                why = _cancel(session, gone)
                record(session, [(row.id, "cancelled", {"reason": row.reply}) for row in why], at)
    return _whole(session, taken, told, contents or Contents()) if taken else []


def record(
    session: Session, fates: Sequence[tuple[int, str, dict[str, Any]]], at: datetime
) -> None:
    """Enter what became of each message into the ledger."""
    entries = [(f"message.{what}", f"message:{id_}", details) for id_, what, details in fates]
    audit.record_many(session, entries, at=at, actor=ACTOR)


def _take(session: Session, ids: Sequence[int], until: datetime) -> Sequence[Row[Any]]:
    """Claim those of these messages, which the transaction holds, that are still wanted."""
    asked = {"ids": list(ids), "until": until}
    return session.connection().execute(_taking(), asked).all()


@cache
def _taking() -> ReturningUpdate[Any]:
    """Write the statement that claims; once, as it is large and often asked for."""
    return (
        update(_MESSAGE)
        .where(among(_MESSAGE.c.id, "ids"), may_be_sent())
        .values(
            state=MessageState.CLAIMED,
            lease_token=_MESSAGE.c.lease_token + 1,
            lease_until=bindparam("until"),
            attempts=_MESSAGE.c.attempts + 1,
            reason=None,
        )
        .returning(*_COLUMNS)
    )


def _cancel(session: Session, ids: Sequence[int]) -> Sequence[Row[int, str | None]]:
    """Cancel these messages, which are wanted no more, and say why."""
    over, surveys = overtaken(), Message.kind == MessageKind.SURVEY
    gone = (
        update(Message)
        .where(Message.id.in_(ids))
        .values(
            state=MessageState.CANCELLED,
            lease_token=Message.lease_token + 1,
            lease_until=None,
            reply=case((over, OVERTAKEN), (surveys, NOT_ASKED), else_=LEFT),
            reason=case((over, literal(Reason.OVERTAKEN, Message.reason.type)), else_=None),
        )
        .returning(Message.id, Message.reply)
    )
    return session.execute(gone.execution_options(synchronize_session=False)).all()


def read(session: Session, ids: Sequence[int], told: Collection[int] = ()) -> list[Claimed]:
    """Read messages as a claim gives them, in their order; claims none.

    What many of them tell is read once for all. ``told``: those that may have left before.
    """
    these = in_order(select(*_COLUMNS).where(Message.id.in_(ids)))
    return _whole(session, session.execute(these).all(), told, Contents())


def _whole(
    session: Session, rows: Sequence[Row[Any]], told: Collection[int], contents: "Contents"
) -> list[Claimed]:
    """Put with each message what it tells."""
    contents.fetch(session, rows)
    return [
        Claimed(
            id=message.id,
            uuid=message.uuid,
            message_id=message.message_id,
            kind=message.kind,
            address=message.address,
            token=message.lease_token,
            attempt=message.attempts,
            queued_at=message.queued_at,
            subscriber_id=message.subscriber_id,
            context=message.context,
            content=contents.of(message),
            announcement_id=message.announcement_id,
            digest_id=message.digest_id,
            may_have_left=message.id in told,
        )
        for message in rows
    ]
