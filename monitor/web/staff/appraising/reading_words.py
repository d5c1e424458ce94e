"""The words of a reading: its questions, its answers, its arms and results by name. Pure."""

import calendar
from enum import StrEnum

from monitor.catalogue.shapes.tools import Tool
from monitor.catalogue.words import EffectType
from monitor.review.reading import appraised
from monitor.review.reading.differences import PRESENT, TOOL
from monitor.review.reading.model import Arm, Reading, ReadingResult, Reported
from monitor.review.reading.to_mend import AnswerPlace
from monitor.web import formats

QUESTIONS = {
    "count_it": "Should it count?",
    "reason": "If not, why",
    "design": "Design",
    "unit": "What was randomised",
    "in_review": "Among the 2023 review’s own studies?",
    "in_review_reason": "How that is known",
    "harms": "Did it look for harms?",
    "harms_note": "Harms, in words",
    "country": "Country",
    "uk": "Done in the UK",
    "setting": "Setting",
    "ages": "Age of the children",
    "recruited": "Recruited",
    "funder": "Funder",
    "interests": "Declared interests",
    "authored": "Developers among the authors",
    "trained": "Developers trained or supervised the staff",
    "funded": "Developers funded it",
    "sold": "Developers sell the programme",
    "role": "What the group is",
    "intervention": "Which of the ten it got",
    "variant": "Variant",
    "name": "What the group got",
    "delivery": "How it was given",
    "dose": "How much",
    "randomised": "People in the group",
    "clusters": "Clusters in the group",
    "by_developers": "Given by the developers",
    "experimental": "The group studied",
    "comparator": "Compared with",
    "kind": "Kind of outcome",
    "outcome": "Outcome",
    "measure": "Measure",
    "informant": "Who told",
    "months": "Months after the end",
    "population": "Who is counted",
    "planned": "Planned beforehand as",
    "better": "Better when",
    "icc": "ICC",
    "cluster_size": "People in a cluster",
    "type": "What the paper gives",
    "direction": "Who did better",
    "effect": "Effect",
    "low": "Interval from",
    "as_printed": "Where an unlikely figure stands so",
    "high": "Interval to",
    "se": "Standard error",
    "p": "p",
    "n_i": "Analysed, group studied",
    "n_c": "Analysed, comparison",
    "events_i": "Events, group studied",
    "events_c": "Events, comparison",
    "mean_i": "Mean, group studied",
    "sd_i": "SD, group studied",
    "mean_c": "Mean, comparison",
    "sd_c": "SD, comparison",
    "adjusted": "Adjusted for the start",
    "quote": "Quote",
    "place": "Where",
    "stated": "Overall risk of bias",
}
DIRECTIONS: dict[int | None, str] = {1: "The group studied", 0: "Neither", -1: "The comparison"}
EFFECTS = {
    "direction only": "Direction only",
    "means": "Means and SDs",
    "MD": "Mean difference",
    "SMD": "Standardised difference",
    "2x2": "Events",
    "OR": "Odds ratio",
    "RR": "Risk ratio",
}
KINDS = {
    "attachment": "Attachment of the child",
    "proximal": "What leads to it, such as sensitivity",
    "child, other": "Something else of the child",
    "parent, other": "Something else of the parent",
    "harm": "Harm",
    "other": "Something else",
}
ASKED_KINDS = [(kind, words) for kind, words in KINDS.items() if kind != "other"]
UNITS = {"people": "People, one by one", "clusters": "Clusters, such as services or classes"}
ROLES = {"experimental": "Got what is studied", "comparator": "Is what that is compared with"}
INFORMANTS = {
    "blind observer": "Observer who did not know the group",
    "observer": "Observer",
    "self-report": "Parent or child",
    "record": "Record",
}
_ANSWERS = {
    "Y": "Yes",
    "PY": "Probably yes",
    "PN": "Probably no",
    "N": "No",
    "NI": "No information",
}
_HELD = {"kind": KINDS, "unit": UNITS, "role": ROLES, "informant": INFORMANTS, "type": EFFECTS}


def answer(tool: Tool, said: str) -> str:
    """Write an answer to a tool's question in words."""
    return formats.sentence(tool.meanings.get(said) or _ANSWERS.get(said) or said)


def arm_name(arm: Arm | None) -> str:
    """Name a group as its reviewer calls it, or by what it got."""
    if arm is None:
        return "no group"
    got = " ".join(part for part in (arm.intervention.upper(), arm.variant) if part)
    return arm.name or got or f"group {arm.key[1:]}"


def result_name(result: ReadingResult, reading: Reading) -> str:
    """Name a result by its outcome and time; by its comparison too where another is named alike."""
    name = _result_name(result)
    alike = [candidate for candidate in reading.results if _result_name(candidate) == name]
    if len(alike) == 1:
        return name
    against = f"{name}, against {arm_name(reading.arm(result.comparator))}"
    others = [candidate for candidate in alike if candidate.comparator == result.comparator]
    return against if len(others) == 1 else f"{against} ({result.key[1:]})"


def _result_name(result: ReadingResult) -> str:
    what = result.outcome or result.measure or f"Result {result.key[1:]}"
    when = "" if result.months is None else f", {result.months:g} months after the end"
    return what + when


def version(tool: Tool) -> str:
    """Write a tool's version as people say it: ``2019-08`` is August 2019."""
    year, _, month = tool.version.partition("-")
    return f"{calendar.month_name[int(month)]} {year}" if month.isdigit() else tool.version


def overall(result: ReadingResult, tools: dict[str, Tool]) -> str | None:
    """Give the overall judgement of a result, in the words of its tool."""
    return appraised.overall_of(tools, result.risk)


def question(place: AnswerPlace, first: Reading, second: Reading, tools: dict[str, Tool]) -> str:
    """Say what an answer is about, in one line."""
    if place.step == "study":
        return QUESTIONS.get(place.field, place.field)
    part, of = _part(place, first), first
    if part is None:
        part, of = _part(place, second), second
    about = result_name(part, of) if isinstance(part, ReadingResult) else arm_name(part)
    if place.field == PRESENT:
        return f"{about}: does it belong here?"
    if place.step == "risk" and isinstance(part, ReadingResult):
        return f"{about}: {_asked(part, place.field, tools)}"
    return f"{about}: {QUESTIONS.get(place.field, place.field)}"


def value(place: AnswerPlace, said: object, reading: Reading) -> str:
    """Write one answer in the words of the form."""
    if place.field == PRESENT:
        return "Keep it" if said else "Leave it out"
    if said is None or said == "":
        return "Not answered"
    if place.step == "results" and place.field in {"experimental", "comparator"}:
        return arm_name(reading.arm(str(said)))
    if place.field == "direction" and isinstance(said, int):
        return DIRECTIONS[said]
    if place.step == "arms" and place.field == "intervention":
        return str(said).upper()
    return _written(place, said)


def _written(place: AnswerPlace, said: object) -> str:
    if isinstance(said, bool):
        return "Yes" if said else "No"
    if isinstance(said, StrEnum):
        return _HELD.get(place.field, {}).get(said.value) or formats.sentence(said.value)
    if place.step == "risk":
        return _ANSWERS.get(str(said), formats.sentence(str(said)))
    return f"{said:g}" if isinstance(said, float) else str(said)


def reported(told: Reported) -> str:
    """Write what a paper reports, shortly."""
    if told.type is None:
        return "Nothing yet"
    match told.type:
        case EffectType.DIRECTION:
            return f"Direction only: {DIRECTIONS.get(told.direction, 'not said').lower()}"
        case EffectType.MEANS:
            return f"{told.mean_i} ({told.sd_i}) v {told.mean_c} ({told.sd_c})"
        case EffectType.TABLE:
            return f"{told.events_i} of {told.n_i} v {told.events_c} of {told.n_c}"
        case _:
            return _effect(told)


def _effect(told: Reported) -> str:
    known = told.low is not None and told.high is not None
    interval = f" ({told.low:g} to {told.high:g})" if known else ""
    return f"{told.type} {told.effect}{interval}"


def _asked(result: ReadingResult, field: str, tools: dict[str, Tool]) -> str:
    tool = tools.get(result.risk.tool)
    if field == TOOL:
        return "which tool"
    if field == "reason":
        return "what the judgement rests on"
    if tool is None:
        return QUESTIONS.get(field, field)
    for questions in appraised.questions(tool).values():
        for asked_question in questions:
            if asked_question.id == field:
                return f"{asked_question.id} {asked_question.text}"
    named = {domain.id: domain.name for domain in tool.domains}
    return named.get(field, "overall risk of bias")


def _part(place: AnswerPlace, reading: Reading) -> Arm | ReadingResult | None:
    return reading.arm(place.key) if place.step == "arms" else reading.result(place.key)
