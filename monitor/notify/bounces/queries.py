"""Read models of mail that came back, and of readers let go for it. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.notify.tables import (
    Message,
    MessageKind,
    ReturnedMail,
    Subscriber,
    SubscriberState,
)
from monitor.notify.words import BounceWeight

SHOWN_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Back:
    """One message that came back: to whom, what it was, and what the other server said."""

    uuid: str
    address: str
    kind: MessageKind
    weight: BounceWeight
    status: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LetGo:
    """One reader who is written to no more, since when and by whose words, as far as known."""

    id: int
    address: str
    at: datetime | None
    because: str | None


def returned(
    session: Session, at: datetime, *, limit: int = 50, uuid: str | None = None
) -> list[Back]:
    """List what came back lately, the newest first; of one message, where ``uuid`` names it."""
    newest = (
        select(ReturnedMail, Message.uuid, Message.address, Message.kind)
        .join(Message, Message.id == ReturnedMail.message_id)
        .where(ReturnedMail.at > at - SHOWN_FOR)
        .order_by(ReturnedMail.at.desc(), ReturnedMail.id.desc())
        .limit(limit)
    )
    rows = session.execute(newest.where(Message.uuid == uuid) if uuid else newest)
    return [
        Back(of, address, kind, row.weight, row.status, row.words, row.at)
        for row, of, address, kind in rows
    ]


def let_go(session: Session, *, limit: int = 50) -> list[LetGo]:
    """List the readers who are written to no more, the latest first."""
    dead = select(Subscriber).where(Subscriber.state == SubscriberState.DEAD)
    newest = dead.order_by(Subscriber.dead_at.desc().nulls_last(), Subscriber.id.desc())
    return [
        LetGo(reader.id, reader.address, reader.dead_at, reader.dead_because)
        for reader in session.scalars(newest.limit(limit))
    ]


def count_let_go(session: Session) -> int:
    """Count the readers who are written to no more."""
    dead = select(func.count()).where(Subscriber.state == SubscriberState.DEAD)
    return session.scalar(dead) or 0
