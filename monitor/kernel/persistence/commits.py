"""Whether anything was committed since: one word that differs after every commit, by any process.

What was read and rendered before a commit may be shown again only while the word is the same. It
rests on what the databases keep for themselves, so no writer can forget to tell: SQLite's
``data_version``, PostgreSQL's snapshot.
"""

import contextlib
import sqlite3
import threading
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from monitor.kernel.persistence.engines import asking_first


class Commits:
    """Tells of one database. Safe for many threads; holds one connection to SQLite."""

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self._engine, self._path = engine, path
        self._lock = threading.Lock()
        self._own: sqlite3.Connection | None = None
        self._opened_times = 0

    def word(self) -> str | None:
        """Give the word; None where it cannot be told, so that nothing may be shown again.

        Words are only comparable within one process.
        """
        if self._engine.dialect.name == "sqlite":
            return self._of_sqlite()
        try:
            return asking_first(self._of_postgres)
        except SQLAlchemyError:
            return None

    def close(self) -> None:
        """Close the connection; the next word opens another."""
        with self._lock:
            self._forget()

    def _of_postgres(self) -> str:
        # outside a transaction: one round trip
        connecting = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connecting as connection:
            asked = connection.exec_driver_sql("SELECT pg_current_snapshot()::text")
            return str(asked.scalar_one())

    def _of_sqlite(self) -> str | None:
        """Ask a connection that never writes: SQLite counts for it what all others commit."""
        if self._path is None or str(self._path) == ":memory:":
            return None
        with self._lock:
            try:
                if self._own is None:
                    self._own = self._opened(self._path)
                    self._opened_times += 1
                number = self._own.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.Error:
                self._forget()
                return None
            # another connection counts from anew
            return f"{self._opened_times}:{number}"

    def _opened(self, path: Path) -> sqlite3.Connection:
        # guarded by the lock, so any thread may use it; never makes a file that is not there
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0, check_same_thread=False
        )

    def _forget(self) -> None:
        if self._own is not None:
            with contextlib.suppress(sqlite3.Error):
                self._own.close()
            self._own = None
