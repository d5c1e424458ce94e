"""Finds papers that are kept and not queued by the words of their titles, newest first. Reads only.

What is frequent is found by looking through titles from the newest down; what is rare, off the index
of words. So neither costs more where more is stored: PostgreSQL's index has no order, and would gather
every paper of a frequent word; SQLite's has, and would try each of them for a query that brought few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, select, union_all
from sqlalchemy.orm import Session

from monitor.kernel.persistence.columnar import ask
from monitor.literature.papers import title_index
from monitor.literature.tables import Paper, PaperQuery
from monitor.literature.words import Lane

# How many papers are looked through before the index is asked: first some, and more where so many of
# them have the words.
_LOOKED_THROUGH, _FREQUENT = (1_000, 10_000), 3
_RARE = 2_000  # papers of words that are; of others an index without an order is asked no more


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
    rest = limit - len(numbers)
    if dialect == "sqlite":
        return numbers + _off_the_index(session, sought, rest, before)
    rare = _rare(session, sought, before)
    if rare is None:
        rare = _looked_through(session, sought, rest, None, before)
    return numbers + rare[:rest]


def _end(session: Session, sought: Sought, many: int, before: int | None) -> int | None:
    """Give the number down to which there are so many papers or fewer; None: it is the last."""
    ends = [
        _listed(lane, sought.query, before).offset(many - 1).limit(1).scalar_subquery()
        for lane in (sought.lanes if sought.query is not None else [sought.lane])
    ]
    return max((end for end in ask(session, select(*ends)).one() if end), default=None)


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
    if end is not None:
        statement = statement.where(number >= end)
    if sought.query is None:
        return _newest(session, statement, number, limit, before)
    # each lane by itself, in its index's order: of both at once all would be read and then put in order
    of_lanes = [
        _ordered(
            statement.where(PaperQuery.paper_id == Paper.id, _is_of(sought.query, [lane])),
            number,
            limit,
            before,
        ).subquery()
        for lane in sought.lanes
    ]
    listed = union_all(*(select(of_lane.c.paper_id) for of_lane in of_lanes)).subquery()
    newest = select(listed.c.paper_id).order_by(listed.c.paper_id.desc()).limit(limit)
    return list(ask(session, newest).scalars())


def _off_the_index(session: Session, sought: Sought, limit: int, before: int | None) -> list[int]:
    """Read them one by one off SQLite's index, in its order."""
    number = title_index.NUMBERS["sqlite"]
    statement = select(number).where(title_index.matching("sqlite", sought.words, sought.lane))
    if sought.query is not None:
        brought = _is_of(sought.query, title_index.LANES) & (PaperQuery.paper_id == number)
        statement = statement.where(select(PaperQuery.paper_id).where(brought).exists())
    return _newest(session, statement, number, limit, before)


def _rare(session: Session, sought: Sought, before: int | None) -> list[int] | None:
    """Gather all papers with words that few have off PostgreSQL's index; None: many have them."""
    number = title_index.NUMBERS["postgresql"]
    of_words = select(number.label("id")).limit(_RARE + 1)
    of_words = of_words.where(title_index.matching("postgresql", sought.words, sought.lane))
    few = (of_words if before is None else of_words.where(number < before)).subquery()
    statement: Select[Any] = select(few.c.id)
    if sought.query is not None:
        brought = _is_of(sought.query, title_index.LANES) & (PaperQuery.paper_id == few.c.id)
        statement = select(few.c.id, select(PaperQuery.paper_id).where(brought).exists())
    rows = ask(session, statement).all()
    if len(rows) > _RARE:
        return None
    return sorted((row[0] for row in rows if all(row[1:])), reverse=True)


def _is_of(query: str, lanes: Sequence[Lane]) -> ColumnElement[bool]:
    return (PaperQuery.query_key == query) & PaperQuery.lane.in_([lane.value for lane in lanes])


def _newest(
    session: Session,
    statement: Select[Any],
    number: SQLColumnExpression[int],
    limit: int,
    before: int | None,
) -> list[int]:
    return list(ask(session, _ordered(statement, number, limit, before)).scalars())


def _ordered(
    statement: Select[Any], number: SQLColumnExpression[int], limit: int, before: int | None
) -> Select[Any]:
    if before is not None:
        statement = statement.where(number < before)
    return statement.order_by(number.desc()).limit(limit)
