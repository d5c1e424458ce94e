"""A study as reviewers see it, and the studies that wait for one. Changes nothing.

Never shows one reviewer's appraisal to another who has not given theirs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.literature.tables import Paper, Study, StudyPaper
from monitor.review import locking, rules
from monitor.review.appraising import appraisals as given_appraisals
from monitor.review.appraising import judgement_of, require_study
from monitor.review.rules import Judgement
from monitor.review.tables import Appraisal, Decision, QueueItem, Screening
from monitor.review.words import DecisionVerdict, ScreeningVerdict, Stage

_WAITING = (Stage.TO_APPRAISE, Stage.DISAGREEMENT)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A paper that reports a study, and how."""

    paper_id: int
    title: str
    year: int | None
    role: str


@dataclass(frozen=True, slots=True)
class AppraisalView:
    """One reviewer's appraisal."""

    id: int
    reviewer_id: int
    reviewer: str
    settles: bool
    judgement: Judgement
    at: datetime


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision; ``facts`` as ``review.rules.agreed`` gives them, with who said what."""

    id: int
    verdict: DecisionVerdict
    reason: str
    interventions: tuple[str, ...]
    facts: dict[str, Any]
    decided_by: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study for one reader.

    ``given`` counts the appraisals, ``appraisals`` holds those this reader may see.
    ``differences`` names the answers in which the first two differ, once both may be seen.
    ``interventions`` are those its papers were screened for. ``decisions``: newest last.
    """

    study_id: int
    label: str
    stage: Stage
    papers: tuple[ReportView, ...]
    interventions: tuple[str, ...]
    given: int
    appraisals: tuple[AppraisalView, ...]
    differences: tuple[str, ...]
    decisions: tuple[DecisionView, ...]
    can_appraise: bool


@dataclass(frozen=True, slots=True)
class StudyToAppraise:
    """A study that waits for one reviewer. ``given`` 0, 1: first, second; 2: to settle."""

    study_id: int
    label: str
    stage: Stage
    title: str
    interventions: tuple[str, ...]
    given: int
    waiting_since: datetime


def study(session: Session, study_id: int, viewer_id: int | None = None) -> StudyView:
    """Give a study as one reader may see it; without ``viewer_id``, as a stranger may.

    Raises:
        NotFound: there is no such study.
    """
    row = require_study(session, study_id)
    given = given_appraisals(session, study_id)
    visible = [a for a in given if rules.may_see(len(given), own=a.reviewer_id == viewer_id)]
    stage = locking.stage_of(session, study_id)
    named, reports = _names(session), _reports(session, study_id)
    return StudyView(
        study_id=study_id,
        label=row.label,
        stage=stage,
        papers=reports,
        interventions=_screened_for(session, [study_id]).get(study_id, ()),
        given=len(given),
        appraisals=tuple(_appraisal(a, named) for a in visible),
        differences=_differences(visible),
        decisions=_decisions(session, study_id, named),
        can_appraise=stage in _WAITING
        and bool(reports)
        and viewer_id not in {a.reviewer_id for a in given},
    )


def screened_for(session: Session, study_id: int) -> tuple[str, ...]:
    """Give the interventions that the including reviewers said a study concerns."""
    return _screened_for(session, [study_id]).get(study_id, ())


def waiting_for(session: Session, user_id: int, study_ids: Collection[int]) -> set[int]:
    """Tell which of some studies wait for this reviewer; see ``to_appraise``."""
    own = select(Appraisal.id).where(
        Appraisal.study_id == StudyPaper.study_id, Appraisal.reviewer_id == user_id
    )
    waiting = (
        select(StudyPaper.study_id)
        .join(QueueItem, QueueItem.paper_id == StudyPaper.paper_id)
        .where(StudyPaper.study_id.in_(study_ids), QueueItem.stage.in_(_WAITING), ~own.exists())
    )
    return set(session.scalars(waiting)) if study_ids else set()


def to_appraise(session: Session, user_id: int) -> list[StudyToAppraise]:
    """List the studies that wait for this reviewer, longest waiting first.

    Those they have appraised are left out: they wait for somebody else.
    """
    own = select(Appraisal.study_id).where(Appraisal.reviewer_id == user_id)
    since = func.min(QueueItem.moved_at).label("since")
    rows = session.execute(
        select(Study.id, Study.label, func.min(QueueItem.stage).label("stage"), since)
        .join(StudyPaper, StudyPaper.study_id == Study.id)
        .join(QueueItem, QueueItem.paper_id == StudyPaper.paper_id)
        .where(QueueItem.stage.in_(_WAITING), Study.id.not_in(own))
        .group_by(Study.id, Study.label)
        .order_by(since, Study.id)
    ).all()
    ids = [row.id for row in rows]
    given, titles, slugs = _given(session, ids), _titles(session, ids), _screened_for(session, ids)
    return [
        StudyToAppraise(
            study_id=row.id,
            label=row.label,
            stage=Stage(row.stage),
            title=titles[row.id],
            interventions=slugs.get(row.id, ()),
            given=given.get(row.id, 0),
            waiting_since=row.since,
        )
        for row in rows
    ]


def _reports(session: Session, study_id: int) -> tuple[ReportView, ...]:
    rows = session.execute(
        select(Paper.id, Paper.title, Paper.year, StudyPaper.role)
        .join(StudyPaper, StudyPaper.paper_id == Paper.id)
        .where(StudyPaper.study_id == study_id)
        .order_by(StudyPaper.linked_at, Paper.id)
    )
    return tuple(ReportView(row.id, row.title, row.year, row.role) for row in rows)


def _differences(visible: list[Appraisal]) -> tuple[str, ...]:
    if len(visible) < 2:  # noqa: PLR2004 - two are compared
        return ()
    return rules.differences(judgement_of(visible[0]), judgement_of(visible[1]))


def _appraisal(appraisal: Appraisal, named: dict[int, str]) -> AppraisalView:
    return AppraisalView(
        id=appraisal.id,
        reviewer_id=appraisal.reviewer_id,
        reviewer=named[appraisal.reviewer_id],
        settles=appraisal.settles,
        judgement=judgement_of(appraisal),
        at=appraisal.at,
    )


def _decisions(session: Session, study_id: int, named: dict[int, str]) -> tuple[DecisionView, ...]:
    rows = session.scalars(
        select(Decision).where(Decision.study_id == study_id).order_by(Decision.id)
    )
    return tuple(
        DecisionView(
            id=row.id,
            verdict=row.verdict,
            reason=row.reason,
            interventions=tuple(row.interventions),
            facts=row.facts,
            decided_by=tuple(named[who] for who in row.decided_by),
            at=row.at,
        )
        for row in rows
    )


def _names(session: Session) -> dict[int, str]:
    return dict(session.execute(select(User.id, User.name)).all())


def _given(session: Session, ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Appraisal.study_id, func.count())
        .where(Appraisal.study_id.in_(ids))
        .group_by(Appraisal.study_id)
    )
    return dict(rows.all())


def _titles(session: Session, ids: list[int]) -> dict[int, str]:
    """Give the title of each study's first paper."""
    rows = session.execute(
        select(StudyPaper.study_id, Paper.title)
        .join(Paper, Paper.id == StudyPaper.paper_id)
        .where(StudyPaper.study_id.in_(ids))
        .order_by(StudyPaper.linked_at.desc(), Paper.id.desc())
    )
    return dict(rows.all())  # the first paper is read last, and stays


def _screened_for(session: Session, ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Give what the including reviewers said each study concerns."""
    rows = session.execute(
        select(StudyPaper.study_id, Screening.interventions)
        .join(Screening, Screening.paper_id == StudyPaper.paper_id)
        .where(StudyPaper.study_id.in_(ids), Screening.verdict == ScreeningVerdict.INCLUDE)
        .order_by(Screening.id)
    )
    by_study: dict[int, dict[str, None]] = {}
    for study_id, slugs in rows:
        by_study.setdefault(study_id, {}).update(dict.fromkeys(slugs))
    return {study_id: tuple(slugs) for study_id, slugs in by_study.items()}
