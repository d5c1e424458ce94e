"""What has been handed in on a study in its present round, and what it came to. Changes nothing."""

from collections.abc import Iterable
from dataclasses import fields

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from monitor.review.appraisal import rounds
from monitor.review.reading.model import Reading, from_json
from monitor.review.reading.summary import of_judgement
from monitor.review.rules import Judgement
from monitor.review.tables import Appraisal, Consensus

PAIR = 2  # people appraise; where they differ, somebody settles
# Asked several times for each page and each step of a form: made once.
_HANDED_IN = (
    select(Appraisal)
    .where(Appraisal.study_id == bindparam("study_id"), Appraisal.round == bindparam("number"))
    .order_by(Appraisal.id)
)
_SETTLED = (
    select(Consensus)
    .where(
        Consensus.study_id == bindparam("study_id"),
        Consensus.round == bindparam("number"),
        Consensus.voided_at.is_(None),
    )
    .order_by(Consensus.id.desc())
)
_ANSWERS = tuple(field.name for field in fields(Judgement))


def all_of(session: Session, study_id: int, number: int | None = None) -> list[Appraisal]:
    """List the appraisals of one round (the present one), every edition, as they were given."""
    number = number or rounds.current(session, study_id)
    return list(session.scalars(_HANDED_IN, {"study_id": study_id, "number": number}))


def pair(session: Session, study_id: int, number: int | None = None) -> list[Appraisal]:
    """Give the appraisals that are set side by side: the newest of each of the two, first one first."""
    return newest_of(all_of(session, study_id, number))


def newest_of(appraisals: Iterable[Appraisal]) -> list[Appraisal]:
    """Give the newest of each of the two out of all appraisals of a round, first one first."""
    newest: dict[int, Appraisal] = {}
    for appraisal in appraisals:
        if not appraisal.settles:
            newest[appraisal.reviewer_id] = appraisal
    return list(newest.values())


def consensus(session: Session, study_id: int, number: int | None = None) -> Consensus | None:
    """Give what a round came to; None: nothing yet, or an appraisal was changed since."""
    number = number or rounds.current(session, study_id)
    return session.scalars(_SETTLED, {"study_id": study_id, "number": number}).first()


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
