"""Read model of single feeds: which there are, who put them there, and how each stands.

A feed that does not answer is told as such, never as one that is quiet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from monitor.feeds.added.service import feed_sources
from monitor.feeds.tables import AskedState, FeedRow, Poll, PollQuery
from monitor.kernel.settings import Settings


class FeedState(StrEnum):
    """How a feed stands, by the last time it was asked."""

    OK = "ok"
    FAILING = "failing"
    NEVER = "never"
    DISABLED = "disabled"  # its whole source is switched off in the settings


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """One feed. ``id``, ``added_at`` and ``added_by`` are None for those in the settings.

    ``url`` is whole: it may hold a key, and is for admins only.
    """

    source: str
    name: str
    url: str
    id: int | None
    added_at: datetime | None
    added_by: str | None
    state: FeedState
    last_heard: datetime | None
    last_new: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class _Heard:
    """What is known from asking one feed so far."""

    heard: datetime | None = None
    new: datetime | None = None
    asked: bool = False
    error: str | None = None


def feeds(session: Session, settings: Settings) -> list[FeedStatus]:
    """List every feed: by source, those in the settings first, then as they were added."""
    rows = list(
        session.scalars(select(FeedRow).where(FeedRow.removed_at.is_(None)).order_by(FeedRow.id))
    )
    listed = []
    for source, own in feed_sources(settings).items():
        added = [row for row in rows if row.source == source]
        urls = [feed.url for feed in own.feeds] + [row.url for row in added]
        known = _known(session, source, urls)
        listed += [
            _status(source, feed.name, feed.url, known, enabled=own.enabled) for feed in own.feeds
        ]
        listed += [
            _status(source, row.name, row.url, known, row, enabled=own.enabled) for row in added
        ]
    return listed


def _status(
    source: str,
    name: str,
    url: str,
    known: dict[str, _Heard],
    row: FeedRow | None = None,
    *,
    enabled: bool,
) -> FeedStatus:
    heard = known.get(url, _Heard())
    return FeedStatus(
        source=source,
        name=name,
        url=url,
        id=row.id if row else None,
        added_at=row.added_at if row else None,
        added_by=row.added_by if row else None,
        state=_state(heard, enabled=enabled),
        last_heard=heard.heard,
        last_new=heard.new,
        error=heard.error,
    )


def _state(heard: _Heard, *, enabled: bool) -> FeedState:
    if not enabled:
        return FeedState.DISABLED
    if not heard.asked:
        return FeedState.NEVER
    return FeedState.FAILING if heard.error else FeedState.OK


def _known(session: Session, source: str, urls: Iterable[str]) -> dict[str, _Heard]:
    """Sum up what asking these feeds brought so far."""
    answered = PollQuery.state != AskedState.FAILED
    sums = (
        select(
            PollQuery.query_key,
            func.max(case((answered, PollQuery.at))).label("heard"),
            func.max(case((PollQuery.new_records > 0, PollQuery.at))).label("new"),
            func.max(PollQuery.id).label("latest"),
        )
        .join(Poll, Poll.id == PollQuery.poll_id)
        .where(Poll.source == source, PollQuery.query_key.in_(list(urls)))
        .group_by(PollQuery.query_key)
        .subquery()
    )
    rows = session.execute(
        select(sums.c.query_key, sums.c.heard, sums.c.new, PollQuery.error).join(
            PollQuery, PollQuery.id == sums.c.latest
        )
    )
    return {key: _Heard(heard, new, asked=True, error=error) for key, heard, new, error in rows}
