"""English in sentences: days and moments in UK time, lists, ordinals, ranks, counts. Pure.

The one place: pages, mails, ledgers and the terminal say the same thing in the same way.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime

from monitor.kernel.language.uk import hour as hour  # noqa: PLC0414 - offered from here too
from monitor.kernel.language.uk import london, long_date

NOT_KNOWN = "not known"

_TEENS = range(11, 14)
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}
# a year and month, and perhaps a day, standing alone in a source's words
_PARTIAL = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?\b")
_SMALL = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def day(value: date | datetime) -> str:
    """Write a date in full, in UK time.

    >>> day(date(2026, 2, 24))
    '24 February 2026'
    """
    return long_date(value)


def month(value: date | datetime) -> str:
    """Write a date as month and year, in full.

    >>> month(date(2026, 2, 24))
    'February 2026'
    """
    local = value.astimezone(london()) if isinstance(value, datetime) else value
    return f"{local:%B %Y}"


def partial_day(value: str) -> str:
    """Write the dates in a source's own words in full; leave every other word as it is.

    >>> partial_day("2021-10 (first 2020-03)"), partial_day("2021"), partial_day("undated")
    ('October 2021 (first March 2020)', '2021', 'undated')
    """
    return _PARTIAL.sub(_in_full, value)


def _in_full(found: re.Match[str]) -> str:
    year, month_number, day_number = found.groups()
    words = month(date(int(year), int(month_number), 1))
    return f"{int(day_number)} {words}" if day_number else words


def dated(published: date | None, year: int | None) -> str:
    """Write a date of which perhaps only the year is known, or nothing.

    >>> dated(date(2026, 2, 24), 2026), dated(None, 2026), dated(None, None)
    ('24 February 2026', '2026', 'not known')
    """
    if published is not None:
        return day(published)
    return str(year) if year is not None else NOT_KNOWN


def moment(value: datetime) -> str:
    """Write a time in full, in UK time.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    '2 July 2026, 00:30'
    """
    return f"{day(value)}, {hour(value)}"


def lately(value: datetime, now: datetime) -> str:
    """Write a recent time as people say it: "today, 06:10", "yesterday, 23:40", else in full."""
    local = value.astimezone(london())
    days = (now.astimezone(london()).date() - local.date()).days
    near = {0: "today", 1: "yesterday"}.get(days)
    return f"{near}, {hour(value)}" if near else moment(value)


def sentence(text: str) -> str:
    """Start with a capital; the rest keeps its own case.

    >>> sentence("under-used, read with care")
    'Under-used, read with care'
    """
    return text[:1].upper() + text[1:]


def full(text: str) -> str:
    """Make words a whole sentence: a capital before, a full stop behind.

    >>> full("there is no paper 7"), full("Was it asked?"), full("")
    ('There is no paper 7.', 'Was it asked?', '')
    """
    told = sentence(text.strip())
    return told if told.endswith((".", "?", "!", "…", "”")) or not told else f"{told}."


def listed(words: Sequence[str], last: str = "and") -> str:
    """Join a list as a sentence does.

    >>> listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('', 'a', 'a and b', 'a, b and c')
    """
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def either(words: Sequence[str]) -> str:
    """Join alternatives: "a, b or c"."""
    return listed(words, "or")


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Write a count with its noun.

    >>> plural(1, "study", "studies"), plural(1200, "paper")
    ('1 study', '1,200 papers')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def counted(count: int) -> str:
    """Write a count in figures, the one way that pages do.

    >>> counted(7), counted(1300)
    ('7', '1,300')
    """
    return f"{count:,}"


def number(count: int) -> str:
    """Write a count as prose does: in words to ten ("none" for 0), then in figures.

    >>> number(0), number(3), number(1200)
    ('none', 'three', '1,200')
    """
    return _SMALL[count] if 0 <= count < len(_SMALL) else f"{count:,}"


def span(low: int, high: int) -> str:
    """Write a range of whole numbers, with an en dash.

    >>> span(8, 17), span(3, 3)
    ('8–17', '3')
    """
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def studies(bounds: Sequence[int]) -> str:
    """Write how many studies are counted, from both ends of the range.

    >>> studies((8, 17)), studies((1, 1)), studies((0, 0))
    ('8–17 studies', '1 study', '0 studies')
    """
    low, high = bounds
    return f"{span(low, high)} {'study' if low == high == 1 else 'studies'}"


def ordinal(rank: int) -> str:
    """Write a rank.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22, 112)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '112th']
    """
    suffix = "th" if rank % 100 in _TEENS else _SUFFIXES.get(rank % 10, "th")
    return f"{rank}{suffix}"


def ranks(possible: Sequence[int], out_of: int | None) -> str:
    """Write the ranks still possible; 1 is most used. Nothing for no ranks.

    >>> ranks([1, 2, 3, 4], 10), ranks([4, 7, 9, 10], 10), ranks([8], 10), ranks([5, 6], None)
    ('1st to 4th of 10', '4th, 7th, 9th or 10th of 10', '8th of 10', '5th or 6th')
    """
    ordered = sorted(possible)
    if not ordered:
        return ""
    of = f" of {out_of}" if out_of else ""
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:  # noqa: PLR2004 - two read better with "or"
        return f"{ordinal(ordered[0])} to {ordinal(ordered[-1])}{of}"
    return either([ordinal(rank) for rank in ordered]) + of
