"""The queue as reviewers see it: entries, filters, and one paper's verdicts. Changes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.catalogue.tables import InterventionRow
from monitor.feeds.tables import Record
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import NotFound
from monitor.kernel.persistence.bulk import among
from monitor.kernel.persistence.columnar import ask
from monitor.literature.design.detection import read_design
from monitor.literature.design.rules import DesignSuggestion
from monitor.literature.matching.matcher import Hit
from monitor.literature.papers.reconcile import as_hit, in_order
from monitor.literature.tables import (
    Match,
    Paper,
    PaperReading,
    PaperRecord,
    Study,
    StudyPaper,
)
from monitor.literature.words import Lane
from monitor.review.queue import lanes
from monitor.review.queue.lanes import Filters, Order, PageEnd
from monitor.review.queue.screening import with_merged
from monitor.review.tables import QueueItem, QueueOrder, Screening
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage

_EVERYTHING = Filters()
_REMEMBERED = 1_000  # texts, of some two thousand characters
# Built once: putting a statement together costs more than running it.
_match, _ten = Match.__table__.c, InterventionRow.__table__.c
_MATCHES = (
    select(
        _match.paper_id, _match.slug, _match.variant, _match.words, _match.field, _match.start,
        _match.rule,
    )
    .join(InterventionRow.__table__, _ten.slug == _match.slug)
    .where(among(_match.paper_id))
    .order_by(_ten.position, _match.field.desc(), _match.start)
)  # fmt: skip
_held, _record = PaperRecord.__table__.c, Record.__table__.c
_SOURCES = (
    select(_held.paper_id, _record.source)
    .join(Record.__table__, _record.id == _held.record_id)
    .where(among(_held.paper_id))
    .distinct()
    .order_by(_record.source)
)
_TAUGHT = select(QueueOrder.included, QueueOrder.excluded)
# of tables rather than classes: nothing is written here, and reading classes costs twice as much
_item, _paper, _reading, _link, _study, _given, _people = (
    table.__table__.c
    for table in (QueueItem, Paper, PaperReading, StudyPaper, Study, Screening, User)
)
# how a paper stands; of one that was never queued, nothing but who it is
ITEM = (
    select(
        _paper.id, _item.stage, _item.version, _item.queued_at, _item.moved_at, _item.score,
        _item.parts, _paper.year, _reading.design, _reading.named, _reading.attachment,
        _link.study_id, _study.label,
    )
    .select_from(
        Paper.__table__
        .outerjoin(QueueItem.__table__, _item.paper_id == _paper.id)
        .outerjoin(PaperReading.__table__, _reading.paper_id == _paper.id)
        .outerjoin(StudyPaper.__table__, _link.paper_id == _paper.id)
        .outerjoin(Study.__table__, _study.id == _link.study_id)
    )
    .where(_paper.id == bindparam("paper_id"))
)  # fmt: skip
_SCREENINGS = (
    select(
        _given.id, _given.reviewer_id, _people.name, _given.verdict, _given.reason,
        _given.interventions, _given.note, _given.at, _given.paper_id,
    )
    .join(User.__table__, _people.id == _given.reviewer_id)
    .order_by(_given.id)
)  # fmt: skip
_ON_ONE = _SCREENINGS.where(_given.paper_id.in_(with_merged(bindparam("paper_id"))))
_ON_SOME = _SCREENINGS.where(among(_given.paper_id))
TAKEN_BACK = "paper.taken-back"  # an include, by who gave it
PUT_BACK = ("paper.reopened", TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class MatchedWords:
    """Why a paper is here: the words that matched, where and by which rule."""

    slug: str
    words: str
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """Where the machine puts an open paper: its score, the parts it sums and what they rest on.

    ``design``, ``named`` and ``attachment`` are as ``prior.PriorFeatures`` has them.
    """

    score: float
    parts: Mapping[str, float] = field(hash=False)  # compared, and too large a thing to be a key
    design: str | None
    named: str | None
    attachment: bool
    year: int | None


@dataclass(frozen=True, slots=True)
class Taught:
    """How many papers the present order learned from, by what people decided on them."""

    included: int = 0
    excluded: int = 0

    @property
    def decisions(self) -> int:
        """All of them."""
        return self.included + self.excluded


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One paper in a lane. ``interventions`` are the slugs matched, in the catalogue's order.

    ``suggestion`` is read by machine and decides nothing; None where nothing tells the design.
    """

    paper_id: int
    title: str
    abstract: str | None
    authors: tuple[str, ...]
    journal: str | None
    year: int | None
    lane: Lane
    stage: Stage
    version: int
    queued_at: datetime
    moved_at: datetime
    interventions: tuple[str, ...]
    sources: tuple[str, ...]
    hits: tuple[Hit, ...]
    matched: tuple[MatchedWords, ...]
    suggestion: DesignSuggestion | None
    standing: QueueStanding
    study_id: int | None


@dataclass(frozen=True, slots=True)
class QueueItemView:
    """A paper's place in the queue; forms send ``version`` back, so that stale ones are told."""

    paper_id: int
    stage: Stage
    version: int
    queued_at: datetime
    moved_at: datetime
    standing: QueueStanding
    study_id: int | None
    study_label: str | None


@dataclass(frozen=True, slots=True)
class ScreeningView:
    """One verdict on a paper."""

    id: int
    reviewer_id: int
    reviewer: str
    verdict: ScreeningVerdict
    reason: ExclusionReason | None
    interventions: tuple[str, ...]
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reopening:
    """Why, by whom and when an excluded paper was put back to be screened."""

    reviewer: str
    reason: str
    at: datetime
    took_back: bool = False  # it had been included, not excluded


def taught(session: Session) -> Taught:
    """Say how many decisions the present order rests on."""
    row = ask(session, _TAUGHT).one_or_none()
    return Taught(row.included, row.excluded) if row else Taught()


def queue(
    session: Session,
    *,
    stage: Stage,
    order: Order = Order.LIKELY,
    filters: Filters = _EVERYTHING,
    limit: int = 50,
    after: PageEnd | None = None,
) -> list[QueueEntry]:
    """List a lane: open papers as ``order`` says, all others in the order they came in."""
    return _entries(session, lanes.page(session, stage, order, filters, after, limit))


def item(session: Session, paper_id: int) -> QueueItemView:
    """Give a paper's place in the queue.

    Raises:
        NotFound: it is not in the queue.
    """
    row = ask(session, ITEM, {"paper_id": paper_id}).one_or_none()
    place = place_of(row) if row is not None else None
    if place is None:
        raise NotFound(f"Paper {paper_id} is not in the queue")
    return place


def place_of(row: Row[*tuple[Any, ...]]) -> QueueItemView | None:
    """Give the place in the queue of a row of ``ITEM``; None for a paper that was never queued."""
    if row.stage is None:
        return None
    return QueueItemView(
        paper_id=row.id,
        stage=row.stage,
        version=row.version,
        queued_at=row.queued_at,
        moved_at=row.moved_at,
        standing=_standing(row),
        study_id=row.study_id,
        study_label=row.label,
    )


def next_of(session: Session, *, stage: Stage, order: Order, after: QueueItemView) -> int | None:
    """Tell which paper stands behind another in its lane, or first where none does; None: neither."""
    place = after.standing.score if lanes.by_score(stage, order) else after.queued_at
    return lanes.next_of(session, stage, order, place, after.paper_id)


def screenings(session: Session, paper_id: int) -> list[ScreeningView]:
    """List the verdicts on a paper, and on papers that became one with it, oldest first."""
    return [_screening(row) for row in ask(session, _ON_ONE, {"paper_id": paper_id})]


def reopenings(session: Session, paper_id: int) -> list[Reopening]:
    """List when a paper was put back to be screened, oldest first; the audit ledger keeps why."""
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == f"paper:{paper_id}", AuditEntry.action.in_(PUT_BACK))
        .order_by(AuditEntry.seq)
    ).all()
    names = dict(session.execute(select(User.id, User.name)).all()) if entries else {}
    who = {actors.of_user(user_id): name for user_id, name in names.items()}
    return [
        Reopening(
            who.get(e.actor, e.actor), e.details["reason"], e.at, took_back=e.action == TAKEN_BACK
        )
        for e in entries
    ]


def last_screenings(session: Session, paper_ids: Sequence[int]) -> dict[int, ScreeningView]:
    """Give the newest verdict on each paper that has one."""
    rows = ask(session, _ON_SOME, {"some": list(paper_ids)})
    return {row.paper_id: _screening(row) for row in rows}


@lru_cache(maxsize=_REMEMBERED)
def _read(
    title: str, abstract: str | None, types: tuple[str, ...], keywords: tuple[str, ...]
) -> DesignSuggestion | None:
    """Read a design; the same papers stand on top of the queue all day, and reading is most of it."""
    return read_design(title, abstract, types, keywords)


def _standing(row: Row[*tuple[Any, ...]]) -> QueueStanding:
    return QueueStanding(
        score=row.score,
        parts=row.parts,
        design=row.design,
        named=row.named,
        attachment=bool(row.attachment),
        year=row.year,
    )


def _entries(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[QueueEntry]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    matches, sources = _matches(session, ids), _sources(session, ids)
    return [_entry(row, matches[row.id], tuple(sources[row.id])) for row in rows]


def _entry(
    row: Row[*tuple[Any, ...]], matches: Sequence[Row[*tuple[Any, ...]]], sources: tuple[str, ...]
) -> QueueEntry:
    types, keywords = tuple(row.publication_types), tuple(row.keywords)
    return QueueEntry(
        paper_id=row.id,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        journal=row.journal,
        year=row.year,
        lane=row.lane,
        stage=row.stage,
        version=row.version,
        queued_at=row.queued_at,
        moved_at=row.moved_at,
        interventions=tuple(dict.fromkeys(match.slug for match in matches)),
        sources=sources,
        hits=in_order(as_hit(match) for match in matches),
        matched=tuple(
            MatchedWords(match.slug, match.words, match.field, match.rule) for match in matches
        ),
        suggestion=_read(row.title, row.abstract, types, keywords),
        standing=_standing(row),
        study_id=row.study_id,
    )


def _matches(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[Row[*tuple[Any, ...]]]]:
    matches: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for match in session.connection().execute(_MATCHES, {"some": ids}):
        matches[match.paper_id].append(match)
    return matches


def _sources(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    sources: dict[int, list[str]] = defaultdict(list)
    for row in session.connection().execute(_SOURCES, {"some": ids}):
        sources[row.paper_id].append(row.source)
    return sources


def _screening(row: Row[*tuple[Any, ...]]) -> ScreeningView:
    return ScreeningView(
        id=row.id,
        reviewer_id=row.reviewer_id,
        reviewer=row.name,
        verdict=row.verdict,
        reason=row.reason,
        interventions=tuple(row.interventions),
        note=row.note,
        at=row.at,
    )
