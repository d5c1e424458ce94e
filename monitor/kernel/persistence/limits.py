"""How long one page may read the database: until when, and only while somebody still waits for it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from monitor.kernel.clock import monotonic

# SQLite looks whether to go on after so many of its steps: a few thousandths of a second. More
# often would cost, since each look takes Python's lock from whoever holds it.
_STEPS = 100_000


def _nobody_left() -> bool:
    return False


class Limit(NamedTuple):
    """When reading ends, answered or not.

    ``until`` is on the clock of ``monotonic``; ``left`` tells whether whoever asked went away.
    """

    until: float
    left: Callable[[], bool] = _nobody_left

    @classmethod
    def of(cls, seconds: float, left: Callable[[], bool] = _nobody_left) -> "Limit":
        """Make a limit that begins now."""
        return cls(monotonic() + seconds, left)

    def milliseconds(self) -> int:
        """Tell how long there is still; never 0, which a server reads as for ever."""
        return max(1, round(1000 * (self.until - monotonic())))

    def is_over(self) -> bool:
        """Tell whether to stop now."""
        return monotonic() >= self.until or self.left()


def watch(driver: Any, limit: Limit) -> None:  # noqa: ANN401 - sqlite3's connection
    """Let SQLite stop in the midst of a statement once ``limit`` is over."""
    driver.set_progress_handler(limit.is_over, _STEPS)


def unwatch(driver: Any) -> None:  # noqa: ANN401 - sqlite3's connection
    """Let the next one who uses the connection take as long as it likes."""
    driver.set_progress_handler(None, 0)
