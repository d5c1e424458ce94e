"""When a host may be asked: turns that the whole process shares, and hosts to leave alone.

Several sources are asked at a time, each by its own client; a host cares only how often it is
asked in all. Knows no request and no reply.
"""

import threading
import time
from collections.abc import Callable
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


class Turns:
    """Gives out turns to ask a host. Safe for any number of threads."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}

    def wait(self, host: str, gap: float) -> None:
        """Take the next turn at ``host`` and wait for it; the one after is ``gap`` seconds later."""
        with self._lock:
            now = monotonic()
            turn = max(now, self._free_at.get(host, now))
            if len(self._free_at) > _MANY_HOSTS:
                self._forget(now)
            self._free_at[host] = turn + gap
        if turn > now:
            self._sleep(turn - now)

    def rest(self, host: str, seconds: float) -> None:
        """Give nobody a turn at ``host`` for so long: it asked to be left alone."""
        with self._lock:
            until = monotonic() + seconds
            self._free_at[host] = max(until, self._free_at.get(host, until))

    def _forget(self, now: float) -> None:
        self._free_at = {host: at for host, at in self._free_at.items() if at > now}


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
TURNS = Turns()
