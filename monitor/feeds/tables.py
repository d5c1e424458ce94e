"""Sources, polls, watermarks and the records as sent."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.database import Base, enum_column


class PollState(StrEnum):
    """How one attempt ended. Only ``complete`` moves a watermark."""

    RUNNING = "running"
    COMPLETE = "complete"
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


class Poll(Base):
    """One attempt to ask one source everything."""

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

    __table_args__ = (Index("ix_poll_source_started_at", "source", "started_at"),)


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
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"))

    __table_args__ = (UniqueConstraint("source", "key", "content_hash"),)


class RecordQuery(Base):
    """Which query brought a record: what the source was asked when it sent it."""

    __tablename__ = "record_query"

    source: Mapped[str] = mapped_column(ForeignKey("source.name"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    query_key: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]


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
