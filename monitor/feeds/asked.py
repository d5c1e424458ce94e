"""Which sources are asked: by the settings, and for the feeds that admins added. Reads only."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.feeds.asking_tables import FeedRow
from monitor.feeds.sources import SOURCES
from monitor.kernel.persistence.columnar import ask, columns_of
from monitor.kernel.settings import Settings
from monitor.kernel.source_settings import FeedSettings

_feed = columns_of(FeedRow)
_ADDED_TO = select(_feed.source).where(_feed.removed_at.is_(None)).distinct()


def added_feeds(session: Session, source: str) -> tuple[FeedSettings, ...]:
    """List the feeds that admins added to a source, in the order they were added."""
    rows = session.scalars(
        select(FeedRow)
        .where(FeedRow.source == source, FeedRow.removed_at.is_(None))
        .order_by(FeedRow.id)
    )
    return tuple(FeedSettings(name=row.name, url=row.url) for row in rows)


def asked_sources(session: Session, settings: Settings) -> frozenset[str]:
    """Name the sources that are asked: those the settings give anything to ask, or an admin did."""
    added = set(ask(session, _ADDED_TO).scalars())
    return frozenset(
        name
        for name, definition in SOURCES.items()
        if definition.enabled(settings) or (name in added and settings.source(name).enabled)
    )
