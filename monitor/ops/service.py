"""Heartbeats of the jobs. Records how a run went; runs nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from monitor.ops.tables import JobRow

# For how long it stands that a job ran well; and the seconds in which one does that had nothing to do.
_STANDS, _NO_TIME = timedelta(minutes=1), 1.0


def sync_jobs(session: Session, schedule: Mapping[str, int], *, at: datetime) -> None:
    """Make a row for each job of ``schedule`` (name -> seconds between runs)."""
    for name, seconds in schedule.items():
        row = session.get(JobRow, name)
        if row is None:
            session.add(JobRow(name=name, every_seconds=seconds, next_due_at=at))
        else:
            row.every_seconds = seconds


def says_more(session: Session, name: str, *, at: datetime, took: float, error: str | None) -> bool:
    """Tell whether how a run ended says more than what is noted of the job.

    A run that went well in no time does not, within a minute of the last that did: what is noted
    is a commit, after which every page is asked whether it stands, and some are made anew.
    """
    row = _row(session, name)
    if error or row.error or took >= _NO_TIME or row.last_finished_at is None:
        return True
    return not timedelta() <= at - row.last_finished_at < _STANDS


def finished(session: Session, name: str, *, at: datetime, took: float, error: str | None) -> None:
    """Record how a run ended; ``took`` is in seconds, ``error`` is in words or None."""
    row = _row(session, name)
    row.last_finished_at = at
    row.took_seconds = took
    row.error = error
    row.next_due_at = at + timedelta(seconds=row.every_seconds)
    if error is None:
        row.last_success_at = at


def next_due(session: Session, name: str) -> datetime:
    """Tell when a job is due."""
    return _row(session, name).next_due_at


def log_too_long(size_bytes: int) -> str:
    """Say that SQLite's write-ahead log cannot be emptied, and what to look for."""
    return (
        f"The database’s log has grown to {size_bytes // 2**20} MB: something (a backup, a shell) "
        "has held the database open for long"
    )


def _row(session: Session, name: str) -> JobRow:
    row = session.get(JobRow, name)
    if row is None:
        raise LookupError(f"job {name} was never synced")
    return row
