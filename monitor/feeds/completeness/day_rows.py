"""The rows of one day: attempts, queries, comparisons, incidents, records. Reads only.

One statement each, whatever a day holds; none of what comes of attempts where there was none. An
attempt belongs to the day on which it began.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from monitor.feeds.asking_tables import (
    Comparison,
    Incident,
    Poll,
    PollQuery,
    Record,
    SetAside,
    SourceRow,
)
from monitor.kernel.audit import AuditEntry
from monitor.kernel.language.uk import UkDay
from monitor.kernel.persistence.columnar import all_of, ask, columns_of, rows

MOST_RECORDS = 200  # listed a day; the attempts count all
_ON, _OFF = "source.enabled", "source.disabled"
_SUBJECT = "source:"
T = TypeVar("T")
_poll, _put, _compared = columns_of(Poll), columns_of(PollQuery), columns_of(Comparison)
_incident, _record, _set_aside = columns_of(Incident), columns_of(Record), columns_of(SetAside)
_source, _entry = columns_of(SourceRow), columns_of(AuditEntry)


class Came(NamedTuple):
    """One record never seen before."""

    source: str
    id: int
    key: str
    title: str
    at: datetime


class Unread(NamedTuple):
    """One record set aside; ``is_read_now``: a later answer, or reader, could read it."""

    source: str
    key: str
    reason: str
    at: datetime
    is_read_now: bool


@dataclass(slots=True)
class Switched:
    """When one source was switched on and off, as the ledger has it, the oldest first."""

    turns: list[tuple[datetime, bool]] = field(default_factory=list)

    @property
    def began(self) -> datetime | None:
        """When it was first there, switched on or not."""
        return self.turns[0][0] if self.turns else None

    def was_on(self, day: UkDay) -> bool:
        """Tell whether it was on at any time of the day."""
        before = [on for at, on in self.turns if at < day.start]
        return before[-1:] == [True] or any(on for at, on in self.turns if day.holds(at))


class DayAttempt(NamedTuple):
    """One attempt and its queries, in the order they were put."""

    poll: Poll
    queries: tuple[PollQuery, ...]


class DayRows(NamedTuple):
    """Everything of one day, by source."""

    attempts: dict[str, list[DayAttempt]]
    comparisons: dict[str, list[Comparison]]
    incidents: dict[str, list[Incident]]
    came: dict[str, list[Came]]
    unread: dict[str, list[Unread]]


def load(session: Session, day: UkDay) -> DayRows:
    """Load one day."""
    polls = rows(session, all_of(Poll).where(_began_on(day)).order_by(_poll.started_at, _poll.id))
    return DayRows(
        attempts=_attempts(session, polls, day),
        comparisons=_grouped(_comparisons(session, polls, day)),
        incidents=_grouped(_incidents(session, day)),
        came=_grouped(_came(session, polls, day)),
        unread=_grouped(_unread(session, day)),
    )


def switched(session: Session) -> dict[str, Switched]:
    """Read from the ledger when each source was there, on and off."""
    sources: defaultdict[str, Switched] = defaultdict(Switched)
    turns = ask(
        session,
        select(_entry.subject, _entry.at, _entry.action)
        # by its subject, of which there is an index: the ledger grows with all that anybody does
        .where(
            _entry.subject.in_(select(_SUBJECT + _source.name)),
            _entry.action.in_((_ON, _OFF)),
        )
        .order_by(_entry.seq),
    )
    for subject, at, action in turns:
        sources[subject.removeprefix(_SUBJECT)].turns.append((at, action == _ON))
    return sources


def _attempts(session: Session, polls: Sequence[Poll], day: UkDay) -> dict[str, list[DayAttempt]]:
    if not polls:
        return {}
    asked = rows(
        session,
        all_of(PollQuery)
        .join(Poll.__table__, _poll.id == _put.poll_id)
        .where(_of_attempts(_put.poll_id, polls, day))
        .order_by(_put.at, _put.id),
    )
    queries: defaultdict[int, list[PollQuery]] = defaultdict(list)
    for row in asked:
        queries[row.poll_id].append(row)
    attempts: defaultdict[str, list[DayAttempt]] = defaultdict(list)
    for poll in polls:
        attempts[poll.source].append(DayAttempt(poll, tuple(queries[poll.id])))
    return attempts


def _comparisons(session: Session, polls: Sequence[Poll], day: UkDay) -> Sequence[Comparison]:
    if not polls:
        return []
    return rows(
        session,
        all_of(Comparison)
        .join(Poll.__table__, _poll.id == _compared.poll_id)
        .where(_of_attempts(_compared.poll_id, polls, day))
        .order_by(_compared.at, _compared.id),
    )


def _incidents(session: Session, day: UkDay) -> Sequence[Incident]:
    return rows(
        session,
        all_of(Incident)
        .where(
            _incident.opened_at < day.end,
            or_(_incident.closed_at.is_(None), _incident.closed_at >= day.start),
        )
        .order_by(_incident.opened_at, _incident.id),
    )


def _came(session: Session, polls: Sequence[Poll], day: UkDay) -> list[Came]:
    if not polls:
        return []
    earlier = Record.__table__.alias().c
    known = (
        select(earlier.id)
        .where(
            earlier.source == _record.source, earlier.key == _record.key, earlier.id < _record.id
        )
        .exists()
    )
    came = ask(
        session,
        select(
            _record.source,
            _record.id,
            _record.key,
            _record.citation["title"].as_string(),
            _record.fetched_at,
        )
        .join(Poll.__table__, _poll.id == _record.poll_id)
        .where(_of_attempts(_record.poll_id, polls, day), ~known)
        # by no index: SQLite would rather walk all records in their order until it has enough of the day's
        .order_by(_record.id + 0)
        .limit(MOST_RECORDS),
    )
    return [Came(source, number, key, title or "", at) for source, number, key, title, at in came]


def _unread(session: Session, day: UkDay) -> list[Unread]:
    read = (
        select(_record.id)
        .where(
            _record.source == _set_aside.source,
            _record.key == _set_aside.key,
            _record.fetched_at >= _set_aside.at,
        )
        .exists()
    )
    unread = ask(
        session,
        select(_set_aside.source, _set_aside.key, _set_aside.reason, _set_aside.at, read)
        .where(_set_aside.at >= day.start, _set_aside.at < day.end)
        .order_by(_set_aside.at, _set_aside.id),
    )
    return [Unread(*row) for row in unread]


def _of_attempts(
    poll_id: InstrumentedAttribute[int], polls: Sequence[Poll], day: UkDay
) -> ColumnElement[bool]:
    """Tell what came of the attempts of a day.

    Between their numbers: that a day holds few of all rows SQLite does not see from the day alone,
    and reads every record from end to end.
    """
    numbers = [poll.id for poll in polls]
    return and_(poll_id.between(min(numbers), max(numbers)), _began_on(day))


def _began_on(day: UkDay) -> ColumnElement[bool]:
    return and_(_poll.started_at >= day.start, _poll.started_at < day.end)


def _grouped(some: Iterable[T]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for row in some:
        found[row.source].append(row)  # type: ignore[attr-defined]  # every row here names its source
    return found
