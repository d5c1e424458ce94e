"""What a file brings that is new, and what it would bring. Changes nothing of what is held.

``told`` says of records just taken in what each turned out to be. ``copy_known`` copies the papers
that a batch of records could join into another database, so that an import can be rehearsed
there by the very code that does it, while nothing here is locked.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, Table, bindparam, insert, select, tuple_
from sqlalchemy.orm import Session

from monitor.feeds.records import FetchedRecord
from monitor.feeds.tables import Record
from monitor.kernel.persistence.bulk import among, chunks
from monitor.kernel.persistence.columnar import ask
from monitor.kernel.persistence.database import Base
from monitor.literature.dedup.clusters import stored_keys
from monitor.literature.dedup.fingerprint import fingerprint
from monitor.literature.papers.precedence import cleaned
from monitor.literature.papers.resolve import NEW
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperKey,
    PaperReading,
    PaperRecord,
    PaperRegistration,
    PaperStatement,
    PaperTrial,
    StudyPaper,
)

_OF_A_PAPER = (
    PaperIdentifier,
    PaperKey,
    PaperReading,
    PaperRegistration,
    PaperRecord,
    PaperStatement,
    PaperTrial,
    StudyPaper,
)


# Built once: putting a statement together costs more than running it.
_record, _joined = Record.__table__.c, PaperRecord.__table__.c
_PLACES = (
    select(_record.key, _record.content_hash, _record.id, _joined.paper_id, _joined.joined_by)
    .join(PaperRecord.__table__, _joined.record_id == _record.id)
    .where(_record.source == bindparam("source"), among(_record.key))
)
_BROUGHT = (
    select(_joined.paper_id)
    .join(Record.__table__, _record.id == _joined.record_id)
    .where(
        among(_joined.paper_id),
        _joined.joined_by == NEW,
        _record.source == bindparam("source"),
        _record.poll_id >= bindparam("since"),
    )
)


class Novelty(StrEnum):
    """What one record of a file is to us."""

    NEW = "new"
    KNOWN = "already known"
    REPEATED = "already in this file"
    UNREADABLE = "cannot be read"


def told(
    session: Session,
    source: str,
    versions: Sequence[tuple[str, str]],
    *,
    stored: Iterable[int],
    since: int,
) -> list[Novelty]:
    """Say what each record of a batch that was taken in is, in its order: by key and content hash.

    ``stored`` are the ids of those that were kept as new or changed; ``since`` is the number of
    the first attempt at the file, so that what it brought itself is told from what was known.
    """
    places = _places(session, source, [key for key, _ in versions])
    fresh = set(stored)
    now = {paper for record_id, paper, made_it in places.values() if made_it and record_id in fresh}
    others = {paper for _, paper, _ in places.values()} - now
    brought = now | _brought(session, source, others, since)
    return [_novelty(places.get(version), fresh, brought) for version in versions]


def copy_known(
    held: Session, into: Session, source: str, records: Sequence[FetchedRecord]
) -> list[int]:
    """Copy every paper that ``records`` could join, with all that speaks of it; gives their ids.

    What was copied before stays as it is there by now. The records are copied without what the
    source sent.
    """
    wanted = _candidates(held, source, records)
    for ids in chunks(wanted):
        wanted -= set(into.scalars(select(Paper.id).where(Paper.id.in_(ids))))
    for ids in chunks(wanted):
        copy_rows(held, into, Paper, Paper.id.in_(ids))
        for table in _OF_A_PAPER:
            copy_rows(held, into, table, table.paper_id.in_(ids))
        # numbered anew there: nothing points at a match
        copy_rows(held, into, Match, Match.paper_id.in_(ids), without="id")
        of_them = select(PaperRecord.record_id).where(PaperRecord.paper_id.in_(ids))
        copy_rows(held, into, Record, Record.id.in_(of_them), raw=b"")
    return sorted(wanted)


def copy_rows(
    held: Session,
    into: Session,
    table: type[Base],
    where: ColumnElement[bool],
    *,
    without: str | None = None,
    **instead: object,
) -> None:
    """Copy some rows of a table into another database; ``instead`` replaces columns."""
    columns = cast(Table, table.__table__).columns
    chosen = [column for column in columns if column.name != without and column.name not in instead]
    rows = [{**row, **instead} for row in held.execute(select(*chosen).where(where)).mappings()]
    if rows:
        into.execute(insert(table), rows)


def _candidates(session: Session, source: str, records: Sequence[FetchedRecord]) -> set[int]:
    """Find the papers that records could join: by identifier, by title, as a new version."""
    citations = [cleaned(record.citation) for record in records]
    own = {
        (identifier.scheme, identifier.value)
        for citation in citations
        for identifier in citation.identifiers
    }
    keys = {key for citation in citations for key in stored_keys(fingerprint(citation))}
    paper_ids: set[int] = set()
    for pairs in chunks(own):
        by_identifier = tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(pairs)
        paper_ids |= set(session.scalars(select(PaperIdentifier.paper_id).where(by_identifier)))
    for values in chunks(keys):
        paper_ids |= set(
            session.scalars(select(PaperKey.paper_id).where(PaperKey.value.in_(values)))
        )
    for names in chunks({record.key for record in records}):
        paper_ids |= set(
            session.scalars(
                select(PaperRecord.paper_id)
                .join(Record, Record.id == PaperRecord.record_id)
                .where(Record.source == source, Record.key.in_(names))
            )
        )
    return paper_ids


def _places(
    session: Session, source: str, names: Iterable[str]
) -> dict[tuple[str, str], tuple[int, int, bool]]:
    """Give each record's row, its paper, and whether it made the paper; by key and content."""
    places = {}
    for keys in chunks(set(names)):
        rows = ask(session, _PLACES, {"source": source, "some": keys})
        for key, content_hash, record_id, paper_id, joined_by in rows:
            places[key, content_hash] = (record_id, paper_id, joined_by == NEW)
    return places


def _brought(session: Session, source: str, papers: Collection[int], since: int) -> set[int]:
    """Tell which of ``papers`` are there only since this file."""
    paper_ids: set[int] = set()
    for ids in chunks(papers):
        asked = {"some": ids, "source": source, "since": since}
        paper_ids |= set(ask(session, _BROUGHT, asked).scalars())
    return paper_ids


def _novelty(place: tuple[int, int, bool] | None, fresh: set[int], brought: set[int]) -> Novelty:
    if place is None:
        return Novelty.KNOWN  # held, and since taken off its paper by a person
    record_id, paper_id, made_it = place
    if made_it and record_id in fresh:
        fresh.discard(record_id)  # the same words again in one batch are one row
        return Novelty.NEW
    return Novelty.REPEATED if paper_id in brought else Novelty.KNOWN
