"""Feeds that admins add to those in the settings: taken on, and let go of. Never asks one.

Never commits. What a feed brought stays when it is let go of, and so does its row.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.feeds import plain, service
from monitor.feeds.http.feed_address import FIELD, normalised, without_secrets
from monitor.feeds.sources import SOURCES
from monitor.feeds.tables import FeedRow, SourceRow
from monitor.kernel import audit
from monitor.kernel.errors import InvalidInput, NotFound
from monitor.kernel.persistence.database import affected
from monitor.kernel.settings import Settings
from monitor.kernel.source_settings import FeedSettings, FeedSourceSettings

_LONGEST_NAME = 80


def feed_sources(settings: Settings) -> dict[str, FeedSourceSettings]:
    """Give the settings of the sources that are made of feeds, by name."""
    found = {name: settings.source(name) for name in SOURCES}
    return {name: one for name, one in found.items() if isinstance(one, FeedSourceSettings)}


def check(
    session: Session, settings: Settings, *, source: str, name: str, url: str
) -> FeedSettings:
    """Hold a feed to be added to the rules, and give it in its one form. Changes nothing.

    Raises:
        InvalidInput: ``field`` ("source", "name" or "url") names what to mend.
    """
    called = named(name)
    feed = FeedSettings(name=called, url=normalised(url))
    check_source(settings, source)
    _refuse_known(session, settings, feed.url)
    return feed


def named(typed: str) -> str:
    """Give a feed's name as it is kept.

    Raises:
        InvalidInput: it cannot be used; ``field`` is "name".
    """
    called = plain.line(typed, _LONGEST_NAME + 1)
    if not called:
        raise InvalidInput("Give it a name, such as the journal’s", field="name")
    if len(called) > _LONGEST_NAME:
        raise InvalidInput(
            f"The name is too long: {_LONGEST_NAME} characters at most", field="name"
        )
    return called


def check_source(settings: Settings, source: str) -> None:
    """Hold the kind of feed to those there are.

    Raises:
        InvalidInput: there is none of this name; ``field`` is "source".
    """
    if source not in feed_sources(settings):
        raise InvalidInput("Choose what kind of feed it is", field="source")


def add(  # noqa: PLR0913 - what is added, by whom, when
    session: Session,
    settings: Settings,
    *,
    source: str,
    name: str,
    url: str,
    by: str,
    at: datetime,
) -> int:
    """Take on a feed and make its source due at once; gives the feed's number.

    ``by`` is an actor, such as "user:3".

    Raises:
        InvalidInput: it cannot be added; ``field`` names what to mend.
        NotFound: the source has no row yet: the service was never started.
    """
    # locked, so that of two who add the same feed at once the second finds the first's
    if session.get(SourceRow, source, with_for_update=True) is None and source in SOURCES:
        raise NotFound(f"there is no source {source!r} here yet: run gap-monitor init")
    feed = check(session, settings, source=source, name=name, url=url)
    row = FeedRow(source=source, name=feed.name, url=feed.url, added_at=at, added_by=by)
    session.add(row)
    session.flush()
    _record(session, row, "feed.added", by=by, at=at)
    service.sync_sources(session, settings, at)
    if source in service.asked_sources(session, settings):
        service.ask_now(session, source, by=by, at=at)
    return row.id


def get(session: Session, feed_id: int) -> FeedRow:
    """Give a feed that admins added.

    Raises:
        NotFound: there is none, or it was removed.
    """
    row = session.get(FeedRow, feed_id)
    if row is None or row.removed_at is not None:
        raise NotFound("There is no such feed: it may have been removed already.")
    return row


def remove(session: Session, settings: Settings, feed_id: int, *, by: str, at: datetime) -> None:
    """Let go of a feed: it is asked no more. What it brought stays.

    Raises:
        NotFound: there is none, or it was removed already.
    """
    row = get(session, feed_id)
    result = session.execute(
        update(FeedRow)
        .where(FeedRow.id == feed_id, FeedRow.removed_at.is_(None))
        .values(removed_at=at)
        .execution_options(synchronize_session="fetch")
    )
    if affected(result) != 1:
        raise NotFound("There is no such feed: it may have been removed already.")
    _record(session, row, "feed.removed", by=by, at=at)
    service.sync_sources(session, settings, at)


def _refuse_known(session: Session, settings: Settings, url: str) -> None:
    known = {
        _one_form(feed.url): (feed.name, "in the settings")
        for source in feed_sources(settings).values()
        for feed in source.feeds
    }
    rows = session.scalars(select(FeedRow).where(FeedRow.removed_at.is_(None)))
    known |= {row.url: (row.name, "among those added") for row in rows}
    if url in known:
        name, where = known[url]
        raise InvalidInput(f"This feed is there already, {where}, as “{name}”", field=FIELD)


def _one_form(url: str) -> str:
    """Give a configured address in its one form; the settings may hold one that has none."""
    try:
        return normalised(url)
    except InvalidInput:
        return url


def _record(session: Session, row: FeedRow, action: str, *, by: str, at: datetime) -> None:
    audit.record(
        session,
        at=at,
        actor=by,
        action=action,
        subject=f"source:{row.source}",
        feed=row.id,
        name=row.name,
        address=without_secrets(row.url),
    )
