"""Claiming messages for sending: the next few under a lease, or cancelled, in one statement.

What its reader no longer wants, or what tells what is no longer so, is cancelled in the claim.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, Update, bindparam, case, literal, or_, select, update
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.notify.smtp.due import in_order, may_be_sent, next_due, next_strayed, overtaken
from monitor.notify.tables import Announcement, Digest, Message, MessageKind, MessageState, Reason

ACTOR = "job:deliver"
LEFT = "The reader left before it was sent"
OVERTAKEN = "Not sent: what it tells of the study is no longer so"
NOT_ASKED = "Not sent: the wave closed, or the service has answered, left or another address"


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


def claim(session: Session, *, at: datetime, limit: int, lease_seconds: int) -> list[Claimed]:
    """Take up to ``limit`` messages for sending; none is taken twice while its lease runs.

    What its reader no longer wants is cancelled in the same statement, so an unsubscribe
    committed before the claim is always honoured.
    """
    until = at + timedelta(seconds=lease_seconds)
    taken: list[int] = []
    told: set[int] = set()
    for pick in (next_due, next_strayed):
        while ids := pick(session, at, limit - len(taken)) if len(taken) < limit else ():
            told |= _may_have_left(session, ids)
            rows = _take(session, ids, until)
            taken += [row.id for row in rows if row.state is MessageState.CLAIMED]
            gone = [row for row in rows if row.state is MessageState.CANCELLED]
            record(session, [(row.id, "cancelled", {"reason": row.reply}) for row in gone], at)
    return read(session, taken, told) if taken else []


def record(
    session: Session, fates: Sequence[tuple[int, str, dict[str, Any]]], at: datetime
) -> None:
    """Enter what became of each message into the ledger."""
    entries = [(f"message.{what}", f"message:{id_}", details) for id_, what, details in fates]
    audit.record_many(session, entries, at=at, actor=ACTOR)


def _may_have_left(session: Session, ids: Sequence[int]) -> set[int]:
    """Give those of these messages that an earlier try may have handed over.

    However this try ends, their readers count as told: what takes it back corrects them.
    """
    unsure = Message.state.in_((MessageState.UNCERTAIN, MessageState.CLAIMED))
    found = select(Message.id).where(Message.id.in_(ids), or_(unsure, Message.sent_at.is_not(None)))
    return {*session.scalars(found)}


def _take(
    session: Session, ids: Sequence[int], until: datetime
) -> Sequence[Row[int, MessageState, str | None]]:
    """Claim or cancel these messages, which the transaction holds."""
    return session.execute(_taking(), {"ids": ids, "until": until}).all()


@cache
def _taking() -> Update:
    """Write the statement that claims or cancels; once, as it is large and often asked for."""
    wanted, over = may_be_sent(), overtaken()
    surveys = Message.kind == MessageKind.SURVEY
    states, times = Message.state.type, Message.lease_until.type
    return (
        update(Message)
        .where(Message.id.in_(bindparam("ids", expanding=True)))
        .values(
            state=case(
                (wanted, literal(MessageState.CLAIMED, states)),
                else_=literal(MessageState.CANCELLED, states),
            ),
            lease_token=Message.lease_token + 1,
            lease_until=case((wanted, bindparam("until", type_=times)), else_=None),
            attempts=Message.attempts + case((wanted, 1), else_=0),
            reply=case(
                (wanted, Message.reply), (over, OVERTAKEN), (surveys, NOT_ASKED), else_=LEFT
            ),
            reason=case((over, literal(Reason.OVERTAKEN, Message.reason.type)), else_=None),
        )
        .returning(Message.id, Message.state, Message.reply)
        .execution_options(synchronize_session=False)
    )


def read(session: Session, ids: Sequence[int], told: Collection[int] = ()) -> list[Claimed]:
    """Read messages as a claim gives them, in their order; claims none.

    What many of them tell is read once for all. ``told``: those that may have left before.
    """
    found = session.execute(_reading(), {"ids": ids}).all()
    announced = {message.announcement_id for message in found} - {None}
    contents = _contents(session, announced) if announced else {}
    brought = {message.digest_id for message in found} - {None}
    digests = _digests(session, brought) if brought else {}
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
            content=contents.get(message.announcement_id) or digests.get(message.digest_id) or {},
            announcement_id=message.announcement_id,
            digest_id=message.digest_id,
            may_have_left=message.id in told,
        )
        for message in found
    ]


@cache
def _reading() -> Select[Any]:
    """Write the query for what a claim gives: columns, and once, as it is asked for every few messages."""
    columns = (
        Message.id,
        Message.uuid,
        Message.message_id,
        Message.kind,
        Message.address,
        Message.lease_token,
        Message.attempts,
        Message.queued_at,
        Message.subscriber_id,
        Message.context,
        Message.announcement_id,
        Message.digest_id,
    )
    return in_order(select(*columns).where(Message.id.in_(bindparam("ids", expanding=True))))


def _contents(
    session: Session, announcements: Collection[int | None]
) -> dict[int | None, dict[str, Any]]:
    told = select(Announcement.id, Announcement.content).where(Announcement.id.in_(announcements))
    return {row.id: row.content for row in session.execute(told)}


def _digests(session: Session, ids: Collection[int | None]) -> dict[int | None, dict[str, Any]]:
    made = select(Digest.id, Digest.content).where(Digest.id.in_(ids))
    return {row.id: row.content for row in session.execute(made)}
