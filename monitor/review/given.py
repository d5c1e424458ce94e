"""What has been handed in on a study in its present round, and what it came to. Changes nothing."""

from dataclasses import fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.review import rounds
from monitor.review.reading.model import Reading, from_json
from monitor.review.reading.summary import of_judgement
from monitor.review.rules import Judgement
from monitor.review.tables import Appraisal, Consensus

PAIR = 2  # people appraise; where they differ, somebody settles
_ANSWERS = tuple(field.name for field in fields(Judgement))


def all_of(session: Session, study_id: int, number: int | None = None) -> list[Appraisal]:
    """List the appraisals of one round (the present one), every edition, as they were given."""
    number = number or rounds.current(session, study_id)
    handed_in = select(Appraisal).where(Appraisal.study_id == study_id, Appraisal.round == number)
    return list(session.scalars(handed_in.order_by(Appraisal.id)))


def pair(session: Session, study_id: int, number: int | None = None) -> list[Appraisal]:
    """Give the appraisals that are set side by side: the newest of each of the two, first one first."""
    newest: dict[int, Appraisal] = {}
    for appraisal in all_of(session, study_id, number):
        if not appraisal.settles:
            newest[appraisal.reviewer_id] = appraisal
    return list(newest.values())


def consensus(session: Session, study_id: int, number: int | None = None) -> Consensus | None:
    """Give what a round came to; None: nothing yet, or an appraisal was changed since."""
    number = number or rounds.current(session, study_id)
    settled = select(Consensus).where(
        Consensus.study_id == study_id,
        Consensus.round == number,
        Consensus.voided_at.is_(None),
    )
    return session.scalars(settled.order_by(Consensus.id.desc())).first()


def is_open(session: Session, study_id: int) -> bool:
    """Tell whether two have appraised and nothing is settled between them."""
    return len(pair(session, study_id)) == PAIR and consensus(session, study_id) is None


def judgement_of(appraisal: Appraisal) -> Judgement:
    """Read the few words that grading rests on out of their row."""
    row = {name: getattr(appraisal, name) for name in _ANSWERS}
    return Judgement(**{**row, "interventions": tuple(appraisal.interventions)})


def reading_of(appraisal: Appraisal) -> Reading:
    """Read the whole reading; one of before readings is read off its judgement."""
    if appraisal.reading is None:
        return of_judgement(judgement_of(appraisal))
    return from_json(appraisal.reading)
