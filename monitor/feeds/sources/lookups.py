"""Look-ups of single papers by DOI: which of the watched ones are due. Pure.

Each DOI is a query of its own; its watermark is the day it was last looked up.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from urllib.parse import quote

from monitor.feeds.records import Answer, FetchedRecord, UnreadableRecord
from monitor.feeds.watermarks import Query, Watermark

PREFIX = "doi:"
AT_ONCE = 100  # a poll; the others wait for the next one


def due(
    watched: Iterable[str],
    watermarks: Mapping[str, Watermark],
    today: date,
    *,
    every_days: int,
    at_most: int = AT_ONCE,
) -> tuple[Query, ...]:
    """Choose what to look up: never looked up first, then the longest ago.

    ``watched`` are canonical DOIs, the most wanted first. A day that cannot be read, or that
    lies in the future (a clock that was wrong once), counts as never.
    """
    queries = (Query(key=PREFIX + doi, text=doi) for doi in watched if is_askable(doi))
    days = ((_last_day(watermarks.get(query.key), today), query) for query in queries)
    latest = today - timedelta(days=every_days)
    # a stable sort: among equals the most wanted stays first
    chosen = sorted((pair for pair in days if pair[0] <= latest), key=lambda pair: pair[0])
    return tuple(query for _, query in chosen[:at_most])


def is_look_up(query: Query) -> bool:
    """Tell whether a query asks for one DOI."""
    return query.key.startswith(PREFIX)


def path(doi: str) -> str:
    """Write a DOI as part of an address; it may hold < > ; ( ) # ? and more.

    >>> path("10.1002/(sici)1097-0355(199924)20:4<429::aid>3.0.co;2-q")
    '10.1002/%28sici%291097-0355%28199924%2920%3A4%3C429%3A%3Aaid%3E3.0.co%3B2-q'
    """
    return quote(doi, safe="/")


def answer(
    query: Query,
    today: date,
    record: FetchedRecord | UnreadableRecord | None = None,
    *,
    note: str | None = None,
) -> Answer:
    """Answer a look-up: one record, or none and a note that says why."""
    return Answer(
        query=query,
        records=(record,) if isinstance(record, FetchedRecord) else (),
        unreadable=(record,) if isinstance(record, UnreadableRecord) else (),
        watermark=Watermark(position=today.isoformat()),
        notes=(note,) if note else (),
    )


def is_askable(doi: str) -> bool:
    """Refuse what an address would turn into another one: "10.1/../x" asks for "x"."""
    return not {".", ".."} & set(doi.split("/"))


def _last_day(watermark: Watermark | None, today: date) -> date:
    try:
        last = date.fromisoformat(watermark.position or "") if watermark else date.min
    except ValueError:
        return date.min
    return last if last <= today else date.min
