"""What a step would do to tiers and gaps, told before it is taken. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import service as evidence
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.table import ReviewTable
from monitor.gap import queries, service
from monitor.gap.rules import State
from monitor.review import service as review
from monitor.review.reading import summary
from monitor.review.reading.model import Reading
from monitor.review.rules import Judgement


@dataclass(frozen=True, slots=True)
class Preview:
    """What accepting, or withdrawing, a study would do to one intervention."""

    slug: str
    name: str
    before: State
    after: State


def preview(
    session: Session,
    catalogue: Catalogue,
    *,
    study_id: int,
    judgement: Judgement,
    reading: Reading,
) -> list[Preview]:
    """Tell what deciding the study by this judgement would do. Changes nothing.

    Where it counts by an earlier decision, interventions that it no longer concerns are told too.
    """
    counted = review.counted_for(session, study_id)
    named = judgement.interventions if judgement.count_it else ()
    study = evidence.weighed(session, catalogue, study_id, judgement, reading) if named else None
    gone = [slug for slug in counted if slug not in named]
    grades = {slug: evidence.preview(session, catalogue, slug, adding=study) for slug in named} | {
        slug: evidence.preview(session, catalogue, slug, without=study_id) for slug in gone
    }
    return [_preview(session, catalogue, slug, grade) for slug, grade in grades.items()]


def preview_counting(session: Session, catalogue: Catalogue, study_id: int) -> list[Preview]:
    """Tell what deciding a study by what its appraisals came to would do. Changes nothing."""
    reading = review.consensus_reading(session, study_id)
    if reading is None:
        return []
    direction = evidence.told_direction(reading, catalogue.synthesis)
    return preview(
        session,
        catalogue,
        study_id=study_id,
        judgement=summary.judgement(reading, catalogue.tool_by_reference, direction),
        reading=reading,
    )


def preview_withdrawal(session: Session, catalogue: Catalogue, *, study_id: int) -> list[Preview]:
    """Tell what withdrawing an accepted study would do. Changes nothing."""
    decision = review.accepting_decision(session, study_id)
    return [
        _preview(
            session, catalogue, slug, evidence.preview(session, catalogue, slug, without=study_id)
        )
        for slug in decision.interventions
    ]


def preview_counting_again(
    session: Session, catalogue: Catalogue, *, study_id: int
) -> list[Preview]:
    """Tell what counting a withdrawn study again would do. Changes nothing."""
    judgement, reading = review.withdrawn(session, study_id)
    return preview(session, catalogue, study_id=study_id, judgement=judgement, reading=reading)


def preview_baseline(
    session: Session, catalogue: Catalogue, table: ReviewTable | None, *, at: datetime
) -> list[Preview]:
    """Tell what bringing in the review's own table would do to each of the ten; None: withdrawing it."""
    standing = baselines.as_if(session, table, at)
    return [
        _preview(
            session, catalogue, slug, evidence.preview(session, catalogue, slug, baseline=standing)
        )
        for slug in catalogue.slugs
    ]


def _preview(session: Session, catalogue: Catalogue, slug: str, grade: evidence.Grade) -> Preview:
    return Preview(
        slug=slug,
        name=catalogue.intervention(slug).name,
        before=queries.state(session, slug),
        after=service.preview(session, catalogue, slug, grade),
    )
