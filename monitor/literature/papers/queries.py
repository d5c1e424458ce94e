"""Read models of papers for pages: a paper with where every word came from, records as sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Subquery,
    bindparam,
    func,
    select,
    tuple_,
    union,
)
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.feeds.tables import Record, RecordQuery
from monitor.kernel.errors import NotFound
from monitor.kernel.persistence.bulk import among
from monitor.kernel.persistence.columnar import ask
from monitor.literature.dedup.identity import REGISTRIES, strongest_first
from monitor.literature.matching.matcher import Hit
from monitor.literature.papers import resolve
from monitor.literature.papers.reconcile import as_hit, in_order
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperRecord,
    PaperRegistration,
    Study,
    StudyPaper,
)
from monitor.literature.words import Lane

# Built once: putting a statement together costs more than running it; and of tables, since reading
# classes costs twice as much.
_record, _paper, _study = Record.__table__.c, Paper.__table__.c, Study.__table__.c
_link, _of_paper = StudyPaper.__table__.c, PaperRecord.__table__.c
_PAPER = (
    select(*_paper, _link.study_id, _study.label)
    .outerjoin(StudyPaper.__table__, _link.paper_id == _paper.id)
    .outerjoin(Study.__table__, _study.id == _link.study_id)
    .where(_paper.id == bindparam("paper_id"))
)
_RECORDS = (
    select(_record.id, _record.source, _record.fetched_at, _of_paper.joined_by, _record.media_type)
    .join(PaperRecord.__table__, _of_paper.record_id == _record.id)
    .where(_of_paper.paper_id == bindparam("paper_id"))
    .order_by(_record.id)
)
_match = Match.__table__.c


def _is_any(rows: Select[int]) -> ColumnElement[bool]:
    """Say that there is such a row, looked for each time: as EXISTS, PostgreSQL may gather them all.

    Here all matches of an intervention, of which nearly all are of papers that report no study: it
    took the longer the more papers there were.
    """
    return rows.limit(1).scalar_subquery().is_not(None)


def _studies(of_it: Select[int]) -> Select[int, str, str]:
    """Select the first studies that have such a paper: titles of these alone, whatever there is."""
    chosen = (
        select(_study.id, _study.label)
        .where(_is_any(of_it.correlate(Study.__table__)))
        .order_by(_study.label, _study.id)
        .limit(bindparam("most", type_=Integer))
        .subquery("chosen")
    )
    title = (
        select(func.min(_paper.title))
        .join(StudyPaper.__table__, _link.paper_id == _paper.id)
        .where(_link.study_id == chosen.c.id)
        .correlate(chosen)
        .scalar_subquery()
    )
    return select(chosen.c.id, chosen.c.label, title).order_by(chosen.c.label, chosen.c.id)


_of_it = select(_link.paper_id).where(_link.study_id == _study.id)
_named = select(_match.id).where(_match.paper_id == _link.paper_id, among(_match.slug, "slugs"))
_STUDIES = _studies(_of_it)
_STUDIES_NAMING = _studies(_of_it.where(_is_any(_named.correlate(StudyPaper.__table__))))
_MATCHES = select(*Match.__table__.columns).where(among(Match.paper_id))


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of a paper: who sent it, when, and why it belongs."""

    id: int
    source: str
    fetched_at: datetime
    joined_by: str
    media_type: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as pages show it. ``study`` is (id, label) where it reports one."""

    id: int
    title: str
    abstract: str | None
    authors: tuple[str, ...]
    journal: str | None
    year: int | None
    published: date | None
    volume: str | None
    issue: str | None
    pages: str | None
    language: str | None
    publication_types: tuple[str, ...]
    keywords: tuple[str, ...]
    url: str | None
    identifiers: tuple[Identifier, ...]
    registrations: tuple[Identifier, ...]
    hits: tuple[Hit, ...]
    lane: Lane
    records: tuple[RecordView, ...]
    study: tuple[int, str] | None
    version: int
    first_seen_at: datetime
    changed_at: datetime

    @property
    def named(self) -> list[str]:
        """The interventions it names, most telling place first."""
        return _slugs(self.hits)


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """A record as the source sent it, and which queries brought it."""

    id: int
    source: str
    key: str
    media_type: str
    raw: bytes
    content_hash: str
    citation: dict[str, Any]
    fetched_at: datetime
    poll_id: int
    paper_id: int | None
    query_keys: tuple[str, ...]
    raw_removed_at: datetime | None


class SameRegistration(NamedTuple):
    """A study one of whose papers shares a trial registration."""

    study_id: int
    label: str
    shared: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text; ``kind`` names the mark it bears, None for plain text."""

    text: str
    kind: str | None


def paper(session: Session, paper_id: int) -> PaperView:
    """Show a paper; one that was merged shows the paper it became.

    Raises:
        NotFound: no such paper.
    """
    row = _current(session, paper_id)
    own, named = resolve.numbers(session, row.id)
    return PaperView(
        id=row.id,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        journal=row.journal,
        year=row.year,
        published=row.published,
        volume=row.volume,
        issue=row.issue,
        pages=row.pages,
        language=row.language,
        publication_types=tuple(row.publication_types),
        keywords=tuple(row.keywords),
        url=row.url,
        identifiers=tuple(strongest_first(own)),
        registrations=tuple(named),
        hits=hits(session, [row.id])[row.id],
        lane=row.lane,
        records=_records(session, row.id),
        study=(row.study_id, row.label) if row.study_id is not None else None,
        version=row.version,
        first_seen_at=row.first_seen_at,
        changed_at=row.changed_at,
    )


def record(session: Session, record_id: int) -> RecordDetail:
    """Show a record as sent.

    Raises:
        NotFound: no such record.
    """
    row = session.get(Record, record_id)
    if row is None:
        raise NotFound(f"there is no record {record_id}")
    paper_id = session.scalar(
        select(PaperRecord.paper_id).where(PaperRecord.record_id == record_id)
    )
    query_keys = session.scalars(
        select(RecordQuery.query_key)
        .where(RecordQuery.source == row.source, RecordQuery.key == row.key)
        .order_by(RecordQuery.query_key)
    )
    return RecordDetail(
        id=row.id,
        source=row.source,
        key=row.key,
        media_type=row.media_type,
        raw=row.raw,
        content_hash=row.content_hash,
        citation=row.citation,
        fetched_at=row.fetched_at,
        poll_id=row.poll_id,
        paper_id=paper_id,
        query_keys=tuple(query_keys),
        raw_removed_at=row.raw_removed_at,
    )


def hits(session: Session, paper_ids: Sequence[int]) -> dict[int, tuple[Hit, ...]]:
    """List the matches of many papers at once, each in order of appearance."""
    matches: dict[int, list[Hit]] = {paper_id: [] for paper_id in paper_ids}
    for row in ask(session, _MATCHES, {"some": list(paper_ids)}):
        matches[row.paper_id].append(as_hit(row))
    return {paper_id: in_order(some) for paper_id, some in matches.items()}


def matched(session: Session, paper_id: int) -> list[str]:
    """List the interventions a paper names, most telling place first."""
    return _slugs(hits(session, [paper_id])[paper_id])


def same_registration(session: Session, paper_id: int) -> list[SameRegistration]:
    """Find the studies that share a trial registration with a paper not linked to them."""
    own, named = resolve.numbers(session, paper_id)
    return naming_the_same(session, paper_id, (*named, *own))


def naming_the_same(
    session: Session, paper_id: int, numbers: Iterable[Identifier]
) -> list[SameRegistration]:
    """Find the same for a paper whose ``numbers`` are known, its own and those it names."""
    sharing = _sharing(numbers)
    if sharing is None:
        return []
    its = select(StudyPaper.study_id).where(StudyPaper.paper_id == paper_id)
    rows = session.execute(
        select(Study.id, Study.label, sharing.c.value)
        .distinct()
        .join(StudyPaper, StudyPaper.study_id == Study.id)
        .join(sharing, sharing.c.paper_id == StudyPaper.paper_id)
        .where(StudyPaper.paper_id != paper_id, Study.id.not_in(its))
        .order_by(Study.id, sharing.c.value)
    )
    return [SameRegistration(*row) for row in rows]


def sharing(session: Session, numbers: Iterable[Identifier]) -> set[int]:
    """Find the papers that are, or name, any of some trial registrations."""
    found = _sharing(numbers)
    return set() if found is None else set(session.scalars(select(found.c.paper_id)))


def _sharing(numbers: Iterable[Identifier]) -> Subquery | None:
    mine = [(i.scheme, i.value) for i in numbers if i.scheme in REGISTRIES]
    if not mine:
        return None
    return union(
        *(
            select(table.paper_id, table.value).where(tuple_(table.scheme, table.value).in_(mine))
            for table in (PaperRegistration, PaperIdentifier)
        )
    ).subquery()


def studies(
    session: Session, slugs: Iterable[str] | None, *, limit: int
) -> list[tuple[int, str, str]]:
    """List studies by label, as (id, label, a title): those with a paper naming one of ``slugs``.

    None lists every study.
    """
    statement = _STUDIES_NAMING if slugs is not None else _STUDIES
    asked = {"most": limit} | ({} if slugs is None else {"slugs": sorted(slugs)})
    return [(row[0], row[1], row[2]) for row in session.connection().execute(statement, asked)]


def segments(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Segment]:
    """Cut a text at its marks: (start, end, kind) in characters, in any order.

    The pieces joined are the text again. Of overlapping marks the one that starts first wins, of
    these the longest; what lies outside the text is cut off.
    """
    pieces: list[Segment] = []
    position = 0
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        first, last = max(start, 0), min(end, len(text))
        if first < position or first >= last:
            continue
        pieces += [Segment(text[position:first], None)] if first > position else []
        pieces.append(Segment(text[first:last], kind))
        position = last
    return pieces + ([Segment(text[position:], None)] if position < len(text) else [])


def marked(text: str, field: str, found: Iterable[Hit]) -> list[Segment]:
    """Cut one field's text at its matches; the kind of a mark is the intervention's slug."""
    return segments(
        text, ((h.start, h.start + len(h.words), h.slug) for h in found if h.field == field)
    )


def _current(session: Session, paper_id: int) -> Row[*tuple[Any, ...]]:
    row = ask(session, _PAPER, {"paper_id": paper_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no paper {paper_id}")
    return row if row.merged_into_id is None else _current(session, row.merged_into_id)


def _records(session: Session, paper_id: int) -> tuple[RecordView, ...]:
    rows = ask(session, _RECORDS, {"paper_id": paper_id})
    return tuple(RecordView(*row) for row in rows)


def study_of(session: Session, paper_id: int) -> tuple[int, str] | None:
    """Give the study that a paper reports, as (id, label); None where it reports none."""
    row = session.execute(
        select(Study.id, Study.label)
        .join(StudyPaper, StudyPaper.study_id == Study.id)
        .where(StudyPaper.paper_id == paper_id)
    ).first()
    return (row.id, row.label) if row else None


def _slugs(found: Iterable[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.slug for hit in found))
