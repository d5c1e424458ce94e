"""The ledger of grades. Append-only; the newest row of an intervention is its grade."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from monitor.catalogue.words import Direction, Tier
from monitor.kernel.database import Base, enum_column


class GradeRow(Base):
    """One grading of one intervention, with the facts and the rule that gave it."""

    __tablename__ = "grade"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    policy: Mapped[str]  # version of the grading policy
    tier: Mapped[Tier] = mapped_column(enum_column(Tier))  # the tier that stands
    tier_low: Mapped[Tier] = mapped_column(
        enum_column(Tier, name="tier_low")
    )  # at the lower ends of the facts
    tier_high: Mapped[Tier] = mapped_column(
        enum_column(Tier, name="tier_high")
    )  # at the upper ends
    direction: Mapped[Direction] = mapped_column(enum_column(Direction))
    facts: Mapped[dict[str, Any]]  # name -> [lower, upper]
    counted: Mapped[list[Any]]  # ids of the accepted studies
    reasons: Mapped[list[str]]  # the sentences that decided, as printed
    cause_kind: Mapped[str]
    cause_id: Mapped[int | None]
    cause: Mapped[str]  # in words
    at: Mapped[datetime]
    # what the review said, what trials since show (lines of ``shown.Shown``), and the version of
    # the policy that pooled them; None of what was graded by votes, to policy 2023-1
    statements: Mapped[dict[str, Any] | None]

    __table_args__ = (Index("ix_grade_slug_id", "slug", "id"),)
