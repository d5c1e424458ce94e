"""Which papers a page of a lane shows, and in which order: filters and places. Reads only.

Open papers stand by their score, or by how long they have waited; all others by time.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, defer

from monitor.literature.tables import Match, Paper, PaperReading
from monitor.literature.words import Lane
from monitor.review.tables import QueueItem
from monitor.review.words import OPEN, Stage

NOT_CLEAR = "not clear"  # the design filter's word for papers whose design nothing tells
_PLACE = re.compile(r"([1-9][0-9]{0,9})(?::(-?[0-9]{1,6}(?:\.[0-9]{1,8})?))?", re.ASCII)
_LARGEST_ID = 2**31 - 1  # of an INTEGER key on PostgreSQL


class Order(StrEnum):
    """How a lane of open papers is listed."""

    LIKELY = "likely"  # to matter, best first
    OLDEST = "oldest"  # waiting, longest first


@dataclass(frozen=True, slots=True)
class Filters:
    """What a lane is narrowed to. ``design`` is one that is read from papers, or ``NOT_CLEAR``."""

    slug: str | None = None
    design: str | None = None
    lane: Lane | None = None

    def __bool__(self) -> bool:
        return any((self.slug, self.design, self.lane))


@dataclass(frozen=True, slots=True)
class Place:
    """The paper that a page ended with: the next page begins behind it.

    ``score`` is what it had on that page. A new order may have moved it since: the next page begins
    where it stood or where it stands, whichever is further up, so that none is passed over.
    """

    paper_id: int
    score: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Read what ``str`` wrote; None for anything else."""
        met = _PLACE.fullmatch(text)
        if met is None or int(met[1]) > _LARGEST_ID:
            return None
        return cls(int(met[1]), float(met[2]) if met[2] else None)

    def __str__(self) -> str:
        if self.score is None or not math.isfinite(self.score):
            return str(self.paper_id)
        return f"{self.paper_id}:{self.score:.4f}"


@dataclass(frozen=True, slots=True)
class Kinds:
    """How many papers of a stage there are, by why they are here and by design."""

    lanes: dict[Lane, int]
    designs: dict[str, int]


def kinds(session: Session, stage: Stage) -> Kinds:
    """Count the papers of a stage by lane and by the design read from them. One statement."""
    counts = Kinds({}, {})
    rows = session.execute(
        select(Paper.lane, PaperReading.design, func.count())
        .join(QueueItem, QueueItem.paper_id == Paper.id)
        .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
        .where(QueueItem.stage == stage)
        .group_by(Paper.lane, PaperReading.design)
    )
    for lane, design, count in rows:
        read = design or NOT_CLEAR
        counts.lanes[lane] = counts.lanes.get(lane, 0) + count
        counts.designs[read] = counts.designs.get(read, 0) + count
    return counts


def waiting_since(session: Session, stage: Stage) -> datetime | None:
    """Tell when the paper that has waited longest came in; None where none waits."""
    return session.scalar(select(func.min(QueueItem.queued_at)).where(QueueItem.stage == stage))


def page(
    session: Session,
    stage: Stage,
    order: Order,
    filters: Filters,
    after: Place | None,
) -> Select[QueueItem, Paper, PaperReading]:
    """Give the papers behind a place, each with what was read from it; None where nothing was."""
    listed = (
        select(QueueItem, Paper, PaperReading)
        .options(defer(PaperReading.features))
        .join(Paper, Paper.id == QueueItem.paper_id)
        .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
        .where(QueueItem.stage == stage, *_wanted(filters))
    )
    if order is Order.LIKELY and stage in OPEN:
        best_first = listed.order_by(QueueItem.score.desc(), QueueItem.paper_id)
        return best_first.where(*_lower(session, after))
    return listed.order_by(*_IN_TIME).where(*_later(session, after))


_IN_TIME = (QueueItem.queued_at, QueueItem.paper_id)


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.slug:
        named = select(Match.paper_id).where(Match.slug == filters.slug)
        wanted.append(QueueItem.paper_id.in_(named))
    if filters.design:
        read = None if filters.design == NOT_CLEAR else filters.design
        wanted.append(
            PaperReading.design.is_(None) if read is None else PaperReading.design == read
        )
    if filters.lane:
        wanted.append(Paper.lane == filters.lane)
    return wanted


def _lower(session: Session, after: Place | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    item = session.get(QueueItem, after.paper_id)
    scores = [score for score in (after.score, item.score if item else None) if score is not None]
    if not scores:
        return []
    score = max(scores)  # where the order is new since then, rather show a paper twice than never
    behind = or_(QueueItem.score < score, QueueItem.paper_id > after.paper_id)
    return [QueueItem.score <= score, behind]


def _later(session: Session, after: Place | None) -> list[ColumnElement[bool]]:
    last = session.get(QueueItem, after.paper_id) if after else None
    return [tuple_(*_IN_TIME) > (last.queued_at, last.paper_id)] if last else []
