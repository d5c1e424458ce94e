"""Sends due mail in processes that are killed, with SIGKILL, at chosen moments: the product has no hook.

    python mortal_sender.py CONFIG

Imports and opens everything once, sends what is due, so that statements and templates are compiled,
and then forks a process for each line that it reads: ``MOMENT HOURS``. The process sends what is due
at the settled time and so many hours, and dies at that moment, or ends by itself. Told on a line: the status it ended with, and where it died. A moment is a thing that the
rest of the world may see: a commit that is about to be made, or was; words about to be sent to the
mail server, sent, or a reply of it.
"""

import gc
import logging
import os
import signal
import smtplib
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from monitor.jobs.mail.delivery import deliver_due
from monitor.kernel.settings import load
from monitor.service import Service

BEGAN = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
_COMMAND = 500  # bytes at most
_lock = threading.Lock()


class Death:
    """Counts moments, and is one of them."""

    def __init__(self, moment: int, tell: int) -> None:
        self.left, self.tell = moment, tell
        self.writes = threading.local()

    def passes(self, where: str) -> None:
        """Count one moment; at the last one, tell where it was and die."""
        with _lock:
            self.left -= 1
            if not self.left:
                os.write(self.tell, where.encode())
                os.kill(os.getpid(), signal.SIGKILL)

    def wait_for(self) -> None:
        """Have every moment counted."""
        event.listen(Engine, "before_cursor_execute", self._note)
        event.listen(Session, "before_commit", lambda _: self._commits("before a commit"))
        event.listen(Session, "after_commit", lambda _: self._commits("after a commit"))
        send, getreply = smtplib.SMTP.send, smtplib.SMTP.getreply

        def sends(self_: smtplib.SMTP, s: Any) -> None:
            what = "a message" if len(s) > _COMMAND else "a command"
            self.passes(f"before {what}")
            send(self_, s)
            self.passes(f"after {what}")

        def hears(self_: smtplib.SMTP) -> Any:
            reply = getreply(self_)
            self.passes("after a reply")
            return reply

        smtplib.SMTP.send = sends  # type: ignore[method-assign, assignment]
        smtplib.SMTP.getreply = hears  # type: ignore[method-assign, assignment]

    def _note(self, conn: Any, cursor: Any, statement: str, *more: Any) -> None:
        if statement.lstrip().upper().startswith(("UPDATE", "INSERT")):
            self.writes.any = True

    def _commits(self, where: str) -> None:
        if getattr(self.writes, "any", False):
            self.passes(where)
        if where.startswith("after"):
            self.writes.any = False


def one_life(service: Service, moment: int, hours: int, tell: int) -> None:
    """Send until the end, or until that moment."""
    at = BEGAN + timedelta(hours=hours)
    Death(moment, tell).wait_for()
    deliver_due(replace(service, clock=lambda: at), now=True)


def main() -> None:
    """Fork a process for each line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    service = Service.open(load(Path(sys.argv[1])))
    deliver_due(replace(service, clock=lambda: BEGAN), now=True)
    service.database.dispose()
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        moment, hours = map(int, line.split())
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            one_life(service, moment, hours, tell)
            os._exit(0)
        os.close(tell)
        _, status = os.waitpid(child, 0)
        where = os.read(told, 100).decode()
        os.close(told)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {where}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
