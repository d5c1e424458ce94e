"""Europe PMC through its REST search, page by page with a cursor.

Two walks per query: what entered the index and what was updated since the watermark. A walk is
whole only if it brought as many records as the service declared. Never takes counts of
citations and other daily stamps for a change.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitor.feeds import rules
from monitor.feeds.http import Http, Reply
from monitor.feeds.records import Answer, FetchedRecord, Query, UnreadableRecord, Watermark
from monitor.feeds.sources import europepmc_json
from monitor.feeds.sources.contract import Context, catalogue_queries, resumed
from monitor.kernel.errors import SourceError, SourceFault

NAME = "europepmc"
PAGE = 200
# it indexes PubMed's records 1 to 3 days late, others later
WINDOWS = (("FIRST_IDATE", 14), ("UPDATE_DATE", 14))
MAX_RECORDS = 20_000  # a query that finds more is no query for one intervention
_RATE = 5

Read = FetchedRecord | UnreadableRecord


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
        found: dict[str, Read] = {}
        reached = today.isoformat()
        for field, overlap in WINDOWS:
            first = rules.window_start(start.position, overlap, self.since, today)
            last = today + timedelta(days=1)
            text = f"({query.text}) AND ({field}:[{first} TO {last}])"
            records, upstream = self._walk(text)
            found.update(records)
            reached = min(reached, rules.reached(today, upstream))
        return Answer(
            query=query,
            records=tuple(one for one in found.values() if isinstance(one, FetchedRecord)),
            watermark=Watermark(position=reached),
            unreadable=tuple(one for one in found.values() if isinstance(one, UnreadableRecord)),
            declared=len(found),
        )

    def _walk(self, text: str) -> tuple[dict[str, Read], str | None]:
        """Collect every page of one search, by key; and the service's date."""
        found: dict[str, Read] = {}
        cursor = "*"
        while True:
            reply = self._search(text, cursor)
            page = _read_page(reply.body, text)
            found.update((one.key, one) for one in page.records)
            # the end: an empty page, no further cursor, or the same one again
            if not page.records or page.cursor in {None, cursor}:
                break
            if page.declared > MAX_RECORDS or len(found) > page.declared:
                break
            cursor = str(page.cursor)
        if len(found) != page.declared:
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"Europe PMC declared {page.declared} records and sent {len(found)}",
            )
        return found, reply.headers.get("date")

    def _search(self, text: str, cursor: str) -> Reply:
        return self.http.get(
            f"{self.base_url}/search",
            {
                "query": text,
                "resultType": "core",
                "format": "json",
                "pageSize": str(PAGE),
                "cursorMark": cursor,
            },
        )


def build(context: Context) -> EuropePmc:
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
class _Page:
    declared: int
    cursor: str | None
    records: tuple[Read, ...]


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
        raise SourceError(SourceFault.MALFORMED, "Europe PMC sent JSON that is no search result")
    _require_our_query(data.get("request"), sent)
    cursor = data.get("nextCursorMark")
    return _Page(
        declared=declared,
        cursor=cursor if isinstance(cursor, str) and cursor else None,
        records=tuple(_read_all(results)),
    )


def _read_all(results: list[Any]) -> Iterator[Read]:
    for result in results:
        yield europepmc_json.read(result)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        what = "an empty reply" if not body.strip() else "something that is not JSON"
        raise SourceError(SourceFault.MALFORMED, f"Europe PMC sent {what}")
    return data


def _require_our_query(request: object, sent: str) -> None:
    """Refuse the answer to another query; the service repeats the one it ran."""
    ran = request.get("queryString") if isinstance(request, Mapping) else None
    if isinstance(ran, str) and " ".join(ran.split()) != " ".join(sent.split()):
        raise SourceError(
            SourceFault.QUERY_CHANGED, "Europe PMC ran another query than the one it was sent"
        )
