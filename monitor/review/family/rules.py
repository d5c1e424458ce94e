"""What becomes of the papers of studies when a person puts them together otherwise. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.literature.words import WITHOUT_RESULTS, Lane, PaperRole

NEW = 0  # in place of a study's number: the study that a split makes

# Results first found in a paper in such a role are the study's own first results; best first.
_MAY_LEAD = (PaperRole.MAIN, PaperRole.SECONDARY, PaperRole.OTHER, PaperRole.FOLLOW_UP,
             PaperRole.PREPRINT)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """A paper of a study, as what, and when it was published as far as known."""

    paper_id: int
    role: str
    year: int | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Attach:
    """A paper reports the study, in this role, whatever it reported before."""

    study_id: int
    paper_id: int
    role: PaperRole


@dataclass(frozen=True, slots=True)
class Detach:
    """A paper does not report the study."""

    study_id: int
    paper_id: int


@dataclass(frozen=True, slots=True)
class SplitOff:
    """Some papers of the study report another one, which is new."""

    study_id: int
    papers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Two studies are one: ``study_id`` stays, with its name, and what was judged of it stands."""

    study_id: int
    other_id: int


Change = Attach | Detach | SplitOff | Merge


@dataclass(frozen=True, slots=True)
class RegroupingStep:
    """What one paper is a report of then; ``study_id`` None: of none."""

    paper_id: int
    study_id: int | None
    role: str = ""


def plan(change: Change, held: Mapping[int, Sequence[Report]]) -> list[RegroupingStep]:
    """List what moves, the papers asked for first, then those whose role follows from it.

    ``held`` are the papers of each study concerned. A study has one main report: where one comes,
    the old one is a secondary report; where it leaves, the best of the others takes its place.

    >>> two = {1: [Report(5, "main report"), Report(6, "follow-up")]}
    >>> [(step.paper_id, step.role) for step in plan(Attach(1, 7, PaperRole.MAIN), two)]
    [(7, 'main report'), (5, 'secondary report')]
    """
    steps = _asked(change, held)
    then = _after(held, steps)
    for study_id, reports in then.items():
        steps = _with_one_main(study_id, reports, steps)
    return steps


def _asked(change: Change, held: Mapping[int, Sequence[Report]]) -> list[RegroupingStep]:
    match change:
        case Attach(study_id, paper_id, role):
            return [RegroupingStep(paper_id, study_id, role)]
        case Detach(_, paper_id):
            return [RegroupingStep(paper_id, None)]
        case SplitOff(study_id, papers):
            goes = [report for report in held[study_id] if report.paper_id in papers]
            return [RegroupingStep(report.paper_id, NEW, report.role) for report in goes]
        case Merge(study_id, other_id):
            has_main = any(report.role == PaperRole.MAIN for report in held[study_id])
            return [
                RegroupingStep(
                    report.paper_id, study_id, _beside(report.role) if has_main else report.role
                )
                for report in held[other_id]
            ]


def _beside(role: str) -> str:
    """Give the role of a paper in a study that has a main report already."""
    return PaperRole.SECONDARY if role == PaperRole.MAIN else role


def _after(
    held: Mapping[int, Sequence[Report]], steps: Sequence[RegroupingStep]
) -> dict[int, list[tuple[Report, bool]]]:
    """Give the papers of each study afterwards, in their roles, and whether each has just come."""
    known = {report.paper_id: report for reports in held.values() for report in reports}
    moving = {step.paper_id for step in steps}
    then: dict[int, list[tuple[Report, bool]]] = {
        study_id: [(report, False) for report in reports if report.paper_id not in moving]
        for study_id, reports in held.items()
    }
    for step in steps:
        if step.study_id is not None:
            was = known.get(step.paper_id, Report(step.paper_id, step.role))
            here = Report(step.paper_id, step.role, was.year, was.published)
            then.setdefault(step.study_id, []).append((here, True))
    return then


def _with_one_main(
    study_id: int, reports: Sequence[tuple[Report, bool]], steps: list[RegroupingStep]
) -> list[RegroupingStep]:
    mains = [(report, came) for report, came in reports if report.role == PaperRole.MAIN]
    if len(mains) > 1 and any(came for _, came in mains):
        stays = next(report for report, came in mains if came)
        changed = {
            report.paper_id: PaperRole.SECONDARY for report, _ in mains if report is not stays
        }
    elif not mains and (heir := _heir([report for report, _ in reports])) is not None:
        changed = {heir.paper_id: PaperRole.MAIN}
    else:
        return steps
    moved = [
        RegroupingStep(step.paper_id, step.study_id, changed.pop(step.paper_id))
        if step.paper_id in changed and step.study_id == study_id
        else step
        for step in steps
    ]
    return moved + [RegroupingStep(paper_id, study_id, role) for paper_id, role in changed.items()]


def _heir(reports: Iterable[Report]) -> Report | None:
    """Choose which of the papers left is the main report: by role, then the earliest."""
    able = [report for report in reports if report.role in _MAY_LEAD]
    return min(able, key=_rank, default=None)


def _rank(report: Report) -> tuple[int, int, date, int]:
    year = report.published.year if report.published else report.year or date.max.year
    return (
        _MAY_LEAD.index(PaperRole(report.role)),
        year,
        report.published or date.max,
        report.paper_id,
    )


def unfit(role: PaperRole, lane: Lane) -> str | None:
    """Say why a paper cannot be attached in this role; None where it can.

    >>> unfit(PaperRole.MAIN, Lane.EVALUATED)
    """
    if lane is Lane.NOTICE and role is not PaperRole.CORRECTION:
        return (
            "It is a notice: attach it as a correction. One that retracts a paper, or voices "
            "concern, is told with that paper and needs no attaching"
        )
    return None


def brings_results(role: str) -> bool:
    """Tell whether a paper in this role may bring results that the study was not judged by."""
    return role not in WITHOUT_RESULTS
