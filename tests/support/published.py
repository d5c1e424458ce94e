"""What most tests begin with, worked out once a worker and kind of database, then copied.

``publish``: the ten as the review published them. ``once``: whatever a package's tests begin with.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.catalogue import service as catalogue_service
from monitor.catalogue.loader import Catalogue
from monitor.kernel.persistence.database import Base
from monitor.service import Service

_COUNTED_UP = "SELECT sequencename AS name, last_value AS value FROM pg_sequences WHERE last_value IS NOT NULL"


class Rows:
    """Every row of a database, as its driver reads and writes it."""

    def __init__(self, connection: Connection) -> None:
        self.tables: dict[str, Any] = {}
        for table in Base.metadata.sorted_tables:
            if connection.scalar(text(f'SELECT EXISTS (SELECT 1 FROM "{table.name}")')):  # noqa: S608 - our own
                self.tables[table.name] = _read(connection, table.name)
        is_sqlite = connection.dialect.name == "sqlite"
        counted_up = [] if is_sqlite else list(connection.execute(text(_COUNTED_UP)))
        self.count_on = ", ".join(f"setval('{row.name}', {row.value})" for row in counted_up)

    def put(self, connection: Connection) -> None:
        """Put them into an empty database; the next number of each table is the one it would be."""
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:  # what they refer to was checked where they come from
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table, rows in self.tables.items():
            _write(connection, table, rows)
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL session_replication_role = origin")
        if self.count_on:
            connection.execute(text(f"SELECT {self.count_on}"))


# by kind of database, what it is, catalogue and time; the catalogue is kept, so that no other has its id
_known: dict[tuple[object, ...], tuple[Catalogue, Rows]] = {}


def once(
    session: Session, what: str, catalogue: Catalogue, at: datetime, make: Callable[[], object]
) -> None:
    """Do what ``make`` does to an empty database: by itself the first time, then by copying its rows.

    ``what`` names it: the same word, catalogue, time and kind of database, the same rows.
    """
    connection = session.connection()
    key = connection.dialect.name, what, id(catalogue), at
    if key in _known:
        _known[key][1].put(connection)
        return
    was_empty = not Rows(connection).tables
    make()
    session.flush()
    if was_empty:
        _known[key] = catalogue, Rows(connection)


def ten(session: Session, catalogue: Catalogue, at: datetime) -> None:
    """Bring the catalogue into an empty database."""
    once(session, "ten", catalogue, at, lambda: catalogue_service.sync(session, catalogue, at))


def publish(session: Session, service: Service, at: datetime) -> None:
    """Bring the catalogue into an empty database, and publish what the review says of the ten."""

    def make() -> None:
        catalogue_service.sync(session, service.catalogue, at)
        workflow.publish_baseline(session, service, at=at)

    once(session, "published", service.catalogue, at, make)


def _read(connection: Connection, table: str) -> Any:
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()  # noqa: S608 - our own
        return [tuple(row) for row in found]
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{table}" TO STDOUT') as copied:
        return b"".join(map(bytes, copied))


def _write(connection: Connection, table: str, rows: Any) -> None:
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f'INSERT INTO "{table}" VALUES ({places})', rows)  # noqa: S608 - our own
        return
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{table}" FROM STDIN') as copied:
        copied.write(rows)
