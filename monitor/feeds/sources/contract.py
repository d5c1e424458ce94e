"""What every source is: queries to ask, and one way to ask them. Holds no source."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.catalogue.loader import Catalogue
from monitor.feeds.http import Http
from monitor.feeds.records import Answer, Query, Watermark
from monitor.kernel.settings import Settings


class Source(Protocol):
    """One source, ready to be asked."""

    @property
    def queries(self) -> tuple[Query, ...]:
        """Everything it is asked in one poll."""

    def ask(self, query: Query, watermark: Watermark | None, now: datetime) -> Answer:
        """Ask one query in full, from ``watermark`` on; from the beginning where it is None.

        Reaches the network: never call it inside a transaction.

        Raises:
            SourceError: the source did not answer in full; nothing may be concluded.
        """


@dataclass(frozen=True, slots=True)
class SourceDefinition:
    """One entry of ``SOURCES``."""

    name: str
    title: str
    build: Callable[[Settings, Catalogue, Http], Source]
    enabled: Callable[[Settings], bool]


def catalogue_queries(catalogue: Catalogue, source: str) -> tuple[Query, ...]:
    """Give the catalogue's queries for one source, one per intervention that has one."""
    return tuple(
        Query(key=one.slug, text=one.queries[source], intervention=one.slug)
        for one in catalogue.interventions
        if source in one.queries
    )


def resumed(query: Query, watermark: Watermark | None) -> Watermark:
    """Give the watermark to start from: none at all when the query has changed since."""
    if watermark is None or not watermark.continues(query):
        return Watermark()
    return watermark
