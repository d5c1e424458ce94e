"""Which schema a database is at, as Alembic notes it: read without Alembic, which takes long to load."""

from sqlalchemy import Connection, text

TABLE = "alembic_version"
# Each in its own words: those that SQLAlchemy has for both look through four catalogues of PostgreSQL's.
_IS_THERE = {
    "sqlite": text(f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{TABLE}'"),  # noqa: S608 - our own name
    "postgresql": text(f"SELECT 1 WHERE to_regclass('{TABLE}') IS NOT NULL"),
}
_VERSION = text(f"SELECT version_num FROM {TABLE}")  # noqa: S608 - the same


def schema_version(connection: Connection) -> str | None:
    """Give the name of the newest migration that was applied; None where none was."""
    if connection.scalar(_IS_THERE[connection.dialect.name]) is None:
        return None
    version: str | None = connection.scalar(_VERSION)
    return version
