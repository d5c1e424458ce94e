"""Grade an intervention and keep the ledger of grades. Appends; never edits, never commits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import InReview
from monitor.evidence import queries
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import BaselineInForce
from monitor.evidence.counted import WeighedStudy, all_derived, counting, weighed
from monitor.evidence.facts import is_later
from monitor.evidence.rules import Grade, StudyFacts, grade
from monitor.evidence.synthesis.findings import main_findings
from monitor.evidence.synthesis.of_readings import to_confirm, told_direction
from monitor.evidence.synthesis.results import Result
from monitor.evidence.tables import GradeRow
from monitor.evidence.words import Cause
from monitor.kernel import audit
from monitor.review import queries as review_queries

__all__ = [
    "Grade",
    "StudyFacts",
    "WeighedStudy",
    "counting",
    "grade_at",
    "may_be_in_review",
    "preview",
    "regrade",
    "standing_cause",
    "to_confirm",
    "told_direction",
    "weigh",
    "weighed",
]


def preview(
    session: Session,
    catalogue: Catalogue,
    slug: str,
    *,
    adding: WeighedStudy | None = None,
    without: int | None = None,
    baseline: BaselineInForce | None = None,
) -> Grade:
    """Grade as if one study were accepted (or judged anew), or one withdrawn. Changes nothing.

    ``baseline``: as if that held of the review's own studies.

    Raises:
        NotFound: no such intervention.
    """
    gone = {without, adding.facts.study_id if adding else None}
    weighed = counting(session, catalogue, slug)
    kept = [study for study in weighed if study.facts.study_id not in gone]
    standing = baseline or baselines.standing(session)
    return weigh(catalogue, slug, [*kept, adding] if adding else kept, standing)


def grade_at(session: Session, catalogue: Catalogue, slug: str, at: datetime) -> Grade:
    """Grade from the studies that counted at a moment, by the catalogue's policies. Keeps nothing.

    Raises:
        NotFound: no such intervention.
    """
    standing = baselines.standing(session, at)
    return weigh(catalogue, slug, counting(session, catalogue, slug, at), standing)


def weigh(
    catalogue: Catalogue,
    slug: str,
    studies: Sequence[WeighedStudy],
    standing: BaselineInForce = baselines.PUBLISHED,
) -> Grade:
    """Grade an intervention from these studies; ``standing``: what holds of the review's own.

    Raises:
        NotFound: no such intervention.
    """
    heard = [study for study in studies if _speaks(study.facts, standing)]
    derived, refused = all_derived(catalogue, heard)
    graded = grade(
        catalogue.grading,
        standing.baseline(catalogue, slug),
        catalogue.review.closed,
        [_told_by(standing, slug, study.facts) for study in studies],
        main_findings(derived, catalogue.synthesis, [slug]),
        delta=catalogue.synthesis.delta,
    )
    named = [study.facts for study in studies if standing.names(slug, study.facts.study_id)]
    told = standing.reasons(
        catalogue,
        slug,
        [facts.label for facts in named if facts.in_review is not InReview.NO],
        [facts.label for facts in named if facts.in_review is InReview.NO],
    )
    labels = {study.derived.rows[0].study: study.facts.label for study in studies if study.derived}
    unread = _unread(slug, refused, labels)
    return replace(graded, reasons=(*graded.reasons, *unread, *told))


def _unread(
    slug: str, refused: Iterable[tuple[Result, str]], labels: Mapping[str, str]
) -> Iterator[str]:
    """Say which results of an intervention could not be read, and why."""
    for row, why in refused:
        if slug in {row.intervention, row.comparator.casefold()}:
            of = row.outcome or row.measure or "a result without a name"
            yield f"Of {labels[row.study]}, {of} could not be read, so it says nothing here: {why}."


def _told_by(standing: BaselineInForce, slug: str, facts: StudyFacts) -> StudyFacts:
    """Give what is known of a study with what the review's own table says of it."""
    in_review = standing.in_review(slug, facts.study_id, facts.in_review)
    return facts if in_review is facts.in_review else replace(facts, in_review=in_review)


def _speaks(facts: StudyFacts, standing: BaselineInForce) -> bool:
    """Tell whether results speak for what trials show: the review's own do once its table is in."""
    return standing.table is not None or facts.in_review is not InReview.YES


def regrade(
    session: Session, catalogue: Catalogue, slug: str, *, cause: Cause, at: datetime
) -> GradeRow:
    """Grade from the accepted studies; append a row only when something differs.

    Gives the newest row, new or not.

    Raises:
        NotFound: no such intervention.
    """
    weighed = counting(session, catalogue, slug)
    columns = _columns(weigh(catalogue, slug, weighed, baselines.standing(session)), catalogue)
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


def standing_cause(session: Session, catalogue: Catalogue, slug: str) -> Cause:
    """Say why an intervention is graded without a study behind it: the review, or other rules."""
    newest = queries.current(session, slug)
    if newest is None:
        return Cause("baseline", f"Published: {catalogue.review.citation}")
    if newest.policy == catalogue.grading.version:
        rules = f"{newest.policy} for the evidence and {catalogue.gap.version} for the gap"
        return Cause("policy", f"Worked out anew by the rules of {rules}")
    return Cause(
        "policy",
        f"The rules are those of {catalogue.grading.version} now, which pool the results of trials",
    )


def may_be_in_review(
    session: Session, catalogue: Catalogue, study_id: int, said: InReview | None = None
) -> bool:
    """Tell whether a study may be among the review's own: as people say, the
    review's own table names it, or by its first results.

    ``said``: what is said of it by appraisals that are not decided yet.
    """
    said = said or review_queries.said_in_review(session, study_id)
    if baselines.interventions_of(session, study_id):
        return True
    if said is not None:
        return said is not InReview.NO
    year, published = review_queries.first_results(session, [study_id])[study_id]
    return not is_later(published, year, catalogue.review.closed)


def _columns(graded: Grade, catalogue: Catalogue) -> dict[str, Any]:
    statements = None
    if graded.said is not None:
        shows = [line.to_dict() for line in graded.shows]
        version = catalogue.synthesis.version
        statements = {"said": graded.said.value, "shows": shows, "synthesis": version}
    return {
        "policy": catalogue.grading.version,
        "statements": statements,
        "tier": graded.tier,
        "tier_low": graded.low,
        "tier_high": graded.high,
        "direction": graded.direction,
        "facts": {name: [interval.lo, interval.hi] for name, interval in graded.facts.items()},
        "counted": list(graded.counted),
        "reasons": list(graded.reasons),
    }
