"""Bring the database's list of interventions in step with the catalogue. Removes none."""

from datetime import datetime

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue, Intervention
from monitor.catalogue.tables import InterventionRow
from monitor.kernel import audit


def sync(session: Session, catalogue: Catalogue, at: datetime) -> None:
    """Add new interventions and update changed ones; does nothing when all are in step."""
    for intervention in catalogue.interventions:
        row = session.get(InterventionRow, intervention.slug)
        if row is None or row.content_hash != intervention.content_hash:
            _write(session, row, intervention, at)
    session.flush()


def _write(
    session: Session, row: InterventionRow | None, intervention: Intervention, at: datetime
) -> None:
    if row is None:
        row = InterventionRow(slug=intervention.slug)
        session.add(row)
    row.name = intervention.name
    row.position = intervention.position
    row.content_hash = intervention.content_hash
    row.synced_at = at
    audit.record(
        session,
        at=at,
        actor="job:catalogue",
        action="intervention.synced",
        subject=f"intervention:{intervention.slug}",
        content_hash=intervention.content_hash,
    )
