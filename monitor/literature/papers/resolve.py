"""Finds the paper a record belongs to. Reads only; a doubt is answered with "another paper"."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, literal, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Citation, Identifier
from monitor.feeds.tables import Record
from monitor.kernel.persistence.bulk import LookUp, among, chunks
from monitor.kernel.persistence.columnar import ask
from monitor.literature.dedup.fingerprint import Fingerprint, fingerprint
from monitor.literature.dedup.identity import identifiers_conflict, same_title
from monitor.literature.dedup.verdict import PairVerdict, compare
from monitor.literature.papers.reading import CitationReading
from monitor.literature.tables import (
    Paper,
    PaperIdentifier,
    PaperKey,
    PaperRecord,
    PaperRegistration,
)

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
_MOST = 50  # papers compared with one record
# The few that share a key are picked first, or PostgreSQL walks through all papers in order. Rows
# rather than objects: most are told apart, and making them would be half of the time.
_SHARING = (
    select(PaperKey.paper_id)
    .where(among(PaperKey.value, "keys"))
    .distinct()
    .order_by(PaperKey.paper_id)
    .limit(_MOST)
)
_sharing = _SHARING.subquery()
_COMPARED = (
    Paper.id,
    Paper.title,
    Paper.authors,
    Paper.journal,
    Paper.year,
    Paper.volume,
    Paper.issue,
    Paper.pages,
    Paper.publication_types,
    PaperIdentifier.scheme,
    PaperIdentifier.value,
)
_ALIKE = (
    select(*_COMPARED)
    .join_from(_sharing, Paper, Paper.id == _sharing.c.paper_id)
    .outerjoin(PaperIdentifier, PaperIdentifier.paper_id == Paper.id)
    .where(Paper.merged_into_id.is_(None))
    .order_by(Paper.id)
)
_OF_SOME = (
    select(*_COMPARED)
    .outerjoin(PaperIdentifier, PaperIdentifier.paper_id == Paper.id)
    .where(among(Paper.id), Paper.merged_into_id.is_(None))
    .order_by(Paper.id)
)


_NUMBERS = union_all(
    *(
        select(literal(is_own).label("is_own"), table.scheme, table.value).where(
            table.paper_id == bindparam("paper_id")
        )
        for table, is_own in ((PaperIdentifier.__table__.c, 1), (PaperRegistration.__table__.c, 0))
    )
).order_by("scheme", "value")
_own, _other = aliased(PaperKey), aliased(PaperKey)
_NEAR = LookUp(
    select(_own.paper_id)
    .join(_other, (_own.value == _other.value) & (_own.paper_id != _other.paper_id))
    .where(among(_own.paper_id))
    .distinct()
)
NEW = "new paper"  # how it is said that a record made its paper


# A paper, or a row of the columns that are compared.
_Compared = Paper | Citation | Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class MaybeSame:
    """A stored paper that may be the same, its fingerprint, and what the rules say of the two."""

    paper: Paper
    fingerprint: Fingerprint
    found: PairVerdict


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where a record belongs.

    ``paper`` is None for a new paper. ``free`` are the record's identifiers that no paper owns
    yet. ``other`` is a second paper the record's identifiers belong to, ``conflict`` why the
    record's own word was not followed. ``doubts`` are papers that a person should compare.
    """

    paper: Paper | None
    joined_by: str
    free: tuple[Identifier, ...] = ()
    other: Paper | None = None
    conflict: str | None = None
    doubts: tuple[MaybeSame, ...] = ()


def history(session: Session, record_id: int) -> dict[int, int]:
    """Tell which papers the versions of a record belong to: record id → paper id.

    Holds ``record_id`` itself once that has been taken in.
    """
    rows = session.execute(_HISTORY, {"record_id": record_id})
    return {row.record_id: row.paper_id for row in rows}


def find(
    session: Session, coming: CitationReading, own: Sequence[Identifier], earlier: Sequence[int]
) -> Resolution:
    """Find the paper of a record: by identifier, else as a new version, else by its words.

    ``own`` are its identifiers, the most telling first; ``earlier`` the papers its earlier
    versions belong to.
    """
    citation = coming.citation
    owners = _owners(session, own)
    known = {identifier for held in owners.values() for identifier in held}
    free = tuple(identifier for identifier in own if identifier not in known)
    # in the order of their most telling identifier
    ids = list(dict.fromkeys(p for i in own for p, held in owners.items() if i in held))
    if not ids:
        return _without_identifier(session, coming, free, earlier)
    paper = session.get_one(Paper, ids[0])
    joined_by = f"same {next(i for i in own if i in owners[ids[0]]).scheme}"
    if identifiers_conflict(free, owners[ids[0]]) and not same_title(citation.title, paper.title):
        return _contested(paper, joined_by, free, owners[ids[0]])
    if len(ids) > 1:
        other = session.get_one(Paper, ids[1])
        return Resolution(paper, joined_by, free, other=other)
    return Resolution(paper, joined_by, free)


def numbers(session: Session, paper_id: int) -> tuple[list[Identifier], list[Identifier]]:
    """List a paper's identifiers, and the trial registrations it names, in one statement."""
    own: list[Identifier] = []
    named: list[Identifier] = []
    for is_own, scheme, value in ask(session, _NUMBERS, {"paper_id": paper_id}):
        (own if is_own else named).append(Identifier(scheme, value))
    return own, named


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


def as_citation(paper: _Compared, held: Sequence[Identifier] = ()) -> Citation:
    """Give what is compared of a paper in the shape records have; ``held`` are its identifiers."""
    return Citation(
        title=paper.title,
        identifiers=tuple(held),
        authors=tuple(paper.authors),
        journal=paper.journal,
        year=paper.year,
        volume=paper.volume,
        issue=paper.issue,
        pages=paper.pages,
        publication_types=tuple(paper.publication_types),
    )


def _contested(
    paper: Paper, joined_by: str, free: tuple[Identifier, ...], held: set[Identifier]
) -> Resolution:
    """Part a record from the paper that shares one of its identifiers and contradicts the rest."""
    scheme = next(i.scheme for i in free if identifiers_conflict([i], held))
    reason = f"{joined_by}, but another {scheme} and another title"
    return Resolution(None, NEW, free, other=paper, conflict=reason)


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
    session: Session, coming: CitationReading, free: tuple[Identifier, ...], earlier: Sequence[int]
) -> Resolution:
    for paper_id in dict.fromkeys(reversed(earlier)):
        paper = session.get_one(Paper, paper_id)
        held = identifiers(session, paper_id)
        if same_title(coming.citation.title, paper.title) and not identifiers_conflict(free, held):
            return Resolution(paper, "new version of the same record", free)
    lookalikes = alike(session, coming.fingerprint, coming.keys)
    same = [lookalike for lookalike in lookalikes if lookalike.found.verdict == "same"]
    if len(same) == 1:
        doubts = tuple(lookalike for lookalike in lookalikes if lookalike is not same[0])
        return Resolution(same[0].paper, same[0].found.reason, free, doubts=doubts)
    reused = session.get_one(Paper, earlier[-1]) if earlier else None
    conflict = "the source's own key names another paper now" if reused else None
    return Resolution(None, NEW, free, other=reused, conflict=conflict, doubts=tuple(lookalikes))


def near_others(session: Session, paper_ids: Collection[int]) -> set[int]:
    """Tell which papers share a key with another one: only these can resemble any. One statement."""
    return {row[0] for row in _NEAR.rows(session, paper_ids)}


def compared_of(session: Session, paper_ids: Collection[int]) -> dict[int, Citation]:
    """Give what is compared of some papers; those merged into others are left out."""
    citations: dict[int, Citation] = {}
    for some in chunks(paper_ids):
        citations.update(_compared(session.execute(_OF_SOME, {"some": some}).all()))
    return citations


def _compared(rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[tuple[int, Citation]]:
    for paper_id, some in groupby(rows, key=attrgetter("id")):
        first, *more = some
        held = [Identifier(row.scheme, row.value) for row in (first, *more) if row.scheme]
        yield paper_id, as_citation(first, held)


def alike(
    session: Session, own: Fingerprint, keys: Collection[int], *, without: int | None = None
) -> list[MaybeSame]:
    """List the stored papers that are, or may be, the same as one with this fingerprint."""
    if not keys:
        return []
    rows = session.execute(_ALIKE, {"keys": list(keys)}).all()
    others = ((id_, fingerprint(said)) for id_, said in _compared(rows) if id_ != without)
    return list(_maybe_same(session, own, others))


def alike_of_many(
    session: Session, readings: Mapping[int, CitationReading]
) -> dict[int, list[MaybeSame]]:
    """List the same for stored papers, of which all keys are kept: a short statement for each."""
    connection = session.connection()
    sharing = {
        paper_id: [
            other
            for other in connection.scalars(_SHARING, {"keys": list(reading.keys)})
            if other != paper_id
        ]
        for paper_id, reading in readings.items()
    }
    near = compared_of(session, {other for others in sharing.values() for other in others})
    prints = {other: fingerprint(said) for other, said in near.items()}
    return {
        paper_id: list(
            _maybe_same(
                session,
                readings[paper_id].fingerprint,
                [(other, prints[other]) for other in others if other in prints],
            )
        )
        for paper_id, others in sharing.items()
    }


def _maybe_same(
    session: Session, own: Fingerprint, others: Iterable[tuple[int, Fingerprint]]
) -> Iterator[MaybeSame]:
    for paper_id, other in others:
        sameness = compare(own, other)
        if sameness.verdict != "different":
            yield MaybeSame(session.get_one(Paper, paper_id), other, sameness)
