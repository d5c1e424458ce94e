"""The tables of readers: who they are, and on what terms they are told."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column
from monitor.notify.words import Cadence

ERASED = "erased:"  # and a reader's number: what stands for an address that was erased


class SubscriberState(StrEnum):
    """Whether a subscriber may be written to."""

    PENDING = "pending"  # asked, not yet confirmed by mail
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    DEAD = "dead"  # the address does not exist, by a mail server's word or a bounce


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
