"""Days as people in the UK mean them: from midnight to midnight, 23 to 25 hours. Reads no clock."""

import functools
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.kernel.errors import ConfigError, NotFound

ZONE = "Europe/London"
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# no source we ask, and no service of ours, has days outside these years
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


@functools.cache
def london() -> ZoneInfo:
    """Give the zone of every date shown.

    Raises:
        ConfigError: this machine has no time zone data.
    """
    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError as error:
        raise ConfigError(
            "no time zone data on this machine: install your system's tzdata package, "
            "or `pip install tzdata`"
        ) from error


class UkDay(NamedTuple):
    """One day of the UK's calendar; ``start`` belongs to it, ``end`` to the next. Both in UTC."""

    date: date
    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return self.start <= moment < self.end


def uk_day(on: date) -> UkDay:
    """Give one day with its bounds.

    >>> (uk_day(date(2026, 10, 25)).end - uk_day(date(2026, 10, 25)).start).total_seconds() / 3600
    25.0
    """
    return UkDay(on, _midnight(on), _midnight(on + timedelta(days=1)))


def uk_day_of(moment: datetime) -> UkDay:
    """Give the day in which a moment lies."""
    return uk_day(moment.astimezone(london()).date())


def read_day(written: str) -> date:
    """Read a day written as 2026-11-20.

    Raises:
        NotFound: it is no day, or lies outside the years 2000 to 2099.
    """
    try:
        # fromisoformat also takes 20261120 and 2026-W47-5, which nobody means
        day = date.fromisoformat(written) if _WRITTEN.fullmatch(written) else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise NotFound("There is no such day: write it as 2026-11-20, from 2000 to 2099.")
    return day


def hour(moment: datetime) -> str:
    """Write the time of day: "06:10"."""
    return f"{moment.astimezone(london()):%H:%M}"


def minute(moment: datetime) -> str:
    """Write a moment in UK time for a terminal: "2026-07-01 07:10"."""
    return f"{moment.astimezone(london()):%Y-%m-%d %H:%M}"


def long_date(value: date | datetime) -> str:
    """Write a date in full: "20 November 2026"."""
    local = value.astimezone(london()) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B %Y}"


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time.min, london()).astimezone(UTC)
