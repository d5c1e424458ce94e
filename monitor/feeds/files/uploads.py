"""Files that people bring through the pages, and where each stands. Never commits, reads no file.

reading → ready → waiting → done; a file that is no use ends in failed, one thought better of in
discarded. Each step is taken from the state it follows from, or refused.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from monitor.feeds.files.intake import SOURCE, FileOrigin
from monitor.feeds.files.shelf import Shelved
from monitor.feeds.tables import ImportFile, ImportState
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, NotFound
from monitor.kernel.persistence.database import affected

OPEN = (ImportState.READING, ImportState.READY, ImportState.WAITING)
MOST_OPEN = 10  # files of one person
_LISTED = 100


def add(
    session: Session,
    shelved: Shelved,
    *,
    name: str,
    by: str,
    at: datetime,
    origin: FileOrigin | None = None,
) -> ImportFile:
    """Note a file that was put away; it is read next. ``by`` is an actor, such as "user:3".

    Raises:
        Conflict: this person has too many files that nobody decided on.
    """
    mine = select(func.count()).where(ImportFile.by == by, ImportFile.state.in_(OPEN))
    if (session.scalar(mine) or 0) >= MOST_OPEN:
        raise Conflict(f"You have {MOST_OPEN} files open: bring in or discard one of them first")
    file = ImportFile(
        token=shelved.token,
        name=name,
        size=shelved.size,
        sha256=shelved.sha256,
        state=ImportState.READING,
        by=by,
        at=at,
        unreadable=[],
        sample=[],
        source=origin.source if origin else None,
        exported_on=origin.exported if origin else None,
    )
    session.add(file)
    session.flush()
    _record(session, file, "import.brought", by, at, size=shelved.size, sha256=shelved.sha256)
    return file


def origin_of(file: ImportFile) -> FileOrigin:
    """Tell where a file comes from."""
    return FileOrigin(file.source or SOURCE, file.exported_on)


def find(session: Session, file_id: int) -> ImportFile:
    """Read one file.

    Raises:
        NotFound: there is no such file.
    """
    file = session.get(ImportFile, file_id)
    if file is None:
        raise NotFound("There is no such file.")
    return file


def listed(session: Session, by: str | None) -> Sequence[ImportFile]:
    """List the newest files of one person, or of everybody."""
    files = select(ImportFile).order_by(ImportFile.id.desc()).limit(_LISTED)
    return session.scalars(files if by is None else files.where(ImportFile.by == by)).all()


def to_do(session: Session) -> list[int]:
    """Name the files that wait for the job, the oldest first."""
    waiting = ImportFile.state.in_((ImportState.READING, ImportState.WAITING))
    return list(session.scalars(select(ImportFile.id).where(waiting).order_by(ImportFile.id)))


def still_open(session: Session) -> Sequence[ImportFile]:
    """List the files that may still be needed."""
    return session.scalars(select(ImportFile).where(ImportFile.state.in_(OPEN))).all()


def say_yes(session: Session, file_id: int, *, by: str, at: datetime) -> None:
    """Let a file that was previewed be brought in. Saying it twice is saying it once.

    Raises:
        NotFound: there is no such file.
        Conflict: it is not ready, or was discarded.
    """
    file = find(session, file_id)
    if file.state in {ImportState.WAITING, ImportState.DONE}:
        return
    move(
        session,
        file_id,
        ImportState.READY,
        state=ImportState.WAITING,
        done=0,
        new_papers=0,
        known=0,
        repeated=0,
        queued=0,
    )
    _record(session, file, "import.confirmed", by, at)


def discard(session: Session, file_id: int, *, by: str, at: datetime) -> None:
    """Think better of a file. The caller throws it away once this is committed.

    Raises:
        NotFound: there is no such file.
        Conflict: it is being brought in, or is done with.
    """
    file = find(session, file_id)
    if file.state is ImportState.DISCARDED:
        return
    if file.state not in {ImportState.READING, ImportState.READY}:
        raise Conflict("This file is being brought in, or is done with: it cannot be discarded")
    move(session, file_id, file.state, state=ImportState.DISCARDED, finished_at=at)
    _record(session, file, "import.discarded", by, at)


def close(
    session: Session,
    file_id: int,
    state: ImportState,
    *,
    by: str,
    at: datetime,
    error: str | None = None,
) -> None:
    """Note that a file is done, or that it is no use and why; from whichever open state.

    Raises:
        NotFound: there is no such file.
        Conflict: it is closed already.
    """
    file = find(session, file_id)
    if file.state not in OPEN:
        raise Conflict(f"file {file_id} is closed already")
    move(session, file_id, file.state, state=state, finished_at=at, error=error)
    _record(session, file, f"import.{state.value}", by, at, poll=file.poll_id)


def move(session: Session, file_id: int, standing: ImportState, **values: object) -> None:
    """Change a file that still stands where the caller thinks it does.

    Raises:
        Conflict: it stands elsewhere by now.
    """
    changed = session.execute(
        update(ImportFile)
        .where(ImportFile.id == file_id, ImportFile.state == standing)
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )
    if affected(changed) != 1:
        raise Conflict("Somebody else has decided on this file by now: reload the page")


def _record(
    session: Session, file: ImportFile, action: str, by: str, at: datetime, **more: object
) -> None:
    audit.record(session, at=at, actor=by, action=action, subject=f"file:{file.id}", **more)
