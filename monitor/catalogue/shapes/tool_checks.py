"""What makes a tool's file unfit: a hole, an overlap, an unknown word, a rule out of reach. Pure.

Every fault is found at once, each with its domain and rule. Cases are tried with one answer of
each kind (Y and PY are one where no condition tells them apart), so that a large domain takes
some thousand of them.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monitor.catalogue.shapes.tools import ASKED, Condition, Domain, Question, Tool, ToolPart

Case = dict[str, str]


def faults(tool: Tool) -> list[str]:
    """Say everything that makes a tool unfit; nothing: it is fit."""
    faults = [*_names(tool), *_words(tool)]
    if tool.screening:
        faults += _known("screening", tool, tool.screening.questions, tool.screening.stops)
    for domain in tool.domains:
        faults += _domain(tool, domain)
    if faults:
        return faults  # what speaks of unknown things cannot be tried
    return [fault for domain in tool.domains for fault in _cases(tool, domain)]


def asked_of(questions: Iterable[Question], heard: Mapping[str, str]) -> Iterator[Question]:
    """Give the questions that apply, in order; answers to what is not asked are not heard."""
    said: dict[str, str] = {}
    for question in questions:
        if not question.asked or any(holds(when, said) for when in question.asked):
            if question.id in heard:
                said[question.id] = heard[question.id]
            yield question


def holds(when: Condition, heard: Mapping[str, str]) -> bool:
    """Tell whether every condition holds."""
    return all(heard.get(question) in answers for question, answers in when.items())


def _names(tool: Tool) -> Iterator[str]:
    screening = tool.screening.questions if tool.screening else ()
    asked = [*screening, *(question for domain in tool.domains for question in domain.questions)]
    for kind, names in (
        ("domain", [domain.id for domain in tool.domains]),
        ("question", [question.id for question in asked]),
    ):
        for name, times in Counter(names).items():
            if times > 1:
                yield f"{kind} {name} is there {times} times"


def _words(tool: Tool) -> Iterator[str]:
    if not tool.overall_words:
        yield "has neither judgements nor overall words"
    if ASKED in tool.overall_words:
        yield f"judgements: {ASKED!r} means that the reviewer judges"
    if odd := set(tool.risk) - set(tool.overall_words):
        yield f"risk: {_listed(odd)}: no overall judgement of this tool"
    if tool.screening and tool.screening.then not in tool.overall_words:
        yield f"screening: {tool.screening.then}: no judgement of this tool"


def _domain(tool: Tool, domain: Domain) -> Iterator[str]:
    yield from _known(domain.id, tool, domain.questions, ())
    if domain.parts and not tool.judgements:
        yield f"{domain.id}: has rules, and the tool no judgements"
    for place, part in enumerate(domain.parts, start=1):
        yield from _part(tool, domain, part, f"{domain.id}: part {place}")


def _part(tool: Tool, domain: Domain, part: ToolPart, where: str) -> Iterator[str]:
    answers = _answers(tool, domain.questions)
    for number, rule in enumerate(part.rules, start=1):
        place = f"{where}, rule {number}"
        yield from _condition(place, answers, rule.when)
        if rule.then not in {*tool.judgements, ASKED}:
            yield f"{place}: {rule.then}: no judgement of this tool"
        for earlier, other in enumerate(part.rules[: number - 1], start=1):
            if other.when == rule.when:
                yield f"{place}: says again what rule {earlier} decides"


def _known(
    where: str, tool: Tool, questions: Sequence[Question], stops: Sequence[Condition]
) -> Iterator[str]:
    before: dict[str, tuple[str, ...]] = {}
    for question in questions:
        place = f"{where}: question {question.id}"
        for when in question.asked:
            yield from _condition(place, before, when)
        before[question.id] = tool.answers_to(question)
        if odd := set(question.good) - set(before[question.id]):
            yield f"{place}: good: {_listed(odd)}: no answer to it"
        if odd := set(question.answers) - set(tool.meanings or question.answers):
            yield f"{place}: {_listed(odd)}: has no meaning in this tool"
    for when in stops:
        yield from _condition(where, before, when)


def _condition(where: str, known: Mapping[str, Sequence[str]], when: Condition) -> Iterator[str]:
    for name, answers in when.items():
        if name not in known:
            yield f"{where}: {name} is not asked before"
        elif odd := set(answers) - set(known[name]):
            yield f"{where}: {_listed(odd)}: no answer to {name}"


def _cases(tool: Tool, domain: Domain) -> Iterator[str]:
    """Try every way through a domain: none without a rule, no rule and no question in vain."""
    ways = list(_ways(domain, _kinds(tool, domain)))
    answered = {name for way in ways for name in way}
    for question in domain.questions:
        if question.id not in answered:
            yield f"{domain.id}: question {question.id} is never asked"
    for place, part in enumerate(domain.parts, start=1):
        first = [_first(part, way) for way in ways]
        hole = next((way for way, rule in zip(ways, first, strict=True) if rule is None), None)
        if hole is not None:
            said = ", ".join(f"{name} {answer}" for name, answer in hole.items())
            yield f"{domain.id}: part {place}: the last rule must take the rest: none for {said}"
        for number in range(len(part.rules)):
            if number not in first:
                yield f"{domain.id}: part {place}, rule {number + 1}: nothing reaches it"


def _first(part: ToolPart, way: Case) -> int | None:
    return next((n for n, rule in enumerate(part.rules) if holds(rule.when, way)), None)


def _ways(domain: Domain, kinds: Mapping[str, Sequence[str]]) -> Iterator[Case]:
    def onwards(way: Case, left: Sequence[Question]) -> Iterator[Case]:
        if not left:
            yield way
            return
        question, *further = left
        if question.asked and not any(holds(when, way) for when in question.asked):
            yield from onwards(way, further)
            return
        for answer in kinds[question.id]:
            yield from onwards({**way, question.id: answer}, further)

    return onwards({}, domain.questions)


def _kinds(tool: Tool, domain: Domain) -> dict[str, list[str]]:
    """One answer of each kind: those that every condition treats alike are one."""
    rules = itertools.chain.from_iterable(part.rules for part in domain.parts)
    conditions = [rule.when for rule in rules]
    conditions += [when for question in domain.questions for when in question.asked]
    kinds: dict[str, list[str]] = {}
    for question in domain.questions:
        sets = [when[question.id] for when in conditions if question.id in when]
        seen: dict[tuple[bool, ...], str] = {}
        for answer in tool.answers_to(question):
            seen.setdefault(tuple(answer in answers for answers in sets), answer)
        kinds[question.id] = list(seen.values())
    return kinds


def _answers(tool: Tool, questions: Iterable[Question]) -> dict[str, tuple[str, ...]]:
    return {question.id: tool.answers_to(question) for question in questions}


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
