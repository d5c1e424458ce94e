"""Two papers found to be one. Nothing is lost: all that moved is written down with the merge."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.database import affected
from monitor.literature.dedup.identity import same_title, strongest_first
from monitor.literature.papers import linking, resolve
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperKey,
    PaperMerge,
    PaperRecord,
    PaperRegistration,
    PaperStatement,
    StudyPaper,
)
from monitor.literature.words import LinkState, Relation


def objection(session: Session, left: Paper, right: Paper) -> str | None:
    """Say why two papers may not become one without a person; None when they may."""
    if not same_title(left.title, right.title):
        return "their titles differ"
    if linking.told_apart(session, left.id, right.id):
        return "a person said that they are two"
    if len(set(_studies(session, left, right).values())) > 1:
        return "each belongs to a study of its own"
    return None


def older_first(session: Session, one: Paper, other: Paper) -> tuple[Paper, Paper]:
    """Say which paper stays and which goes: people's work stays, else the older."""
    studies = _studies(session, one, other)
    kept, gone = sorted((one, other), key=lambda paper: (paper.id not in studies, paper.id))
    return kept, gone


def fold_into(
    session: Session, *, kept: Paper, gone: Paper, reason: str, by: str, at: datetime
) -> PaperMerge:
    """Give ``kept`` everything ``gone`` has. The caller reads the kept paper's words anew.

    What moved, and what the kept paper had, is written down: ``parting.undo`` takes it back.

    Raises:
        Conflict: one of them has been merged already, or they are one, or both have studies.
    """
    if kept.id == gone.id or kept.merged_into_id or gone.merged_into_id:
        raise Conflict(f"papers {kept.id} and {gone.id} cannot be merged: they are one already")
    if len(set(_studies(session, kept, gone).values())) > 1:
        raise Conflict(f"papers {kept.id} and {gone.id} report different studies: decide which")
    session.flush()
    before = {"kept": _had(session, kept), "links": _settle_links(session, kept, gone, by, at)}
    moved = {
        "identifiers": _move_identifiers(session, kept, gone),
        "records": _move_records(session, kept, gone),
        "registrations": _move_registrations(session, kept, gone),
        "study": _move_study(session, kept, gone),
    }
    for table in (Match, PaperKey, PaperStatement):
        affected(session.execute(delete(table).where(table.paper_id == gone.id)))
    gone.merged_into_id = kept.id
    gone.changed_at = at
    merge = PaperMerge(
        kept_id=kept.id, gone_id=gone.id, reason=reason, moved=moved | before, at=at, by=by
    )
    session.add(merge)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=by,
        action="paper.merged",
        subject=f"paper:{kept.id}",
        merge=merge.id,
        gone=gone.id,
        reason=reason,
        **moved,
    )
    return merge


def study_link(session: Session, paper_id: int) -> dict[str, Any] | None:
    """Write down which study a paper reports, and how; None where it reports none."""
    columns = (StudyPaper.study_id, StudyPaper.role, StudyPaper.linked_at, StudyPaper.linked_by)
    link = session.execute(select(*columns).where(StudyPaper.paper_id == paper_id)).one_or_none()
    if link is None:
        return None
    return {
        "id": link.study_id,
        "role": link.role,
        "linked_at": link.linked_at.isoformat(),
        "linked_by": link.linked_by,
    }


def pairs(identifiers: Iterable[Identifier]) -> list[list[str]]:
    """Write identifiers as JSON keeps them, in order."""
    return sorted([one.scheme, one.value] for one in identifiers)


def _had(session: Session, paper: Paper) -> dict[str, Any]:
    """Write down what a paper has of its own, before another's is added."""
    records = select(PaperRecord.record_id).where(PaperRecord.paper_id == paper.id)
    return {
        "identifiers": pairs(resolve.identifiers(session, paper.id)),
        "records": sorted(session.scalars(records)),
        "registrations": pairs(resolve.registrations(session, paper.id)),
        "study": study_link(session, paper.id),
    }


def _settle_links(
    session: Session, kept: Paper, gone: Paper, by: str, at: datetime
) -> list[list[Any]]:
    """Settle what was open or denied between the two: they are one. Gives what it was."""
    told = {
        link: LinkState.CONFIRMED if link.relation is Relation.SAME_PAPER else LinkState.REJECTED
        for link in linking.between(session, kept.id, gone.id)
        if link.relation is Relation.SAME_PAPER or link.state is LinkState.PROPOSED
    }
    changing = {link: state for link, state in told.items() if link.state is not state}
    before = [[link.id, link.state.value] for link in changing]
    for link, state in changing.items():
        linking.settle(session, link, state, by=by, at=at)
    return before


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
    held = resolve.identifiers(session, gone.id)
    moved = session.execute(update(PaperIdentifier).where(of_gone).values(paper_id=kept.id))
    affected(moved, expected=len(held), what="identifiers")
    return pairs(held)


def _move_records(session: Session, kept: Paper, gone: Paper) -> list[int]:
    of_gone = PaperRecord.paper_id == gone.id
    ids = session.scalars(select(PaperRecord.record_id).where(of_gone)).all()
    moved = session.execute(update(PaperRecord).where(of_gone).values(paper_id=kept.id))
    affected(moved, expected=len(ids), what="records")
    return sorted(ids)


def _move_registrations(session: Session, kept: Paper, gone: Paper) -> list[list[str]]:
    """Add what the kept paper does not name already; a registration may be named by both."""
    named = {paper.id: set(resolve.registrations(session, paper.id)) for paper in (kept, gone)}
    removed = session.execute(
        delete(PaperRegistration).where(PaperRegistration.paper_id == gone.id)
    )
    affected(removed, expected=len(named[gone.id]), what="registrations")
    session.add_all(
        PaperRegistration(paper_id=kept.id, scheme=number.scheme, value=number.value)
        for number in strongest_first(named[gone.id] - named[kept.id])
    )
    return pairs(named[gone.id])


def _move_study(session: Session, kept: Paper, gone: Paper) -> dict[str, Any] | None:
    """Let the kept paper report what the other did; one link of two to the same study goes."""
    link = study_link(session, gone.id)
    if link is None:
        return None
    of_gone = StudyPaper.paper_id == gone.id
    if study_link(session, kept.id):
        affected(session.execute(delete(StudyPaper).where(of_gone)), expected=1)
    else:
        moved = session.execute(update(StudyPaper).where(of_gone).values(paper_id=kept.id))
        affected(moved, expected=1)
    return link
