"""Bring in a file of references: the same way a source's answer comes in, without a network."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.feeds import files
from monitor.feeds import service as feeds
from monitor.feeds.files import FileContent
from monitor.feeds.records import Answer, Query, Watermark
from monitor.feeds.tables import PollKind
from monitor.jobs.service import Service
from monitor.literature.tables import Paper

SOURCE = "import"
_LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file held and what became of it; ``unreadable`` is (name in the file, reason)."""

    format: str
    records: int
    new_papers: int
    known: int
    queued: int
    unreadable: tuple[tuple[str, str], ...]
    dry_run: bool


def import_file(service: Service, data: bytes, *, dry_run: bool) -> ImportReport:
    """Store a file's records and queue its papers, whole or not at all.

    ``dry_run`` does all of it and takes it back, so what it reports is what would happen.

    Raises:
        InvalidInput: the file is of no format known here.
        SourceError: it is PubMed XML, and cut off.
    """
    content = files.read(data)
    with service.database.write() as session:
        before = _papers(session)
        queued = _store(service, session, content, data)
        new = _papers(session) - before
        if dry_run:
            session.rollback()
    return ImportReport(
        format=content.format,
        records=len(content.records),
        new_papers=new,
        known=len(content.records) - new,
        queued=queued,
        unreadable=tuple((one.key, one.reason) for one in content.unreadable),
        dry_run=dry_run,
    )


def _store(service: Service, session: Session, content: FileContent, data: bytes) -> int:
    at = service.clock()
    feeds.ensure_manual_source(session, SOURCE, at)
    lease = feeds.lease(session, SOURCE, at, _LEASE_SECONDS, take_over=True)
    poll_id = feeds.start_poll(session, lease, at, PollKind.IMPORT)
    query = Query(key=f"sha256:{hashlib.sha256(data).hexdigest()}", text=content.format)
    answer = Answer(
        query=query,
        records=content.records,
        watermark=Watermark(position=at.date().isoformat()),
        unreadable=content.unreadable,
        declared=len(content.records) + len(content.unreadable),
    )
    stored = feeds.store(session, lease, poll_id, [answer], at)
    queued = workflow.ingest(session, service.matcher, stored, at=at)
    feeds.finish(session, lease, poll_id, at=at)
    return queued


def _papers(session: Session) -> int:
    session.flush()
    alive = select(func.count()).select_from(Paper).where(Paper.merged_into_id.is_(None))
    return session.scalar(alive) or 0
