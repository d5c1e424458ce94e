"""Every table of mail: announcements, digests and what came of them here, readers and messages beside.

Who asks only how things stand takes ``message_tables`` or ``reader_tables``: to declare a table takes
longer than to ask one.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column, partial_index
from monitor.notify.message_tables import (
    HELD_BACK,
    LINKS_IN,
    NOT_SENT_YET,
    REFUSED_UNSEEN,
    TO_BE_SENT,
    TURN,
    Message,
    MessageKind,
    MessageState,
    Reason,
)
from monitor.notify.reader_tables import ERASED, ReaderTerms, Subscriber, SubscriberState
from monitor.notify.words import BounceWeight, Helped

__all__ = [
    "AWAITS",
    "ERASED",
    "HELD_BACK",
    "LINKS_IN",
    "NOT_SENT_YET",
    "REFUSED_UNSEEN",
    "TO_BE_SENT",
    "TURN",
    "Announcement",
    "BounceMailbox",
    "Digest",
    "HeldNews",
    "HelpQuestion",
    "Message",
    "MessageKind",
    "MessageState",
    "ReaderTerms",
    "Reason",
    "ReturnedMail",
    "Subscriber",
    "SubscriberState",
    "TrialNews",
]

AWAITS = "awaits_since IS NOT NULL AND approved_at IS NULL AND overtaken_by IS NULL"


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
        partial_index("ix_announcement_incomplete", "id", where="complete_at IS NULL"),
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
        partial_index("ix_digest_awaits", "awaits_since", where=AWAITS),
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
    weight: Mapped[BounceWeight] = mapped_column(enum_column(BounceWeight, name="weight"))
    status: Mapped[str]
    words: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        # the same bounce again changes nothing
        UniqueConstraint("message_id", "weight"),
        Index("ix_returned_mail_at", "at"),
    )
