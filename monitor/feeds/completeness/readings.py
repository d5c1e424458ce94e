"""How far each standing query has been read, and what it came to last. Reads only.

Three statements, however many queries, polls and days there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    column,
    select,
    values,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from monitor.feeds import polls_in_time, rules
from monitor.feeds.asking_tables import (
    AskedState,
    Comparison,
    Poll,
    PollKind,
    PollQuery,
    PollState,
    SourceRow,
    WatermarkRow,
)
from monitor.feeds.completeness.questions import StandingQuery
from monitor.feeds.completeness.verdicts import Look
from monitor.kernel.language.uk import UkDay

FULL = (AskedState.COMPLETE, AskedState.UNCHANGED)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reach:
    """One query: its watermark, its first and last full reading, the first once a day ended.

    ``position`` is None where the watermark was reached with another text, or is no date.
    ``newest`` is the last time it was asked, however that ended; ``compared`` the last comparison.
    """

    question: StandingQuery
    position: date | None
    first: datetime | None
    last: datetime | None
    after: Look | None
    newest: PollQuery | None
    compared: Comparison | None


@dataclass(frozen=True, slots=True)
class Polled:
    """One source's polls around a day: the last before it, and whole ones of all time."""

    before: datetime | None
    first: datetime | None
    last: datetime | None
    after: datetime | None


def look(row: PollQuery) -> Look:
    """See a full reading in the row of a query."""
    return Look(
        row.at,
        unchanged=row.state is AskedState.UNCHANGED,
        all_new=rules.ALL_NEW in row.notes,
        partial=any(rules.NOT_SENT in note for note in row.notes),
    )


def reaches(session: Session, questions: Sequence[StandingQuery], day: UkDay) -> list[Reach]:
    """Tell how far each query has been read, in the order given."""
    if not questions:
        return []
    by_query = {(row.source, row.key): row for row in session.execute(_reach(questions, day))}
    rows = by_query.values()
    queries = _by_id(session, {row.after_id for row in rows} | {row.newest_id for row in rows})
    compared = _comparisons(session, {row.comparison_id for row in rows})
    return [
        Reach(
            question=question,
            position=_position(row.position, row.query_hash, question),
            first=row.first_at,
            last=row.last_at,
            after=look(queries[row.after_id]) if row.after_id else None,
            newest=queries.get(row.newest_id),
            compared=compared.get(row.comparison_id),
        )
        for question in questions
        for row in (by_query[question.source, question.query.key],)
    ]


def polled(session: Session, day: UkDay) -> dict[str, Polled]:
    """Tell when each source was polled around a day."""
    whole = Poll.state == PollState.COMPLETE
    rows = session.execute(
        select(
            SourceRow.name,
            _poll(polls_in_time.of(SourceRow.name, before=day.start), last=True).label("before"),
            _poll(polls_in_time.of(SourceRow.name), whole).label("first"),
            _poll(polls_in_time.of(SourceRow.name), whole, last=True).label("last"),
            _poll(polls_in_time.of(SourceRow.name, since=day.end), whole).label("after"),
        )
    )
    return {row.name: Polled(row.before, row.first, row.last, row.after) for row in rows}


def _reach(questions: Sequence[StandingQuery], day: UkDay) -> Select[Any]:
    asked = (
        values(column("source", String), column("key", String), column("text", String))
        .data(
            [(question.source, question.query.key, question.query.text) for question in questions]
        )
        .cte("standing")
    )
    full = and_(PollQuery.state.in_(FULL), PollQuery.asked == asked.c.text)
    compared = (
        select(Comparison.id)
        .where(Comparison.source == asked.c.source, Comparison.query_key == asked.c.key)
        .order_by(Comparison.at.desc(), Comparison.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    mark = and_(WatermarkRow.source == asked.c.source, WatermarkRow.query_key == asked.c.key)
    return select(
        asked.c.source,
        asked.c.key,
        WatermarkRow.position,
        WatermarkRow.query_hash,
        _query(asked, PollQuery.at, full).label("first_at"),
        _query(asked, PollQuery.at, full, last=True).label("last_at"),
        _query(asked, PollQuery.id, and_(full, PollQuery.at >= day.end)).label("after_id"),
        _query(asked, PollQuery.id, last=True).label("newest_id"),
        compared.label("comparison_id"),
    ).select_from(asked.outerjoin(WatermarkRow, mark))


def _query(
    asked: CTE,
    wanted: InstrumentedAttribute[Any],
    *conditions: ColumnElement[bool],
    last: bool = False,
) -> ScalarSelect[Any]:
    """Find the first, or last, time that a query was put in a poll."""
    order = (PollQuery.at.desc(), PollQuery.id.desc()) if last else (PollQuery.at, PollQuery.id)
    return (
        select(wanted)
        .join(Poll, Poll.id == PollQuery.poll_id)
        .where(
            PollQuery.query_key == asked.c.key,
            Poll.source == asked.c.source,
            Poll.kind == PollKind.POLL,
            *conditions,
        )
        .order_by(*order)
        .limit(1)
        .scalar_subquery()
    )


def _poll(*conditions: ColumnElement[bool], last: bool = False) -> ScalarSelect[datetime]:
    return (
        select(Poll.started_at)
        .where(*conditions, Poll.kind == PollKind.POLL)
        .order_by(*(polls_in_time.LAST if last else polls_in_time.FIRST))
        .limit(1)
        .scalar_subquery()
    )


def _by_id(session: Session, ids: set[int | None]) -> dict[int, PollQuery]:
    rows = session.scalars(select(PollQuery).where(PollQuery.id.in_(ids - {None})))
    return {row.id: row for row in rows}


def _comparisons(session: Session, ids: set[int | None]) -> dict[int, Comparison]:
    rows = session.scalars(select(Comparison).where(Comparison.id.in_(ids - {None})))
    return {row.id: row for row in rows}


def _position(written: str | None, query_hash: str | None, question: StandingQuery) -> date | None:
    """Read a watermark's date; whatever else it says proves nothing."""
    if written is None or query_hash != question.query.hash:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None
