"""Engine, sessions and column types for SQLite and PostgreSQL. Holds no table and no rule.

Only ``web``, ``jobs`` and ``cli`` open transactions, through ``Database.read`` and
``Database.write``; services are handed a session and never commit.
"""

import contextlib
import copy
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Index,
    MetaData,
    String,
    Table,
    TextClause,
    event,
    make_url,
    text,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.engine import Result
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import JSON, TypeDecorator

from monitor.kernel.errors import Conflict, TooSlow, Unavailable
from monitor.kernel.persistence import engines, once
from monitor.kernel.persistence.asked_again import Answers, hear
from monitor.kernel.persistence.commits import Commits
from monitor.kernel.persistence.limits import Limit

_FOR_A_TURN = 0.5  # seconds a person waits for a turn to write, before the wait for the lock
# what is said of an index or a table when it is made: which rows it is of, and how they are kept
_WHERE, _BY_KEY_ALONE = "where", "by_key_alone"
_LOOKED_AT = 2_000  # rows of an index that SQLite reads for its statistics

# Named constraints, so that a migration can name what it drops on either database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; always comes back aware, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Store in UTC.

        Raises:
            ValueError: the value has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Give back an aware value; SQLite forgets the zone, PostgreSQL answers in its own."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table. A ``StrEnum`` column takes ``enum_column(TheEnum)``."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration
        datetime: UtcDateTime,
        str: String,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[str]: JSON,
        list[int]: JSON,
    }


def enum_column(python_type: type[StrEnum], *, name: str | None = None) -> SqlEnum:
    """Make the column type of a ``StrEnum``: stored by value, held to its members by a CHECK.

    ``name`` names the check where one table has two columns of the same enum.
    """
    return SqlEnum(
        python_type,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=name or python_type.__name__.lower(),
    )


def partial_index(name: str, *columns: str | TextClause, where: str, unique: bool = False) -> Index:
    """Make an index of the rows for which ``where`` holds, on either database."""
    return Index(name, *columns, unique=unique, info={_WHERE: where})


def by_key_alone() -> dict[str, Any]:
    """Say of a table that SQLite keeps its rows by their key, without numbers of its own."""
    return {"info": {_BY_KEY_ALONE: True}}


@event.listens_for(Base.metadata, "before_create")
def _say_it_in_its_words(
    _metadata: MetaData, connection: Connection, *, tables: Sequence[Table], **_: object
) -> None:
    """Say to the database what one alone knows, when tables are made.

    Where they are declared, it would load all that speaks to either, and most of who knows a
    table makes none.
    """
    dialect = connection.dialect.name
    for table in tables:
        for index in table.indexes:
            if _WHERE in index.info:
                index.dialect_kwargs[f"{dialect}_where"] = text(index.info[_WHERE])
        if _BY_KEY_ALONE in table.info and dialect == "sqlite":
            table.dialect_kwargs["sqlite_with_rowid"] = False


class Database:
    """One database, its engine and its two kinds of transaction.

    ``url`` is an SQLAlchemy URL: ``sqlite:////absolute/path`` or ``postgresql+psycopg://…``.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = engines.sqlite_engine(url) if self.is_sqlite else engines.postgres_engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._patience: float | None = None
        self._turns: threading.BoundedSemaphore | None = None
        self._first: threading.Lock | None = None
        self._limit: Callable[[], Limit | None] | None = None
        self._answers: Callable[[], Answers | None] | None = None
        self._commits = Commits(self.engine, self.path)

    def for_people(
        self,
        *,
        seconds: float,
        writers: int,
        limit: Callable[[], Limit | None] | None = None,
        answers: Callable[[], Answers | None] | None = None,
    ) -> "Database":
        """Give a handle on the same database for pages, behind which somebody waits.

        Its transactions wait for others at most ``seconds``, and at most ``writers`` of its threads
        write or wait to write at once, so that some are always left to read. ``limit`` gives until
        when one that reads may go on, ``answers`` where what it is answered is noted, if anywhere.
        It raises ``Unavailable`` where the database cannot be used now.
        """
        handle = copy.copy(self)
        handle._patience, handle._limit, handle._answers = seconds, limit, answers
        handle._sessions = sessionmaker(self.engine, expire_on_commit=False)
        once.watch(handle._sessions)
        handle._turns = threading.BoundedSemaphore(writers)
        # SQLite lets who waits for its lock sleep and look again: its own threads take turns instead
        handle._first = threading.Lock() if self.is_sqlite else None
        return handle

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction that only looks, and sees one moment; whatever it changed is rolled back.

        Rows that were read stay readable afterwards.

        Raises:
            Unavailable: the database cannot be read now (only a handle ``for_people``).
            TooSlow: it took longer than there was (the same).
        """
        limit = self._limit() if self._limit else None
        options: dict[str, Any] = {"monitor_looks": True}
        if self._patience is not None:
            options |= {"monitor_wait": self._patience, "monitor_limit": limit}
        with self._telling_people(limit), self._sessions() as session:
            if self._patience is not None:
                once.begin(session)
            _begin(session, options)
            if self._answers is not None:
                hear(session, self._answers)
            try:
                yield session
                if not self.is_sqlite:
                    engines.end_looking(session.connection())
            finally:
                session.expunge_all()
                session.rollback()

    @contextlib.contextmanager
    def apart(self, session: Session) -> Iterator[Session]:
        """Look in a reading's own moment, and know nothing of what it has read: all is asked anew."""
        with self._sessions(bind=session.connection()) as alone:
            forget(alone)
            try:
                yield alone
            finally:
                alone.expunge_all()

    def answers(self) -> None:
        """Ask the database for nothing: whatever keeps it from answering is raised, as ``read`` does."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    @contextlib.contextmanager
    def write(self, *, wait: float | None = None) -> Iterator[Session]:
        """Open a transaction that commits whole at the end, or not at all.

        SQLite takes its write lock at BEGIN: a read that turns into a write later would
        fail at once whatever the busy timeout says. ``wait`` is in seconds, where this one
        transaction is worth less than others.

        Raises:
            Unavailable: the database cannot be written to now (only a handle ``for_people``).
        """
        patience = self._patience if wait is None else wait
        options: dict[str, Any] = {"monitor_write": True}
        if patience is not None:
            options["monitor_wait"] = patience
        with self._telling_people(), self._turn(wait), self._sessions() as session:
            _begin(session, options)
            if (answers := self._answers and self._answers()) is not None:
                answers.is_whole = False
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextlib.contextmanager
    def _turn(self, wait: float | None) -> Iterator[None]:
        """Hold one of the turns to write, where there are so many; on SQLite, be the one that writes.

        Raises:
            Unavailable: too many write or wait already, or the others take too long.
        """
        if self._turns is None:
            yield
            return
        patience = (self._patience if wait is None else wait) or 0
        with _holding(self._turns, _FOR_A_TURN if wait is None else wait):
            alone = _holding(self._first, patience) if self._first else contextlib.nullcontext()
            with alone:
                yield

    @contextlib.contextmanager
    def _telling_people(self, limit: Limit | None = None) -> Iterator[None]:
        """Turn the driver's words about a database that is locked, full or gone into ours.

        Raises:
            Unavailable: the database cannot be used now.
            TooSlow: it was stopped, since ``limit`` is over.
        """
        try:
            yield
        except (OperationalError, InterfaceError, PoolExhausted) as error:
            if self._patience is None:
                raise
            if limit is not None and limit.is_over():
                raise TooSlow("this asks for more than can be read in time") from error
            raise Unavailable("the database cannot be used at the moment") from error

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None for PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @property
    def log_path(self) -> Path | None:
        """SQLite's write-ahead log, beside its file; None for PostgreSQL."""
        return self.path.with_name(f"{self.path.name}-wal") if self.path else None

    def log_bytes(self) -> int:
        """Tell how large the write-ahead log is; 0 where there is none.

        It only grows while somebody else (a backup, a shell) reads the database for long.
        """
        try:
            return self.log_path.stat().st_size if self.log_path else 0
        except FileNotFoundError:
            return 0

    def commits(self) -> str | None:
        """Give a word that differs after anybody committed anything; None: it cannot be told.

        Ask before reading: what was read then still stands while the word is the same.
        """
        return self._commits.word()

    def shorten_log(self) -> None:
        """Bring what stands in SQLite's write-ahead log into the database, and empty it.

        Waits for nobody: what a reader still needs stays, until the next time.
        """
        if self.path is None or self.log_bytes() == 0:
            return
        # a connection of its own, without patience: a checkpoint that waits for a reader holds
        # the write lock meanwhile
        with contextlib.closing(sqlite3.connect(self.path, timeout=0)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def gather_statistics(self) -> None:
        """Look through the indexes, so that statements are planned for what is there now.

        SQLite reads some rows of each and no more, under the lock to write; a connection learns of it
        when it is opened, so those at rest are opened anew. PostgreSQL is asked outside of a
        transaction: each table is then let go of as soon as it was looked at. Nobody who reads or
        writes rows waits for it there, and what cleans up tables waits for one alone.
        """
        if not self.is_sqlite:
            with self.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("ANALYZE")
            return
        with self.write() as session:
            session.connection().exec_driver_sql(f"PRAGMA analysis_limit={_LOOKED_AT}")
            session.connection().exec_driver_sql("ANALYZE")
        self.engine.dispose()

    def dispose(self) -> None:
        """Close every connection."""
        self._commits.close()
        self.engine.dispose()


def forget(session: Session) -> None:
    """Let a session that only looks know nothing of what it has read: it asks for all of it anew."""
    session.expunge_all()
    once.begin(session)


def affected(result: Result[Any], *, expected: int | None = None, what: str = "row") -> int:
    """Count the rows a statement changed, and refuse a count that was not expected.

    Raises:
        Conflict: ``expected`` was given and another number of rows changed.
    """
    assert isinstance(result, CursorResult)  # noqa: S101 - tells mypy what execute returned
    count = int(result.rowcount)
    if expected is not None and count != expected:
        raise Conflict(f"expected to change {expected} {what}, changed {count}")
    return count


def _begin(session: Session, options: dict[str, Any]) -> None:
    """Begin a transaction with options of its own."""

    def begin() -> None:
        session.rollback()  # of one that could not be begun, nothing is left
        session.connection(execution_options=options)

    # how long it waits is the first thing that PostgreSQL is told
    if options.get("monitor_wait") is not None:
        engines.asking_first(begin)
    else:
        begin()


@contextlib.contextmanager
def _holding(turn: "threading.BoundedSemaphore | threading.Lock", seconds: float) -> Iterator[None]:
    if not turn.acquire(timeout=seconds):
        raise Unavailable("too many people wait for the database already")
    try:
        yield
    finally:
        turn.release()
