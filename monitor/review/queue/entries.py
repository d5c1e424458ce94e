"""The queue as reviewers see it: entries, filters, and one paper's verdicts. Changes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, defer

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.catalogue.tables import InterventionRow
from monitor.feeds.records import Identifier
from monitor.feeds.tables import Record
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import NotFound
from monitor.literature.design.detection import read_design
from monitor.literature.design.rules import Suggestion
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperReading,
    PaperRecord,
    Study,
    StudyPaper,
)
from monitor.literature.words import Lane
from monitor.review.queue import lanes
from monitor.review.queue.lanes import Filters, Order, Place
from monitor.review.queue.screening import with_merged
from monitor.review.tables import QueueItem, QueueOrder, Screening
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage

_EVERYTHING = Filters()
_REMEMBERED = 1_000  # texts, of some two thousand characters
TAKEN_BACK = "paper.taken-back"  # an include, by who gave it
_PUT_BACK = ("paper.reopened", TAKEN_BACK)


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
    parts: Mapping[str, float]
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
    url: str | None
    lane: Lane
    stage: Stage
    version: int
    queued_at: datetime
    moved_at: datetime
    interventions: tuple[str, ...]
    sources: tuple[str, ...]
    identifiers: tuple[Identifier, ...]
    matched: tuple[MatchedWords, ...]
    suggestion: Suggestion | None
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
    row = session.scalar(select(QueueOrder))
    return Taught(row.included, row.excluded) if row else Taught()


def queue(
    session: Session,
    *,
    stage: Stage,
    order: Order = Order.LIKELY,
    filters: Filters = _EVERYTHING,
    limit: int = 50,
    after: Place | None = None,
) -> list[QueueEntry]:
    """List a lane: open papers as ``order`` says, all others in the order they came in."""
    rows = session.execute(lanes.page(session, stage, order, filters, after, limit)).all()
    return _entries(session, rows)


def item(session: Session, paper_id: int) -> QueueItemView:
    """Give a paper's place in the queue.

    Raises:
        NotFound: it is not in the queue.
    """
    row = session.execute(
        select(QueueItem, Paper, PaperReading, Study.id, Study.label)
        .options(defer(PaperReading.features))
        .join(Paper, Paper.id == QueueItem.paper_id)
        .outerjoin(PaperReading, PaperReading.paper_id == QueueItem.paper_id)
        .outerjoin(StudyPaper, StudyPaper.paper_id == QueueItem.paper_id)
        .outerjoin(Study, Study.id == StudyPaper.study_id)
        .where(QueueItem.paper_id == paper_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"Paper {paper_id} is not in the queue")
    place, paper, reading, study_id, label = row
    return QueueItemView(
        paper_id=paper_id,
        stage=place.stage,
        version=place.version,
        queued_at=place.queued_at,
        moved_at=place.moved_at,
        standing=_standing(place, paper, reading),
        study_id=study_id,
        study_label=label,
    )


def screenings(session: Session, paper_id: int) -> list[ScreeningView]:
    """List the verdicts on a paper, and on papers that became one with it, oldest first."""
    rows = session.execute(
        select(Screening, User.name)
        .join(User, User.id == Screening.reviewer_id)
        .where(Screening.paper_id.in_(with_merged(paper_id)))
        .order_by(Screening.id)
    )
    return [_screening(screening, name) for screening, name in rows]


def reopenings(session: Session, paper_id: int) -> list[Reopening]:
    """List when a paper was put back to be screened, oldest first; the audit ledger keeps why."""
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == f"paper:{paper_id}", AuditEntry.action.in_(_PUT_BACK))
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
    rows = session.execute(
        select(Screening, User.name)
        .join(User, User.id == Screening.reviewer_id)
        .where(Screening.paper_id.in_(paper_ids))
        .order_by(Screening.id)
    )
    return {screening.paper_id: _screening(screening, name) for screening, name in rows}


def _suggestion(paper: Paper) -> Suggestion | None:
    return _read(paper.title, paper.abstract, tuple(paper.publication_types), tuple(paper.keywords))


@lru_cache(maxsize=_REMEMBERED)
def _read(
    title: str, abstract: str | None, types: tuple[str, ...], keywords: tuple[str, ...]
) -> Suggestion | None:
    """Read a design; the same papers stand on top of the queue all day, and reading is most of it."""
    return read_design(title, abstract, types, keywords)


def _standing(place: QueueItem, paper: Paper, reading: PaperReading | None) -> QueueStanding:
    return QueueStanding(
        score=place.score,
        parts=place.parts,
        design=reading.design if reading else None,
        named=reading.named if reading else None,
        attachment=reading is not None and reading.attachment,
        year=paper.year,
    )


def _entries(
    session: Session, rows: Sequence[Row[QueueItem, Paper, PaperReading]]
) -> list[QueueEntry]:
    ids = [row.Paper.id for row in rows]
    if not ids:
        return []
    matched, sources = _matched(session, ids), _sources(session, ids)
    identifiers, studies = _identifiers(session, ids), _studies(session, ids)
    return [
        QueueEntry(
            paper_id=paper.id,
            title=paper.title,
            abstract=paper.abstract,
            authors=tuple(paper.authors),
            journal=paper.journal,
            year=paper.year,
            url=paper.url,
            lane=paper.lane,
            stage=place.stage,
            version=place.version,
            queued_at=place.queued_at,
            moved_at=place.moved_at,
            interventions=tuple(dict.fromkeys(words.slug for words in matched[paper.id])),
            sources=tuple(sources[paper.id]),
            identifiers=tuple(identifiers[paper.id]),
            matched=tuple(matched[paper.id]),
            suggestion=_suggestion(paper),
            standing=_standing(place, paper, reading),
            study_id=studies.get(paper.id),
        )
        for place, paper, reading in rows
    ]


def _matched(session: Session, ids: Sequence[int]) -> dict[int, list[MatchedWords]]:
    rows = session.scalars(
        select(Match)
        .join(InterventionRow, InterventionRow.slug == Match.slug)
        .where(Match.paper_id.in_(ids))
        .order_by(InterventionRow.position, Match.field.desc(), Match.start)
    )
    matches: dict[int, list[MatchedWords]] = defaultdict(list)
    for match in rows:
        words = MatchedWords(match.slug, match.words, match.field, match.rule)
        matches[match.paper_id].append(words)
    return matches


def _sources(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    rows = session.execute(
        select(PaperRecord.paper_id, Record.source)
        .join(Record, Record.id == PaperRecord.record_id)
        .where(PaperRecord.paper_id.in_(ids))
        .distinct()
        .order_by(Record.source)
    )
    sources: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        sources[row.paper_id].append(row.source)
    return sources


def _identifiers(session: Session, ids: Sequence[int]) -> dict[int, list[Identifier]]:
    rows = session.scalars(
        select(PaperIdentifier)
        .where(PaperIdentifier.paper_id.in_(ids))
        .order_by(PaperIdentifier.scheme, PaperIdentifier.value)
    )
    identifiers: dict[int, list[Identifier]] = defaultdict(list)
    for row in rows:
        identifiers[row.paper_id].append(Identifier(row.scheme, row.value))
    return identifiers


def _studies(session: Session, ids: Sequence[int]) -> dict[int, int]:
    linked = select(StudyPaper.paper_id, StudyPaper.study_id).where(StudyPaper.paper_id.in_(ids))
    return dict(session.execute(linked).all())


def _screening(screening: Screening, name: str) -> ScreeningView:
    return ScreeningView(
        id=screening.id,
        reviewer_id=screening.reviewer_id,
        reviewer=name,
        verdict=screening.verdict,
        reason=screening.reason,
        interventions=tuple(screening.interventions),
        note=screening.note,
        at=screening.at,
    )
