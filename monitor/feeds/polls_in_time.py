"""The polls of one source in the order of time, found by the index that both make up."""

from datetime import datetime

from sqlalchemy import ColumnElement, Tuple, and_, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from monitor.feeds.asking_tables import Poll
from monitor.kernel.persistence.columnar import columns_of

_poll = columns_of(Poll)
_PLACE = tuple_(_poll.source, _poll.started_at)
FIRST = (_poll.source, _poll.started_at, _poll.id)
LAST = (_poll.source.desc(), _poll.started_at.desc(), _poll.id.desc())


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
    first = _poll.source >= source if since is None else _place(source, since) <= _PLACE
    last = _poll.source <= source if before is None else _place(source, before) > _PLACE
    return and_(first, last)


def _place(source: str | InstrumentedAttribute[str], at: datetime) -> Tuple:
    return tuple_(source, literal(at, _poll.started_at.type))
