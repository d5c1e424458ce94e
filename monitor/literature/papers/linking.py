"""Two papers that belong together, or may: proposed once, settled once.

A link that a person has settled is never proposed again, nor settled otherwise by a job.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.kernel.persistence.bulk import add_all, chunks
from monitor.literature.dedup.fingerprint import Fingerprint
from monitor.literature.tables import Paper, PaperLink, PaperMerge
from monitor.literature.words import MUTUAL, LinkState, Relation

ACTOR = "job:ingest"
# What a paper of one kind is to one of no kind with its title; see fingerprint.Fingerprint.kind.
_OF_KIND = {
    "preprint": Relation.PREPRINT_OF,
    "registration": Relation.REGISTRATION_OF,
}


def relation(left: Fingerprint, right: Fingerprint) -> tuple[Relation, bool]:
    """Say what two papers that look alike may be to each other, and whether ``right`` comes first.

    "The first is (relation) the second": a preprint of its article, not the other way round.
    """
    if left.is_notice != right.is_notice:
        return Relation.NOTICE_OF, right.is_notice
    if left.is_notice:
        return Relation.SAME_PAPER, False
    if left.kind != right.kind:
        kind = next(k for k in sorted((left.kind, right.kind)) if k)
        return _OF_KIND[kind], right.kind == kind
    if left.protocol != right.protocol:
        return Relation.PROTOCOL_OF, right.protocol
    return Relation.SAME_PAPER, False


def propose(  # noqa: PLR0913 - which two, what, why
    session: Session,
    paper_id: int,
    other_id: int,
    relation: Relation,
    reason: str,
    at: datetime,
    *,
    certain: bool = False,
) -> bool:
    """Propose that "paper is (relation) other"; ``certain`` ones are confirmed at once.

    Gives back whether that is new. What was settled before stays as it is; what was proposed
    before only becomes confirmed where it is certain by now.
    """
    paper_id, other_id = ordered(paper_id, other_id, relation)
    known = _known(session, paper_id, other_id, relation)
    open_ = [link for link in known if link.state is LinkState.PROPOSED]
    if paper_id == other_id or (known and not (certain and open_)):
        return False
    link = open_[0] if open_ else _add(session, paper_id, other_id, relation, reason, at)
    link.reason = reason
    if certain:
        settle(session, link, LinkState.CONFIRMED, by=ACTOR, at=at)
    session.flush()
    return True


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link of which nothing was said before, of two papers into which none was merged."""

    paper_id: int
    other_id: int
    relation: Relation
    reason: str
    certain: bool


def propose_new(session: Session, links: Sequence[NewLink], at: datetime) -> None:
    """Propose links as ``propose`` does, in few statements: papers that name one number may be many."""
    proposed = [_columns(link, at) for link in links if not link.certain]
    add_all(session, PaperLink, proposed)
    confirmed = [
        PaperLink(**_columns(link, at), settled_at=at, settled_by=ACTOR)
        for link in links
        if link.certain
    ]
    session.add_all(confirmed)
    session.flush()
    audit.record_many(session, [_told(link) for link in confirmed], at=at, actor=ACTOR)


def _columns(link: NewLink, at: datetime) -> dict[str, Any]:
    return {
        "paper_id": link.paper_id,
        "other_id": link.other_id,
        "relation": link.relation,
        "state": LinkState.CONFIRMED if link.certain else LinkState.PROPOSED,
        "reason": link.reason,
        "proposed_at": at,
    }


def made_of_several(session: Session, papers: Collection[int]) -> set[int]:
    """Find those of some papers into which others were merged."""
    return {
        kept_id
        for some in chunks(papers)
        for kept_id in session.scalars(
            select(PaperMerge.kept_id).where(
                PaperMerge.kept_id.in_(some), PaperMerge.undone_at.is_(None)
            )
        )
    }


def _add(
    session: Session, paper_id: int, other_id: int, relation: Relation, reason: str, at: datetime
) -> PaperLink:
    link = PaperLink(
        paper_id=paper_id,
        other_id=other_id,
        relation=relation,
        state=LinkState.PROPOSED,
        reason=reason,
        proposed_at=at,
    )
    session.add(link)
    session.flush()
    return link


def ordered(paper_id: int, other_id: int, relation: Relation) -> tuple[int, int]:
    """Give two papers in the order in which their link is kept."""
    if relation in MUTUAL:
        return min(paper_id, other_id), max(paper_id, other_id)
    return paper_id, other_id


def told_apart(session: Session, left_id: int, right_id: int) -> bool:
    """Tell whether a person has said that two papers, or papers merged into them, are not one."""
    return any(
        link.relation is Relation.SAME_PAPER and link.state is LinkState.REJECTED
        for link in between(session, left_id, right_id)
    )


def settle(session: Session, link: PaperLink, state: LinkState, *, by: str, at: datetime) -> None:
    """Write down what a person, or a job that is certain, says of a link.

    What is still open between the same two in the same words is settled alike.
    """
    alike = [
        proposal
        for proposal in between(session, link.paper_id, link.other_id)
        if proposal.relation is link.relation and proposal.state is LinkState.PROPOSED
    ]
    for row in dict.fromkeys([link, *alike]):
        row.state, row.settled_at, row.settled_by = state, at, by
        action, subject, details = _told(row)
        audit.record(session, at=at, actor=by, action=action, subject=subject, **details)


def _told(link: PaperLink) -> tuple[str, str, dict[str, Any]]:
    """Say in the ledger's words what a link was settled as: action, subject, details."""
    details = {
        "paper": link.paper_id,
        "relation": link.relation.value,
        "other": link.other_id,
        "reason": link.reason,
    }
    return f"link.{link.state.value}", f"link:{link.id}", details


def between(session: Session, left_id: int, right_id: int) -> list[PaperLink]:
    """List the links between two papers, or papers merged into them, the oldest first."""
    left, right = family(session, left_id), family(session, right_id)
    there = and_(PaperLink.paper_id.in_(left), PaperLink.other_id.in_(right))
    back = and_(PaperLink.paper_id.in_(right), PaperLink.other_id.in_(left))
    return list(session.scalars(select(PaperLink).where(or_(there, back)).order_by(PaperLink.id)))


def family(session: Session, paper_id: int) -> frozenset[int]:
    """Give a paper and all that were merged into it, and into these."""
    members, newest = {paper_id}, {paper_id}
    while newest:
        gone = select(PaperMerge.gone_id).where(
            PaperMerge.kept_id.in_(newest), PaperMerge.undone_at.is_(None)
        )
        newest = set(session.scalars(gone)) - members
        members |= newest
    return frozenset(members)


def current(session: Session, paper_id: int) -> Paper:
    """Give a paper, or the one that it became.

    Raises:
        NotFound: no such paper.
    """
    paper = session.get(Paper, paper_id)
    if paper is None:
        raise NotFound(f"there is no paper {paper_id}")
    return paper if paper.merged_into_id is None else current(session, paper.merged_into_id)


def _known(session: Session, paper_id: int, other_id: int, relation: Relation) -> list[PaperLink]:
    """List what was proposed or settled before, of the two or of papers merged into them."""
    exactly = session.scalar(
        select(PaperLink).where(
            PaperLink.paper_id == paper_id,
            PaperLink.other_id == other_id,
            PaperLink.relation == relation,
        )
    )
    if exactly:
        return [exactly]
    first = family(session, paper_id)
    return [
        link
        for link in between(session, paper_id, other_id)
        if link.relation is relation and (relation in MUTUAL or link.paper_id in first)
    ]


def links_of(session: Session, paper_id: int) -> list[PaperLink]:
    """List the links of a paper, or of those merged into it, in either direction; oldest first."""
    mine = family(session, paper_id)
    either = or_(PaperLink.paper_id.in_(mine), PaperLink.other_id.in_(mine))
    return list(session.scalars(select(PaperLink).where(either).order_by(PaperLink.id)))
