"""Bring in a file of references, in batches: the way a source's answer comes in, without a network.

Each batch is a transaction. A run that was killed does no harm: what it brought is known to the
next one, which ends in the same state. A dry run rehearses it beside the database.
"""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest
from itertools import islice
from typing import IO

from sqlalchemy.orm import Session

from monitor import workflow
from monitor.feeds import files
from monitor.feeds.files import FileReading, Read, intake
from monitor.feeds.files.intake import SOURCE, FileOrigin, Intake
from monitor.feeds.records import FetchedRecord, UnreadableRecord
from monitor.feeds.service import Effort
from monitor.feeds.watermarks import Query
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.kernel.persistence.locks import exclusive
from monitor.kernel.process.garbage import looked_for_after
from monitor.literature.ingest import novelty
from monitor.literature.ingest.novelty import Novelty
from monitor.service import Service

BATCH = 300
LOCK = f"source-{SOURCE}"
BUSY = "another file is being brought in now: try again when it is done"
_LISTED = 1_000  # how many unreadable records are named one by one


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What one record of a file is; ``reason`` says why it cannot be read."""

    key: str
    title: str
    novelty: Novelty
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records that were taken in, and how many papers were queued for it.

    ``since`` is the first attempt at the file.
    """

    since: int
    lines: list[ImportLine]
    queued: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an import goes on: the first attempt at the file, and how many records it has done."""

    since: int | None
    done: int


@dataclass(slots=True)
class ImportTally:
    """What a file, or a part of it, came to. ``records`` are those that could be read.

    They are new, known before, or repeat a paper that the same file brought first.
    """

    records: int = 0
    new_papers: int = 0
    known: int = 0
    repeated: int = 0
    queued: int = 0
    unreadable_count: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def add(self, lines: Iterable[ImportLine], queued: int) -> None:
        """Count a batch, of which ``queued`` papers were queued."""
        self.queued += queued
        for line in lines:
            self._count(line)

    def _count(self, line: ImportLine) -> None:
        match line.novelty:
            case Novelty.UNREADABLE:
                self.unreadable_count += 1
                if len(self.unreadable) < _LISTED:
                    self.unreadable.append((line.key, line.reason or ""))
                return
            case Novelty.NEW:
                self.new_papers += 1
            case Novelty.KNOWN:
                self.known += 1
            case Novelty.REPEATED:
                self.repeated += 1
        self.records += 1


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file held and what became of it; ``unreadable`` is (name in the file, reason).

    At most 1,000 of these are named; ``unreadable_count`` counts all.
    """

    format: str
    records: int
    new_papers: int
    known: int
    repeated: int
    queued: int
    unreadable: tuple[tuple[str, str], ...]
    unreadable_count: int
    dry_run: bool


Watch = Callable[[Sequence[ImportLine]], None]
Inside = Callable[[Session, Batch], None]


def nobody(lines: Sequence[ImportLine]) -> None:
    """Watch nothing."""


def import_file(
    service: Service, file: IO[bytes], watch: Watch = nobody, origin: FileOrigin | None = None
) -> ImportReport:
    """Store a file's records and queue its papers. ``watch`` is told of each batch once it is kept.

    ``origin``: the database it was exported from, where somebody said.

    Raises:
        InvalidInput: the file is of no format known here; or it is cut off or damaged, and what
            came before that is kept.
        Conflict: another file is being brought in.
    """
    reading = files.read(file)
    tally = ImportTally()
    with contextlib.closing(bring_in(service, file, reading, origin=origin)) as under_way:
        try:
            for batch in under_way:
                tally.add(batch.lines, batch.queued)
                watch(batch.lines)
        except InvalidInput as error:
            before = f"{tally.records:,} records before that are kept"
            raise InvalidInput(f"{error} ({before})") from None
    return report_of(reading.format, tally, dry_run=False)


def bring_in(
    service: Service,
    file: IO[bytes],
    reading: FileReading,
    resume: Resume | None = None,
    inside: Inside | None = None,
    origin: FileOrigin | None = None,
) -> Generator[Batch, None, None]:
    """Take a file in, batch by batch; gives each once it is kept.

    ``inside`` is called within the transaction of each batch. Whoever stops before the end leaves
    the attempt open, to be resumed.

    Raises:
        InvalidInput: the file is cut off or damaged; the attempt has failed.
        Conflict: another file is being brought in.
    """
    query = query_of(file, reading.format)
    began, at = monotonic(), service.clock()
    with exclusive(service.database, service.settings.var, LOCK) as held:
        if not held:
            raise Conflict(BUSY)
        with service.database.write() as session:
            since = resume.since if resume else None
            under_way = intake.start(session, query, at, since=since, origin=origin)
        try:
            for part in batches(islice(reading.found, resume.done if resume else 0, None)):
                with looked_for_after(), service.database.write() as session:
                    batch = take(session, service, under_way, part, service.clock())
                    if inside:
                        inside(session, batch)
                yield batch
        except InvalidInput as error:
            with service.database.write() as session:
                effort = Effort(at, monotonic() - began, 0)
                intake.fail(session, under_way, str(error), effort, at=service.clock())
            raise
        with service.database.write() as session:
            effort = Effort(at, monotonic() - began, 0)
            intake.finish(session, under_way, effort, at=service.clock())


def take(
    session: Session, service: Service, under_way: Intake, part: Sequence[Read], at: datetime
) -> Batch:
    """Take some records in and tell what each turned out to be.

    Raises:
        Conflict: somebody else brings in a file now.
    """
    kept = intake.keep(session, under_way, part, at)
    queued = workflow.ingest(session, service, kept.records, at=at)
    keys = [record.key for record in part if isinstance(record, FetchedRecord)]
    ids = [record.record_id for record in kept.records]
    versions = list(zip(keys, kept.hashes, strict=True))
    source = under_way.origin.source
    told = iter(novelty.told(session, source, versions, stored=ids, since=under_way.since))
    return Batch(under_way.since, [_line(record, told) for record in part], queued)


def batches(reading: Iterable[Read]) -> Iterator[list[Read]]:
    """Part the records of a file. Where reading ends in an error, what came before is given."""
    records = iter(reading)
    while True:
        batch: list[Read] = []
        try:
            batch.extend(islice(records, BATCH))
        except InvalidInput:
            if batch:
                yield batch
            raise
        if not batch:
            return
        yield batch


def query_of(file: IO[bytes], format: str) -> Query:
    """Name a file by its content, the way a source's query is named."""
    file.seek(0)
    name = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any seekable file of bytes will do
    file.seek(0)
    return Query(key=f"sha256:{name}", text=format)


def report_of(format: str, tally: ImportTally, *, dry_run: bool) -> ImportReport:
    """Sum up."""
    return ImportReport(
        format=format,
        records=tally.records,
        new_papers=tally.new_papers,
        known=tally.known,
        repeated=tally.repeated,
        queued=tally.queued,
        unreadable=tuple(tally.unreadable),
        unreadable_count=tally.unreadable_count,
        dry_run=dry_run,
    )


def _line(one: Read, told: Iterator[Novelty]) -> ImportLine:
    if isinstance(one, UnreadableRecord):
        return ImportLine(one.key, "", Novelty.UNREADABLE, one.reason)
    return ImportLine(one.key, one.citation.title, next(told))
