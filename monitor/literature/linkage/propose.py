"""Proposes how papers belong with others: what ``relations`` says of the ``candidates``.

Papers that nobody is to screen are not looked at for themselves, only as another's counterpart.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.bulk import chunks
from monitor.literature.linkage.candidates import Pair, candidates
from monitor.literature.linkage.kept_facts import PROPOSED, remembered_facts_of
from monitor.literature.linkage.relations import Related, relate
from monitor.literature.papers import linking
from monitor.literature.tables import Paper, PaperLink
from monitor.literature.words import LinkState

Relations = dict[Pair, Related]
# Papers whose candidates are asked for together: there is a bound on the pairs that are given at once.
_AT_ONCE = 50


def propose_for(session: Session, paper_ids: Collection[int], at: datetime) -> int:
    """Propose how papers belong with others, of those that are to be screened; counts what is new.

    Two statements where no paper has a candidate; asking again proposes nothing new.
    """
    return sum(
        _propose(session, _relations(session, some, at), at)
        for some in chunks(sorted(set(paper_ids)))
    )


def look_ahead(session: Session, paper_ids: Collection[int], at: datetime) -> Relations:
    """Say how papers belong with others by what is kept of them now. Changes nothing."""
    ids, pairs = sorted(set(paper_ids)), set[Pair]()
    for start in range(0, len(ids), _AT_ONCE):
        pairs |= candidates(session, ids[start : start + _AT_ONCE], at.date())
    return _related(session, pairs)


def propose_found(session: Session, relations: Relations, at: datetime) -> int:
    """Propose what ``look_ahead`` found; not with a paper that was merged meanwhile."""
    there: set[int] = set()
    for some in chunks({paper for pair in relations for paper in pair}):
        asked = select(Paper.id).where(Paper.id.in_(some), Paper.merged_into_id.is_(None))
        there |= set(session.scalars(asked))
    left = {pair: related for pair, related in relations.items() if there.issuperset(pair)}
    return _propose(session, left, at) if left else 0


def _relations(session: Session, some: list[int], at: datetime) -> Relations:
    session.flush()
    return _related(session, candidates(session, some, at.date()))


def _related(session: Session, resembling: Collection[Pair]) -> Relations:
    pairs = sorted(resembling)
    facts = remembered_facts_of(session, {paper for pair in pairs for paper in pair}, PROPOSED)
    return {
        pair: related
        for pair in pairs
        if pair[0] in facts
        and pair[1] in facts
        and (related := relate(facts[pair[0]], facts[pair[1]]))
    }


def _propose(session: Session, relations: Relations, at: datetime) -> int:
    papers = {paper for pair in relations for paper in pair}
    known, of_several = _settled(session, papers), linking.made_of_several(session, papers)
    made, fresh = 0, []
    for (left, right), said in relations.items():
        first, second = (right, left) if said.swapped else (left, right)
        key = (*linking.ordered(first, second, said.relation), said.relation)
        if key in known and not (said.certain and known[key] is LinkState.PROPOSED):
            continue
        if key not in known and of_several.isdisjoint((left, right)):
            fresh.append(linking.NewLink(*key, said.reason, certain=said.certain))
            continue
        made += linking.propose(
            session, first, second, said.relation, said.reason, at, certain=said.certain
        )
    linking.propose_new(session, fresh, at)
    return made + len(fresh)


def _settled(session: Session, papers: Iterable[int]) -> dict[tuple[int, int, str], LinkState]:
    """Give what is proposed or settled of some papers already."""
    known: dict[tuple[int, int, str], LinkState] = {}
    for ids in chunks(set(papers)):
        rows = session.execute(
            select(
                PaperLink.paper_id,
                PaperLink.other_id,
                PaperLink.relation,
                PaperLink.state,
            ).where(PaperLink.paper_id.in_(ids))
        )
        known |= {(row.paper_id, row.other_id, row.relation): row.state for row in rows}
    return known
