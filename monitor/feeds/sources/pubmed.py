"""PubMed through NCBI's E-utilities: esearch for the ids, efetch for the articles.

Two searches per query: what entered PubMed (CRDT) and what changed (MDAT) since the watermark.
Each search is one page of at most 9,999 ids, split by date where there are more, and articles
are fetched by id: no search session on the server that could expire half way. The key travels
in a POST body, and no redirect is followed, so that it cannot leak.

Ids that were named but not delivered are asked for once more. If a few are still missing, the
rest is handed over with a note and the watermark stays where it was, so that the next poll asks
for them again; if many are, the poll has failed. Never polls by publication date: a record with
only a year counts as 1 January.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitor.feeds import rules
from monitor.feeds.http import Http, Reply
from monitor.feeds.records import Answer, FetchedRecord, Query, UnreadableRecord, Watermark
from monitor.feeds.sources import pubmed_xml
from monitor.feeds.sources.contract import Context, catalogue_queries, resumed
from monitor.kernel.errors import SourceError, SourceFault

NAME = "pubmed"
PAGE = 9_999  # esearch gives no id beyond this one, and says nothing about it
BATCH = 200
# date field and the days searched again: NCBI indexes late and corrects
WINDOWS = (("crdt", 7), ("mdat", 14))
# NCBI's limits per second, without and with a key; a little less, since clocks differ
_RATE, _RATE_WITH_KEY = 2.9, 9.5
# of the ids named, the share that may be missing before the poll counts as failed
_MISSING_SHARE = 20


@dataclass(frozen=True, slots=True)
class PubMed:
    """PubMed, ready to be asked. ``common`` goes with every request."""

    http: Http
    base_url: str
    since: date
    common: Mapping[str, str]
    queries: tuple[Query, ...]

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Find and fetch everything new or changed since the watermark.

        Raises:
            SourceError: PubMed did not answer in full.
        """
        start = resumed(query, watermark)
        ids, notes, reached = self._search(query.text, start.position, now.date())
        found, unreadable = self._fetch(ids)
        missing = len(ids) - len(found) - len(unreadable)
        if missing > max(1, len(ids) // _MISSING_SHARE):
            raise SourceError(
                SourceFault.INCOMPLETE, f"PubMed named {len(ids)} articles and left out {missing}"
            )
        if missing:
            notes.append(f"{missing} of {len(ids)} articles named were not sent; asked again later")
        return Answer(
            query=query,
            records=tuple(found.values()),
            watermark=Watermark(position=start.position if missing else reached),
            unreadable=tuple(unreadable.values()),
            declared=len(ids),
            notes=tuple(dict.fromkeys(notes)),
        )

    def _search(
        self, term: str, position: str | None, today: date
    ) -> tuple[list[str], list[str], str]:
        """Collect the ids of both windows, notes, and the day up to which this is whole."""
        ids: dict[str, None] = {}
        notes: list[str] = []
        reached = today.isoformat()
        for field, overlap in WINDOWS:
            first = rules.window_start(position, overlap, self.since, today)
            for page, reply in self._pages(term, field, first, today + timedelta(days=1)):
                ids.update(dict.fromkeys(page.ids))
                notes += page.notes
                reached = min(reached, rules.reached(today, reply.headers.get("date")))
        return list(ids), notes, reached

    def _pages(
        self, term: str, field: str, first: date, last: date
    ) -> Iterator[tuple["_Page", Reply]]:
        """Search one window; one with more ids than esearch gives is searched in two halves."""
        reply = self._post(
            "esearch.fcgi",
            term=term,
            datetype=field,
            mindate=f"{first:%Y/%m/%d}",
            maxdate=f"{last:%Y/%m/%d}",
            retmode="json",
            retstart="0",
            retmax=str(PAGE),
        )
        page = _read_page(reply.body)
        if page.count <= PAGE:
            page.require_whole()
            yield page, reply
            return
        if first >= last:
            raise SourceError(
                SourceFault.INCOMPLETE, f"PubMed finds more than {PAGE} articles in one day"
            )
        middle = first + (last - first) // 2
        yield from self._pages(term, field, first, middle)
        yield from self._pages(term, field, middle + timedelta(days=1), last)

    def _fetch(
        self, ids: list[str]
    ) -> tuple[dict[str, FetchedRecord], dict[str, UnreadableRecord]]:
        found: dict[str, FetchedRecord] = {}
        unreadable: dict[str, UnreadableRecord] = {}
        self._fetch_into(ids, found, unreadable)
        missing = [one for one in ids if one not in found and one not in unreadable]
        if missing:
            self._fetch_into(missing, found, unreadable)
        return found, unreadable

    def _fetch_into(
        self,
        ids: list[str],
        found: dict[str, FetchedRecord],
        unreadable: dict[str, UnreadableRecord],
    ) -> None:
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            reply = self._post("efetch.fcgi", id=",".join(batch), retmode="xml")
            for one in _read_articles(reply.body):
                if isinstance(one, UnreadableRecord):
                    unreadable[one.key] = one
                elif one.key in batch:
                    found[one.key] = one

    def _post(self, tool: str, **fields: str) -> Reply:
        return self.http.post(f"{self.base_url}/{tool}", {"db": "pubmed", **self.common, **fields})


def build(context: Context) -> PubMed:
    """Make PubMed ready to be asked.

    Raises:
        ConfigError: the key's file cannot be read.
    """
    settings, http = context.settings, context.http
    own = settings.sources.pubmed
    key = settings.secret(own.api_key_file)
    base_url = own.base_url.rstrip("/")
    http.pace(base_url, _RATE_WITH_KEY if key else _RATE)
    common = {"tool": "gap-monitor", "email": settings.sources.contact, "api_key": key or ""}
    return PubMed(
        http=http,
        base_url=base_url,
        since=date.fromisoformat(settings.sources.since),
        common={name: value for name, value in common.items() if value},
        queries=catalogue_queries(context.catalogue, NAME),
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """What one search found: its declared total, the ids given, what NCBI remarked."""

    count: int
    ids: tuple[str, ...]
    notes: tuple[str, ...]

    def require_whole(self) -> None:
        """Refuse a page that does not hold as many ids as it declares."""
        if len(set(self.ids)) != self.count:
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"PubMed declared {self.count} articles and named {len(set(self.ids))}",
            )


def _read_page(body: bytes) -> _Page:
    """Read esearch's JSON, with every way in which it says no inside a 200.

    Raises:
        SourceError: it is no search result, or not that of our query.
    """
    data = _json_object(body)
    _refuse_rate_limit(data)
    result = data.get("esearchresult")
    if not isinstance(result, dict):
        raise SourceError(SourceFault.MALFORMED, "PubMed sent JSON that is no search result")
    if "ERROR" in result:
        raise SourceError(SourceFault.REFUSED, "PubMed could not run the search")
    _refuse_changed_query(result.get("errorlist"))
    count, ids = result.get("count"), result.get("idlist")
    if not (isinstance(ids, list) and all(_is_id(one) for one in ids) and _is_count(count)):
        raise SourceError(SourceFault.MALFORMED, "PubMed sent a search result without its ids")
    return _Page(int(str(count)), tuple(ids), tuple(_remarks(result.get("warninglist"))))


def _json_object(body: bytes) -> dict[str, Any]:
    """Decode leniently: NCBI's error messages hold raw line breaks."""
    try:
        data = json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        what = "an empty reply" if not body.strip() else "something that is not JSON"
        raise SourceError(SourceFault.MALFORMED, f"PubMed sent {what} instead of a search result")
    return data


def _refuse_rate_limit(data: Mapping[str, Any]) -> None:
    if "error" in data:
        # its text would repeat our key: only the fact is kept
        raise SourceError(SourceFault.RATE_LIMITED, "PubMed says that it was asked too often")


def _refuse_changed_query(errors: object) -> None:
    """Refuse a result for which NCBI dropped a part of the query: it is another set."""
    dropped = errors if isinstance(errors, dict) else {}
    if dropped.get("phrasesnotfound") or dropped.get("fieldsnotfound"):
        raise SourceError(
            SourceFault.QUERY_CHANGED,
            "PubMed left a part of the query out, since it does not know it; check the query",
        )


def _remarks(warnings: object) -> Iterator[str]:
    remarks = warnings if isinstance(warnings, dict) else {}
    if remarks.get("quotedphrasesnotfound"):
        yield "PubMed does not have a quoted phrase of the query in its index"
    if remarks.get("phrasesignored"):
        yield "PubMed ignored a word of the query"


def _read_articles(body: bytes) -> Iterable[FetchedRecord | UnreadableRecord]:
    """Read efetch's XML.

    Raises:
        SourceError: it is something else, or not whole.
    """
    if body.lstrip()[:1] == b"{":
        _refuse_rate_limit(_json_object(body))
    return list(pubmed_xml.read(io.BytesIO(body)))


def _is_id(one: object) -> bool:
    return isinstance(one, str) and one.isascii() and one.isdigit()


def _is_count(count: object) -> bool:
    text = str(count)
    return not isinstance(count, bool) and text.isascii() and text.isdigit() and len(text) < 12  # noqa: PLR2004 - PubMed has 8 digits of articles
