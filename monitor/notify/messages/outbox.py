"""The outbox: which message is sent next, by whom, and what became of it. Sends nothing itself.

Messages are claimed under a lease in one statement, sent outside any transaction, and their fate
recorded by whoever still holds the claim: a late word of somebody else is refused. A message that
may have been handed over is sent again with the same Message-ID; one whose reader has left, or that
tells what is no longer so, is cancelled in the claim itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.database import affected
from monitor.kernel.process.log import log
from monitor.notify import holding, rules
from monitor.notify.messages import recording
from monitor.notify.messages.claiming import ACTOR, LEFT, Claimed, claim, record
from monitor.notify.smtp.due import in_order, is_due, may_be_sent, next_due, next_strayed
from monitor.notify.tables import (
    ERASED,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)
from monitor.usage.returns import answering

__all__ = [
    "ACTOR",
    "LEFT",
    "MAX_REPLY",
    "Claimed",
    "Due",
    "accepted_since",
    "accepted_within",
    "anything_due",
    "bury",
    "claim",
    "dead",
    "deferred",
    "due",
    "held",
    "refused",
    "released",
    "sent",
    "sent_many",
    "spared",
    "take_over",
    "uncertain",
    "untried",
]

MAX_REPLY = 500  # characters kept of a server's words
_OTHERS = "this message was claimed by another sender meanwhile; its word counts, not this one"


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
    claimed = select(Message.id).where(Message.state == MessageState.CLAIMED).limit(1)
    return bool(session.scalar(claimed) or next_due(session, at, 1) or next_strayed(session, at, 1))


def due(session: Session, *, at: datetime) -> list[Due]:
    """List what would be sent now, in order. Changes nothing."""
    found = session.scalars(in_order(select(Message).where(is_due(at), may_be_sent())))
    return [Due(m.uuid, m.kind, m.address, m.queued_at, m.attempts) for m in found]


def take_over(session: Session, *, at: datetime) -> int:
    """Put back every claim, whatever its lease says; counts them.

    Only for a caller who can prove that no other sender is alive. The messages may have been
    handed over. The first time they are due at once; one that was being sent every time its
    sender died waits longer and longer.
    """
    claimed = Message.state == MessageState.CLAIMED
    holding.messages(session, claimed)
    stale = select(Message).where(claimed)
    claims = session.scalars(stale).all()
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
    if sent_many(session, [(claimed, reply)], at=at):
        raise Conflict(_OTHERS)


def sent_many(
    session: Session, accepted: Sequence[tuple[Claimed, str]], *, at: datetime
) -> list[Claimed]:
    """Record that the server accepted these, each with its reply, in one statement for all.

    Gives those whose claim is no longer held: what their holder says counts.
    """
    session.flush()
    said = json.dumps([[claimed.id, claimed.token, _words(reply)] for claimed, reply in accepted])
    as_sent = recording.as_sent(session.get_bind().dialect.name)
    ours = {*session.connection().scalars(as_sent, {"at": at, "said": said})}
    for claimed, _ in accepted:
        if claimed.kind is MessageKind.INVITATION and claimed.id in ours:
            used = update(Message).where(Message.id == claimed.id).values(context=_kept(claimed))
            session.execute(used.execution_options(synchronize_session=False))
    fates = [
        (claimed.id, "sent", {"attempt": claimed.attempt})
        for claimed, _ in accepted
        if claimed.id in ours
    ]
    record(session, fates, at)
    return [claimed for claimed, _ in accepted if claimed.id not in ours]


def deferred(session: Session, claimed: Claimed, *, reply: str, at: datetime) -> MessageState:
    """Record that the server refused it for now: tried again later, given up after 72 hours of it.

    What an earlier try may have handed over stays uncertain: this refusal does not call it back.
    Gives the state it is in then.

    Raises:
        Conflict: the claim is no longer held.
    """
    state = MessageState.UNCERTAIN if claimed.may_have_left else MessageState.DEFERRED
    return _again(session, claimed, state, reply=reply, at=at)


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
    """Record that the server refused it for good; a reader or service without mailbox is let go.

    Raises:
        Conflict: the claim is no longer held.
    """
    holding.readers_and_messages(session, Message.id == claimed.id)
    _finish(session, claimed, state=MessageState.DEAD, reply=_words(reply))
    record(session, [(claimed.id, "dead", {"code": code})], at)
    if claimed.subscriber_id is not None and no_mailbox:
        bury(session, claimed.address, because=reply, at=at)
    elif claimed.kind is MessageKind.SURVEY and no_mailbox:
        answering.address_is_dead(session, claimed.address, actor=ACTOR, at=at)


def released(session: Session, claimed: Claimed, *, at: datetime) -> None:
    """Put a message back that was not tried after all; the try is not charged.

    It goes behind the others that are due, in case it is what the server trips over.

    Raises:
        Conflict: the claim is no longer held.
    """
    _put_back(session, _held(claimed), claimed, next_at=at)
    log.info("mail.released", uuid=claimed.uuid)


def untried(session: Session, claimed: Claimed) -> None:
    """Put a message back that was claimed and not begun, to where it stood.

    Raises:
        Conflict: the claim is no longer held.
    """
    _put_back(session, _held(claimed), claimed)


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
    record(session, [(claimed.id, "dead", {"code": code})], at)


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


def accepted_within(session: Session, since: datetime, at: datetime) -> int:
    """Count the messages that the server has accepted since then; not by a clock that ran ahead."""
    lately = select(func.count()).where(Message.sent_at > since, Message.sent_at <= at)
    return session.scalar(lately) or 0


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
    record(session, [(claimed.id, "dead", {"attempts": claimed.attempt})], at)
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
    if claimed.may_have_left:
        before = MessageState.UNCERTAIN
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
        Message.state.in_((MessageState.DEFERRED, MessageState.UNCERTAIN)),
        Message.lease_token == claimed.token,
    )


def _finish(session: Session, claimed: Claimed, **values: Any) -> None:  # noqa: ANN401 - columns
    """Record what became of a claim, if it is still held; drop a link nobody needs any more."""
    if values["state"] is MessageState.DEAD:
        values["context"] = _kept(claimed)
    _end(session, _held(claimed), held_since=None, **values)


def _kept(claimed: Claimed) -> dict[str, Any]:
    """Give what is kept of a message's context once it is done: no link that lets somebody in."""
    if claimed.kind is not MessageKind.INVITATION:
        return claimed.context
    return {key: value for key, value in claimed.context.items() if key != "link"}


def _end(session: Session, which: ColumnElement[bool], **values: Any) -> None:  # noqa: ANN401 - columns
    if "reply" in values:
        values["reply"] = _unless_erased(literal(values["reply"]))
    statement = update(Message).where(which).values(lease_until=None, **values)
    done = session.execute(statement.execution_options(synchronize_session=False))
    if affected(done) != 1:
        raise Conflict(_OTHERS)


def bury(session: Session, address: str, *, because: str, at: datetime) -> bool:
    """Let the reader at an address go, whose mailbox is no more; tells whether there was one."""
    gone = (
        update(Subscriber)
        .where(
            Subscriber.address == address,
            Subscriber.state.in_((SubscriberState.ACTIVE, SubscriberState.PENDING)),
        )
        .values(state=SubscriberState.DEAD, dead_at=at, dead_because=_words(because))
        .returning(Subscriber.id)
        .execution_options(synchronize_session=False)
    )
    readers = session.scalars(gone).all()
    for reader in readers:
        subject = f"subscriber:{reader}"
        audit.record(session, at=at, actor=ACTOR, action="subscriber.dead", subject=subject)
    return bool(readers)


def _unless_erased(words: ColumnElement[str]) -> ColumnElement[str | None]:
    """Keep what a server said, but of an address that was erased meanwhile: it may quote it."""
    return case((Message.address.startswith(ERASED), None), else_=words)


def _words(reply: str) -> str:
    return rules.plain(reply, MAX_REPLY)
