"""How many alerts wait for a person. Reads only."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.columnar import ask, columns_of
from monitor.review.alert_tables import StudyAlert

# Built once: many pages ask it, and putting it together costs more than running it.
_alert = columns_of(StudyAlert)
_WAITING = select(func.count()).select_from(StudyAlert.__table__).where(_alert.closed_at.is_(None))


def count_open(session: Session, *, before: datetime | None = None) -> int:
    """Count the alerts that wait for a person; only those opened ``before``, if given."""
    waiting = _WAITING if before is None else _WAITING.where(_alert.opened_at < before)
    return int(ask(session, waiting).scalar_one())
