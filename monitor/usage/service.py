"""Keep what each survey said of use, as it said it. Appends; never merges sources or guesses."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue, Intervention
from monitor.kernel import audit
from monitor.usage.tables import UsageObservation


def sync_baseline(session: Session, catalogue: Catalogue, at: datetime) -> None:
    """Record the published wave of every intervention; what is already recorded stays as it is."""
    for intervention in catalogue.interventions:
        recorded = session.scalar(
            select(UsageObservation.id).where(
                UsageObservation.slug == intervention.slug,
                UsageObservation.wave == intervention.usage.wave,
            )
        )
        if recorded is None:
            _record(session, intervention, at)


def latest(session: Session, slug: str) -> UsageObservation | None:
    """Give the newest wave's observation, or None where nothing is known."""
    return session.scalars(
        select(UsageObservation)
        .where(UsageObservation.slug == slug)
        .order_by(UsageObservation.wave.desc(), UsageObservation.id.desc())
        .limit(1)
    ).first()


def _record(session: Session, intervention: Intervention, at: datetime) -> None:
    stated = intervention.usage
    row = UsageObservation(
        slug=intervention.slug,
        wave=stated.wave,
        ranks=list(stated.ranks),
        out_of=stated.out_of,
        words=stated.words,
        citation=stated.citation,
        recorded_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        at=at,
        actor="job:usage",
        action="usage.recorded",
        subject=f"intervention:{intervention.slug}",
        observation=row.id,
        wave=stated.wave,
    )
