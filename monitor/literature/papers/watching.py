"""Which papers the sources are asked about by name. Reads only."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.literature.tables import Paper, PaperIdentifier, StudyPaper
from monitor.literature.words import TO_SCREEN

# what a source that looks up 100 a day gets round to in 100 days
MOST = 10_000


def watched_dois(session: Session, *, limit: int = MOST) -> tuple[str, ...]:
    """List the DOIs of papers that are, or were, in front of reviewers, or report a study; newest first.

    The DOIs that ISRCTN gives its registrations are left out: other agencies do not know them.
    """
    has_study = select(StudyPaper.study_id).where(StudyPaper.paper_id == Paper.id).exists()
    rows = session.scalars(
        select(PaperIdentifier.value)
        .join(Paper, Paper.id == PaperIdentifier.paper_id)
        .where(
            PaperIdentifier.scheme == "doi",
            PaperIdentifier.value.not_like("10.1186/isrctn%"),
            or_(Paper.lane.in_(TO_SCREEN), has_study),
            Paper.merged_into_id.is_(None),
        )
        .order_by(Paper.id.desc(), PaperIdentifier.value)
        .limit(limit)
    )
    return tuple(rows)
