"""How a database carries out a statement, as it tells it."""

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session


def plan_of(session: Session, asking: Callable[[], object]) -> str:
    """Tell how the one statement is carried out that ``asking`` sends, with its values."""
    connection, asked = session.connection(), []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        asking()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    explain = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    told = connection.exec_driver_sql(explain + statement, parameters)
    return "\n".join(str(row[-1]) for row in told)
