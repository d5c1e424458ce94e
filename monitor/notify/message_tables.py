"""The table of messages: the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column, partial_index


class MessageKind(StrEnum):
    """What a message is; each has a folder in templates/email."""

    CONFIRM = "confirm"
    CHANGE = "change"
    DIGEST = "digest"
    INVITATION = "invitation"
    INCIDENT = "incident"
    MY_SERVICES = "my_services"
    SURVEY = "survey"  # asks a service for its return; a reminder too
    HELPED = "helped"  # asks whether what was told changed anything
    OWN_DATA = "own_data"  # a short-lived link to all that is held of an address


class MessageState(StrEnum):
    """Where a message stands. Its Message-ID never changes."""

    PENDING = "pending"
    CLAIMED = "claimed"  # under a lease, being sent
    SENT = "sent"
    DEFERRED = "deferred"  # refused for now; tried again at next_at
    UNCERTAIN = "uncertain"  # handed over, no reply: sent again with the same Message-ID
    DEAD = "dead"  # refused for good
    CANCELLED = "cancelled"  # the reader left before it was sent
    ON_HOLD = "on hold"  # never handed over; it goes when an admin says so


class Reason(StrEnum):
    """Why a message waits, or never went, where its state does not say. ``reply`` tells people."""

    AWAITS_APPROVAL = "awaits approval"  # it goes when an admin has approved its digest
    HELD = "held by an admin"
    OVERTAKEN = "overtaken"  # what it tells is no longer so, or a later mail tells it


# When a message's turn comes, as SQL that both databases index: what somebody waits for (a link, an
# incident) before what goes to thousands, the first try before the second, and last what the mail
# server takes from others but not from us. Whatever its number, see ``notify.smtp.due``.
TURN = (
    "(CASE WHEN held_since IS NOT NULL THEN 6 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN attempts > 0 THEN 1 + CASE WHEN attempts > 4 THEN 4 ELSE attempts END "
    "WHEN kind IN ('change', 'digest', 'survey') THEN 1 ELSE 0 END)"
)
# Literals: a partial index is only used where the query says the same as it, word for word.
TO_BE_SENT = "state IN ('pending', 'deferred', 'uncertain')"
NOT_SENT_YET = "state IN ('pending', 'claimed', 'deferred', 'uncertain')"
REFUSED_UNSEEN = "state = 'dead' AND seen_at IS NULL"
HELD_BACK = "held_since IS NOT NULL"
LINKS_IN = "kind = 'my_services'"


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
    reply: Mapped[str | None]  # the server's last words, or ours: for people alone
    held_since: Mapped[datetime | None]  # it waits: the server takes no mail from us
    seen_at: Mapped[datetime | None]  # when an admin saw that it was refused for good
    digest_id: Mapped[int | None]  # the digest that it brings
    reason: Mapped[Reason | None] = mapped_column(enum_column(Reason))

    __table_args__ = (
        UniqueConstraint("subscriber_id", "announcement_id"),
        # how many are in a state; a dead sender's claims
        Index("ix_message_state_next_at", "state", "next_at"),
        # a claim takes the first few of each turn, however many wait
        partial_index("ix_message_turn", text(TURN), "next_at", "id", where=TO_BE_SENT),
        # how long the oldest has waited, and how many for too long
        partial_index("ix_message_waiting", "queued_at", where=NOT_SENT_YET),
        # asked every few seconds, true of few
        partial_index("ix_message_held", "held_since", where=HELD_BACK),
        partial_index("ix_message_refused", "id", where=REFUSED_UNSEEN),
        # when the last was sent; whether one was since
        partial_index("ix_message_sent_at", "sent_at", where="sent_at IS NOT NULL"),
        # what was told of an announcement: who is told of its correction
        Index("ix_message_announcement_id", "announcement_id"),
        # whether an address was mailed a link to its private view lately
        partial_index("ix_message_links_in", "address", "queued_at", where=LINKS_IN),
        Index("ix_message_digest_id", "digest_id"),
        # whether the last messages to an address all came back
        Index("ix_message_address", "address"),
    )
