"""Rows that may be there already: how the database in use takes them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

if TYPE_CHECKING:  # to load what speaks to a database takes long, and one alone is in use
    from sqlalchemy.dialects import postgresql, sqlite


def insert(session: Session, into: Any) -> "postgresql.Insert | sqlite.Insert":  # noqa: ANN401 - a table or its class
    """Begin an INSERT that can be told what to do where a row is there already (ON CONFLICT)."""
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - see above

        return postgresql.insert(into)
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415 - see above

    return sqlite.insert(into)
