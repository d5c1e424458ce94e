"""Tell what bringing in a file would do, by doing it in a database of its own, thrown away at the end.

Nothing is written to the service's database and no lock is held on it: each batch reads, in one
short look, the papers that it could join, and copies them. So a preview and the import that
follows are told by the same code, and agree unless something else came in between.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from monitor.feeds import files
from monitor.feeds.files import Read, intake
from monitor.feeds.files.intake import FileOrigin, Intake
from monitor.feeds.records import FetchedRecord
from monitor.feeds.tables import Poll, PollKind, PollState, Record
from monitor.feeds.watermarks import Query
from monitor.jobs.files.importing import (
    Batch,
    ImportReport,
    ImportTally,
    Watch,
    batches,
    nobody,
    report_of,
    take,
)
from monitor.kernel.persistence.database import Database
from monitor.literature.ingest import novelty
from monitor.literature.tables import Lane, Paper
from monitor.ops.schema import metadata
from monitor.review.tables import QueueItem
from monitor.service import Service

# Numbers given out in the rehearsal start here, so that copied rows keep theirs.
_FIRST = 2**40
_PREFIX = "rehearsal-"


class Rehearsal:
    """An import being rehearsed; ``take`` each batch in the file's order."""

    def __init__(self, service: Service, scratch: Database, under_way: Intake) -> None:
        self._service, self._scratch, self._under_way = service, scratch, under_way

    def take(self, part: Sequence[Read]) -> Batch:
        """Tell what each of some records would be, and how many papers would be queued."""
        at = self._service.clock()
        records = [record for record in part if isinstance(record, FetchedRecord)]
        with self._scratch.write() as scratch:
            with self._service.database.read() as held:
                papers = novelty.copy_known(held, scratch, self._under_way.origin.source, records)
                _copy_places(held, scratch, papers)
            return take(scratch, self._service, self._under_way, part, at)


def rehearse(
    service: Service, file: IO[bytes], watch: Watch = nobody, origin: FileOrigin | None = None
) -> ImportReport:
    """Tell what importing a file would do; stores nothing.

    Raises:
        InvalidInput: the file is of no format known here, or it is cut off or damaged.
    """
    reading = files.read(file)
    tally = ImportTally()
    with rehearsal(service, reading.format, origin) as rehearsed:
        for part in batches(reading.found):
            batch = rehearsed.take(part)
            tally.add(batch.lines, batch.queued)
            watch(batch.lines)
    return report_of(reading.format, tally, dry_run=True)


@contextmanager
def rehearsal(
    service: Service, format: str, origin: FileOrigin | None = None
) -> Iterator[Rehearsal]:
    """Open a rehearsal; its database is gone when the block ends."""
    folder = service.settings.var / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder) as place:
        scratch = Database(f"sqlite:///{Path(place) / 'rehearsal.sqlite3'}")
        event.listen(scratch.engine, "connect", _carelessly)
        try:
            metadata.create_all(scratch.engine, checkfirst=False)
            at = service.clock()
            with scratch.write() as session:
                _number_from(session, _FIRST, at)
                under_way = intake.start(session, Query("rehearsal", format), at, origin=origin)
            yield Rehearsal(service, scratch, under_way)
        finally:
            scratch.dispose()


def _carelessly(connection: Any, record: Any) -> None:  # noqa: ANN401, ARG001 - the driver's objects
    """Neither wait for the disk nor look after rows that were not copied."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _number_from(session: Session, first: int, at: datetime) -> None:
    """Let new papers, records and attempts count on from ``first``."""
    blank: dict[str, Any] = {
        "id": first,
        "title": "",
        "authors": [],
        "publication_types": [],
        "keywords": [],
        "lane": Lane.NONE,
        "first_seen_at": at,
        "changed_at": at,
        "version": 1,
        "read_by": 0,
    }
    session.execute(insert(Paper), [blank])
    session.execute(
        insert(Record),
        [
            {
                "id": first,
                "source": "",
                "key": "",
                "content_hash": "",
                "media_type": "",
                "raw": b"",
                "citation": {},
                "fetched_at": at,
                "poll_id": first,
            }
        ],
    )
    poll = Poll(
        id=first,
        source="",
        kind=PollKind.IMPORT,
        started_at=at,
        state=PollState.COMPLETE,
        notes=[],
    )
    session.add(poll)
    session.flush()


def _copy_places(held: Session, scratch: Session, papers: Sequence[int]) -> None:
    """Copy which of the papers are in the queue already."""
    for start in range(0, len(papers), 400):
        ids = papers[start : start + 400]
        novelty.copy_rows(held, scratch, QueueItem, QueueItem.paper_id.in_(ids))
