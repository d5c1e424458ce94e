"""Two readings of one study set side by side, answer by answer, and what they have in common. Pure.

Three kinds of answer: a *judged* one, in which two have to say the same or somebody settles it;
a *fact*, which stays not known where they differ; a *text*, of which both are kept, and which is
never a difference. Answers to a tool count by what they come to: where two give another answer
and the domain's judgement is the same, nobody is held up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from monitor.catalogue.shapes.tools import Tool
from monitor.review.reading import appraised
from monitor.review.reading.model import Arm, Reading, ReadingPart, ReadingResult, Reported, Risk
from monitor.review.reading.to_mend import AnswerPlace

PRESENT = "present"  # the field of an arm or result that only one of the two has
TOOL = "tool"
_BOTH_TEXTS = " / "

_STUDY = ("count_it", "design", "unit", "in_review", "harms")
_ARM = ("role", "intervention", "comparator")
_RESULT = (
    "experimental",
    "comparator",
    "kind",
    "informant",
    "months",
    "population",
    "planned",
    "better",
)
_NOT_NUMBERS = ("adjusted", "quote", "place", "as_printed")
# Texts by which a registry is asked: two ways to write one would name neither, so the first stands.
_NAMING = frozenset({"measure", "variant"})
_NAMES = frozenset({"intervention", "experimental", "comparator"})  # kept as text, and no prose

_NAMED = {
    "count_it": "counting it",
    "unit": "what was randomised",
    "in_review": "whether the review has it",
    "experimental": "what is compared",
    "comparator": "what is compared",
    "kind": "the kind of outcome",
    "months": "the time",
    "planned": "whether it was planned",
    "better": "which way is better",
    **dict.fromkeys(Reported.model_fields.keys() - {"direction"}, "the numbers"),
}

P = TypeVar("P", bound=ReadingPart)


class AnswerState(StrEnum):
    """How two answers stand to each other."""

    SAME = "same"
    DIFFERS = "differs"
    SAME_SIDE = "differs, same side"  # of a tool's question: the domain's judgement is the same
    FOLLOWS = "follows from its domains"  # of the overall judgement: it is settled with them
    UNKNOWN = "kept as not known"
    BOTH = "both kept"


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One answer of each of two readers."""

    place: AnswerPlace
    first: Any
    second: Any
    state: AnswerState


@dataclass(frozen=True, slots=True)
class DomainDifference:
    """What two readers come to in one domain of a result's tool; None: not judged."""

    result: str
    id: str
    name: str
    first: str | None
    second: str | None
    decided_by: tuple[str, ...]  # the questions on which it hangs, where the two differ

    @property
    def differs(self) -> bool:
        """Whether the two come to different judgements."""
        return self.first != self.second


def differences(a: Reading, b: Reading, tools: Mapping[str, Tool]) -> tuple[DifferenceRow, ...]:
    """Give the rows that somebody has to settle, in the order of the form.

    Two who both say that the study should not count differ in nothing that matters.
    """
    if a.count_it is False and b.count_it is False:
        return ()
    return tuple(row for row in rows(a, b, tools) if row.state is AnswerState.DIFFERS)


def rows(a: Reading, b: Reading, tools: Mapping[str, Tool]) -> tuple[DifferenceRow, ...]:
    """Set every answer of two readings side by side, in the order of the form."""
    return (*_study_rows(a, b), *_part_rows(a, b, tools))


def domains(a: Reading, b: Reading, tools: Mapping[str, Tool]) -> tuple[DomainDifference, ...]:
    """Set the domains' judgements side by side, of every result that both have judged by one tool."""
    return tuple(
        domain
        for first, second in _shared(a.results, b.results)
        for domain in _domains(first, second, tools)
    )


def common(a: Reading, b: Reading, tools: Mapping[str, Tool]) -> Reading:
    """Give what two readings have in common: what differs is left unanswered.

    A domain that both judge alike keeps the first one's answers whole. Arms and results that one
    of the two has are kept, so that somebody can say whether they belong.
    """
    return _common(
        a,
        b,
        judged=_STUDY,
        nested={
            "independence": _common(a.independence, b.independence, judged=()),
            "arms": tuple(_arms(a, b)),
            "results": tuple(_results(a, b, tools)),
        },
    )


def named(place: AnswerPlace) -> str:
    """Name an answer for a sentence.

    >>> named(Place("risk", "r1", "1.2")), named(Place("study", "", "count_it"))
    ('risk of bias', 'counting it')
    """
    match place.step:
        case "risk":
            return "risk of bias"
        case "arms":
            return "the groups"
        case "results" if place.field == PRESENT:
            return "which results there are"
    return _NAMED.get(place.field, place.field.replace("_", " "))


def _study_rows(a: Reading, b: Reading) -> Iterator[DifferenceRow]:
    yield from _rows("study", "", a, b, judged=_STUDY)
    yield from _rows("study", "", a.independence, b.independence, judged=())


def _part_rows(a: Reading, b: Reading, tools: Mapping[str, Tool]) -> Iterator[DifferenceRow]:
    for first, second in _shared(a.arms, b.arms):
        yield from _rows("arms", first.key, first, second, judged=_ARM)
    yield from _lone("arms", a.arms, b.arms)
    for result, other in _shared(a.results, b.results):
        yield from _result_rows(result, other, tools)
    yield from _lone("results", a.results, b.results)


def _result_rows(
    a: ReadingResult, b: ReadingResult, tools: Mapping[str, Tool]
) -> Iterator[DifferenceRow]:
    yield from _rows("results", a.key, a, b, judged=_RESULT)
    numbers = [name for name in type(a.reported).model_fields if name not in _NOT_NUMBERS]
    yield from _rows("results", a.key, a.reported, b.reported, judged=numbers)
    yield from _risk_rows(a, b, tools)


def _risk_rows(
    a: ReadingResult, b: ReadingResult, tools: Mapping[str, Tool]
) -> Iterator[DifferenceRow]:
    place = AnswerPlace("risk", a.key, TOOL)
    if a.risk.tool != b.risk.tool:
        yield DifferenceRow(place, a.risk.tool, b.risk.tool, AnswerState.DIFFERS)
        return
    tool = tools.get(a.risk.tool)
    if tool is None:
        yield from _rows("risk", a.key, a.risk, b.risk, judged=("stated",))
        return
    for domain in _domains(a, b, tools):
        yield from _answer_rows(a, b, domain, tool)
    yield _overall_row(a, b, tool)


def _answer_rows(
    a: ReadingResult, b: ReadingResult, domain: DomainDifference, tool: Tool
) -> Iterator[DifferenceRow]:
    first, second = appraised.said(a.risk), appraised.said(b.risk)
    for question in appraised.questions(tool)[domain.id]:
        pair = first.get(question.id), second.get(question.id)
        if pair == (None, None):
            continue
        state = AnswerState.SAME if pair[0] == pair[1] else AnswerState.SAME_SIDE
        if question.id in domain.decided_by:
            state = AnswerState.DIFFERS
        yield DifferenceRow(AnswerPlace("risk", a.key, question.id), *pair, state)
    if domain.differs and not domain.decided_by:  # the answers are the same: one judges otherwise
        yield DifferenceRow(
            AnswerPlace("risk", a.key, domain.id), domain.first, domain.second, AnswerState.DIFFERS
        )


def _overall_row(a: ReadingResult, b: ReadingResult, tool: Tool) -> DifferenceRow:
    whole = [appraised.stand(tool, risk).overall for risk in (a.risk, b.risk)]
    first, second = (standing.judgement for standing in whole)
    own = any(standing.overridden or standing.by_reviewer for standing in whole)
    # where domains differ, the overall judgement follows from how they are settled
    state = (
        AnswerState.SAME if first == second else AnswerState.DIFFERS if own else AnswerState.FOLLOWS
    )
    return DifferenceRow(AnswerPlace("risk", a.key, appraised.OVERALL), first, second, state)


def _domains(
    a: ReadingResult, b: ReadingResult, tools: Mapping[str, Tool]
) -> Iterator[DomainDifference]:
    tool = tools.get(a.risk.tool)
    if tool is None or a.risk.tool != b.risk.tool:
        return
    first, second = appraised.said(a.risk), appraised.said(b.risk)
    ones, others = (
        {part.id: part for part in appraised.stand(tool, risk).parts} for risk in (a.risk, b.risk)
    )
    for part, questions in appraised.questions(tool).items():
        domain, other = ones.get(part), others.get(part)
        if domain is None and other is None:
            continue
        pair = (domain.judgement if domain else None), (other.judgement if other else None)
        decided = tuple(
            question.id
            for question in questions
            if pair[0] != pair[1] and first.get(question.id) != second.get(question.id)
        )
        name = (domain or other).name  # type: ignore[union-attr]  # one of them is there
        yield DomainDifference(a.key, part, name, *pair, decided)


def _rows(
    step: str, key: str, a: ReadingPart, b: ReadingPart, *, judged: Sequence[str]
) -> Iterator[DifferenceRow]:
    for name in type(a).model_fields:
        first, second = getattr(a, name), getattr(b, name)
        if name in {"key", "version", "tool"} or isinstance(first, (ReadingPart, tuple, dict)):
            continue
        if first is second is None or first == second == "":
            continue
        yield DifferenceRow(
            AnswerPlace(step, key, name), first, second, _state(name, first, second, judged)
        )


def _state(name: str, first: object, second: object, judged: Sequence[str]) -> AnswerState:
    if first == second:
        return AnswerState.SAME
    if name in judged:
        return AnswerState.DIFFERS
    return (
        AnswerState.BOTH if _is_text(name, first) or _is_text(name, second) else AnswerState.UNKNOWN
    )


def _is_text(name: str, value: object) -> bool:
    return type(value) is str and name not in _NAMES


def _lone(
    step: str, first: Sequence[Arm | ReadingResult], second: Sequence[Arm | ReadingResult]
) -> Iterator[DifferenceRow]:
    in_first, in_second = {part.key for part in first}, {part.key for part in second}
    for part in (*first, *second):
        if part.key in in_first ^ in_second:
            has = part.key in in_first, part.key in in_second
            yield DifferenceRow(AnswerPlace(step, part.key, PRESENT), *has, AnswerState.DIFFERS)


def _shared(first: Sequence[P], second: Sequence[P]) -> list[tuple[P, P]]:
    others = {part.key: part for part in second}  # type: ignore[attr-defined]  # arms and results have one
    return [(part, others[part.key]) for part in first if part.key in others]  # type: ignore[attr-defined]  # the same


def _arms(a: Reading, b: Reading) -> Iterator[Arm]:
    for first, second in _shared(a.arms, b.arms):
        yield _common(first, second, judged=_ARM, nested={"key": first.key})
    yield from _unshared(a.arms, b.arms)


def _results(a: Reading, b: Reading, tools: Mapping[str, Tool]) -> Iterator[ReadingResult]:
    for first, second in _shared(a.results, b.results):
        numbers = [n for n in type(first.reported).model_fields if n not in _NOT_NUMBERS]
        nested = {
            "key": first.key,
            "reported": _common(first.reported, second.reported, judged=numbers),
            "risk": _common_risk(first, second, tools),
        }
        yield _common(first, second, judged=_RESULT, nested=nested)
    yield from _unshared(a.results, b.results)


def _unshared(first: Sequence[P], second: Sequence[P]) -> Iterator[P]:
    shared = {part.key for part, _ in _shared(first, second)}  # type: ignore[attr-defined]  # arms and results have one
    yield from (part for part in (*first, *second) if part.key not in shared)  # type: ignore[attr-defined]  # the same


def _common_risk(a: ReadingResult, b: ReadingResult, tools: Mapping[str, Tool]) -> Risk:
    if a.risk.tool != b.risk.tool:
        return Risk()
    if a.risk.tool not in tools:
        return _common(a.risk, b.risk, judged=("stated",), nested={"answers": {}, "overrides": {}})
    open_questions = {
        row.place.field for row in _risk_rows(a, b, tools) if row.state is AnswerState.DIFFERS
    }
    return Risk(
        tool=a.risk.tool,
        answers={q: said for q, said in a.risk.answers.items() if q not in open_questions},
        overrides={d: own for d, own in a.risk.overrides.items() if d not in open_questions},
        reason=_both(a.risk.reason, b.risk.reason),
    )


def _common(a: P, b: P, *, judged: Sequence[str], nested: Mapping[str, Any] | None = None) -> P:
    """Give one part with what both said; ``nested`` are the fields already put together."""
    fields = {
        name: _agreed(name, getattr(a, name), getattr(b, name), field.default, judged)
        for name, field in type(a).model_fields.items()
        if name not in (nested or {})
    }
    return type(a)(**fields | dict(nested or {}))


def _agreed(name: str, first: Any, second: Any, unanswered: Any, judged: Sequence[str]) -> Any:  # noqa: ANN401 - one field's value
    if first == second:
        return first
    if name in _NAMING:
        return first or second
    if name not in judged and _is_text(name, first):
        return _both(first, second)
    return unanswered


def _both(first: str, second: str) -> str:
    return _BOTH_TEXTS.join(text for text in dict.fromkeys((first, second)) if text)
