"""Which sources can be searched: asked for a stretch of the past, and for all they list."""

import contextlib

from monitor.feeds.http.client import Http
from monitor.feeds.sources import SOURCES, Searchable, SourceContext
from monitor.feeds.watermarks import Query
from monitor.jobs.sources.asking import Attempt
from monitor.service import Service


def queries(service: Service, name: str) -> tuple[Query, ...]:
    """Give what a source is asked; nothing where it is switched off or has no search.

    Raises:
        ConfigError: its settings name a file that cannot be read.
    """
    definition = SOURCES[name]
    if not definition.enabled(service.settings):
        return ()
    with contextlib.closing(Http(service.settings.sources)) as http:
        context = SourceContext(
            settings=service.settings,
            catalogue=service.catalogue,
            http=http,
            today=service.clock().date(),
        )
        source = definition.build(context)
    return searches(source) if isinstance(source, Searchable) else ()


def searches(source: Searchable) -> tuple[Query, ...]:
    """Give those of a source's queries that search it: each is for an intervention."""
    return tuple(query for query in source.queries if query.intervention)


def search(asking: Attempt) -> Searchable:
    """Give the search of a source that has one."""
    assert isinstance(asking.source, Searchable)  # noqa: S101 - only those with ``queries`` get here
    return asking.source
