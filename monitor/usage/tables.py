"""Usage observations: a share with its denominator, ranks still possible, or the source's words."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.database import Base


class UsageObservation(Base):
    """What one source says of one intervention's use in one wave. Append-only."""

    __tablename__ = "usage_observation"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    wave: Mapped[str]  # "2020": when the survey ran
    ranks: Mapped[list[Any]]  # ranks still possible, 1 is most used; empty: not stated
    out_of: Mapped[int | None]
    words: Mapped[str | None]  # the source's own words
    numerator: Mapped[int | None]
    denominator: Mapped[int | None]
    unit: Mapped[str | None]
    citation: Mapped[str]
    recorded_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("slug", "wave"),
        CheckConstraint(
            "(numerator IS NULL) = (denominator IS NULL)", name="share_has_denominator"
        ),
        CheckConstraint("(numerator IS NULL) = (unit IS NULL)", name="share_has_unit"),
    )
