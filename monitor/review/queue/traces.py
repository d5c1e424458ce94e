"""How one paper stands, and which of the things that few papers have there are of it: one statement.

Whoever shows a paper reads only those that are there.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select
from sqlalchemy.orm import Session

from monitor.kernel.audit import AuditEntry
from monitor.kernel.persistence.columnar import ask
from monitor.literature.papers import statements
from monitor.literature.tables import Paper, PaperLink, PaperMerge, PaperStatement, PaperTrial
from monitor.review.queue import entries
from monitor.review.queue.entries import PUT_BACK, QueueItemView
from monitor.review.queue.screening import SET_ASIDE
from monitor.review.tables import Screening, StudyAlert


@dataclass(frozen=True, slots=True)
class Traces:
    """What there is of a paper, and its ``place`` in the queue; None: it was never queued.

    ``screened``: verdicts, on what became one with it too; ``merged``: others into it; ``linked``:
    with others; ``alerted``: alerts wait; ``set_aside``, ``put_back``: so the ledger says;
    ``spoken_of``: perhaps, see ``statements.perhaps_spoken_of``; ``speaks``: of others, or of its
    own retraction; ``registers``: it is a trial's registration.
    """

    place: QueueItemView | None
    screened: bool
    merged: bool
    linked: bool
    alerted: bool
    set_aside: bool
    put_back: bool
    spoken_of: bool
    speaks: bool
    registers: bool


# Built once: putting a statement together costs more than running it.
_paper_id: BindParameter[Any] = bindparam("paper_id", type_=Paper.id.type)
_later = select(Screening.id).join(Paper, Paper.id == Screening.paper_id)
_told = select(AuditEntry.seq).where(AuditEntry.subject == bindparam("subject"))
_TRACES = entries.ITEM.add_columns(
    or_(
        select(Screening.id).where(Screening.paper_id == _paper_id).exists(),
        _later.where(Paper.merged_into_id == _paper_id).exists(),
    ).label("screened"),
    select(PaperMerge.id).where(PaperMerge.kept_id == _paper_id).exists().label("merged"),
    or_(
        select(PaperLink.id).where(PaperLink.paper_id == _paper_id).exists(),
        select(PaperLink.id).where(PaperLink.other_id == _paper_id).exists(),
    ).label("linked"),
    select(StudyAlert.id)
    .where(StudyAlert.paper_id == _paper_id, StudyAlert.closed_at.is_(None))
    .exists()
    .label("alerted"),
    _told.where(AuditEntry.action == SET_ASIDE).exists().label("set_aside"),
    _told.where(AuditEntry.action.in_(PUT_BACK)).exists().label("put_back"),
    statements.is_perhaps_spoken_of(_paper_id).label("spoken_of"),
    select(PaperStatement.kind)
    .where(PaperStatement.paper_id == _paper_id)
    .exists()
    .label("speaks"),
    select(PaperTrial.paper_id).where(PaperTrial.paper_id == _paper_id).exists().label("registers"),
)
_FLAGS = (
    "screened", "merged", "linked", "alerted", "set_aside", "put_back", "spoken_of", "speaks",
    "registers",
)  # fmt: skip


def traces_of(session: Session, paper_id: int) -> Traces:
    """Tell how a paper that there is stands, and what there is of it."""
    row = ask(session, _TRACES, {"paper_id": paper_id, "subject": f"paper:{paper_id}"}).one()
    flags = {name: bool(row._mapping[name]) for name in _FLAGS}
    return Traces(place=entries.place_of(row), **flags)
