"""Which registrations are listed, what is kept of each, and which are of one trial. Reads only.

A registration stands under the interventions it evaluates. One that reviewers excluded as not about
these is left out; one excluded as a registration without results is what this is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from monitor.kernel.persistence.bulk import among, chunks
from monitor.literature.matching.lanes import evaluations
from monitor.literature.papers import queries as literature
from monitor.literature.tables import Paper, PaperLink, PaperReading, PaperTrial, StudyPaper
from monitor.literature.words import WITHOUT_RESULTS, Lane, LinkState, Relation
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import ExclusionReason, Stage

_LANES = (Lane.EVALUATED, Lane.MENTIONED)
_NOT_ABOUT_THESE = (
    ExclusionReason.OTHER_INTERVENTION,
    ExclusionReason.NO_OUTCOME,
    ExclusionReason.OTHER_POPULATION,
)
# A paper that a reviewer excluded so is no report, whatever is still proposed of it.
_REPORTS_NOTHING = (
    ExclusionReason.PROTOCOL,
    ExclusionReason.NOT_A_STUDY,
    ExclusionReason.NOTICE,
)
# Designs by their text of papers that report no results.
_NO_REPORT = ("protocol", "registration", "review", "notice")
_Wanted = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Registrations:
    """Rows by their number, as they are kept: with ``evaluates`` as JSON's text.

    ``told`` is what registrations evaluate whose row does not tell; ``pairs`` are of one trial.
    """

    rows: tuple[Row[*tuple[Any, ...]], ...]
    told: tuple[tuple[int, tuple[str, ...]], ...]
    pairs: tuple[tuple[int, int], ...]


def listed(session: Session, slug: str | None) -> Registrations:
    """Read the registrations that are listed, of one intervention or of all, and their twins."""
    asked = {"slug": f'"{slug}"'} if slug is not None else {}
    rows = _rows(session, _LISTED if slug is None else _EVALUATING, asked)
    fresh, pairs = rows, set[tuple[int, int]]()
    while fresh:
        pairs |= _twins(session, [paper_id for paper_id, row in fresh.items() if row.has_twin])
        others = sorted({i for pair in pairs for i in pair} - rows.keys())
        fresh = {}
        for some in chunks(others if slug is not None else []):
            fresh |= _rows(session, _AMONG, {"some": some})
        rows |= fresh
    # read before this was kept; the job that reads papers by the newest rules will
    untold = [paper_id for paper_id, row in rows.items() if row.evaluates is None]
    return Registrations(
        rows=tuple(rows[paper_id] for paper_id in sorted(rows)),
        told=tuple(_evaluated(session, untold).items()),
        pairs=tuple(pair for pair in sorted(pairs) if rows.keys() >= {*pair}),
    )


def _rows(
    session: Session, wanted: _Wanted, asked: dict[str, Any]
) -> dict[int, Row[*tuple[Any, ...]]]:
    return {row.paper_id: row for row in session.execute(wanted, asked)}


def _evaluated(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Tell which interventions registrations evaluate, and do not only mention, from their texts."""
    evaluated: dict[int, tuple[str, ...]] = {}
    for some in chunks(ids):
        hits = literature.hits(session, some)
        texts = select(Paper.id, Paper.title, Paper.abstract).where(Paper.id.in_(some))
        for paper_id, title, abstract in session.execute(texts):
            standing = evaluations(hits[paper_id], title, abstract)
            evaluated[paper_id] = tuple(
                intervention.slug for intervention in standing if intervention.evaluated
            )
    return evaluated


def _twins(session: Session, ids: Sequence[int]) -> set[tuple[int, int]]:
    """Give the pairs of registrations that are known to be of one trial, the lower number first."""
    if not ids:
        return set()
    left, right = aliased(StudyPaper), aliased(StudyPaper)
    of_study = (
        select(left.paper_id, right.paper_id)
        .join(right, (right.study_id == left.study_id) & (right.paper_id != left.paper_id))
        .join(PaperTrial, PaperTrial.paper_id == right.paper_id)
    )
    linked = select(PaperLink.paper_id, PaperLink.other_id).where(
        PaperLink.relation == Relation.SAME_STUDY, PaperLink.state == LinkState.CONFIRMED
    )
    pairs: set[tuple[int, int]] = set()
    for some in chunks(ids):
        for query in (
            of_study.where(left.paper_id.in_(some)),
            linked.where(PaperLink.paper_id.in_(some)),
            linked.where(PaperLink.other_id.in_(some)),
        ):
            pairs |= {(min(row), max(row)) for row in session.execute(query)}
    return pairs


def _is_excluded(paper_id: InstrumentedAttribute[int], why: Sequence[ExclusionReason]) -> Exists:
    """Tell whether a reviewer, the last who screened a paper, excluded it for one of these reasons."""
    later = aliased(Screening)
    superseded = exists().where(later.paper_id == Screening.paper_id, later.id > Screening.id)
    return exists().where(
        QueueItem.paper_id == Screening.paper_id,
        Screening.paper_id == paper_id,
        Screening.reason.in_(why),
        QueueItem.stage == Stage.EXCLUDED,
        ~superseded.correlate(Screening),
    )


def report(own: type[StudyPaper], other: type[StudyPaper]) -> ColumnElement[bool]:
    """Say that one paper reports results of the study that another, a registration, is of."""
    is_trial = exists().where(PaperTrial.paper_id == other.paper_id).correlate(other)
    design = select(PaperReading.design).where(PaperReading.paper_id == other.paper_id)
    return and_(
        other.study_id == own.study_id,
        other.role.not_in(WITHOUT_RESULTS),
        func.coalesce(design.correlate(other).scalar_subquery(), "").not_in(_NO_REPORT),
        ~is_trial,
    )


def _stands(state: LinkState) -> ColumnElement[bool]:
    # as text: else SQLite may walk all links that stand so for each registration, by their index
    return cast(PaperLink.state, String) == state.value


def _links_of(state: LinkState) -> tuple[ColumnElement[bool], ...]:
    return (
        PaperLink.paper_id == PaperTrial.paper_id,
        PaperLink.relation == Relation.REGISTRATION_OF,
        _stands(state),
    )


def _may_be_reported() -> ColumnElement[bool]:
    no_report = _is_excluded(PaperLink.other_id, _REPORTS_NOTHING).correlate(PaperLink)
    # the first, not whether there is one: else PostgreSQL may gather all links that are proposed
    first = select(PaperLink.id).where(*_links_of(LinkState.PROPOSED), ~no_report).limit(1)
    return first.correlate(PaperTrial).scalar_subquery().is_not(None)


def _is_reported() -> ColumnElement[bool]:
    own, other = aliased(StudyPaper), aliased(StudyPaper)
    of_study = exists().where(own.paper_id == PaperTrial.paper_id, report(own, other))
    linked = exists().where(*_links_of(LinkState.CONFIRMED))
    return or_(linked.correlate(PaperTrial), of_study.correlate(PaperTrial))


def _has_twin() -> ColumnElement[bool]:
    left, right, twin = aliased(StudyPaper), aliased(StudyPaper), aliased(PaperTrial)
    of_study = exists().where(
        left.paper_id == PaperTrial.paper_id,
        right.study_id == left.study_id,
        right.paper_id != left.paper_id,
        twin.paper_id == right.paper_id,
    )
    linked = [
        exists()
        .where(
            end == PaperTrial.paper_id,
            PaperLink.relation == Relation.SAME_STUDY,
            _stands(LinkState.CONFIRMED),
        )
        .correlate(PaperTrial)
        for end in (PaperLink.paper_id, PaperLink.other_id)
    ]
    return or_(of_study.correlate(PaperTrial), *linked)


def _wanted(*first: ColumnElement[bool]) -> _Wanted:
    is_here = exists().where(
        Paper.id == PaperTrial.paper_id, Paper.lane.in_(_LANES), Paper.merged_into_id.is_(None)
    )
    of_others = _is_excluded(PaperTrial.paper_id, _NOT_ABOUT_THESE)
    return select(
        PaperTrial.paper_id,
        PaperTrial.status,
        PaperTrial.started,
        PaperTrial.completed,
        PaperTrial.completed_expected,
        PaperTrial.participants,
        PaperTrial.has_results,
        cast(PaperTrial.evaluates, String).label("evaluates"),
        _is_reported().label("is_reported"),
        _may_be_reported().label("may_be_reported"),
        _has_twin().label("has_twin"),
    ).where(*first, is_here.correlate(PaperTrial), ~of_others.correlate(PaperTrial))


# Built once: putting these together costs more than running them. Each registration is looked up by
# itself: what was screened, linked or grouped beside them costs nothing, and a join would let SQLite
# begin with all papers of the lanes.
_LISTED = _wanted()
# Looked for in the JSON list's text: the one way both databases share, and before anything is looked
# up. Those that are not told yet are told below.
_EVALUATING = _wanted(
    PaperTrial.evaluates.is_(None)
    | cast(PaperTrial.evaluates, String).contains(bindparam("slug", type_=String))
)
_AMONG = _wanted(among(PaperTrial.paper_id))
