"""What a reviewer has answered so far of a study: kept at each step, seen by nobody else.

A draft starts from the frame of what a colleague has set up or the round before has settled, from
one's own earlier appraisal where that is to be changed, or, to settle, from what the two have in
common.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from monitor.accounts.retention import UNSENT
from monitor.accounts.tables import User
from monitor.catalogue.shapes.tools import Tool
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.database import affected
from monitor.review import locking
from monitor.review.appraisal import given, rounds
from monitor.review.reading.differences import common
from monitor.review.reading.frame import frame
from monitor.review.reading.model import Arm, Reading, from_json, to_json
from monitor.review.tables import Appraisal, ReadingDraft


@dataclass(frozen=True, slots=True)
class ReadingInTheMaking:
    """A reading in the making. ``version`` 0 and no ``saved_at``: nothing is kept yet."""

    reading: Reading
    version: int
    saved_at: datetime | None


def draft(
    session: Session,
    *,
    study_id: int,
    by: User,
    tools: Mapping[str, Tool],
    screened_for: tuple[str, ...] = (),
) -> ReadingInTheMaking:
    """Give what this person has answered so far, or what they start from.

    ``screened_for``: the interventions that the including reviewers named. Each is offered as a
    group, and nothing else of it is filled in.
    """
    kept = _kept(session, study_id, by)
    if kept is not None:
        return ReadingInTheMaking(from_json(kept.reading), kept.version, kept.saved_at)
    return ReadingInTheMaking(_start(session, study_id, by, tools, screened_for), 0, None)


def to_hand_in(
    session: Session,
    *,
    study_id: int,
    token: str,
    by: User,
    tools: Mapping[str, Tool],
    version: int,
) -> Reading:
    """Give what a form hands in: the draft that it was shown with, or what it has recorded already.

    Raises:
        NotFound: there is no such study.
        Conflict: the draft was changed since the form was shown.
    """
    locking.hold_study(session, study_id)
    own = select(Appraisal).where(
        Appraisal.token == token,
        Appraisal.study_id == study_id,
        Appraisal.reviewer_id == by.id,
    )
    recorded = session.scalar(own)
    if recorded is not None:  # a double click: the draft is gone
        return given.reading_of(recorded)
    shown = draft(session, study_id=study_id, by=by, tools=tools)
    if shown.version != version:
        raise Conflict(
            "You have changed this appraisal in another tab or browser since this page was shown. "
            "Nothing was handed in. It is shown as it is now: check it again"
        )
    return shown.reading


def require_not_overtaken(session: Session, study_id: int, by: User) -> None:
    """Refuse to go on with a draft of before two had appraised and differed.

    It was begun as an appraisal of its own, or settles what has been changed since: who settles
    has seen the two as they are, and answers the differences.

    Raises:
        Conflict: says where to go on.
    """
    kept = _kept(session, study_id, by)
    if kept is None or not given.is_open(session, study_id):
        return
    if kept.saved_at < max(appraisal.at for appraisal in given.pair(session, study_id)):
        raise Conflict(
            "Since you saved this, an appraisal of this study was handed in, and two differ. "
            "Nothing was recorded now. Open the study and settle what they see differently"
        )


def keep(  # noqa: PLR0913 - whose form, of what
    session: Session,
    *,
    study_id: int,
    by: User,
    reading: Reading,
    version: int,
    at: datetime,
    settles: bool = False,
) -> ReadingDraft:
    """Keep what is answered so far; ``version`` is the one the form was opened with.

    ``settles``: it begins to settle what two see differently, in place of what was kept before.

    Raises:
        NotFound: there is no such study.
        Conflict: another tab or browser has saved since, or two have appraised and differ since.
    """
    locking.hold_study(session, study_id)
    if not settles:
        require_not_overtaken(session, study_id, by)
    kept = _kept(session, study_id, by)
    if (kept.version if kept else 0) != version:
        raise Conflict(
            "You have saved this appraisal from another tab or browser since. What you typed here "
            "is below and not saved: open the page again in another tab and compare"
        )
    return session.merge(
        ReadingDraft(
            study_id=study_id,
            reviewer_id=by.id,
            round=rounds.current(session, study_id),
            reading=to_json(reading),
            version=version + 1,
            saved_at=at,
        )
    )


def drop(session: Session, *, study_id: int, by: User) -> None:
    """Forget a draft: it was handed in, or nobody wants it."""
    kept = session.get(ReadingDraft, (study_id, by.id))
    if kept is not None:
        session.delete(kept)
        session.flush()


def drop_old(session: Session, *, at: datetime) -> int:
    """Forget what nobody came back to for as long as an unsent form is kept; counts the drafts."""
    old = delete(ReadingDraft).where(ReadingDraft.saved_at <= at - UNSENT)
    return affected(session.execute(old.execution_options(synchronize_session=False)))


def _kept(session: Session, study_id: int, by: User) -> ReadingDraft | None:
    """Read a draft of the present round; one of an earlier round is of what was decided since."""
    kept = session.get(ReadingDraft, (study_id, by.id), populate_existing=True)
    return kept if kept and kept.round == rounds.current(session, study_id) else None


def _start(
    session: Session,
    study_id: int,
    by: User,
    tools: Mapping[str, Tool],
    screened_for: tuple[str, ...],
) -> Reading:
    two = given.pair(session, study_id)
    own = next((appraisal for appraisal in two if appraisal.reviewer_id == by.id), None)
    if len(two) == given.PAIR and (own is None or given.is_open(session, study_id)):
        first, second = (given.reading_of(appraisal) for appraisal in two)
        return common(first, second, tools)
    if own is not None:
        return given.reading_of(own)
    if two:
        return frame(given.reading_of(two[0]))
    begun = _frame_of_draft(session, study_id) or _frame_of_last_round(session, study_id)
    return begun or Reading(
        arms=tuple(
            Arm(key=f"a{number}", intervention=slug)
            for number, slug in enumerate(screened_for, start=1)
        )
    )


def _frame_of_last_round(session: Session, study_id: int) -> Reading | None:
    """Take over the groups and results of the round before, to be judged anew; None: there are none."""
    before = rounds.current(session, study_id) - 1
    if before < 1:
        return None
    settled, two = given.consensus(session, study_id, before), given.pair(session, study_id, before)
    if settled is not None:
        earlier = frame(from_json(settled.reading))
    else:
        earlier = frame(given.reading_of(two[0])) if two else Reading()
    return earlier if earlier.arms else None


def _frame_of_draft(session: Session, study_id: int) -> Reading | None:
    """Take over the frame that a colleague has begun, so that both judge the same results."""
    others = select(ReadingDraft).where(
        ReadingDraft.study_id == study_id, ReadingDraft.round == rounds.current(session, study_id)
    )
    begun = session.scalars(others.order_by(ReadingDraft.saved_at)).first()
    return frame(from_json(begun.reading)) if begun else None
