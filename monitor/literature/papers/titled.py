"""Finds papers that are kept and not queued by the words of their titles, newest first. Reads only.

What is frequent is found among the newest papers, by looking through some of their titles; what is
rare, off the index of words. So neither costs more where more is stored: PostgreSQL's index has no
order, and would gather every paper of a frequent word; SQLite's has, and would try each of them for
a query that brought few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, select
from sqlalchemy.orm import Session

from monitor.literature.papers import title_index
from monitor.literature.tables import Paper, PaperQuery
from monitor.literature.words import Lane

# How many papers are looked through before the index is asked: first some, and more where so many of
# them have the words. What is rarer than that has few papers in the index.
_LOOKED_THROUGH, _FREQUENT = (1_000, 8_000), 3


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: words as ``title_index.folded``, and where: a lane, what a query brought."""

    words: tuple[str, ...]
    lane: Lane | None = None
    query: str | None = None

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes that are looked through."""
        return [self.lane] if self.lane else title_index.LANES


def found(session: Session, sought: Sought, *, limit: int, before: int | None) -> list[int]:
    """Give the numbers of the newest papers sought, of those before one if it is given."""
    dialect = session.get_bind().dialect.name
    if not sought.words:
        return []
    if dialect == "sqlite" and sought.query is None:  # its index has this very order
        return _off_the_index(session, sought, limit, before)
    numbers: list[int] = []
    for many in _LOOKED_THROUGH:
        end = _end(session, sought, many, before)
        numbers += _looked_through(session, sought, limit - len(numbers), end, before)
        if len(numbers) == limit or end is None:
            return numbers
        before = end
        if len(numbers) < _FREQUENT:
            break
    return numbers + _off_the_index(session, sought, limit - len(numbers), before)


def _end(session: Session, sought: Sought, many: int, before: int | None) -> int | None:
    """Give the number down to which there are so many papers or fewer; None: it is the last."""
    ends = [
        _listed(lane, sought.query, before).offset(many - 1).limit(1).scalar_subquery()
        for lane in (sought.lanes if sought.query is not None else [sought.lane])
    ]
    return max((end for end in session.execute(select(*ends)).one() if end), default=None)


def _listed(lane: Lane | None, query: str | None, before: int | None) -> Select[Any]:
    """List papers from the newest down off one index alone, those that became another's with them."""
    number = Paper.id if query is None else PaperQuery.paper_id
    listed = select(number).order_by(number.desc())
    if query is not None:
        listed = listed.where(_is_of(query, [lane] if lane else []))
    elif lane is not None:
        listed = listed.where(Paper.lane == lane)
    return listed if before is None else listed.where(number < before)


def _looked_through(
    session: Session, sought: Sought, limit: int, end: int | None, before: int | None
) -> list[int]:
    """Look through the titles of papers from one number down to another."""
    number = Paper.id if sought.query is None else PaperQuery.paper_id
    statement = select(number).where(
        title_index.has(session.get_bind().dialect.name, sought.words),
        Paper.lane.in_(sought.lanes),
        Paper.merged_into_id.is_(None),
    )
    if sought.query is not None:
        statement = statement.where(
            PaperQuery.paper_id == Paper.id, _is_of(sought.query, sought.lanes)
        )
    if end is not None:
        statement = statement.where(number >= end)
    return _newest(session, statement, number, limit, before)


def _off_the_index(session: Session, sought: Sought, limit: int, before: int | None) -> list[int]:
    dialect = session.get_bind().dialect.name
    number = title_index.NUMBERS[dialect]
    statement = select(number).where(title_index.matching(dialect, sought.words, sought.lane))
    if sought.query is not None:
        brought = select(PaperQuery.paper_id).where(
            _is_of(sought.query, title_index.LANES), PaperQuery.paper_id == number
        )
        statement = statement.where(brought.exists())
    # PostgreSQL has no order in its index of words, and would rather read all papers, newest first
    place = number if dialect == "sqlite" else number + 0
    return _newest(session, statement, number, limit, before, place)


def _is_of(query: str, lanes: Sequence[Lane]) -> ColumnElement[bool]:
    return (PaperQuery.query_key == query) & PaperQuery.lane.in_([lane.value for lane in lanes])


def _newest(
    session: Session,
    statement: Select[Any],
    number: SQLColumnExpression[int],
    limit: int,
    before: int | None,
    place: SQLColumnExpression[int] | None = None,
) -> list[int]:
    if before is not None:
        statement = statement.where(number < before)
    order = number if place is None else place
    return list(session.scalars(statement.order_by(order.desc()).limit(limit)))
