"""What a database keeps by itself: triggers, written once for SQLite and PostgreSQL.

Modules declare theirs where their tables are. They are put up after the tables are made or migrated,
and taken down while a migration runs: SQLite changes a table by writing it anew, and refuses that
under a trigger that names it. Other things that only one database has (an index of words) stand here
too. Holds no rule of its own.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, MetaData, event
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import Base

_PREFIX = "kept_"  # of every trigger here, by which they are found again
_SQLITE = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 5) = 'kept_'"
_POSTGRES = (
    "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE relnamespace = current_schema()::regnamespace AND substr(tgname, 1, 5) = 'kept_'"
)


class Trigger(NamedTuple):
    """One trigger, after each row: ``on`` is "INSERT", "DELETE" or "UPDATE OF a, b".

    ``does`` are statements that both databases read, with NEW and OLD. ``when`` is a condition.
    ``only`` names the one database that has it.

    ``late``: on PostgreSQL it fires when the transaction commits, and one transaction at a time: what
    others wait for meanwhile they cannot hold, so that it deadlocks with nobody. ``settle`` fires it
    now. (SQLite has one writer.)
    """

    name: str
    table: str
    on: str
    does: tuple[str, ...]
    when: str | None = None
    only: str | None = None
    late: bool = False

    @property
    def full_name(self) -> str:
        """Give its name in the database."""
        return _PREFIX + self.name

    def statements(self, dialect: str) -> list[str]:
        """Write what puts it up."""
        when = f" WHEN ({self.when})" if self.when else ""
        head = f'TRIGGER {self.full_name} AFTER {self.on} ON "{self.table}"'
        body = " ".join(f"{statement};" for statement in self.does)
        if dialect == "sqlite":
            return [f"CREATE {head} FOR EACH ROW{when} BEGIN {body} END"]
        if self.late:
            head = f"CONSTRAINT {head} DEFERRABLE INITIALLY DEFERRED"
            body = f"PERFORM pg_advisory_xact_lock({_LOCK_KEY}); {body}"
        function = (
            f"CREATE OR REPLACE FUNCTION {self.full_name}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $body$ BEGIN {body} RETURN NULL; END $body$"
        )
        return [
            function,
            f"CREATE {head} FOR EACH ROW{when} EXECUTE FUNCTION {self.full_name}()",
        ]


class KeptTables(NamedTuple):
    """What one module has the database keep, once ``tables`` are all there.

    ``made``: by database, what is made once, before its triggers (an index that no model can name).
    ``fills``: by database, or for both, what works all that is kept out anew.
    """

    tables: frozenset[str]
    triggers: tuple[Trigger, ...]
    made: tuple[tuple[str, str], ...] = ()
    fills: tuple[tuple[str | None, str], ...] = ()


_ALL: list[KeptTables] = []
_LOCK_KEY = 0x6761_7074  # "gapt": held by the one transaction whose late triggers fire


def keep(kept: KeptTables) -> None:
    """Declare what the database keeps."""
    _ALL.append(kept)


def present(connection: Connection) -> dict[str, str]:
    """Name the triggers of ours that are up, each with its table."""
    query = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES
    return {row[0]: row[1] for row in connection.exec_driver_sql(query)}


def put_up(connection: Connection) -> None:
    """Put up every trigger that is declared and missing."""
    there, dialect = present(connection), connection.dialect.name
    for trigger in _declared(dialect):
        if trigger.full_name not in there:
            for statement in trigger.statements(dialect):
                connection.exec_driver_sql(statement)


def take_down(connection: Connection) -> None:
    """Take all of them down."""
    for name, table in present(connection).items():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql(f'DROP TRIGGER {name} ON "{table}"')
            connection.exec_driver_sql(f"DROP FUNCTION {name}()")


def settle(session: Session) -> None:
    """Fire what is late, so that this transaction reads what it has changed itself."""
    session.flush()  # a statement on tables does not do it
    connection = session.connection()
    writes = connection.get_execution_options().get("monitor_write")
    if writes and connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def refill(connection: Connection) -> None:
    """Work out anew all that is kept: after rows were written with no trigger up."""
    for kept in _ALL:
        for only, statement in kept.fills:
            if only in {None, connection.dialect.name}:
                connection.exec_driver_sql(statement)


def _declared(dialect: str) -> Iterable[Trigger]:
    return (
        trigger for kept in _ALL for trigger in kept.triggers if trigger.only in {None, dialect}
    )


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(target: MetaData, connection: Connection, **more: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    """Make what is kept where all the tables were made at once, as tests and benches do."""
    tables = more.get("tables")
    made = {table.name for table in tables} if isinstance(tables, list) else set()
    if not _ALL or not all(kept.tables <= made for kept in _ALL):
        return
    for kept in _ALL:
        for dialect, statement in kept.made:
            if dialect == connection.dialect.name:
                connection.exec_driver_sql(statement)
    put_up(connection)
