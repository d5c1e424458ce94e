"""The registered trials of the ten, and where each stands: reported, unpublished, overdue. Reads only.

A trial stands under the interventions its registration evaluates. One that reviewers excluded as
not about these is left out; one excluded as a registration without results is what this is for.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Identifier, Trial
from monitor.literature.dedup.identity import REGISTRIES
from monitor.literature.linkage.overdue import NOT_PUBLISHED, TrialStanding, judge
from monitor.literature.linkage.propose import trial_of
from monitor.literature.matching.lanes import evaluations
from monitor.literature.papers import queries as literature
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperLink,
    PaperReading,
    PaperTrial,
    StudyPaper,
)
from monitor.literature.words import WITHOUT_RESULTS, Lane, LinkState, Relation
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import ExclusionReason, Stage

_LANES = (Lane.EVALUATED, Lane.MENTIONED)
_NOT_ABOUT_THESE = (
    ExclusionReason.OTHER_INTERVENTION,
    ExclusionReason.NO_OUTCOME,
    ExclusionReason.OTHER_POPULATION,
)
# Designs by their text of papers that report no results.
_NO_REPORT = ("protocol", "registration", "review", "notice")
_Ids = Select[int]


@dataclass(frozen=True, slots=True)
class TrialReport:
    """A paper that reports a trial, or may: ``sure`` where a person or the sources settled it."""

    paper_id: int
    title: str
    year: int | None
    sure: bool


@dataclass(frozen=True, slots=True)
class RegisteredTrial:
    """One trial. ``evaluates`` holds the interventions; empty where it only mentions one.

    ``numbers`` are those of every registration known to be of the same trial; ``months`` since
    its end, where that is past.
    """

    paper_id: int
    title: str
    numbers: tuple[Identifier, ...]
    evaluates: tuple[str, ...]
    trial: Trial
    standing: TrialStanding
    months: int | None
    reports: tuple[TrialReport, ...]


@dataclass(frozen=True, slots=True)
class Unpublished:
    """How many trials of an intervention have ended without a report.

    ``longest`` is when the one that is overdue the longest ended; None where none is overdue.
    """

    count: int
    longest: date | None


def registered(session: Session, today: date, slug: str | None = None) -> list[RegisteredTrial]:
    """List the registered trials, of one intervention or of all; who waited longest first.

    Seven statements, however many trials.
    """
    ids = _wanted(slug)
    rows = session.execute(
        select(Paper, PaperTrial)
        .join(PaperTrial, PaperTrial.paper_id == Paper.id)
        .where(Paper.id.in_(ids))
        .order_by(Paper.id)
    )
    trials = {paper.id: (paper, trial_of(trial)) for paper, trial in rows}
    if not trials:
        return []
    numbers, reports = _numbers(session, ids), _reports(session, ids)
    evaluated = _evaluated(session, [paper for paper, _ in trials.values()])
    listed = []
    for group in _groups(trials, _twins(session, ids)):
        # one trial in two registers: the facts of the first that knows its end
        first = next((paper_id for paper_id in group if trials[paper_id][1].completed), group[0])
        paper, trial = trials[first]
        told = tuple(dict.fromkeys(report for paper_id in group for report in reports[paper_id]))
        judged = judge(trial, reported=any(report.sure for report in told), today=today)
        listed.append(
            RegisteredTrial(
                paper_id=first,
                title=paper.title,
                numbers=tuple(number for paper_id in group for number in numbers[paper_id]),
                evaluates=tuple(
                    dict.fromkeys(s for paper_id in group for s in evaluated[paper_id])
                ),
                trial=trial,
                standing=judged.standing,
                months=judged.months,
                reports=told,
            )
        )
    return sorted(listed, key=lambda entry: (-(entry.months or 0), entry.paper_id))


def unpublished(session: Session, slug: str, today: date) -> Unpublished:
    """Count the trials that evaluate an intervention, have ended, and are not published yet."""
    own = [
        entry
        for entry in registered(session, today, slug)
        if slug in entry.evaluates and entry.standing in NOT_PUBLISHED
    ]
    overdue = (entry.trial.completed for entry in own if entry.standing is TrialStanding.OVERDUE)
    return Unpublished(len(own), min((end for end in overdue if end), default=None))


def _wanted(slug: str | None) -> _Ids:
    """Select the registrations that are listed; those a reviewer found to be of others are not."""
    last = select(func.max(Screening.id)).group_by(Screening.paper_id)
    of_others = (
        select(Screening.paper_id)
        .join(QueueItem, QueueItem.paper_id == Screening.paper_id)
        .where(
            Screening.id.in_(last),
            Screening.reason.in_(_NOT_ABOUT_THESE),
            QueueItem.stage == Stage.EXCLUDED,
        )
    )
    wanted = (
        select(PaperTrial.paper_id)
        .join(Paper, Paper.id == PaperTrial.paper_id)
        .where(Paper.lane.in_(_LANES), Paper.merged_into_id.is_(None), Paper.id.not_in(of_others))
    )
    if slug is None:
        return wanted
    return wanted.where(Paper.id.in_(select(Match.paper_id).where(Match.slug == slug)))


def _numbers(session: Session, ids: _Ids) -> dict[int, list[Identifier]]:
    table = PaperIdentifier
    rows = session.execute(
        select(table.paper_id, table.scheme, table.value)
        .where(table.paper_id.in_(ids), table.scheme.in_(REGISTRIES))
        .order_by(table.scheme, table.value)
    )
    numbers: dict[int, list[Identifier]] = defaultdict(list)
    for paper_id, scheme, value in rows:
        numbers[paper_id].append(Identifier(scheme, value))
    return numbers


def _reports(session: Session, ids: _Ids) -> dict[int, list[TrialReport]]:
    """List the papers linked as reports, and those of the same study that have results."""
    links = session.execute(
        select(PaperLink.paper_id, Paper.id, Paper.title, Paper.year, PaperLink.state)
        .join(Paper, Paper.id == PaperLink.other_id)
        .where(
            PaperLink.paper_id.in_(ids),
            PaperLink.relation == Relation.REGISTRATION_OF,
            PaperLink.state != LinkState.REJECTED,
        )
        .order_by(PaperLink.id)
    )
    own, other = aliased(StudyPaper), aliased(StudyPaper)
    of_study = session.execute(
        select(own.paper_id, Paper.id, Paper.title, Paper.year)
        .join(other, other.study_id == own.study_id)
        .join(Paper, Paper.id == other.paper_id)
        .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
        .where(
            own.paper_id.in_(ids),
            other.role.not_in(WITHOUT_RESULTS),
            func.coalesce(PaperReading.design, "").not_in(_NO_REPORT),
            other.paper_id.not_in(select(PaperTrial.paper_id)),
        )
        .order_by(Paper.id)
    )
    reports: dict[int, dict[int, TrialReport]] = defaultdict(dict)
    for trial, paper_id, title, year, state in links:
        reports[trial][paper_id] = TrialReport(paper_id, title, year, state is LinkState.CONFIRMED)
    for trial, paper_id, title, year in of_study:
        reports[trial][paper_id] = TrialReport(paper_id, title, year, sure=True)
    return defaultdict(list, {trial: list(some.values()) for trial, some in reports.items()})


def _evaluated(session: Session, papers: Sequence[Paper]) -> dict[int, list[str]]:
    """Tell which interventions each registration evaluates, and does not only mention."""
    hits = literature.hits(session, [paper.id for paper in papers])
    return {
        paper.id: [
            evaluation.slug
            for evaluation in evaluations(hits[paper.id], paper.title, paper.abstract)
            if evaluation.evaluated
        ]
        for paper in papers
    }


def _twins(session: Session, ids: _Ids) -> list[tuple[int, int]]:
    """Give the pairs of registrations that are known to be of one trial."""
    left, right = aliased(StudyPaper), aliased(StudyPaper)
    of_study = (
        select(left.paper_id, right.paper_id)
        .join(right, (right.study_id == left.study_id) & (right.paper_id > left.paper_id))
        .where(left.paper_id.in_(ids), right.paper_id.in_(ids))
    )
    linked = select(PaperLink.paper_id, PaperLink.other_id).where(
        PaperLink.paper_id.in_(ids),
        PaperLink.other_id.in_(ids),
        PaperLink.relation == Relation.SAME_STUDY,
        PaperLink.state == LinkState.CONFIRMED,
    )
    return [(row[0], row[1]) for row in session.execute(of_study.union(linked))]


def _groups(ids: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Put what belongs together in one list each, in order."""
    of = {paper_id: paper_id for paper_id in ids}
    for pair in pairs:
        kept, gone = sorted(of[paper_id] for paper_id in pair)
        of = {paper_id: kept if leader == gone else leader for paper_id, leader in of.items()}
    groups: dict[int, list[int]] = defaultdict(list)
    for paper_id, leader in of.items():
        groups[leader].append(paper_id)
    return list(groups.values())
