"""Letting go of digests that were overtaken before they left: what was in them waits again.

A correction marks every digest that tells what it takes back and was not handed over. Such a message is
never sent; a new digest takes its place at once, and tells what became of it.
"""

from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.persistence.database import affected
from monitor.notify.digests.making import ACTOR, AT_ONCE
from monitor.notify.messages.claiming import OVERTAKEN
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import Digest, HeldNews, Message, MessageState, ReaderTerms, Reason

_STOPPED = (*UNTOUCHED, MessageState.CANCELLED)


def any_overtaken(session: Session) -> bool:
    """Tell whether a message waits to be let go."""
    return session.scalar(_overtaken().with_only_columns(Message.id).limit(1)) is not None


def release_next(session: Session, *, at: datetime) -> int:
    """Let go of the next messages whose digest was overtaken; counts them.

    Their readers' digests are due at once, from where the one that was stopped began.
    """
    next_ = _overtaken().order_by(Message.id).limit(AT_ONCE)
    rows = session.scalars(next_.with_for_update(of=Message)).all()
    for message in rows:
        if message.state is not MessageState.CANCELLED:
            message.state, message.reply = MessageState.CANCELLED, OVERTAKEN
            message.reason, message.held_since = Reason.OVERTAKEN, None
        again = update(HeldNews).where(HeldNews.message_id == message.id).values(message_id=None)
        affected(session.execute(again.execution_options(synchronize_session=False)))
        row = session.get(ReaderTerms, message.subscriber_id)
        if row is not None:
            row.covered_to = min(row.covered_to, datetime.fromisoformat(message.context["since"]))
            row.next_digest_at = at
    if rows:
        audit.record(
            session,
            at=at,
            actor=ACTOR,
            action="digests.overtaken",
            subject="digest",
            readers=len(rows),
        )
    session.flush()
    return len(rows)


def let_approved_go(session: Session, *, at: datetime) -> int:
    """Let go of what was made for a digest while an admin approved it; counts it."""
    next_ = _left_behind().order_by(Message.id).limit(AT_ONCE)
    rows = session.scalars(next_.with_for_update(of=Message)).all()
    for message in rows:
        message.state, message.reply, message.next_at = MessageState.PENDING, None, at
        message.reason = None
    session.flush()
    return len(rows)


def any_left_behind(session: Session) -> bool:
    """Tell whether a message waits for an approval that was given."""
    return session.scalar(_left_behind().with_only_columns(Message.id).limit(1)) is not None


def _left_behind() -> Select[Message]:
    return (
        select(Message)
        .join(Digest, Digest.id == Message.digest_id)
        .where(
            Message.state == MessageState.ON_HOLD,
            Message.reason == Reason.AWAITS_APPROVAL,
            Digest.approved_at.is_not(None),
        )
    )


def _overtaken() -> Select[Message]:
    return (
        select(Message)
        .join(Digest, Digest.id == Message.digest_id)
        .where(
            Digest.overtaken_by.is_not(None),
            Message.state.in_(_STOPPED),
            select(HeldNews.id).where(HeldNews.message_id == Message.id).exists(),
        )
    )
