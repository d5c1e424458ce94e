"""An attempt to bring in a file, kept batch by batch: what came, how far, how it ended.

Never commits. Each batch is a transaction of its caller's; the attempt counts as complete only
once the whole file was read, and one that was cut off is taken up again where it stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.feeds import service as feeds
from monitor.feeds.leasing import Lease, hold, lease, touch
from monitor.feeds.records import Answer, FetchedRecord, UnreadableRecord
from monitor.feeds.service import Effort
from monitor.feeds.sources.databases import BROUGHT
from monitor.feeds.storage import storing
from monitor.feeds.tables import AskedState, Poll, PollKind, PollQuery, PollState
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import Conflict, SourceError, SourceFault

SOURCE = BROUGHT
_LEASE_SECONDS = 10 * 60


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """Where a file comes from: a database's name, or nobody said; and the day it was exported."""

    source: str = SOURCE
    exported: date | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """A file being brought in: the right to do so, its attempt, and what it is.

    ``since`` is the first attempt at this file: what it and later ones brought is this file's.
    """

    lease: Lease
    poll_id: int
    query: Query
    since: int
    origin: FileOrigin = FileOrigin()


def start(
    session: Session,
    query: Query,
    at: datetime,
    *,
    since: int | None = None,
    origin: FileOrigin | None = None,
) -> Intake:
    """Open an attempt; ``since`` is the first attempt at the file, which goes on if it can.

    Call it only under the lock that proves that nobody else brings in a file now.
    """
    origin = origin or FileOrigin()
    feeds.ensure_manual_source(session, origin.source, at)
    held = lease(session, origin.source, at, _LEASE_SECONDS, take_over=True)
    going_on = session.scalar(
        select(Poll.id)
        .where(Poll.source == origin.source, Poll.id == since, Poll.state == PollState.RUNNING)
        .with_for_update()
    )
    poll_id = going_on or feeds.start_poll(session, held, at, PollKind.IMPORT)
    return Intake(held, poll_id, query, since or poll_id, origin)


def keep(
    session: Session,
    intake: Intake,
    batch: Sequence[FetchedRecord | UnreadableRecord],
    at: datetime,
) -> storing.StoredAnswer:
    """Keep one batch of a file: records not held before, or held in other words.

    Raises:
        Conflict: somebody else brings in a file now.
    """
    hold(session, intake.lease, at)
    poll = _running(session, intake)
    answer = Answer(
        query=intake.query,
        records=tuple(record for record in batch if isinstance(record, FetchedRecord)),
        watermark=Watermark(),
        unreadable=tuple(record for record in batch if isinstance(record, UnreadableRecord)),
    )
    kept = storing.keep(session, intake.origin.source, poll.id, answer, at, move=False)
    poll.records += len(answer.records)
    poll.new_records += kept.new
    poll.unreadable += len(answer.unreadable)
    if kept.new:
        touch(session, intake.lease, last_new_at=at)
    session.flush()
    return kept


def finish(session: Session, intake: Intake, effort: Effort, *, at: datetime) -> None:
    """Close an attempt that read the whole file."""
    poll = _running(session, intake)
    session.add(_asked(intake, poll, effort, AskedState.COMPLETE))
    feeds.finish(session, intake.lease, intake.poll_id, at=at)


def bring(
    session: Session, query: Query, records: Sequence[FetchedRecord], at: datetime
) -> list[storing.StoredRecord]:
    """Keep the records of a small file whole, in the caller's one transaction: no lease is held."""
    feeds.ensure_manual_source(session, SOURCE, at)
    poll = Poll(
        source=SOURCE,
        started_at=at,
        finished_at=at,
        state=PollState.COMPLETE,
        notes=[],
        kind=PollKind.IMPORT,
        records=len(records),
    )
    session.add(poll)
    session.flush()
    answer = Answer(query=query, records=tuple(records), watermark=Watermark())
    kept = storing.keep(session, SOURCE, poll.id, answer, at, move=False)
    poll.new_records = kept.new
    session.add(
        PollQuery(
            poll_id=poll.id,
            query_key=query.key,
            asked=query.text,
            at=at,
            took_seconds=0.0,
            requests=0,
            state=AskedState.COMPLETE,
            records=len(records),
            new_records=kept.new,
            notes=[],
        )
    )
    session.flush()
    return kept.records


def fail(session: Session, intake: Intake, reason: str, effort: Effort, *, at: datetime) -> None:
    """Close an attempt that could not read the whole file. What came before is kept."""
    poll = _running(session, intake)
    asked = _asked(intake, poll, effort, AskedState.FAILED)
    asked.fault, asked.error = SourceFault.MALFORMED.value, reason
    session.add(asked)
    error = SourceError(SourceFault.MALFORMED, reason)
    feeds.fail(session, intake.lease, intake.poll_id, error, at=at)


def _asked(intake: Intake, poll: Poll, effort: Effort, state: AskedState) -> PollQuery:
    """Note what the whole attempt came to. A file states no total of its own."""
    return PollQuery(
        poll_id=poll.id,
        query_key=intake.query.key,
        asked=intake.query.text,
        window_last=intake.origin.exported,  # what the database held by the end of the day before
        at=effort.at,
        took_seconds=effort.took_seconds,
        requests=effort.requests,
        state=state,
        records=poll.records,
        new_records=poll.new_records,
        unreadable=poll.unreadable,
        notes=[],
    )


def _running(session: Session, intake: Intake) -> Poll:
    poll = session.get(Poll, intake.poll_id)
    if poll is None or poll.state is not PollState.RUNNING:
        raise Conflict(f"the import {intake.poll_id} is not under way any more")
    return poll
