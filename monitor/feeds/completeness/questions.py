"""What every source is asked as a rule: the catalogue's queries and the feeds listed.

A source that has neither (it looks up what papers need) is judged by its polls as a whole.
"""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.ten import KnowsTheQueries
from monitor.feeds.asking_tables import FeedRow
from monitor.feeds.completeness.verdicts import ProofBasis
from monitor.feeds.sources import SOURCES
from monitor.feeds.sources.contract import catalogue_queries
from monitor.feeds.watermarks import Query
from monitor.kernel.persistence.columnar import ask, columns_of
from monitor.kernel.settings import Settings
from monitor.kernel.source_settings import FeedSourceSettings

_feed = columns_of(FeedRow)
_ADDED = (
    select(_feed.source, _feed.name, _feed.url).where(_feed.removed_at.is_(None)).order_by(_feed.id)
)
_EVER_ADDED = select(_feed.name, _feed.url)


class StandingQuery(NamedTuple):
    """One standing query of one source; ``name`` is how pages call it."""

    source: str
    query: Query
    name: str
    basis: ProofBasis


def standing(
    session: Session, settings: Settings, catalogue: KnowsTheQueries
) -> list[StandingQuery]:
    """List what every source is asked today, in the order of ``SOURCES``."""
    added = ask(session, _ADDED).all()
    listed: list[StandingQuery] = []
    for name in SOURCES:
        own = settings.source(name)
        if isinstance(own, FeedSourceSettings):
            shown = [(feed.name, feed.url) for feed in own.feeds]
            shown += [(title, url) for source, title, url in added if source == name]
            listed += _feeds(name, shown)
        elif SOURCES[name].searched(settings):
            listed += _searches(name, catalogue)
    return listed


def names(session: Session, settings: Settings, catalogue: KnowsTheQueries) -> dict[str, str]:
    """Give the name of every query key ever asked, as far as it is still known."""
    known = {url: name for name, url in ask(session, _EVER_ADDED)}
    for name in SOURCES:
        own = settings.source(name)
        if isinstance(own, FeedSourceSettings):
            known |= {feed.url: feed.name for feed in own.feeds}
    return known | {
        intervention.slug: intervention.short for intervention in catalogue.interventions
    }


def _feeds(source: str, shown: list[tuple[str, str]]) -> list[StandingQuery]:
    unique = {url: name for name, url in shown}
    return [
        StandingQuery(source, Query(url, url), name, ProofBasis.FEED)
        for url, name in unique.items()
    ]


def _searches(source: str, catalogue: KnowsTheQueries) -> list[StandingQuery]:
    short = {intervention.slug: intervention.short for intervention in catalogue.interventions}
    return [
        StandingQuery(source, query, short[query.key], ProofBasis.SEARCH)
        for query in catalogue_queries(catalogue, source)
    ]
