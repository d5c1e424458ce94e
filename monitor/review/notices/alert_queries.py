"""Alerts as pages show them. Changes nothing."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.feeds.records import Identifier
from monitor.literature.papers import queries as literature
from monitor.literature.tables import Paper, Study
from monitor.review import locking
from monitor.review.alerts import opening
from monitor.review.alerts.rules import Concern, answers, concern
from monitor.review.notices import retracting
from monitor.review.notices.retracting import waits
from monitor.review.notices.waiting import count_open
from monitor.review.queue.screening import set_aside_at, set_aside_times
from monitor.review.tables import StudyAlert
from monitor.review.words import Stage

__all__ = [
    "AlertView",
    "SaidView",
    "alert",
    "closed",
    "count_open",
    "open_alerts",
    "set_aside_at",
    "set_aside_times",
    "waits",
]

_Line = Row[StudyAlert, str, str]


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert in a list; ``closed_by`` is a person's name, or the service in words."""

    id: int
    concern: Concern
    study_id: int
    label: str
    stage: Stage
    paper_id: int
    title: str
    notice: Identifier | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class SaidView:
    """One thing that is said of the paper now, and whether the alert at hand is about it.

    ``notice_id``, ``title`` and ``published`` are of the notice where it is held here.
    """

    concern: Concern
    sources: tuple[str, ...]
    names: tuple[Identifier, ...]
    notice_id: int | None
    title: str | None
    published: date | None
    asked: bool


def open_alerts(
    session: Session,
    *,
    study_id: int | None = None,
    paper_id: int | None = None,
    limit: int = 200,
) -> list[AlertView]:
    """List the alerts that wait, the longest waiting first: all, a study's or a paper's."""
    waiting = _lines().where(StudyAlert.closed_at.is_(None))
    if study_id is not None:
        waiting = waiting.where(StudyAlert.study_id == study_id)
    if paper_id is not None:
        waiting = waiting.where(StudyAlert.paper_id == paper_id)
    return _views(session, waiting.order_by(StudyAlert.id).limit(limit))


def closed(session: Session, *, limit: int = 20) -> list[AlertView]:
    """List the alerts settled last, the newest first."""
    done = _lines().where(StudyAlert.closed_at.is_not(None))
    return _views(session, done.order_by(StudyAlert.closed_at.desc()).limit(limit))


def alert(session: Session, alert_id: int) -> tuple[AlertView, list[SaidView]]:
    """Show an alert, with all that is said of its paper now.

    Raises:
        NotFound: there is no such alert.
    """
    row = retracting.require(session, alert_id)
    (view,) = _views(session, _lines().where(StudyAlert.id == alert_id))
    return view, _said(session, row)


def _said(session: Session, row: StudyAlert) -> list[SaidView]:
    named = (row.kind, row.scheme, row.value)
    views = []
    for word in opening.words_on(session, row.paper_id):
        notice = literature.paper(session, word.notice_id) if word.notice_id else None
        views.append(
            SaidView(
                concern=concern(word.kind),
                sources=tuple(retracting.who_says(session, row.paper_id, word)),
                names=tuple(name for name in word.names if name.scheme != "paper"),
                notice_id=word.notice_id,
                title=notice.title if notice else None,
                published=notice.published if notice else None,
                asked=answers(named, word, is_open=row.closed_at is None),
            )
        )
    return views


def _lines() -> Select[StudyAlert, str, str]:
    return (
        select(StudyAlert, Study.label, Paper.title)
        .join(Study, Study.id == StudyAlert.study_id)
        .join(Paper, Paper.id == StudyAlert.paper_id)
    )


def _views(session: Session, query: Select[StudyAlert, str, str]) -> list[AlertView]:
    rows = session.execute(query).all()
    if not rows:
        return []
    names = {actors.of_user(i): name for i, name in session.execute(select(User.id, User.name))}
    stages = {study: locking.standing_of(session, study) for study in {r[0].study_id for r in rows}}
    return [_view(row, stages[row[0].study_id], names) for row in rows]


def _view(row: _Line, stage: Stage, names: dict[str, str]) -> AlertView:
    alert, label, title = row
    known = alert.scheme and alert.scheme != "paper"
    return AlertView(
        id=alert.id,
        concern=concern(alert.kind),
        study_id=alert.study_id,
        label=label,
        stage=stage,
        paper_id=alert.paper_id,
        title=title,
        notice=Identifier(alert.scheme, alert.value) if known else None,
        opened_at=alert.opened_at,
        closed_at=alert.closed_at,
        closed_by=names.get(alert.closed_by or "", "the service") if alert.closed_by else None,
        outcome=alert.outcome,
    )
