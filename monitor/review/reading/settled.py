"""A reading in which what two see differently is settled, answer by answer. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from monitor.catalogue.shapes.tools import Tool
from monitor.review.reading import appraised
from monitor.review.reading.differences import PRESENT, TOOL, DifferenceRow, common
from monitor.review.reading.model import Answered, Override, Reading, ReadingResult, Reported, Risk
from monitor.review.reading.to_mend import AnswerPlace

_NONE = "-"  # of an answer that one of the two has not given


def field_of(place: AnswerPlace) -> str:
    """Name the field of a form in which a difference is settled.

    >>> field_of(Place("risk", "r1", "1.2"))
    'risk-r1-1.2'
    """
    return "-".join((place.step, place.key, place.field))


def written(value: object) -> str:
    """Write a value for a form."""
    if value is None or value == "":
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.value if isinstance(value, StrEnum) else str(value)


def options(row: DifferenceRow, reading: Reading, tools: Mapping[str, Tool]) -> tuple[Any, ...]:
    """Give what somebody may settle on: any answer of a tool's question, else what either said.

    None is offered where one of the two was not asked the question.
    """
    if row.place.step == "risk" and row.place.field not in {TOOL, "stated"}:
        result = reading.result(row.place.key)
        tool = tools.get(result.risk.tool) if result else None
        if tool is not None:
            words = _words_of(tool, row.place.field)
            return words if None not in {row.first, row.second} else (*words, None)
    return tuple(dict.fromkeys((row.first, row.second)))


def settled(
    first: Reading,
    second: Reading,
    chosen: Sequence[tuple[DifferenceRow, Any]],
    tools: Mapping[str, Tool],
) -> Reading:
    """Give what two readings have in common, with what was chosen where they differ."""
    reading = common(first, second, tools)
    for row, value in chosen:
        reading = _with(reading, row.place, value, tools)
    return _with_quotes(reading, first, second)


def quote_of(reading: Reading, place: AnswerPlace) -> str:
    """Give the sentence that an answer rests on; empty: none was given."""
    result = reading.result(place.key)
    if result is None:
        return ""
    if place.step == "risk":
        said = result.risk.answers.get(place.field)
        return " ".join(part for part in (said.quote, said.place) if part) if said else ""
    return result.reported.quote if place.step == "results" else ""


def _words_of(tool: Tool, field: str) -> tuple[str, ...]:
    for questions in appraised.questions(tool).values():
        for question in questions:
            if question.id == field:
                return tool.answers_to(question)
    return tool.overall_words if field == appraised.OVERALL else tool.judgements


def _with(
    reading: Reading,
    place: AnswerPlace,
    value: Any,  # noqa: ANN401 - one answer's value
    tools: Mapping[str, Tool],
) -> Reading:
    if place.field == PRESENT:
        return reading if value else _without(reading, place)
    if place.step == "study":
        return reading.model_copy(update={place.field: value})
    if place.step == "arms":
        arms = tuple(
            arm.model_copy(update={place.field: value}) if arm.key == place.key else arm
            for arm in reading.arms
        )
        return reading.model_copy(update={"arms": arms})
    results = tuple(
        _result_with(result, place, value, tools) if result.key == place.key else result
        for result in reading.results
    )
    return reading.model_copy(update={"results": results})


def _without(reading: Reading, place: AnswerPlace) -> Reading:
    name = "arms" if place.step == "arms" else "results"
    kept = tuple(part for part in getattr(reading, name) if part.key != place.key)
    return reading.model_copy(update={name: kept})


def _result_with(
    result: ReadingResult,
    place: AnswerPlace,
    value: Any,  # noqa: ANN401 - one answer's value
    tools: Mapping[str, Tool],
) -> ReadingResult:
    if place.step == "risk":
        risk = _risk_with(result.risk, place.field, value, tools)
        return result.model_copy(update={"risk": risk})
    if place.field in Reported.model_fields:
        reported = result.reported.model_copy(update={place.field: value})
        return result.model_copy(update={"reported": reported})
    return result.model_copy(update={place.field: value})


def _risk_with(
    risk: Risk,
    field: str,
    value: Any,  # noqa: ANN401 - one answer's value
    tools: Mapping[str, Tool],
) -> Risk:
    if field in {TOOL, "stated"}:
        return risk.model_copy(update={field: value})
    tool = tools[risk.tool]
    if any(q.id == field for some in appraised.questions(tool).values() for q in some):
        answers = {name: said for name, said in risk.answers.items() if name != field}
        if value is not None:  # None: one of the two was not asked it, and this one stands
            answers[field] = Answered(answer=value)
        return risk.model_copy(update={"answers": answers})
    overrides = dict(risk.overrides) | {field: Override(judgement=value)}
    return risk.model_copy(update={"overrides": overrides})


def _with_quotes(reading: Reading, first: Reading, second: Reading) -> Reading:
    """Give each settled answer the sentences of those who gave the same one."""
    results = []
    for result in reading.results:
        answers = {}
        for question, said in result.risk.answers.items():
            same = [
                given
                for original in (first, second)
                if (other := original.result(result.key))
                and (given := other.risk.answers.get(question))
                and given.answer == said.answer
            ]
            answers[question] = same[0] if same and not said.quote else said
        risk = result.risk.model_copy(update={"answers": answers})
        results.append(result.model_copy(update={"risk": risk}))
    return reading.model_copy(update={"results": tuple(results)})
