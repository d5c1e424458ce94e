"""Read models of the mail for pages and commands. Changes nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.kernel.errors import NotFound
from monitor.notify.tables import Message, MessageKind, MessageState, Subscriber, SubscriberState

WAITING = (
    MessageState.PENDING,
    MessageState.CLAIMED,
    MessageState.DEFERRED,
    MessageState.UNCERTAIN,
)


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """How the outbox stands: messages by state; ``oldest_waiting_at`` is when it was queued."""

    counts: dict[MessageState, int]
    last_sent_at: datetime | None
    oldest_waiting_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message as an admin sees it; ``reply`` is the mail server's last word."""

    id: int
    uuid: str
    kind: MessageKind
    address: str
    state: MessageState
    queued_at: datetime
    next_at: datetime
    sent_at: datetime | None
    reply: str | None
    attempts: int


def outbox(session: Session) -> OutboxStatus:
    """Read how the outbox stands."""
    counted = session.execute(select(Message.state, func.count()).group_by(Message.state))
    return OutboxStatus(
        counts=dict(counted.all()),
        last_sent_at=session.scalar(select(func.max(Message.sent_at))),
        oldest_waiting_at=session.scalar(
            select(func.min(Message.queued_at)).where(Message.state.in_(WAITING))
        ),
    )


def messages(session: Session, limit: int = 50) -> list[MessageView]:
    """List the newest messages, newest first."""
    newest = select(Message).order_by(Message.id.desc()).limit(limit)
    return [_view(message) for message in session.scalars(newest)]


def message(session: Session, uuid: str) -> MessageView:
    """Read one message.

    Raises:
        NotFound: there is no such message.
    """
    found = session.scalars(select(Message).where(Message.uuid == uuid)).first()
    if found is None:
        raise NotFound(f"there is no message {uuid}")
    return _view(found)


def readers(session: Session) -> dict[SubscriberState, int]:
    """Count the subscribers by state."""
    counted = session.execute(select(Subscriber.state, func.count()).group_by(Subscriber.state))
    return dict(counted.all())


def followers(session: Session, slugs: Collection[str]) -> int:
    """Count the active subscribers who follow any of ``slugs``."""
    followed = session.scalars(
        select(Subscriber.interventions).where(Subscriber.state == SubscriberState.ACTIVE)
    )
    return sum(1 for chosen in followed if set(chosen) & set(slugs))


def _view(message: Message) -> MessageView:
    return MessageView(
        id=message.id,
        uuid=message.uuid,
        kind=message.kind,
        address=message.address,
        state=message.state,
        queued_at=message.queued_at,
        next_at=message.next_at,
        sent_at=message.sent_at,
        reply=message.reply,
        attempts=message.attempts,
    )
