"""How what was read may be given again, where nothing was committed since. Keeps nothing itself."""

from collections.abc import Callable
from typing import Protocol, TypeVar

_Answer = TypeVar("_Answer")


class Keep(Protocol):
    """Gives what stands until something is committed, read where nobody read it since."""

    def __call__(self, key: str, read: Callable[[], _Answer]) -> _Answer:
        """Give the answer, which is never None."""


def anew(key: str, read: Callable[[], _Answer]) -> _Answer:  # noqa: ARG001 - nothing is kept
    """Read it each time."""
    return read()
