"""What every source is: queries to ask, and one way to ask them. Holds no source."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Union, runtime_checkable

from monitor.catalogue.ten import KnowsTheQueries, KnowsTheTen
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.settings import Settings
from monitor.kernel.source_settings import (
    FeedSettings,
    FeedSourceSettings,
    FinderSettings,
    SourceSettings,
)

if TYPE_CHECKING:  # whoever asks has loaded it, and what comes of asking
    from monitor.feeds.http.client import Http
    from monitor.feeds.records import Answer, FetchedRecord, KeptRecord, Listing, UnreadableRecord

Read = Union["FetchedRecord", "UnreadableRecord"]
BY_DEFAULT = 9  # the preference of a source that has none


class SourceContext(NamedTuple):
    """What a source is made ready with; each takes what it needs.

    ``feeds`` are the addresses that admins added to this source, beside those in the settings.
    ``watched`` are the DOIs of papers in front of reviewers, in canonical form. ``watermarks``
    are this source's, by query key: look-ups are due by them. ``today`` is a UTC date.
    """

    settings: Settings
    catalogue: KnowsTheTen
    http: "Http"
    today: date
    feeds: tuple[FeedSettings, ...] = ()
    watched: tuple[str, ...] = ()
    watermarks: Mapping[str, Watermark] = MappingProxyType({})


class Source(Protocol):
    """One source, ready to be asked."""

    @property
    def queries(self) -> tuple[Query, ...]:
        """Everything it is asked in one poll."""

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> "Answer":
        """Ask one query in full, from ``watermark`` on; from the beginning where it is None.

        Reaches the network: never call it inside a transaction.

        Raises:
            SourceError: the source did not answer in full; nothing may be concluded.
        """


@runtime_checkable
class Searchable(Source, Protocol):
    """A source with a search: it can be asked for a stretch of time, and for all it holds.

    Its searches are those of its queries that name an intervention; others (look-ups, sweeps for
    notices) are put in polls alone.
    """

    def between(self, query: Query, first: date, last: date) -> "Answer":
        """Find what it dates from ``first`` to ``last``, both included. The watermark is empty.

        Raises:
            SourceError: the source did not answer in full.
        """

    def listing(self, query: Query, since: date) -> "Listing":
        """List the keys of everything it holds for a query; ``older`` is dated before ``since``.

        Raises:
            SourceError: the source did not answer in full.
        """

    def fetch(self, query: Query, keys: Iterable[str]) -> "Answer":
        """Fetch these records by their keys, those that it still has. The watermark is empty.

        Raises:
            SourceError: the source did not answer in full.
        """


class SourceDefinition(NamedTuple):
    """One entry of ``SOURCES``: all that the service knows of a source.

    ``reread`` reads one kept record with today's reader; it raises nothing: what cannot be read
    is an ``UnreadableRecord``. ``preference``: whose words of a paper count first, the lowest
    number's. ``is_acted_on``: what it says of a retraction is stated in a field of its own, and
    followed at once; any other source's word opens an alert for a person. ``is_searched``: its
    queries stand in the catalogue. ``needs_key``: it is searched only with a key. ``is_feed``: it shows its latest items and nothing else.
    ``is_registry``: its records are registrations of trials. ``one_host``: all its queries
    go to one host, so that once that is down, asking on is useless. ``watches``: it is asked
    about single papers and wants ``SourceContext.watched``. ``limits``: what its search cannot find, said
    to readers in a sentence.
    """

    name: str
    title: str
    build: Callable[[SourceContext], Source]
    reread: Callable[["KeptRecord"], Read]
    preference: int = BY_DEFAULT
    is_acted_on: bool = False
    is_searched: bool = False
    needs_key: bool = False
    is_feed: bool = False
    is_registry: bool = False
    one_host: bool = True
    watches: bool = False
    limits: str = ""

    def enabled(self, settings: Settings) -> bool:
        """Tell whether the settings switch it on, and give it anything to ask."""
        own = settings.source(self.name)
        return own.enabled and (not isinstance(own, FeedSourceSettings) or bool(own.feeds))

    def searched(self, settings: Settings) -> bool:
        """Tell whether the settings let it be searched, where it is asked at all."""
        own = settings.source(self.name)
        if not self.is_searched or (isinstance(own, FinderSettings) and not own.search):
            return False
        return not (self.needs_key and isinstance(own, SourceSettings) and own.api_key_file is None)


def catalogue_queries(catalogue: KnowsTheQueries, source: str) -> tuple[Query, ...]:
    """Give the catalogue's queries for one source, one per intervention that has one."""
    return tuple(
        Query(
            key=intervention.slug, text=intervention.queries[source], intervention=intervention.slug
        )
        for intervention in catalogue.interventions
        if source in intervention.queries
    )


def resumed(query: Query, watermark: Watermark | None) -> Watermark:
    """Give the watermark to start from: none at all when the query has changed since."""
    if watermark is None or not watermark.continues(query):
        return Watermark()
    return watermark
