"""How the threads of this process take turns: those of pages on one processor, and all of them often.

Python runs one thread at a time. Each question to SQLite, and each row of its answer, lets another
thread go first. ADR 31 tells what that cost, and what was measured.
"""

import contextlib
import functools
import os
import secrets
import sys
from collections.abc import Iterator, Set

# Seconds that a thread goes on once another wants its turn; 0.005 is usual. A page that is made while
# a job computes waits so long for each row that it reads.
_TURN = 0.0002


def take_short_turns() -> None:
    """Let no thread wait long for one that computes."""
    sys.setswitchinterval(_TURN)


@contextlib.contextmanager
def on_one_processor() -> Iterator[None]:
    """Keep this thread, and for good those that it begins meanwhile, on one processor, always the same.

    Threads that wait for each other all the time do it three times as fast there: to wake one on
    another processor takes longer than what it has to do.
    """
    with _on(_chosen()):
        yield


@contextlib.contextmanager
def on_any_processor() -> Iterator[None]:
    """Let this thread, for work that needs no turn of Python's, run where no page has to wait for it."""
    with _on(_all()):
        yield


@functools.cache
def _all() -> Set[int]:
    """Give the processors that this process might use when it was first asked; none: it cannot be told."""
    return os.sched_getaffinity(os.getpid()) if hasattr(os, "sched_getaffinity") else frozenset()


@functools.cache
def _chosen() -> Set[int]:
    # any of them: two services of one machine should not both take the last
    return {secrets.choice(sorted(_all()))} if _all() else frozenset()


@contextlib.contextmanager
def _on(processors: Set[int]) -> Iterator[None]:
    """Run on these alone, then where it ran before. Where that is not allowed, nothing changes."""
    if not processors:
        yield
        return
    before = os.sched_getaffinity(0)
    _may_run_on(processors)
    try:
        yield
    finally:
        _may_run_on(before)


def _may_run_on(processors: Set[int]) -> None:
    # a sandbox may forbid it, and a processor may have been taken away since
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, processors)
