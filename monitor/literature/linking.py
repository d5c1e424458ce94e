"""Two papers that belong together, or may: proposed once, settled once.

A link that a person has settled is never proposed again, nor settled otherwise by a job.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.literature.tables import PaperLink
from monitor.literature.traits import Traits
from monitor.literature.words import MUTUAL, LinkState, Relation

ACTOR = "job:ingest"
# What a paper of one kind is to one of no kind with its title; see traits.Traits.kind.
_OF_KIND = {
    "preprint": Relation.PREPRINT_OF,
    "registration": Relation.REGISTRATION_OF,
    "notice": Relation.NOTICE_OF,
}


def relation(one: Traits, other: Traits) -> tuple[Relation, bool]:
    """Say what two papers that look alike may be to each other, and whether the other comes first.

    "The first is (relation) the second": a preprint of its article, not the other way round.
    """
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

    Gives back whether that is new. What was settled before stays as it is; what was proposed
    before only becomes confirmed where it is certain by now.
    """
    paper_id, other_id = ordered(paper_id, other_id, relation)
    if paper_id == other_id:
        return False
    link = _known(session, paper_id, other_id, relation)
    if link and not (certain and link.state is LinkState.PROPOSED):
        return False
    if link is None:
        link = PaperLink(
            paper_id=paper_id,
            other_id=other_id,
            relation=relation,
            state=LinkState.PROPOSED,
            reason=reason,
            proposed_at=at,
        )
        session.add(link)
    if certain:
        link.state, link.reason = LinkState.CONFIRMED, reason
        link.settled_at, link.settled_by = at, ACTOR
    session.flush()
    if certain:
        _note(session, link, at)
    return True


def ordered(paper_id: int, other_id: int, relation: Relation) -> tuple[int, int]:
    """Give two papers in the order in which their link is kept."""
    if relation in MUTUAL:
        return min(paper_id, other_id), max(paper_id, other_id)
    return paper_id, other_id


def _note(session: Session, link: PaperLink, at: datetime) -> None:
    """Write down that a job confirmed a link."""
    audit.record(
        session,
        at=at,
        actor=ACTOR,
        action="paper.linked",
        subject=f"paper:{link.paper_id}",
        other=link.other_id,
        relation=link.relation.value,
        reason=link.reason,
    )


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
