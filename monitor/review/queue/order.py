"""The order of the queue: which paper is screened first, and why. Hides none, decides nothing.

A paper comes in with its promise. ``reorder`` weighs all open papers anew by what people decided
since; nothing of it is written in the audit ledger, since nothing is decided and no paper moves.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from monitor.kernel.bulk import chunks
from monitor.literature.ranking.order import WORDS, Candidate, rank
from monitor.literature.ranking.prior import PriorFeatures, prior
from monitor.literature.tables import Paper, PaperReading
from monitor.review import locking
from monitor.review.tables import QueueItem, QueueOrder, Screening
from monitor.review.words import OPEN, ExclusionReason, ScreeningVerdict

# Papers excluded as these are what is looked for: that one has come too early, or once already,
# must not teach that its like is not wanted.
TEACHES_NOTHING = frozenset({ExclusionReason.PROTOCOL, ExclusionReason.ALREADY_KNOWN})
_DIGITS = 4  # of a part: closer changes no order that matters, and is written anew each time
_MOST_TAUGHT = 10_000  # papers learned from, those decided last
_AT_ONCE = 20_000  # papers weighed against each other; a longer queue is weighed piece by piece
_THE_ROW = 1

Parts = dict[str, float]


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order worked out and not yet written: the parts of each open paper's score, by paper."""

    mark: str
    included: int
    excluded: int
    parts: Mapping[int, Parts]


def promised(session: Session, paper_ids: Sequence[int], at: datetime) -> dict[int, Parts]:
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
    labels = {paper_id: lessons[paper_id] for paper_id in taught}
    parts: dict[int, Parts] = {}
    after = 0
    while some := _open(session, after, at):
        after = max(some)
        parts |= _weighed(some, taught, labels)
    included = sum(labels.values())
    return Ordering(mark, included, len(labels) - included, parts)


def place(session: Session, order: Ordering, at: datetime) -> int:
    """Write an order; counts the papers whose score it changes.

    A paper that has been screened or merged since is left alone.
    """
    changed = 0
    for some in chunks(sorted(order.parts)):
        for item in locking.hold_items(session, some).values():
            parts = order.parts[item.paper_id]
            if item.stage in OPEN and item.parts != parts:
                item.parts, item.score = parts, total(parts)
                changed += 1
        session.flush()
    row = session.get(QueueOrder, _THE_ROW)
    if row is None:
        row = QueueOrder(id=_THE_ROW)
        session.add(row)
    row.mark, row.included, row.excluded, row.at = order.mark, order.included, order.excluded, at
    session.flush()
    return changed


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


def _open(session: Session, after: int, at: datetime) -> dict[int, Candidate]:
    rows = session.execute(
        select(
            Paper.id,
            Paper.year,
            PaperReading.design,
            PaperReading.named,
            PaperReading.attachment,
            PaperReading.features,
        )
        .join(QueueItem, QueueItem.paper_id == Paper.id)
        .outerjoin(PaperReading, PaperReading.paper_id == Paper.id)
        .where(QueueItem.stage.in_(OPEN), Paper.id > after)
        .order_by(Paper.id)
        .limit(_AT_ONCE)
    )
    return {row.id: Candidate(row.features or b"", _prior(row, at)) for row in rows}


def _weighed(
    some: Mapping[int, Candidate], taught: Mapping[int, bytes], labels: Mapping[int, bool]
) -> dict[int, Parts]:
    """Rank open papers together with those already decided on."""
    papers = [*sorted(taught), *some]
    candidates = [Candidate(taught[paper_id], {}) for paper_id in sorted(taught)] + [*some.values()]
    ranked = rank(
        candidates, {place: labels[paper_id] for place, paper_id in enumerate(sorted(taught))}
    )
    return {
        papers[entry.position]: _rounded(entry.parts) for entry in ranked if entry.label is None
    }


def _rounded(parts: Mapping[str, float]) -> Parts:
    # + 0.0: no part reads −0
    return {name: round(value, _DIGITS) + 0.0 for name, value in parts.items()}


def _prior(row: Row[*tuple[Any, ...]], at: datetime) -> Mapping[str, float]:
    features = PriorFeatures(row.design, row.named, attachment=bool(row.attachment), year=row.year)
    return prior(features, at.year)
