"""The queue as reviewers see it: entries, filters, and one paper's verdicts. Changes nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select, tuple_
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.tables import InterventionRow
from monitor.feeds.records import Identifier
from monitor.feeds.tables import Record
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import NotFound
from monitor.literature.rules import Suggestion, suggest_design
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperRecord,
    Study,
    StudyPaper,
)
from monitor.literature.words import Lane
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import ExclusionReason, Stage, Verdict

NOT_CLEAR = "not clear"  # the design filter's word for papers whose design nothing tells
_BATCH = 200  # papers read at once while looking for a design


@dataclass(frozen=True, slots=True)
class MatchedWords:
    """Why a paper is here: the words that matched, where and by which rule."""

    slug: str
    words: str
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One paper in a lane. ``interventions`` are the slugs matched, in the catalogue's order.

    ``suggestion`` is read by machine and decides nothing; None where nothing tells the design.
    """

    paper_id: int
    title: str
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
    study_id: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """A paper's place in the queue; forms send ``version`` back, so that stale ones are told."""

    paper_id: int
    stage: Stage
    version: int
    queued_at: datetime
    moved_at: datetime
    study_id: int | None
    study_label: str | None


@dataclass(frozen=True, slots=True)
class ScreeningView:
    """One verdict on a paper."""

    id: int
    reviewer_id: int
    reviewer: str
    verdict: Verdict
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


def counts(session: Session) -> dict[Stage, int]:
    """Count the papers in each stage, empty ones too."""
    rows = session.execute(select(QueueItem.stage, func.count()).group_by(QueueItem.stage))
    return dict.fromkeys(Stage, 0) | {row[0]: row[1] for row in rows}


def by_intervention(session: Session, stage: Stage) -> dict[str, int]:
    """Count the papers of a stage by matched intervention; a paper may count for several."""
    rows = session.execute(
        select(Match.slug, func.count(Match.paper_id.distinct()))
        .join(QueueItem, QueueItem.paper_id == Match.paper_id)
        .where(QueueItem.stage == stage)
        .group_by(Match.slug)
    )
    return {row[0]: row[1] for row in rows}


def queue(
    session: Session,
    *,
    stage: Stage,
    slug: str | None = None,
    design: str | None = None,
    limit: int = 50,
    after: int | None = None,
) -> list[QueueEntry]:
    """List a lane, longest waiting first.

    ``design`` is one that ``suggest_design`` names, or ``NOT_CLEAR``. ``after`` is the paper a
    page ended with: the next page begins behind it.
    """
    rows = _rows(session, stage, slug, after)
    wanted = (row for row in rows if design is None or _design(row) == design)
    return _entries(session, [row for row, _ in zip(wanted, range(limit), strict=False)])


def item(session: Session, paper_id: int) -> Item:
    """Give a paper's place in the queue.

    Raises:
        NotFound: it is not in the queue.
    """
    found = session.execute(
        select(QueueItem, Study.id, Study.label)
        .outerjoin(StudyPaper, StudyPaper.paper_id == QueueItem.paper_id)
        .outerjoin(Study, Study.id == StudyPaper.study_id)
        .where(QueueItem.paper_id == paper_id)
    ).one_or_none()
    if found is None:
        raise NotFound(f"Paper {paper_id} is not in the queue")
    place, study_id, label = found
    return Item(
        paper_id=paper_id,
        stage=place.stage,
        version=place.version,
        queued_at=place.queued_at,
        moved_at=place.moved_at,
        study_id=study_id,
        study_label=label,
    )


def screenings(session: Session, paper_id: int) -> list[ScreeningView]:
    """List the verdicts on a paper, and on papers that became one with it, oldest first."""
    merged = select(Paper.id).where(Paper.merged_into_id == paper_id)
    rows = session.execute(
        select(Screening, User.name)
        .join(User, User.id == Screening.reviewer_id)
        .where((Screening.paper_id == paper_id) | Screening.paper_id.in_(merged))
        .order_by(Screening.id)
    )
    return [_screening(screening, name) for screening, name in rows]


def reopenings(session: Session, paper_id: int) -> list[Reopening]:
    """List when an excluded paper was put back, oldest first; the audit ledger keeps why."""
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == f"paper:{paper_id}", AuditEntry.action == "paper.reopened")
        .order_by(AuditEntry.seq)
    ).all()
    names = dict(session.execute(select(User.id, User.name)).all()) if entries else {}
    who = {f"user:{user_id}": name for user_id, name in names.items()}
    return [Reopening(who.get(e.actor, e.actor), e.details["reason"], e.at) for e in entries]


def _rows(
    session: Session, stage: Stage, slug: str | None, after: int | None
) -> Iterator[Row[QueueItem, Paper]]:
    """Read a lane batch by batch, so that a page reads no more than it shows."""
    while batch := session.execute(_page(session, stage, slug, after)).all():
        yield from batch
        after = batch[-1].Paper.id


def _page(
    session: Session, stage: Stage, slug: str | None, after: int | None
) -> Select[QueueItem, Paper]:
    place = (QueueItem.queued_at, QueueItem.paper_id)
    page = (
        select(QueueItem, Paper)
        .join(Paper, Paper.id == QueueItem.paper_id)
        .where(QueueItem.stage == stage)
        .order_by(*place)
        .limit(_BATCH)
    )
    if slug is not None:
        page = page.where(QueueItem.paper_id.in_(select(Match.paper_id).where(Match.slug == slug)))
    last = session.get(QueueItem, after) if after is not None else None
    return page.where(tuple_(*place) > (last.queued_at, last.paper_id)) if last else page


def _suggestion(paper: Paper) -> Suggestion | None:
    return suggest_design(paper.title, paper.abstract, paper.publication_types)


def _design(row: Row[QueueItem, Paper]) -> str:
    suggestion = _suggestion(row.Paper)
    return suggestion.design if suggestion else NOT_CLEAR


def _entries(session: Session, rows: Sequence[Row[QueueItem, Paper]]) -> list[QueueEntry]:
    ids = [row.Paper.id for row in rows]
    if not ids:
        return []
    matched, sources = _matched(session, ids), _sources(session, ids)
    identifiers, studies = _identifiers(session, ids), _studies(session, ids)
    return [
        QueueEntry(
            paper_id=paper.id,
            title=paper.title,
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
            study_id=studies.get(paper.id),
        )
        for place, paper in rows
    ]


def _matched(session: Session, ids: Sequence[int]) -> dict[int, list[MatchedWords]]:
    rows = session.scalars(
        select(Match)
        .join(InterventionRow, InterventionRow.slug == Match.slug)
        .where(Match.paper_id.in_(ids))
        .order_by(InterventionRow.position, Match.field.desc(), Match.start)
    )
    found: dict[int, list[MatchedWords]] = defaultdict(list)
    for match in rows:
        words = MatchedWords(match.slug, match.words, match.field, match.rule)
        found[match.paper_id].append(words)
    return found


def _sources(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    rows = session.execute(
        select(PaperRecord.paper_id, Record.source)
        .join(Record, Record.id == PaperRecord.record_id)
        .where(PaperRecord.paper_id.in_(ids))
        .distinct()
        .order_by(Record.source)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row.paper_id].append(row.source)
    return found


def _identifiers(session: Session, ids: Sequence[int]) -> dict[int, list[Identifier]]:
    rows = session.scalars(
        select(PaperIdentifier)
        .where(PaperIdentifier.paper_id.in_(ids))
        .order_by(PaperIdentifier.scheme, PaperIdentifier.value)
    )
    found: dict[int, list[Identifier]] = defaultdict(list)
    for row in rows:
        found[row.paper_id].append(Identifier(row.scheme, row.value))
    return found


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
