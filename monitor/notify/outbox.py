"""The outbox: which message is sent next, by whom, and what became of it. Sends nothing itself.

A message is claimed under a lease in one statement, sent outside any transaction, and its fate
recorded by whoever still holds the claim: a late word of somebody else is refused. A message that
may have been handed over is sent again with the same Message-ID; one whose reader has left is
cancelled in the claim itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, and_, case, func, literal, or_, select, update
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.database import affected
from monitor.kernel.errors import Conflict
from monitor.notify import rules
from monitor.notify.smtp.due import in_order, is_due, may_be_sent
from monitor.notify.tables import (
    Announcement,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)

log = structlog.get_logger()

ACTOR = "job:deliver"
LEFT = "The reader left before it was sent"
MAX_REPLY = 500  # characters kept of a server's words


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
    content: dict[str, Any]  # the announcement's, or empty


@dataclass(frozen=True, slots=True)
class Due:
    """One message that the next pass would send."""

    uuid: str
    kind: MessageKind
    address: str
    queued_at: datetime
    attempts: int


def anything_due(session: Session, *, at: datetime) -> bool:
    """Tell whether a pass has anything to do, a dead sender's claims included."""
    claimed = Message.state == MessageState.CLAIMED
    waiting = select(Message.id).where(or_(is_due(at), claimed)).limit(1)
    return session.scalar(waiting) is not None


def due(session: Session, *, at: datetime) -> list[Due]:
    """List what would be sent now, in order. Changes nothing."""
    found = session.scalars(in_order(select(Message).where(is_due(at), may_be_sent())))
    return [Due(m.uuid, m.kind, m.address, m.queued_at, m.attempts) for m in found]


def claim(session: Session, *, at: datetime, limit: int, lease_seconds: int) -> list[Claimed]:
    """Take up to ``limit`` messages for sending; none is taken twice while its lease runs.

    What its reader no longer wants is cancelled in the same statement, so an unsubscribe
    committed before the claim is always honoured.
    """
    until = at + timedelta(seconds=lease_seconds)
    taken: list[int] = []
    while len(taken) < limit and (rows := _take(session, at, limit - len(taken), until)):
        taken += [row.id for row in rows if row.state is MessageState.CLAIMED]
        for row in rows:
            if row.state is MessageState.CANCELLED:
                _record(session, row.id, "cancelled", at, reason=LEFT)
    return _read(session, taken)


def take_over(session: Session, *, at: datetime) -> int:
    """Put back every claim, whatever its lease says; counts them.

    Only for a caller who can prove that no other sender is alive. The messages may have been
    handed over. The first time they are due at once; one that was being sent every time its
    sender died waits longer and longer.
    """
    stale = select(Message).where(Message.state == MessageState.CLAIMED)
    claims = session.scalars(stale.with_for_update()).all()
    for message in claims:
        _end(
            session,
            Message.id == message.id,
            state=MessageState.UNCERTAIN,
            next_at=at if message.attempts <= 1 else _later(message.attempts, at),
            reply="The sender ended before it recorded a reply; it may have been sent",
        )
    return len(claims)


def sent(session: Session, claimed: Claimed, *, reply: str, at: datetime) -> None:
    """Record that the server accepted it.

    Raises:
        Conflict: the claim is no longer held.
    """
    _finish(session, claimed, state=MessageState.SENT, sent_at=at, reply=_words(reply))
    _record(session, claimed.id, "sent", at, attempt=claimed.attempt)


def deferred(session: Session, claimed: Claimed, *, reply: str, at: datetime) -> MessageState:
    """Record that the server refused it for now: tried again later, given up after 72 hours of it.

    Gives the state it is in then.

    Raises:
        Conflict: the claim is no longer held.
    """
    return _again(session, claimed, MessageState.DEFERRED, reply=reply, at=at)


def uncertain(session: Session, claimed: Claimed, *, reply: str, at: datetime) -> MessageState:
    """Record that nobody knows whether it was accepted: sent again, with the same Message-ID.

    Gives the state it is in then.

    Raises:
        Conflict: the claim is no longer held.
    """
    return _again(session, claimed, MessageState.UNCERTAIN, reply=reply, at=at)


def dead(
    session: Session,
    claimed: Claimed,
    *,
    code: int,
    reply: str,
    at: datetime,
    no_mailbox: bool = False,
) -> None:
    """Record that the server refused it for good; a reader who has no mailbox is let go.

    Raises:
        Conflict: the claim is no longer held.
    """
    _finish(session, claimed, state=MessageState.DEAD, reply=_words(reply))
    _record(session, claimed.id, "dead", at, code=code)
    if claimed.subscriber_id is not None and no_mailbox:
        _bury(session, claimed.subscriber_id, at)


def released(session: Session, claimed: Claimed, *, at: datetime) -> None:
    """Put a message back that was not tried after all; the try is not charged.

    It goes behind the others that are due, in case it is what the server trips over.

    Raises:
        Conflict: the claim is no longer held.
    """
    _put_back(session, _held(claimed), claimed, next_at=at)
    log.info("mail.released", uuid=claimed.uuid)


def held(
    session: Session, claimed: Claimed, *, reply: str, at: datetime, until: datetime | None = None
) -> None:
    """Put a message back that the server does not take from us; not charged, never given up.

    Raises:
        Conflict: the claim is no longer held.
    """
    _put_back(session, _held(claimed), claimed, **_as_held(reply, at, until))
    log.info("mail.held", uuid=claimed.uuid)


def refused(session: Session, claimed: Claimed, *, code: int, reply: str, at: datetime) -> None:
    """End a message that was deferred under this claim: its refusal turned out to be its own.

    Raises:
        Conflict: somebody has claimed it since.
    """
    _end(session, _deferred(claimed), state=MessageState.DEAD, reply=_words(reply))
    _record(session, claimed.id, "dead", at, code=code)


def spared(
    session: Session, claimed: Claimed, *, reply: str, at: datetime, until: datetime | None = None
) -> None:
    """Give a message that was deferred under this claim its try back: the refusal was of us.

    Raises:
        Conflict: somebody has claimed it since.
    """
    _put_back(session, _deferred(claimed), claimed, **_as_held(reply, at, until))


def accepted_since(session: Session, at: datetime) -> bool:
    """Tell whether the server has accepted a message since then."""
    return session.scalar(select(Message.id).where(Message.sent_at >= at).limit(1)) is not None


def _take(
    session: Session, at: datetime, limit: int, until: datetime
) -> Sequence[Row[int, MessageState]]:
    """Claim or cancel the next ``limit`` due messages, in one statement.

    The rows are picked in a materialised CTE: PostgreSQL may run a plain subquery with LIMIT
    and SKIP LOCKED more than once, and so take more rows than asked for.
    """
    picked = in_order(select(Message.id).where(is_due(at))).limit(limit)
    ids = select(picked.with_for_update(skip_locked=True).cte("due").c.id)
    wanted = may_be_sent()
    states, times = Message.state.type, Message.lease_until.type
    take = (
        update(Message)
        .where(Message.id.in_(ids))
        .values(
            state=case(
                (wanted, literal(MessageState.CLAIMED, states)),
                else_=literal(MessageState.CANCELLED, states),
            ),
            lease_token=Message.lease_token + 1,
            lease_until=case((wanted, literal(until, times)), else_=None),
            attempts=Message.attempts + case((wanted, 1), else_=0),
            reply=case((wanted, Message.reply), else_=LEFT),
        )
        .returning(Message.id, Message.state)
        .execution_options(synchronize_session=False)
    )
    return session.execute(take).all()


def _read(session: Session, ids: Sequence[int]) -> list[Claimed]:
    rows = session.execute(
        in_order(select(Message, Announcement.content).where(Message.id.in_(ids)))
        .outerjoin(Announcement, Announcement.id == Message.announcement_id)
        .execution_options(populate_existing=True)
    )
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
            content=content or {},
        )
        for message, content in rows
    ]


def _again(
    session: Session, claimed: Claimed, state: MessageState, *, reply: str, at: datetime
) -> MessageState:
    words = _words(reply)
    next_at = rules.retry_at(claimed.attempt, at=at)
    if next_at is not None:
        _finish(session, claimed, state=state, next_at=next_at, reply=words)
        log.info("mail.retried", uuid=claimed.uuid, state=state.value, attempt=claimed.attempt)
        return state
    hours = int(rules.GIVE_UP_AFTER.total_seconds() // 3600)
    words = _words(f"Given up after {hours} hours and {claimed.attempt} tries. {words}")
    _finish(session, claimed, state=MessageState.DEAD, reply=words)
    _record(session, claimed.id, "dead", at, attempts=claimed.attempt)
    return MessageState.DEAD


def _later(attempts: int, at: datetime) -> datetime:
    return at + rules.wait_after(attempts - 1)


def _put_back(
    session: Session,
    which: ColumnElement[bool],
    claimed: Claimed,
    **values: Any,  # noqa: ANN401 - columns
) -> None:
    """Let a message wait as it did before this claim, which is not charged."""
    before = MessageState.PENDING if claimed.attempt <= 1 else MessageState.DEFERRED
    _end(session, which, state=before, attempts=claimed.attempt - 1, **values)


def _as_held(reply: str, at: datetime, until: datetime | None) -> dict[str, Any]:
    since = func.coalesce(Message.held_since, at)
    return {"next_at": until or at, "reply": _words(reply), "held_since": since}


def _held(claimed: Claimed) -> ColumnElement[bool]:
    """Hold for a claim that nobody else has taken."""
    return and_(
        Message.id == claimed.id,
        Message.state == MessageState.CLAIMED,
        Message.lease_token == claimed.token,
    )


def _deferred(claimed: Claimed) -> ColumnElement[bool]:
    """Hold for a message that this claim has deferred, and nobody has claimed since."""
    return and_(
        Message.id == claimed.id,
        Message.state == MessageState.DEFERRED,
        Message.lease_token == claimed.token,
    )


def _finish(session: Session, claimed: Claimed, **values: Any) -> None:  # noqa: ANN401 - columns
    """Record what became of a claim, if it is still held; drop a link nobody needs any more."""
    final = values["state"] in {MessageState.SENT, MessageState.DEAD}
    if final and claimed.kind is MessageKind.INVITATION:
        values["context"] = {key: v for key, v in claimed.context.items() if key != "link"}
    _end(session, _held(claimed), held_since=None, **values)


def _end(session: Session, which: ColumnElement[bool], **values: Any) -> None:  # noqa: ANN401 - columns
    statement = update(Message).where(which).values(lease_until=None, **values)
    done = session.execute(statement.execution_options(synchronize_session=False))
    if affected(done) != 1:
        raise Conflict(
            "this message was claimed by another sender meanwhile; its word counts, not this one"
        )


def _bury(session: Session, subscriber_id: int, at: datetime) -> None:
    gone = (
        update(Subscriber)
        .where(Subscriber.id == subscriber_id, Subscriber.state != SubscriberState.UNSUBSCRIBED)
        .values(state=SubscriberState.DEAD)
        .execution_options(synchronize_session=False)
    )
    if affected(session.execute(gone)):
        audit.record(
            session,
            at=at,
            actor=ACTOR,
            action="subscriber.dead",
            subject=f"subscriber:{subscriber_id}",
        )


def _record(session: Session, message_id: int, what: str, at: datetime, **details: Any) -> None:  # noqa: ANN401 - JSON
    audit.record(
        session,
        at=at,
        actor=ACTOR,
        action=f"message.{what}",
        subject=f"message:{message_id}",
        **details,
    )


def _words(reply: str) -> str:
    return rules.plain(reply, MAX_REPLY)
