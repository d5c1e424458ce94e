"""Subscribers, announcements and the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.database import Base, enum_column


def _only(condition: str) -> dict[str, Any]:
    """Keep an index to some rows, on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class SubscriberState(StrEnum):
    """Whether a subscriber may be written to."""

    PENDING = "pending"  # asked, not yet confirmed by mail
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    DEAD = "dead"  # the mail server says that the address does not exist


class MessageKind(StrEnum):
    """What a message is; each has a folder in templates/email."""

    CONFIRM = "confirm"
    CHANGE = "change"
    INVITATION = "invitation"
    INCIDENT = "incident"


class MessageState(StrEnum):
    """Where a message stands. Its Message-ID never changes."""

    PENDING = "pending"
    CLAIMED = "claimed"  # under a lease, being sent
    SENT = "sent"
    DEFERRED = "deferred"  # refused for now; tried again at next_at
    UNCERTAIN = "uncertain"  # handed over, no reply: sent again with the same Message-ID
    DEAD = "dead"  # refused for good
    CANCELLED = "cancelled"  # the reader left before it was sent


class Subscriber(Base):
    """A reader, by address. ``purpose`` is the text they agreed to, kept with its time."""

    __tablename__ = "subscriber"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)  # lower case
    state: Mapped[SubscriberState] = mapped_column(enum_column(SubscriberState))
    interventions: Mapped[list[str]]  # slugs followed
    purpose: Mapped[str]
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class Announcement(Base):
    """Changes meant for readers, caused by one decision. Written in the decision's transaction."""

    __tablename__ = "announcement"

    id: Mapped[int] = mapped_column(primary_key=True)
    change_ids: Mapped[list[Any]]
    slugs: Mapped[list[str]]
    content: Mapped[dict[str, Any]]  # everything a message says, frozen
    at: Mapped[datetime]


class Message(Base):
    """One e-mail to one address. Sent outside any transaction, under a lease."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[MessageKind] = mapped_column(enum_column(MessageKind))
    address: Mapped[str]
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id"))
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("announcement.id"))
    context: Mapped[dict[str, Any]]  # what its template needs beyond the announcement
    state: Mapped[MessageState] = mapped_column(enum_column(MessageState))
    queued_at: Mapped[datetime]
    next_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reply: Mapped[str | None]  # the server's last words
    held_since: Mapped[datetime | None]  # it waits: the server takes no mail from us
    seen_at: Mapped[datetime | None]  # when an admin saw that it was refused for good

    __table_args__ = (
        UniqueConstraint("subscriber_id", "announcement_id"),
        Index("ix_message_state_next_at", "state", "next_at"),
        # the mail's page asks since when the oldest waits, and when the last was sent
        Index("ix_message_state_queued_at", "state", "queued_at"),
        Index("ix_message_sent_at", "sent_at"),
        # few of very many: those that the server does not take, and those it refused for good
        Index("ix_message_held", "held_since", **_only("held_since IS NOT NULL")),
        Index("ix_message_unseen", "id", **_only("state = 'dead' AND seen_at IS NULL")),
    )
