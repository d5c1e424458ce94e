"""When a host may be asked: turns that the whole process shares, and hosts to leave alone.

Several sources are asked at a time, each by its own client; a host cares only how often it is
asked in all. Knows no request and no reply.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from monitor.kernel.clock import monotonic

_SCHEME_PORTS = {"http": 80, "https": 443}
_MANY_HOSTS = 1_000
# one failure may be of one page only; two in a row are the host's
_FAILURES_TO_OPEN = 2


def host_of(url: str) -> str:
    """Name the host of an address, the same for every way of writing it; never holds a password.

    What is no address has the empty name: asking it fails later, in words.

    >>> host_of("https://user:word@Example.org/a?key=1") == host_of("https://example.org:443")
    True
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _SCHEME_PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.hostname or ''}:{port}"


class _Host:
    """One host's gate: who holds it may ask, and the next one only a while after it asked."""

    def __init__(self) -> None:
        self.gate = threading.Lock()
        self.free_at = 0.0
        self.waiting = 0  # holders of the gate and those who stand before it


class HostTurns:
    """Gives out turns to ask a host. Safe for any number of threads.

    A turn is counted from the moment a request has left, not from when it was planned: a thread
    whose connection was slow, or that was woken late, would otherwise ask together with the next.
    """

    def __init__(
        self,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str, gap: float) -> Iterator[None]:
        """Wait for a turn at ``host``, and hold it while the request leaves.

        The next turn comes ``gap`` seconds after this block has ended. Keep the block short, and
        connect before: whoever holds the turn holds up all others who ask this host.
        """
        here = self._enter(host)
        try:
            with here.gate:
                self._sleep_until_free(here)
                try:
                    yield
                finally:
                    self._free_after(here, gap)
        finally:
            with self._lock:
                here.waiting -= 1

    def until_free(self, host: str) -> None:
        """Wait until a turn at ``host`` may be had, without taking it.

        For what comes before a request: a connection that waits long for its turn is ended by
        some hosts.
        """
        here = self._enter(host)
        try:
            self._sleep_until_free(here)
        finally:
            with self._lock:
                here.waiting -= 1

    def rest(self, host: str, seconds: float) -> None:
        """Give nobody a turn at ``host`` for so long: it asked to be left alone."""
        here = self._enter(host)
        self._free_after(here, seconds)
        with self._lock:
            here.waiting -= 1

    def _enter(self, host: str) -> _Host:
        with self._lock:
            if len(self._hosts) > _MANY_HOSTS:
                self._forget(self._clock())
            here = self._hosts.setdefault(host, _Host())
            here.waiting += 1
            return here

    def _sleep_until_free(self, here: _Host) -> None:
        # looked at again after every sleep: meanwhile the host may have asked for a rest
        while (wait := self._wait(here)) > 0:
            self._sleep(wait)

    def _wait(self, here: _Host) -> float:
        with self._lock:
            return here.free_at - self._clock()

    def _free_after(self, here: _Host, seconds: float) -> None:
        with self._lock:
            here.free_at = max(here.free_at, self._clock() + seconds)

    def _forget(self, now: float) -> None:
        self._hosts = {
            name: here for name, here in self._hosts.items() if here.waiting or here.free_at > now
        }


class Breaker:
    """Counts the failures in a row of every host, for one client: an open one is not asked.

    After a while it is asked once more, so that a long task does not end with a short trouble.
    """

    def __init__(self, seconds: float = 60) -> None:
        self._seconds = seconds
        self._failures: dict[str, tuple[int, float]] = {}

    def is_open(self, host: str) -> bool:
        """Tell whether the host failed so often, so lately, that asking on only costs time."""
        count, since = self._failures.get(host, (0, 0.0))
        return count >= _FAILURES_TO_OPEN and monotonic() - since < self._seconds

    def failed(self, host: str) -> None:
        """Note that a request failed after every try."""
        count, _ = self._failures.get(host, (0, 0.0))
        self._failures[host] = count + 1, monotonic()

    def answered(self, host: str) -> None:
        """Note that the host answers."""
        self._failures.pop(host, None)


# the one that every client of this process shares
TURNS = HostTurns()
