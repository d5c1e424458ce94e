"""Papers in the queue, and how many places of a kind there are: what tells how the queue stands."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, desc
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, by_key_alone, enum_column
from monitor.review.words import Stage


class QueueItem(Base):
    """A paper's place in the queue: once, whatever brings it again."""

    __tablename__ = "queue_item"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    stage: Mapped[Stage] = mapped_column(enum_column(Stage))
    queued_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)  # rises with every move: stale forms are told
    score: Mapped[float] = mapped_column(default=0.0)  # of the order of the queue, best first
    parts: Mapped[dict[str, Any]]  # what the score sums, by name: see literature.ranking

    __table_args__ = (
        Index("ix_queue_item_stage_queued_at", "stage", "queued_at"),
        # best first, and of equals the oldest: a page is read off the index, never sorted
        Index("ix_queue_item_stage_score", "stage", desc("score"), "paper_id"),
    )


class QueueTally(Base):
    """How many places there are of a kind; written by triggers."""

    __tablename__ = "queue_tally"

    stage: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(primary_key=True)
    design: Mapped[str] = mapped_column(primary_key=True)
    papers: Mapped[int]

    __table_args__ = by_key_alone()
