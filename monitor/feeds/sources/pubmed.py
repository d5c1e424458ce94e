"""PubMed through NCBI's E-utilities: esearch for the ids, efetch for the articles.

Two searches per query: what entered PubMed (CRDT) and what changed (MDAT) since the watermark.
Each search is one page of at most 9,999 ids, split by date where there are more, and articles
are fetched by id: no search session on the server that could expire half way. The key travels
in a POST body, and no redirect is followed, so that it cannot leak.

Ids that were named but not delivered are asked for once more. If a few are still missing, the
rest is handed over with a note and the watermark stays where it was, so that the next poll asks
for them again; if many are, the poll has failed. Never polls by publication date: a record with
only a year counts as 1 January. A listing asks without any date, so that none can hide a record.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from monitor.feeds import rules
from monitor.feeds.http.client import Http, Reply
from monitor.feeds.readers import pubmed_xml
from monitor.feeds.records import Answer, FetchedRecord, Listing, UnreadableRecord
from monitor.feeds.sources import pubmed_search
from monitor.feeds.sources.contract import Read, SourceContext, catalogue_queries, resumed
from monitor.feeds.sources.pubmed_search import SearchReply
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault

NAME = "pubmed"
PAGE = 9_999  # esearch gives no id beyond this one, and says nothing about it
BATCH = 200
# date field and the days searched again: NCBI indexes late and corrects
WINDOWS = (("crdt", 7), ("mdat", 14))
# before the first and after the last day that any article can have
EARLIEST, LATEST = date(1800, 1, 1), date(3000, 12, 31)
# NCBI's limits per second, without and with a key; a little less, since clocks differ
_RATE, _RATE_WITH_KEY = 2.9, 9.5


@dataclass(frozen=True, slots=True)
class Window:
    """A date field and the days asked for, both included."""

    field: str
    first: date
    last: date


@dataclass(slots=True)
class _Found:
    """What the searches for one answer named so far, and what NCBI said with it."""

    ids: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dates: list[str | None] = field(default_factory=list)  # of the replies, as NCBI's clock has it
    translation: str | None = None

    def add(self, page: SearchReply, reply: Reply) -> None:
        self.ids.update(dict.fromkeys(page.ids))
        self.notes += page.notes
        self.dates.append(reply.headers.get("date"))
        self.translation = self.translation or page.translation


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
        position, today = resumed(query, watermark).position, now.date()
        last = today + timedelta(days=1)
        windows = [
            Window(name, rules.window_start(position, overlap, self.since, today), last)
            for name, overlap in WINDOWS
        ]
        search = self._search(query.text, windows)
        reached = min(rules.reached(today, upstream) for upstream in search.dates)
        return self._answer(query, search, windows, before=position, reached=reached)

    def between(self, query: Query, first: date, last: date) -> Answer:
        """Find and fetch what entered PubMed or changed from ``first`` to ``last``.

        Raises:
            SourceError: PubMed did not answer in full.
        """
        windows = [Window(name, first, last) for name, _ in WINDOWS]
        return self._answer(query, self._search(query.text, windows), windows)

    def listing(self, query: Query, since: date) -> Listing:
        """List the ids of everything it finds, asked without a date.

        ``older`` entered PubMed and last changed before ``since``, as PubMed itself says.

        Raises:
            SourceError: PubMed did not answer in full.
        """
        day_before = since - timedelta(days=1)
        entered, changed = (
            self._search(query.text, [Window(name, EARLIEST, day_before)]).ids.keys()
            for name, _ in WINDOWS
        )
        keys = self._every_id(query.text)
        return Listing(query, keys, older=keys & entered & changed)

    def fetch(self, query: Query, keys: Iterable[str]) -> Answer:
        """Fetch these articles, those that it still has.

        Raises:
            SourceError: PubMed did not answer in full.
        """
        ids = [key for key in dict.fromkeys(keys) if pubmed_search.is_id(key)]
        records, unreadable = self._fetch(ids)
        return Answer(
            query=query,
            records=tuple(records.values()),
            watermark=Watermark(),
            unreadable=tuple(unreadable.values()),
            declared=len(ids),
        )

    def _answer(
        self,
        query: Query,
        search: _Found,
        windows: list[Window],
        *,
        before: str | None = None,
        reached: str | None = None,
    ) -> Answer:
        """Fetch what was found. The watermark goes from ``before`` to ``reached`` if all came."""
        records, unreadable = self._fetch(list(search.ids))
        named, missing = len(search.ids), len(search.ids) - len(records) - len(unreadable)
        if rules.too_many_missing(named, missing):
            raise SourceError(
                SourceFault.INCOMPLETE, f"PubMed named {named} articles and left out {missing}"
            )
        if missing:
            note = f"{missing} of {named} articles named {rules.NOT_SENT}"
            search.notes.append(note)
        return Answer(
            query=query,
            records=tuple(records.values()),
            watermark=Watermark(position=before if missing else reached),
            unreadable=tuple(unreadable.values()),
            declared=named,
            notes=tuple(dict.fromkeys(search.notes)),
            window=(
                min(window.first for window in windows),
                max(window.last for window in windows),
            ),
            translation=search.translation,
        )

    def _search(self, term: str, windows: Iterable[Window]) -> _Found:
        search = _Found()
        for window in windows:
            for page, reply in self._pages(term, window):
                search.add(page, reply)
        return search

    def _pages(self, term: str, window: Window) -> Iterator[tuple[SearchReply, Reply]]:
        """Search one window; one with more ids than esearch gives is searched in two halves."""
        page, reply = self._esearch(term, window)
        if page.count <= PAGE:
            page.require_whole()
            yield page, reply
            return
        if window.first >= window.last:
            raise SourceError(
                SourceFault.INCOMPLETE, f"PubMed finds more than {PAGE} articles in one day"
            )
        middle = window.first + (window.last - window.first) // 2
        yield from self._pages(term, Window(window.field, window.first, middle))
        yield from self._pages(term, Window(window.field, middle + timedelta(days=1), window.last))

    def _every_id(self, term: str) -> frozenset[str]:
        """Give every id without asking by date; by date and "without a date" if there are many.

        Raises:
            SourceError: the parts do not make up the whole.
        """
        page, _ = self._esearch(term)
        if page.count <= PAGE:
            page.require_whole()
            return frozenset(page.ids)
        entered = self._search(term, [Window("crdt", EARLIEST, LATEST)]).ids
        rest, _ = self._esearch(f"({term}) NOT ({_slashed(EARLIEST)}:{_slashed(LATEST)}[crdt])")
        rest.require_whole()
        ids = frozenset(entered) | frozenset(rest.ids)
        SearchReply(page.count, tuple(ids)).require_whole()
        return ids

    def _esearch(self, term: str, window: Window | None = None) -> tuple[SearchReply, Reply]:
        asked = {"term": term, "retmode": "json", "retstart": "0", "retmax": str(PAGE)}
        if window is not None:
            asked |= {
                "datetype": window.field,
                "mindate": _slashed(window.first),
                "maxdate": _slashed(window.last),
            }
        reply = self._post("esearch.fcgi", **asked)
        return pubmed_search.read(reply.body), reply

    def _fetch(
        self, ids: list[str]
    ) -> tuple[dict[str, FetchedRecord], dict[str, UnreadableRecord]]:
        records: dict[str, FetchedRecord] = {}
        unreadable: dict[str, UnreadableRecord] = {}
        self._fetch_into(ids, records, unreadable)
        missing = [number for number in ids if number not in records and number not in unreadable]
        if missing:
            self._fetch_into(missing, records, unreadable)
        return records, unreadable

    def _fetch_into(
        self,
        ids: list[str],
        records: dict[str, FetchedRecord],
        unreadable: dict[str, UnreadableRecord],
    ) -> None:
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            reply = self._post("efetch.fcgi", id=",".join(batch), retmode="xml")
            for article in _read_articles(reply.body):
                if isinstance(article, UnreadableRecord):
                    unreadable[article.key] = article
                elif article.key in batch:
                    records[article.key] = article

    def _post(self, tool: str, **fields: str) -> Reply:
        return self.http.post(f"{self.base_url}/{tool}", {"db": "pubmed", **self.common, **fields})


def build(context: SourceContext) -> PubMed:
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


def _read_articles(body: bytes) -> Iterable[Read]:
    """Read efetch's XML.

    Raises:
        SourceError: it is something else, or not whole.
    """
    if body.lstrip()[:1] == b"{":
        pubmed_search.refuse_rate_limit(pubmed_search.json_object(body))
    return list(pubmed_xml.read(io.BytesIO(body)))


def _slashed(day: date) -> str:
    return f"{day:%Y/%m/%d}"
