"""Log lines that can be lost, and can do nothing else.

Whoever logs hands a line over and goes on: it never waits for a full disk or a reader that stands
still, and never learns that a line could not be written. So no line can undo or hold up work, nor
keep a transaction open.
"""

import contextlib
import logging
import queue
import threading
from typing import TextIO

_ALL: list["LogLines"] = []
_HELD = 10_000  # lines that wait to be written; more are dropped
_DRAIN_SECONDS = 1.0


class LogLines:
    """A logger for structlog that writes to ``stream`` by a thread of its own.

    ``stream`` may be None, as ``sys.stderr`` is where it was closed: then every line is dropped.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lines: queue.Queue[str] = queue.Queue(_HELD)
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._started = threading.Lock()
        _ALL.append(self)

    def msg(self, message: str) -> None:
        """Take one line; drops it where too many wait."""
        if self._stream is None:
            return
        self._start()
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(message)

    # structlog calls the method named as the level
    debug = info = warning = error = critical = fatal = exception = log = msg

    def drain(self) -> None:
        """Let the lines handed over be written, for a second at most."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(
                lambda: not self._lines.unfinished_tasks, timeout=_DRAIN_SECONDS
            )

    def _start(self) -> None:
        # not when made: a process that forks before it logs would have no writer
        with self._started:
            if self._writer.ident is None:
                self._writer.start()

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            # ValueError: the stream was closed, or cannot encode a character
            with contextlib.suppress(OSError, ValueError):
                print(line, file=self._stream, flush=True)
            self._lines.task_done()


class LineHandler(logging.Handler):
    """Takes what the libraries log (the web server, the scheduler) the same way."""

    def __init__(self, lines: LogLines) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the line over."""
        with contextlib.suppress(TypeError, ValueError):  # arguments that do not fit their message
            self._lines.msg(self.format(record))


def drain() -> None:
    """Let what was logged be written before the process is cut off."""
    for lines in _ALL:
        lines.drain()
