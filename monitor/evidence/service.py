"""Grade an intervention and keep the ledger of grades. Appends; never edits, never commits."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import queries
from monitor.evidence.rules import Grade, StudyFacts, grade
from monitor.evidence.tables import GradeRow
from monitor.evidence.words import Cause
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.literature.tables import Paper, Study, StudyPaper
from monitor.literature.words import WITHOUT_RESULTS
from monitor.review import queries as review_queries
from monitor.review.rules import Judgement

__all__ = ["Grade", "StudyFacts", "preview", "regrade", "study_facts"]


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
    studies = [one for one in _accepted(session, slug) if one.study_id not in gone]
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


def study_facts(session: Session, study_id: int, judgement: Judgement) -> StudyFacts:
    """Give what the rule would know of a study if this judgement were agreed.

    Raises:
        NotFound: no such study.
    """
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound(f"there is no study {study_id}")
    published, year = _first_results(session, [study_id])[study_id]
    return StudyFacts(
        study_id=study_id,
        label=study.label,
        design=judgement.design,
        risk_of_bias=judgement.risk_of_bias,
        outcome_class=judgement.outcome_class,
        direction=judgement.direction,
        published=published,
        year=year,
    )


def _grade(catalogue: Catalogue, slug: str, studies: list[StudyFacts]) -> Grade:
    baseline = catalogue.intervention(slug).baseline
    return grade(catalogue.grading, baseline, catalogue.review.closed, studies)


def _accepted(session: Session, slug: str) -> list[StudyFacts]:
    accepted = review_queries.accepted(session, slug)
    dates = _first_results(session, [study.study_id for study in accepted])
    return [
        StudyFacts(
            study_id=study.study_id,
            label=study.label,
            design=study.design,
            risk_of_bias=study.risk_of_bias,
            outcome_class=study.outcome_class,
            direction=study.direction,
            published=dates[study.study_id][0],
            year=dates[study.study_id][1],
        )
        for study in accepted
    ]


def _first_results(
    session: Session, study_ids: list[int]
) -> dict[int, tuple[date | None, int | None]]:
    """Find the date and year of each study's first report of results.

    Stricter than the date a page shows: a report without one counts as the first, since nothing
    shows that it came after the review closed.
    """
    found: dict[int, tuple[date | None, int | None]] = {}
    rows = session.execute(
        select(StudyPaper.study_id, StudyPaper.role, Paper.published, Paper.year)
        .join(Paper, Paper.id == StudyPaper.paper_id)
        .where(StudyPaper.study_id.in_(study_ids))
    )
    for study_id, role, published, year in rows:
        known = (published, year)
        if role not in WITHOUT_RESULTS and (
            study_id not in found or _earliest(known) < _earliest(found[study_id])
        ):
            found[study_id] = known
    return {study_id: found.get(study_id, (None, None)) for study_id in study_ids}


def _earliest(known: tuple[date | None, int | None]) -> date:
    published, year = known
    return published or (date(year, 1, 1) if year else date.min)


def _columns(graded: Grade) -> dict[str, Any]:
    return {
        "tier": graded.tier,
        "tier_low": graded.low,
        "tier_high": graded.high,
        "direction": graded.direction,
        "facts": {name: [one.lo, one.hi] for name, one in graded.facts.items()},
        "counted": list(graded.counted),
        "reasons": list(graded.reasons),
    }
