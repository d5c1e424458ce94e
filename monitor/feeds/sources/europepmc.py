"""Europe PMC through its REST search, page by page with a cursor.

Two walks per query: what entered the index and what was updated since the watermark. A walk is
whole only if it brought as many records as the service declared. A listing asks without any
date, so that none can hide a record. Never takes counts of citations and other daily stamps for
a change.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitor.feeds import rules
from monitor.feeds.http.client import Http, Reply
from monitor.feeds.readers import europepmc_json
from monitor.feeds.records import Answer, FetchedRecord, Listing, UnreadableRecord
from monitor.feeds.sources.contract import Read, SourceContext, catalogue_queries, resumed
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault

NAME = "europepmc"
PAGE = 200
PAGE_OF_IDS = 1_000
BATCH = 40  # records fetched by one search: its address must not grow too long
# it indexes PubMed's records 1 to 3 days late, others later
WINDOWS = (("FIRST_IDATE", 14), ("UPDATE_DATE", 14))
EARLIEST = date(1900, 1, 1)  # before the first day that any record can have been indexed
MAX_RECORDS = 20_000  # a query that finds more is no query for one intervention
_RATE = 5


@dataclass(frozen=True, slots=True)
class EuropePmc:
    """Europe PMC, ready to be asked."""

    http: Http
    base_url: str
    since: date
    queries: tuple[Query, ...]

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Find everything new or changed since the watermark.

        Raises:
            SourceError: Europe PMC did not answer in full.
        """
        start, today = resumed(query, watermark), now.date()
        last = today + timedelta(days=1)
        windows = [
            (field, rules.window_start(start.position, overlap, self.since, today), last)
            for field, overlap in WINDOWS
        ]
        records, dates = self._search(query.text, windows)
        reached = min(rules.reached(today, upstream) for upstream in dates)
        window = (min(first for _, first, _ in windows), last)
        return _answer(query, records, Watermark(position=reached), window)

    def between(self, query: Query, first: date, last: date) -> Answer:
        """Find what entered the index or was updated from ``first`` to ``last``.

        Raises:
            SourceError: Europe PMC did not answer in full.
        """
        records, _ = self._search(query.text, [(field, first, last) for field, _ in WINDOWS])
        return _answer(query, records, Watermark(), (first, last))

    def listing(self, query: Query, since: date) -> Listing:
        """List the keys of everything it finds, asked without a date.

        ``older`` entered the index and was last updated before ``since``, as the service says.

        Raises:
            SourceError: Europe PMC did not answer in full.
        """
        until = since - timedelta(days=1)
        before = " AND ".join(f"({field}:[{EARLIEST} TO {until}])" for field, _ in WINDOWS)
        older = self._keys(f"({query.text}) AND {before}")
        keys = self._keys(query.text)
        return Listing(query, keys, older=keys & older)

    def fetch(self, query: Query, keys: Iterable[str]) -> Answer:
        """Fetch these records, those that it still has.

        Raises:
            SourceError: Europe PMC did not answer in full.
        """
        wanted = [key for key in dict.fromkeys(keys) if europepmc_json.is_key(key)]
        by_key: dict[str, Read] = {}
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            walk = self._walk(" OR ".join(_naming(key) for key in batch), "core", PAGE)
            records = _read_all(walk.results)
            by_key.update((key, record) for key, record in records.items() if key in batch)
        return _answer(query, by_key, Watermark(), None, declared=len(wanted))

    def _search(
        self, text: str, windows: list[tuple[str, date, date]]
    ) -> tuple[dict[str, Read], list[str | None]]:
        """Walk every window; gives the records by key, and the service's dates."""
        records: dict[str, Read] = {}
        dates = []
        for field, first, last in windows:
            walk = self._walk(f"({text}) AND ({field}:[{first} TO {last}])", "core", PAGE)
            records.update(_read_all(walk.results))
            dates.append(walk.date)
        return records, dates

    def _keys(self, text: str) -> frozenset[str]:
        walk = self._walk(text, "idlist", PAGE_OF_IDS)
        return frozenset(key for key in walk.results if europepmc_json.is_key(key))

    def _walk(self, text: str, form: str, size: int) -> "_Walk":
        """Collect every page of one search, by key; and the service's date.

        Raises:
            SourceError: it did not bring as many records as the service declared.
        """
        results: dict[str, object] = {}
        cursor = "*"
        while True:
            reply = self._page(text, form, size, cursor)
            page = _read_page(reply.body, text)
            results.update((europepmc_json.key_of(result), result) for result in page.results)
            # the end: an empty page, no further cursor, or the same one again
            if not page.results or page.cursor in {None, cursor}:
                break
            if page.declared > MAX_RECORDS or len(results) > page.declared:
                break
            cursor = str(page.cursor)
        if len(results) != page.declared:
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"Europe PMC declared {page.declared} records and sent {len(results)}",
            )
        return _Walk(results, reply.headers.get("date"))

    def _page(self, text: str, form: str, size: int, cursor: str) -> Reply:
        return self.http.get(
            f"{self.base_url}/search",
            {
                "query": text,
                "resultType": form,
                "format": "json",
                "pageSize": str(size),
                "cursorMark": cursor,
            },
        )


def build(context: SourceContext) -> EuropePmc:
    """Make Europe PMC ready to be asked."""
    settings = context.settings
    base_url = settings.sources.europepmc.base_url.rstrip("/")
    context.http.pace(base_url, _RATE)
    return EuropePmc(
        http=context.http,
        base_url=base_url,
        since=date.fromisoformat(settings.sources.since),
        queries=catalogue_queries(context.catalogue, NAME),
    )


@dataclass(frozen=True, slots=True)
class _Walk:
    """Every result of one search as sent, by key; and the service's date."""

    results: Mapping[str, object]
    date: str | None


@dataclass(frozen=True, slots=True)
class _Page:
    declared: int
    cursor: str | None
    results: tuple[object, ...]


def _answer(
    query: Query,
    records: Mapping[str, Read],
    watermark: Watermark,
    window: tuple[date, date] | None,
    *,
    declared: int | None = None,
) -> Answer:
    return Answer(
        query=query,
        records=tuple(record for record in records.values() if isinstance(record, FetchedRecord)),
        watermark=watermark,
        unreadable=tuple(
            record for record in records.values() if isinstance(record, UnreadableRecord)
        ),
        declared=len(records) if declared is None else declared,
        window=window,
    )


def _naming(key: str) -> str:
    """Make the search for one record: its source and number."""
    source, _, number = key.partition(":")
    return f'(EXT_ID:"{number}" AND SRC:{source})'


def _read_all(results: Mapping[str, object]) -> dict[str, Read]:
    return {key: europepmc_json.read(result) for key, result in results.items()}


def _read_page(body: bytes, sent: str) -> _Page:
    """Read one page, with every way in which the service says no inside a 200.

    Raises:
        SourceError: it is no search result, or not that of our query.
    """
    data = _json_object(body)
    if "errCode" in data or "errMsg" in data:
        raise SourceError(SourceFault.REFUSED, "Europe PMC could not run the search")
    declared, listed = data.get("hitCount"), data.get("resultList")
    results = listed.get("result") if isinstance(listed, dict) else None
    if isinstance(declared, bool) or not isinstance(declared, int) or not isinstance(results, list):
        raise _another_shape()
    _require_our_query(data.get("request"), sent)
    cursor = data.get("nextCursorMark")
    return _Page(
        declared=declared,
        cursor=cursor if isinstance(cursor, str) and cursor else None,
        results=tuple(results),
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        what = "something that is not JSON" if body.strip() else "an empty reply"
        raise SourceError(SourceFault.MALFORMED, f"Europe PMC sent {what}") from None
    if not isinstance(data, dict):
        raise _another_shape()
    return data


def _another_shape() -> SourceError:
    return SourceError(SourceFault.SCHEMA_CHANGED, "Europe PMC sent JSON that is no search result")


def _require_our_query(request: object, sent: str) -> None:
    """Refuse the answer to another query; the service repeats the one it ran."""
    ran = request.get("queryString") if isinstance(request, Mapping) else None
    if isinstance(ran, str) and " ".join(ran.split()) != " ".join(sent.split()):
        raise SourceError(
            SourceFault.QUERY_CHANGED, "Europe PMC ran another query than the one it was sent"
        )
