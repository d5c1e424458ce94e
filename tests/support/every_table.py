"""What a page asks of which tables, and every value of a table changed and put back: to see what a page hangs on."""

import contextlib
import re
from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Boolean, Integer, String, event, select, text
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.exc import DBAPIError

from monitor.kernel.persistence.database import Database
from monitor.ops.schema import metadata


@contextlib.contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, str]]]:
    """What reaches a database that reads tables, noted by nobody of ours."""
    noted: list[tuple[str, str]] = []

    def note(_c, _u, statement, parameters, *_) -> None:
        if re.search(r"\b(FROM|JOIN|UPDATE|INTO)\b", statement):
            noted.append((statement, repr(parameters)))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def tables(asked) -> set[str]:
    """Name the tables that statements name."""
    words = {word for told, _ in asked for word in re.findall(r"\w+", told)}
    return words & set(metadata.tables)


def heartbeat(database_url: str) -> None:
    """Commit what a job leaves whenever it ran, as another process."""
    other = Database(database_url)
    with other.write() as session:
        session.execute(text("UPDATE job SET took_seconds = coalesce(took_seconds, 0) + 1"))
    other.dispose()


def change(database: Database, table) -> list[tuple[object, ...]]:
    """Change whatever may be changed of each row, a column at a time; gives what it was, to put back."""
    was: list[tuple[object, ...]] = []
    key = list(table.primary_key.columns)
    for column in table.columns:
        with contextlib.suppress(DBAPIError), database.write() as session:
            rows = session.execute(select(*key, column)).all()
            others = [(*row[:-1], _changed(column, row[-1])) for row in rows]
            _put(session, table, column, [row for row in others if row[-1] is not None])
            was += [(column, *row) for row in rows if _changed(column, row[-1]) is not None]
    return was


def put_back(database: Database, table, was: list[tuple[object, ...]]) -> None:
    """Put back what ``change`` changed."""
    with database.write() as session:
        for column, *row in was:
            _put(session, table, column, [row])


def _changed(column, value):
    """Give another value of a column's kind; None where there is none that any column takes."""
    if isinstance(column.type, SqlEnum) or column.foreign_keys or column.primary_key:
        return None
    if isinstance(value, date):  # a time is one too
        return value - timedelta(days=1)
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, Integer):
        return (value or 0) + 1
    if isinstance(column.type, String):
        return f"{value or ''}x"
    return None


def _put(session, table, column, rows) -> None:
    for *key, value in rows:
        is_row = [part == told for part, told in zip(table.primary_key.columns, key, strict=True)]
        session.execute(table.update().where(*is_row).values({column.name: value}))
