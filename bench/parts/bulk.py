"""Writes rows as fast as either database takes them."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from sqlalchemy import make_url

from monitor.kernel.persistence.database import Database
from monitor.ops.schema import metadata

Row = dict[str, Any]


class Bulk:
    """Writes rows as fast as either database takes them."""

    def __init__(self, database: Database) -> None:
        self.sqlite = database.is_sqlite
        if self.sqlite:
            self.connection: Any = sqlite3.connect(str(database.path))
            self.connection.execute("PRAGMA synchronous=OFF")
            self.connection.execute("PRAGMA cache_size=-400000")
        else:
            url = make_url(database.url).set(drivername="postgresql")
            self.connection = psycopg.connect(url.render_as_string(hide_password=False))
            self.connection.execute("SET TIME ZONE 'UTC'")

    def __enter__(self) -> "Bulk":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.commit()
        self.connection.close()

    def write(self, table: str, rows: Iterable[Row]) -> None:
        """Write rows that all have the keys of the first; those that are no column are left out."""
        columns = [column.name for column in metadata.tables[table].columns]
        rows = iter(rows)
        first = next(rows, None)
        if first is None:
            return
        names = [name for name in columns if name in first]
        quoted = ", ".join(f'"{name}"' for name in names)

        def values() -> Iterator[tuple[Any, ...]]:
            yield tuple(first[name] for name in names)
            for row in rows:
                yield tuple(row[name] for name in names)

        if self.sqlite:
            places = ", ".join("?" * len(names))
            adding = f'INSERT INTO "{table}" ({quoted}) VALUES ({places})'  # noqa: S608 - our own names
            self.connection.executemany(adding, values())
        else:
            with (
                self.connection.cursor() as cursor,
                cursor.copy(f'COPY "{table}" ({quoted}) FROM STDIN') as copy,
            ):
                for row in values():
                    copy.write_row(row)
            if {"id"} == {column.name for column in metadata.tables[table].primary_key}:
                self.connection.execute(
                    f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'),"  # noqa: S608 - the same
                    f' (SELECT max(id) FROM "{table}"))'
                )
        self.connection.commit()
