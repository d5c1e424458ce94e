"""Lets go of records as sent once a newer version of them has been held long enough.

The newest version of a record always stays whole, and so does everything read from any version.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from monitor.feeds.tables import Record
from monitor.kernel import audit
from monitor.kernel.persistence.database import affected


def drop_old_raw(session: Session, *, keep_days: int, at: datetime, limit: int) -> int:
    """Empty up to ``limit`` records that were superseded more than ``keep_days`` ago; count them.

    0 days keeps everything.
    """
    if keep_days == 0:
        return 0
    newer = aliased(Record)
    superseded = (
        select(newer.id)
        .where(
            newer.source == Record.source,
            newer.key == Record.key,
            newer.id > Record.id,
            newer.fetched_at < at - timedelta(days=keep_days),
        )
        .exists()
    )
    ids = session.scalars(
        select(Record.id)
        .where(Record.raw_removed_at.is_(None), superseded)
        .order_by(Record.id)
        .limit(limit)
    ).all()
    if not ids:
        return 0
    emptied = session.execute(
        update(Record)
        .where(Record.id.in_(ids))
        .values(raw=b"", raw_removed_at=at)
        .execution_options(synchronize_session="fetch")
    )
    affected(emptied, expected=len(ids), what="records")
    audit.record(
        session,
        at=at,
        actor="job:tidy",
        action="records.raw-removed",
        subject="records",
        count=len(ids),
        keep_days=keep_days,
    )
    return len(ids)
