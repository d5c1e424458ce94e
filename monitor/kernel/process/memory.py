"""How much memory a process keeps that it no longer uses: as little as its C library lets it.

A service that runs for months must not stay as large as its largest hour. Where the library is not
glibc nothing is done, and nothing is wrong.
"""

import ctypes
import functools
import threading
import time
from typing import Any

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
# By itself glibc makes eight arenas a core, as threads come, and each keeps what was freed in it.
_ARENAS = 2
_EVERY_SECONDS = 60


@functools.cache
def _library() -> Any:  # noqa: ANN401 - the C library, where it can do this
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


def share_arenas() -> None:
    """Let all threads allocate from the same few arenas; only before there are threads."""
    if _library() is not None:
        _library().mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give what was freed back to the system: a few milliseconds' work, whatever was held."""
    if _library() is not None:
        _library().malloc_trim(0)


def keep_giving_back() -> None:
    """Give back what pages and jobs have freed, every minute, as long as the process lives."""
    threading.Thread(target=_every_minute, name="memory", daemon=True).start()


def _every_minute() -> None:
    while True:
        time.sleep(_EVERY_SECONDS)
        give_back()
