"""OpenAlex: new papers by title and abstract, and look-ups for what the others leave out.

It has no date to search by without paying, so every poll walks all that a query finds, as a
comparison does; what changed, the citation tells. Both need a key: without one OpenAlex gives no
cursor, and single look-ups are all that is asked. These are free, and come first, so that a used
budget keeps nobody's abstract away. The key goes along as a parameter: no redirect is followed,
and nothing that is logged, raised or kept holds the address asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from monitor.feeds import rules
from monitor.feeds.http.client import Http
from monitor.feeds.identifiers.canonical import doi
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers import openalex_json
from monitor.feeds.records import Answer, FetchedRecord, Listing, UnreadableRecord
from monitor.feeds.sources import lookups
from monitor.feeds.sources.contract import Read, SourceContext, catalogue_queries
from monitor.feeds.sources.openalex_walk import OpenAlexSearch, Purse
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault

NAME = "openalex"
LOOK_UP_EVERY_DAYS = 90
RATE = 5  # a hundred are allowed
BATCH = 50  # works fetched by one request: its address must not grow too long
_NOT_FOUND = 404
# what the reader reads of a work, and the dates that tell which are older
_SELECT = (
    "id,doi,ids,title,display_name,publication_year,publication_date,created_date,type,"
    "is_retracted,language,authorships,primary_location,biblio,abstract_inverted_index"
)
_SELECT_KEYS = "id,publication_date,created_date"


@dataclass(frozen=True, slots=True)
class OpenAlex:
    """OpenAlex, ready to be asked."""

    http: Http
    base_url: str
    asking: dict[str, str] = field(repr=False)  # who asks, and the key
    since: date
    queries: tuple[Query, ...]
    purse: Purse = field(default_factory=Purse)

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:  # noqa: ARG002 - neither has a beginning
        """Search for everything, or look one DOI up.

        A DOI that OpenAlex does not know is an answer without a record.

        Raises:
            SourceError: OpenAlex did not answer in full.
        """
        if lookups.is_look_up(query):
            return self._look_up(query, now.date())
        return self._news(query, now.date())

    def between(self, query: Query, first: date, last: date) -> Answer:
        """Find what was published from ``first`` to ``last``: other dates cannot be asked for.

        Raises:
            SourceError: OpenAlex did not answer in full.
        """
        dates = f",from_publication_date:{first},to_publication_date:{last}"
        walk = self._search().walk(_filter(query) + dates, _SELECT)
        works = list(walk.works.values())
        return _answer(query, works, Watermark(), declared=walk.declared, window=(first, last))

    def listing(self, query: Query, since: date) -> Listing:
        """List the ids of everything it finds, asked without a date.

        ``older`` was published before ``since``, and taken up before it where OpenAlex says when.

        Raises:
            SourceError: OpenAlex did not answer in full.
        """
        walk = self._search().walk(_filter(query), _SELECT_KEYS)
        keys = {key: work for work in walk.works.values() if (key := openalex_json.key_of(work))}
        older = frozenset(key for key, work in keys.items() if _is_older(work, since))
        return Listing(query, frozenset(keys), older=older)

    def fetch(self, query: Query, keys: Iterable[str]) -> Answer:
        """Fetch these works, those that it still has.

        Raises:
            SourceError: OpenAlex did not answer in full.
        """
        wanted = [key for key in dict.fromkeys(keys) if openalex_json.is_key(key)]
        works: list[Any] = []
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            walk = self._search().walk(f"openalex:{'|'.join(batch)}", _SELECT)
            works += [w for w in walk.works.values() if openalex_json.key_of(w) in batch]
        return _answer(query, works, Watermark(), declared=len(wanted))

    def _news(self, query: Query, today: date) -> Answer:
        before = self.purse.spent
        walk = self._search().walk(_filter(query), _SELECT)
        works = [work for work in walk.works.values() if not _is_older(work, self.since)]
        older = len(walk.works) - len(works)
        notes = [self.purse.told(before)]
        notes += [f"{older:,} works from before {self.since} were left out"] if older else []
        watermark = Watermark(position=rules.reached(today, walk.date))
        return _answer(query, works, watermark, declared=walk.declared, notes=tuple(notes))

    def _look_up(self, query: Query, today: date) -> Answer:
        reply = self.http.get(
            f"{self.base_url}/works/doi:{lookups.path(query.text)}",
            self.asking,
            follow=False,
            accept={_NOT_FOUND},
        )
        if reply.status == _NOT_FOUND:
            return lookups.answer(query, today, note="OpenAlex does not know this DOI")
        record = openalex_json.read(_work(reply.body))
        if isinstance(record, FetchedRecord) and doi(query.text) not in record.citation.identifiers:
            note = "OpenAlex answered with the record of another DOI, which was not kept"
            return lookups.answer(query, today, note=note)
        return lookups.answer(query, today, record)

    def _search(self) -> OpenAlexSearch:
        return OpenAlexSearch(self.http, f"{self.base_url}/works", self.asking, self.purse)


def build(context: SourceContext) -> OpenAlex:
    """Make OpenAlex ready to be asked: the look-ups that are due, then the searches.

    Raises:
        ConfigError: the key's file cannot be read, or is empty.
    """
    sources = context.settings.sources
    base_url = sources.openalex.base_url.rstrip("/")
    context.http.pace(base_url, RATE)
    key = context.settings.secret(sources.openalex.api_key_file)
    asking = {"mailto": sources.contact, "api_key": key or ""}
    is_searched = sources.openalex.search and key is not None
    searches = catalogue_queries(context.catalogue, NAME) if is_searched else ()
    look_ups = lookups.due(
        context.watched, context.watermarks, context.today, every_days=LOOK_UP_EVERY_DAYS
    )
    return OpenAlex(
        http=context.http,
        base_url=base_url,
        asking={name: value for name, value in asking.items() if value},
        since=date.fromisoformat(sources.since),
        queries=(*look_ups, *searches),
    )


def _filter(query: Query) -> str:
    """Search title and abstract; a comma would begin another filter."""
    return f"title_and_abstract.search:{query.text.replace(',', ' ')}"


def _answer(
    query: Query,
    works: Iterable[Any],
    watermark: Watermark,
    *,
    declared: int,
    notes: tuple[str, ...] = (),
    window: tuple[date, date] | None = None,
) -> Answer:
    read: list[Read] = [openalex_json.read(work) for work in works]
    return Answer(
        query=query,
        records=tuple(work for work in read if isinstance(work, FetchedRecord)),
        watermark=watermark,
        unreadable=tuple(work for work in read if isinstance(work, UnreadableRecord)),
        declared=declared,
        notes=notes,
        window=window,
    )


def _is_older(work: object, since: date) -> bool:
    """Tell whether OpenAlex itself dates a work before a day; one without a date is not older.

    A late arrival counts by when it was taken up: an old paper that OpenAlex has just found is new.
    """
    entry: Mapping[str, Any] = work if isinstance(work, dict) else {}
    published = fields.whole_date(fields.raw(entry, "publication_date"))
    taken_up = fields.whole_date(fields.raw(entry, "created_date")[: len("2026-11-23")])
    if published is None or published >= since:
        return False
    return taken_up is None or taken_up < since


def _work(body: bytes) -> object:
    """Give the work in a reply.

    Raises:
        SourceError: there is none.
    """
    data = fields.loaded(body)
    if not isinstance(data, dict) or "id" not in data:
        what = "JSON that is no work" if data is not None else "something that is not JSON"
        raise SourceError(SourceFault.MALFORMED, f"OpenAlex sent {what}")
    return data
