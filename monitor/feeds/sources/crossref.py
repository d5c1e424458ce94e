"""Crossref: notices about the papers watched, and what it says of each of them.

Sweeps list every notice of one kind (retraction, correction …) that entered the index since the
watermark; only those about a watched paper are kept. A first sweep starts a few days back and not
at ``sources.since``: Crossref has hundreds of thousands of older notices, and each watched paper
is looked up by itself anyway, when it is new here and then every 30 days, and tells of them all.
Never takes an index date or a count of citations for a change.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.feeds import rules
from monitor.feeds.http.client import Http
from monitor.feeds.readers import crossref_json
from monitor.feeds.records import Answer, FetchedRecord, Query, UnreadableRecord, Watermark
from monitor.feeds.sources import crossref_walk, lookups
from monitor.feeds.sources.contract import Context, Read, resumed
from monitor.feeds.sources.crossref_walk import NOT_FOUND
from monitor.kernel.errors import SourceError, SourceFault

OVERLAP_DAYS = 3
FIRST_SWEEP_DAYS = 7
LOOK_UP_EVERY_DAYS = 30
# the polite pool allows 3 lists a second and 10 single works: one pace keeps both
_RATE = 3
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

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Sweep for notices of one kind since the watermark, or look one paper up.

        Raises:
            SourceError: Crossref did not answer in full.
        """
        if lookups.is_look_up(query):
            return self._look_up(query, now.date())
        return self._sweep(query, resumed(query, watermark).position, now.date())

    def _sweep(self, query: Query, position: str | None, today: date) -> Answer:
        """List the notices, and fetch those about a watched paper together with that paper.

        The paper is fetched too since its own record says of whom it was retracted; the overlap
        does so again on the days after, should Crossref not have joined the two yet.
        """
        first = _first_day(position, self.since, today)
        text = f"{query.text},from-index-date:{first}"
        walk = crossref_walk.walk(
            self.http, f"{self.base_url}/works", self._asking(filter=text), self.watched
        )
        notices = [self._notice(doi) for doi in sorted(walk.concerning)]
        papers = sorted(set().union(*walk.concerning.values()) - walk.concerning.keys())
        works = [*notices, *(work for work in map(self._work, papers) if work is not None)]
        others = walk.declared - len(walk.concerning)
        return Answer(
            query=query,
            records=tuple(work for work in works if isinstance(work, FetchedRecord)),
            watermark=Watermark(position=rules.reached(today, walk.date)),
            unreadable=tuple(work for work in works if isinstance(work, UnreadableRecord)),
            declared=walk.declared,
            notes=(_others(others),) if others else (),
            window=(first, today),
        )

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


def build(context: Context) -> Crossref:
    """Make Crossref ready to be asked: a sweep for each kind of notice, then the look-ups due."""
    sources = context.settings.sources
    base_url = sources.crossref.base_url.rstrip("/")
    context.http.pace(base_url, _RATE)
    look_ups = lookups.due(
        context.watched, context.watermarks, context.today, every_days=LOOK_UP_EVERY_DAYS
    )
    return Crossref(
        http=context.http,
        base_url=base_url,
        contact=sources.contact,
        since=date.fromisoformat(sources.since),
        watched=frozenset(context.watched),
        queries=(*map(_sweep_for, crossref_json.NOTICES), *look_ups),
    )


def _sweep_for(kind: str) -> Query:
    return Query(key=f"notices:{kind}", text=f"is-update:true,update-type:{kind}")


def _first_day(position: str | None, since: date, today: date) -> date:
    if position is None:
        return today - timedelta(days=FIRST_SWEEP_DAYS)
    return rules.window_start(position, OVERLAP_DAYS, since, today)


def _others(count: int) -> str:
    return f"{count:,} other notices concern no paper watched here"
