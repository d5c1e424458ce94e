"""The ledgers of gaps and of changes. Append-only; the newest row is the current state."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from monitor.catalogue.words import GapKind, UsageBand
from monitor.kernel.persistence.database import Base, enum_column


class GapRow(Base):
    """One assessment of one intervention's gap."""

    __tablename__ = "gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    policy: Mapped[str]
    kind: Mapped[GapKind] = mapped_column(enum_column(GapKind))
    sentence: Mapped[str]  # for readers, from the matrix
    band: Mapped[UsageBand] = mapped_column(enum_column(UsageBand))
    grade_id: Mapped[int] = mapped_column(ForeignKey("grade.id"))
    usage_id: Mapped[int | None] = mapped_column(ForeignKey("wave_row.id"))
    cause_kind: Mapped[str]
    cause_id: Mapped[int | None]
    cause: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_gap_slug_id", "slug", "id"),)


class Change(Base):
    """An entry in the ledger: what changed for an intervention, from what to what, by what cause.

    ``before`` and ``after`` are whole states (gap.rules.State as a dict), so a reader can always be
    told what did not change too. ``kinds`` lists the ChangeKinds; empty for the baseline.
    """

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    kinds: Mapped[list[str]]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any]]
    sentence: Mapped[str]  # what changed and why, in one sentence
    cause_kind: Mapped[str]  # as evidence.words.Cause has it
    cause_id: Mapped[int | None]
    cause: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_change_slug_id", "slug", "id"),)
