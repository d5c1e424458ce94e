"""Two papers that belong together, or may: proposed once, settled once.

A link that a person has settled is never proposed again, nor settled otherwise by a job.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.literature.tables import PaperLink
from monitor.literature.traits import Traits
from monitor.literature.words import MUTUAL, LinkState, Relation

ACTOR = "job:ingest"
# What a paper of one kind is to one of no kind with its title; see traits.Traits.kind.
_OF_KIND = {
    "preprint": Relation.PREPRINT_OF,
    "registration": Relation.REGISTRATION_OF,
}


def relation(one: Traits, other: Traits) -> tuple[Relation, bool]:
    """Say what two papers that look alike may be to each other, and whether the other comes first.

    "The first is (relation) the second": a preprint of its article, not the other way round.
    """
    if one.is_notice != other.is_notice:
        return Relation.NOTICE_OF, other.is_notice
    if one.is_notice:
        return Relation.SAME_PAPER, False
    if one.kind != other.kind:
        kind = next(k for k in sorted((one.kind, other.kind)) if k)
        return _OF_KIND[kind], other.kind == kind
    if one.protocol != other.protocol:
        return Relation.PROTOCOL_OF, other.protocol
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

    Gives back whether that is new; what was proposed or settled before stays as it is.
    """
    if relation in MUTUAL:
        paper_id, other_id = sorted((paper_id, other_id))
    if paper_id == other_id or _known(session, paper_id, other_id, relation):
        return False
    session.add(
        PaperLink(
            paper_id=paper_id,
            other_id=other_id,
            relation=relation,
            state=LinkState.CONFIRMED if certain else LinkState.PROPOSED,
            reason=reason,
            proposed_at=at,
            settled_at=at if certain else None,
            settled_by=ACTOR if certain else None,
        )
    )
    session.flush()
    return True


def told_apart(session: Session, one_id: int, other_id: int) -> bool:
    """Tell whether a person has said that two papers are not the same."""
    first, second = sorted((one_id, other_id))
    found = _known(session, first, second, Relation.SAME_PAPER)
    return found is not None and found.state is LinkState.REJECTED


def _known(session: Session, paper_id: int, other_id: int, relation: Relation) -> PaperLink | None:
    return session.scalar(
        select(PaperLink).where(
            PaperLink.paper_id == paper_id,
            PaperLink.other_id == other_id,
            PaperLink.relation == relation,
        )
    )


def links_of(session: Session, paper_id: int) -> list[PaperLink]:
    """List the links of a paper, in either direction, the oldest first."""
    mine = or_(PaperLink.paper_id == paper_id, PaperLink.other_id == paper_id)
    return list(session.scalars(select(PaperLink).where(mine).order_by(PaperLink.id)))
