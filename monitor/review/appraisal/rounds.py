"""The rounds of a study: which one is open, and opening another. Decides nothing of the study.

A later round is for a correction, a new report or a new tool. What was settled before it counts
until the new round is decided.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.review import locking, rules
from monitor.review.tables import Round


def rounds(session: Session, study_id: int) -> list[Round]:
    """List the later rounds of a study, in their order."""
    later = select(Round).where(Round.study_id == study_id).order_by(Round.number)
    return list(session.scalars(later))


def current(session: Session, study_id: int) -> int:
    """Give the number of the round that appraisals belong to now."""
    return locking.round_of(session, study_id)[0]


def tool_chosen(session: Session, study_id: int) -> str:
    """Name the tool that a lead chose for the present round; empty: the one in force."""
    later = rounds(session, study_id)
    return later[-1].tool if later else ""


def open_round(  # noqa: PLR0913 - the form's fields
    session: Session,
    *,
    study_id: int,
    reason: str,
    by: User,
    at: datetime,
    tool: str = "",
    fitting: Collection[str] = (),
) -> Round:
    """Have a decided study appraised again, by two people; in ``tool``, one of those ``fitting``.

    Raises:
        NotFound: there is no such study.
        InvalidInput: no reason is given, or the tool does not fit the study's design.
        Conflict: it is not decided, a round is open already, no paper reports it any more, or
            ``by`` is no lead reviewer.
    """
    locking.hold_study(session, study_id)
    locking.require_lead(session, by)
    reason = rules.plain(reason)
    rules.check_text(reason, field="reason", missing="Say why it is appraised again")
    if tool and tool not in fitting:
        raise InvalidInput("Choose a tool that fits the study's design", field="tool")
    _require_decided(session, study_id)
    opened = Round(
        study_id=study_id,
        number=current(session, study_id) + 1,
        reason=reason,
        tool=tool,
        opened_by=by.id,
        opened_at=at,
    )
    session.add(opened)
    session.flush()
    locking.move_study(session, study_id, locking.stage_of(session, study_id), at)
    audit.record(
        session,
        at=at,
        actor=actors.of_user(by.id),
        action="study.round_opened",
        subject=f"study:{study_id}",
        round=opened.number,
        reason=reason,
        tool=tool,
    )
    return opened


def close(session: Session, study_id: int, at: datetime) -> None:
    """Close the round that is open, if one is: it is decided."""
    for later in rounds(session, study_id):
        if later.closed_at is None:
            later.closed_at = at


def _require_decided(session: Session, study_id: int) -> None:
    number, is_open = locking.round_of(session, study_id)
    if is_open:
        raise Conflict(f"Round {number} of this study is open: it is not decided yet")
    if not locking.papers_of(session, study_id):
        raise Conflict("No paper reports this study any more: there is nothing to appraise")
