"""One read model of the service's health, for the status page and ``status --json``."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from monitor.feeds import incidents, of_use
from monitor.feeds import queries as feeds
from monitor.feeds.incidents import IncidentView
from monitor.kernel import audit, audit_check
from monitor.kernel.language import english
from monitor.kernel.persistence.columnar import all_of, columns_of, rows
from monitor.kernel.persistence.database import Database
from monitor.kernel.persistence.engines import LOG_LIMIT
from monitor.kernel.settings import Settings
from monitor.notify import rules
from monitor.notify.digests import due
from monitor.notify.message_tables import MessageState
from monitor.notify.messages import outbox_status as notify
from monitor.ops.causes import NoWayOut, no_way_out
from monitor.ops.running import JobStatus, Standstill, job_status, standstill, wrong_with_jobs
from monitor.ops.service import log_too_long
from monitor.ops.tables import JobRow
from monitor.review.notices import waiting
from monitor.review.queue import counting
from monitor.review.words import Stage

NOTHING_WATCHED = "Nothing is being watched: every source is switched off"
# how long an incident that is over stays in sight
_ENDED_SHOWN = timedelta(days=14)
# how long what is said of a study may wait for a person
_ALERT_MAY_WAIT = timedelta(days=7)
# a digest is made within minutes of its hour, however many are due
_DIGEST_MAY_WAIT = timedelta(hours=2)
_HOURS_TOLD = 48  # a longer wait is told in days
_jobs = columns_of(JobRow)


class QueueStatus(NamedTuple):
    """The reviewers' work: how many papers stand where, and the longest wait to be screened."""

    counts: dict[Stage, int]
    oldest_at: datetime | None


class DatabaseStatus(NamedTuple):
    """The database: "sqlite" or "postgresql", its size in bytes where known.

    ``log_bytes``: of these, how much stands in SQLite's write-ahead log. ``checked``: how far the
    audit ledger was found whole; None where it never was checked.
    """

    kind: str
    size_bytes: int | None
    log_bytes: int
    audit_entries: int
    checked: audit_check.Checked | None


class Status(NamedTuple):
    """Everything an admin asks first; ``verdict`` is the sentence to read.

    ``ended`` are the incidents that ended in the last 14 days, the latest first. ``no_way_out`` is
    the one cause of several incidents, where there is one; ``standstill``, that no job runs.
    """

    at: datetime
    verdict: str
    healthy: bool
    sources: list[feeds.SourceStatus]
    incidents: list[IncidentView]
    ended: list[IncidentView]
    jobs: list[JobStatus]
    queue: QueueStatus
    outbox: notify.OutboxStatus
    database: DatabaseStatus
    loopback_allowed: bool
    no_way_out: NoWayOut | None = None
    standstill: Standstill | None = None
    use_feeds: tuple[of_use.UseFeedStatus, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the shape of ``status --json``: JSON values only, times in ISO 8601."""
        return {
            "at": self.at.isoformat(),
            "verdict": self.verdict,
            "healthy": self.healthy,
            "sources": [_source(source) for source in self.sources],
            "incidents": [_incident(incident) for incident in (*self.incidents, *self.ended)],
            "use_feeds": [_use_feed(feed) for feed in self.use_feeds],
            "jobs": [_job(job) for job in self.jobs],
            "queue": {
                "counts": {stage.value: self.queue.counts.get(stage, 0) for stage in Stage},
                "oldest": _time(self.queue.oldest_at),
            },
            "outbox": {
                "counts": {state.value: self.outbox.counts.get(state, 0) for state in MessageState},
                "last_sent": _time(self.outbox.last_sent_at),
                "oldest_waiting": _time(self.outbox.oldest_waiting_at),
                "held": self.outbox.held,
                "refused_unseen": self.outbox.refused,
            },
            "database": {
                "kind": self.database.kind,
                "size_bytes": self.database.size_bytes,
                "log_bytes": self.database.log_bytes,
                "audit_entries": self.database.audit_entries,
                "audit_checked": _checked(self.database.checked),
            },
            "loopback_allowed": self.loopback_allowed,
        }


def _checked(ledger: audit_check.Checked | None) -> dict[str, Any] | None:
    if ledger is None:
        return None
    return {
        "entry": ledger.entry,
        "at": _time(ledger.at),
        "whole": ledger.whole,
        "since": _time(ledger.since),
    }


def status(session: Session, settings: Settings, database: Database, now: datetime) -> Status:
    """Read how everything stands now."""
    sources = feeds.sources(session, settings, now)
    jobs = [job_status(row, now) for row in rows(session, all_of(JobRow).order_by(_jobs.name))]
    outbox = notify.outbox(session)
    wrong = incidents.open_incidents(session)
    asked = [source for source in sources if source.state is not feeds.SourceState.DISABLED]
    still = standstill(jobs)
    lost = no_way_out({source.name: source.last_success for source in asked}, wrong)
    problems = [] if asked else [NOTHING_WATCHED]
    problems += _problems(sources, wrong, lost, jobs) + _mail_problems(wrong, outbox, now)
    problems += _digests(session, now) + _waiting(session, now) + _log_problem(database)
    return Status(
        at=now,
        verdict=_verdict(problems, still),
        healthy=not problems,
        sources=sources,
        incidents=wrong,
        ended=incidents.closed_since(session, now - _ENDED_SHOWN),
        jobs=jobs,
        queue=_queue(session),
        outbox=outbox,
        database=DatabaseStatus(
            kind=database.engine.dialect.name,
            size_bytes=_size(database),
            log_bytes=database.log_bytes(),
            audit_entries=audit.head(session).count,
            checked=audit_check.told(session),
        ),
        loopback_allowed=settings.sources.allow_loopback,
        no_way_out=lost,
        standstill=still,
        use_feeds=tuple(of_use.statuses(session, now, settings)),
    )


def _queue(session: Session) -> QueueStatus:
    return QueueStatus(counting.counts(session), counting.waiting_since(session, Stage.TO_SCREEN))


def mail_problems(session: Session, now: datetime) -> list[str]:
    """Say what is wrong with mail, each with its reason; nothing where all is well."""
    return _wrong_with_mail(session, now, but={incidents.APPROVAL})  # waits for a person, as asked


def _wrong_with_mail(session: Session, now: datetime, but: Collection[str]) -> list[str]:
    wrong = [
        incident
        for incident in incidents.open_incidents(session)
        if incident.of_mail and incident.topic not in but
    ]
    told = [f"{incident.headline}: {incident.message}" for incident in wrong]
    return told + _mail_problems(wrong, notify.outbox(session), now)


def cannot_tell(session: Session, now: datetime) -> list[str]:
    """Say why somebody might not be told what they should be: mail, digests, jobs that do not run."""
    jobs = [
        job_status(row, now) for row in rows(session, all_of(JobRow).where(_jobs.name != "ping"))
    ]
    # of bounces that are not read the admins hear by mail, which leaves
    mail = _wrong_with_mail(session, now, but={incidents.APPROVAL, incidents.BOUNCES})
    return mail + _digests(session, now) + wrong_with_jobs(jobs)


def _problems(
    sources: list[feeds.SourceStatus],
    wrong: list[IncidentView],
    lost: NoWayOut | None,
    jobs: list[JobStatus],
) -> list[str]:
    asked = [
        source  # one that is late was asked in vain, unless nobody asks
        for source in sources
        if source.state is not feeds.SourceState.OVERDUE or not standstill(jobs)
    ]
    problems = [lost.headline] if lost else _not_answering(asked)
    # what a source does not answer is told above
    problems += dict.fromkeys(
        incident.headline
        for incident in wrong
        if (incident.topic != incidents.POLL or incident.of_use)
        and not (lost and lost.explains(incident))
    )
    return problems + wrong_with_jobs(jobs)


def _not_answering(sources: list[feeds.SourceStatus]) -> list[str]:
    silent = [s.title for s in sources if s.state in {"failing", "overdue"}]
    who = f"{silent[0]} is" if len(silent) == 1 else f"{len(silent)} sources are"
    problems = [f"{who} not answering"] if silent else []
    # neither failed nor late, and yet there is an error: it is ours
    return problems + [
        f"{s.title} could not be asked, for a reason of our own"
        for s in sources
        if s.error and not s.failures and s.state not in {"failing", "overdue", "disabled"}
    ]


def _mail_problems(
    wrong: list[IncidentView], outbox: notify.OutboxStatus, now: datetime
) -> list[str]:
    """Say what is wrong with the mail, from the messages themselves where no job told of it."""
    problems = []
    oldest = outbox.oldest_waiting_at
    if (
        oldest
        and now - oldest > rules.MAY_WAIT
        and not any(incident.topic in {incidents.DELIVERY, incidents.WAITING} for incident in wrong)
    ):
        problems.append(f"The oldest mail has waited for {_long(now - oldest)}")
    if refused := outbox.refused:
        problems.append(f"{refused} message{'s were' if refused > 1 else ' was'} refused for good")
    return problems


def _long(wait: timedelta) -> str:
    hours = int(wait.total_seconds() // 3600)
    return f"{hours} hours" if hours < _HOURS_TOLD else f"{hours // 24} days"


def _digests(session: Session, now: datetime) -> list[str]:
    """Say whether digests were due and none went out: nobody made them, or their mail waits."""
    since = due.due_since(session, now)
    if since and now - since > _DIGEST_MAY_WAIT:
        return [f"A digest was due on {english.moment(since)} and none went out"]
    return []


def _waiting(session: Session, now: datetime) -> list[str]:
    """Say whether what was said of studies has waited long for a person."""
    old = waiting.count_open(session, before=now - _ALERT_MAY_WAIT)
    if not old:
        return []
    what = "retraction or correction has" if old == 1 else "retractions or corrections have"
    return [f"{old} {what} waited for a reviewer for over {_ALERT_MAY_WAIT.days} days"]


def _log_problem(database: Database) -> list[str]:
    size = database.log_bytes()
    return [log_too_long(size)] if size > LOG_LIMIT else []


def _verdict(problems: list[str], still: Standstill | None) -> str:
    if not problems:
        return "Everything is on time."
    # while no job runs, nobody looks whether anything else is
    return f"{'. '.join(problems)}." + ("" if still else " Everything else is on time.")


def _size(database: Database) -> int | None:
    if database.path is None:
        return None
    # what was written lately lies in the write-ahead log beside the file
    return database.path.stat().st_size + database.log_bytes()


def _source(source: feeds.SourceStatus) -> dict[str, Any]:
    return {
        "name": source.name,
        "title": source.title,
        "state": source.state,
        "last_success": _time(source.last_success),
        "last_attempt": _time(source.last_attempt),
        "next_due": _time(source.next_due),
        "error": source.error,
        "quiet_since": _time(source.quiet_since),
        "failing_since": _time(source.failing_since),
        "failures": source.failures,
    }


def _use_feed(feed: of_use.UseFeedStatus) -> dict[str, Any]:
    return {
        "name": feed.name,
        "state": feed.state,
        "last_success": _time(feed.last_success),
        "last_new": _time(feed.last_new),
        "next_due": _time(feed.next_due),
        "error": feed.error,
        "failing_since": _time(feed.failing_since),
        "problems": list(feed.problems),
    }


def _incident(incident: IncidentView) -> dict[str, Any]:
    return {
        "source": incident.source,
        "topic": incident.topic,
        "kind": incident.kind,
        "message": incident.message,
        "opened": _time(incident.opened_at),
        "last_seen": _time(incident.last_seen_at),
        "times": incident.times,
        "closed": _time(incident.closed_at),
    }


def _job(job: JobStatus) -> dict[str, Any]:
    return {
        "name": job.name,
        "state": job.state.value,
        "last_success": _time(job.last_success),
        "next_due": _time(job.next_due),
        "took_seconds": job.took_seconds,
        "error": job.error,
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
