"""Which papers a page of a lane shows, and in which order: filters and places. Reads only.

Open papers stand by their score, or by how long they have waited; all others by time.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, true, tuple_
from sqlalchemy.orm import Session, aliased, defer

from monitor.kernel.persistence import triggers
from monitor.literature.tables import Paper, PaperReading
from monitor.literature.words import Lane
from monitor.review.tables import QueueItem, QueuePlace, QueueTally
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


def counts(session: Session) -> dict[Stage, int]:
    """Tell how many papers are in each stage, empty ones too."""
    triggers.settle(session)
    rows = session.execute(
        select(QueueTally.stage, func.sum(QueueTally.papers))
        .where(QueueTally.slug == _WHOLE)
        .group_by(QueueTally.stage)
    )
    return dict.fromkeys(Stage, 0) | {Stage(stage): int(papers) for stage, papers in rows}


def by_intervention(session: Session, stage: Stage) -> dict[str, int]:
    """Tell how many papers of a stage name each intervention; a paper may count for several."""
    triggers.settle(session)
    rows = session.execute(
        select(QueueTally.slug, func.sum(QueueTally.papers))
        .where(QueueTally.stage == stage.value, QueueTally.slug != _WHOLE)
        .group_by(QueueTally.slug)
    )
    return {slug: int(papers) for slug, papers in rows if papers}


def kinds(session: Session, stage: Stage) -> Kinds:
    """Tell how many papers of a stage there are by lane and by the design read from them."""
    triggers.settle(session)
    told = Kinds({}, {})
    rows = session.execute(
        select(QueueTally.lane, QueueTally.design, func.sum(QueueTally.papers))
        .where(QueueTally.stage == stage.value, QueueTally.slug == _WHOLE)
        .group_by(QueueTally.lane, QueueTally.design)
    )
    for name, design, papers in rows:
        lane, read = Lane(name), design or NOT_CLEAR
        if papers:
            told.lanes[lane] = told.lanes.get(lane, 0) + int(papers)
            told.designs[read] = told.designs.get(read, 0) + int(papers)
    return told


def waiting_since(session: Session, stage: Stage) -> datetime | None:
    """Tell when the paper that has waited longest came in; None where none waits."""
    return session.scalar(select(func.min(QueueItem.queued_at)).where(QueueItem.stage == stage))


def page(
    session: Session,
    stage: Stage,
    order: Order,
    filters: Filters,
    after: Place | None,
    limit: int,
) -> Select[QueueItem, Paper, PaperReading]:
    """Give the papers behind a place, each with what was read from it; None where nothing was.

    The places under every lane and design are in order on the index: as many of each as a page
    holds are merged, which is as fast at any depth and for any filter.
    """
    triggers.settle(session)
    likely = order is Order.LIKELY and stage in OPEN
    behind = _lower(session, after) if likely else _later(session, after)
    by = QueuePlace.rank if likely else QueuePlace.queued_at
    first = (
        select(QueuePlace.paper_id, by.label("by"))
        .where(
            QueuePlace.stage == stage.value,
            QueuePlace.slug == (filters.slug or _WHOLE),
            QueuePlace.lane == _kinds.c.lane,
            QueuePlace.design == _kinds.c.design,
            *behind,
        )
        .order_by(by, QueuePlace.paper_id)
        .limit(limit)
    )
    merged = _merged(session, first, stage, filters, likely=likely).limit(limit).subquery()
    return (
        select(QueueItem, Paper, PaperReading)
        .options(defer(PaperReading.features))
        .join(merged, merged.c.paper_id == QueueItem.paper_id)
        .join(Paper, Paper.id == QueueItem.paper_id)
        .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
        .order_by(merged.c.by, merged.c.paper_id)
    )


_WHOLE = ""  # the slug of the whole queue
_IN_TIME = (QueuePlace.queued_at, QueuePlace.paper_id)
_BY_SCORE = (QueuePlace.rank, QueuePlace.paper_id)
_kinds = (
    select(QueueTally.lane, QueueTally.design)
    .where(QueueTally.stage == bindparam("stage"), QueueTally.slug == bindparam("slug"))
    .group_by(QueueTally.lane, QueueTally.design)
    .having(func.sum(QueueTally.papers) > 0)
    .subquery("kinds")
)


def _merged(
    session: Session,
    first: Select[int, Any],
    stage: Stage,
    filters: Filters,
    *,
    likely: bool,
) -> Select[int, Any]:
    """Merge the first places of every kind that is wanted.

    A lateral join says it; SQLite has none, and asks for each kind's numbers.
    """
    slug = filters.slug or _WHOLE
    wanted = _wanted(filters)
    if session.get_bind().dialect.name == "postgresql":
        each = first.lateral("each")
        merged = select(each.c.paper_id, each.c.by).select_from(_kinds).join(each, true())
        merged = merged.order_by(each.c.by, each.c.paper_id)
    else:
        place = aliased(QueuePlace)
        own = place.rank if likely else place.queued_at
        ids = first.with_only_columns(QueuePlace.paper_id).correlate(_kinds).scalar_subquery()
        merged = (
            select(place.paper_id, own.label("by"))
            .select_from(_kinds)
            .join(place, and_(place.paper_id.in_(ids), place.slug == slug))
            .order_by(own, place.paper_id)
        )
    return merged.where(*wanted).params(stage=stage.value, slug=slug)


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.design:
        wanted.append(_kinds.c.design == ("" if filters.design == NOT_CLEAR else filters.design))
    if filters.lane:
        wanted.append(_kinds.c.lane == filters.lane.value)
    return wanted


def _lower(session: Session, after: Place | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    item = session.get(QueueItem, after.paper_id)
    scores = [score for score in (after.score, item.score if item else None) if score is not None]
    if not scores:
        return []
    score = max(scores)  # where the order is new since then, rather show a paper twice than never
    return [tuple_(*_BY_SCORE) > (-score, after.paper_id)]


def _later(session: Session, after: Place | None) -> list[ColumnElement[bool]]:
    last = session.get(QueueItem, after.paper_id) if after else None
    return [tuple_(*_IN_TIME) > (last.queued_at, last.paper_id)] if last else []
