"""The year of publication in whatever a file writes there. Pure."""

import re
from collections.abc import Iterable

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[0-9]|[12][0-9]|3[01])"
# written without marks: 20210304, 202103; the day first only where it cannot be the other way
_JOINED = re.compile(rf"(?<!\d)(1[89]\d\d|20\d\d){_MONTH}{_DAY}?(?!\d)")
_DAY_FIRST = re.compile(rf"(?<!\d){_DAY}{_MONTH}(1[89]\d\d|20\d\d)(?!\d)")


def year(written: str) -> int | None:
    """Find the year in a date; None where there is none.

    >>> year("2021/03/04"), year("20210304"), year("04 Mar 2021"), year("in press")
    (2021, 2021, 2021, None)
    """
    for form in (_YEAR, _JOINED, _DAY_FIRST):
        if match := form.search(written):
            return int(match[1])
    return None


def with_year(written: Iterable[str]) -> str:
    """Give the first that names a year; "in press" stands where another field may know it."""
    return next((one for one in written if year(one)), "")
