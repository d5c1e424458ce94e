"""Work on the files that people brought: preview them, bring in those they said yes to, tidy up.

Everything is resumed after a kill: a preview from the beginning, an import where it stopped. A
file that breaks the reader is that file's failure, and the next one is worked on.
"""

import contextlib
import shutil
from datetime import timedelta
from pathlib import Path
from typing import IO

from sqlalchemy.orm import Session

from monitor.feeds import files
from monitor.feeds.files import shelf, uploads
from monitor.feeds.tables import ImportFile, ImportState
from monitor.jobs.files.importing import Batch, ImportTally, Resume, batches, bring_in
from monitor.jobs.files.rehearsing import rehearsal
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.kernel.process.log import log
from monitor.service import Service

ACTOR = "job:import"
KEEP = timedelta(days=7)
MOST_RECORDS = 20_000  # of one file, so that a preview ends within minutes
SAMPLE = 20
_LISTED = 200  # unreadable records named one by one
_TURN_SECONDS = 60.0  # then others have their turn, and the job its heartbeat
_GONE = "the file is no longer here: bring it again"
_BROKE = "reading it broke our reader: please report this, with the file"


def folder(service: Service) -> Path:
    """Tell where the files lie."""
    return service.settings.var / "imports"


def work_on_uploads(service: Service) -> None:
    """Do what there is to do, for a minute or so."""
    _tidy(service)
    with service.database.read() as session:
        to_do = uploads.to_do(session)
    for file_id in to_do:
        _work_on(service, file_id)


def _work_on(service: Service, file_id: int) -> None:
    with service.database.read() as session:
        file = uploads.find(session, file_id)
    try:
        with shelf.place(folder(service), file.token).open("rb") as opened:
            if file.state is ImportState.READING:
                _preview(service, file, opened)
            elif file.state is ImportState.WAITING:
                _bring_in(service, file, opened)
    except Conflict as error:
        log.info("import.not_now", file=file_id, reason=str(error))
    except InvalidInput as error:
        _close(service, file, ImportState.FAILED, str(error))
    except FileNotFoundError:
        _close(service, file, ImportState.FAILED, _GONE)
    except Exception:
        log.exception("import.broke", file=file_id)
        _close(service, file, ImportState.FAILED, _BROKE)


def _preview(service: Service, file: ImportFile, opened: IO[bytes]) -> None:
    """Tell what the file would bring, and note how far the telling is."""
    reading = files.read(opened)
    tally = ImportTally()
    sample: list[list[str]] = []
    with rehearsal(service, reading.format, uploads.origin_of(file)) as rehearsed:
        for part in batches(reading.found):
            batch = rehearsed.take(part)
            tally.add(batch.lines, batch.queued)
            lines = batch.lines[: SAMPLE - len(sample)]
            sample += [[line.key, line.title, line.novelty.value] for line in lines]
            done = tally.records + tally.unreadable_count
            if done > MOST_RECORDS:
                raise InvalidInput(
                    f"the file has more than {MOST_RECORDS:,} references: split it, or ask an "
                    "admin to bring it in with the gap-monitor import command"
                )
            with service.database.write() as session:
                uploads.move(
                    session, file.id, ImportState.READING, format=reading.format, done=done
                )
    with service.database.write() as session:
        uploads.move(
            session,
            file.id,
            ImportState.READING,
            state=ImportState.READY,
            format=reading.format,
            sample=sample,
            records=tally.records,
            done=tally.records + tally.unreadable_count,
            new_papers=tally.new_papers,
            known=tally.known,
            repeated=tally.repeated,
            queued=tally.queued,
            unreadable=[list(pair) for pair in tally.unreadable[:_LISTED]],
            unreadable_count=tally.unreadable_count,
        )


def _bring_in(service: Service, file: ImportFile, opened: IO[bytes]) -> None:
    """Bring the file in from where it stopped, for one turn."""

    def noted(session: Session, batch: Batch) -> None:
        _count(session, file.id, batch)

    ends = monotonic() + _TURN_SECONDS
    resume = Resume(file.poll_id, file.done)
    origin = uploads.origin_of(file)
    under_way = bring_in(service, opened, files.read(opened), resume, noted, origin)
    with contextlib.closing(under_way):
        for _ in under_way:
            if monotonic() > ends:
                return
    _close(service, file, ImportState.DONE, None)


def _count(session: Session, file_id: int, batch: Batch) -> None:
    """Add a batch to the file's row, in the transaction that keeps it."""
    tally = ImportTally()
    tally.add(batch.lines, batch.queued)
    row = uploads.find(session, file_id)
    uploads.move(
        session,
        file_id,
        ImportState.WAITING,
        poll_id=batch.since,
        done=row.done + len(batch.lines),
        new_papers=row.new_papers + tally.new_papers,
        known=row.known + tally.known,
        repeated=row.repeated + tally.repeated,
        queued=row.queued + tally.queued,
    )


def _close(service: Service, file: ImportFile, state: ImportState, error: str | None) -> None:
    """Note how it ended; then the file is not needed any more."""
    try:
        with service.database.write() as session:
            uploads.close(session, file.id, state, by=ACTOR, at=service.clock(), error=error)
    except Conflict:
        return  # discarded meanwhile
    shelf.remove(folder(service), file.token)


def _tidy(service: Service) -> None:
    """Discard what nobody decided on within a week, and throw away what nobody knows of."""
    with service.database.read() as session:
        still = uploads.still_open(session)
    expired = [
        file
        for file in still
        if file.at + KEEP <= service.clock() and file.state is not ImportState.WAITING
    ]
    for file in expired:
        with service.database.write() as session:
            uploads.discard(session, file.id, by=ACTOR, at=service.clock())
        shelf.remove(folder(service), file.token)
    known = {file.token for file in still}
    for path in shelf.left_over(folder(service), known, service.clock() - KEEP):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # a rehearsal that was killed
        else:
            path.unlink(missing_ok=True)
