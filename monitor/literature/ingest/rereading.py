"""Brings a paper in line with a record that was read again after a reader was mended.

The record's new citation stands in its row already. Never touches what people decided.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from monitor.feeds.records import Citation, Identifier
from monitor.feeds.storage.citations import from_json
from monitor.feeds.tables import Record
from monitor.kernel.persistence.database import affected
from monitor.literature.dedup.identity import own_and_all_named, own_and_named
from monitor.literature.linkage import propose
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import resolve
from monitor.literature.papers.precedence import Version, cleaned
from monitor.literature.papers.reading import CitationReading, edition
from monitor.literature.papers.reconcile import (
    Changes,
    HeldPaper,
    Renewed,
    bring_up,
    held,
    read_anew,
    reading_of,
)
from monitor.literature.papers.settling import look_again, name_registrations, one_at_a_time, settle
from monitor.literature.tables import Paper, PaperIdentifier, PaperRecord
from monitor.literature.words import TO_SCREEN, Lane


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of a paper. ``merged`` is (kept, gone) where two turned out to be one.

    ``told`` as of ``service.Ingested``.
    """

    paper_id: int
    changed: bool
    lane: Lane
    merged: tuple[int, int] | None = None
    told: bool = False


def reread(
    session: Session, *, record_id: int, before: Citation, matcher: Matcher, at: datetime
) -> Reread | None:
    """Read the paper of a record anew; None where the record belongs to no paper yet.

    ``before`` is what the record was read as. An identifier that only the old reading gave is
    taken from the paper; one that the new reading gives joins it, or the two papers that it
    shows to be one.
    """
    one_at_a_time(session)
    paper = session.scalar(
        select(Paper)
        .join(PaperRecord, PaperRecord.paper_id == Paper.id)
        .where(PaperRecord.record_id == record_id)
    )
    if paper is None:
        return None
    _release(session, paper, before)
    own, named = own_and_all_named(_citation(session.get_one(Record, record_id)))
    kept, merged = _join(session, paper, own, matcher, at)
    name_registrations(session, kept, named)
    renewed = read_anew(session, kept, matcher, at=at)
    session.flush()
    if kept.lane in TO_SCREEN:
        propose.propose_for(session, [kept.id], at)
    return Reread(kept.id, renewed.changed, kept.lane, merged, told=True)


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """Papers that were read while nothing was locked, by what was kept of them then.

    ``relations`` are theirs as far as what is read of them turns out to be what was kept.
    """

    readings: dict[int, tuple[list[Version], CitationReading]] = field(default_factory=dict)
    relations: propose.Relations = field(default_factory=dict)

    @classmethod
    def of(cls, coming: "Coming", matcher: Matcher) -> "ReadAhead":
        """Read papers in full; asks no database."""
        readings = {
            paper_id: (kept.versions, reading_of(kept, matcher).in_full())
            for paper_id, kept in coming.kept.items()
        }
        return cls(readings, coming.relations)

    def reading(self, paper_id: int, kept: HeldPaper, matcher: Matcher) -> CitationReading:
        """Give the reading of a paper; read now where its records have said something else since."""
        versions, reading = self.readings.get(paper_id, ([], None))
        return reading if reading and versions == kept.versions else reading_of(kept, matcher)

    def of_the_same(self, paper_ids: Set[int], touched: Set[int]) -> propose.Relations:
        """Give the relations of papers of which nothing turned out to differ, to others like it."""
        return {
            pair: said
            for pair, said in self.relations.items()
            if paper_ids & {*pair} and not touched & {*pair}
        }


@dataclass(frozen=True, slots=True)
class Coming:
    """Papers that another edition of the rules has read: what is kept, and what they belong with."""

    kept: dict[int, HeldPaper]
    relations: propose.Relations

    def __bool__(self) -> bool:
        return bool(self.kept)


def next_to_read(session: Session, matcher: Matcher, *, limit: int, at: datetime) -> Coming:
    """Give some papers that another edition of the rules has read; may be none. Changes nothing."""
    papers = _read_by_others(session, edition(matcher), limit)
    ids = [paper.id for paper in papers]
    return Coming(held(session, ids), propose.look_ahead(session, ids, at))


def read_by_new_rules(
    session: Session,
    matcher: Matcher,
    *,
    limit: int,
    at: datetime,
    ahead: ReadAhead | None = None,
) -> list[Reread]:
    """Read some papers again that another edition of the rules has read; none left: an empty list.

    Rules are code and catalogue: a name added today is looked for in the papers that are here.
    All are brought up first, then compared with what they resemble by now.
    """
    one_at_a_time(session)
    papers = _read_by_others(session, edition(matcher), limit)
    kept, changes = held(session, [paper.id for paper in papers]), Changes()
    ahead, renewed = ahead or ReadAhead(), []
    for paper in papers:
        reading = ahead.reading(paper.id, kept[paper.id], matcher)
        renewal = bring_up(session, paper, kept[paper.id], reading, changes, at=at)
        renewed.append((paper, renewal))
    session.flush()
    changes.write(session)
    done = _compared(session, renewed, matcher, at)
    to_screen = {result.paper_id for result in done if result.lane in TO_SCREEN}
    merged = any(result.merged for result in done)
    same = set() if merged else (to_screen & ahead.readings.keys()) - changes.touched
    propose.propose_for(session, to_screen - same, at)
    propose.propose_found(session, ahead.of_the_same(same, changes.touched), at)
    return done


def _compared(
    session: Session, renewed: Sequence[tuple[Paper, Renewed]], matcher: Matcher, at: datetime
) -> list[Reread]:
    """Settle which papers that were read anew are one with another."""
    near: set[int] | None = resolve.near_others(session, [paper.id for paper, _ in renewed])
    done = []
    for paper, renewal in renewed:
        if paper.merged_into_id:  # by one before it
            continue
        kept, merged = paper, None
        if near is None or paper.id in near:
            kept, merged = look_again(session, paper, renewal.reading, at=at)
        if merged:
            read_anew(session, kept, matcher, at=at)
            session.flush()
            near = None  # the one that is left may resemble others now
        done.append(Reread(kept.id, renewal.changed, kept.lane, merged, told=True))
    return done


def _read_by_others(session: Session, present: int, limit: int) -> Sequence[Paper]:
    """Find papers of other editions. Two ranges of the index: an inequality would walk all of it."""
    for other in (Paper.read_by < present, Paper.read_by > present):
        papers = session.scalars(
            select(Paper)
            .where(other, Paper.merged_into_id.is_(None))
            .order_by(Paper.read_by, Paper.id)
            .limit(limit)
        ).all()
        if papers:
            return papers
    return ()


def _release(session: Session, paper: Paper, before: Citation) -> None:
    """Take from the paper the identifiers that no record of it gives any more."""
    rows = session.scalars(
        select(Record)
        .join(PaperRecord, PaperRecord.record_id == Record.id)
        .where(PaperRecord.paper_id == paper.id)
    )
    given = {i for row in rows for i in own_and_named(_citation(row))[0]}
    held = {*resolve.identifiers(session, paper.id)}
    gone = (held & {*own_and_named(cleaned(before))[0]}) - given
    if gone:
        pairs = [(identifier.scheme, identifier.value) for identifier in gone]
        removed = session.execute(
            delete(PaperIdentifier).where(
                PaperIdentifier.paper_id == paper.id,
                tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(pairs),
            )
        )
        affected(removed, expected=len(gone), what="identifiers")


def _join(
    session: Session, paper: Paper, own: list[Identifier], matcher: Matcher, at: datetime
) -> tuple[Paper, tuple[int, int] | None]:
    """Give the paper the identifiers nobody owns; settle with a paper that owns another of them."""
    resolution = resolve.find(
        session, CitationReading(resolve.as_citation(paper), matcher), own, [paper.id]
    )
    owner = next(
        (
            candidate
            for candidate in (resolution.paper, resolution.other)
            if candidate and candidate.id != paper.id
        ),
        None,
    )
    kept, merged = settle(
        session, resolve.Resolution(paper, "read again", resolution.free, other=owner), at=at
    )
    kept = kept or paper
    session.add_all(
        PaperIdentifier(scheme=i.scheme, value=i.value, paper_id=kept.id) for i in resolution.free
    )
    session.flush()
    return kept, merged


def _citation(record: Record) -> Citation:
    return cleaned(from_json(record.citation))
