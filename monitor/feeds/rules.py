"""When to ask again, and from which day on. Pure: no I/O, no clock."""

import zlib
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime

DAY_SECONDS = 24 * 60 * 60
_FIRST_BACKOFF = timedelta(minutes=5)
_LONGEST_BACKOFF = timedelta(days=1)
_MANY_FAILURES = 10  # 5 minutes doubled so often is longer than a day
# of the records named, the share that may be missing before the answer counts as incomplete
_MISSING_SHARE = 20
# in the note of an answer some of whose records did not come: it moved no watermark
NOT_SENT = "were not sent; asked again later"
# in the note of an answer of a feed that held nothing known
ALL_NEW = "every item of a feed is new: some may have been missed; ask it more often"
REMIND_EVERY = timedelta(days=1)
# a source is tried again within a day; so long may it refuse to be compared before it is told
_COMPARED_WITHIN = timedelta(days=3)
_MANY_TRIES = 3
_PROBES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10))
# fewer unreadable records than this may be bad luck, whatever their share
_FEW_UNREADABLE = 3


def backoff(failures: int, asked: float | None = None, stretch: float = 1.0) -> timedelta:
    """Tell how long to wait after so many failures in a row: 5 minutes, doubled, at most a day.

    ``asked`` is what the source asked for, in seconds; it is honoured up to a day. ``stretch``
    spreads the tries of many services over time; see ``jitter``.

    >>> backoff(1), backoff(3)
    (datetime.timedelta(seconds=300), datetime.timedelta(seconds=1200))
    """
    wait = _FIRST_BACKOFF * (1 << min(max(failures - 1, 0), _MANY_FAILURES)) * stretch
    if asked is not None:
        wait = max(wait, timedelta(seconds=min(asked, DAY_SECONDS)))
    return min(wait, _LONGEST_BACKOFF)


def jitter(seed: int) -> float:
    """Give a factor from 1 to 1.25 that differs from try to try, the same for the same seed.

    >>> 1 <= jitter(7) < 1.25 and jitter(7) != jitter(8)
    True
    """
    return 1 + zlib.crc32(seed.to_bytes(8, "big", signed=True)) / 2**32 / 4


def next_reminder(told: datetime | None, at: datetime) -> datetime:
    """Tell when admins are reminded of something that lasts: a day after they were last told.

    ``told`` None: nobody was told yet, so now. A time from the future was written by a clock
    that ran ahead; it counts as ``at``.
    """
    return at if told is None else min(told, at) + REMIND_EVERY


def cannot_be_compared(failures: int, since: datetime | None, at: datetime) -> bool:
    """Tell whether comparisons have failed so often, and for so long, that somebody must know.

    A time from the future was written by a clock that ran ahead, and says nothing.
    """
    return since is not None and failures >= _MANY_TRIES and at - since >= _COMPARED_WITHIN


def probe_after(times: int) -> timedelta:
    """Tell how long a mail server is left alone after so many passes in a row that it let fail.

    Short, since everybody's mail waits; longer than a moment, since a server locks out who keeps
    coming with a wrong password.

    >>> probe_after(1), probe_after(9)
    (datetime.timedelta(seconds=60), datetime.timedelta(seconds=600))
    """
    return _PROBES[min(max(times, 1), len(_PROBES)) - 1]


def shape_changed(readable: int, unreadable: int) -> bool:
    """Tell whether so many records are unreadable that the source's format must have changed.

    >>> shape_changed(2, 3), shape_changed(3, 3), shape_changed(0, 2)
    (True, False, False)
    """
    return unreadable >= _FEW_UNREADABLE and unreadable > readable


def retry_after(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header: seconds from ``now``, between 0 and a day; None if unreadable.

    Seconds or an HTTP date (RFC 9110, 10.2.3); upstreams also send negative and absurd ones.
    """
    if header is None or len(header) > 64:  # noqa: PLR2004 - an HTTP date has 29 characters
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header, now)
    # a comparison with NaN is false: it falls through to None
    if seconds <= 0:
        return 0.0
    return min(seconds, float(DAY_SECONDS)) if seconds > 0 else None


def window_start(position: str | None, overlap_days: int, since: date, today: date) -> date:
    """Tell the first day to search: the watermark less the overlap, or ``since`` at first.

    A watermark from the future (a clock that was wrong once) counts as today.
    """
    if position is None:
        return since
    try:
        reached = date.fromisoformat(position)
    except ValueError:
        return since
    return max(since, min(reached, today) - timedelta(days=overlap_days))


def reached(today: date, upstream: str | None) -> str:
    """Tell the day up to which an answer is whole: the earlier of our date and the source's.

    ``upstream`` is the Date header of its reply. Neither clock alone is believed: the later
    one would skip what was indexed in between.
    """
    try:
        theirs = parsedate_to_datetime(upstream or "").date()
    except ValueError:
        return today.isoformat()
    return min(today, theirs).isoformat()


def too_many_missing(named: int, missing: int) -> bool:
    """Tell whether a source that named so many records left out too many of them to be believed.

    One, or one in twenty, may be missing: sources list what they have just withdrawn.

    >>> too_many_missing(2, 1), too_many_missing(100, 5), too_many_missing(100, 6)
    (False, False, True)
    """
    return missing > max(1, named // _MISSING_SHARE)


def read_otherwise(before: str | None, now: str | None) -> bool:
    """Tell whether a source reads a query in another way; unknown where it did not say how.

    Case and white space are no difference.

    >>> read_otherwise('"vipp"[All Fields]', '"VIPP"[all fields]'), read_otherwise(None, "x")
    (False, False)
    """
    if before is None or now is None:
        return False
    return "".join(before.split()).casefold() != "".join(now.split()).casefold()


def _seconds_until(header: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(header)
    except ValueError:
        return float("nan")
    if then.tzinfo is None:
        then = then.replace(tzinfo=now.tzinfo)
    return (then - now).total_seconds()
