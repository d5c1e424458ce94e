"""Which papers the sources are asked about by name. Reads only."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.literature.tables import Paper, PaperIdentifier
from monitor.literature.words import TO_SCREEN

# what a source that looks up 100 a day gets round to in 100 days
MOST = 10_000


def watched_dois(session: Session, *, limit: int = MOST) -> tuple[str, ...]:
    """List the DOIs of papers that are, or were, in front of reviewers; the newest papers first.

    The DOIs that ISRCTN gives its registrations are left out: other agencies do not know them.
    """
    rows = session.scalars(
        select(PaperIdentifier.value)
        .join(Paper, Paper.id == PaperIdentifier.paper_id)
        .where(
            PaperIdentifier.scheme == "doi",
            PaperIdentifier.value.not_like("10.1186/isrctn%"),
            Paper.lane.in_(TO_SCREEN),
            Paper.merged_into_id.is_(None),
        )
        .order_by(Paper.id.desc(), PaperIdentifier.value)
        .limit(limit)
    )
    return tuple(rows)
