"""Read models of the sources: are they answering, and have they anything new? Two questions.

A healthy source is silent for weeks on ten narrow topics; a failing one is never shown as quiet.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import bindparam, case, select
from sqlalchemy.orm import Session

from monitor.feeds import polls_in_time
from monitor.feeds.asked import asked_sources
from monitor.feeds.asking_tables import Poll, PollKind, PollState, SourceRow
from monitor.feeds.sources import SOURCES
from monitor.kernel.persistence.columnar import all_of, ask, columns_of, rows
from monitor.kernel.settings import Settings

DAYS = 14
# polling wakes every minute; a poll itself may take a while
_GRACE = timedelta(minutes=15)


class SourceState(StrEnum):
    """How a source stands, in the words of the status page."""

    OK = "ok"
    FAILING = "failing"
    OVERDUE = "overdue"
    DISABLED = "disabled"
    NEVER = "never"


class Day(StrEnum):
    """What one day of a source came to: the best of that day's polls."""

    NEW = "new"
    ANSWERED = "answered"
    FAILED = "failed"
    NONE = "none"


class SourceStatus(NamedTuple):
    """One source. ``days`` are the last 14, the oldest first, by UTC date.

    ``quiet_since``: when it last sent something new; where it never did, since it first answered.
    """

    name: str
    title: str
    state: SourceState
    last_success: datetime | None
    last_attempt: datetime | None
    last_new: datetime | None
    next_due: datetime | None
    error: str | None
    failing_since: datetime | None
    failures: int
    quiet_since: datetime | None
    days: tuple[str, ...]


class PollView(NamedTuple):
    """One attempt, for a list of them."""

    id: int
    source: str
    started_at: datetime
    finished_at: datetime | None
    state: PollState
    fault: str | None
    error: str | None
    records: int
    new_records: int
    unreadable: int
    notes: tuple[str, ...]


def sources(session: Session, settings: Settings, now: datetime) -> list[SourceStatus]:
    """Tell how every source stands, in the order of ``SOURCES``."""
    known = {row.name: row for row in rows(session, all_of(SourceRow))}
    days, first = _days(session, now), _first_answers(session)
    asked = asked_sources(session, settings)
    statuses = []
    for name, definition in SOURCES.items():
        row = known.get(name)
        enabled = name in asked
        if row is None:
            statuses.append(_unknown(name, definition.title, enabled=enabled))
            continue
        statuses.append(
            SourceStatus(
                name=name,
                title=definition.title,
                state=_state(row, now, enabled=enabled),
                last_success=row.last_success_at,
                last_attempt=row.last_attempt_at,
                last_new=row.last_new_at,
                next_due=row.next_due_at if enabled else None,
                error=row.error,
                failing_since=row.failing_since,
                failures=row.failures,
                quiet_since=row.last_new_at or first.get(name),
                days=days[name],
            )
        )
    return statuses


def last_heard(session: Session, settings: Settings, now: datetime) -> list[SourceStatus]:
    """Tell how every source that is switched on stands."""
    every = sources(session, settings, now)
    return [status for status in every if status.state is not SourceState.DISABLED]


def ever_heard(session: Session) -> bool:
    """Tell whether any source has ever answered: before that, that nothing is new is not known."""
    answered = select(_source.name).where(_source.last_success_at.is_not(None)).limit(1)
    return ask(session, answered).first() is not None


def polls(session: Session, source: str, limit: int = 20) -> list[PollView]:
    """List one source's attempts, the newest first."""
    last = all_of(Poll).where(polls_in_time.of(source)).order_by(*polls_in_time.LAST).limit(limit)
    return [
        PollView(
            id=row.id,
            source=row.source,
            started_at=row.started_at,
            finished_at=row.finished_at,
            state=row.state,
            fault=row.fault,
            error=row.error,
            records=row.records,
            new_records=row.new_records,
            unreadable=row.unreadable,
            notes=tuple(row.notes),
        )
        for row in rows(session, last)
    ]


def _state(row: SourceRow, now: datetime, *, enabled: bool) -> SourceState:
    if not (enabled and row.enabled):
        return SourceState.DISABLED
    at_work = row.lease_until is not None and row.lease_until > now
    if now > row.next_due_at + _GRACE and not at_work:
        return SourceState.OVERDUE
    if row.failures:
        return SourceState.FAILING
    return SourceState.OK if row.last_success_at else SourceState.NEVER


def _unknown(name: str, title: str, *, enabled: bool) -> SourceStatus:
    """Describe a source that has no row yet: this database was never opened for work."""
    return SourceStatus(
        name=name,
        title=title,
        state=SourceState.NEVER if enabled else SourceState.DISABLED,
        last_success=None,
        last_attempt=None,
        last_new=None,
        next_due=None,
        error=None,
        failing_since=None,
        failures=0,
        quiet_since=None,
        days=(Day.NONE,) * DAYS,
    )


def _days(session: Session, now: datetime) -> defaultdict[str, tuple[str, ...]]:
    """Sum up the polls of the last days, by source."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    began = {f"day_{back}": today - timedelta(days=back) for back in range(DAYS)}
    by_day: defaultdict[str, defaultdict[int, set[Day]]] = defaultdict(lambda: defaultdict(set))
    for source, back, state, new in ask(session, _POLLS_OF_DAYS, began):
        by_day[source][back].add(_day(state, new))
    summed: defaultdict[str, tuple[str, ...]] = defaultdict(lambda: (Day.NONE,) * DAYS)
    for source, days in by_day.items():
        summed[source] = tuple(_best(days[back]) for back in range(DAYS - 1, -1, -1))
    return summed


# The database sums them up: a row for each source, day and outcome, however often it was asked.
_poll, _source = columns_of(Poll), columns_of(SourceRow)
_back = case(
    *(
        (_poll.started_at >= bindparam(f"day_{back}", type_=_poll.started_at.type), back)
        for back in range(DAYS)
    )
).label("back")
_any_new = (_poll.new_records > 0).label("any_new")
_POLLS_OF_DAYS = (
    select(_poll.source, _back, _poll.state, _any_new)
    .where(
        _poll.started_at >= bindparam(f"day_{DAYS - 1}", type_=_poll.started_at.type),
        _poll.kind == PollKind.POLL,
    )
    .distinct()
)


def _day(state: PollState, new: bool) -> Day:  # noqa: FBT001 - as the statement gives it
    if state is PollState.COMPLETE:
        return Day.NEW if new else Day.ANSWERED
    return Day.FAILED if state is PollState.FAILED else Day.NONE


def _best(days: Iterable[Day]) -> Day:
    found = set(days)
    return next((day for day in Day if day in found), Day.NONE)


_FIRST_ANSWERS = select(
    _source.name,
    select(_poll.finished_at)
    .where(
        polls_in_time.of(_source.name),
        _poll.state == PollState.COMPLETE,
        _poll.kind == PollKind.POLL,
        _poll.finished_at.is_not(None),
    )
    .order_by(*polls_in_time.FIRST)
    .limit(1)
    .correlate(SourceRow.__table__)
    .scalar_subquery(),
)


def _first_answers(session: Session) -> dict[str, datetime]:
    """Tell when each source first answered in full: its polls follow one another."""
    answers = ask(session, _FIRST_ANSWERS)
    return {source: finished_at for source, finished_at in answers if finished_at is not None}
