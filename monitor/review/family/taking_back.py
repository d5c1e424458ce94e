"""An include taken back by whoever gave it, while nothing rests on it. Decides nothing.

A study that was made of the paper alone stays without it, so that its number is never given to
another; nobody can appraise a study that no paper reports. Of a study with other papers a further
report is taken back where no result of the study changes by it. Everything else is done under the
papers of the study (``regrouping``), where what follows is said first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Row, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.database import affected
from monitor.literature.tables import Study, StudyPaper
from monitor.literature.words import PaperRole
from monitor.review import locking, rules
from monitor.review.alerts import opening
from monitor.review.family import compare
from monitor.review.family.rules import Report, brings_results
from monitor.review.queue.entries import TAKEN_BACK
from monitor.review.queue.screening import with_merged
from monitor.review.tables import Appraisal, Decision, QueueItem, Screening
from monitor.review.words import OPEN, ScreeningVerdict, Stage

_NOT_INCLUDED = "This paper is not included"
_NOT_YOURS = "Only whoever included a paper takes that back"
_ACTED_ON = "Somebody has acted on it since: exclude it by what you appraise, or withdraw the study"
_TAKE_OUT = "take it out under “Papers of {label}”, where what follows is said first"
_MOVED = "What it is to “{label}” was said anew since: " + _TAKE_OUT
_JOINED = "Other papers were joined to “{label}”, which was made of it: " + _TAKE_OUT
_JUDGED = "“{label}” was appraised or decided since, perhaps by this paper too: " + _TAKE_OUT
_DATED = "“{label}” counts, and its first results would have another date: " + _TAKE_OUT


@dataclass(frozen=True, slots=True)
class TakingBackHindrance:
    """Why somebody cannot take an include back, and what helps.

    ``may_be_taken_out``: under the papers of its study, by anybody who reviews.
    """

    words: str
    may_be_taken_out: bool = False


@dataclass(frozen=True, slots=True)
class IncludeTakenBack:
    """A paper put back to be screened, and the study that goes on without it."""

    item: QueueItem
    study_id: int


def take_back(
    session: Session, *, paper_id: int, reason: str, by: User, version: int, at: datetime
) -> IncludeTakenBack:
    """Put an included paper back to be screened; its study goes on without it.

    Raises:
        NotFound: the paper is not in the queue.
        InvalidInput: no reason is given.
        Conflict: it cannot be taken back, and what helps; it has moved on since ``version``, or
            ``by`` may not review.
    """
    study_id = locking.study_of(session, paper_id)
    if study_id is not None:
        locking.hold_study(session, study_id)  # before its papers, as those who appraise it
    item = locking.hold_item(session, paper_id)
    locking.require_reviewer(session, by)
    reason = rules.plain(reason)
    rules.check_text(reason, field="reason", missing="Say why: colleagues read it later")
    if item.version != version or locking.study_of(session, paper_id) != study_id:
        raise Conflict("This paper has changed since you opened it. Open it again")
    if problem := hindrance(session, paper_id, item.stage, by.id):
        raise Conflict(problem.words)
    assert study_id is not None  # noqa: S101 - it is included; tells mypy
    gone = session.execute(delete(StudyPaper).where(StudyPaper.paper_id == paper_id))
    affected(gone, expected=1, what="link of the paper to its study")
    opening.follow_paper(session, paper_id, left=study_id, came_to=None, at=at)
    locking.move(item, Stage.TO_SCREEN, at)
    audit.record(
        session,
        at=at,
        actor=actors.of_user(by.id),
        action=TAKEN_BACK,
        subject=f"paper:{paper_id}",
        reason=reason,
        study=study_id,
    )
    return IncludeTakenBack(item, study_id)


def hindrance(
    session: Session, paper_id: int, stage: Stage, user_id: int
) -> TakingBackHindrance | None:
    """Say why somebody cannot take the include of a paper back; None where they can.

    One statement, save for a further report: the page of a paper asks whoever included it each time.
    """
    include = session.execute(_INCLUDE, {"paper_id": paper_id}).one_or_none()
    if include is None or stage in {*OPEN, Stage.EXCLUDED}:
        return TakingBackHindrance(_NOT_INCLUDED)
    if (include.reviewer_id, include.paper_id) != (user_id, paper_id):
        return TakingBackHindrance(_NOT_YOURS)
    if include.papers == 1:
        return TakingBackHindrance(_ACTED_ON) if include.acted_on else None
    problem = _of_several(session, paper_id, include)
    if problem is None:
        return None
    label = session.get_one(Study, include.study_id).label
    return TakingBackHindrance(problem.format(label=label), may_be_taken_out=True)


_paper_id: BindParameter[int] = bindparam("paper_id", type_=Integer)
_its = aliased(StudyPaper)
# the newest verdict on a paper, where it includes it, with what the study that it reports has since
_INCLUDE = (
    select(
        Screening.reviewer_id,
        Screening.paper_id,
        Screening.at,
        StudyPaper.study_id,
        StudyPaper.role,
        StudyPaper.linked_at,
        StudyPaper.linked_by,
        select(func.count())
        .where(_its.study_id == StudyPaper.study_id)
        .scalar_subquery()
        .label("papers"),
        or_(  # one's own appraisal is kept too
            select(Appraisal.id)
            .where(Appraisal.study_id == StudyPaper.study_id, Appraisal.at >= Screening.at)
            .exists(),
            select(Decision.id)
            .where(Decision.study_id == StudyPaper.study_id, Decision.at >= Screening.at)
            .exists(),
        ).label("acted_on"),
    )
    .join(StudyPaper, StudyPaper.paper_id == _paper_id)
    .where(
        Screening.id
        == select(func.max(Screening.id))
        .where(Screening.paper_id.in_(with_merged(_paper_id)))
        .scalar_subquery(),
        Screening.verdict == ScreeningVerdict.INCLUDE,
    )
)


def _of_several(session: Session, paper_id: int, include: Row[*tuple[Any, ...]]) -> str | None:
    """Say why a paper of a study that has others cannot be taken back."""
    if include.linked_by != include.reviewer_id or include.linked_at > include.at:
        return _MOVED
    if compare.was_regrouped(session, paper_id, include.study_id, since=include.at):
        return _MOVED
    if include.role == PaperRole.MAIN:
        return _JOINED
    if include.acted_on:
        return _JUDGED
    return _DATED if _dates_a_study_that_counts(session, paper_id, include.study_id) else None


def _dates_a_study_that_counts(session: Session, paper_id: int, study_id: int) -> bool:
    """Tell whether a study counts whose first results have another date without the paper."""
    if locking.standing_of(session, study_id) is not Stage.ACCEPTED:
        return False
    reports = compare.reports(session, study_id)
    without = [report for report in reports if report.paper_id != paper_id]
    return rules.first_published(_dates(reports)) != rules.first_published(_dates(without))


def _dates(reports: Sequence[Report]) -> list[tuple[int | None, date | None]]:
    return [(one.year, one.published) for one in reports if brings_results(one.role)]
