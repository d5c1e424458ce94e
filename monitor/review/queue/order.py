"""The order of the queue: which paper is screened first, and why. Hides none, decides nothing.

A paper comes in with its prior. ``reorder`` weighs all open papers anew by what people decided
since; nothing of it is written in the audit ledger, since nothing is decided and no paper moves.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Integer, Row, Table, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from monitor.kernel.persistence.bulk import chunks
from monitor.kernel.persistence.database import affected
from monitor.literature.ranking.order import WORDS, Learned, learn, parts_of, trust_left
from monitor.literature.ranking.prior import PriorFeatures, prior
from monitor.literature.ranking.worth_writing import Moves, Parts
from monitor.literature.tables import Paper, PaperReading
from monitor.review.tables import QueueItem, QueueOrder, Screening
from monitor.review.words import OPEN, ExclusionReason, ScreeningVerdict

# Papers excluded as these are what is looked for: that one has come too early, or once already,
# must not teach that its like is not wanted.
TEACHES_NOTHING = frozenset({ExclusionReason.PROTOCOL, ExclusionReason.ALREADY_KNOWN})
_DIGITS = 4  # of a part: closer changes no order that matters, and is written anew each time
_MOST_TAUGHT = 10_000  # papers learned from, those decided last
_AT_ONCE = 20_000  # open papers weighed against each other; of a longer queue so many
_READ_AT_ONCE = 5_000
_WRITTEN_AT_ONCE = 100  # papers in one transaction: others write in between
_THE_ROW = 1
_OPEN = (
    select(
        Paper.id,
        Paper.year,
        PaperReading.design,
        PaperReading.named,
        PaperReading.attachment,
        PaperReading.features,
        QueueItem.parts,
    )
    .join(QueueItem, QueueItem.paper_id == Paper.id)
    .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
    .where(QueueItem.stage.in_(OPEN), QueueItem.paper_id > bindparam("after"))
    .order_by(QueueItem.paper_id)
    .limit(bindparam("limit", type_=Integer))
)
_table = cast(Table, QueueItem.__table__)
_PLACE = (
    update(_table)
    # each by itself: a list may not be repeated for many rows
    .where(_table.c.paper_id == bindparam("paper"), or_(*(_table.c.stage == s for s in OPEN)))
    .values(parts=bindparam("parts"), score=bindparam("score"))
)


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order worked out and not yet written: by paper, the parts of each score to be written."""

    mark: str
    included: int
    excluded: int
    parts: Mapping[int, Parts]


def prior_parts(session: Session, paper_ids: Sequence[int], at: datetime) -> dict[int, Parts]:
    """Say what each part adds to the score of papers that just come in; see ``prior``."""
    rows = session.execute(
        select(
            Paper.id, Paper.year, PaperReading.design, PaperReading.named, PaperReading.attachment
        )
        .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
        .where(Paper.id.in_(paper_ids))
    )
    return {row.id: _rounded({WORDS: 0.0, **_prior(row, at)}) for row in rows}


def total(parts: Mapping[str, float]) -> float:
    """Add the parts of a score up, as they are shown."""
    return round(sum(parts.values()), _DIGITS)


def reorder(session: Session, at: datetime) -> int:
    """Weigh the open papers anew where that is due, all in one transaction; counts those changed."""
    mark = due(session, at)
    return 0 if mark is None else place(session, worked_out(session, mark, at), at)


def due(session: Session, at: datetime) -> str | None:
    """Tell whether the order is out of date; gives the mark of the one to work out, else None.

    It is once somebody screened a paper or another set of papers is open, and every hour, since a
    paper's words may have changed and years end. One statement.
    """
    opened, papers, newest, last = session.execute(
        select(
            func.count(QueueItem.paper_id),
            func.sum(QueueItem.paper_id),
            select(func.max(Screening.id)).scalar_subquery(),
            select(QueueOrder.mark).where(QueueOrder.id == _THE_ROW).scalar_subquery(),
        ).where(QueueItem.stage.in_(OPEN))
    ).one()
    mark = f"{at:%Y-%m-%d %H}h, {newest or 0} screened, {opened} open, {papers or 0} in sum"
    return None if mark == last else mark


def worked_out(session: Session, mark: str, at: datetime) -> Ordering:
    """Work the order out. Changes nothing."""
    lessons = _lessons(session)
    taught = _features(session, lessons)
    labels = [lessons[paper_id] for paper_id in sorted(taught)]
    included = sum(labels)
    learned = _learned(session, [taught[paper_id] for paper_id in sorted(taught)], labels)
    trust = trust_left(included, len(labels) - included)
    moves = Moves()
    for some in _open(session):
        words = learned.words([row.features or b"" for row in some]) if learned else None
        for row, word in zip(some, words or [0.0] * len(some), strict=True):
            moves.add(row.id, row.parts, _rounded(parts_of(_prior(row, at), word, trust)))
    return Ordering(mark, included, len(labels) - included, moves.worth_writing())


def place(session: Session, order: Ordering, at: datetime) -> int:
    """Write an order, all in one transaction; counts the papers whose score it changes.

    A paper that has been screened or merged since is left alone.
    """
    changed = sum(place_some(session, some) for some in pieces(order))
    note(session, order, at)
    return changed


def pieces(order: Ordering) -> Iterator[dict[int, Parts]]:
    """Part an order into pieces so small that nobody waits for the one that is being written.

    After each the queue is in order: a paper stands by the order before, or by this one.
    """
    papers = iter(sorted(order.parts))
    while some := list(islice(papers, _WRITTEN_AT_ONCE)):
        yield {paper_id: order.parts[paper_id] for paper_id in some}


def place_some(session: Session, parts: Mapping[int, Parts]) -> int:
    """Write a piece; counts the papers that are still open."""
    session.flush()
    rows = [{"paper": p, "parts": parts[p], "score": total(parts[p])} for p in sorted(parts)]
    changed = affected(session.execute(_PLACE, rows)) if rows else 0
    for item in session.identity_map.values():
        if isinstance(item, QueueItem):
            session.expire(item)
    return changed


def note(session: Session, order: Ordering, at: datetime) -> None:
    """Note that an order was written; until then the next look finds it due, and completes it."""
    row = session.get(QueueOrder, _THE_ROW)
    if row is None:
        row = QueueOrder(id=_THE_ROW)
        session.add(row)
    row.mark, row.included, row.excluded, row.at = order.mark, order.included, order.excluded, at
    session.flush()


def lesson(verdict: ScreeningVerdict, reason: ExclusionReason | None) -> bool | None:
    """Say what a verdict teaches of papers like this one: wanted, not wanted; None: nothing."""
    if verdict is ScreeningVerdict.UNSURE or reason in TEACHES_NOTHING:
        return None
    return verdict is ScreeningVerdict.INCLUDE


def _lessons(session: Session) -> dict[int, bool]:
    """Say what the newest verdict on each paper teaches; papers that became one count once."""
    now_in = _merged(session)
    taught: dict[int, bool | None] = {}
    rows = session.execute(
        select(Screening.paper_id, Screening.verdict, Screening.reason).order_by(Screening.id)
    )
    for paper_id, verdict, reason in rows:
        kept = paper_id
        while kept in now_in:
            kept = now_in[kept]
        taught.pop(kept, None)  # the newest stands last
        taught[kept] = lesson(verdict, reason)
    certain = [(kept, said) for kept, said in taught.items() if said is not None]
    return dict(certain[-_MOST_TAUGHT:])


def _merged(session: Session) -> dict[int, int]:
    """Say which paper each screened one that was merged is now part of, step by step."""
    step = select(Paper.id, Paper.merged_into_id).where(Paper.merged_into_id.is_not(None))
    rows = session.execute(step.join(Screening, Screening.paper_id == Paper.id).distinct()).all()
    merged: dict[int, int] = {}
    while rows:
        merged |= {gone: kept for gone, kept in rows if kept is not None}
        ends = set(merged.values()) - merged.keys()
        rows = session.execute(step.where(Paper.id.in_(ends))).all()
    return merged


def _features(session: Session, paper_ids: Collection[int]) -> dict[int, bytes]:
    """Read the features of papers to learn from; one that is open again teaches nothing."""
    features: dict[int, bytes] = {}
    for some in chunks(paper_ids):
        rows = session.execute(
            select(PaperReading.paper_id, PaperReading.features)
            .join(QueueItem, QueueItem.paper_id == PaperReading.paper_id)
            .where(PaperReading.paper_id.in_(some), QueueItem.stage.not_in(OPEN))
        )
        features |= dict(rows.all())
    return features


def _learned(session: Session, taught: Sequence[bytes], labels: Sequence[bool]) -> Learned | None:
    """Learn from what was decided, weighed together with the open papers: a longer queue's, some.

    All open papers are then weighed by the same measure. None where nothing was decided.
    """
    if not labels:
        return None
    ids = session.scalars(
        select(QueueItem.paper_id).where(QueueItem.stage.in_(OPEN)).order_by(QueueItem.paper_id)
    ).all()
    share = _AT_ONCE / max(len(ids), _AT_ONCE)
    sample = [paper_id for paper_id in ids if _drawn(paper_id) < share]
    others: list[bytes] = []
    for some in chunks(sample):
        read = select(PaperReading.features).where(PaperReading.paper_id.in_(some))
        others += session.scalars(read)
    return learn(taught, labels, others)


def _drawn(paper_id: int) -> float:
    """Give each paper a lot from 0 to 1, always the same: one that leaves changes no other's."""
    return paper_id * 0x9E3779B1 % 2**32 / 2**32


def _open(session: Session) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Read the open papers, some at a time."""
    after = 0
    while rows := session.execute(_OPEN, {"after": after, "limit": _READ_AT_ONCE}).all():
        yield rows
        after = rows[-1].id


def _rounded(parts: Mapping[str, float]) -> Parts:
    # + 0.0: no part reads −0
    return {name: round(value, _DIGITS) + 0.0 for name, value in parts.items()}


def _prior(row: Row[*tuple[Any, ...]], at: datetime) -> Mapping[str, float]:
    features = PriorFeatures(row.design, row.named, attachment=bool(row.attachment), year=row.year)
    return prior(features, at.year)
