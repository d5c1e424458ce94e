"""Papers that nobody need screen since the review's own table names them, and those it no longer does.

A person may always put one back (``screening.reopen``): what reviewers read of it is never lost.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.audit import AuditEntry
from monitor.review import locking
from monitor.review.queue.screening import enqueue, last_screening
from monitor.review.words import OPEN, Stage

_SPARED, _ASKED_AGAIN = "paper.in-review", "paper.no-longer-in-review"


def spare(session: Session, paper_ids: Sequence[int], *, by: str, at: datetime) -> list[int]:
    """Take papers out of the open queue; gives those taken out. ``by`` is an audit actor."""
    items = locking.hold_items(session, paper_ids) if paper_ids else {}
    spared = [item for item in items.values() if item.stage in OPEN]
    for item in spared:
        locking.move(item, Stage.EXCLUDED, at)
        _record(session, item.paper_id, _SPARED, by, at)
    return [item.paper_id for item in spared]


def ask_again(session: Session, paper_ids: Sequence[int], *, by: str, at: datetime) -> None:
    """Let papers be screened that were spared, or never queued; what a person said stands."""
    items = locking.hold_items(session, paper_ids) if paper_ids else {}
    for item in items.values():
        spared = item.stage is Stage.EXCLUDED and _is_spared(session, item.paper_id)
        if spared and last_screening(session, item.paper_id) is None:
            locking.move(item, Stage.TO_SCREEN, at)
            _record(session, item.paper_id, _ASKED_AGAIN, by, at)
    enqueue(session, [paper_id for paper_id in paper_ids if paper_id not in items], at=at)


def _is_spared(session: Session, paper_id: int) -> bool:
    newest = session.scalar(
        select(AuditEntry.action)
        .where(
            AuditEntry.subject == f"paper:{paper_id}",
            AuditEntry.action.in_([_SPARED, _ASKED_AGAIN, "paper.reopened"]),
        )
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
    return newest == _SPARED


def _record(session: Session, paper_id: int, action: str, by: str, at: datetime) -> None:
    audit.record(session, at=at, actor=by, action=action, subject=f"paper:{paper_id}")
