"""Read the ledger of grades. Changes nothing."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from monitor.catalogue.words import Direction
from monitor.evidence.rules import CountRange, Grade
from monitor.evidence.shown import ShownFinding
from monitor.evidence.tables import GradeRow
from monitor.kernel.persistence.once import once


def current(session: Session, slug: str) -> GradeRow | None:
    """Give an intervention's grade: its newest row, or None before the baseline is published."""
    return as_of(session, slug, None)


@once
def as_of(session: Session, slug: str, at: datetime | None) -> GradeRow | None:
    """Give the grade that stood at a moment (None: that stands now); None before the first."""
    newest = _newest(slug)
    return session.scalars(newest if at is None else newest.where(GradeRow.at <= at)).first()


def _newest(slug: str) -> Select[GradeRow]:
    return select(GradeRow).where(GradeRow.slug == slug).order_by(GradeRow.id.desc()).limit(1)


def history(session: Session, slug: str) -> list[GradeRow]:
    """Give every grade of an intervention, newest first."""
    return list(
        session.scalars(select(GradeRow).where(GradeRow.slug == slug).order_by(GradeRow.id.desc()))
    )


def newest(session: Session) -> dict[str, GradeRow]:
    """Give the grade of every intervention that has one, by its slug."""
    last = select(func.max(GradeRow.id)).group_by(GradeRow.slug)
    return {row.slug: row for row in session.scalars(select(GradeRow).where(GradeRow.id.in_(last)))}


def as_grade(row: GradeRow) -> Grade:
    """Give a row of the ledger as the rule gave it."""
    statements = row.statements or {"said": None, "shows": []}
    return Grade(
        tier=row.tier,
        low=row.tier_low,
        high=row.tier_high,
        direction=row.direction,
        facts={name: CountRange(low, high) for name, (low, high) in row.facts.items()},
        counted=tuple(row.counted),
        reasons=tuple(row.reasons),
        said=Direction(said) if (said := statements["said"]) else None,
        shows=tuple(ShownFinding.from_dict(line) for line in statements["shows"]),
    )
