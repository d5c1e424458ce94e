"""What was decided on studies, row by row, as the public pages and explanations read it. Changes nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from monitor.literature.tables import Study, StudyPaper
from monitor.review.tables import Appraisal, Decision
from monitor.review.words import DecisionVerdict


def appraisals(session: Session, study_id: int, number: int = 1) -> Sequence[Appraisal]:
    """The appraisals of one round: the newest of each of the two, then what settled them."""
    of_round = session.scalars(
        select(Appraisal)
        .where(Appraisal.study_id == study_id, Appraisal.round == number)
        .order_by(Appraisal.id)
    )
    newest = {
        (appraisal.settles, None if appraisal.settles else appraisal.reviewer_id): appraisal
        for appraisal in of_round
    }
    return sorted(newest.values(), key=lambda appraisal: (appraisal.settles, appraisal.id))


def decisions(session: Session, study_id: int) -> Sequence[Decision]:
    """Every decision on a study, the newest first."""
    return session.scalars(
        select(Decision).where(Decision.study_id == study_id).order_by(Decision.id.desc())
    ).all()


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Decision]:
    """Some decisions, by id; those that there are none of are left out."""
    if not ids:
        return {}
    rows = session.scalars(select(Decision).where(Decision.id.in_(sorted(ids))))
    return {decision.id: decision for decision in rows}


def reports(session: Session, study_id: int) -> Sequence[StudyPaper]:
    """The papers of a study with their roles, the first linked first."""
    return session.scalars(
        select(StudyPaper)
        .where(StudyPaper.study_id == study_id)
        .order_by(StudyPaper.linked_at, StudyPaper.paper_id)
    ).all()


def not_counting(session: Session) -> Sequence[tuple[Decision, str]]:
    """The newest decision on each study that does not count, with its name; the newest first."""
    newest = select(func.max(Decision.id)).group_by(Decision.study_id)
    rows = session.execute(
        select(Decision, Study.label)
        .join(Study, Study.id == Decision.study_id)
        .where(Decision.id.in_(newest), Decision.verdict != DecisionVerdict.ACCEPT)
        .order_by(Decision.id.desc())
    )
    return [(decision, label) for decision, label in rows]


def study_of(session: Session, decision_id: int | None) -> int | None:
    """The study that a decision is on; None where there is no such decision."""
    decision = session.get(Decision, decision_id) if decision_id is not None else None
    return decision.study_id if decision else None


def decided_at(session: Session, slug: str) -> Sequence[datetime]:
    """When anything was decided on a study that ever concerned an intervention, the first first."""
    named = cast(Decision.interventions, String).contains(f'"{slug}"', autoescape=True)
    studies = select(Decision.study_id).where(named)
    moments = select(Decision.at).where(Decision.study_id.in_(studies)).distinct()
    return session.scalars(moments.order_by(Decision.at)).all()
