"""The only reader of time. Everything else is told the time (``at``) and stays repeatable."""

from datetime import UTC, datetime
from time import monotonic as monotonic  # noqa: PLC0414 - offered from here on purpose


def utcnow() -> datetime:
    """Tell the time, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place
