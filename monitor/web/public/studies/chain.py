"""A decided study for everybody to read: judgements, quotes, papers, fetch times. Shows no name of a
reviewer, no undecided study and no publisher's abstract.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue import loader
from monitor.catalogue.words import Design
from monitor.kernel.errors import NotFound
from monitor.literature.papers import queries as literature
from monitor.literature.papers.queries import PaperView
from monitor.literature.tables import Study
from monitor.review import decision_rows, rules
from monitor.review import queries as review
from monitor.review.appraisal.given import judgement_of
from monitor.review.family import compare as family
from monitor.review.family import line
from monitor.review.family.line import Event
from monitor.review.notices import doubts
from monitor.review.notices.doubts import Doubt
from monitor.review.reading import quotes
from monitor.review.reading.model import Reading
from monitor.review.reading.summary import main_result, reading_of_facts
from monitor.review.tables import Appraisal, Decision
from monitor.review.words import DecisionVerdict, Settling, shown
from monitor.web import formats

_NOT_KNOWN = "Not known"
_UNKNOWN_FACTS = (
    formats.sentence(formats.people(None)),
    formats.sentence(formats.country(None)),
    formats.developer(None),
)
_STANDING = {
    DecisionVerdict.ACCEPT: "Counted since {day}.",
    DecisionVerdict.EXCLUDE: "Read and appraised, and not counted: decided {day}.",
    DecisionVerdict.WITHDRAW: "Counted once; not counted since {day}.",
}
_RETRACTED = "Counted once, then retracted; not counted since {day}."
_ELSEWHERE = "Counted once, and counted with another study since {day}: the two are one."
_LEFT_OUT = "Not counted, because of what is said of its paper: decided {day}."
_DECIDED = {
    DecisionVerdict.ACCEPT: "Accepted: it counts",
    DecisionVerdict.EXCLUDE: "Not counted",
    DecisionVerdict.WITHDRAW: "Withdrawn: it no longer counts",
}


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One question, each reviewer's answer in order, and what was agreed."""

    question: str
    answers: tuple[str, ...]
    agreed: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What one reviewer rested the judgement on.

    ``held``: the sentence stands in the title or abstract that is held, word for word.
    """

    reviewer: str
    quote: str
    reason: str
    at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision on a study, in words."""

    words: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A decided study. ``facts`` are those agreed, keyed as ``review.rules.Judgement``."""

    label: str
    interventions: tuple[str, ...]
    published: str  # when its first results were, as the rule dates it
    standing: str
    doubts: tuple[Doubt, ...]  # what is said of its papers: told before anything else
    counts: bool
    facts: dict[str, Any]
    tool: str  # by which its risk of bias was judged
    reviewers: tuple[str, ...]
    answers: tuple[ShownAnswer, ...]
    quotes: tuple[Quote, ...]
    decisions: tuple[Decided, ...]
    reading: Reading  # as agreed
    part_of: tuple[int, str] | None  # the study that it is one with, as (id, label)
    events: tuple[Event, ...]  # its family on a line of time


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Who sent a paper, when it was fetched, and why it was joined to the paper."""

    source: str
    fetched_at: datetime
    joined_by: str


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper of a study: its role, its citation line and where it came from."""

    role: str
    byline: str
    paper: PaperView
    words: tuple[str, ...]
    records: tuple[SourceLine, ...]


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A study that was judged and does not count, with the reason."""

    study_id: int
    label: str
    words: str


def study(session: Session, study_id: int) -> StudyPage:
    """Read a decided study.

    Raises:
        NotFound: no such study, or nothing was decided on it yet.
    """
    row = session.get(Study, study_id)
    decisions = decision_rows.decisions(session, study_id)
    if row is None or not decisions:
        raise NotFound(f"there is no decided study {study_id}")
    # a withdrawal rests on the judgement that had made the study count
    judged = next(
        decision for decision in decisions if decision.verdict is not DecisionVerdict.WITHDRAW
    )
    appraisals = decision_rows.appraisals(session, study_id, judged.facts.get("round", 1))
    titles = _titles(appraisals, together=judged.facts.get("how") == Settling.PAIR)
    return StudyPage(
        label=row.label,
        interventions=tuple(decisions[0].interventions),
        published=_published(session, study_id),
        standing=_standing(decisions[0]),
        doubts=tuple(doubts.of_study(session, study_id)),
        counts=decisions[0].verdict is DecisionVerdict.ACCEPT,
        facts={**judged.facts, "direction": rules.direction_of(judged.facts)},
        tool=_tool(judged.facts),
        reviewers=tuple(titles),
        answers=_answers(appraisals, judged.facts),
        quotes=_quotes(titles, appraisals, _held(session, study_id)),
        decisions=tuple(
            Decided(_decided(decision), decision.reason, decision.at) for decision in decisions
        ),
        reading=reading_of_facts(judged.facts),
        part_of=family.part_of(session, study_id),
        events=tuple(line.line(session, study_id)),
    )


def papers(session: Session, study_id: int) -> list[PaperLine]:
    """Read a study's papers, the first linked first."""
    return [
        _paper(report.role, literature.paper(session, report.paper_id))
        for report in decision_rows.reports(session, study_id)
    ]


def not_counted(session: Session, slug: str) -> list[NotCounted]:
    """List the studies of an intervention that were decided on and do not count, newest first."""
    return [
        NotCounted(decision.study_id, label, decision.reason)
        for decision, label in decision_rows.not_counting(session)
        if slug in decision.interventions
    ]


def _quotes(
    titles: Sequence[str], appraisals: Sequence[Appraisal], held: Sequence[str]
) -> tuple[Quote, ...]:
    return tuple(
        Quote(
            title,
            appraisal.quote,
            appraisal.reason or appraisal.risk_reason,
            appraisal.at,
            held=quotes.stands_in(appraisal.quote, held),
        )
        for title, appraisal in zip(titles, appraisals, strict=True)
    )


def _held(session: Session, study_id: int) -> list[str]:
    """List the texts held of a study's papers, in which a quote may stand."""
    reports = [
        literature.paper(session, r.paper_id) for r in decision_rows.reports(session, study_id)
    ]
    return [text for paper in reports for text in (paper.title, paper.abstract) if text]


def _published(session: Session, study_id: int) -> str:
    year, published = review.first_results(session, [study_id])[study_id]
    return formats.dated(published, year)


def _standing(decision: Decision) -> str:
    words = _RETRACTED if decision.facts.get("retraction") else _STANDING[decision.verdict]
    if "merged_into" in decision.facts:
        words = _ELSEWHERE
    if decision.verdict is DecisionVerdict.EXCLUDE and "alert" in decision.facts:
        words = _LEFT_OUT
    return words.format(day=formats.day(decision.at))


def _decided(decision: Decision) -> str:
    if decision.facts.get("retraction"):
        return "Retracted: it no longer counts"
    if "merged_into" in decision.facts:
        return "One study with another: it counts there, once"
    if "reinstates" in decision.facts:
        return "Counted again, by one reviewer"
    return _DECIDED[decision.verdict]


def _tool(facts: dict[str, Any]) -> str:
    """Name the tool of the main result; before tools were kept, the design says which it was."""
    result = main_result(reading_of_facts(facts))
    known = loader.load().tool_by_reference
    if result is not None and result.risk.tool in known:
        return known[result.risk.tool].name
    return "RoB 2" if facts["design"] == Design.RANDOMISED else "ROBINS-I"


def _titles(appraisals: Sequence[Appraisal], *, together: bool) -> list[str]:
    return [
        f"Reviewer {number}"
        if not appraisal.settles
        else "The two together"
        if together
        else f"Reviewer {number}, who settled it"
        for number, appraisal in enumerate(appraisals, start=1)
    ]


def _answers(appraisals: Sequence[Appraisal], facts: dict[str, Any]) -> tuple[ShownAnswer, ...]:
    given = [_words(rules.as_facts(judgement_of(appraisal))) for appraisal in appraisals]
    return tuple(
        _answer(question, tuple(words[question] for words in given), agreed)
        for question, agreed in _words(facts).items()
    )


def _answer(question: str, given: tuple[str, ...], agreed: str) -> ShownAnswer:
    """Tell "not agreed" from "not known": the latter only where all say so."""
    apart = agreed in {_NOT_KNOWN, *_UNKNOWN_FACTS} and len(set(given)) > 1
    return ShownAnswer(question, given, "Not agreed" if apart else agreed)


def _words(facts: dict[str, Any]) -> dict[str, str]:
    """Tell a judgement's answers in words."""
    return {
        "Should it count?": {True: "Yes", False: "No"}.get(facts["count_it"], _NOT_KNOWN),
        "Design": _word(facts["design"]),
        "Risk of bias": _word(facts["risk_of_bias"]),
        "Outcome": facts["outcome"] or _NOT_KNOWN,
        "It measures": formats.sentence(
            formats.outcome_class(facts["outcome_class"] or _NOT_KNOWN)
        ),
        "Finding": _finding(facts),
        "People": formats.sentence(formats.people(facts["participants"])),
        "Where": formats.sentence(formats.country(facts["uk"])),
        "Who led it": formats.developer(facts["developer_led"]),
    }


def _finding(facts: dict[str, Any]) -> str:
    """Tell the direction; of a study of several interventions that its words are quoted instead."""
    direction = rules.direction_of(facts)
    if direction is None and rules.told_in_words(facts["interventions"] or ()):
        return "Of more than one of the ten: told in words"
    return _word(shown(direction) if direction else None)


def _word(value: str | None) -> str:
    return formats.sentence(value) if value else _NOT_KNOWN


def _paper(role: str, paper: PaperView) -> PaperLine:
    return PaperLine(
        role=role,
        byline=_byline(paper),
        paper=paper,
        words=tuple(dict.fromkeys(f"“{hit.words}” in its {hit.field}" for hit in paper.hits)),
        records=tuple(
            SourceLine(record.source, record.fetched_at, record.joined_by)
            for record in paper.records
        ),
    )


def _byline(paper: PaperView) -> str:
    """Cite a paper: authors (three, then "et al."), journal, year."""
    known = [
        formats.authors(paper.authors, rest=", et al"),
        paper.journal,
        str(paper.year) if paper.year else None,
    ]
    return ". ".join(part for part in known if part)
