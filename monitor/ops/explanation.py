"""The chain of one intervention, walked backwards as text: gap, grade, rule, studies, records."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.evidence import queries as evidence
from monitor.evidence.tables import GradeRow
from monitor.gap import history
from monitor.gap import queries as gap
from monitor.gap.explaining import explained, rule_lines
from monitor.gap.explaining.explained import Explained
from monitor.gap.states import State
from monitor.kernel.errors import NotFound
from monitor.kernel.language.uk import hour, long_date, minute
from monitor.literature.papers import queries as literature
from monitor.literature.tables import StudyPaper
from monitor.review import decision_rows
from monitor.review import queries as review
from monitor.review.accepted import AcceptedStudy
from monitor.review.words import shown

_NOT_RATED = "not rated"
_IN_WORDS = "of several of the ten, so told in words"


def explain(
    session: Session, catalogue: Catalogue, slug: str, *, at: datetime, past: bool = False
) -> str:
    """Tell why an intervention stands where it stands, down to the records as sent.

    ``past``: ``at`` is a moment gone by; then by the policies in force then.

    Raises:
        NotFound: no such intervention, or it had not been graded yet.
    """
    intervention = catalogue.intervention(slug)
    state = history.told_at(session, slug, at)
    if state is None:
        when = f" by {minute(at)}, UK time" if past else "; run `gap-monitor init` first"
        raise NotFound(f"{slug!r} has not been graded{when}")
    then = history.in_force_at(session, catalogue, slug, at)
    why = explained.explain_state(session, then, slug, at)
    grade = evidence.as_of(session, slug, at)
    lines = [
        f"{intervention.name}, as of {minute(at)}, UK time" if past else intervention.name,
        *_gap(session, catalogue, slug, state, at),
        *(_grade(grade) if grade else ()),
        f"  Published baseline: {intervention.baseline.citation}",
        *_why(then, why),
        *_ledger_differs(state, why),
        *_studies(session, slug, grade.counted if grade else (), at),
    ]
    return "\n".join(lines)


def _gap(
    session: Session, catalogue: Catalogue, slug: str, state: State, at: datetime
) -> Iterator[str]:
    yield f"Gap: {state.kind.value}. {state.sentence}"
    yield f"  Use: {state.usage_words or 'no words of the source'}; band: {state.band.value}"
    change = gap.newest(session, slug, at=at)
    if change and change.before:
        yield f"  Last change, {change.at:%Y-%m-%d}: {change.sentence}"
        if undone := explained.undone_by(session, catalogue, change):
            yield f"    {undone}"


def _grade(grade: GradeRow) -> Iterator[str]:
    yield f"Tier: {grade.tier.value}; findings: {shown(grade.direction)}"
    yield f"  Rule: {grade.policy}, applied {grade.at:%Y-%m-%d} because: {grade.cause}"
    for name, (low, high) in grade.facts.items():
        yield f"  {name}: {low}" if low == high else f"  {name}: {low} to {high}"
    for reason in grade.reasons:
        yield f"  {reason}"


def _why(catalogue: Catalogue, why: Explained) -> Iterator[str]:
    yield "Which lines of the rules decided:"
    yield from (f"  {line}" for line in why.decided)
    yield "What trials since the review show, with the result of each that was chosen:"
    for finding in why.findings:
        yield from (f"  {line}" for line in rule_lines.told(finding, catalogue.synthesis.delta))
    if not why.findings:
        yield "  No result of one is known here."
    yield "What it hangs on, and what would change it next:"
    told = (*why.moves_most, why.hangs_on, why.next_tier, why.next_label, *why.coming)
    yield from (f"  {line}" for line in told if line)


def _ledger_differs(told: State, why: Explained) -> Iterator[str]:
    """Say where the ledger told something else: papers and dates are as known now."""
    for part in history.compare(told, why.state):
        yield (
            f"  The ledger says of the {part.what} “{part.before}”; worked out again, it is "
            f"“{part.after}”."
        )


def _studies(session: Session, slug: str, numbers: Collection[int], at: datetime) -> Iterator[str]:
    accepted = review.accepted(session, slug, at=at)
    yield f"Accepted since the review: {len(accepted)}"
    for study in accepted:
        counted = "counted" if study.study_id in numbers else "not counted for the tier"
        yield f"  Study {study.study_id}, {study.label} ({counted})"
        yield from _study(session, study)


def _study(session: Session, study: AcceptedStudy) -> Iterator[str]:
    yield (
        f"    Agreed: {study.design.value}, risk of bias {study.risk_of_bias or _NOT_RATED}, "
        f"{study.outcome_class.value} outcome, {shown(study.direction) if study.direction else _IN_WORDS}"
    )
    names = dict(session.execute(select(User.id, User.name)).all())
    for appraisal in decision_rows.appraisals(session, study.study_id, study.round):
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
