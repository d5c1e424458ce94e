"""Which papers a page of a lane shows, and in which order: filters and places. Reads only.

Open papers stand by their score, or by how long they have waited; all others by time.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Integer, Row, Select, and_, bindparam, func, select, true, tuple_
from sqlalchemy.orm import Session

from monitor.kernel.persistence import triggers
from monitor.kernel.persistence.columnar import ask
from monitor.literature.tables import Paper, PaperReading, StudyPaper
from monitor.literature.words import Lane
from monitor.review.queue.counting import WHOLE
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
class PageEnd:
    """The paper that a page ended with: the next page begins behind it.

    ``score`` is what it had on that page. A new order may have moved it since: the next page begins
    where it stood or where it stands, whichever is further up, so that none is passed over.
    """

    paper_id: int
    score: float | None = None

    @classmethod
    def parse(cls, text: str) -> "PageEnd | None":
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


@dataclass(frozen=True, slots=True)
class Tallies:
    """How many papers are in each stage, empty ones too; and those of one stage by what they are.

    A paper may count for several interventions.
    """

    counts: dict[Stage, int]
    by_intervention: dict[str, int]
    kinds: Kinds


def tallies(session: Session, stage: Stage) -> Tallies:
    """Tell how many papers are in each stage; and of one stage by intervention, lane and design."""
    triggers.settle(session)
    stages, slugs, lanes, designs = (Counter[str]() for _ in range(4))
    for at, slug, lane, design, papers in session.connection().execute(
        _BESIDE, {"stage": stage.value}
    ):
        if slug != WHOLE:
            slugs[slug] += papers
            continue
        stages[at] += papers
        if at == stage:
            lanes[lane] += papers
            designs[design or NOT_CLEAR] += papers
    return Tallies(
        counts={each: stages[each] for each in Stage},
        by_intervention=dict(slugs),
        kinds=Kinds({Lane(lane): papers for lane, papers in lanes.items()}, dict(designs)),
    )


def page(
    session: Session,
    stage: Stage,
    order: Order,
    filters: Filters,
    after: PageEnd | None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Read the papers behind a place, each with what was read from it; None where nothing was.

    The places under every lane and design are in order on the index: as many of each as a page
    holds are merged, which is as fast at any depth and for any filter.
    """
    triggers.settle(session)
    likely = by_score(stage, order)
    behind = _lower(session, after) if likely else _later(session, after)
    statement = _statement(
        lateral=session.get_bind().dialect.name == "postgresql",
        likely=likely,
        behind=behind is not None,
        by_design=bool(filters.design),
        by_lane=bool(filters.lane),
    )
    asked = {
        "stage": stage.value,
        "slug": filters.slug or WHOLE,
        "wanted_design": "" if filters.design == NOT_CLEAR else filters.design,
        "wanted_lane": filters.lane.value if filters.lane else None,
        "most": limit,
    }
    return session.connection().execute(statement, asked | (behind or {})).all()


def by_score(stage: Stage, order: Order) -> bool:
    """Tell whether a lane so ordered goes by scores; else it goes by when papers came in."""
    return order is Order.LIKELY and stage in OPEN


def next_of(
    session: Session, stage: Stage, order: Order, place: float | datetime, paper_id: int
) -> int | None:
    """Tell which paper stands behind one that has this score, or came in then; else the first."""
    triggers.settle(session)
    likely = by_score(stage, order)
    asked = {"stage": stage.value, "slug": WHOLE, "most": 1}
    by = -place if isinstance(place, float | int) else place
    for behind in ({"behind": by, "behind_id": paper_id}, {}):
        statement = _statement(
            lateral=session.get_bind().dialect.name == "postgresql",
            likely=likely,
            behind=bool(behind),
            by_design=False,
            by_lane=False,
            whole=False,
        )
        number = ask(session, statement, asked | behind).scalar()
        if number is not None:
            return int(number)
    return None


# Built once, on tables: a page asks all of these, and putting one together costs more than running it,
# as does making objects of rows.
_tally = QueueTally.__table__.c
_papers = func.sum(_tally.papers)
_of_stage = _tally.stage == bindparam("stage")
_BESIDE = select(*_tally).where(_tally.papers > 0, (_tally.slug == WHOLE) | _of_stage)
_item = QueueItem.__table__.c
_most = bindparam("most", type_=Integer)
_kinds = (
    select(_tally.lane, _tally.design)
    .where(_of_stage, _tally.slug == bindparam("slug"))
    .group_by(_tally.lane, _tally.design)
    .having(_papers > 0)
    .subquery("kinds")
)
_paper, _reading, _study = Paper.__table__.c, PaperReading.__table__.c, StudyPaper.__table__.c
_place = QueuePlace.__table__.c
_COLUMNS = (
    _item.stage, _item.version, _item.queued_at, _item.moved_at, _item.score, _item.parts,
    _paper.id, _paper.title, _paper.abstract, _paper.authors, _paper.journal, _paper.year,
    _paper.lane, _paper.publication_types, _paper.keywords, _reading.design, _reading.named,
    _reading.attachment, _study.study_id,
)  # fmt: skip


@cache
def _statement(
    *,
    lateral: bool,
    likely: bool,
    behind: bool,
    by_design: bool,
    by_lane: bool,
    whole: bool = True,
) -> Select[*tuple[Any, ...]]:
    """Put the statement together, once for each form it takes: that costs more than running it.

    A lateral join merges the first places of every kind that is wanted; SQLite has none, and asks for
    each kind's numbers. ``whole`` False: the papers' numbers are all that is wanted.
    """
    by = _place.rank if likely else _place.queued_at
    first = select(_place.paper_id, by.label("by")).where(
        _place.stage == bindparam("stage"),
        _place.slug == bindparam("slug"),
        _place.lane == _kinds.c.lane,
        _place.design == _kinds.c.design,
    )
    if behind:
        place = bindparam("behind", type_=by.type), bindparam("behind_id", type_=Integer)
        first = first.where(tuple_(by, _place.paper_id) > tuple_(*place))
    first = first.order_by(by, _place.paper_id).limit(_most)
    merged = _merged_lateral(first) if lateral else _merged(first, likely=likely)
    if by_design:
        merged = merged.where(_kinds.c.design == bindparam("wanted_design"))
    if by_lane:
        merged = merged.where(_kinds.c.lane == bindparam("wanted_lane"))
    if not whole:
        return merged.limit(_most)
    shown = merged.limit(_most).subquery()
    return (
        select(*_COLUMNS)
        .select_from(QueueItem.__table__)
        .join(shown, shown.c.paper_id == _item.paper_id)
        .join(Paper.__table__, _paper.id == _item.paper_id)
        .outerjoin(PaperReading.__table__, _reading.paper_id == _paper.id)
        .outerjoin(StudyPaper.__table__, _study.paper_id == _paper.id)
        .order_by(shown.c.by, shown.c.paper_id)
    )


def _merged_lateral(first: Select[int, Any]) -> Select[int, Any]:
    each = first.lateral("each")
    merged = select(each.c.paper_id, each.c.by).select_from(_kinds).join(each, true())
    return merged.order_by(each.c.by, each.c.paper_id)


def _merged(first: Select[int, Any], *, likely: bool) -> Select[int, Any]:
    table = QueuePlace.__table__.alias()
    place = table.c
    own = place.rank if likely else place.queued_at
    ids = first.with_only_columns(_place.paper_id).correlate(_kinds).scalar_subquery()
    return (
        select(place.paper_id, own.label("by"))
        .select_from(_kinds)
        .join(table, and_(place.paper_id.in_(ids), place.slug == bindparam("slug")))
        .order_by(own, place.paper_id)
    )


def _lower(session: Session, after: PageEnd | None) -> dict[str, Any] | None:
    if after is None:
        return None
    now = ask(session, _SCORE, {"paper_id": after.paper_id}).scalar()
    scores = [score for score in (after.score, now) if score is not None]
    if not scores:
        return None
    # where the order is new since then, rather show a paper twice than never
    return {"behind": -max(scores), "behind_id": after.paper_id}


def _later(session: Session, after: PageEnd | None) -> dict[str, Any] | None:
    if after is None:
        return None
    queued = ask(session, _QUEUED, {"paper_id": after.paper_id}).scalar()
    return {"behind": queued, "behind_id": after.paper_id} if queued else None


_of_one = QueueItem.paper_id == bindparam("paper_id")
_SCORE = select(QueueItem.score).where(_of_one)
_QUEUED = select(QueueItem.queued_at).where(_of_one)
