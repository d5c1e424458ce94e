"""Feeds of use: which there are, what one sends, and how asking it went. Never commits.

Only ``fetch`` reaches the network: never call it inside a transaction. What is in a document is
for ``usage`` to read; a failure is never taken for "nothing new".
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.feeds import incidents, rules
from monitor.feeds.asking_tables import UseFeed
from monitor.feeds.http.conditions import NOT_MODIFIED, conditions, validators
from monitor.feeds.http.feed_address import without_secrets
from monitor.feeds.queries import SourceState
from monitor.kernel import audit
from monitor.kernel.errors import NotFound, SourceError, SourceFault
from monitor.kernel.persistence.columnar import all_of, rows
from monitor.kernel.settings import Settings
from monitor.kernel.source_settings import UseFeedSettings

if TYPE_CHECKING:  # whoever asks has loaded it
    from monitor.feeds.http.client import Http

ACTOR = "job:use"
LIMIT = 4_000_000  # bytes of a document, as of a table that somebody brings
_ACCEPT = "application/json, text/csv;q=0.9, application/toml;q=0.9, text/plain;q=0.8, */*;q=0.1"
_WHOLE = 200  # not 206, a part of it, nor 204, nothing
_RATE = 1  # a second: nobody is in a hurry
_HELD = timedelta(minutes=10)  # how long one that is being asked is not due again
_GRACE = timedelta(minutes=30)
_MAX_PROBLEMS = 20
_MAX_PROBLEM = 300  # characters

Validators = dict[str, list[str | None]]


class Documents(NamedTuple):
    """What a feed sent whole: JSON in ``table`` alone, or a table with the TOML about it."""

    table: bytes
    about: bytes | None
    validators: Validators


class UseFeedStatus(NamedTuple):
    """How one feed of use stands. ``address`` is without what may be a key."""

    name: str
    address: str
    state: SourceState
    last_success: datetime | None
    last_new: datetime | None
    next_due: datetime | None
    error: str | None
    failing_since: datetime | None
    problems: tuple[str, ...]


def sync(session: Session, settings: Settings, at: datetime) -> None:
    """Bring the rows in line with the settings: a new feed, or one that moved, is due at once.

    What is wrong with one that is no longer in the settings is nobody's worry any more.
    """
    wanted = {feed.name: feed for feed in settings.usage.feeds}
    held = select(UseFeed).order_by(UseFeed.name).with_for_update()
    known = {row.name: row for row in session.scalars(held)}
    for name, row in known.items():
        if name not in wanted and row.enabled:
            row.enabled = False
            incidents.close_all(session, incidents.USE + name, by="settings", at=at)
            _record(session, name, "disabled", at, by="settings")
    for name, feed in wanted.items():
        _wanted(session, known.get(name), feed, timedelta(hours=settings.usage.every_hours), at)
    session.flush()


def due(session: Session, at: datetime) -> list[str]:
    """Name the feeds to ask now, the longest overdue first."""
    overdue = select(UseFeed.name).where(UseFeed.enabled, UseFeed.next_due_at <= at)
    return list(session.scalars(overdue.order_by(UseFeed.next_due_at, UseFeed.name)))


def hold(session: Session, name: str) -> UseFeed:
    """Give a feed's row, locked until the transaction ends: before the ledger, in every story.

    Raises:
        NotFound: the settings have none of this name.
    """
    row = session.get(UseFeed, name, with_for_update=True, populate_existing=True)
    if row is None or not row.enabled:
        raise NotFound(f"the settings have no feed of use {name!r}")
    return row


def ask_now(session: Session, name: str, at: datetime) -> None:
    """Make a feed due at once.

    Raises:
        NotFound: the settings have none of this name.
    """
    hold(session, name).next_due_at = at


def begin(session: Session, name: str, at: datetime) -> Validators:
    """Note that a feed is being asked; gives the validators of its last good answer.

    One that breaks us is so asked again later, and keeps no other waiting.

    Raises:
        NotFound: the settings have none of this name.
    """
    row = hold(session, name)
    row.last_attempt_at, row.next_due_at = at, at + _HELD
    return {address: list(pair) for address, pair in row.validators.items()}


def fetch(http: "Http", feed: UseFeedSettings, known: Validators) -> Documents | None:
    """Fetch a feed's documents whole; None where it says that nothing changed since.

    Of two, one that changed alone is no wave: then both are fetched.

    Raises:
        SourceError: there is no whole answer.
    """
    urls = [feed.url] if feed.about_url is None else [feed.url, feed.about_url]
    for url in urls:
        http.pace(url, _RATE)
    bodies: dict[str, bytes] = {}
    fresh: Validators = {}
    for conditional in (True, False):
        for url in urls:
            if url in bodies:
                continue
            etag, modified = known.get(url, [None, None])
            asked = conditions(etag, modified) if conditional else {}
            reply = http.get(url, headers={"Accept": _ACCEPT, **asked}, limit=LIMIT)
            if _is_sent(reply.status, asked):
                bodies[url], fresh[url] = reply.body, list(validators(reply.headers))
        if not bodies:
            return None
    about = bodies[feed.about_url] if feed.about_url else None
    return Documents(bodies[feed.url], about, fresh)


def _is_sent(status: int, asked: Mapping[str, str]) -> bool:
    """Tell whether an answer brings a whole file, or says that none changed since it was asked for.

    Raises:
        SourceError: it is neither.
    """
    if status == _WHOLE:
        return True
    if status != NOT_MODIFIED:
        raise SourceError(
            SourceFault.INCOMPLETE, f"it sent something else than a whole file ({status})"
        )
    if not asked:
        raise SourceError(
            SourceFault.INCOMPLETE, "it said “not modified” to what was asked without a date"
        )
    return False


def answered(
    session: Session,
    settings: Settings,
    name: str,
    documents: Documents | None,
    at: datetime,
    *,
    new: bool,
) -> None:
    """Note a whole answer that was taken; None: nothing changed. ``new``: it brought a wave."""
    row = hold(session, name)
    row.last_success_at = at
    row.next_due_at = at + timedelta(hours=settings.usage.every_hours)
    row.failures, row.fault, row.error, row.failing_since, row.problems = 0, None, None, None, []
    if documents is not None:
        row.validators = documents.validators
    if new:
        row.last_new_at = at
    _record(session, name, "asked", at, new=new, unchanged=documents is None)


def failed(
    session: Session, name: str, error: SourceError, at: datetime, problems: Sequence[str] = ()
) -> None:
    """Note a failure: tried again later, and in full, whatever it then says of changes."""
    row = hold(session, name)
    row.failures += 1
    row.fault, row.error = error.kind.value, str(error)
    row.failing_since = row.failing_since or at
    row.problems = [problem[:_MAX_PROBLEM] for problem in problems[:_MAX_PROBLEMS]]
    row.validators = {}
    row.next_due_at = at + rules.backoff(row.failures, error.retry_after)
    _record(session, name, "failed", at, fault=error.kind.value)


def statuses(session: Session, now: datetime, settings: Settings) -> list[UseFeedStatus]:
    """Tell how every feed of the settings stands, in their order."""
    known = {row.name: row for row in rows(session, all_of(UseFeed))}
    return [_status(feed, known.get(feed.name), now) for feed in settings.usage.feeds]


def _wanted(
    session: Session, row: UseFeed | None, feed: UseFeedSettings, every: timedelta, at: datetime
) -> None:
    asked = hashlib.sha256(f"{feed.url} {feed.about_url or ''}".encode()).hexdigest()
    if row is None:
        row = UseFeed(
            name=feed.name, enabled=True, asked=asked, next_due_at=at, problems=[], validators={}
        )
        session.add(row)
    elif row.enabled and row.asked == asked:
        if row.last_success_at and not row.failures:  # a shorter interval counts at once
            row.next_due_at = min(row.next_due_at, row.last_success_at + every)
        return
    else:
        row.enabled, row.asked, row.next_due_at, row.validators = True, asked, at, {}
    _record(session, feed.name, "enabled", at, by="settings")


def _status(feed: UseFeedSettings, row: UseFeed | None, now: datetime) -> UseFeedStatus:
    return UseFeedStatus(
        name=feed.name,
        address=without_secrets(feed.url),
        state=_state(row, now),
        last_success=row.last_success_at if row else None,
        last_new=row.last_new_at if row else None,
        next_due=row.next_due_at if row else None,
        error=row.error if row else None,
        failing_since=row.failing_since if row else None,
        problems=tuple(row.problems) if row else (),
    )


def _state(row: UseFeed | None, now: datetime) -> SourceState:
    if row is None or row.last_attempt_at is None:
        return SourceState.NEVER
    if row.failures:
        return SourceState.FAILING
    return SourceState.OVERDUE if now > row.next_due_at + _GRACE else SourceState.OK


def _record(
    session: Session, name: str, what: str, at: datetime, *, by: str = ACTOR, **details: bool | str
) -> None:
    session.flush()
    audit.record(
        session, at=at, actor=by, action=f"use_feed.{what}", subject=f"use_feed:{name}", **details
    )
