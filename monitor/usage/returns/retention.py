"""Lets go of what single services typed and answered, once nothing asks for it. Never commits."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, null, select, update
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import affected
from monitor.usage.returns import rules
from monitor.usage.returns.tables import Collection, Return, ReturnLink


def drop_old(session: Session, *, at: datetime) -> int:
    """Empty drafts and drop links 90 days after closing, and empty answers after five years.

    Counts the rows. What a wave was made of stays in the wave, where no service can be told.
    """
    lately, long_ago = at - rules.KEEP_DRAFTS, at - rules.KEEP_ANSWERS
    of_old = select(Return.id).where(_closed(lately))
    old = (
        delete(ReturnLink).where(ReturnLink.return_id.in_(of_old)),
        update(Return)
        .where(_closed(lately), Return.drafted_at.is_not(None))
        .values(draft=null(), drafted_at=None),
        update(Return)
        .where(_closed(long_ago), Return.returned_at.is_not(None))
        .values(answers=null(), returned_at=None),
    )
    return sum(
        affected(session.execute(statement.execution_options(synchronize_session=False)))
        for statement in old
    )


def _closed(before: datetime) -> ColumnElement[bool]:
    closed = select(Collection.id).where(Collection.closed_at <= before)
    return Return.collection_id.in_(closed)
