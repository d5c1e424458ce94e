"""The registered trials of the ten, and where each stands: reported, unpublished, overdue. Reads only.

A trial stands under the interventions its registration evaluates. One that reviewers excluded as
not about these is left out; one excluded as a registration without results is what this is for.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Identifier, Trial
from monitor.kernel.persistence.bulk import chunks
from monitor.literature.dedup.identity import REGISTRIES
from monitor.literature.linkage.kept_facts import trial_of
from monitor.literature.linkage.overdue import NOT_PUBLISHED, TrialStanding, judge
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

_some: BindParameter[Any] = bindparam("some", expanding=True)
_LANES = (Lane.EVALUATED, Lane.MENTIONED)
_NOT_ABOUT_THESE = (
    ExclusionReason.OTHER_INTERVENTION,
    ExclusionReason.NO_OUTCOME,
    ExclusionReason.OTHER_POPULATION,
)
# of which objects of the class would take three times as long to make
_COLUMNS = (
    PaperTrial.paper_id, PaperTrial.status, PaperTrial.started, PaperTrial.completed,
    PaperTrial.completed_expected, PaperTrial.participants, PaperTrial.has_results,
    PaperTrial.evaluates,
)  # fmt: skip
# Designs by their text of papers that report no results.
_NO_REPORT = ("protocol", "registration", "review", "notice")


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


@dataclass(frozen=True, slots=True)
class StandingTrial:
    """Where one trial stands, without what is only shown of it; ``papers`` are its registrations."""

    paper_id: int
    papers: tuple[int, ...]
    evaluates: tuple[str, ...]
    trial: Trial
    standing: TrialStanding
    months: int | None


def registered(session: Session, today: date, slug: str | None = None) -> list[RegisteredTrial]:
    """List the registered trials, of one intervention or of all; who waited longest first."""
    return shown(session, longest_first(standings(session, today, slug)))


def longest_first(trials: Iterable[StandingTrial]) -> list[StandingTrial]:
    """Order trials that were judged: who waited longest first."""
    return sorted(trials, key=lambda entry: (-(entry.months or 0), entry.paper_id))


def shown(session: Session, trials: Sequence[StandingTrial]) -> list[RegisteredTrial]:
    """Read what is only shown of trials that were judged, in the order given."""
    ids = [paper_id for registration in trials for paper_id in registration.papers]
    titles, numbers = _titles(session, ids), numbers_of(session, ids)
    reports = _reports(session, ids)
    return [
        RegisteredTrial(
            paper_id=registration.paper_id,
            title=titles[registration.paper_id],
            numbers=tuple(
                number for paper_id in registration.papers for number in numbers[paper_id]
            ),
            evaluates=registration.evaluates,
            trial=registration.trial,
            standing=registration.standing,
            months=registration.months,
            reports=tuple(
                dict.fromkeys(
                    report for paper_id in registration.papers for report in reports[paper_id]
                )
            ),
        )
        for registration in trials
    ]


def standings(session: Session, today: date, slug: str | None = None) -> list[StandingTrial]:
    """Judge the registered trials, of one intervention or of all. Reads no text.

    Those of one intervention are as the list of all has them: a registration that does not name it
    counts where it is known to be of the same trial.
    """
    facts, pairs = _family(session, slug)
    reported, listed = _reported(session, list(facts)), []
    for group in _groups(sorted(facts), pairs):
        # one trial in two registers: the facts of the first that knows its end
        first = next((paper_id for paper_id in group if facts[paper_id].trial.completed), group[0])
        trial = facts[first].trial
        judged = judge(trial, reported=not reported.isdisjoint(group), today=today)
        evaluated = (slug for paper_id in group for slug in facts[paper_id].evaluates)
        listed.append(
            StandingTrial(
                paper_id=first,
                papers=tuple(group),
                evaluates=tuple(dict.fromkeys(evaluated)),
                trial=trial,
                standing=judged.standing,
                months=judged.months,
            )
        )
    return listed


def unpublished_of(trials: Iterable[StandingTrial], slug: str) -> Unpublished:
    """Count, of trials that were judged, those of an intervention that ended and are not published."""
    own = [
        registration
        for registration in trials
        if slug in registration.evaluates and registration.standing in NOT_PUBLISHED
    ]
    overdue = (
        registration.trial.completed
        for registration in own
        if registration.standing is TrialStanding.OVERDUE
    )
    return Unpublished(len(own), min((end for end in overdue if end), default=None))


def unpublished(session: Session, slug: str, today: date) -> Unpublished:
    """Count the trials that evaluate an intervention, have ended, and are not published yet."""
    return unpublished_of(standings(session, today, slug), slug)


def numbers_of(session: Session, ids: Sequence[int]) -> dict[int, list[Identifier]]:
    """List the numbers under which registries hold these."""
    numbers: dict[int, list[Identifier]] = defaultdict(list)
    for some in chunks(ids):
        rows = session.execute(_NUMBERS, {"some": some})
        for paper_id, scheme, value in rows:
            numbers[paper_id].append(Identifier(scheme, value))
    return numbers


@dataclass(frozen=True, slots=True)
class _Facts:
    trial: Trial
    evaluates: tuple[str, ...]


def _family(session: Session, slug: str | None) -> tuple[dict[int, _Facts], list[tuple[int, int]]]:
    """Read the registrations that are listed, and which of them are of one trial."""
    asked = {} if slug is None else {"slug": slug}
    facts = _facts(session, _wanted(by_slug=slug is not None), asked)
    fresh, pairs = list(facts), set[tuple[int, int]]()
    while fresh:
        pairs |= _twins(session, fresh)
        others = sorted({i for pair in pairs for i in pair} - facts.keys())
        added: dict[int, _Facts] = {}
        for some in chunks(others if slug is not None else []):
            added |= _facts(session, _wanted(by_number=True), {"some": some})
        facts |= added
        fresh = list(added)
    return facts, [pair for pair in sorted(pairs) if facts.keys() >= {*pair}]


def _facts(
    session: Session, wanted: Select[*tuple[Any, ...]], asked: dict[str, Any]
) -> dict[int, _Facts]:
    rows = {row.paper_id: row for row in session.execute(wanted, asked)}
    # read before this was kept; the job that reads papers by the newest rules will
    untold = _evaluated(session, [i for i, row in rows.items() if row.evaluates is None])
    return {
        paper_id: _Facts(trial_of(row), tuple(untold[paper_id] if told is None else told))
        for paper_id, row in rows.items()
        for told in [row.evaluates]
    }


@cache  # putting a statement together costs more than running it: those below are built once too
def _wanted(*, by_slug: bool = False, by_number: bool = False) -> Select[*tuple[Any, ...]]:
    """Select the registrations that are listed; those a reviewer found to be of others are not.

    Each is looked up by itself: what was screened beside them costs nothing.
    """
    later = aliased(Screening)
    is_last = ~(
        select(later.id)
        .where(later.paper_id == Screening.paper_id, later.id > Screening.id)
        .correlate(Screening)
        .exists()
    )
    of_others = (
        select(Screening.id)
        .join(QueueItem, QueueItem.paper_id == Screening.paper_id)
        .where(
            Screening.paper_id == PaperTrial.paper_id,
            Screening.reason.in_(_NOT_ABOUT_THESE),
            QueueItem.stage == Stage.EXCLUDED,
            is_last,
        )
        .correlate(PaperTrial)
    )
    # looked up for each registration: a join would let SQLite begin with all papers of the lanes
    is_here = select(Paper.id).where(
        Paper.id == PaperTrial.paper_id, Paper.lane.in_(_LANES), Paper.merged_into_id.is_(None)
    )
    wanted = select(*_COLUMNS).where(is_here.correlate(PaperTrial).exists(), ~of_others.exists())
    if by_number:
        wanted = wanted.where(PaperTrial.paper_id.in_(_some))
    if not by_slug:
        return wanted
    named = select(Match.id).where(
        Match.paper_id == PaperTrial.paper_id, Match.slug == bindparam("slug")
    )
    return wanted.where(named.correlate(PaperTrial).exists())


def _titles(session: Session, ids: Sequence[int]) -> dict[int, str]:
    titles: dict[int, str] = {}
    for some in chunks(ids):
        titles |= {row.id: row.title for row in session.execute(_TEXTS, {"some": some})}
    return titles


def _reported(session: Session, ids: Sequence[int]) -> set[int]:
    """Tell which registrations have a report for certain."""
    reported: set[int] = set()
    for some in chunks(ids):
        reported.update(row[0] for row in session.execute(_CONFIRMED, {"some": some}))
        reported.update(row[0] for row in session.execute(_of_study(), {"some": some}))
    return reported


def _reports(session: Session, ids: Sequence[int]) -> dict[int, list[TrialReport]]:
    """List the papers linked as reports, and those of the same study that have results."""
    pairs: list[tuple[int, int, bool]] = []
    for some in chunks(ids):
        links = session.execute(_POSSIBLE, {"some": some})
        pairs += [(trial, other, state is LinkState.CONFIRMED) for trial, other, state, _ in links]
    for some in chunks(ids):
        rows = session.execute(_of_study(), {"some": some})
        pairs += [(trial, report_id, True) for trial, report_id in rows]
    papers: dict[int, tuple[str, int | None]] = {}
    for some in chunks({report_id for _, report_id, _ in pairs}):
        texts = session.execute(_TEXTS, {"some": some})
        papers |= {row.id: (row.title, row.year) for row in texts}
    reports: dict[int, dict[int, TrialReport]] = defaultdict(dict)
    for trial, report_id, sure in pairs:
        reports[trial][report_id] = TrialReport(report_id, *papers[report_id], sure=sure)
    return defaultdict(list, {trial: list(some.values()) for trial, some in reports.items()})


def _evaluated(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Tell which interventions registrations evaluate, and do not only mention, from their texts."""
    evaluated: dict[int, list[str]] = {}
    for some in chunks(ids):
        hits = literature.hits(session, some)
        texts = select(Paper.id, Paper.title, Paper.abstract).where(Paper.id.in_(some))
        for paper_id, title, abstract in session.execute(texts):
            standing = evaluations(hits[paper_id], title, abstract)
            evaluated[paper_id] = [
                intervention.slug for intervention in standing if intervention.evaluated
            ]
    return evaluated


def _twins(session: Session, ids: Sequence[int]) -> set[tuple[int, int]]:
    """Give the pairs of registrations that are known to be of one trial, the lower number first."""
    pairs: set[tuple[int, int]] = set()
    for some in chunks(ids):
        for query in _of_one_trial():
            pairs |= {(min(row), max(row)) for row in session.execute(query, {"some": some})}
    return pairs


@cache
def _of_one_trial() -> tuple[Select[int, int], ...]:
    """Select the pairs of registrations of one study, and those that somebody linked, in both ways."""
    left, right = aliased(StudyPaper), aliased(StudyPaper)
    of_study = (
        select(left.paper_id, right.paper_id)
        .join(right, (right.study_id == left.study_id) & (right.paper_id != left.paper_id))
        .join(PaperTrial, PaperTrial.paper_id == right.paper_id)
    )
    linked = select(PaperLink.paper_id, PaperLink.other_id).where(
        PaperLink.relation == Relation.SAME_STUDY, PaperLink.state == LinkState.CONFIRMED
    )
    return (
        of_study.where(left.paper_id.in_(_some)),
        linked.where(PaperLink.paper_id.in_(_some)),
        linked.where(PaperLink.other_id.in_(_some)),
    )


@cache
def _of_study() -> Select[int, int]:
    """Select the papers with results that are of one study with a registration."""
    own, other = aliased(StudyPaper), aliased(StudyPaper)
    is_trial = select(PaperTrial.paper_id).where(PaperTrial.paper_id == other.paper_id)
    return (
        select(own.paper_id, other.paper_id.label("report_id"))
        .join(other, other.study_id == own.study_id)
        .outerjoin(PaperReading, PaperReading.paper_id == other.paper_id)
        .where(
            own.paper_id.in_(_some),
            other.role.not_in(WITHOUT_RESULTS),
            func.coalesce(PaperReading.design, "").not_in(_NO_REPORT),
            ~is_trial.correlate(other).exists(),
        )
        .order_by("report_id")
    )


_NUMBERS = (
    select(PaperIdentifier.paper_id, PaperIdentifier.scheme, PaperIdentifier.value)
    .where(PaperIdentifier.paper_id.in_(_some), PaperIdentifier.scheme.in_(REGISTRIES))
    .order_by(PaperIdentifier.scheme, PaperIdentifier.value)
)
_TEXTS = select(Paper.id, Paper.title, Paper.year).where(Paper.id.in_(_some))
_LINKS = select(PaperLink.paper_id, PaperLink.other_id, PaperLink.state, PaperLink.id).where(
    PaperLink.paper_id.in_(_some), PaperLink.relation == Relation.REGISTRATION_OF
)
_CONFIRMED = _LINKS.where(PaperLink.state == LinkState.CONFIRMED)
_POSSIBLE = _LINKS.where(PaperLink.state != LinkState.REJECTED).order_by(PaperLink.id)


def _groups(ids: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Put what belongs together in one list each, in order."""
    leader = {paper_id: paper_id for paper_id in ids}

    def led(paper_id: int) -> int:
        while leader[paper_id] != paper_id:
            leader[paper_id] = paper_id = leader[leader[paper_id]]
        return paper_id

    for first, second in pairs:
        kept, gone = sorted((led(first), led(second)))
        leader[gone] = kept
    groups: dict[int, list[int]] = defaultdict(list)
    for paper_id in leader:
        groups[led(paper_id)].append(paper_id)
    return list(groups.values())
