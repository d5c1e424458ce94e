"""The chain of one intervention, walked backwards as text: gap, grade, rule, studies, records."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.evidence import queries as evidence
from monitor.evidence.tables import GradeRow
from monitor.gap import queries as gap
from monitor.kernel.errors import NotFound
from monitor.kernel.uk import hour, long_date
from monitor.literature.papers import queries as literature
from monitor.literature.tables import StudyPaper
from monitor.review import history
from monitor.review import queries as review
from monitor.review.accepted import AcceptedStudy
from monitor.review.words import shown

_NOT_RATED = "not rated"
_IN_WORDS = "of several of the ten, so told in words"


def explain(session: Session, catalogue: Catalogue, slug: str) -> str:
    """Tell why an intervention stands where it stands, down to the records as sent.

    Raises:
        NotFound: no such intervention, or it has not been graded yet.
    """
    intervention = catalogue.intervention(slug)
    grade = evidence.current(session, slug)
    if grade is None:
        raise NotFound(f"{slug!r} has not been graded; run `gap-monitor init` first")
    lines = [
        intervention.name,
        *_gap(session, slug),
        *_grade(grade),
        f"  Published baseline: {intervention.baseline.citation}",
        *_studies(session, slug, grade),
    ]
    return "\n".join(lines)


def _gap(session: Session, slug: str) -> Iterator[str]:
    state = gap.state(session, slug)
    yield f"Gap: {state.kind.value}. {state.sentence}"
    yield f"  Use: {state.usage_words or 'no words of the source'}; band: {state.band.value}"
    change = gap.newest(session, slug)
    if change and change.before:
        yield f"  Last change, {change.at:%Y-%m-%d}: {change.sentence}"


def _grade(grade: GradeRow) -> Iterator[str]:
    yield f"Tier: {grade.tier.value}; findings: {shown(grade.direction)}"
    yield f"  Rule: {grade.policy}, applied {grade.at:%Y-%m-%d} because: {grade.cause}"
    for name, (low, high) in grade.facts.items():
        yield f"  {name}: {low}" if low == high else f"  {name}: {low} to {high}"
    for reason in grade.reasons:
        yield f"  {reason}"


def _studies(session: Session, slug: str, grade: GradeRow) -> Iterator[str]:
    accepted = review.accepted(session, slug)
    yield f"Accepted since the review: {len(accepted)}"
    for study in accepted:
        counted = "counted" if study.study_id in grade.counted else "not counted for the tier"
        yield f"  Study {study.study_id}, {study.label} ({counted})"
        yield from _study(session, study)


def _study(session: Session, study: AcceptedStudy) -> Iterator[str]:
    yield (
        f"    Agreed: {study.design.value}, risk of bias {study.risk_of_bias or _NOT_RATED}, "
        f"{study.outcome_class.value} outcome, {shown(study.direction) if study.direction else _IN_WORDS}"
    )
    names = dict(session.execute(select(User.id, User.name)).all())
    for appraisal in history.appraisals(session, study.study_id, study.round):
        name = names[appraisal.reviewer_id]
        yield f"    {name}, {appraisal.at:%Y-%m-%d}: {appraisal.risk_reason} “{appraisal.quote}”"
    papers = select(StudyPaper.paper_id).where(StudyPaper.study_id == study.study_id)
    for paper_id in session.scalars(papers):
        yield from _paper(session, paper_id)


def _paper(session: Session, paper_id: int) -> Iterator[str]:
    paper = literature.paper(session, paper_id)
    named = ", ".join(f"{identifier.scheme} {identifier.value}" for identifier in paper.identifiers)
    yield f"    Paper {paper.id}: {paper.title} ({named or 'no identifier'})"
    for hit in paper.hits:
        yield f"      Matched {hit.slug}: “{hit.words}” in {hit.field}, by {hit.rule}"
    for record in paper.records:
        yield (
            f"      Record {record.id}: {record.source}, "
            f"fetched {long_date(record.fetched_at)}, {hour(record.fetched_at)}, {record.joined_by}"
        )
