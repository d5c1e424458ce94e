"""Subscribers and their terms, announcements, digests and the outbox."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    TextClause,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column
from monitor.notify.words import Cadence, Helped, Weight


def _only(condition: str) -> dict[str, Any]:
    """Keep an index to some rows, on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class SubscriberState(StrEnum):
    """Whether a subscriber may be written to."""

    PENDING = "pending"  # asked, not yet confirmed by mail
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    DEAD = "dead"  # the address does not exist, by a mail server's word or a bounce


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
AWAITS = "awaits_since IS NOT NULL AND approved_at IS NULL AND overtaken_by IS NULL"
LINKS_IN = "kind = 'my_services'"


ERASED = "erased:"  # and a reader's number: what stands for an address that was erased


def _partial(name: str, *columns: str | TextClause, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


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
    # the newest announcement when they last confirmed or chose: they hear of later ones
    follows_after: Mapped[int] = mapped_column(default=0, server_default="0")
    # of those followed, what their own services offer, where they hear of nothing else; None: of all they follow
    narrowed_to: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    # when they were last found dead, and by whose words; kept when they are written to again
    dead_at: Mapped[datetime | None]
    dead_because: Mapped[str | None]
    # what they got until the link of a mail last changed it, and when (``notify.chosen``): JSON
    chose: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    @property
    def hears_of(self) -> list[str]:
        """The interventions whose changes they are mailed."""
        narrow = self.narrowed_to
        return [slug for slug in self.interventions if narrow is None or slug in narrow]


class ReaderTerms(Base):
    """On what terms a subscriber is told (``notify.terms``); without a row: as before digests.

    ``budget``: interruptions a quarter at most; None: any number. ``spent``: those of the quarter
    that began on ``quarter``. A digest is due at ``next_digest_at`` (None: its time is set when it
    is next looked at) and tells of what was since ``covered_to``.
    """

    __tablename__ = "reader_terms"

    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), primary_key=True)
    cadence: Mapped[Cadence] = mapped_column(enum_column(Cadence))
    kinds: Mapped[list[str]]
    budget: Mapped[int | None]
    quarter: Mapped[date | None]
    spent: Mapped[int] = mapped_column(default=0, server_default="0")
    covered_to: Mapped[datetime]
    next_digest_at: Mapped[datetime | None]
    # they agreed to be asked whether what they were told helped
    may_be_asked: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (Index("ix_reader_terms_next_digest_at", "next_digest_at"),)


class Announcement(Base):
    """Changes meant for readers, caused by one decision. Written in the decision's transaction.

    Its readers get their messages in pieces, in the order of their ids (``announcements.fan_out``):
    ``reached`` is the last one who was looked at, ``last_reader`` the last one there was then.
    """

    __tablename__ = "announcement"

    id: Mapped[int] = mapped_column(primary_key=True)
    change_ids: Mapped[list[Any]]
    slugs: Mapped[list[str]]
    content: Mapped[dict[str, Any]]  # everything a message says, frozen
    at: Mapped[datetime]
    study_id: Mapped[int | None]  # what it tells of, where a study caused it
    sender: Mapped[str] = mapped_column(default="", server_default="")  # of its messages
    reached: Mapped[int] = mapped_column(default=0, server_default="0")
    last_reader: Mapped[int] = mapped_column(default=0, server_default="0")
    readers: Mapped[int] = mapped_column(default=0, server_default="0")  # who got a message so far
    complete_at: Mapped[datetime | None]  # everybody was looked at, or it is told no further
    # a later one that says the opposite: what was not handed over yet of this one never is
    overtaken_by: Mapped[int | None]
    wave_id: Mapped[int | None]  # what it tells of, where a wave of use caused it

    __table_args__ = (
        # each announcement asks what was told of its study before
        Index("ix_announcement_study_id", "study_id"),
        Index("ix_announcement_wave_id", "wave_id"),
        # every pass asks whether one is still being told: few are, of many
        _partial("ix_announcement_incomplete", "id", where="complete_at IS NULL"),
    )


class Digest(Base):
    """What one mail for a period says, frozen; one row for all readers to whom it says the same.

    ``key`` names all that its content was made of. ``overtaken_by``: a later announcement that says
    the opposite of something in it; what was not handed over of it is made anew. ``awaits_since``:
    its messages are on hold until an admin has approved it (``approved_at``).
    """

    __tablename__ = "digest"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    content: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    overtaken_by: Mapped[int | None]
    awaits_since: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]

    __table_args__ = (
        # asked every few seconds, true of few
        _partial("ix_digest_awaits", "awaits_since", where=AWAITS),
    )


class HeldNews(Base):
    """One announcement that waits for a reader's next digest, or was told in one (``message_id``)."""

    __tablename__ = "held_news"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"))
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcement.id"))
    slugs: Mapped[list[str]]  # of the announcement's, what this reader is told
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))

    __table_args__ = (
        UniqueConstraint("subscriber_id", "announcement_id"),
        # who is told of a correction
        Index("ix_held_news_announcement_id", "announcement_id"),
        # what was in a message
        Index("ix_held_news_message_id", "message_id"),
    )


class HelpQuestion(Base):
    """Whether what a message told helped: asked once, of a reader who agreed to be asked.

    ``told_id`` told, ``message_id`` asks. Of a reader who was erased the answer alone is left.
    """

    __tablename__ = "help_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id"))
    told_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), unique=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), unique=True)
    asked_at: Mapped[datetime]
    answer: Mapped[Helped | None] = mapped_column(enum_column(Helped))
    answered_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_help_question_subscriber_id", "subscriber_id"),)


class TrialNews(Base):
    """What was noted of a registered trial, once; ``at`` None: it was known before, so no news."""

    __tablename__ = "trial_news"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]  # of its registration
    kind: Mapped[str]  # a notify.words.Kind of trials
    slugs: Mapped[list[str]]
    sentence: Mapped[str]
    at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("number", "kind"), Index("ix_trial_news_at", "at"))


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
        _partial("ix_message_turn", text(TURN), "next_at", "id", where=TO_BE_SENT),
        # how long the oldest has waited, and how many for too long
        _partial("ix_message_waiting", "queued_at", where=NOT_SENT_YET),
        # asked every few seconds, true of few
        _partial("ix_message_held", "held_since", where=HELD_BACK),
        _partial("ix_message_refused", "id", where=REFUSED_UNSEEN),
        # when the last was sent; whether one was since
        _partial("ix_message_sent_at", "sent_at", where="sent_at IS NOT NULL"),
        # what was told of an announcement: who is told of its correction
        Index("ix_message_announcement_id", "announcement_id"),
        # whether an address was mailed a link to its private view lately
        _partial("ix_message_links_in", "address", "queued_at", where=LINKS_IN),
        Index("ix_message_digest_id", "digest_id"),
        # whether the last messages to an address all came back
        Index("ix_message_address", "address"),
    )


class BounceMailbox(Base):
    """How far a mailbox of bounces was read. ``last_uid``: of the last mail that was looked at.

    Its numbers hold as long as ``uid_validity`` does; under another one it is read from the start,
    which does nothing twice. ``to_mark``: what was taken in and is still to be marked or moved there.
    ``stuck_uid``: the mail at which the last ``stuck_times`` readings broke off.
    """

    __tablename__ = "bounce_mailbox"

    name: Mapped[str] = mapped_column(primary_key=True)  # user, server and folder
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)  # None: it was never opened
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
    to_mark: Mapped[list[int]]
    stuck_uid: Mapped[int | None] = mapped_column(BigInteger)
    stuck_times: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    read_at: Mapped[datetime | None]  # when it was last read to its end


class ReturnedMail(Base):
    """One message that came back, as a bounce that was believed says; ``words``: the other server's."""

    __tablename__ = "returned_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    weight: Mapped[Weight] = mapped_column(enum_column(Weight))
    status: Mapped[str]
    words: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        # the same bounce again changes nothing
        UniqueConstraint("message_id", "weight"),
        Index("ix_returned_mail_at", "at"),
    )
