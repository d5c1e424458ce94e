"""Reads what the page on coverage shows. A fixed number of statements, however much is held."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, not_, or_, select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.feeds.sources import SOURCES, databases, lookups
from monitor.feeds.tables import Poll, PollKind, Record, RecordQuery
from monitor.kernel.language.uk import uk_day_of
from monitor.kernel.settings import Settings
from monitor.literature.tables import Paper, PaperRecord, Study, StudyPaper
from monitor.notify.tables import Announcement, Message
from monitor.ops.coverage import rules
from monitor.ops.coverage.rules import (
    CoveragePlace,
    CoverageRow,
    FoundLate,
    JourneyStep,
    KnownStudy,
    Overlap,
    Pace,
    Precision,
)
from monitor.review.tables import Decision, Screening
from monitor.review.words import ScreeningVerdict

REGISTRIES, FEEDS = "registries", "feeds"  # several sources told as one
_NOTICES = "notices:"  # queries that bring news of papers, and no paper


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything on the page. ``rows`` are in the catalogue's order; ``late`` the latest first.

    ``undecided`` counts known studies that no verdict was given on: they are in no list by name.
    """

    places: tuple[CoveragePlace, ...]
    rows: tuple[CoverageRow, ...]
    total: CoverageRow
    overlaps: tuple[Overlap, ...]
    paces: tuple[Pace, ...]
    late: tuple[FoundLate, ...]
    undecided: int
    precision: tuple[Precision, ...]


@dataclass(frozen=True, slots=True)
class StudyHeld:
    """One decided study and one source that holds a paper of it, for whoever counts themselves."""

    study: str
    slugs: tuple[str, ...]
    source: str
    since: datetime


@dataclass(frozen=True, slots=True)
class _StudyPaper:
    study_id: int
    label: str
    paper_id: int
    title: str
    printed: datetime | None  # midnight of the day
    seen: datetime


@dataclass(frozen=True, slots=True)
class _Verdict:
    included: bool
    slugs: frozenset[str]
    at: datetime


def coverage(session: Session, settings: Settings, catalogue: Catalogue) -> Coverage:
    """Read the whole page."""
    papers = _study_papers(session)
    verdicts = _verdicts(session)
    records = _records(session)
    decided = _decided(session)
    studies = _studies(papers, verdicts, records)
    places = _places(settings, studies)
    brought = _brought(session)
    late = _found_late(papers, verdicts, brought, began=_began(session))
    return Coverage(
        places=places,
        rows=tuple(rules.row(slug, studies, places) for slug in catalogue.slugs),
        total=rules.row(None, studies, places),
        overlaps=tuple(rules.overlaps(studies)),
        paces=tuple(_paces(session, papers, verdicts, decided)),
        late=tuple(study for study in late if study.study_id in decided),
        undecided=sum(study.id not in decided for study in studies),
        precision=tuple(
            rules.precision(
                {paper: frozenset(by) for paper, by in brought.items()},
                {paper: verdict.included for paper, verdict in verdicts.items()},
                {name: databases.in_words(name) for name in _all_sources()},
            )
        ),
    )


def held(session: Session, catalogue: Catalogue) -> list[StudyHeld]:
    """List every decided study with every source that holds it, and since when."""
    papers, decided = _study_papers(session), _decided(session)
    verdicts, records = _verdicts(session), _records(session)
    first: dict[tuple[int, str], datetime] = {}
    labels: dict[int, str] = {}
    slugs: defaultdict[int, set[str]] = defaultdict(set)
    for paper in papers:
        if paper.study_id not in decided:
            continue
        labels[paper.study_id] = paper.label
        slugs[paper.study_id] |= _slugs(verdicts.get(paper.paper_id))
        for source, at in records.get(paper.paper_id, {}).items():
            key = paper.study_id, source
            first[key] = min(at, first.get(key, at))
    order = {slug: place for place, slug in enumerate(catalogue.slugs)}
    return [
        StudyHeld(
            labels[study],
            tuple(sorted(slugs[study], key=lambda slug: order.get(slug, len(order)))),
            databases.in_words(source),
            at,
        )
        for (study, source), at in sorted(first.items())
    ]


def place_of(source: str) -> str:
    """Name the column that a source is told in."""
    definition = SOURCES.get(source)
    if definition is not None and definition.is_registry:
        return REGISTRIES
    return FEEDS if definition is not None and definition.is_feed else source


def _all_sources() -> list[str]:
    return [*SOURCES, *databases.DATABASES, databases.BROUGHT]


def _places(settings: Settings, studies: Iterable[KnownStudy]) -> tuple[CoveragePlace, ...]:
    """List the columns: every source that is searched, and whatever else holds a study."""
    holding = {key for study in studies for key in study.held}
    titles = {place_of(name): databases.in_words(name) for name in _all_sources()}
    titles |= {REGISTRIES: "Registries", FEEDS: "Feeds"}
    # told last among the sources that are asked: each is several
    keys = [key for key in titles if key not in {REGISTRIES, FEEDS}]
    asked = [key for key in keys if key in SOURCES]
    keys = [*asked, REGISTRIES, FEEDS, *(key for key in keys if key not in SOURCES)]
    by_file = settings.sources.by_file
    shown = [key for key in keys if key in holding or key in by_file or key in {*asked, REGISTRIES}]
    letters = _letters([titles[key] for key in shown])
    return tuple(
        CoveragePlace(key, titles[key], letter) for key, letter in zip(shown, letters, strict=True)
    )


def _letters(titles: Iterable[str]) -> list[str]:
    """Give each title the shortest beginning, of its letters alone, that no earlier one has."""
    taken: list[str] = []
    for title in titles:
        word = "".join(filter(str.isalpha, title.removeprefix("APA ")))
        free = (word[:length] for length in range(1, len(word) + 1))
        taken.append(next((beginning for beginning in free if beginning not in taken), word))
    return taken


def _study_papers(session: Session) -> list[_StudyPaper]:
    rows = session.execute(
        select(Study.id, Study.label, Paper.id, Paper.title, Paper.published, Paper.first_seen_at)
        .join(StudyPaper, StudyPaper.study_id == Study.id)
        .join(Paper, Paper.id == StudyPaper.paper_id)
        .order_by(Study.id, Paper.id)
    )
    return [
        _StudyPaper(
            study,
            label,
            paper,
            title,
            datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None,
            seen,
        )
        for study, label, paper, title, day, seen in rows
    ]


def _verdicts(session: Session) -> dict[int, _Verdict]:
    """Read the newest verdict on each paper; one that is unsure is none."""
    rows = session.execute(
        select(Screening.paper_id, Screening.verdict, Screening.interventions, Screening.at)
        .where(Screening.verdict != ScreeningVerdict.UNSURE)
        .order_by(Screening.id)
    )
    return {
        paper: _Verdict(verdict is ScreeningVerdict.INCLUDE, frozenset(slugs), at)
        for paper, verdict, slugs, at in rows
    }


def _records(session: Session) -> dict[int, dict[str, datetime]]:
    """Tell since when each source holds each paper of a study."""
    rows = session.execute(
        select(PaperRecord.paper_id, Record.source, func.min(Record.fetched_at))
        .join(Record, Record.id == PaperRecord.record_id)
        .join(StudyPaper, StudyPaper.paper_id == PaperRecord.paper_id)
        .group_by(PaperRecord.paper_id, Record.source)
    )
    held_since: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    for paper, source, at in rows:
        held_since[paper][source] = at
    return held_since


def _brought(session: Session) -> dict[int, dict[str, datetime]]:
    """Tell which sources brought each screened paper, and when: a look-up brings nothing new."""
    screened = select(Screening.paper_id)
    rows = session.execute(
        select(PaperRecord.paper_id, Record.source, func.min(RecordQuery.first_seen_at))
        .join(Record, Record.id == PaperRecord.record_id)
        .join(
            RecordQuery,
            (RecordQuery.source == Record.source) & (RecordQuery.key == Record.key),
        )
        .where(
            PaperRecord.paper_id.in_(screened),
            not_(
                or_(
                    RecordQuery.query_key.startswith(lookups.PREFIX),
                    RecordQuery.query_key.startswith(_NOTICES),
                )
            ),
        )
        .group_by(PaperRecord.paper_id, Record.source)
    )
    brought_at: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    for paper, source, at in rows:
        brought_at[paper][source] = at
    return brought_at


def _decided(session: Session) -> dict[int, datetime]:
    """Tell when each study was first decided on."""
    rows = session.execute(
        select(Decision.study_id, func.min(Decision.at).label("at")).group_by(Decision.study_id)
    )
    return {row.study_id: row.at for row in rows}


def _began(session: Session) -> datetime | None:
    """Tell when the service first asked a source: nothing could be seen here before."""
    return session.scalar(select(func.min(Poll.started_at)).where(Poll.kind != PollKind.IMPORT))


def _studies(
    papers: Iterable[_StudyPaper],
    verdicts: Mapping[int, _Verdict],
    records: Mapping[int, Mapping[str, datetime]],
) -> list[KnownStudy]:
    slugs: defaultdict[int, set[str]] = defaultdict(set)
    since: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    for paper in papers:
        slugs[paper.study_id] |= _slugs(verdicts.get(paper.paper_id))
        here = since[paper.study_id]
        for source, at in records.get(paper.paper_id, {}).items():
            key = place_of(source)
            here[key] = min(at, here.get(key, at))
    return [KnownStudy(study, frozenset(slugs[study]), since[study]) for study in since]


def _was_watched(printed: datetime | None, began: datetime | None) -> bool:
    """Tell whether a paper was printed on or after the day on which the service began to look."""
    return printed is not None and began is not None and printed.date() >= began.date()


def _slugs(verdict: _Verdict | None) -> frozenset[str]:
    return verdict.slugs if verdict and verdict.included else frozenset()


def _found_late(
    papers: Iterable[_StudyPaper],
    verdicts: Mapping[int, _Verdict],
    brought: Mapping[int, Mapping[str, datetime]],
    *,
    began: datetime | None,
) -> list[FoundLate]:
    """List studies whose first paper was seen late, the latest seen first.

    One printed before the service began could not be seen in time, and is not called late.
    """
    first: dict[int, _StudyPaper] = {}
    for paper in papers:
        known = first.get(paper.study_id)
        if known is None or paper.seen < known.seen:
            first[paper.study_id] = paper
    late = []
    for paper in first.values():
        days = rules.between(paper.printed, paper.seen)
        if paper.printed is None or days is None or days < rules.LATE_DAYS:
            continue
        if not _was_watched(paper.printed, began):
            continue
        by = brought.get(paper.paper_id, {})
        earliest = min(by.values(), default=None)
        slugs = _slugs(verdicts.get(paper.paper_id))
        late.append(
            FoundLate(
                paper.study_id,
                paper.label,
                min(slugs, default=""),
                paper.title,
                paper.printed.date(),
                uk_day_of(paper.seen).date,
                tuple(
                    databases.in_words(name) for name in _all_sources() if by.get(name) == earliest
                )
                if earliest
                else (),
            )
        )
    return sorted(late, key=lambda study: (study.seen, study.study_id), reverse=True)


def _paces(
    session: Session,
    papers: list[_StudyPaper],
    verdicts: Mapping[int, _Verdict],
    decided: Mapping[int, datetime],
) -> Iterable[Pace]:
    """Tell how long each step took; what began before the service did is left out of the first."""
    began = _began(session)
    seen = [
        rules.between(paper.printed, paper.seen)
        for paper in papers
        if _was_watched(paper.printed, began)
    ]
    yield rules.pace(JourneyStep.SEEN, _known(seen))
    yield rules.pace(JourneyStep.SCREENED, _known(_screening_days(session)))
    included = {paper.study_id: _included_at(paper, verdicts) for paper in reversed(papers)}
    yield rules.pace(
        JourneyStep.DECIDED, _known(rules.between(included.get(s), at) for s, at in decided.items())
    )
    told = session.execute(
        select(Announcement.at, func.min(Message.sent_at))
        .join(Message, Message.announcement_id == Announcement.id)
        .where(Announcement.study_id.is_not(None))
        .group_by(Announcement.id, Announcement.at)
    )
    yield rules.pace(JourneyStep.TOLD, _known(rules.between(at, sent) for at, sent in told))


def _screening_days(session: Session) -> list[float | None]:
    rows = session.execute(
        select(Paper.first_seen_at, func.min(Screening.at))
        .join(Screening, Screening.paper_id == Paper.id)
        .where(Screening.verdict != ScreeningVerdict.UNSURE)
        .group_by(Paper.id, Paper.first_seen_at)
    )
    return [rules.between(seen, at) for seen, at in rows]


def _included_at(paper: _StudyPaper, verdicts: Mapping[int, _Verdict]) -> datetime | None:
    verdict = verdicts.get(paper.paper_id)
    return verdict.at if verdict and verdict.included else None


def _known(days: Iterable[float | None]) -> list[float]:
    return [one for one in days if one is not None]
