"""What is wrong with our own machine, in words: its database, its disk, its settings.

Told apart from what a source or a mail server does, which is never to blame for it. What is
neither is a bug. Pure: looks at errors only, and never shows a password.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from monitor.kernel.errors import ConfigError, OwnTrouble

# what SQLite says, and what that means to whoever runs the service
_SQLITE = (
    ("locked", "the database is locked: something else (a backup, a shell) holds it for long"),
    ("disk is full", "the disk is full: make room"),
    ("unable to open", "the database cannot be opened: look at its folder and who owns it"),
    ("readonly", "the database may not be written: look at its folder and who owns it"),
    ("disk i/o error", "the disk under the database fails: look at the machine’s log"),
    ("not a database", "the database is damaged, or no database at all: put a backup in its place"),
    ("malformed", "the database is damaged: put a backup in its place"),
)
_UNREACHABLE = "the database cannot be reached"
# of a call to the machine itself; a connection that fails has others
_OURS = {
    errno.EACCES: "may not be used by this user",
    errno.EPERM: "may not be used by this user",
    errno.ENOSPC: "cannot be written: the disk is full",
    errno.EDQUOT: "cannot be written: the disk quota is used up",
    errno.EROFS: "cannot be written: the disk is read-only",
    errno.EIO: "cannot be read or written: the disk fails",
    errno.ENOENT: "is missing",
    errno.ENOTDIR: "lies in something that is no folder",
    errno.EISDIR: "is a folder",
    errno.EEXIST: "is there already, as something else",
}
_EXHAUSTED = {
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine",
    errno.ENOMEM: "the memory is used up",
    errno.ENOBUFS: "the memory for connections is used up",
}


def own_trouble(error: BaseException) -> str | None:
    """Say what is wrong with this machine; None where the error is something else."""
    if isinstance(error, ConfigError | OwnTrouble):
        return str(error)
    if isinstance(error, SQLAlchemyError):
        return _of_database(error)
    if isinstance(error, MemoryError):
        return _EXHAUSTED[errno.ENOMEM]
    return _of_machine(error) if isinstance(error, OSError) else None


def exhausted(error: BaseException) -> str | None:
    """Say what this machine ran out of, where that lies at the bottom of a failed connection."""
    for cause in _causes(error):
        words = _EXHAUSTED.get(getattr(cause, "errno", None) or 0)
        if words or isinstance(cause, MemoryError):
            return words or _EXHAUSTED[errno.ENOMEM]
    return None


def _of_database(error: SQLAlchemyError) -> str | None:
    if isinstance(error, NoConnectionFree):
        return "every connection to the database is in use"
    if not isinstance(error, DBAPIError):
        return None
    said = str(error.orig).strip()
    lowered = said.lower()
    if isinstance(error.orig, sqlite3.Error):
        # anything else it says (no such table) is a bug
        return next((meaning for words, meaning in _SQLITE if words in lowered), None)
    if "read-only" in lowered or "no space left" in lowered:
        return f"the database may not be written ({said.splitlines()[0]})"
    # where nothing was asked yet it is the connection that failed, whatever its driver calls that
    if error.connection_invalidated or isinstance(error, OperationalError) or not error.statement:
        return f"{_UNREACHABLE} ({said.splitlines()[0] if said else 'no reason given'})"
    return None


def _of_machine(error: OSError) -> str | None:
    words = _EXHAUSTED.get(error.errno or 0)
    if words is not None:
        return words
    words = _OURS.get(error.errno or 0)
    if words is None:
        return None
    name = error.filename
    return f"{os.fsdecode(name) if isinstance(name, str | bytes) else 'a file'} {words}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk down to what caused an error; libraries hand it on as a cause, a reason or an argument."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        hidden = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting += [value for value in hidden if isinstance(value, BaseException)]
