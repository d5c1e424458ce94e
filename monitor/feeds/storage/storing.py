"""Keeps one whole answer: records that are new or changed, who asked for them, what was set aside.

Nothing is overwritten: a changed record is a new row. Reads in bulk, so that a poll that brings
nothing new costs a few statements.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from monitor.feeds import rules
from monitor.feeds.records import Answer, Citation, FetchedRecord, UnreadableRecord
from monitor.feeds.sources import is_feed
from monitor.feeds.storage.citations import content_hash, to_json
from monitor.feeds.tables import Record, RecordQuery, SetAside, WatermarkRow
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.language.english import plural
from monitor.kernel.persistence.bulk import add_all, add_numbered, among

# well under the number of parameters that SQLite takes in one statement
_CHUNK = 500
# Built once: putting a statement together costs more than running it.
_HASHES = select(Record.key, Record.content_hash).where(
    Record.source == bindparam("source"), among(Record.key, "keys")
)
_NOTED = select(RecordQuery.key).where(
    RecordQuery.source == bindparam("source"),
    RecordQuery.query_key == bindparam("query_key"),
    among(RecordQuery.key, "keys"),
)
# a feed shorter than this may well be all new by chance
_FEW_ITEMS = 5


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record that is new or changed, and the query that brought it."""

    record_id: int
    source: str
    citation: Citation
    query_key: str
    intervention: str | None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What keeping an answer did: records new or changed, and how many of them are new.

    ``hashes`` are the content hashes of all its records, in their order.
    """

    records: list[StoredRecord]
    new: int
    hashes: list[str]


def keep(
    session: Session, source: str, poll_id: int, answer: Answer, at: datetime, *, move: bool = True
) -> StoredAnswer:
    """Keep one answer; ``move``: its watermark moves too."""
    known = _known_hashes(session, source, answer.records)
    rows, kept, hashes, new = [], [], [], 0
    for record in answer.records:
        said = to_json(record.citation)
        digest = content_hash(record, said)
        hashes.append(digest)
        before = known.setdefault(record.key, set())
        if digest in before:
            continue
        new += not before
        before.add(digest)
        rows.append(_row(source, poll_id, record, said, digest, at))
        kept.append(record)
    ids = add_numbered(session, Record, rows, Record.poll_id == poll_id)
    _note_query(session, source, answer, at)
    _set_aside(session, source, answer.unreadable, at)
    if move and not answer.unchanged:
        _move_watermark(session, source, answer, at)
    session.flush()
    query = answer.query
    return StoredAnswer(
        records=[
            StoredRecord(record_id, source, record.citation, query.key, query.intervention)
            for record_id, record in zip(ids, kept, strict=True)
        ],
        new=new,
        hashes=hashes,
    )


def doubt(answer: Answer) -> SourceError | None:
    """Say why a whole answer still cannot be believed: most of its records are unreadable.

    That is no bad luck but another form. The answer is kept, and its watermark must not move.
    """
    bad, all_of_them = len(answer.unreadable), len(answer.records) + len(answer.unreadable)
    if not rules.shape_changed(len(answer.records), bad):
        return None
    return SourceError(
        SourceFault.SCHEMA_CHANGED,
        f"{bad} of {all_of_them} records of one answer could not be read; they were set aside",
    )


def vanished(session: Session, source: str, answer: Answer) -> SourceError | None:
    """Say why a feed without one readable item is not believed: it had some before.

    Its form may have changed, so that what it shows is not seen: that is no "nothing new".
    """
    if not is_feed(source) or answer.unchanged or answer.records:
        return None
    had_some = select(RecordQuery.key).where(
        RecordQuery.source == source, RecordQuery.query_key == answer.query.key
    )
    if session.scalar(had_some.limit(1)) is None:
        return None
    named = f"{answer.called}: " if answer.called else ""
    return SourceError(
        SourceFault.SCHEMA_CHANGED,
        f"{named}a feed without one item that can be read, where it had some before",
    )


def forget_validators(session: Session, source: str, query_key: str) -> None:
    """Ask a feed anew next time, whatever it says of changes.

    What it showed while it could not be read is then read, also if its stamp never moved.
    """
    row = session.get(WatermarkRow, (source, query_key))
    if row is not None and is_feed(source):
        row.etag = row.modified = None


def warnings(answer: Answer, kept: StoredAnswer, *, known: bool) -> Iterator[str]:
    """Say what an admin should know of an answer; ``known``: the query was read before.

    A feed shows its latest items only. If every one of them is new, others may have come and
    gone since it was last asked.
    """
    is_feed = answer.declared is None
    if known and is_feed and kept.new == len(answer.records) >= _FEW_ITEMS:
        yield rules.ALL_NEW
    if answer.unreadable:
        yield f"{plural(len(answer.unreadable), 'record')} could not be read, so set aside"


def rewritten(session: Session, source: str, answer: Answer) -> bool:
    """Tell whether the source now reads an unchanged query in another way; ask before storing.

    What it then finds is another set: an admin should look at the query.
    """
    row = session.get(WatermarkRow, (source, answer.query.key))
    if row is None or row.query_hash != answer.query.hash:
        return False
    return rules.read_otherwise(row.translation, answer.translation)


def _row(
    source: str,
    poll_id: int,
    record: FetchedRecord,
    said: dict[str, Any],
    digest: str,
    at: datetime,
) -> dict[str, Any]:
    return {
        "source": source,
        "key": record.key,
        "content_hash": digest,
        "media_type": record.media_type,
        "raw": record.raw,
        "citation": said,
        "fetched_at": at,
        "poll_id": poll_id,
    }


def _known_hashes(
    session: Session, source: str, records: Sequence[FetchedRecord]
) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for keys in chunks([record.key for record in records]):
        for key, digest in session.execute(_HASHES, {"source": source, "keys": keys}):
            known.setdefault(key, set()).add(digest)
    return known


def _note_query(session: Session, source: str, answer: Answer, at: datetime) -> None:
    """Note which query brought each record, once."""
    wanted = dict.fromkeys(record.key for record in answer.records)
    for keys in chunks(list(wanted)):
        asked = {"source": source, "query_key": answer.query.key, "keys": keys}
        for key in session.scalars(_NOTED, asked):
            del wanted[key]
    add_all(
        session,
        RecordQuery,
        [
            {
                "source": source,
                "key": key,
                "query_key": answer.query.key,
                "first_seen_at": at,
                "missing_times": 0,
            }
            for key in wanted
        ],
    )


def _set_aside(
    session: Session, source: str, unreadable: Sequence[UnreadableRecord], at: datetime
) -> None:
    for record in unreadable:
        digest = hashlib.sha256(record.raw).hexdigest()
        aside = select(SetAside.id).where(
            SetAside.source == source, SetAside.key == record.key, SetAside.content_hash == digest
        )
        if session.scalar(aside) is None:
            session.add(
                SetAside(
                    source=source,
                    key=record.key,
                    content_hash=digest,
                    reason=record.reason,
                    raw=record.raw,
                    at=at,
                )
            )
            session.flush()


def _move_watermark(session: Session, source: str, answer: Answer, at: datetime) -> None:
    row = session.get(WatermarkRow, (source, answer.query.key))
    if row is None:
        row = WatermarkRow(source=source, query_key=answer.query.key)
        session.add(row)
    if row.query_hash != answer.query.hash:
        row.translation = None  # that of another query
    row.query_hash = answer.query.hash
    row.position = answer.watermark.position
    row.etag = answer.watermark.etag
    row.modified = answer.watermark.modified
    row.translation = answer.translation or row.translation
    row.moved_at = at


def chunks(keys: list[str]) -> Iterator[list[str]]:
    """Part keys into lists short enough for one statement."""
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
