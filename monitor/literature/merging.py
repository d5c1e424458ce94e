"""Two papers found to be one. Nothing is lost: what moved is written in the audit ledger."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.database import affected
from monitor.kernel.errors import Conflict
from monitor.literature import joining, linking
from monitor.literature.identity import same_title, strongest_first
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperRecord,
    PaperRegistration,
    StudyPaper,
)


def objection(session: Session, one: Paper, other: Paper) -> str | None:
    """Say why two papers may not become one without a person; None when they may."""
    if not same_title(one.title, other.title):
        return "their titles differ"
    if linking.told_apart(session, one.id, other.id):
        return "a person said that they are two"
    if len(set(_studies(session, one, other).values())) > 1:
        return "each belongs to a study of its own"
    return None


def older_first(session: Session, one: Paper, other: Paper) -> tuple[Paper, Paper]:
    """Say which paper stays and which goes: people's work stays, else the older."""
    studies = _studies(session, one, other)
    kept, gone = sorted((one, other), key=lambda paper: (paper.id not in studies, paper.id))
    return kept, gone


def fold_into(
    session: Session, *, kept: Paper, gone: Paper, reason: str, by: str, at: datetime
) -> None:
    """Give ``kept`` everything ``gone`` has. The caller reads the kept paper's words anew.

    Raises:
        Conflict: one of them has been merged already, or they are one, or both have studies.
    """
    if kept.id == gone.id or kept.merged_into_id or gone.merged_into_id:
        raise Conflict(f"papers {kept.id} and {gone.id} cannot be merged: they are one already")
    if len(set(_studies(session, kept, gone).values())) > 1:
        raise Conflict(f"papers {kept.id} and {gone.id} report different studies: decide which")
    session.flush()
    moved = {
        "identifiers": _move_identifiers(session, kept, gone),
        "records": _move_records(session, kept, gone),
        "registrations": _move_registrations(session, kept, gone),
        "study": _move_study(session, kept, gone),
    }
    affected(session.execute(delete(Match).where(Match.paper_id == gone.id)))
    gone.merged_into_id = kept.id
    gone.changed_at = at
    subject = f"paper:{kept.id}"
    audit.record(
        session,
        at=at,
        actor=by,
        action="paper.merged",
        subject=subject,
        gone=gone.id,
        reason=reason,
        **moved,
    )


def _studies(session: Session, *papers: Paper) -> dict[int, int]:
    """Give the study of each paper that has one: paper id → study id."""
    rows = session.execute(
        select(StudyPaper.paper_id, StudyPaper.study_id).where(
            StudyPaper.paper_id.in_([paper.id for paper in papers])
        )
    )
    return {row.paper_id: row.study_id for row in rows}


def _move_identifiers(session: Session, kept: Paper, gone: Paper) -> list[list[str]]:
    of_gone = PaperIdentifier.paper_id == gone.id
    held = joining.identifiers(session, gone.id)
    moved = session.execute(update(PaperIdentifier).where(of_gone).values(paper_id=kept.id))
    affected(moved, expected=len(held), what="identifiers")
    return sorted([one.scheme, one.value] for one in held)


def _move_records(session: Session, kept: Paper, gone: Paper) -> list[int]:
    of_gone = PaperRecord.paper_id == gone.id
    ids = session.scalars(select(PaperRecord.record_id).where(of_gone)).all()
    moved = session.execute(update(PaperRecord).where(of_gone).values(paper_id=kept.id))
    affected(moved, expected=len(ids), what="records")
    return sorted(ids)


def _move_registrations(session: Session, kept: Paper, gone: Paper) -> list[list[str]]:
    """Add what the kept paper does not name already; a registration may be named by both."""
    named = {paper.id: set(joining.registrations(session, paper.id)) for paper in (kept, gone)}
    removed = session.execute(
        delete(PaperRegistration).where(PaperRegistration.paper_id == gone.id)
    )
    affected(removed, expected=len(named[gone.id]), what="registrations")
    session.add_all(
        PaperRegistration(paper_id=kept.id, scheme=one.scheme, value=one.value)
        for one in strongest_first(named[gone.id] - named[kept.id])
    )
    return sorted([one.scheme, one.value] for one in named[gone.id])


def _move_study(session: Session, kept: Paper, gone: Paper) -> int | None:
    studies = _studies(session, kept, gone)
    if gone.id not in studies:
        return None
    of_gone = StudyPaper.paper_id == gone.id
    if kept.id in studies:
        affected(session.execute(delete(StudyPaper).where(of_gone)), expected=1)
    else:
        moved = session.execute(update(StudyPaper).where(of_gone).values(paper_id=kept.id))
        affected(moved, expected=1)
    return studies[gone.id]
