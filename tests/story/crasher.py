"""Runs the program and kills it, with SIGKILL, at a chosen commit: the product has no test hook.

    python crasher.py ARGUMENTS…

CRASH_WHEN   "before" (the transaction is lost) or "after" (it stands, and nothing else happened)
CRASH_SQL    regular expression; the commit counts if a statement of its transaction, with its
             parameters, matches. Without it every commit counts.
CRASH_COMMIT which of the commits that count, from 1
"""

import os
import re
import signal
import threading
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from monitor.cli import main

WHEN = os.environ["CRASH_WHEN"]
SQL = re.compile(os.environ.get("CRASH_SQL", ""), re.IGNORECASE | re.DOTALL)
COMMIT = int(os.environ.get("CRASH_COMMIT", "1"))

_statements = threading.local()
_lock = threading.Lock()
_counted = 0


def _seen() -> list[str]:
    if not hasattr(_statements, "all"):
        _statements.all = []
    seen: list[str] = _statements.all
    return seen


def _note(conn: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
    _seen().append(f"{statement} {parameters!r}")


def _before(session: Session) -> None:
    session.flush()  # what would be written in this commit counts as its statements
    if WHEN == "before" and _due():
        _die()


def _after(session: Session) -> None:
    if WHEN == "after" and _due():
        _die()
    _seen().clear()


def _forget(session: Session) -> None:
    _seen().clear()


def _due() -> bool:
    global _counted  # noqa: PLW0603 - one process, one death
    seen = _seen()
    # a transaction that only looked is no commit point
    writes = [s for s in seen if not s.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN"))]
    if not any(SQL.search(statement) for statement in writes):
        return False
    with _lock:
        _counted += 1
        return _counted == COMMIT


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


event.listen(Engine, "before_cursor_execute", _note)
event.listen(Session, "before_commit", _before)
event.listen(Session, "after_commit", _after)
event.listen(Session, "after_rollback", _forget)

if __name__ == "__main__":
    main()
