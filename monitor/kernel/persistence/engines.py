"""How a connection is made and a transaction begun, on SQLite and on PostgreSQL."""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError, NoSuchModuleError

from monitor.kernel.errors import ConfigError, TooSlow
from monitor.kernel.persistence import asked_again, limits

_T = TypeVar("_T")
PATIENT = 30.0  # seconds that jobs and commands wait for SQLite's write lock
# Pages and jobs together: more threads than this never ask at once.
_CONNECTIONS, _MORE_CONNECTIONS = 8, 48
# True while what is begun sees by its own first question whether the server still lives.
_asks_first: ContextVar[bool] = ContextVar("asks_first", default=False)

# KiB in which SQLite keeps what a transaction writes: with less (2,000 is usual) it writes a batch of
# an import to its log in parts, and reads them again to go on. Only connections that write have it.
_ROOM_TO_WRITE = 8_000

# how large SQLite lets its write-ahead log stay once it was read into the database
LOG_LIMIT = 64 * 1024 * 1024


def sqlite_engine(url: str) -> Engine:
    """Connect to a SQLite file, in whose transactions nobody loses what another wrote."""
    # isolation_level None: the driver opens no transaction of its own; _begin_on_sqlite does
    engine = create_engine(
        url,
        connect_args={"timeout": PATIENT, "isolation_level": None},
        **_pool(url),
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: Any) -> None:  # noqa: ANN401, ARG001 - the driver's objects
        cursor = connection.cursor()
        # a page twice the usual size: most of what is kept are records of many kilobytes
        pragmas = ("page_size=8192", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
        for pragma in (*pragmas, f"journal_size_limit={LOG_LIMIT}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "checkin")
    def _free(connection: Any, record: Any) -> None:  # noqa: ANN401, ARG001 - the driver's objects
        if connection is not None:
            limits.unwatch(connection)

    event.listen(engine, "begin", _begin_on_sqlite)
    event.listen(engine, "before_cursor_execute", _refuse_once_over)
    event.listen(engine, "after_cursor_execute", asked_again.heard)
    return engine


def _begin_on_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if (limit := options.get("monitor_limit")) is not None:
        limits.watch(connection.connection.driver_connection, limit)
    wait = options.get("monitor_wait", PATIENT)
    if connection.info.get("monitor_wait", PATIENT) != wait:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(1000 * wait)}")
        connection.info["monitor_wait"] = wait
    writes = options.get("monitor_write")
    if writes and not connection.info.get("monitor_room"):
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_ROOM_TO_WRITE}")
        connection.info["monitor_room"] = True
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def postgres_engine(url: str) -> Engine:
    """Connect to PostgreSQL; a server that is gone without a word is noticed within a minute.

    Raises:
        ConfigError: what speaks to PostgreSQL is not installed, or does not take an option of the address.
    """
    asked = make_url(url).query
    usual = {
        "connect_timeout": 10,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    connect = {name: value for name, value in usual.items() if name not in asked}
    # AUTOCOMMIT: the driver opens no transaction of its own; _begin_on_postgres does.
    # The one used last is used next: it has its statements ready.
    try:
        engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_use_lifo=True,
            connect_args=connect,
            **_pool(url),
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(f"database.url: an option that cannot be: {error}") from error
    except ImportError as error:
        raise ConfigError(
            "database.url: what speaks to PostgreSQL is not installed: "
            "`pip install 'gap-monitor[postgres]'`"
        ) from error
    event.listen(engine, "checkout", functools.partial(_ask_whether_it_lives, engine.dialect))
    event.listen(engine, "begin", _begin_on_postgres)
    event.listen(engine, "before_cursor_execute", _refuse_once_over)
    event.listen(engine, "after_cursor_execute", asked_again.heard)
    return engine


def _begin_on_postgres(connection: Connection) -> None:
    """Begin, and say how long to wait: one round trip."""
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return  # who asks for it wants no transaction
    # as on SQLite, whoever only looks sees one moment
    kind = " ISOLATION LEVEL REPEATABLE READ" if options.get("monitor_looks") else ""
    wait, limit = options.get("monitor_wait"), options.get("monitor_limit")
    # 0 would wait for ever
    times = {"lock_timeout": max(1, round(1000 * wait))} if wait is not None else {}
    if limit is not None:
        times["statement_timeout"] = limit.milliseconds()
    settings = (f"SET LOCAL {name} = {milliseconds}" for name, milliseconds in times.items())
    connection.exec_driver_sql("; ".join((f"BEGIN{kind}", *settings)))


def end_looking(connection: Connection) -> None:
    """Roll back a transaction on PostgreSQL that made no tables, and let what is prepared stay.

    Where its driver is told to roll back, it lets go of all statements that the connection has prepared,
    since they may be of tables that are no more. Each would be planned anew on each page.
    """
    driver: Any = connection.connection.driver_connection
    driver.pgconn.exec_(b"ROLLBACK")


def asking_first(begin: Callable[[], _T]) -> _T:
    """Do what begins with a question to the server, without asking before whether it lives.

    That would be one round trip more in each transaction of a page. Where the connection had ended
    while it rested, all that rested are given up, and it is begun once more on a new one.
    """
    token = _asks_first.set(True)
    try:
        return begin()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return begin()
    finally:
        _asks_first.reset(token)


def _ask_whether_it_lives(dialect: Dialect, driver: Any, *_: object) -> None:  # noqa: ANN401 - the driver's
    """Take no connection to a server that has ended or restarted, nor any that is as old."""
    if _asks_first.get():
        return
    try:
        dialect.do_ping(driver)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _refuse_once_over(connection: Connection, *_: object) -> None:
    """Begin no statement once the limit is over: many short ones are slow too.

    Raises:
        TooSlow: it is.
    """
    limit = connection.get_execution_options().get("monitor_limit")
    if limit is not None and limit.is_over():
        raise TooSlow("this asks for more than can be read in time")


def _pool(url: str) -> dict[str, Any]:
    """Size the pool; a database in memory has one connection of its own kind."""
    if ":memory:" in url or url == "sqlite://":
        return {}
    return {"pool_size": _CONNECTIONS, "max_overflow": _MORE_CONNECTIONS, "pool_timeout": 5}
