"""Reads kept records again with today's readers: what was sent stays, what we read of it changes.

Never reaches the network. A record that could not be read before becomes one now.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import Session

from monitor.feeds.records import Citation, FetchedRecord, KeptRecord, UnreadableRecord
from monitor.feeds.storage.citations import content_hash, from_json, to_json
from monitor.feeds.storage.storing import StoredRecord
from monitor.feeds.tables import Poll, Record, RecordQuery, SetAside
from monitor.kernel.persistence.database import affected

Reader = Callable[[KeptRecord], FetchedRecord | UnreadableRecord]


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """One record that reads differently now; ``before`` is how it was read."""

    record_id: int
    before: Citation


@dataclass(frozen=True, slots=True)
class RereadBatch:
    """What reading some records again came to. ``last`` is where the next batch goes on."""

    last: int
    seen: int
    changed: tuple[ChangedRecord, ...]
    unreadable: int  # today's reader cannot read them: they stay as they were read


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Records made of what had been set aside. ``last`` is where the next batch goes on."""

    last: int
    seen: int
    taken: tuple[StoredRecord, ...]


def count(session: Session, source: str) -> int:
    """Count the records of a source that are kept as sent, those set aside included."""
    records = select(func.count()).select_from(Record).where(_kept(source))
    aside = select(func.count()).select_from(SetAside).where(SetAside.source == source)
    return (session.scalar(records) or 0) + (session.scalar(aside) or 0)


def reread(session: Session, source: str, reader: Reader, *, after: int, limit: int) -> RereadBatch:
    """Read the next ``limit`` records after the one numbered ``after`` again, oldest first."""
    rows = session.scalars(
        select(Record).where(_kept(source), Record.id > after).order_by(Record.id).limit(limit)
    ).all()
    changed, unreadable = [], 0
    for row in rows:
        read = reader(KeptRecord(row.key, row.raw, row.media_type, row.fetched_at.date()))
        if isinstance(read, UnreadableRecord):
            unreadable += 1
        elif to_json(read.citation) != row.citation:
            changed.append(ChangedRecord(row.id, from_json(row.citation)))
            _read_as(session, row, read)
    session.flush()
    return RereadBatch(rows[-1].id if rows else after, len(rows), tuple(changed), unreadable)


def take_back(
    session: Session, source: str, reader: Reader, *, after: int, limit: int
) -> TakenBack:
    """Make records of those of the next ``limit`` set aside that can be read today."""
    rows = session.scalars(
        select(SetAside)
        .where(SetAside.source == source, SetAside.id > after)
        .order_by(SetAside.id)
        .limit(limit)
    ).all()
    taken = tuple(stored for row in rows for stored in _take_back(session, row, reader))
    return TakenBack(rows[-1].id if rows else after, len(rows), taken)


def _kept(source: str) -> ColumnElement[bool]:
    return and_(Record.source == source, Record.raw_removed_at.is_(None))


def _read_as(session: Session, row: Record, read: FetchedRecord) -> None:
    """Set what a record is read as, and the key and hash that the next poll compares with.

    Two versions that differed only in what we misread keep two hashes: the later one's old one.
    """
    row.citation = to_json(read.citation)
    digest = content_hash(read)
    taken = select(Record.id).where(
        Record.source == row.source, Record.key == read.key, Record.content_hash == digest
    )
    if session.scalar(taken) is None:
        row.content_hash = digest
        if read.key != row.key:
            _rename(session, row, read.key)


def _rename(session: Session, row: Record, key: str) -> None:
    """Name a record as today's reader does, so that the next poll or import knows it again.

    Sources name their own; a feed's item is named by its title too, a file's by what it says.
    """
    before, row.key = row.key, key
    session.flush()
    left = session.scalar(
        select(func.count())
        .select_from(Record)
        .where(Record.source == row.source, Record.key == before)
    )
    notes = select(RecordQuery).where(RecordQuery.source == row.source, RecordQuery.key == before)
    for note in session.scalars(notes).all():
        if session.get(RecordQuery, (row.source, key, note.query_key)) is None:
            session.add(
                RecordQuery(
                    source=row.source,
                    key=key,
                    query_key=note.query_key,
                    first_seen_at=note.first_seen_at,
                )
            )
        if not left:
            session.delete(note)
    session.flush()


def _take_back(session: Session, aside: SetAside, reader: Reader) -> Iterator[StoredRecord]:
    read = reader(KeptRecord(aside.key, aside.raw, _media_type(aside.raw), aside.at.date()))
    poll_id = _brought_by(session, aside)
    if isinstance(read, UnreadableRecord) or poll_id is None:
        return
    record = Record(
        source=aside.source,
        key=read.key,
        content_hash=content_hash(read),
        media_type=read.media_type,
        raw=aside.raw,
        citation=to_json(read.citation),
        fetched_at=aside.at,
        poll_id=poll_id,
    )
    affected(session.execute(delete(SetAside).where(SetAside.id == aside.id)), expected=1)
    if _is_known(session, record):
        return
    session.add(record)
    session.flush()
    queries: Sequence[str] = session.scalars(
        select(RecordQuery.query_key).where(
            RecordQuery.source == record.source, RecordQuery.key == record.key
        )
    ).all()
    query = queries[0] if queries else "replay"
    yield StoredRecord(record.id, record.source, read.citation, query, None)


def _is_known(session: Session, record: Record) -> bool:
    same = select(Record.id).where(
        Record.source == record.source,
        Record.key == record.key,
        Record.content_hash == record.content_hash,
    )
    return session.scalar(same) is not None


def _brought_by(session: Session, aside: SetAside) -> int | None:
    """Find the attempt that brought it: the last that had begun by then."""
    return session.scalar(
        select(Poll.id)
        .where(Poll.source == aside.source, Poll.started_at <= aside.at)
        .order_by(Poll.started_at.desc(), Poll.id.desc())
        .limit(1)
    )


def _media_type(raw: bytes) -> str:
    return "application/json" if raw.lstrip()[:1] in {b"{", b"["} else "application/xml"
