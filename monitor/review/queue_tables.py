"""The tables of the queue: where each paper stands, and how many stand where."""

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


class QueuePlace(Base):
    """Where a paper stands in the queue as narrowed to an intervention; see ``queue.places``.

    Written by triggers alone, from the paper, its reading, its matches and its ``QueueItem``.
    """

    __tablename__ = "queue_place"

    paper_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(primary_key=True)  # empty: the place in the whole queue
    stage: Mapped[str]
    lane: Mapped[str]
    design: Mapped[str]  # empty: nothing tells it
    rank: Mapped[float]  # the score, negated: least first, as the numbers of papers are
    queued_at: Mapped[datetime]

    __table_args__ = (
        # The two orders of a lane. What a filter leaves out is one lane or design less to merge.
        Index("ix_queue_place_rank", "stage", "slug", "lane", "design", "rank", "paper_id"),
        Index(
            "ix_queue_place_queued_at", "stage", "slug", "lane", "design", "queued_at", "paper_id"
        ),
        by_key_alone(),
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


class QueueOrder(Base):
    """What the queue was last ordered by. One row, rewritten by each ordering."""

    __tablename__ = "queue_order"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[str]  # as ``queue.order.due`` gives it: another one asks for another order
    included: Mapped[int]  # papers that taught what is wanted, by people's verdicts
    excluded: Mapped[int]  # papers that taught what is not
    at: Mapped[datetime]
