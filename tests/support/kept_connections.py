"""Keeps open what tests open to the one PostgreSQL database they take turns with.

A service connects once. Each test has a service of its own, and a connection is a new process of the
server, which has to learn of every table it meets: much of the time of a test on PostgreSQL.
"""

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine

_MOST = 4  # kept at once; where a test opens more, the others are closed
# What is closed lets its locks go, and what is opened has nobody's settings.
_AS_NEW = "RESET ALL; SELECT pg_advisory_unlock_all()"

_databases: set[str] = set()
_idle: list[tuple[str, psycopg.Connection]] = []


def keep(database: str) -> None:
    """Keep connections to the database of this name from now on."""
    _databases.add(database)


def forget() -> None:
    """Close all that are kept, and keep none from now on."""
    _databases.clear()
    while _idle:
        _idle.pop()[1].close()


def processes() -> list[int]:
    """Give the server's processes of those that wait for a test."""
    return [connection.info.backend_pid for _, connection in _idle]


def share(engine: Engine) -> None:
    """Let an engine take a kept connection before it opens one, and keep what it would close."""
    dialect: Any = engine.pool._dialect
    if engine.url.database not in _databases:
        return
    connect, close = dialect.connect, dialect.do_close
    opened_with = ""

    def take(*args: Any, **parameters: Any) -> Any:
        nonlocal opened_with
        # each engine has adapters of its own, all alike
        told = {name: value for name, value in parameters.items() if name != "context"}
        opened_with = repr((args, sorted(told.items())))
        return _taken(opened_with) or connect(*args, **parameters)

    def give(connection: Any) -> None:
        if len(_idle) < _MOST and engine.url.database in _databases and _renewed(connection):
            _idle.append((opened_with, connection))
        else:
            close(connection)

    dialect.connect, dialect.do_close = take, give


def _taken(opened_with: str) -> psycopg.Connection | None:
    """Take one that was opened with just this; one whose process was ended meanwhile is no use."""
    for place, (known, connection) in reversed(list(enumerate(_idle))):
        if known == opened_with:
            del _idle[place]
            if _renewed(connection):
                return connection
            connection.close()
    return None


def _renewed(connection: psycopg.Connection) -> bool:
    """Make a connection as a new one is, and tell whether it can be used."""
    try:
        if connection.info.transaction_status == TransactionStatus.ACTIVE:
            return False
        connection.rollback()
        connection.autocommit = True
        connection.execute(_AS_NEW)
        connection.autocommit = False
        connection.isolation_level = connection.read_only = connection.deferrable = None
        connection._notice_handlers.clear()
    except psycopg.Error:
        return False
    return True
