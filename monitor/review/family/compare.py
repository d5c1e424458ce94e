"""Studies and their papers as they are now, and what may be done with them. Changes nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from monitor.kernel.errors import NotFound
from monitor.literature.papers import linking, merging, regrouping
from monitor.literature.tables import Paper, Regrouping, Study, StudyPaper
from monitor.literature.words import Regrouped
from monitor.review import locking
from monitor.review.appraisal import given
from monitor.review.appraisal.deciding import require_study
from monitor.review.family.rules import Attach, Change, Detach, Merge, Report, SplitOff
from monitor.review.pairs.compare import who
from monitor.review.tables import Appraisal, Consensus, Decision, ReadingDraft, Round
from monitor.review.words import Stage

_ONLY_PAPER = "It is the only paper of “{label}”"


@dataclass(frozen=True, slots=True)
class Member:
    """A paper of a study, in one line."""

    paper_id: int
    title: str
    year: int | None
    role: str


@dataclass(frozen=True, slots=True)
class Family:
    """A study with its papers, and what hangs on it.

    ``stage`` is what was decided on it, else what it waits for; ``given`` people have appraised it
    in the present round, and ``begun`` have a draft. ``whole``: it is part of no other study.
    """

    study_id: int
    label: str
    stage: Stage
    given: int
    begun: int
    members: tuple[Member, ...]
    whole: bool

    @property
    def counts(self) -> bool:
        """Whether it counts now."""
        return self.stage is Stage.ACCEPTED


@dataclass(frozen=True, slots=True)
class Moving:
    """One paper of a regrouping, in words: what it was a report of, and is."""

    title: str
    paper_id: int
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class ShownRegrouping:
    """A regrouping as pages show it, and why it cannot be undone now; None: it can."""

    id: int
    kind: Regrouped
    study: tuple[int, str]
    other: tuple[int, str] | None
    reason: str
    moving: tuple[Moving, ...]
    ended: bool  # the other study counted until then
    at: datetime
    by: str
    undone_at: datetime | None
    undone_by: str
    hindrance: str | None


def family(session: Session, study_id: int) -> Family:
    """Show a study with its papers.

    Raises:
        NotFound: there is no such study.
    """
    study = require_study(session, study_id)
    rows = session.execute(
        select(Paper.id, Paper.title, Paper.year, StudyPaper.role)
        .join(StudyPaper, StudyPaper.paper_id == Paper.id)
        .where(StudyPaper.study_id == study_id)
        .order_by(StudyPaper.linked_at, Paper.id)
    )
    return Family(
        study_id=study_id,
        label=study.label,
        stage=locking.standing_of(session, study_id),
        given=len(given.pair(session, study_id)),
        begun=_begun(session, study_id),
        members=tuple(Member(*row) for row in rows),
        whole=regrouping.part_of(session, study_id) is None,
    )


def part_of(session: Session, study_id: int) -> tuple[int, str] | None:
    """Give the study that this one is part of, as (id, label); None: it is whole."""
    now = regrouping.current_study(session, study_id)
    return None if now == study_id else _named(session, now)


def reports(session: Session, study_id: int) -> list[Report]:
    """List the papers of a study by what ``rules`` goes by, the first linked first."""
    rows = session.execute(
        select(Paper.id, StudyPaper.role, Paper.year, Paper.published)
        .join(StudyPaper, StudyPaper.paper_id == Paper.id)
        .where(StudyPaper.study_id == study_id)
        .order_by(StudyPaper.linked_at, Paper.id)
    )
    return [Report(*row) for row in rows]


def concerned(session: Session, change: Change) -> tuple[list[int], list[int]]:
    """List the papers and the studies that a change is about, as they are now."""
    match change:
        case SplitOff(study_id):
            return [], [study_id]
        case Merge(study_id, other_id):
            return [], list(dict.fromkeys([study_id, other_id]))
        case Attach(study_id, paper_id) | Detach(study_id, paper_id):
            came_from = locking.study_of(session, linking.current(session, paper_id).id)
            studies = [study_id, *([came_from] if came_from else [])]
            return [paper_id], list(dict.fromkeys(studies))


def version(session: Session, change: Change) -> str:
    """Say in which state a form for a change shows the studies and the paper that it is about."""
    papers, studies = concerned(session, change)
    seen = [_seen(session, study_id) for study_id in sorted(studies)]
    for paper_id in papers:
        paper = linking.current(session, paper_id)
        seen.append(f"{paper.id}.{paper.version}")
    return sha256("|".join(seen).encode()).hexdigest()[:24]


def _seen(session: Session, study_id: int) -> str:
    """Say what of a study a person decides by: its papers, and all that was judged of it."""
    linked = select(StudyPaper.paper_id, StudyPaper.role).where(StudyPaper.study_id == study_id)
    papers = sorted(f"{row.paper_id} {row.role}" for row in session.execute(linked))
    newest = [
        session.scalar(select(func.max(column)).where(table.study_id == study_id))
        for table, column in (
            (Decision, Decision.id),
            (Appraisal, Appraisal.id),
            (Consensus, Consensus.id),
            (Round, Round.number),
        )
    ]
    return f"{study_id}: {papers} {newest} {regrouping.part_of(session, study_id) is None}"


def hindrance(session: Session, change: Change) -> str | None:
    """Say why a change cannot be made now, and what helps; None when it can."""
    studies = [change.study_id, *([change.other_id] if isinstance(change, Merge) else [])]
    problems = (problem for study_id in studies if (problem := _not_whole(session, study_id)))
    return next(problems, None) or _objection(session, change)


def _objection(session: Session, change: Change) -> str | None:
    match change:
        case Attach(study_id, paper_id, role):
            return _may_not_attach(session, study_id, paper_id, role)
        case Detach(study_id, paper_id):
            return _may_not_leave(session, study_id, paper_id)
        case SplitOff(study_id, chosen):
            return _may_not_split(session, study_id, set(chosen))
        case Merge(study_id, other_id):
            return _may_not_merge(session, study_id, other_id)


def _not_whole(session: Session, study_id: int) -> str | None:
    now = regrouping.current_study(session, study_id)
    if now == study_id:
        return None
    labels = [session.get_one(Study, key).label for key in (study_id, now)]
    return f"“{labels[0]}” is one study with “{labels[1]}” now: open that one"


def _may_not_attach(session: Session, study_id: int, paper_id: int, role: str) -> str | None:
    paper = linking.current(session, paper_id)
    link = merging.study_link(session, paper.id)
    if link and link["id"] == study_id:
        return f"It is its {role} already" if link["role"] == role else None
    if link:
        help_ = "merge the two studies instead"
        if problem := _only_paper(session, link["id"], help_):
            return problem
    return None


def _may_not_leave(session: Session, study_id: int, paper_id: int) -> str | None:
    if locking.study_of(session, paper_id) != study_id:
        return "This paper does not report the study"
    return _only_paper(session, study_id, "take its include back, or withdraw the study")


def _may_not_split(session: Session, study_id: int, chosen: set[int]) -> str | None:
    held = set(locking.papers_of(session, study_id))
    if not chosen or not chosen <= held:
        return "Choose papers of this study"
    return None if held - chosen else "One paper at least has to stay"


def _only_paper(session: Session, study_id: int, help_: str) -> str | None:
    if len(locking.papers_of(session, study_id)) > 1:
        return None
    label = session.get_one(Study, study_id).label
    return f"{_ONLY_PAPER.format(label=label)}: {help_}"


def _may_not_merge(session: Session, study_id: int, other_id: int) -> str | None:
    if study_id == other_id:
        return "Choose another study: these are one"
    stays, goes = family(session, study_id), family(session, other_id)
    for side in (stays, goes):
        if not side.members:
            return f"No paper reports “{side.label}” any more: there is nothing to merge"
    if goes.counts and not stays.counts:
        return f"“{goes.label}” counts now, and “{stays.label}” does not: the one that counts stays"
    return None


def regroupings(session: Session, study_id: int) -> list[ShownRegrouping]:
    """List how the papers of a study were put together otherwise, the newest first."""
    about = select(Regrouping).where(
        or_(Regrouping.study_id == study_id, Regrouping.other_id == study_id)
    )
    return [_shown(session, row) for row in session.scalars(about.order_by(Regrouping.id.desc()))]


def regroupings_of_paper(
    session: Session, paper_id: int, study_ids: Collection[int]
) -> list[ShownRegrouping]:
    """List how a paper was put otherwise with some studies, or taken out of them; newest first."""
    about = select(Regrouping).where(
        or_(Regrouping.study_id.in_(study_ids), Regrouping.other_id.in_(study_ids))
    )
    return [
        _shown(session, row)
        for row in session.scalars(about.order_by(Regrouping.id.desc()))
        if _moves(row.moved, paper_id)
    ]


def was_regrouped(session: Session, paper_id: int, study_id: int, *, since: datetime) -> bool:
    """Tell whether what a paper is to a study was said anew since, by whomever, and stands."""
    moved = select(Regrouping.moved).where(
        or_(Regrouping.study_id == study_id, Regrouping.other_id == study_id),
        Regrouping.at >= since,
        Regrouping.undone_at.is_(None),
    )
    return any(_moves(papers, paper_id) for papers in session.scalars(moved))


def _moves(moved: Mapping[str, Any], paper_id: int) -> bool:
    return any(one["paper"] == paper_id for one in moved["papers"])


def shown(session: Session, regrouping_id: int) -> ShownRegrouping:
    """Show one regrouping.

    Raises:
        NotFound: there is no such one.
    """
    row = session.get(Regrouping, regrouping_id)
    if row is None:
        raise NotFound(f"There is no regrouping {regrouping_id}")
    return _shown(session, row)


def _shown(session: Session, row: Regrouping) -> ShownRegrouping:
    label = _named(session, row.other_id) if row.other_id else None
    return ShownRegrouping(
        id=row.id,
        kind=row.kind,
        study=_named(session, row.study_id),
        other=label,
        reason=row.reason,
        moving=tuple(_moving(session, moved) for moved in row.moved["papers"]),
        ended=row.moved["decision"] is not None,
        at=row.at,
        by=who(session, row.by),
        undone_at=row.undone_at,
        undone_by=who(session, row.undone_by),
        hindrance=None if row.undone_at else not_undone(session, row),
    )


def _named(session: Session, study_id: int) -> tuple[int, str]:
    return study_id, session.get_one(Study, study_id).label


def _moving(session: Session, moved: regrouping.Moved) -> Moving:
    words = [_place(session, moved[name]) for name in ("was", "now")]
    paper_id = moved["paper"]
    return Moving(session.get_one(Paper, paper_id).title, paper_id, *words)


def _place(session: Session, link: dict[str, object] | None) -> str:
    if link is None:
        return "of no study"
    return f"{link['role']} of {session.get_one(Study, link['id']).label}"


def not_undone(session: Session, row: Regrouping) -> str | None:
    """Say why a regrouping cannot be undone now, and what to do first; None when it can."""
    for moved in row.moved["papers"]:
        if not regrouping.stands(session, moved):
            return _moved_on(session, row, moved["paper"])
        was = moved["was"]
        part = regrouping.part_of(session, was["id"]) if was else None
        if part is not None and part.id != row.id:
            return f"{_not_whole(session, was['id'])}. Undo that first"
    if problem := _not_whole(session, row.study_id):
        return f"{problem}. Undo that first"
    if row.kind is Regrouped.SPLIT and row.other_id:
        return _new_one_is_used(session, row, row.other_id)
    leaving = [moved["paper"] for moved in row.moved["papers"] if _leaves(moved, row.study_id)]
    if leaving and not set(locking.papers_of(session, row.study_id)) - set(leaving):
        label = session.get_one(Study, row.study_id).label
        return f"“{label}” has no other paper now: merge it with another study instead"
    return None


def _leaves(moved: regrouping.Moved, study_id: int) -> bool:
    was, now = moved["was"], moved["now"]
    return bool(now and now["id"] == study_id and (was is None or was["id"] != study_id))


def _moved_on(session: Session, row: Regrouping, paper_id: int) -> str:
    paper = session.get_one(Paper, paper_id)
    if paper.merged_into_id:
        kept = linking.current(session, paper_id)
        return f"“{paper.title}” has become one with “{kept.title}” since: undo that first"
    later = select(Regrouping).where(Regrouping.id > row.id, Regrouping.undone_at.is_(None))
    for newer in session.scalars(later.order_by(Regrouping.id.desc())):
        if paper_id in {moved["paper"] for moved in newer.moved["papers"]}:
            return f"“{paper.title}” was moved again since, for: {newer.reason}. Undo that first"
    return f"“{paper.title}” reports something else by now: attach it where it belongs"


def _new_one_is_used(session: Session, row: Regrouping, study_id: int) -> str | None:
    label = session.get_one(Study, study_id).label
    judged = any(
        session.scalar(select(table.study_id).where(table.study_id == study_id).limit(1))
        for table in (Appraisal, Decision, ReadingDraft)
    )
    if judged:
        return f"Somebody has begun to appraise “{label}” since: merge the two studies instead"
    came = set(locking.papers_of(session, study_id)) - {m["paper"] for m in row.moved["papers"]}
    if came:
        title = session.get_one(Paper, min(came)).title
        return f"“{title}” was attached to “{label}” since: undo that first"
    return None


def _begun(session: Session, study_id: int) -> int:
    begun = select(func.count()).select_from(ReadingDraft).where(ReadingDraft.study_id == study_id)
    return session.scalar(begun) or 0
