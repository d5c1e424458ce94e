"""Read models of the mail for pages and commands. Changes nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal_column, select
from sqlalchemy.orm import Session

from monitor.kernel.errors import NotFound
from monitor.notify import rules
from monitor.notify.tables import Message, MessageKind, MessageState, Subscriber, SubscriberState

WAITING = (
    MessageState.PENDING,
    MessageState.CLAIMED,
    MessageState.DEFERRED,
    MessageState.UNCERTAIN,
)

MANY = 10_001  # of a state: as many are counted and no more


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """How the outbox stands: messages by state; ``oldest_waiting_at`` is when it was queued.

    A state is counted up to ``MANY``, which stands for that many or more.

    ``refused``: how many were refused for good and no admin has seen it. ``held``: how many wait
    since the server takes none from us.
    """

    counts: dict[MessageState, int]
    last_sent_at: datetime | None
    oldest_waiting_at: datetime | None
    refused: int
    held: int


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
    held_since: datetime | None
    seen_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether it is still to be sent, and nobody is sending it now."""
        return self.state in WAITING and self.state is not MessageState.CLAIMED


def outbox(session: Session) -> OutboxStatus:
    """Read how the outbox stands."""
    return OutboxStatus(
        counts=_bounded(session),
        last_sent_at=session.scalar(select(func.max(Message.sent_at))),
        oldest_waiting_at=_oldest(session),
        refused=_count(session, _unseen()),
        held=_count(session, _held()),
    )


def anything_held(session: Session) -> bool:
    """Tell whether a message waits since the server takes none from us."""
    return session.scalar(select(Message.id).where(_held()).limit(1)) is not None


def waiting_long(session: Session, at: datetime) -> int:
    """Count the messages that have waited for longer than mail may."""
    late = Message.queued_at < at - rules.MAY_WAIT
    return _count(session, and_(Message.state.in_(WAITING), late))


def refused(session: Session, limit: int = 50) -> list[MessageView]:
    """List the messages refused for good that no admin has seen, the newest first."""
    unseen = select(Message).where(_unseen()).order_by(Message.id.desc()).limit(limit)
    return [_view(message) for message in session.scalars(unseen)]


def messages(session: Session, limit: int = 50) -> list[MessageView]:
    """List the newest messages, newest first."""
    newest = select(Message).order_by(Message.id.desc()).limit(limit)
    return [_view(message) for message in session.scalars(newest)]


def message(session: Session, uuid: str) -> MessageView:
    """Read one message.

    Raises:
        NotFound: there is no such message.
    """
    row = session.scalars(select(Message).where(Message.uuid == uuid)).first()
    if row is None:
        raise NotFound(f"there is no message {uuid}")
    return _view(row)


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


def _bounded(session: Session) -> dict[MessageState, int]:
    """Count the messages of each state, up to ``MANY``, in one statement; empty states are left out."""
    counted = session.execute(
        select(
            *(
                select(func.count())
                .select_from(
                    select(Message.id)
                    .where(Message.state == state)
                    .order_by(Message.next_at)
                    .limit(MANY)
                    .subquery()
                )
                .scalar_subquery()
                for state in MessageState
            )
        )
    ).one()
    return {state: n for state, n in zip(MessageState, counted, strict=True) if n}


def _oldest(session: Session) -> datetime | None:
    """Tell when the message that has waited longest was queued, from each state's own oldest."""
    each = (
        select(func.min(Message.queued_at)).where(Message.state == state).scalar_subquery()
        for state in WAITING
    )
    return min((at for at in session.execute(select(*each)).one() if at), default=None)


def _unseen() -> ColumnElement[bool]:
    # in the index's own words: a database uses it for nothing else
    return and_(Message.state == literal_column("'dead'"), Message.seen_at.is_(None))


def _held() -> ColumnElement[bool]:
    return and_(Message.state.in_(WAITING), Message.held_since.is_not(None))


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Message).where(which)) or 0


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
        held_since=message.held_since,
        seen_at=message.seen_at,
    )
