"""How far reviewers agree, question by question, over all studies: for a lead to look at. Changes nothing."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.shapes.tools import Tool
from monitor.review.appraisal import given
from monitor.review.reading.agreement import ReaderAgreement, agreement
from monitor.review.reading.appraised import questions
from monitor.review.reading.differences import PRESENT, AnswerState, rows
from monitor.review.reading.model import Reading
from monitor.review.tables import Appraisal

_PAIRS = dict[tuple[str, str], list[tuple[Hashable, Hashable]]]


@dataclass(frozen=True, slots=True)
class OfQuestion:
    """The agreement on one question. ``tool``: its name, of a tool's question; else empty."""

    step: str
    tool: str
    question: str
    found: ReaderAgreement


def agreements(session: Session, tools: Mapping[str, Tool]) -> list[OfQuestion]:
    """Measure the agreement of every two who have appraised the same study in the same round.

    In the order of the form; a question that no pair has answered is left out. Of the numbers as
    reported only whether they are the same is of use, so they are not measured.
    """
    pairs: _PAIRS = defaultdict(list)
    for first, second in _pairs(session):
        _add(pairs, first, second, tools)
    return [
        OfQuestion(step, tools[where].name if where in tools else "", field, agreement(said))
        for (step, key), said in pairs.items()
        for where, _, field in [key.rpartition("|")]
    ]


def _pairs(session: Session) -> list[tuple[Reading, Reading]]:
    """Read the newest two appraisals of every study and round, the first given first."""
    newest: dict[tuple[int, int], dict[int, Appraisal]] = defaultdict(dict)
    handed_in = select(Appraisal).where(Appraisal.settles.is_(False)).order_by(Appraisal.id)
    for appraisal in session.scalars(handed_in):
        newest[appraisal.study_id, appraisal.round][appraisal.reviewer_id] = appraisal
    return [
        (given.reading_of(first), given.reading_of(second))
        for two in newest.values()
        if len(two) == given.PAIR
        for first, second in [tuple(two.values())]
    ]


def _add(pairs: _PAIRS, a: Reading, b: Reading, tools: Mapping[str, Tool]) -> None:
    for row in rows(a, b, tools):
        if row.state in {AnswerState.BOTH, AnswerState.UNKNOWN} or row.place.field == PRESENT:
            continue
        if row.place.step == "study":
            pairs["study", f"|{row.place.field}"].append((row.first, row.second))
        elif row.place.step == "risk" and (tool := _tool_of(a, row.place.key, tools)):
            asked = {q.id for some in questions(tool).values() for q in some}
            if row.place.field in asked and None not in {row.first, row.second}:
                key = f"{tool.reference}|{row.place.field}"
                pairs["risk", key].append((row.first, row.second))


def _tool_of(reading: Reading, key: str, tools: Mapping[str, Tool]) -> Tool | None:
    result = reading.result(key)
    return tools.get(result.risk.tool) if result else None
