"""How the jobs stand, and what is wrong with them in sentences: one, where none runs at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from monitor.kernel.language import english
from monitor.ops.job_titles import JOB_TITLES
from monitor.ops.tables import JobRow

# A job is overdue when it missed two turns, and never before this many seconds.
_GRACE_SECONDS = 120
_FEW = 2  # overdue jobs that are named: where more are, it may be that none runs


class JobState(StrEnum):
    """How a job stands."""

    ON_TIME = "on time"
    OVERDUE = "overdue"
    FAILING = "failing"
    NEVER = "never"


class JobStatus(NamedTuple):
    """One job; ``noted`` is when a run of it last ended, ``late_from`` when it is overdue."""

    name: str
    title: str
    state: JobState
    last_success: datetime | None
    took_seconds: float | None
    next_due: datetime
    error: str | None
    noted: datetime | None
    late_from: datetime


class Standstill(NamedTuple):
    """No job runs. ``since`` is when the last run of any ended; None: none ever did."""

    since: datetime | None

    @property
    def headline(self) -> str:
        """What is wrong and what to do, in a sentence without its dot."""
        since = f"run since {english.moment(self.since)}" if self.since else "ever run"
        return f"No job has {since}: start the service anew"


def job_status(row: JobRow, now: datetime) -> JobStatus:
    """Tell how a job stands."""
    grace = timedelta(seconds=max(_GRACE_SECONDS, 2 * row.every_seconds))
    late_from = row.next_due_at + grace
    return JobStatus(
        name=row.name,
        title=JOB_TITLES.get(row.name, row.name),
        state=_state(row, is_late=now > late_from),
        last_success=row.last_success_at,
        took_seconds=row.took_seconds,
        next_due=row.next_due_at,
        error=row.error,
        noted=row.last_finished_at,
        late_from=late_from,
    )


def _state(row: JobRow, *, is_late: bool) -> JobState:
    if is_late:
        return JobState.OVERDUE
    if row.error:
        return JobState.FAILING
    return JobState.ON_TIME if row.last_success_at else JobState.NEVER


def standstill(jobs: Sequence[JobStatus]) -> Standstill | None:
    """Tell whether no job runs: several are overdue, and none has ended a run since the first was.

    A job that hangs leaves the others running, and they are noted within minutes.
    """
    late = [job for job in jobs if job.state is JobState.OVERDUE]
    if len(late) <= _FEW:
        return None
    since = max((job.noted for job in jobs if job.noted), default=None)
    if since is not None and since >= min(job.late_from for job in late):
        return None
    return Standstill(since)


def wrong_with_jobs(jobs: Sequence[JobStatus]) -> list[str]:
    """Say what is wrong, in sentences without their dots; nothing where all is well."""
    still = standstill(jobs)
    wrong = {JobState.FAILING} if still else {JobState.OVERDUE, JobState.FAILING}
    told = [f"“{job.title}” is {job.state}" for job in jobs if job.state in wrong]
    return [still.headline, *told] if still else told
