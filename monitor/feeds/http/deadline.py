"""One deadline for a whole exchange, that does not run while its request waits for a turn."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from monitor.kernel.clock import monotonic


class Deadline:
    """Calls ``cut`` once ``seconds`` have passed, not counting pauses. Started by ``run``."""

    def __init__(self, seconds: float, cut: Callable[[], None]) -> None:
        self._left = seconds
        self._cut = cut
        self._timer: threading.Timer | None = None
        self._since = 0.0
        self.passed = threading.Event()

    @contextmanager
    def run(self) -> Iterator[None]:
        """Let it run while the block lasts."""
        self._start()
        try:
            yield
        finally:
            self._stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let it stand still while the block lasts."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        self._since = monotonic()
        self._timer = threading.Timer(max(self._left, 0), self._pass)
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._left -= monotonic() - self._since
            self._timer = None

    def _pass(self) -> None:
        self.passed.set()
        self._cut()
