"""Papers that other rules have read, read by the present ones while nothing is locked.

What is written later is only what still is as it was read; the rest is read then.
"""

from collections.abc import Collection, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from monitor.literature.linkage import propose
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers.reading import CitationReading, edition
from monitor.literature.papers.reconcile import (
    HeldPaper,
    KeptRows,
    is_as_kept,
    kept_rows,
    reading_of,
    said,
)
from monitor.literature.papers.title_index import words_of
from monitor.literature.tables import Paper


@dataclass(frozen=True, slots=True)
class PaperRows:
    """One paper as the database gives it: what it says, and what is kept of it."""

    said: Row[*tuple[Any, ...]]
    kept: KeptRows

    @property
    def records(self) -> list[tuple[Any, ...]]:
        """What its records say: all that the rules read."""
        return self.kept[0]


@dataclass(frozen=True, slots=True)
class PaperRead:
    """One paper read by the present rules, and the rows that it was read from.

    ``as_kept``: see ``is_as_kept``. ``searched``: the words that its title is searched for by.
    """

    rows: PaperRows
    kept: HeldPaper
    reading: CitationReading
    as_kept: bool
    searched: str

    @classmethod
    def of(
        cls, rows: PaperRows, matcher: Matcher, reading: CitationReading | None = None
    ) -> "PaperRead":
        """Read a paper; with its ``reading``, compare it with what is kept now."""
        kept = HeldPaper.of(rows.kept)
        reading = reading or reading_of(kept, matcher)
        searched = words_of(reading.citation.title)
        return cls(rows, kept, reading, is_as_kept(rows.said, kept, reading), searched)


@dataclass(frozen=True, slots=True)
class Coming:
    """Papers that another edition of the rules has read: their rows, and what they belong with."""

    rows: dict[int, PaperRows]
    relations: propose.Relations

    def __bool__(self) -> bool:
        return bool(self.rows)


def next_to_read(session: Session, matcher: Matcher, *, limit: int, at: datetime) -> Coming:
    """Give some papers that another edition of the rules has read; may be none. Changes nothing."""
    ids = read_by_others(session, edition(matcher), limit)
    return Coming(rows_of(session, ids), propose.look_ahead(session, ids, at))


@dataclass(slots=True)
class ReadAhead:
    """Papers that were read while nothing was locked, until they are written.

    ``relations`` say how they belong with others, as far as what is read of them turns out to be
    what was kept. ``overtaken``: of some that were written it did not, so that others may belong
    with these now.
    """

    papers: dict[int, PaperRead] = field(default_factory=dict)
    relations: propose.Relations = field(default_factory=dict)
    overtaken: bool = False

    @classmethod
    def of(cls, coming: Coming, matcher: Matcher) -> "ReadAhead":
        """Read papers in full; asks no database."""
        papers = {paper_id: PaperRead.of(rows, matcher) for paper_id, rows in coming.rows.items()}
        for paper in papers.values():
            paper.reading.in_full()
        return cls(papers, coming.relations)

    def look_again(self, session: Session, at: datetime) -> None:
        """Say anew how the papers that are left belong with others. Changes nothing."""
        self.relations, self.overtaken = propose.look_ahead(session, self.papers, at), False

    def take(
        self, session: Session, paper_ids: Collection[int], matcher: Matcher
    ) -> tuple[dict[int, PaperRead], set[int]]:
        """Give papers as they are now, and which of them are as they were read ahead."""
        taken: dict[int, PaperRead] = {}
        unchanged: set[int] = set()
        for paper_id, now in rows_of(session, paper_ids).items():
            ahead = self.papers.pop(paper_id, None)
            if ahead and ahead.rows == now:
                taken[paper_id] = ahead
                unchanged.add(paper_id)
                continue
            same_words = ahead is not None and ahead.rows.records == now.records
            reading = ahead.reading if ahead and same_words else None
            taken[paper_id] = PaperRead.of(now, matcher, reading)
        return taken, unchanged

    def relations_of(self, paper_ids: Set[int]) -> propose.Relations:
        """Give how some of them belong with others."""
        return {pair: said for pair, said in self.relations.items() if paper_ids & {*pair}}


def rows_of(session: Session, paper_ids: Collection[int]) -> dict[int, PaperRows]:
    """Read papers as the database gives them: six statements, however many."""
    kept, papers = kept_rows(session, paper_ids), said(session, paper_ids)
    return {paper_id: PaperRows(papers[paper_id], rows) for paper_id, rows in kept.items()}


def read_by_others(session: Session, present: int, limit: int) -> list[int]:
    """Find papers of other editions. Two ranges of the index: an inequality would walk all of it."""
    for other in (Paper.read_by < present, Paper.read_by > present):
        papers = (
            select(Paper.id)
            .where(other, Paper.merged_into_id.is_(None))
            .order_by(Paper.read_by, Paper.id)
            .limit(limit)
        )
        if ids := list(session.scalars(papers)):
            return ids
    return []
