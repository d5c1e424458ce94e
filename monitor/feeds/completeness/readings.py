"""How far each standing query has been read, and what it came to last. Reads only.

Three statements, however many queries, polls and days there are.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

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
from monitor.kernel.persistence.columnar import all_of, ask, columns_of, rows

FULL = (AskedState.COMPLETE, AskedState.UNCHANGED)
Key = tuple[str, str]
_source, _attempt, _put = columns_of(SourceRow), columns_of(Poll), columns_of(PollQuery)
_compared, _mark = columns_of(Comparison), columns_of(WatermarkRow)


class Reach(NamedTuple):
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


class Polled(NamedTuple):
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
    by_query = {(row.source, row.key): row for row in ask(session, _reach(questions, day))}
    reached = by_query.values()
    queries = _by_id(
        session, {row.after_id for row in reached} | {row.newest_id for row in reached}
    )
    compared = _comparisons(session, {row.comparison_id for row in reached})
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
    in_full = _attempt.state == PollState.COMPLETE
    times = ask(
        session,
        select(
            _source.name,
            _poll(polls_in_time.of(_source.name, before=day.start), last=True).label("before"),
            _poll(polls_in_time.of(_source.name), in_full).label("first"),
            _poll(polls_in_time.of(_source.name), in_full, last=True).label("last"),
            _poll(polls_in_time.of(_source.name, since=day.end), in_full).label("after"),
        ),
    )
    return {row.name: Polled(row.before, row.first, row.last, row.after) for row in times}


def _reach(questions: Sequence[StandingQuery], day: UkDay) -> Select[Any]:
    asked = (
        values(column("source", String), column("key", String), column("text", String))
        .data(
            [(question.source, question.query.key, question.query.text) for question in questions]
        )
        .cte("standing")
    )
    full = and_(_put.state.in_(FULL), _put.asked == asked.c.text)
    compared = (
        select(_compared.id)
        .where(_compared.source == asked.c.source, _compared.query_key == asked.c.key)
        .order_by(_compared.at.desc(), _compared.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    mark = and_(_mark.source == asked.c.source, _mark.query_key == asked.c.key)
    return select(
        asked.c.source,
        asked.c.key,
        _mark.position,
        _mark.query_hash,
        _query(asked, _put.at, full).label("first_at"),
        _query(asked, _put.at, full, last=True).label("last_at"),
        _query(asked, _put.id, and_(full, _put.at >= day.end)).label("after_id"),
        _query(asked, _put.id, last=True).label("newest_id"),
        compared.label("comparison_id"),
    ).select_from(asked.outerjoin(WatermarkRow.__table__, mark))


def _query(
    asked: CTE,
    wanted: InstrumentedAttribute[Any],
    *conditions: ColumnElement[bool],
    last: bool = False,
) -> ScalarSelect[Any]:
    """Find the first, or last, time that a query was put in a poll."""
    order = (_put.at.desc(), _put.id.desc()) if last else (_put.at, _put.id)
    return (
        select(wanted)
        .join(Poll.__table__, _attempt.id == _put.poll_id)
        .where(
            _put.query_key == asked.c.key,
            _attempt.source == asked.c.source,
            _attempt.kind == PollKind.POLL,
            *conditions,
        )
        .order_by(*order)
        .limit(1)
        .scalar_subquery()
    )


def _poll(*conditions: ColumnElement[bool], last: bool = False) -> ScalarSelect[datetime]:
    return (
        select(_attempt.started_at)
        .where(*conditions, _attempt.kind == PollKind.POLL)
        .order_by(*(polls_in_time.LAST if last else polls_in_time.FIRST))
        .limit(1)
        .scalar_subquery()
    )


def _by_id(session: Session, ids: set[int | None]) -> dict[int, PollQuery]:
    found = rows(session, all_of(PollQuery).where(_put.id.in_(ids - {None})))
    return {row.id: row for row in found}


def _comparisons(session: Session, ids: set[int | None]) -> dict[int, Comparison]:
    found = rows(session, all_of(Comparison).where(_compared.id.in_(ids - {None})))
    return {row.id: row for row in found}


def _position(written: str | None, query_hash: str | None, question: StandingQuery) -> date | None:
    """Read a watermark's date; whatever else it says proves nothing."""
    if written is None or query_hash != question.query.hash:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None
