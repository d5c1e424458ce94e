"""The polls of one source in the order of time, found by the index that both make up."""

from datetime import datetime

from sqlalchemy import ColumnElement, Tuple, and_, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from monitor.feeds.asking_tables import Poll

_PLACE = tuple_(Poll.source, Poll.started_at)
FIRST = (Poll.source, Poll.started_at, Poll.id)
LAST = (Poll.source.desc(), Poll.started_at.desc(), Poll.id.desc())


def of(
    source: str | InstrumentedAttribute[str],
    *,
    since: datetime | None = None,
    before: datetime | None = None,
) -> ColumnElement[bool]:
    """Say that a poll is of a source, and began in a time; to be ordered by ``FIRST`` or ``LAST``.

    Written as a stretch of the index and not as an equation. With an equation PostgreSQL goes through
    the polls of all sources by their time alone, since one of the source's own should soon be among
    them: where it was never polled, or only lately, through every poll there is.
    """
    first = Poll.source >= source if since is None else _place(source, since) <= _PLACE
    last = Poll.source <= source if before is None else _place(source, before) > _PLACE
    return and_(first, last)


def _place(source: str | InstrumentedAttribute[str], at: datetime) -> Tuple:
    return tuple_(source, literal(at, Poll.started_at.type))
