"""Grade an intervention and keep the ledger of grades. Appends; never edits, never commits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import InReview
from monitor.evidence import queries
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import Standing
from monitor.evidence.facts import is_later
from monitor.evidence.rules import Grade, StudyFacts, grade
from monitor.evidence.showing import main_of, names, rows_of
from monitor.evidence.synthesis.of_readings import told_direction
from monitor.evidence.synthesis.results import Result
from monitor.evidence.tables import GradeRow
from monitor.evidence.words import Cause
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.literature.tables import Study
from monitor.review import queries as review_queries
from monitor.review.queries import AcceptedStudy
from monitor.review.reading.model import Reading
from monitor.review.rules import Judgement, as_facts, direction_of

__all__ = [
    "Grade",
    "StudyFacts",
    "Weighed",
    "counting",
    "grade_at",
    "may_be_in_review",
    "preview",
    "regrade",
    "standing_cause",
    "told_direction",
    "weigh",
    "weighed",
]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A study as grading weighs it: what its tier rests on, and its results."""

    facts: StudyFacts
    results: tuple[Result, ...] = ()


def preview(
    session: Session,
    catalogue: Catalogue,
    slug: str,
    *,
    adding: Weighed | None = None,
    without: int | None = None,
    baseline: Standing | None = None,
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
    studies: Sequence[Weighed],
    standing: Standing = baselines.PUBLISHED,
) -> Grade:
    """Grade an intervention from these studies; ``standing``: what holds of the review's own.

    Raises:
        NotFound: no such intervention.
    """
    heard = [row for study in studies if _speaks(study.facts, standing) for row in study.results]
    found, refused = main_of(catalogue, slug, heard)
    graded = grade(
        catalogue.grading,
        standing.baseline(catalogue, slug),
        catalogue.review.closed,
        [
            replace(one, in_review=standing.in_review(slug, one.study_id, one.in_review))
            for one in (study.facts for study in studies)
        ],
        found,
        delta=catalogue.synthesis.delta,
    )
    named = [one.facts for one in studies if standing.names(slug, one.facts.study_id)]
    told = standing.reasons(
        catalogue,
        slug,
        [one.label for one in named if one.in_review is not InReview.NO],
        [one.label for one in named if one.in_review is InReview.NO],
    )
    unread = _unread(
        slug, refused, {row.study: one.facts.label for one in studies for row in one.results}
    )
    return replace(graded, reasons=(*graded.reasons, *unread, *told))


def _unread(
    slug: str, refused: Iterable[tuple[Result, str]], labels: Mapping[str, str]
) -> Iterator[str]:
    """Say which results of an intervention could not be read, and why."""
    for row, why in refused:
        if slug in {row.intervention, row.comparator.casefold()}:
            of = row.outcome or row.measure or "a result without a name"
            yield f"Of {labels[row.study]}, {of} could not be read, so it says nothing here: {why}."


def _speaks(facts: StudyFacts, standing: Standing) -> bool:
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


def weighed(
    session: Session, catalogue: Catalogue, study_id: int, judgement: Judgement, reading: Reading
) -> Weighed:
    """Give what the rules would know of a study if this judgement were agreed.

    Raises:
        NotFound: no such study.
    """
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound(f"there is no study {study_id}")
    year, published = review_queries.first_results(session, [study_id])[study_id]
    facts = StudyFacts(
        study_id=study_id,
        label=study.label,
        design=judgement.design,
        risk_of_bias=judgement.risk_of_bias,
        outcome_class=judgement.outcome_class,
        direction=direction_of(as_facts(judgement)),
        published=published,
        year=year,
        in_review=reading.in_review,
    )
    name = f"{study.label} ({study_id})"  # as none that counts is named
    return Weighed(facts, tuple(rows_of(catalogue, reading, name)))


def counting(
    session: Session, catalogue: Catalogue, slug: str, at: datetime | None = None
) -> list[Weighed]:
    """Give the studies that count for an intervention, as the rules weigh them; ``at``: as of then."""
    return [
        Weighed(_facts(study), tuple(rows_of(catalogue, study.reading, name)))
        for name, study in names(review_queries.accepted(session, slug, at=at)).items()
    ]


def _facts(study: AcceptedStudy) -> StudyFacts:
    return StudyFacts(
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
