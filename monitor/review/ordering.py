"""The order of the queue: which paper is screened first, and why. Hides none, decides nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.literature.promise import Traits, promise
from monitor.literature.tables import Paper, PaperReading


def promised(
    session: Session, paper_ids: Sequence[int], at: datetime
) -> dict[int, Mapping[str, float]]:
    """Say what each part adds to the score of papers on which nobody has decided; see ``promise``."""
    rows = session.execute(
        select(
            Paper.id, Paper.year, PaperReading.design, PaperReading.named, PaperReading.attachment
        )
        .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
        .where(Paper.id.in_(paper_ids))
    )
    return {
        row.id: promise(
            Traits(row.design, row.named, attachment=bool(row.attachment), year=row.year), at.year
        )
        for row in rows
    }
