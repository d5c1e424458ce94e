"""Where threads run, and where work lets one go that stays on one processor."""

import os
import threading
from collections.abc import Callable
from unittest import mock

import pytest

from monitor.kernel.process.threads import OneProcessor

told_apart = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system does not tell processors apart"
)


def where(thread: int = 0) -> frozenset[int]:
    return frozenset(os.sched_getaffinity(thread))


def several() -> frozenset[int]:
    """Give the processors of this thread; skips where there is one."""
    if len(every := where()) == 1:
        pytest.skip("this machine has one processor")
    return every


def in_a_thread(work: Callable[[], object]) -> None:
    """Do it where it leaves no trace: a thread that stays somewhere does so until its end."""
    wrong: list[BaseException] = []

    def tried() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below, in pytest's own thread
            wrong.append(error)

    thread = threading.Thread(target=tried)
    thread.start()
    thread.join()
    if wrong:
        raise wrong[0]


def assert_leaves_the_pages_processor(work: Callable[[], object]) -> None:
    """Do it in a thread that stays on one processor: it goes to all of them once, and comes back."""
    every, moves, moved = several(), [], os.sched_setaffinity

    def moving(thread: int, processors: frozenset[int]) -> None:
        moves.append(processors)
        moved(thread, processors)

    def stay_and_work() -> None:
        processor = OneProcessor()
        processor.stay()
        with mock.patch.object(os, "sched_setaffinity", moving):
            work()
        assert moves == [every, processor.alone]

    in_a_thread(stay_and_work)
