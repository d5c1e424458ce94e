"""Waves of use and their rows. A published wave is never edited: it is withdrawn, and another brought."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column, partial_index

_STANDS = "state IN ('draft', 'published')"  # whose name nobody else may have


class WaveState(StrEnum):
    """Where a wave stands. Only a published one counts."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


class Wave(Base):
    """One survey of use: what was asked, whom, when and how. What is None is not known."""

    __tablename__ = "wave"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # "2020", "Services 2029"
    state: Mapped[WaveState] = mapped_column(enum_column(WaveState))
    origin: Mapped[str]  # "published review", "file", and what else makes drafts
    instrument: Mapped[str | None]
    version: Mapped[str | None]
    question: Mapped[str | None]  # word for word
    field_from: Mapped[date | None]
    field_to: Mapped[date | None]
    dated: Mapped[str | None]  # in the source's words, where it gives no days
    frame: Mapped[str | None]  # who could answer
    unit: Mapped[str | None]  # what is counted: services, responses, families
    mode: Mapped[str | None]
    promoters: Mapped[list[str]]  # who asked services to answer
    invited: Mapped[int | None]
    responses: Mapped[int | None]
    services: Mapped[int | None]
    design_effect: Mapped[float | None]  # as the survey says it, where it is above the floor
    citation: Mapped[str]
    # the question on gold-standard measures, with numerator and denominator; None: not asked
    gold_standard: Mapped[dict[str, Any] | None]
    content_hash: Mapped[str | None]  # of the files it was read from
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # of publishing, for the record
    ended_by: Mapped[str | None]  # who withdrew or discarded it
    ended_at: Mapped[datetime | None]
    why_ended: Mapped[str | None]

    __table_args__ = (
        partial_index("uq_wave_name", "name", unique=True, where=_STANDS),
        Index("ix_wave_state", "state"),
    )


class WaveRow(Base):
    """What one wave says of one intervention: of all who were asked, or of a part of them.

    ``nation``, ``sector`` and ``area`` are empty where it is of all. A count has its denominator;
    ranks are those still possible, 1 is most used.
    """

    __tablename__ = "wave_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    nation: Mapped[str] = mapped_column(default="")
    sector: Mapped[str] = mapped_column(default="")
    area: Mapped[str] = mapped_column(default="")
    numerator: Mapped[int | None]
    denominator: Mapped[int | None]
    ranks: Mapped[list[Any]]
    out_of: Mapped[int | None]
    words: Mapped[str | None]  # the source's own words

    __table_args__ = (
        UniqueConstraint("wave_id", "slug", "nation", "sector", "area"),
        CheckConstraint(
            "(numerator IS NULL) = (denominator IS NULL)", name="share_has_denominator"
        ),
        CheckConstraint("numerator >= 0 AND numerator <= denominator", name="share_is_one"),
    )
