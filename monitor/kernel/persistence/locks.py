"""Exclusive locks between processes that the operating system or the database frees on death.

A lease in a row outlives a killed process; these do not. Holding one proves that no other live
process does the same work, so what a dead one left behind may be taken over at once.
"""

import contextlib
import fcntl
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from monitor.kernel.persistence.database import Database
from monitor.kernel.private_files import private_folder


class Hold(Protocol):
    """A lock that is held."""

    def still_ours(self) -> bool:
        """Tell whether it is: a database that was restarted has forgotten who held what."""
        ...


@contextlib.contextmanager
def exclusive(database: Database, folder: Path, name: str) -> Iterator[bool]:
    """Try to hold the lock ``name``; yields whether it is held. Never waits.

    On SQLite a file lock in ``folder``; on PostgreSQL an advisory lock of the database, so that
    it also holds between machines.
    """
    with holding(database, folder, name) as hold:
        yield hold is not None


@contextlib.contextmanager
def holding(database: Database, folder: Path, name: str) -> Iterator[Hold | None]:
    """Try to hold the lock ``name``, for long; None where somebody else does. Never waits.

    Whoever holds it for hours asks now and then whether it still does.
    """
    kind = _file_lock(folder / f"{name}.lock") if database.is_sqlite else None
    with kind or _advisory_lock(database, name) as hold:
        yield hold


@dataclass(frozen=True, slots=True)
class _FileHold:
    path: Path
    file: IO[str]

    def still_ours(self) -> bool:
        """A file of the same name that was made anew may be locked by another process."""
        try:
            return os.path.samestat(os.fstat(self.file.fileno()), self.path.stat())
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class _AdvisoryHold:
    connection: Connection
    key: int

    def still_ours(self) -> bool:
        try:
            return self.connection.scalar(_HELD, {"key": self.key}) is not None
        except SQLAlchemyError:
            return False


_HELD = text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() "
    "AND classid = 0 AND CAST(objid AS bigint) = :key AND granted"
)


@contextlib.contextmanager
def _file_lock(path: Path) -> Iterator[Hold | None]:
    private_folder(path.parent)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield _FileHold(path, file)


@contextlib.contextmanager
def _advisory_lock(database: Database, name: str) -> Iterator[Hold | None]:
    key = zlib.crc32(f"gap-monitor:{name}".encode())
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        held = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
        try:
            yield _AdvisoryHold(connection, key) if held else None
        finally:
            if held:
                _let_go(connection, key)


def _let_go(connection: Connection, key: int) -> None:
    """Free the lock; one that was lost with its connection is free already."""
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
    except SQLAlchemyError:
        # back in the pool it would hold the lock for as long as the process lives
        connection.invalidate()
