"""The papers of studies put together otherwise, because a person says so; and that taken back.

What was judged of a study stays with it. What counted of one that becomes part of another counts
there, once: its own counting ends, and comes back when that is undone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature import service as literature
from monitor.literature.papers import linking, regrouping
from monitor.literature.papers.settling import one_at_a_time
from monitor.literature.papers.study_names import study_name
from monitor.literature.tables import Paper, Regrouping, Study
from monitor.literature.words import TO_SCREEN, PaperRole, Regrouped
from monitor.review import locking
from monitor.review.alerts import opening
from monitor.review.appraisal import deciding
from monitor.review.family import compare, rules
from monitor.review.family.rules import NEW, Attach, Change, Detach, Merge, RegroupingStep, SplitOff
from monitor.review.pairs.compare import who
from monitor.review.rules import check_text, plain
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict, Stage

CHANGED = (
    "These papers or studies have changed since you opened this page. They are shown as they are "
    "now: nothing was recorded"
)
_BY_MERGE = "merged:"
_BY_UNDOING = "merge-undone:"


@dataclass(frozen=True, slots=True)
class Form:
    """A form that somebody sent; ``version`` is what it showed, as ``compare.version`` says it."""

    token: str
    version: str
    reason: str
    by: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of studies and their papers.

    ``studies`` have other papers now, so that their grades may be others too; ``why`` tells a
    reader. ``decisions`` ended, or began again, the counting of one of them.
    """

    regrouping: Regrouping | None = None
    studies: tuple[int, ...] = ()
    why: str = ""
    papers: tuple[int, ...] = ()
    decisions: tuple[Decision, ...] = ()


def regroup(session: Session, change: Change, form: Form) -> Moved:
    """Put papers together otherwise, with what follows for queue, alerts and what counts.

    A form sent twice is one.

    Raises:
        NotFound: no such study or paper.
        InvalidInput: no reason is given, or the paper cannot be attached so.
        Conflict: something has changed since the form was shown, it cannot be done now and what
            helps, or the person may not.
    """
    locking.check_token(form.token)
    one_at_a_time(session)
    if earlier := _sent_before(session, change, form):
        return Moved(earlier)
    locking.require_reviewer(session, form.by)
    reason = plain(form.reason)
    check_text(reason, field="reason", missing="Say why: colleagues read it later")
    change = _as_now(session, change)
    papers, studies = compare.concerned(session, change)
    for study_id in studies:
        deciding.require_study(session, study_id)
    locking.hold_together(session, papers, studies)
    if compare.version(session, change) != form.version:
        raise Conflict(CHANGED)
    if problem := compare.hindrance(session, change):
        raise Conflict(f"{problem}. Nothing was recorded")
    return _do(session, change, reason, form)


def undo(session: Session, *, regrouping_id: int, by: User, at: datetime) -> Moved:
    """Put papers back to where a regrouping took them from, with what follows.

    Undone again by the same person, it changes nothing: a double click.

    Raises:
        NotFound: there is no such regrouping.
        Conflict: somebody else undid it, something has to be undone first, or ``by`` may not.
    """
    one_at_a_time(session)
    row = session.get(Regrouping, regrouping_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no regrouping {regrouping_id}")
    if row.undone_at is not None:
        if row.undone_by == actors.of_user(by.id):
            return Moved(row)
        name, when = who(session, row.undone_by), locking.when(row.undone_at)
        raise Conflict(f"{name} undid this on {when}. Nothing changed")
    locking.require_reviewer(session, by)
    moves = row.moved["papers"]
    papers = [moved["paper"] for moved in moves]
    studies = [row.study_id, *([row.other_id] if row.other_id else [])]
    locking.hold_together(session, papers, studies)
    if problem := compare.not_undone(session, row):
        raise Conflict(f"{problem}. Nothing changed")
    for moved in reversed(moves):
        regrouping.put_back(session, moved)
        _alerts_follow(session, moved["paper"], moved["now"], moved["was"], at)
    row.undone_at, row.undone_by = at, actors.of_user(by.id)
    session.flush()
    decisions = _count_again(session, row, by, at)
    for moved in moves:
        _place(session, moved["paper"], moved["was"], at, before=moved["stage"])
    _record(session, row, "undone", by, at)
    why = f"how its papers belong together was taken back: {row.reason}"
    return Moved(row, tuple(_touched(moves)), why, tuple(papers), tuple(decisions))


def _sent_before(session: Session, change: Change, form: Form) -> Regrouping | None:
    earlier = session.scalar(select(Regrouping).where(Regrouping.token == form.token))
    if earlier is not None and (earlier.study_id, earlier.by) != (
        change.study_id,
        actors.of_user(form.by.id),
    ):
        raise Conflict("This form was sent before for another study. Open it again")
    return earlier


def _as_now(session: Session, change: Change) -> Change:
    """Give a change that names a paper under the number that the paper has now.

    Raises:
        NotFound: there is no such paper.
        InvalidInput: it cannot be attached in this role.
    """
    if isinstance(change, Attach):
        paper = linking.current(session, change.paper_id)
        if problem := rules.unfit(change.role, paper.lane):
            raise InvalidInput(problem, field="role")
        return Attach(change.study_id, paper.id, change.role)
    if isinstance(change, Detach):
        return Detach(change.study_id, linking.current(session, change.paper_id).id)
    return change


def _do(session: Session, change: Change, reason: str, form: Form) -> Moved:
    _, studies = compare.concerned(session, change)
    held = {study_id: compare.reports(session, study_id) for study_id in studies}
    steps = rules.plan(change, held)
    other = _other(session, change, steps, form)
    places = locking.hold_items(session, [step.paper_id for step in steps])
    moves = []
    for step in steps:
        moved = _take(session, step, other, form)
        item = places.get(step.paper_id)
        moved["stage"] = item.stage.value if item else None
        _alerts_follow(session, step.paper_id, moved["was"], moved["now"], form.at)
        moves.append(moved)
    session.flush()
    decision = _end_counting(session, change, form) if isinstance(change, Merge) else None
    for moved in moves:
        _place(session, moved["paper"], moved["now"], form.at)
    row = Regrouping(
        token=form.token,
        kind=_kind(change, moves[0]),
        study_id=change.study_id,
        other_id=other,
        reason=reason,
        moved={"papers": moves, "decision": decision.id if decision else None},
        at=form.at,
        by=actors.of_user(form.by.id),
    )
    session.add(row)
    session.flush()
    _record(session, row, row.kind.value, form.by, form.at)
    return Moved(
        row,
        tuple(_touched(moves)),
        _why(row.kind),
        tuple(dict.fromkeys([*_all(held), *(step.paper_id for step in steps)])),
        (decision,) if decision else (),
    )


def _all(held: Mapping[int, Sequence[rules.Report]]) -> list[int]:
    return [report.paper_id for reports in held.values() for report in reports]


def _other(
    session: Session, change: Change, steps: Sequence[RegroupingStep], form: Form
) -> int | None:
    """Give the other study that a change is about; a split makes it."""
    match change:
        case Merge(_, other_id):
            return other_id
        case SplitOff():
            main = next((step for step in steps if step.role == PaperRole.MAIN), steps[0])
            paper = session.get_one(Paper, main.paper_id)
            label = study_name(paper.authors, paper.year, paper.title)
            return literature.found_study(
                session, label=label, actor=actors.of_user(form.by.id), at=form.at
            ).id
        case Attach(study_id, paper_id):
            came_from = locking.study_of(session, paper_id)
            return came_from if came_from != study_id else None
        case Detach():
            return None


def _take(session: Session, step: RegroupingStep, new: int | None, form: Form) -> regrouping.Moved:
    if step.study_id is None:
        return regrouping.take_out(session, step.paper_id)
    study_id = new if step.study_id == NEW else step.study_id
    assert study_id is not None  # noqa: S101 - a split has made it; tells mypy
    return regrouping.put(
        session, step.paper_id, study_id=study_id, role=step.role, by=form.by.id, at=form.at
    )


def _kind(change: Change, first: regrouping.Moved) -> Regrouped:
    match change:
        case Attach(study_id):
            was = first["was"]
            return Regrouped.ROLE if was and was["id"] == study_id else Regrouped.ATTACHED
        case Detach():
            return Regrouped.DETACHED
        case SplitOff():
            return Regrouped.SPLIT
        case Merge():
            return Regrouped.MERGED


def _why(kind: Regrouped) -> str:
    """Say to readers why a study that counts may be graded otherwise."""
    return {
        Regrouped.ATTACHED: "another paper was found to report it",
        Regrouped.ROLE: "what one of its papers is was said anew",
        Regrouped.DETACHED: "a paper turned out not to report it",
        Regrouped.SPLIT: "some of its papers report another study",
        Regrouped.MERGED: "it turned out to be one with another study",
    }[kind]


def _end_counting(session: Session, change: Merge, form: Form) -> Decision | None:
    """End the counting of a study that is part of another now: it counts there, once."""
    counted = locking.newest_decision(session, change.other_id)
    if counted is None or counted.verdict is not DecisionVerdict.ACCEPT:
        return None
    label = session.get_one(Study, change.study_id).label
    return deciding.no_longer_counted(
        session,
        counted,
        token=_BY_MERGE + form.token,
        reason=f"it is one study with {label}, which is counted once",
        decided_by=[form.by.id],
        facts={"merged_into": change.study_id},
        at=form.at,
    )


def _count_again(session: Session, row: Regrouping, by: User, at: datetime) -> list[Decision]:
    """Let a study count again whose counting a merge had ended."""
    ended = row.moved["decision"]
    newest = locking.newest_decision(session, row.other_id) if row.other_id else None
    if ended is None or newest is None or newest.id != ended:
        return []
    again = deciding.count_again(
        session,
        newest,
        token=f"{_BY_UNDOING}{row.id}",
        reason="it is a study of its own after all",
        by=by,
        at=at,
    )
    return [again]


def _alerts_follow(
    session: Session,
    paper_id: int,
    left: Mapping[str, int] | None,
    came_to: Mapping[str, int] | None,
    at: datetime,
) -> None:
    """Let what is said of a paper wait with the study that it reports."""
    if left is not None and (came_to is None or came_to["id"] != left["id"]):
        now = came_to["id"] if came_to else None
        opening.follow_paper(session, paper_id, left=left["id"], came_to=now, at=at)


def _place(
    session: Session,
    paper_id: int,
    link: Mapping[str, int] | None,
    at: datetime,
    before: str | None = None,
) -> None:
    """Let a paper stand in the queue with its study; one of none where it stood, or anew."""
    item = locking.hold_items(session, [paper_id]).get(paper_id)
    if item is None:
        return
    if link is not None:
        stage = locking.stage_of(session, link["id"])
    elif before is not None:
        stage = Stage(before)
    else:
        is_asked = session.get_one(Paper, paper_id).lane in TO_SCREEN
        stage = Stage.TO_SCREEN if is_asked else Stage.EXCLUDED
    if item.stage is not stage:
        locking.move(item, stage, at)


def _touched(moves: Sequence[regrouping.Moved]) -> list[int]:
    """List the studies that papers came to or left, or that have them in other roles."""
    links = [moved[name] for moved in moves for name in ("was", "now")]
    return list(dict.fromkeys(link["id"] for link in links if link))


def _record(session: Session, row: Regrouping, what: str, by: User, at: datetime) -> None:
    """Write it down for each of the two studies."""
    for study_id in dict.fromkeys([row.study_id, *([row.other_id] if row.other_id else [])]):
        audit.record(
            session,
            at=at,
            actor=actors.of_user(by.id),
            action=f"study.papers-{what.replace(' ', '-')}",
            subject=f"study:{study_id}",
            regrouping=row.id,
            kind=row.kind.value,
            study=row.study_id,
            other=row.other_id,
            papers=[[m["paper"], _brief(m["was"]), _brief(m["now"])] for m in row.moved["papers"]],
            reason=row.reason,
        )


def _brief(link: Mapping[str, object] | None) -> list[object] | None:
    return [link["id"], link["role"]] if link else None
