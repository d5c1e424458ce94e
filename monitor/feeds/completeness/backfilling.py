"""Which stretches of the past were asked in full, query by query, so that a backfill can go on.

Never reaches the network and never commits.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from monitor.feeds.completeness.proof import Stretch
from monitor.feeds.leasing import Lease, hold
from monitor.feeds.tables import BackfillSlice
from monitor.feeds.watermarks import Query
from monitor.kernel.persistence.database import affected


def done(session: Session, source: str) -> Mapping[tuple[str, str], list[Stretch]]:
    """List what was asked in full of a source, by the key and hash of the query."""
    rows = session.scalars(select(BackfillSlice).where(BackfillSlice.source == source))
    stretches: defaultdict[tuple[str, str], list[Stretch]] = defaultdict(list)
    for row in rows:
        stretches[row.query_key, row.query_hash].append(Stretch(row.first, row.last))
    return stretches


def note(  # noqa: PLR0913 - what was asked of whom, and what came
    session: Session,
    lease: Lease,
    query: Query,
    stretch: Stretch,
    at: datetime,
    *,
    records: int,
    new: int,
) -> None:
    """Note that one stretch was asked in full; asked again, it is noted anew.

    Raises:
        Conflict: somebody else has taken the source over.
    """
    hold(session, lease, at)
    session.merge(
        BackfillSlice(
            source=lease.source,
            query_key=query.key,
            query_hash=query.hash,
            first=stretch.first,
            last=stretch.last,
            done_at=at,
            records=records,
            new_records=new,
        )
    )
    session.flush()


def forget(session: Session, source: str, stretch: Stretch) -> int:
    """Forget what was asked of these days, so that it is asked again; gives how many notes."""
    result = session.execute(
        delete(BackfillSlice)
        .where(
            BackfillSlice.source == source,
            BackfillSlice.first <= stretch.last,
            BackfillSlice.last >= stretch.first,
        )
        .execution_options(synchronize_session=False)
    )
    return affected(result)
