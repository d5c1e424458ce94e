"""How dates, counts, ranks and ranges are written for readers. Pure: reads no clock, knows no page."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from urllib.parse import quote

from monitor.feeds.records import Identifier
from monitor.kernel.uk import london, long_date

# a year and month, and perhaps a day, standing alone in a source's words
_PARTIAL = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?\b")
_OUTCOMES = {
    "attachment": "attachment itself",
    "proximal": "what leads to attachment, such as parental sensitivity",
    "other": "another outcome",
}
_SCHEMES = {
    "doi": ("DOI", "https://doi.org/"),
    "pmid": ("PubMed", "https://pubmed.ncbi.nlm.nih.gov/"),
    "pmcid": ("PMC", "https://pmc.ncbi.nlm.nih.gov/articles/"),
    "nct": ("ClinicalTrials.gov", "https://clinicaltrials.gov/study/"),
    "isrctn": ("ISRCTN", "https://www.isrctn.com/"),
}
_TEENS = range(11, 14)
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def day(value: date | datetime) -> str:
    """Write a date in full, in UK time.

    >>> day(date(2026, 2, 24))
    '24 February 2026'
    """
    return long_date(value)


def month(value: date | datetime) -> str:
    """Write a date as month and year, short.

    >>> month(date(2026, 2, 24))
    'Feb 2026'
    """
    local = value.astimezone(london()) if isinstance(value, datetime) else value
    return f"{local:%b %Y}"


def moment(value: datetime) -> str:
    """Write a time in full, in UK time.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    '2 July 2026, 00:30'
    """
    return f"{day(value)}, {value.astimezone(london()):%H:%M}"


def lately(value: datetime, now: datetime) -> str:
    """Write a recent time as a reader says it: "today, 06:10", "yesterday, 23:40", else in full."""
    local = value.astimezone(london())
    days = (now.astimezone(london()).date() - local.date()).days
    near = {0: "today", 1: "yesterday"}.get(days)
    return f"{near}, {local:%H:%M}" if near else moment(value)


def iso(value: date | datetime) -> str:
    """Write for a ``datetime`` attribute: the day, in UK time."""
    local = value.astimezone(london()).date() if isinstance(value, datetime) else value
    return local.isoformat()


def partial_day(value: str) -> str:
    """Write the dates in a source's own words in full; leave every other word as it is.

    >>> partial_day("2021-10 (first 2020-03)"), partial_day("2021"), partial_day("undated")
    ('October 2021 (first March 2020)', '2021', 'undated')
    """
    return _PARTIAL.sub(_in_full, value)


def span(low: int, high: int) -> str:
    """Write a range of whole numbers, with an en dash.

    >>> span(8, 17), span(3, 3)
    ('8–17', '3')
    """
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun.

    >>> plural(1, "study", "studies"), plural(1200, "paper")
    ('1 study', '1,200 papers')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def studies(bounds: Sequence[int]) -> str:
    """Write how many studies are counted, from both ends of the range.

    >>> studies((8, 17)), studies((1, 1)), studies((0, 0))
    ('8–17 studies', '1 study', '0 studies')
    """
    low, high = bounds
    return f"{span(low, high)} {'study' if low == high == 1 else 'studies'}"


def ordinal(number: int) -> str:
    """Write a rank.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    suffix = "th" if number % 100 in _TEENS else _SUFFIXES.get(number % 10, "th")
    return f"{number}{suffix}"


def ranks(possible: Sequence[int], out_of: int | None) -> str:
    """Write the ranks still possible; 1 is most used.

    >>> ranks([1, 2, 3, 4], 10), ranks([4, 7, 9, 10], 10), ranks([8], 10), ranks([], None)
    ('1st to 4th of 10', '4th, 7th, 9th or 10th of 10', '8th of 10', 'Not known')
    """
    if not possible:
        return "Not known"
    ordered = sorted(possible)
    of = f" of {out_of}" if out_of else ""
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:  # noqa: PLR2004 - two read better with "or"
        return f"{ordinal(ordered[0])} to {ordinal(ordered[-1])}{of}"
    return f"{either([ordinal(rank) for rank in ordered])}{of}"


def either(words: Sequence[str]) -> str:
    """Join alternatives: "a, b or c"."""
    return _joined(words, "or")


def listed(words: Sequence[str]) -> str:
    """Join a list: "a, b and c"."""
    return _joined(words, "and")


def sentence(text: str) -> str:
    """Start with a capital; the rest keeps its own case.

    >>> sentence("under-used, read with care")
    'Under-used, read with care'
    """
    return text[:1].upper() + text[1:]


def people(count: int | None) -> str:
    """Write how many people a result rests on.

    >>> people(1340), people(None)
    ('1,340 people', 'number of people not known')
    """
    if count is None:
        return "number of people not known"
    return plural(count, "person", "people")


def developer(led: bool | None) -> str:  # noqa: FBT001 - a filter: led, not led or not known
    """Say whether an intervention's developers led a study."""
    words = {True: "Developer-led", False: "Independent of its developers"}
    return words[led] if led is not None else "Developers’ part not known"


def country(uk: bool | None) -> str:  # noqa: FBT001 - a filter: UK, not UK or not known
    """Say whether a study was done in the UK."""
    return {True: "UK", False: "not UK"}[uk] if uk is not None else "country not known"


def outcome_class(value: str) -> str:
    """Say what a class of outcome measures."""
    return _OUTCOMES.get(value, value)


def scheme(value: str) -> str:
    """Name a scheme of identifiers as readers know it."""
    return _SCHEMES[value][0] if value in _SCHEMES else value


def outward(identifier: Identifier) -> str | None:
    """Give the page of an identifier outside, or None where there is none.

    >>> outward(Identifier("doi", "10.1/a<b>#c"))
    'https://doi.org/10.1/a%3Cb%3E%23c'
    """
    known = _SCHEMES.get(identifier.scheme)
    return known[1] + quote(identifier.value, safe="/()") if known else None


def _in_full(found: re.Match[str]) -> str:
    year, month_number, day_number = found.groups()
    words = f"{date(2000, int(month_number), 1):%B} {year}"
    return f"{int(day_number)} {words}" if day_number else words


def _joined(words: Sequence[str], last: str) -> str:
    if len(words) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


FILTERS: dict[str, Callable[..., object]] = {
    "day": day,
    "month": month,
    "moment": moment,
    "lately": lately,
    "iso": iso,
    "partial_day": partial_day,
    "plural": plural,
    "span": span,
    "studies": studies,
    "ordinal": ordinal,
    "ranks": ranks,
    "either": either,
    "listed": listed,
    "sentence": sentence,
    "people": people,
    "developer": developer,
    "country": country,
    "outcome_class": outcome_class,
    "scheme": scheme,
    "outward": outward,
}
