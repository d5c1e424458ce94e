"""Grade an intervention and keep the ledger of grades. Appends; never edits, never commits."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import InReview
from monitor.evidence import queries
from monitor.evidence.facts import is_later
from monitor.evidence.of_readings import told_direction
from monitor.evidence.rules import Grade, StudyFacts, grade
from monitor.evidence.tables import GradeRow
from monitor.evidence.words import Cause
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.literature.tables import Study
from monitor.review import queries as review_queries
from monitor.review.rules import Judgement, as_facts, direction_of

__all__ = [
    "Grade",
    "StudyFacts",
    "may_be_in_review",
    "preview",
    "regrade",
    "study_facts",
    "told_direction",
]


def preview(
    session: Session,
    catalogue: Catalogue,
    slug: str,
    *,
    adding: StudyFacts | None = None,
    without: int | None = None,
) -> Grade:
    """Grade as if one study were accepted (or judged anew), or one withdrawn. Changes nothing.

    Raises:
        NotFound: no such intervention.
    """
    gone = {without, adding.study_id if adding else None}
    studies = [study for study in _accepted(session, slug) if study.study_id not in gone]
    return _grade(catalogue, slug, [*studies, adding] if adding else studies)


def regrade(
    session: Session, catalogue: Catalogue, slug: str, *, cause: Cause, at: datetime
) -> GradeRow:
    """Grade from the accepted studies; append a row only when something differs.

    Gives the newest row, new or not.

    Raises:
        NotFound: no such intervention.
    """
    columns = _columns(_grade(catalogue, slug, _accepted(session, slug)))
    columns["policy"] = catalogue.grading.version
    newest = queries.current(session, slug)
    if newest and all(getattr(newest, name) == value for name, value in columns.items()):
        return newest
    row = GradeRow(
        slug=slug, cause_kind=cause.kind, cause_id=cause.id, cause=cause.words, at=at, **columns
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        at=at,
        actor="job:grading",
        action="grade.recorded",
        subject=f"intervention:{slug}",
        grade=row.id,
        tier=row.tier.value,
        direction=row.direction.value,
        cause_kind=cause.kind,
        cause_id=cause.id,
    )
    return row


def may_be_in_review(
    session: Session, catalogue: Catalogue, study_id: int, said: InReview | None = None
) -> bool:
    """Tell whether a study may be among the review's own: as people say, or by its first results.

    ``said``: what is said of it by appraisals that are not decided yet.
    """
    said = said or review_queries.said_in_review(session, study_id)
    if said is not None:
        return said is not InReview.NO
    year, published = review_queries.first_results(session, [study_id])[study_id]
    return not is_later(published, year, catalogue.review.closed)


def study_facts(
    session: Session, study_id: int, judgement: Judgement, in_review: InReview | None = None
) -> StudyFacts:
    """Give what the rule would know of a study if this judgement were agreed.

    Raises:
        NotFound: no such study.
    """
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound(f"there is no study {study_id}")
    year, published = review_queries.first_results(session, [study_id])[study_id]
    return StudyFacts(
        study_id=study_id,
        label=study.label,
        design=judgement.design,
        risk_of_bias=judgement.risk_of_bias,
        outcome_class=judgement.outcome_class,
        direction=direction_of(as_facts(judgement)),
        published=published,
        year=year,
        in_review=in_review,
    )


def _grade(catalogue: Catalogue, slug: str, studies: list[StudyFacts]) -> Grade:
    baseline = catalogue.intervention(slug).baseline
    return grade(catalogue.grading, baseline, catalogue.review.closed, studies)


def _accepted(session: Session, slug: str) -> list[StudyFacts]:
    return [
        StudyFacts(
            study_id=study.study_id,
            label=study.label,
            design=study.design,
            risk_of_bias=study.risk_of_bias,
            outcome_class=study.outcome_class,
            direction=study.direction,
            published=study.published,
            year=study.year,
            in_review=study.in_review,
        )
        for study in review_queries.accepted(session, slug)
    ]


def _columns(graded: Grade) -> dict[str, Any]:
    return {
        "tier": graded.tier,
        "tier_low": graded.low,
        "tier_high": graded.high,
        "direction": graded.direction,
        "facts": {name: [interval.lo, interval.hi] for name, interval in graded.facts.items()},
        "counted": list(graded.counted),
        "reasons": list(graded.reasons),
    }
