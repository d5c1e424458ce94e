"""Questions whose answers are columns, asked without what the object mapper adds to each.

That is most of a short question's cost: pages ask a dozen each.
"""

from collections.abc import Mapping
from typing import Any, TypeVarTuple

from sqlalchemy import CursorResult, Executable
from sqlalchemy.orm import Session

Ts = TypeVarTuple("Ts")


def ask(
    session: Session, question: Executable, by: Mapping[str, Any] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Ask for columns; what this session has yet to write is written before, as it is for objects."""
    session.flush()
    return session.connection().execute(question, by)
