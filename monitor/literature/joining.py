"""Finds the paper a record belongs to. Reads only; a doubt is answered with "another paper"."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, exists, select, tuple_
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Citation, Identifier
from monitor.feeds.tables import Record
from monitor.literature.identity import identifiers_conflict, same_paper, same_title
from monitor.literature.rules import title_key
from monitor.literature.tables import Paper, PaperIdentifier, PaperRecord, PaperRegistration

# Built once: putting a statement together costs more than running it.
_this, _version, _wanted = aliased(Record), aliased(Record), aliased(PaperIdentifier)
_HISTORY = (
    select(PaperRecord.record_id, PaperRecord.paper_id)
    .join(_version, _version.id == PaperRecord.record_id)
    .join(_this, (_this.source == _version.source) & (_this.key == _version.key))
    .where(_this.id == bindparam("record_id"))
    .order_by(PaperRecord.record_id)
)
_OWNERS = (
    select(PaperIdentifier.paper_id, PaperIdentifier.scheme, PaperIdentifier.value)
    .join(_wanted, _wanted.paper_id == PaperIdentifier.paper_id)
    .where(tuple_(_wanted.scheme, _wanted.value).in_(bindparam("own", expanding=True)))
)
_TITLED = (
    select(Paper)
    .where(Paper.title_key == bindparam("key"), Paper.merged_into_id.is_(None))
    .order_by(Paper.id)
    .limit(20)
)
_TITLED_ONLY = _TITLED.where(~exists().where(PaperIdentifier.paper_id == Paper.id))


@dataclass(frozen=True, slots=True)
class Found:
    """Where a record belongs.

    ``paper`` is None for a new paper. ``free`` are the record's identifiers that no paper owns
    yet. ``other`` is a second paper the record's identifiers belong to, ``conflict`` why the
    record's own word was not followed.
    """

    paper: Paper | None
    joined_by: str
    free: tuple[Identifier, ...] = ()
    other: Paper | None = None
    conflict: str | None = None


def history(session: Session, record_id: int) -> dict[int, int]:
    """Tell which papers the versions of a record belong to: record id → paper id.

    Holds ``record_id`` itself once that has been taken in.
    """
    rows = session.execute(_HISTORY, {"record_id": record_id})
    return {row.record_id: row.paper_id for row in rows}


def find(
    session: Session, citation: Citation, own: Sequence[Identifier], earlier: Sequence[int]
) -> Found:
    """Find the paper of a record: by identifier, else as a new version, else by its title.

    ``own`` are its identifiers, the most telling first; ``earlier`` the papers its earlier
    versions belong to.
    """
    owners = _owners(session, own)
    known = {identifier for held in owners.values() for identifier in held}
    free = tuple(identifier for identifier in own if identifier not in known)
    # in the order of their most telling identifier
    ids = list(dict.fromkeys(p for i in own for p, held in owners.items() if i in held))
    if not ids:
        return _without_identifier(session, citation, free, earlier)
    paper = session.get_one(Paper, ids[0])
    joined_by = f"same {next(i for i in own if i in owners[ids[0]]).scheme}"
    if identifiers_conflict(free, owners[ids[0]]) and not same_title(citation.title, paper.title):
        return _contested(paper, joined_by, free, owners[ids[0]])
    if len(ids) > 1:
        other = session.get_one(Paper, ids[1])
        return Found(paper, joined_by, free, other=other)
    return Found(paper, joined_by, free)


def identifiers(session: Session, paper_id: int) -> list[Identifier]:
    """List a paper's identifiers."""
    rows = session.execute(
        select(PaperIdentifier.scheme, PaperIdentifier.value)
        .where(PaperIdentifier.paper_id == paper_id)
        .order_by(PaperIdentifier.scheme, PaperIdentifier.value)
    )
    return [Identifier(row.scheme, row.value) for row in rows]


def registrations(session: Session, paper_id: int) -> list[Identifier]:
    """List the trial registrations a paper names."""
    rows = session.execute(
        select(PaperRegistration.scheme, PaperRegistration.value)
        .where(PaperRegistration.paper_id == paper_id)
        .order_by(PaperRegistration.scheme, PaperRegistration.value)
    )
    return [Identifier(row.scheme, row.value) for row in rows]


def as_citation(paper: Paper) -> Citation:
    """Give what a paper says in the shape records have, for comparing."""
    return Citation(
        title=paper.title,
        authors=tuple(paper.authors),
        journal=paper.journal,
        year=paper.year,
        pages=paper.pages,
        publication_types=tuple(paper.publication_types),
    )


def _contested(
    paper: Paper, joined_by: str, free: tuple[Identifier, ...], held: set[Identifier]
) -> Found:
    """Part a record from the paper that shares one of its identifiers and contradicts the rest."""
    scheme = next(i.scheme for i in free if identifiers_conflict([i], held))
    reason = f"{joined_by}, but another {scheme} and another title"
    return Found(None, "new paper", free, other=paper, conflict=reason)


def _owners(session: Session, own: Sequence[Identifier]) -> dict[int, set[Identifier]]:
    """Give every paper that owns any of the identifiers, with all it owns."""
    if not own:
        return {}
    rows = session.execute(_OWNERS, {"own": [(i.scheme, i.value) for i in own]})
    owners: dict[int, set[Identifier]] = {}
    for paper_id, scheme, value in rows:
        owners.setdefault(paper_id, set()).add(Identifier(scheme, value))
    return owners


def _without_identifier(
    session: Session,
    citation: Citation,
    free: tuple[Identifier, ...],
    earlier: Sequence[int],
) -> Found:
    for paper_id in dict.fromkeys(reversed(earlier)):
        paper = session.get_one(Paper, paper_id)
        held = identifiers(session, paper_id)
        if same_title(citation.title, paper.title) and not identifiers_conflict(free, held):
            return Found(paper, "new version of the same record", free)
    if candidates := _by_title(session, citation, with_identifiers=not free):
        if len(candidates) == 1:
            return Found(candidates[0], "same title, nothing against it", free)
        return Found(None, "new paper", free, other=candidates[0], conflict="same title as several")
    reused = session.get_one(Paper, earlier[-1]) if earlier else None
    conflict = "the source's own key names another paper now" if reused else None
    return Found(None, "new paper", free, other=reused, conflict=conflict)


def _by_title(session: Session, citation: Citation, *, with_identifiers: bool) -> list[Paper]:
    """Find papers of the same title that nothing contradicts.

    A record that has identifiers of its own is joined only to a paper that has none: two papers
    with identifiers and nothing in common but a title are two (a preprint and its article).
    """
    key = title_key(citation.title)
    if not key:
        return []
    papers = session.scalars(_TITLED if with_identifiers else _TITLED_ONLY, {"key": key})
    return [paper for paper in papers if same_paper(citation, as_citation(paper))]
