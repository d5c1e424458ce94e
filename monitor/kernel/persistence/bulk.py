"""Many rows at once, past the object mapper: most of the time of an import would go there."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import Column, ColumnElement, Dialect, Table, func, insert, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import Base

_CHUNK = 2_000  # under the number of parameters that SQLite takes in one statement, 32,766
_Value = TypeVar("_Value")


def add_all(session: Session, entity: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that name the same columns; those that have a default in Python must be given.

    Raises:
        KeyError: a row lacks a column that the first one has.
        ValueError: a column that has a default in Python is not given.
    """
    if rows:
        connection = session.connection()
        adding = _Adding.of(_table(entity), tuple(rows[0]), connection.dialect)
        connection.exec_driver_sql(adding.statement, adding.written(rows))


class _Adding:
    """How rows of some columns are inserted: SQLAlchemy's own statement, and how it writes values.

    Made once: for each row SQLAlchemy asks again which columns there are and how each is written,
    which takes longer than to insert it.
    """

    def __init__(self, table: Table, names: tuple[str, ...], dialect: Dialect) -> None:
        # inline: gives no numbers back, which would take a statement for each row
        compiled = insert(table).inline().compile(dialect=dialect, column_keys=list(names))
        if left_out := [column.name for column in compiled.insert_prefetch]:
            raise ValueError(f"{table.name}: no value is given for {', '.join(left_out)}")
        self.statement = str(compiled)
        self._by_place = compiled.positiontup is not None  # else by name: PostgreSQL's driver
        self._names = compiled.positiontup or list(names)
        writers = [_writer(table.c[name], dialect) for name in self._names]
        self._writers = [(place, write) for place, write in enumerate(writers) if write]

    @classmethod
    @lru_cache(maxsize=256)  # tables, times the databases that a process opens
    def of(cls, table: Table, names: tuple[str, ...], dialect: Dialect) -> "_Adding":
        """Give it, made once."""
        return cls(table, names, dialect)

    def written(self, rows: Sequence[dict[str, Any]]) -> list[Any]:
        """Give rows as the driver takes them."""
        columns: list[Iterable[Any]] = [[row[name] for row in rows] for name in self._names]
        for place, write in self._writers:
            columns[place] = map(write, columns[place])
        values = zip(*columns, strict=True)
        if self._by_place:
            return list(values)
        return [dict(zip(self._names, value, strict=True)) for value in values]


def _writer(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Give what makes a column's value the driver's; None where it is so already."""
    return column.type.dialect_impl(dialect).bind_processor(dialect)


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
