"""Every table of feeds: files that people bring, and what was asked of the past, here; the rest beside.

Who asks only how sources stand takes ``asking_tables``: to declare a table takes longer than to ask
one.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from monitor.feeds.asking_tables import (
    AskedState,
    Comparison,
    FeedRow,
    Incident,
    Poll,
    PollKind,
    PollQuery,
    PollState,
    Record,
    SetAside,
    SourceRow,
    UseFeed,
    WatermarkRow,
)
from monitor.kernel.persistence.database import Base, enum_column

__all__ = [
    "AskedState",
    "BackfillSlice",
    "Comparison",
    "FeedRow",
    "ImportFile",
    "ImportState",
    "Incident",
    "Poll",
    "PollKind",
    "PollQuery",
    "PollState",
    "Record",
    "RecordQuery",
    "SetAside",
    "SourceRow",
    "UseFeed",
    "WatermarkRow",
]


class BackfillSlice(Base):
    """One stretch of the past that was asked in full for one query."""

    __tablename__ = "backfill_slice"

    source: Mapped[str] = mapped_column(ForeignKey("source.name"), primary_key=True)
    query_key: Mapped[str] = mapped_column(primary_key=True)
    query_hash: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[date] = mapped_column(primary_key=True)
    done_at: Mapped[datetime]
    records: Mapped[int]
    new_records: Mapped[int]


class ImportState(StrEnum):
    """Where a file that somebody brought stands."""

    READING = "reading"  # being read for the preview
    READY = "ready"  # previewed; nothing stored yet
    WAITING = "waiting"  # somebody said yes
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


class ImportFile(Base):
    """A file of references that somebody brought through the pages, and how far it came."""

    __tablename__ = "import_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)  # names the file in var/imports
    name: Mapped[str]  # as its owner called it; never a path
    size: Mapped[int]  # bytes
    sha256: Mapped[str]
    format: Mapped[str | None]
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState))
    by: Mapped[str]  # an actor
    at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    records: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)  # records read so far, in this state
    new_papers: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0)
    unreadable: Mapped[list[Any]]  # [name in the file, reason] pairs, the first of them
    unreadable_count: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    repeated: Mapped[int] = mapped_column(default=0)  # of a paper that this file brought first
    sample: Mapped[list[Any]]  # [name in the file, title, what it is] of the first records
    poll_id: Mapped[int | None] = mapped_column(ForeignKey("poll.id"))  # the first attempt at it
    source: Mapped[str | None]  # the database it was exported from, where somebody said
    exported_on: Mapped[date | None]


class RecordQuery(Base):
    """Which query brought a record: what the source was asked when it sent it.

    A key that the source no longer lists is counted, never removed: ``gone_at`` is set once it
    was missing often enough and long enough.
    """

    __tablename__ = "record_query"

    source: Mapped[str] = mapped_column(ForeignKey("source.name"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    query_key: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    missing_since: Mapped[datetime | None]
    missing_times: Mapped[int] = mapped_column(default=0)
    gone_at: Mapped[datetime | None]
