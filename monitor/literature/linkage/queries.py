"""Proposed and settled links between papers, as pages list them. Changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from monitor.feeds.identifiers import canonical
from monitor.feeds.identifiers.canonical import registrations_in
from monitor.kernel.persistence.columnar import ask
from monitor.literature.papers import linking, queries
from monitor.literature.tables import Paper, PaperIdentifier, PaperLink
from monitor.literature.words import LinkState, Relation

_DIGITS = 10  # of our own numbers


@dataclass(frozen=True, slots=True)
class PaperBrief:
    """A paper in one line."""

    id: int
    title: str
    authors: tuple[str, ...]
    journal: str | None
    year: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two papers that a person should compare: "one is (relation) other", and why."""

    link_id: int
    relation: Relation
    reason: str
    proposed_at: datetime
    one: PaperBrief
    other: PaperBrief


@dataclass(frozen=True, slots=True)
class Likeness:
    """A link as one of its papers shows it. ``first``: this paper is (relation) the other.

    ``study`` is (id, label) where the other paper reports one.
    """

    link_id: int
    relation: Relation
    first: bool
    state: LinkState
    reason: str
    other: PaperBrief
    study: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class NamedPaper:
    """A paper found by a number, and the study that it reports, as (id, label)."""

    paper: PaperBrief
    study: tuple[int, str] | None


def named_so(session: Session, typed: str) -> list[NamedPaper]:
    """Find the papers that a number names: a PMID, a DOI, a registration, or our own number."""
    numbers = canonical.distinct(
        canonical.pmid(typed),
        canonical.pmcid(typed),
        canonical.doi(typed),
        *registrations_in(typed),
    )
    keys = [(number.scheme, number.value) for number in numbers]
    own = tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(keys)
    ids = set(session.scalars(select(PaperIdentifier.paper_id).where(own)))
    if typed.isascii() and typed.isdigit() and len(typed) < _DIGITS:
        ids |= set(session.scalars(select(Paper.id).where(Paper.id == int(typed))))
    briefs = {brief.id: brief for brief in _papers(session, ids).values()}
    return [
        NamedPaper(brief, queries.study_of(session, brief.id))
        for _, brief in sorted(briefs.items())
    ]


# Built once: many pages ask it, and putting it together costs more than running it.
_PROPOSED = select(func.count()).where(PaperLink.state == LinkState.PROPOSED)


def count_proposed(session: Session) -> int:
    """Count the links that wait for a person."""
    return int(ask(session, _PROPOSED).scalar_one())


def is_settled(session: Session, link_id: int) -> bool:
    """Tell whether there is such a link and somebody has settled it."""
    link = session.get(PaperLink, link_id)
    return link is not None and link.state is not LinkState.PROPOSED


def proposed(session: Session, *, limit: int, after: int | None = None) -> list[Proposal]:
    """List the links that wait for a person, the oldest first; ``after`` ends the page before."""
    query = select(PaperLink).where(PaperLink.state == LinkState.PROPOSED)
    if after is not None:
        query = query.where(PaperLink.id > after)
    links = session.scalars(query.order_by(PaperLink.id).limit(limit)).all()
    papers = _papers(session, (i for link in links for i in (link.paper_id, link.other_id)))
    return [
        Proposal(
            link_id=link.id,
            relation=link.relation,
            reason=link.reason,
            proposed_at=link.proposed_at,
            one=papers[link.paper_id],
            other=papers[link.other_id],
        )
        for link in links
    ]


def of_paper(session: Session, paper_id: int) -> list[Likeness]:
    """List what a paper is, or may be, to others; what a person denied is left out."""
    mine = linking.family(session, paper_id)
    likenesses: dict[tuple[int, Relation, bool], Likeness] = {}
    for link in linking.links_of(session, paper_id):
        first = link.paper_id in mine
        other_id = link.other_id if first else link.paper_id
        if link.state is LinkState.REJECTED or other_id in mine:
            continue
        other = _brief(linking.current(session, other_id))
        likenesses.setdefault(
            (other.id, link.relation, first),
            Likeness(
                link.id,
                link.relation,
                first,
                link.state,
                link.reason,
                other,
                queries.study_of(session, other.id),
            ),
        )
    return list(likenesses.values())


def _papers(session: Session, paper_ids: Iterable[int]) -> dict[int, PaperBrief]:
    """Read papers at once, each under its number; one that was merged as what it became."""
    rows = {row.id: row for row in session.scalars(select(Paper).where(Paper.id.in_({*paper_ids})))}
    return {
        paper_id: _brief(linking.current(session, paper_id) if row.merged_into_id else row)
        for paper_id, row in rows.items()
    }


def _brief(row: Paper) -> PaperBrief:
    return PaperBrief(row.id, row.title, tuple(row.authors), row.journal, row.year)
