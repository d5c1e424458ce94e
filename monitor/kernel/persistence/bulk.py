"""Many rows at once, past the object mapper: most of the time of an import would go there."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Table, func, insert, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import Base

_CHUNK = 2_000  # under the number of parameters that SQLite takes in one statement, 32,766
_Value = TypeVar("_Value")


def add_all(session: Session, entity: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; columns that have a default in Python must be given."""
    if rows:
        session.execute(insert(_table(entity)), rows)


def add_numbered(
    session: Session,
    entity: type[Base],
    rows: Sequence[dict[str, Any]],
    *mine: ColumnElement[bool],
) -> list[int]:
    """Insert rows of a table that numbers its rows, and give their numbers in order.

    Only this transaction may add rows for which ``mine`` holds; without it, any rows at all:
    SQLite has one writer, on PostgreSQL the caller holds a lock. (SQLAlchemy's own way to get the
    numbers back inserts row by row on SQLite.)

    Raises:
        RuntimeError: somebody else added rows too.
    """
    if not rows:
        return []
    number = _table(entity).c.id
    before = session.scalar(select(func.max(number))) or 0
    add_all(session, entity, rows)
    added = select(number).where(number > before, *mine).order_by(number)
    numbers = list(session.scalars(added))
    if len(numbers) != len(rows):
        raise RuntimeError(f"{entity.__tablename__}: somebody else added rows at the same time")
    return numbers


def chunks(values: Collection[_Value]) -> Iterator[list[_Value]]:
    """Part values into lists short enough for one statement."""
    left = iter(values)
    while some := list(islice(left, _CHUNK)):
        yield some


def _table(entity: type[Base]) -> Table:
    return cast(Table, entity.__table__)
