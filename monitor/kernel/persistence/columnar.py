"""Questions whose answers are columns, asked without what the object mapper adds to each.

That is most of a short question's cost: pages ask a dozen each. What only looks may read whole rows
in the same way, and a process that asks nothing else never gets the mapper ready, which takes longer
than the questions.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, TypeVarTuple, cast

from sqlalchemy import CursorResult, Executable, Select, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import Base

Ts = TypeVarTuple("Ts")
_Row = TypeVar("_Row", bound=Base)


def ask(
    session: Session, question: Executable, by: Mapping[str, Any] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Ask for columns; what this session has yet to write is written before, as it is for objects."""
    session.flush()
    return session.connection().execute(question, by)


def columns_of(entity: type[_Row]) -> type[_Row]:
    """Give a table's columns by the names they have in its class, typed as they are there."""
    return cast("type[_Row]", entity.__table__.c)


def all_of(entity: type[_Row]) -> Select[_Row]:
    """Select whole rows of a table, for ``rows``."""
    return cast("Select[_Row]", select(entity.__table__))


def rows(session: Session, question: Select[_Row]) -> Sequence[_Row]:
    """Read rows of ``all_of`` a table. Each says what its object would, to be looked at: it cannot be changed."""
    return cast("Sequence[_Row]", ask(session, question).all())
