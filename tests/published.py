"""The ten as the review published them: worked out once a worker and kind of database, then copied."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.catalogue import service as catalogue_service
from monitor.catalogue.loader import Catalogue
from monitor.kernel.database import Base
from monitor.service import Service

_COUNTED_UP = "SELECT sequencename AS name, last_value AS value FROM pg_sequences WHERE last_value IS NOT NULL"
_COUNT_ON = "SELECT setval(CAST(:name AS regclass), :value)"


class _Rows:
    """Every row of a database, as its driver reads and writes it."""

    def __init__(self, connection: Connection, of: Catalogue) -> None:
        self.of = of
        self.tables: dict[str, Any] = {}
        for table in Base.metadata.sorted_tables:
            if connection.scalar(text(f'SELECT EXISTS (SELECT 1 FROM "{table.name}")')):  # noqa: S608 - our own
                self.tables[table.name] = _read(connection, table.name)
        self.sequences = (
            []
            if connection.dialect.name == "sqlite"
            else [row._asdict() for row in connection.execute(text(_COUNTED_UP))]
        )

    def put(self, connection: Connection) -> None:
        """Put them into an empty database; the next number of each table is the one it would be."""
        for table, rows in self.tables.items():
            _write(connection, table, rows)
        for one in self.sequences:
            connection.execute(text(_COUNT_ON), one)


_known: dict[tuple[str, int, datetime], _Rows] = {}


def publish(session: Session, service: Service, at: datetime) -> None:
    """Bring the catalogue into an empty database, and publish what the review says of the ten."""
    connection = session.connection()
    key = connection.dialect.name, id(service.catalogue), at
    if key in _known:
        _known[key].put(connection)
        return
    catalogue_service.sync(session, service.catalogue, at)
    workflow.publish_baseline(session, service, at=at)
    session.flush()
    _known[key] = _Rows(connection, service.catalogue)


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
