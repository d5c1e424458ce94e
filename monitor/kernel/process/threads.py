"""How the threads of this process take turns: those of pages on one processor, and all of them often.

Python runs one thread at a time. Each question to SQLite, and each row of its answer, lets another
thread go first. ADR 31 tells what that cost, and what was measured.
"""

import contextlib
import os
import secrets
import sys
import threading
from collections.abc import Iterator, Set

# Seconds that a thread goes on once another wants its turn; 0.005 is usual. A page that is made while
# a job computes waits so long for each row that it reads.
_TURN = 0.0002
_here = threading.local()


def take_short_turns() -> None:
    """Let no thread wait long for one that computes."""
    sys.setswitchinterval(_TURN)


class OneProcessor:
    """A processor for threads that wait for each other all the time: any of those that may be used.

    There they do it three times as fast: to wake one on another processor takes longer than what it
    has to do. Threads that never stay here are left alone: they run wherever the system lets them.
    """

    def __init__(self) -> None:
        self.every = _where()
        # any: two services of one machine should not both be sure to take the last
        self.alone = frozenset({secrets.choice(sorted(self.every))} if self.every else ())

    def stay(self) -> None:
        """Keep this thread here from now on; what it begins later begins here too."""
        if getattr(_here, "stays", None) is not self:
            _here.stays = self
            _run_on(self.alone)


@contextlib.contextmanager
def on_any_processor() -> Iterator[None]:
    """Let this thread, for work that needs no turn of Python's, run where no page has to wait for it.

    Only where it stays on one: where somebody moved it since (``taskset``, a cpuset), it is left there.
    """
    stays: OneProcessor | None = getattr(_here, "stays", None)
    if stays is None or _where() != stays.alone:
        yield
        return
    moved = _run_on(stays.every)
    try:
        yield
    finally:
        if _where() == moved:
            _run_on(stays.alone)


def _where() -> Set[int]:
    """Tell the processors that this thread may run on; none where the system does not tell."""
    with contextlib.suppress(AttributeError, OSError):
        return frozenset(os.sched_getaffinity(0))
    return frozenset()


def _run_on(processors: Set[int]) -> Set[int]:
    """Run on these alone, and tell where that is; where it is not allowed, nothing changes."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, processors)
    return _where()
