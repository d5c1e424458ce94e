"""Many rows at once, past the object mapper: most of the time of an import would go there."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice, repeat
from operator import is_
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    BinaryExpression,
    BindParameter,
    Column,
    ColumnElement,
    Dialect,
    LargeBinary,
    Select,
    SQLColumnExpression,
    Table,
    bindparam,
    insert,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from monitor.kernel.persistence.database import Base

_CHUNK = 2_000  # under the number of parameters that SQLite takes in one statement, 32,766
_TOGETHER = 500  # rows in one statement, of up to 65 columns: of 32,766 values at most
_Value = TypeVar("_Value")
_Given = tuple[Any, ...] | dict[str, list[Any]]
# the pairs that a statement that is built once looks for, as a ``LookUp`` of two columns does
SOME: Any = bindparam("some", expanding=True)


class _Among(BinaryExpression[bool]):
    """See ``among``."""

    inherit_cache = True


def among(column: SQLColumnExpression[Any], called: str = "some") -> ColumnElement[bool]:
    """Say that a column's value is one of those that a statement is given as ``called``, a list.

    SQLite is given each by itself. PostgreSQL is given the list: its statement is the same for
    however many, so that driver and server read it once and need not plan it anew. There the values
    are cast to the column's type, so one whose texts have a bounded length would cut them.
    """
    each = column.in_(bindparam(called, expanding=True))
    return _Among(each.left, each.right, each.operator, type_=each.type)


@compiles(_Among, "postgresql")
def _in_a_list(these: _Among, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    given = cast("BindParameter[Any]", these.right)
    listed = bindparam(given.key, type_=ARRAY(these.left.type))
    return f"{compiler.process(these.left, **how)} = ANY ({compiler.process(listed, **how)})"


def add_all(session: Session, entity: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that name the same columns; those that have a default in Python must be given.

    Raises:
        KeyError: a row lacks a column that the first one has.
        ValueError: a column that has a default in Python is not given.
    """
    if rows:
        connection = session.connection()
        adding = _Adding.of(_table(entity), tuple(rows[0]), connection.dialect)
        for statement, values in adding.statements(rows):
            connection.exec_driver_sql(statement, values)


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
        self._statement = str(compiled)
        self._by_place = compiled.positiontup is not None  # else by name: PostgreSQL's driver
        large = any(isinstance(table.c[name].type, LargeBinary) for name in names)
        self._together = _TOGETHER if self._by_place and not large else 1
        self._names = compiled.positiontup or list(names)
        writers = [_writer(table.c[name], dialect) for name in self._names]
        self._writers = [(place, write) for place, write in enumerate(writers) if write]

    @classmethod
    @lru_cache(maxsize=256)  # tables, times the databases that a process opens
    def of(cls, table: Table, names: tuple[str, ...], dialect: Dialect) -> "_Adding":
        """Give it, made once."""
        return cls(table, names, dialect)

    def statements(self, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
        """Give what inserts rows, with its values.

        SQLite is given many in one statement: at the end of each the index of titles, which the
        papers' trigger keeps, is written to disk. What is large takes longer so.
        """
        written = self.written(rows)
        if self._together == 1:
            yield self._statement, written
            return
        before, row = self._statement.rsplit(" VALUES ", 1)
        for start in range(0, len(written), self._together):
            some = written[start : start + self._together]
            statement = f"{before} VALUES {', '.join([row] * len(some))}"
            yield statement, tuple(chain.from_iterable(some))

    def written(self, rows: Sequence[dict[str, Any]]) -> list[Any]:
        """Give rows as the driver takes them."""
        read = [[row[name] for row in rows] for name in self._names]
        columns: list[Iterable[Any]] = [*read]
        for place, write in self._writers:
            columns[place] = _all_written(read[place], write)
        values = zip(*columns, strict=True)
        if self._by_place:
            return list(values)
        return [dict(zip(self._names, value, strict=True)) for value in values]


def _all_written(column: Sequence[Any], write: Callable[[Any], Any]) -> Iterable[Any]:
    """Give a column's values as the driver takes them; the one time of all rows is written once."""
    first = column[0]
    if all(map(is_, column, repeat(first))):
        return repeat(write(first), len(column))
    return map(write, column)


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
    connection = session.connection()
    table = connection.dialect.identifier_preparer.format_table(_table(entity))
    greatest = f"SELECT max(id) FROM {table}"  # noqa: S608 - a table's own name
    before = connection.exec_driver_sql(greatest).scalar() or 0
    add_all(session, entity, rows)
    # numbers are given in order, and these are all above it: as many as there are rows, so theirs
    if connection.exec_driver_sql(greatest).scalar() == before + len(rows):
        return [*range(before + 1, before + len(rows) + 1)]
    added = select(number).where(number > before, *mine).order_by(number)
    numbers = list(session.scalars(added))
    if len(numbers) != len(rows):
        raise RuntimeError(f"{entity.__tablename__}: somebody else added rows at the same time")
    return numbers


class LookUp:
    """A statement that looks for many values at once, ``among`` them, and nothing else is bound.

    A value of several columns is looked for by ``in_(SOME)``. Put together once for each database:
    SQLAlchemy writes one anew for each number of values, and makes more of a row than is asked for.
    Rows are as the driver gives them: numbers and texts.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], width: int = 1) -> None:
        """``width``: of how many columns a value is made."""
        self._statement, self._width = statement, width
        self._parts: dict[str, tuple[str, list[str]]] = {}

    def rows(self, session: Session, values: Collection[Any]) -> Iterator[Sequence[Any]]:
        """Give the rows for these values, part by part; for none, none."""
        connection = session.connection()
        for some in chunks(values):
            statement, given = self._written(connection.dialect, some)
            yield from connection.exec_driver_sql(statement, given)

    def _written(self, dialect: Dialect, some: list[Any]) -> tuple[str, _Given]:
        if dialect.name not in self._parts:
            compiled = str(self._statement.compile(dialect=dialect))
            whole, *more = re.split(r"\(__\[POSTCOMPILE_\w+\]\)", compiled)
            self._parts[dialect.name] = whole, more
        first, more = self._parts[dialect.name]
        if not more:  # one list, by its name
            return first, {"some": some}
        sign = "%s" if dialect.paramstyle in {"pyformat", "format"} else "?"
        if self._width == 1:
            signs, flat = ", ".join([sign] * len(some)), some
        else:
            each = f"({', '.join([sign] * self._width)})"
            values = "VALUES " if dialect.tuple_in_values else ""
            signs, flat = values + ", ".join([each] * len(some)), [*chain.from_iterable(some)]
        return f"({signs})".join([first, *more]), tuple(flat) * len(more)


def chunks(values: Collection[_Value]) -> Iterator[list[_Value]]:
    """Part values into lists short enough for one statement."""
    left = iter(values)
    while some := list(islice(left, _CHUNK)):
        yield some


def _table(entity: type[Base]) -> Table:
    return cast(Table, entity.__table__)
