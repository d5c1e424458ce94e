"""Crossref: new papers by their titles, notices about the papers watched, and what it says of each.

Searches find the works whose title names an intervention; which of them are new or changed, the
index date tells, and a listing asks without one. ``sources.since`` is held against the day a DOI
was first deposited: the index date moves with every citation.

Sweeps list every notice of one kind (retraction, correction …) that entered the index since the
watermark; only those about a watched paper are kept. A first sweep starts a few days back and not
at ``sources.since``: Crossref has hundreds of thousands of older notices, and each watched paper
is looked up by itself anyway, when it is new here and then every 30 days, and tells of them all.
Never takes an index date or a count of citations for a change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from monitor.feeds import rules
from monitor.feeds.http.client import Http
from monitor.feeds.identifiers.canonical import doi
from monitor.feeds.readers import crossref_json
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers.json_fields import Object
from monitor.feeds.records import Answer, FetchedRecord, Listing, UnreadableRecord
from monitor.feeds.sources import crossref_walk, lookups
from monitor.feeds.sources.contract import Read, SourceContext, catalogue_queries, resumed
from monitor.feeds.sources.crossref_search import (
    CrossrefSearch,
    NameWords,
    WantedWorks,
    alternatives,
)
from monitor.feeds.sources.crossref_walk import NOT_FOUND, WalkRequest
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault

NAME = "crossref"
OVERLAP_DAYS = 3
FIRST_SWEEP_DAYS = 7
LOOK_UP_EVERY_DAYS = 30
MAX_NOTICES = 500_000  # of one sweep
# the polite pool allows 3 lists a second and 10 single works: one pace keeps both
POLITE_RATE = 3
# without an address to write to it is the public pool: one list a second
PUBLIC_RATE = 1
_UNKNOWN_DOI = b"resource not found"


@dataclass(frozen=True, slots=True)
class Crossref:
    """Crossref, ready to be asked."""

    http: Http
    base_url: str
    contact: str
    since: date
    watched: frozenset[str]
    queries: tuple[Query, ...]
    names: Mapping[str, NameWords] = field(default_factory=dict)  # by intervention
    _searches: list[CrossrefSearch] = field(default_factory=list)

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Search for new works, sweep for notices of one kind, or look one paper up.

        Raises:
            SourceError: Crossref did not answer in full.
        """
        if lookups.is_look_up(query):
            return self._look_up(query, now.date())
        position = resumed(query, watermark).position
        if query.intervention is None:
            return self._sweep(query, position, now.date())
        return self._news(query, position, now.date())

    def between(self, query: Query, first: date, last: date) -> Answer:
        """Find what was first deposited from ``first`` to ``last``.

        Raises:
            SourceError: Crossref did not answer in full.
        """
        filters = f"from-created-date:{first},until-created-date:{last}"
        walks = self._search(query, filters)
        works = self._works(walks.wanted)
        return _answer(query, works, Watermark(), walks, (first, last))

    def listing(self, query: Query, since: date) -> Listing:
        """List the DOIs of everything it finds, asked without a date.

        ``older`` was first deposited before ``since``, as Crossref says.

        Raises:
            SourceError: Crossref did not answer in full.
        """
        walks = self._search(query)
        keys = {name: identifier.value for name in walks.wanted if (identifier := doi(name))}
        before = walks.created_before(since)
        return Listing(
            query,
            frozenset(keys.values()),
            older=frozenset(key for name, key in keys.items() if name in before),
        )

    def fetch(self, query: Query, keys: Iterable[str]) -> Answer:
        """Fetch these works, one by one, those that it still has.

        Raises:
            SourceError: Crossref did not answer in full.
        """
        wanted = [key for key in dict.fromkeys(keys) if lookups.is_askable(key)]
        return _answer(query, self._works(wanted), Watermark(), None, None, declared=len(wanted))

    def _news(self, query: Query, position: str | None, today: date) -> Answer:
        """Search for what was deposited since the first day, and indexed since the watermark."""
        first = rules.window_start(position, OVERLAP_DAYS, self.since, today)
        filters = f"from-created-date:{self.since}"
        if position is not None:
            filters += f",from-index-date:{first}"
        walks = self._search(query, filters)
        works = self._works(walks.wanted)
        missing = len(walks.wanted) - len(works)
        if rules.too_many_missing(len(walks.wanted), missing):
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"Crossref lists {len(walks.wanted)} works and left out {missing}",
            )
        reached = min(rules.reached(today, sent) for sent in walks.dates)
        watermark = Watermark(position=position if missing else reached)
        note = f"{missing} of {len(walks.wanted)} works listed {rules.NOT_SENT}"
        notes = (note,) if missing else ()
        return _answer(query, works, watermark, walks, (first, today), notes=notes)

    def _search(self, query: Query, filters: str = "") -> WantedWorks:
        if not self._searches:
            self._searches.append(
                CrossrefSearch(self.http, f"{self.base_url}/works", self._asking())
            )
        names = self.names[query.intervention or ""]
        return self._searches[0].search(alternatives(query.text), names, filters)

    def _works(self, dois: Iterable[str]) -> list[Read]:
        found = (self._work(name) for name in sorted(dois) if lookups.is_askable(name))
        return [work for work in found if work is not None]

    def _sweep(self, query: Query, position: str | None, today: date) -> Answer:
        """List the notices, and fetch those about a watched paper together with that paper.

        The paper is fetched too since its own record says of whom it was retracted; the overlap
        does so again on the days after, should Crossref not have joined the two yet.
        """
        first = _first_day(position, self.since, today)
        text = f"{query.text},from-index-date:{first}"
        asked = WalkRequest(self._asking(filter=text), "DOI,update-to", "notices", MAX_NOTICES)
        walk = crossref_walk.walk(
            self.http, f"{self.base_url}/works", asked, lambda notice: bool(self._about(notice))
        )
        concerning = {
            notice.value: self._about(entry)
            for entry in walk.kept
            if (notice := doi(fields.raw(entry, "DOI")))
        }
        notices = [self._notice(name) for name in sorted(concerning)]
        papers = sorted(set().union(*concerning.values()) - concerning.keys())
        works = [*notices, *(work for work in map(self._work, papers) if work is not None)]
        others = walk.declared - len(concerning)
        return Answer(
            query=query,
            records=tuple(work for work in works if isinstance(work, FetchedRecord)),
            watermark=Watermark(position=rules.reached(today, walk.date)),
            unreadable=tuple(work for work in works if isinstance(work, UnreadableRecord)),
            declared=walk.declared,
            notes=(_others(others),) if others else (),
            window=(first, today),
        )

    def _about(self, notice: Object) -> set[str]:
        """Name the watched papers that a notice says it is about."""
        return {one.value for one in crossref_json.updated(notice)} & self.watched

    def _look_up(self, query: Query, today: date) -> Answer:
        record = self._work(query.text)
        if record is None:
            return lookups.answer(query, today, note="Crossref does not know this DOI")
        if record.key != query.text and isinstance(record, FetchedRecord):
            note = "Crossref answered with the record of another DOI, which was not kept"
            return lookups.answer(query, today, note=note)
        return lookups.answer(query, today, record)

    def _notice(self, doi: str) -> Read:
        notice = self._work(doi)
        if notice is None:
            raise SourceError(
                SourceFault.INCOMPLETE, "Crossref lists a notice that it does not give"
            )
        return notice

    def _work(self, doi: str) -> Read | None:
        """Fetch one work; None where Crossref says that it does not know the DOI."""
        reply = self.http.get(
            f"{self.base_url}/works/{lookups.path(doi)}", self._asking(), accept={NOT_FOUND}
        )
        if reply.status != NOT_FOUND:
            return crossref_json.read(crossref_walk.message(reply.body, "work"))
        if not reply.body.strip().lower().startswith(_UNKNOWN_DOI):
            raise SourceError(
                SourceFault.REFUSED, "Crossref does not know the address asked: check base_url"
            )
        return None

    def _asking(self, **parameters: str) -> dict[str, str]:
        """Say who asks: the polite pool is for those who can be reached."""
        return {**parameters, "mailto": self.contact} if self.contact else parameters


def build(context: SourceContext) -> Crossref:
    """Make Crossref ready to be asked: a sweep for each kind of notice, searches, look-ups due."""
    sources = context.settings.sources
    base_url = sources.crossref.base_url.rstrip("/")
    context.http.pace(base_url, POLITE_RATE if sources.contact else PUBLIC_RATE)
    look_ups = lookups.due(
        context.watched, context.watermarks, context.today, every_days=LOOK_UP_EVERY_DAYS
    )
    is_searched = sources.crossref.search
    searches = catalogue_queries(context.catalogue, NAME) if is_searched else ()
    interventions = context.catalogue.interventions if is_searched else ()
    return Crossref(
        http=context.http,
        base_url=base_url,
        contact=sources.contact,
        since=date.fromisoformat(sources.since),
        watched=frozenset(context.watched),
        queries=(*map(_sweep_for, crossref_json.NOTICES), *searches, *look_ups),
        names={intervention.slug: NameWords.of(intervention) for intervention in interventions},
    )


def _answer(  # noqa: PLR0913 - what was asked, what came of it
    query: Query,
    works: Iterable[Read],
    watermark: Watermark,
    walks: WantedWorks | None,
    window: tuple[date, date] | None,
    *,
    declared: int = 0,
    notes: tuple[str, ...] = (),
) -> Answer:
    works = list(works)
    return Answer(
        query=query,
        records=tuple(work for work in works if isinstance(work, FetchedRecord)),
        watermark=watermark,
        unreadable=tuple(work for work in works if isinstance(work, UnreadableRecord)),
        declared=walks.declared if walks else declared,
        notes=notes,
        window=window,
    )


def _sweep_for(kind: str) -> Query:
    return Query(key=f"notices:{kind}", text=f"is-update:true,update-type:{kind}")


def _first_day(position: str | None, since: date, today: date) -> date:
    if position is None:
        return today - timedelta(days=FIRST_SWEEP_DAYS)
    return rules.window_start(position, OVERLAP_DAYS, since, today)


def _others(count: int) -> str:
    return f"{count:,} other notices concern no paper watched here"
