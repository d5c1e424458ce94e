"""The studies that count now, with the facts they count by: what grading reads. Decides nothing."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, String, Subquery, cast, func, select
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.words import (
    Design,
    FindingDirection,
    InReview,
    OutcomeClass,
    RiskOfBias,
)
from monitor.feeds.records import Identifier
from monitor.kernel.persistence.once import once
from monitor.literature.tables import Paper, PaperIdentifier, Study, StudyPaper
from monitor.literature.words import WITHOUT_RESULTS, PaperRole
from monitor.review.reading.model import Reading
from monitor.review.reading.summary import reading_of_facts
from monitor.review.rules import direction_of, first_published, from_facts
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict

# id, study_id, interventions, decided_by, at, facts, label
_DecisionRow = Row[int, int, list[str], list[int], datetime, str, str]
_PaperRow = Row[int, str, int, str, int | None, date | None]
FirstResults = tuple[int | None, date | None]  # year, day


@dataclass(frozen=True, slots=True)
class AcceptedStudy:
    """One study that counts, by the judgement its newest decision rests on.

    ``year`` and ``published`` are of its first results, as ``rules.first_published`` has them: what
    the grading rule counts by is what pages and mails show. ``paper_id``, ``title`` and ``identifiers`` are the main
    report's.
    """

    study_id: int
    label: str
    interventions: tuple[str, ...]
    design: Design
    risk_of_bias: RiskOfBias | None  # None: its tool has no such word
    outcome_class: OutcomeClass
    outcome: str
    direction: FindingDirection | None  # None: of several interventions, told in words
    quote: str  # the sentence it rests on, in the study's own words
    participants: int | None
    uk: bool | None
    developer_led: bool | None
    in_review: InReview | None  # None: nobody was asked
    reading: Reading
    year: int | None
    published: date | None
    round: int  # that it counts by
    decision_id: int
    decided_at: datetime
    decided_by: tuple[str, ...]
    paper_id: int | None
    title: str
    identifiers: tuple[Identifier, ...]
    facts: str = field(default="", repr=False, compare=False)  # its decision's, as the JSON kept


@dataclass(frozen=True, slots=True)
class CountedStudy:
    """One study that counts, unread: ``facts`` are its newest decision's, as the JSON they are kept as.

    ``year`` and ``published`` are of its first results, as ``AcceptedStudy`` has them.
    """

    study_id: int
    label: str
    facts: str
    year: int | None
    published: date | None


@once
def counted(
    session: Session, slug: str | None = None, *, at: datetime | None = None
) -> list[CountedStudy]:
    """List what ``accepted`` lists, with what grading asks of it and no more. Two statements."""
    newest = _accepting(slug, at)
    decisions = session.execute(
        select(Decision.study_id, Study.label, cast(Decision.facts, String))
        .join(newest, newest.c.id == Decision.id)
        .join(Study, Study.id == Decision.study_id)
        .order_by(Decision.id)
    ).all()
    reports = session.execute(
        select(StudyPaper.study_id, Paper.year, Paper.published)
        .join(newest, newest.c.study_id == StudyPaper.study_id)
        .join(Paper, Paper.id == StudyPaper.paper_id)
        .where(StudyPaper.role.not_in(WITHOUT_RESULTS))
    )
    dates: dict[int, list[FirstResults]] = defaultdict(list)
    for study_id, year, published in reports:
        dates[study_id].append((year, published))
    return [
        CountedStudy(study_id, label, facts, *first_published(dates.get(study_id, ())))
        for study_id, label, facts in decisions
    ]


@once
def accepted(
    session: Session, slug: str | None = None, *, at: datetime | None = None
) -> list[AcceptedStudy]:
    """List the studies that count, of one intervention or of all, in the order of acceptance.

    ``at``: those that counted then; their papers and dates are as known now.
    Four statements, however many studies.
    """
    newest = _accepting(slug, at)
    decisions = session.execute(
        select(
            Decision.id,
            Decision.study_id,
            Decision.interventions,
            Decision.decided_by,
            Decision.at,
            cast(Decision.facts, String).label("facts"),
            Study.label,
        )
        .join(newest, newest.c.id == Decision.id)
        .join(Study, Study.id == Decision.study_id)
        .order_by(Decision.id)
    ).all()
    if not decisions:
        return []
    papers, identifiers = _papers(session, newest), _identifiers(session, newest)
    names = dict(session.execute(select(User.id, User.name)).all())
    return [
        _accepted(decision, papers[decision.study_id], identifiers, names) for decision in decisions
    ]


def first_results(session: Session, study_ids: Collection[int]) -> dict[int, FirstResults]:
    """Give year and day of the first results of some studies, of any standing."""
    rows = session.execute(
        select(StudyPaper.study_id, Paper.year, Paper.published)
        .join(Paper, Paper.id == StudyPaper.paper_id)
        .where(StudyPaper.study_id.in_(study_ids), StudyPaper.role.not_in(WITHOUT_RESULTS))
    )
    reports: dict[int, list[FirstResults]] = {study_id: [] for study_id in study_ids}
    for study_id, year, published in rows:
        reports[study_id].append((year, published))
    return {study_id: first_published(dates) for study_id, dates in reports.items()}


def decided_reading(session: Session, study_id: int) -> Reading | None:
    """Give the reading that the newest decision on a study rests on; None: there is none."""
    newest = session.scalar(
        select(Decision).where(Decision.study_id == study_id).order_by(Decision.id.desc()).limit(1)
    )
    return reading_of_facts(newest.facts) if newest else None


def said_in_review(session: Session, study_id: int) -> InReview | None:
    """Give what the reviewers of a counted study said of its being among the review's own."""
    decided = decided_reading(session, study_id)
    return decided.in_review if decided else None


def _accepting(slug: str | None, at: datetime | None) -> Subquery:
    """Select the newest decision of each study up to a moment, where that accepts it."""
    last = select(func.max(Decision.id)).group_by(Decision.study_id)
    if at is not None:
        last = last.where(Decision.at <= at)
    which = select(Decision.id, Decision.study_id).where(
        Decision.id.in_(last), Decision.verdict == DecisionVerdict.ACCEPT
    )
    return (which.where(_concerns(slug)) if slug else which).subquery()


def _concerns(slug: str) -> ColumnElement[bool]:
    """Look for the slug in the JSON list's text: the one way both databases share."""
    return cast(Decision.interventions, String).contains(f'"{slug}"', autoescape=True)


def _papers(session: Session, newest: Subquery) -> dict[int, list[_PaperRow]]:
    """Read each study's papers, the main report first."""
    rows = session.execute(
        select(
            StudyPaper.study_id,
            StudyPaper.role,
            Paper.id,
            Paper.title,
            Paper.year,
            Paper.published,
        )
        .join(newest, newest.c.study_id == StudyPaper.study_id)
        .join(Paper, Paper.id == StudyPaper.paper_id)
        .order_by(StudyPaper.role != PaperRole.MAIN, StudyPaper.linked_at, Paper.id)
    )
    papers: dict[int, list[_PaperRow]] = defaultdict(list)
    for row in rows:
        papers[row.study_id].append(row)
    return papers


def _identifiers(session: Session, newest: Subquery) -> dict[int, list[Identifier]]:
    """Read the identifiers of every paper of these studies: paper id → identifiers."""
    rows = session.execute(
        select(PaperIdentifier.paper_id, PaperIdentifier.scheme, PaperIdentifier.value)
        .join(StudyPaper, StudyPaper.paper_id == PaperIdentifier.paper_id)
        .join(newest, newest.c.study_id == StudyPaper.study_id)
        .order_by(PaperIdentifier.scheme, PaperIdentifier.value)
    )
    identifiers: dict[int, list[Identifier]] = defaultdict(list)
    for row in rows:
        identifiers[row.paper_id].append(Identifier(row.scheme, row.value))
    return identifiers


def _accepted(
    decision: _DecisionRow,
    papers: Sequence[_PaperRow],
    identifiers: dict[int, list[Identifier]],
    names: dict[int, str],
) -> AcceptedStudy:
    facts = json.loads(decision.facts)
    judgement, reading = from_facts(facts), reading_of_facts(facts)
    main = papers[0] if papers else None
    year, published = first_published(_reported(papers))
    return AcceptedStudy(
        study_id=decision.study_id,
        label=decision.label,
        interventions=tuple(decision.interventions),
        design=judgement.design,
        risk_of_bias=judgement.risk_of_bias,
        outcome_class=judgement.outcome_class,
        outcome=judgement.outcome,
        direction=direction_of(facts),
        quote=judgement.quote,
        participants=judgement.participants,
        uk=judgement.uk,
        developer_led=judgement.developer_led,
        in_review=reading.in_review,
        reading=reading,
        year=year,
        published=published,
        round=facts.get("round", 1),
        decision_id=decision.id,
        decided_at=decision.at,
        decided_by=tuple(names.get(who, f"person {who}") for who in decision.decided_by),
        paper_id=main.id if main else None,
        title=main.title if main else decision.label,
        identifiers=tuple(identifiers.get(main.id, ())) if main else (),
        facts=decision.facts,
    )


def _reported(papers: Iterable[_PaperRow]) -> list[FirstResults]:
    return [(row.year, row.published) for row in papers if row.role not in WITHOUT_RESULTS]
