"""Which of the things that few papers have there are of one paper: asked once, in one statement.

Whoever shows a paper reads only those that are there.
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import Session

from monitor.kernel.audit import AuditEntry
from monitor.literature.tables import Paper, PaperLink, PaperMerge
from monitor.review.tables import Screening, StudyAlert


@dataclass(frozen=True, slots=True)
class Traces:
    """What there is of a paper: verdicts (on what became one with it too), merges into it, links
    with others, alerts that wait, entries in the ledger of the audit."""

    screened: bool
    merged: bool
    linked: bool
    alerted: bool
    told: bool


_paper_id: ColumnElement[int] = bindparam("paper_id", type_=Paper.id.type)
_later = select(Screening.id).join(Paper, Paper.id == Screening.paper_id)
_TRACES = select(
    or_(
        select(Screening.id).where(Screening.paper_id == _paper_id).exists(),
        _later.where(Paper.merged_into_id == _paper_id).exists(),
    ),
    select(PaperMerge.id).where(PaperMerge.kept_id == _paper_id).exists(),
    or_(
        select(PaperLink.id).where(PaperLink.paper_id == _paper_id).exists(),
        select(PaperLink.id).where(PaperLink.other_id == _paper_id).exists(),
    ),
    select(StudyAlert.id)
    .where(StudyAlert.paper_id == _paper_id, StudyAlert.closed_at.is_(None))
    .exists(),
    select(AuditEntry.seq).where(AuditEntry.subject == bindparam("subject")).exists(),
)


def traces_of(session: Session, paper_id: int) -> Traces:
    """Tell what there is of a paper."""
    asked = {"paper_id": paper_id, "subject": f"paper:{paper_id}"}
    return Traces(*cast(tuple[bool, ...], tuple(map(bool, session.execute(_TRACES, asked).one()))))
