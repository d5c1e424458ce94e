"""How often Python looks for objects that only hold each other: seldom, since few here do."""

import gc

# New objects before Python looks through them. 700 is usual; a batch of records makes as many by the
# dozen, and next to none of them in circles.
_NEW = 10_000


def spare_loaded() -> None:
    """Never look through what is loaded by now: it stays as long as the process. Look seldom after."""
    gc.freeze()
    gc.set_threshold(_NEW, *gc.get_threshold()[1:])
