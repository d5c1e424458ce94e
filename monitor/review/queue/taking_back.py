"""An include taken back by whoever gave it, until a second person has acted on it. Decides nothing.

The study stays without the paper, so that its number is never given to another; nobody can appraise
a study that no paper reports.
"""

from datetime import datetime

from sqlalchemy import BindParameter, Integer, bindparam, delete, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.database import affected
from monitor.literature.tables import StudyPaper
from monitor.review import locking, rules
from monitor.review.queue.entries import TAKEN_BACK
from monitor.review.queue.screening import last_screening, with_merged
from monitor.review.tables import Appraisal, Decision, QueueItem, Screening
from monitor.review.words import OPEN, ScreeningVerdict, Stage

_NOT_YOURS = "Only whoever included a paper takes that back"
_ACTED_ON = "Somebody has acted on it since: exclude it by what you appraise, or withdraw the study"
_JOINED = "Other papers were joined to its study since: it cannot be taken out by itself"


def take_back(
    session: Session, *, paper_id: int, reason: str, by: User, version: int, at: datetime
) -> QueueItem:
    """Put an included paper back to be screened; its study goes on without it.

    Raises:
        NotFound: the paper is not in the queue.
        InvalidInput: no reason is given.
        Conflict: ``by`` did not include it, somebody has acted on it since, it has moved on since
            ``version``, or ``by`` may not review.
    """
    item = locking.hold_item(session, paper_id)
    locking.require_reviewer(session, by)
    reason = rules.plain(reason)
    rules.check_text(reason, field="reason", missing="Say why: colleagues read it later")
    study_id = locking.study_of(session, paper_id)
    if study_id is not None:
        locking.hold_study(session, study_id)
    if item.version != version:
        raise Conflict("This paper has changed since you opened it. Open it again")
    if problem := hindrance(session, item, by.id):
        raise Conflict(problem)
    gone = session.execute(delete(StudyPaper).where(StudyPaper.paper_id == paper_id))
    affected(gone, expected=1, what="link of the paper to its study")
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
    return item


def hindrance(session: Session, item: QueueItem, user_id: int) -> str | None:
    """Say why somebody cannot take an include back; None where they can."""
    screening = last_screening(session, item.paper_id)
    study_id = locking.study_of(session, item.paper_id)
    is_included = screening is not None and screening.verdict is ScreeningVerdict.INCLUDE
    if not is_included or study_id is None or item.stage in {*OPEN, Stage.EXCLUDED}:
        return "This paper is not included"
    assert screening is not None  # noqa: S101 - it is included; tells mypy
    if (screening.reviewer_id, screening.paper_id) != (user_id, item.paper_id):
        return _NOT_YOURS
    if _acted_on(session, study_id, screening):
        return _ACTED_ON
    return _JOINED if _founded(session, study_id, item.paper_id) else None


def can_take_back(session: Session, paper_id: int, user_id: int) -> bool:
    """Tell whether somebody can take their include of a paper back: nothing is in ``hindrance``.

    One statement, since the paper's page asks each time.
    """
    asked = {"paper_id": paper_id, "user_id": user_id}
    return session.execute(_FREE, asked).first() is not None


_paper_id: BindParameter[int] = bindparam("paper_id", type_=Integer)
_mine, _earlier, _later = StudyPaper, aliased(StudyPaper), aliased(StudyPaper)
_its_place = tuple_(_mine.linked_at, _mine.paper_id)
_FREE = (
    select(Screening.id)
    .join(QueueItem, QueueItem.paper_id == Screening.paper_id)
    .join(_mine, _mine.paper_id == Screening.paper_id)
    .where(
        Screening.paper_id == _paper_id,
        Screening.reviewer_id == bindparam("user_id"),
        Screening.verdict == ScreeningVerdict.INCLUDE,
        Screening.id
        == select(func.max(Screening.id))
        .where(Screening.paper_id.in_(with_merged(_paper_id)))
        .scalar_subquery(),
        QueueItem.stage.not_in([*OPEN, Stage.EXCLUDED]),
        ~select(Appraisal.id)
        .where(Appraisal.study_id == _mine.study_id, Appraisal.at >= Screening.at)
        .exists(),
        ~select(Decision.id)
        .where(Decision.study_id == _mine.study_id, Decision.at >= Screening.at)
        .exists(),
        or_(
            select(_earlier.paper_id)
            .where(
                _earlier.study_id == _mine.study_id,
                tuple_(_earlier.linked_at, _earlier.paper_id) < _its_place,
            )
            .exists(),
            ~select(_later.paper_id)
            .where(_later.study_id == _mine.study_id, _later.paper_id != _paper_id)
            .exists(),
        ),
    )
)


def _acted_on(session: Session, study_id: int, screening: Screening) -> bool:
    """Tell whether anything was said of the study since; one's own appraisal is kept too."""
    appraised = select(Appraisal.id).where(
        Appraisal.study_id == study_id, Appraisal.at >= screening.at
    )
    decided = select(Decision.id).where(Decision.study_id == study_id, Decision.at >= screening.at)
    return any(session.scalar(query.limit(1)) is not None for query in (appraised, decided))


def _founded(session: Session, study_id: int, paper_id: int) -> bool:
    """Tell whether the study was made of this paper and has others by now."""
    linked = select(StudyPaper.paper_id).where(StudyPaper.study_id == study_id)
    papers = list(session.scalars(linked.order_by(StudyPaper.linked_at, StudyPaper.paper_id)))
    return len(papers) > 1 and papers[0] == paper_id
