"""Which schema a database is at, as Alembic notes it: read without Alembic, which takes long to load."""

from sqlalchemy import Connection, inspect, text

TABLE = "alembic_version"


def schema_version(connection: Connection) -> str | None:
    """Give the name of the newest migration that was applied; None where none was."""
    if not inspect(connection).has_table(TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {TABLE}"))  # noqa: S608 - our own name
    return version
