"""The rate limits of the upstreams: so many requests a second, so many at once. Knows no dialect."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from monitor.kernel.clock import monotonic


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a dialect grants a caller. Callers and routes of one ``pool`` are counted together."""

    pool: str
    per_second: int
    at_once: int | None = None


class Limiter:
    """Counts one stand-in's requests. A refused one counts too: who goes on hammering stays out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self._busy: Counter[str] = Counter()

    @contextmanager
    def turn(self, allowance: Allowance | None) -> Iterator[bool]:
        """Hold one caller's turn; gives whether it is within its allowance (None: always)."""
        if allowance is None:
            yield True
            return
        granted = self._enter(allowance)
        try:
            yield granted
        finally:
            with self._lock:
                self._busy[allowance.pool] -= 1

    def _enter(self, allowance: Allowance) -> bool:
        now = monotonic()
        with self._lock:
            times = self._times[allowance.pool]
            while times and now - times[0] > 1:
                times.popleft()
            times.append(now)
            self._busy[allowance.pool] += 1
            crowded = allowance.at_once and self._busy[allowance.pool] > allowance.at_once
            return not crowded and len(times) <= allowance.per_second
