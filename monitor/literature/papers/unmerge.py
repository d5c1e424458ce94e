"""A merge taken back: both papers have what they had, and what came since goes where it belongs.

The queue, and who may ask for it, are the caller's. What people said of a paper stays with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.feeds.storage.citations import from_json
from monitor.feeds.tables import Record
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, NotFound
from monitor.kernel.persistence.database import affected
from monitor.literature.dedup.identity import own_and_all_named
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import linking, merging, regrouping, resolve
from monitor.literature.papers.precedence import cleaned
from monitor.literature.papers.reconcile import read_anew
from monitor.literature.papers.settling import one_at_a_time
from monitor.literature.tables import (
    Paper,
    PaperIdentifier,
    PaperLink,
    PaperMerge,
    PaperRecord,
    PaperRegistration,
    StudyPaper,
)
from monitor.literature.words import LinkState, Relation


@dataclass(slots=True)
class _Share:
    """What belongs to one of the two papers."""

    records: set[int]
    identifiers: set[Identifier]
    registrations: set[Identifier]

    @classmethod
    def of(cls, had: dict[str, Any]) -> "_Share":
        return cls(
            set(had["records"]),
            _identifiers(had["identifiers"]),
            _identifiers(had["registrations"]),
        )


def hold(session: Session, merge_id: int) -> PaperMerge:
    """Read a merge, and keep others from taking it back.

    Raises:
        NotFound: no such merge.
    """
    one_at_a_time(session)
    merge = session.get(PaperMerge, merge_id, populate_existing=True, with_for_update=True)
    if merge is None:
        raise NotFound(f"there is no merge {merge_id}")
    return merge


def hindrance(session: Session, merge: PaperMerge) -> str | None:
    """Say why a merge cannot be taken back now, and what to do first; None when it can."""
    kept = session.get_one(Paper, merge.kept_id)
    if kept.merged_into_id:
        other = session.get_one(Paper, kept.merged_into_id)
        return f"The paper that stayed has itself become one with “{other.title}”: undo that first"
    study = merge.moved["study"]
    if study and not merge.moved["kept"]["study"]:
        now = merging.study_link(session, merge.kept_id)
        if now is None or now["id"] != regrouping.current_study(session, study["id"]):
            return "The paper that stayed was put with another study since: undo that first"
        for later in _later(session, merge):
            if later.moved["study"] and later.moved["study"]["id"] == study["id"]:
                other = session.get_one(Paper, later.gone_id)
                return (
                    f"“{other.title}” joined it later and reports the same study: undo that first"
                )
    return None


def undo(session: Session, merge: PaperMerge, *, matcher: Matcher, by: str, at: datetime) -> None:
    """Take a merge back that is held. No job makes the two papers one again.

    Raises:
        Conflict: it was taken back before, or something else has to be first.
    """
    if merge.undone_at:
        raise Conflict(f"merge {merge.id} was undone before")
    if reason := hindrance(session, merge):
        raise Conflict(reason)
    kept, gone = (session.get_one(Paper, paper_id) for paper_id in (merge.kept_id, merge.gone_id))
    session.flush()
    back = _part(session, merge)
    _move_back(session, kept, gone, back)
    _return_study(session, merge)
    gone.merged_into_id = None
    gone.changed_at = at
    gone.read_by = 0  # its matches and keys went with the merge: they are read again
    merge.undone_at, merge.undone_by = at, by
    session.flush()
    _tell_apart(session, merge, by, at)
    for paper in (kept, gone):
        read_anew(session, paper, matcher, at=at)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=by,
        action="paper.parted",
        subject=f"paper:{kept.id}",
        merge=merge.id,
        gone=gone.id,
        records=sorted(back.records),
        identifiers=merging.pairs(back.identifiers),
    )


def _later(session: Session, merge: PaperMerge) -> list[PaperMerge]:
    """List the merges into the same paper that came later and stand."""
    return list(
        session.scalars(
            select(PaperMerge).where(
                PaperMerge.kept_id == merge.kept_id,
                PaperMerge.id > merge.id,
                PaperMerge.undone_at.is_(None),
            )
        )
    )


def _part(session: Session, merge: PaperMerge) -> _Share:
    """Say what goes back: what moved, and what came since and belongs to it."""
    back, stays = _Share.of(merge.moved), _Share.of(merge.moved["kept"])
    for later in _later(session, merge):
        share = _Share.of(later.moved)
        stays.records |= share.records
        stays.identifiers |= share.identifiers
        stays.registrations |= share.registrations
    records = select(PaperRecord.record_id).where(PaperRecord.paper_id == merge.kept_id)
    held = set(session.scalars(records))
    for record_id in sorted(held - back.records - stays.records):
        _assign(session, record_id, back, stays)
    back.records &= held
    back.identifiers -= stays.identifiers
    back.identifiers &= set(resolve.identifiers(session, merge.kept_id))
    _leave(session, merge.kept_id, stays, back)
    return back


def _assign(session: Session, record_id: int, back: _Share, stays: _Share) -> None:
    """Give a record that came since to one of the two: an earlier version tells, or a number."""
    own, named = own_and_all_named(cleaned(from_json(session.get_one(Record, record_id).citation)))
    versions = sorted(resolve.history(session, record_id), reverse=True)
    earlier = next(
        (version for version in versions if version in back.records | stays.records), None
    )
    first = next((i for i in own if i in back.identifiers | stays.identifiers), None)
    goes = earlier in back.records if earlier else first in back.identifiers
    share, other = (back, stays) if goes else (stays, back)
    share.records.add(record_id)
    share.identifiers |= set(own) - other.identifiers
    share.registrations |= set(named) - share.identifiers


def _leave(session: Session, kept_id: int, stays: _Share, back: _Share) -> None:
    """Take from the paper that stays the registrations that only the other one names."""
    lost = (back.registrations - stays.registrations) & set(resolve.registrations(session, kept_id))
    if lost:
        table = PaperRegistration
        removed = session.execute(
            delete(table).where(
                table.paper_id == kept_id,
                tuple_(table.scheme, table.value).in_([(i.scheme, i.value) for i in lost]),
            )
        )
        affected(removed, expected=len(lost), what="registrations")


def _move_back(session: Session, kept: Paper, gone: Paper, back: _Share) -> None:
    moved = session.execute(
        update(PaperRecord)
        .where(PaperRecord.paper_id == kept.id, PaperRecord.record_id.in_(back.records))
        .values(paper_id=gone.id)
    )
    affected(moved, expected=len(back.records), what="records")
    pairs = [(identifier.scheme, identifier.value) for identifier in back.identifiers]
    if pairs:
        moved = session.execute(
            update(PaperIdentifier)
            .where(
                PaperIdentifier.paper_id == kept.id,
                tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(pairs),
            )
            .values(paper_id=gone.id)
        )
        affected(moved, expected=len(pairs), what="identifiers")
    session.add_all(
        PaperRegistration(paper_id=gone.id, scheme=number.scheme, value=number.value)
        for number in back.registrations
    )


def _return_study(session: Session, merge: PaperMerge) -> None:
    """Let the paper that comes back report the study that it brought."""
    link = merge.moved["study"]
    if link is None:
        return
    study_id = regrouping.current_study(session, link["id"])
    if not merge.moved["kept"]["study"]:
        taken = session.execute(
            delete(StudyPaper).where(
                StudyPaper.paper_id == merge.kept_id, StudyPaper.study_id == study_id
            )
        )
        affected(taken, expected=1, what="link to the study")
    session.add(
        StudyPaper(
            paper_id=merge.gone_id,
            study_id=study_id,
            role=link["role"],
            linked_at=datetime.fromisoformat(link["linked_at"]),
            linked_by=link["linked_by"],
        )
    )


def _tell_apart(session: Session, merge: PaperMerge, by: str, at: datetime) -> None:
    """Write down that the two are two; what else was open between them is open again."""
    for link_id, state in merge.moved["links"]:
        link = session.get_one(PaperLink, link_id)
        if link.relation is not Relation.SAME_PAPER and state == LinkState.PROPOSED.value:
            link.state, link.settled_at, link.settled_by = LinkState.PROPOSED, None, None
    same = [
        link
        for link in linking.between(session, merge.kept_id, merge.gone_id)
        if link.relation is Relation.SAME_PAPER
    ]
    if not same:
        linking.propose(
            session, merge.kept_id, merge.gone_id, Relation.SAME_PAPER, merge.reason, at
        )
        same = linking.between(session, merge.kept_id, merge.gone_id)[-1:]
    for link in same:
        linking.settle(session, link, LinkState.REJECTED, by=by, at=at)


def _identifiers(pairs: Iterable[Iterable[str]]) -> set[Identifier]:
    return {Identifier(*pair) for pair in pairs}
