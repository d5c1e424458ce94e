"""How often Python looks for objects that only hold each other: seldom, since few here do."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects before Python looks through them. 700 is usual; a batch of records makes as many by the
# dozen, and next to none of them in circles.
_NEW = 10_000


def spare_loaded() -> None:
    """Never look through what is loaded by now: it stays as long as the process. Look seldom after."""
    gc.freeze()
    gc.set_threshold(_NEW, *gc.get_threshold()[1:])


@contextmanager
def looked_for_after() -> Iterator[None]:
    """Do a bounded piece of work, and look for garbage only behind it.

    What the work makes and holds until its end is no garbage, and was looked through again and again:
    a twentieth of the time of a batch of records. Of two threads that do so the first to end lets
    Python look again: the other's work is looked through then, as it always was.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
