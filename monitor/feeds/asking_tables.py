"""Sources, polls, watermarks, incidents and the records as sent: what tells how sources stand."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, enum_column, partial_index


class PollState(StrEnum):
    """How one attempt ended. Only ``complete`` moves a watermark."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


class PollKind(StrEnum):
    """What an attempt was for."""

    POLL = "poll"  # what is new or changed
    COMPARISON = "comparison"  # everything it lists against everything held
    BACKFILL = "backfill"  # a stretch of the past
    IMPORT = "import"  # a file that somebody brought


class AskedState(StrEnum):
    """How one query of an attempt ended."""

    COMPLETE = "complete"
    UNCHANGED = "unchanged"  # the source confirmed that nothing changed
    FAILED = "failed"


class SourceRow(Base):
    """One source's schedule and lease; the database is the schedule."""

    __tablename__ = "source"

    name: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    next_due_at: Mapped[datetime]
    last_attempt_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_new_at: Mapped[datetime | None]  # when it last sent a record not seen before
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    fault: Mapped[str | None]  # a SourceFault
    error: Mapped[str | None]  # in words, for the status page
    failing_since: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(default=0)  # rises with every lease: the fence
    lease_until: Mapped[datetime | None]
    next_comparison_at: Mapped[datetime | None]  # None: due as soon as it has been polled once


class Poll(Base):
    """One attempt to ask one source; what each query came to is in ``PollQuery``."""

    __tablename__ = "poll"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("source.name"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    state: Mapped[PollState] = mapped_column(enum_column(PollState))
    fault: Mapped[str | None]
    error: Mapped[str | None]
    records: Mapped[int] = mapped_column(default=0)  # received
    new_records: Mapped[int] = mapped_column(default=0)  # of these, never seen before
    unreadable: Mapped[int] = mapped_column(default=0)
    notes: Mapped[list[str]]
    kind: Mapped[PollKind] = mapped_column(enum_column(PollKind), default=PollKind.POLL)

    __table_args__ = (
        Index("ix_poll_source_started_at", "source", "started_at"),
        Index("ix_poll_started_at", "started_at"),
    )


class PollQuery(Base):
    """What one query of one attempt was asked, when, and what came: the proof that we looked."""

    __tablename__ = "poll_query"

    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"), index=True)
    query_key: Mapped[str]
    intervention: Mapped[str | None]
    asked: Mapped[str]  # the text of the query, or the address of a feed
    window_first: Mapped[date | None]  # the days asked for, both included
    window_last: Mapped[date | None]
    at: Mapped[datetime]
    took_seconds: Mapped[float]
    requests: Mapped[int]  # HTTP requests it took
    state: Mapped[AskedState] = mapped_column(enum_column(AskedState))
    declared: Mapped[int | None]  # the source's own total
    records: Mapped[int] = mapped_column(default=0)
    new_records: Mapped[int] = mapped_column(default=0)
    unreadable: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None]
    error: Mapped[str | None]
    notes: Mapped[list[str]]

    __table_args__ = (Index("ix_poll_query_query_key_at", "query_key", "at"),)


class Comparison(Base):
    """One full comparison of what a source lists for a query with what is held. Append-only."""

    __tablename__ = "comparison"

    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"), index=True)
    source: Mapped[str] = mapped_column(ForeignKey("source.name"))
    query_key: Mapped[str]
    query_hash: Mapped[str]
    at: Mapped[datetime]
    listed: Mapped[int]  # keys the source lists, whatever their date
    older: Mapped[int]  # of these, dated before the first day asked for
    held: Mapped[int]  # keys held for this query before the comparison
    missed: Mapped[int]  # listed and expected, but not held: what dates missed
    fetched: Mapped[int]  # of these, fetched now
    vanished: Mapped[int]  # held, but no longer listed
    alarm: Mapped[str | None]  # a SourceFault, where the numbers cannot be believed

    __table_args__ = (Index("ix_comparison_source_query_key_at", "source", "query_key", "at"),)


class Incident(Base):
    """Something wrong with a source, or with our own mail, from the first sign to the recovery.

    ``topic`` of a source is "poll" (it does not answer in full), "comparison" (it lists fewer than
    before), "comparing" (it can be compared no more) or "query:KEY" (it reads that query in another
    way); of the mail "delivery" (none leaves), "waiting" (some has waited for long) "returned" (it
    comes back, for a reason of ours), "approval" (a digest goes when an admin says so) or "bounces"
    (their mailbox cannot be read). At most one is open per source and topic.
    """

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]  # a source's name, or "mail": our own
    topic: Mapped[str]
    kind: Mapped[str]  # a SourceFault or MailFault: the latest
    message: Mapped[str]  # the latest, in our own words
    opened_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)
    reminded_at: Mapped[datetime | None]  # when admins were last written to; None: not yet
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]  # an actor: "job:poll", "user:3"

    __table_args__ = (
        partial_index(
            "uq_incident_open", "source", "topic", unique=True, where="closed_at IS NULL"
        ),
    )


class FeedRow(Base):
    """A feed that an admin added, beside those in the settings."""

    __tablename__ = "feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("source.name"))
    name: Mapped[str]
    url: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]  # an actor: "user:3"
    removed_at: Mapped[datetime | None]


class UseFeed(Base):
    """A feed of use from the settings: its schedule, and how asking it went. Its waves are drafts.

    Incidents of it stand under "use:" and its name.
    """

    __tablename__ = "use_feed"

    name: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    asked: Mapped[str]  # SHA-256 of its addresses: other ones are asked from the beginning
    next_due_at: Mapped[datetime]
    last_attempt_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_new_at: Mapped[datetime | None]  # when it last brought a wave not seen before
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    fault: Mapped[str | None]  # a SourceFault
    error: Mapped[str | None]  # in words, for the status page
    failing_since: Mapped[datetime | None]
    problems: Mapped[list[str]]  # of the newest file, where it was refused; for admins only
    # by address, [ETag, Last-Modified] of the last whole answer that was taken
    validators: Mapped[dict[str, Any]]


class WatermarkRow(Base):
    """How far one query of one source has been read in full."""

    __tablename__ = "watermark"

    source: Mapped[str] = mapped_column(ForeignKey("source.name"), primary_key=True)
    query_key: Mapped[str] = mapped_column(primary_key=True)
    query_hash: Mapped[str]  # a changed query starts anew
    position: Mapped[str | None]
    etag: Mapped[str | None]
    modified: Mapped[str | None]
    moved_at: Mapped[datetime]
    translation: Mapped[str | None]  # how the source said that it reads the query


class Record(Base):
    """What a source sent, as sent. A changed record is a new row; nothing is overwritten."""

    __tablename__ = "record"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("source.name"))
    key: Mapped[str]
    content_hash: Mapped[str]  # SHA-256 of the citation and raw bytes that matter
    media_type: Mapped[str]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    citation: Mapped[dict[str, Any]]  # records.Citation, as read
    fetched_at: Mapped[datetime]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"), index=True)
    raw_removed_at: Mapped[datetime | None]  # ``raw`` was emptied: the retention had passed

    __table_args__ = (UniqueConstraint("source", "key", "content_hash"),)


class SetAside(Base):
    """A record that could not be read, with the reason."""

    __tablename__ = "set_aside"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("source.name"))
    key: Mapped[str]
    content_hash: Mapped[str]
    reason: Mapped[str]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("source", "key", "content_hash"),)
