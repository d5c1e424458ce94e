"""The ISRCTN registry through its query service.

It has no pages, only a limit: where it finds more than it sends, it is asked for all of them, and
where even that is too much, for the halves of the window. It says nothing about a search that it
does not understand, it finds nothing; so "nothing" is believed only of a registry that finds
anything at all, which is asked once per poll. Never keeps the people named in a trial: the reader
takes them out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.feeds import rules
from monitor.feeds.http.client import Http
from monitor.feeds.identifiers.canonical import isrctn
from monitor.feeds.readers import isrctn_xml
from monitor.feeds.readers.isrctn_xml import IsrctnTrial
from monitor.feeds.records import Answer, FetchedRecord, Listing, UnreadableRecord
from monitor.feeds.sources.contract import SourceContext, catalogue_queries, resumed
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault

NAME = "isrctn"
LIMIT = 200
MOST = 2_000  # trials in one reply: about 18 kB each, and a reply may have 64 MiB
BATCH = 20  # numbers in one address
# requests for one question: what it truly finds takes a handful, whatever its window
MOST_REQUESTS = 40
OVERLAP = 7
_RATE = 1
_DATE = "lastEdited"
# finds something as long as every word of our searches still means what it meant
_PROBE = '("trial" OR "study")'
_FIRST_DAY = date(2000, 1, 1)  # the registry's own year

Trials = dict[str, IsrctnTrial]


@dataclass(slots=True)
class Isrctn:
    """ISRCTN, ready to be asked. ``proved``: it found something by date in this poll."""

    http: Http
    base_url: str
    since: date
    queries: tuple[Query, ...]
    proved: bool = False
    upstream: str | None = None  # the Date header of its first reply
    left: int = MOST_REQUESTS  # requests that the question asked now may still take

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Find everything new or changed since the watermark.

        Raises:
            SourceError: ISRCTN did not answer in full.
        """
        self.left = MOST_REQUESTS
        start, today = resumed(query, watermark), now.date()
        first = rules.window_start(start.position, OVERLAP, self.since, today)
        last = today + timedelta(days=1)
        trials = self._within(query.text, first, last)
        moved = Watermark(position=rules.reached(today, self.upstream))
        return _answer(query, trials, moved, window=(first, last))

    def between(self, query: Query, first: date, last: date) -> Answer:
        """Find what was last edited from ``first`` to ``last``, both included.

        Raises:
            SourceError: ISRCTN did not answer in full.
        """
        self.left = MOST_REQUESTS
        trials = self._within(query.text, first, last)
        return _answer(query, trials, Watermark(), window=(first, last))

    def listing(self, query: Query, since: date) -> Listing:
        """List every trial it finds; ``older`` were last edited before ``since``.

        Raises:
            SourceError: ISRCTN did not answer in full.
        """
        self.left = MOST_REQUESTS
        trials = self._all(query.text)
        older = (key for key, trial in trials.items() if trial.edited and trial.edited < since)
        return Listing(query, frozenset(trials), frozenset(older))

    def fetch(self, query: Query, keys: Iterable[str]) -> Answer:
        """Fetch trials by their ISRCTN, those that it still has.

        Raises:
            SourceError: ISRCTN did not answer in full.
        """
        wanted = sorted({number.value for key in keys if (number := isrctn(key))})
        trials: Trials = {}
        for start in range(0, len(wanted), BATCH):
            self.left = MOST_REQUESTS
            batch = wanted[start : start + BATCH]
            # other trials may name a number too
            sent = self._all(" OR ".join(batch))
            trials.update((key, trial) for key, trial in sent.items() if key in batch)
        return _answer(query, trials, Watermark())

    def _within(self, text: str, first: date, last: date) -> Trials:
        """Find what was edited in a window; one with too many is asked in two halves."""
        trials, total = self._found(_dated(text, first, last))
        if len(trials) == total:
            return trials
        # a total that is never reached would be halved down to every single day
        if first >= last or self.left <= 0:
            raise _incomplete(total, len(trials))
        middle = first + (last - first) // 2
        return {
            **self._within(text, first, middle),
            **self._within(text, middle + timedelta(days=1), last),
        }

    def _all(self, text: str) -> Trials:
        found, total = self._found(text)
        if len(found) != total:
            raise _incomplete(total, len(found))
        return found

    def _found(self, text: str) -> tuple[Trials, int]:
        """Search, once more with a higher limit where there are more; give what came of how many.

        Raises:
            SourceError: more came than it finds, or it finds nothing in anything.
        """
        trials, total = self._search(text, LIMIT)
        if len(trials) < total <= MOST:
            trials, total = self._search(text, total)
        if len(trials) > total:
            raise _incomplete(total, len(trials))
        if not total:
            self._prove()
        return trials, total

    def _prove(self) -> None:
        """Make sure that the registry can find anything, before its "nothing" is believed."""
        if not self.proved and not self._search(_dated(_PROBE, _FIRST_DAY, date.max), 1)[1]:
            raise SourceError(
                SourceFault.QUERY_CHANGED,
                "ISRCTN finds no trial at all: it no longer reads our searches as it did",
            )

    def _search(self, text: str, limit: int) -> tuple[Trials, int]:
        self.left -= 1
        asked = {"q": text, "limit": str(limit)}
        reply = self.http.get(f"{self.base_url}/query/format/default", asked)
        self.upstream = self.upstream or reply.headers.get("date")
        read = isrctn_xml.read(reply.body)
        self.proved = self.proved or bool(read.trials and _DATE in text)
        return {trial.record.key: trial for trial in read.trials}, read.total


def build(context: SourceContext) -> Isrctn:
    """Make ISRCTN ready to be asked."""
    settings = context.settings.sources
    base_url = settings.isrctn.base_url.rstrip("/")
    context.http.pace(base_url, _RATE)
    return Isrctn(
        http=context.http,
        base_url=base_url,
        since=date.fromisoformat(settings.since),
        queries=catalogue_queries(context.catalogue, NAME),
    )


def _dated(text: str, first: date, last: date) -> str:
    """Add a window to a search; both days are included, and the last day there is has no end."""
    query = f"({text}) AND {_DATE} GE {first}T00:00:00"
    if last < date.max:
        query += f" AND {_DATE} LT {last + timedelta(days=1)}T00:00:00"
    return query


def _incomplete(total: int, sent: int) -> SourceError:
    return SourceError(SourceFault.INCOMPLETE, f"ISRCTN finds {total} trials and sent {sent}")


def _answer(
    query: Query, trials: Trials, watermark: Watermark, window: tuple[date, date] | None = None
) -> Answer:
    records = [trial.record for trial in trials.values()]
    return Answer(
        query=query,
        records=tuple(record for record in records if isinstance(record, FetchedRecord)),
        watermark=watermark,
        unreadable=tuple(record for record in records if isinstance(record, UnreadableRecord)),
        declared=len(records),
        window=window,
    )
