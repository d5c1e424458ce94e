"""The registered trials of the ten, and where each stands: reported, unpublished, overdue. Reads only.

Which registrations are listed: ``registrations``.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Identifier, Trial
from monitor.kernel.persistence.bulk import among, chunks
from monitor.kernel.persistence.once import once
from monitor.kernel.remembering import Remembered
from monitor.literature.dedup.identity import REGISTRIES
from monitor.literature.linkage.kept_facts import trial_of
from monitor.literature.linkage.overdue import NOT_PUBLISHED, TrialStanding, judge
from monitor.literature.tables import Paper, PaperIdentifier, PaperLink, StudyPaper
from monitor.literature.words import LinkState, Relation
from monitor.review import registrations
from monitor.review.registrations import Registrations, report


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

    ``longest`` is when the one that is overdue the longest ended; None where none is overdue. Of
    ``proposed`` more a paper held here may be the report, which nobody has settled.
    """

    count: int
    longest: date | None
    proposed: int = 0


@dataclass(frozen=True, slots=True)
class StandingTrial:
    """Where one trial stands, without what is only shown of it; ``papers`` are its registrations.

    ``may_be_reported``: a paper is proposed as its report, and a person has yet to say.
    """

    paper_id: int
    papers: tuple[int, ...]
    evaluates: tuple[str, ...]
    trial: Trial
    standing: TrialStanding
    months: int | None
    may_be_reported: bool


# Of each intervention and of all, as they stand and as they stood.
_JUDGED: Remembered[tuple[StandingTrial, ...]] = Remembered(24)


def registered(session: Session, today: date, slug: str | None = None) -> list[RegisteredTrial]:
    """List the registered trials, of one intervention or of all; who waited longest first."""
    return shown(session, longest_first(standings(session, today, slug)))


def longest_first(trials: Iterable[StandingTrial]) -> list[StandingTrial]:
    """Order trials that were judged: who waited longest first."""
    return sorted(trials, key=lambda entry: (-(entry.months or 0), entry.paper_id))


def shown(session: Session, trials: Sequence[StandingTrial]) -> list[RegisteredTrial]:
    """Read what is only shown of trials that were judged, in the order given."""
    ids = [paper_id for registration in trials for paper_id in registration.papers]
    titles, numbers = titles_of(session, ids), numbers_of(session, ids)
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


@once
def standings(session: Session, today: date, slug: str | None = None) -> Sequence[StandingTrial]:
    """Judge the registered trials, of one intervention or of all. Reads no text.

    Those that evaluate one intervention are as the list of all has them: a registration that does not
    evaluate it counts where it is known to be of the same trial.
    """
    kept = registrations.listed(session, slug)
    key = (kept.rows, kept.told, kept.pairs, today)
    return _JUDGED.get(key, (), lambda: _judged(kept, today))


def _judged(kept: Registrations, today: date) -> tuple[StandingTrial, ...]:
    told, rows = dict(kept.told), {row.paper_id: row for row in kept.rows}
    judged = []
    for group in _groups(rows, kept.pairs):
        # one trial in two registers: the facts of the first that knows its end
        first = next((paper_id for paper_id in group if rows[paper_id].completed), group[0])
        trial = trial_of(rows[first])
        reported = any(rows[paper_id].is_reported for paper_id in group)
        standing = judge(trial, reported=reported, today=today)
        evaluates = (slug for paper_id in group for slug in _evaluates(rows[paper_id], told))
        judged.append(
            StandingTrial(
                paper_id=first,
                papers=tuple(group),
                evaluates=tuple(dict.fromkeys(evaluates)),
                trial=trial,
                standing=standing.standing,
                months=standing.months,
                may_be_reported=not reported
                and any(rows[paper_id].may_be_reported for paper_id in group),
            )
        )
    return tuple(judged)


def _evaluates(row: Row[*tuple[Any, ...]], told: Mapping[int, Sequence[str]]) -> Sequence[str]:
    return told[row.paper_id] if row.evaluates is None else json.loads(row.evaluates)


def unpublished_of(trials: Iterable[StandingTrial], slug: str) -> Unpublished:
    """Count, of trials that were judged, those of an intervention that ended and are not published."""
    own = [
        registration
        for registration in trials
        if slug in registration.evaluates and registration.standing in NOT_PUBLISHED
    ]
    waiting = [registration for registration in own if not registration.may_be_reported]
    overdue = (
        registration.trial.completed
        for registration in waiting
        if registration.standing is TrialStanding.OVERDUE
    )
    longest = min((end for end in overdue if end), default=None)
    return Unpublished(len(waiting), longest, len(own) - len(waiting))


def unpublished(session: Session, slug: str, today: date) -> Unpublished:
    """Count the trials that evaluate an intervention, have ended, and are not published yet."""
    return unpublished_of(standings(session, today, slug), slug)


def numbers_of(session: Session, ids: Sequence[int]) -> dict[int, list[Identifier]]:
    """List the numbers under which registries hold these."""
    numbers: dict[int, list[Identifier]] = defaultdict(list)
    for some in chunks(ids):
        for paper_id, scheme, value in session.execute(_NUMBERS, {"some": some}):
            numbers[paper_id].append(Identifier(scheme, value))
    return numbers


def titles_of(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Give the titles of registrations."""
    titles: dict[int, str] = {}
    for some in chunks(ids):
        titles |= dict(session.execute(_TITLES, {"some": some}).all())
    return titles


_NUMBERS = (
    select(PaperIdentifier.paper_id, PaperIdentifier.scheme, PaperIdentifier.value)
    .where(
        among(PaperIdentifier.paper_id),
        PaperIdentifier.scheme.in_(REGISTRIES),
    )
    .order_by(PaperIdentifier.scheme, PaperIdentifier.value)
)
_TITLES = select(Paper.id, Paper.title).where(among(Paper.id))


def _of_study(ids: Sequence[int]) -> Select[int, int]:
    """Select the papers with results that are of one study with a registration."""
    own, other = aliased(StudyPaper), aliased(StudyPaper)
    return (
        select(own.paper_id, other.paper_id.label("report_id"))
        .join(other, report(own, other))
        .where(own.paper_id.in_(ids))
    )


def _links(ids: Sequence[int]) -> Select[int, int, LinkState, int]:
    return select(PaperLink.paper_id, PaperLink.other_id, PaperLink.state, PaperLink.id).where(
        PaperLink.paper_id.in_(ids), PaperLink.relation == Relation.REGISTRATION_OF
    )


def _reports(session: Session, ids: Sequence[int]) -> dict[int, list[TrialReport]]:
    """List the papers linked as reports, and those of the same study that have results."""
    pairs: list[tuple[int, int, bool]] = []
    for some in chunks(ids):
        links = session.execute(_links(some).where(PaperLink.state != LinkState.REJECTED)).all()
        # put in order here: a database might rather walk all links, which have it
        for trial, other, state, _ in sorted(links, key=attrgetter("id")):
            pairs.append((trial, other, state is LinkState.CONFIRMED))
    for some in chunks(ids):
        rows = session.execute(_of_study(some).order_by("report_id"))
        pairs += [(trial, report_id, True) for trial, report_id in rows]
    papers: dict[int, tuple[str, int | None]] = {}
    for some in chunks({report_id for _, report_id, _ in pairs}):
        texts = select(Paper.id, Paper.title, Paper.year).where(Paper.id.in_(some))
        papers |= {row.id: (row.title, row.year) for row in session.execute(texts)}
    reports: dict[int, dict[int, TrialReport]] = defaultdict(dict)
    for trial, report_id, sure in pairs:
        reports[trial][report_id] = TrialReport(report_id, *papers[report_id], sure=sure)
    return defaultdict(list, {trial: list(some.values()) for trial, some in reports.items()})


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
