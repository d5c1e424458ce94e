"""Exclusive locks between processes that the operating system or the database frees on death.

A lease in a row outlives a killed process; these do not. Holding one proves that no other live
process does the same work, so what a dead one left behind may be taken over at once.
"""

import contextlib
import fcntl
import zlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from monitor.kernel.database import Database


@contextlib.contextmanager
def exclusive(database: Database, folder: Path, name: str) -> Iterator[bool]:
    """Try to hold the lock ``name``; yields whether it is held. Never waits.

    On SQLite a file lock in ``folder``; on PostgreSQL an advisory lock of the database, so that
    it also holds between machines.
    """
    if database.is_sqlite:
        with _file_lock(folder / f"{name}.lock") as held:
            yield held
    else:
        with _advisory_lock(database, name) as held:
            yield held


@contextlib.contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _advisory_lock(database: Database, name: str) -> Iterator[bool]:
    key = {"key": zlib.crc32(f"gap-monitor:{name}".encode())}
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        held = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))
        try:
            yield held
        finally:
            if held:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
