"""Read everything kept again after a reader was mended, and rebuild the papers.

Readers hear of it only where a mended reader finds that a study that counts was retracted.

The network is not reached. A replay that was cut off is simply run again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from monitor import workflow
from monitor.feeds import files
from monitor.feeds.sources import SOURCES
from monitor.feeds.sources.databases import BROUGHT, DATABASES
from monitor.feeds.storage import replaying
from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.locks import exclusive
from monitor.service import Service

_BATCH = 200

READERS: dict[str, replaying.Reader] = {
    **dict.fromkeys((BROUGHT, *DATABASES), files.reread),
    **{name: definition.reread for name, definition in SOURCES.items()},
}
Progress = Callable[[int], None]  # told how many records were read since the last time


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What reading one source's records again came to.

    ``changed`` records read differently now, ``taken_back`` were set aside and can be read,
    ``unreadable`` stay as they were read. ``papers`` say something new, ``queued`` are papers
    that a reviewer had not been shown.
    """

    source: str
    records: int = 0
    changed: int = 0
    taken_back: int = 0
    unreadable: int = 0
    papers: int = 0
    queued: int = 0


def size(service: Service, name: str) -> int:
    """Count what a replay of a source will read."""
    with service.database.read() as session:
        return replaying.count(session, name)


def replay(service: Service, name: str, *, dry_run: bool, progress: Progress) -> ReplayReport:
    """Read one source's records again, a few hundred in each transaction.

    ``dry_run`` takes every transaction back: it tells what would change.

    Raises:
        Conflict: the source is being asked now.
    """
    with exclusive(service.database, service.settings.var, f"source-{name}") as held:
        if not held:
            raise Conflict(f"{name} is being asked now: try again in a minute")
        report = _reread(service, ReplayReport(name), dry_run=dry_run, progress=progress)
        return _take_back(service, report, dry_run=dry_run, progress=progress)


def _reread(
    service: Service, report: ReplayReport, *, dry_run: bool, progress: Progress
) -> ReplayReport:
    reader, last = READERS[report.source], 0
    while True:
        with service.database.write() as session:
            batch = replaying.reread(session, report.source, reader, after=last, limit=_BATCH)
            papers, queued = workflow.replay(
                session,
                service,
                batch.changed,
                at=service.clock(),
            )
            if dry_run:
                session.rollback()
        if not batch.seen:
            return report
        progress(batch.seen)
        last = batch.last
        report = replace(
            report,
            records=report.records + batch.seen,
            changed=report.changed + len(batch.changed),
            unreadable=report.unreadable + batch.unreadable,
            papers=report.papers + papers,
            queued=report.queued + queued,
        )


def _take_back(
    service: Service, report: ReplayReport, *, dry_run: bool, progress: Progress
) -> ReplayReport:
    reader, last = READERS[report.source], 0
    while True:
        with service.database.write() as session:
            batch = replaying.take_back(session, report.source, reader, after=last, limit=_BATCH)
            taken = batch.taken
            queued = workflow.ingest(
                session,
                service,
                taken,
                at=service.clock(),
            )
            if dry_run:
                session.rollback()
        if not batch.seen:
            return report
        progress(batch.seen)
        last = batch.last
        report = replace(
            report,
            records=report.records + batch.seen,
            taken_back=report.taken_back + len(taken),
            unreadable=report.unreadable + batch.seen - len(taken),
            papers=report.papers + len(taken),
            queued=report.queued + queued,
        )
