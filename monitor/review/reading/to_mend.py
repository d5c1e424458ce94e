"""What is still to be mended in a reading before it can be handed in: all of it, at once. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from monitor.catalogue.shapes.tools import Tool
from monitor.catalogue.words import (
    ArmRole,
    ComparatorClass,
    Design,
    InReview,
    ResultClass,
    Unit,
)
from monitor.kernel.errors import InvalidInput
from monitor.review import rules
from monitor.review.reading import appraised
from monitor.review.reading.model import Arm, Reading, ReadingResult
from monitor.review.reading.reported import MAX_PEOPLE, reported_problems
from monitor.review.reading.tools import design_for_tool
from monitor.review.reading.tools import problems as problems_of_tool

MAX_MONTHS = 600
MAX_CLUSTER = 1_000_000  # people

# Of these an appraisal is asked for: tiers and findings rest on them.
TO_APPRAISE = frozenset({ResultClass.ATTACHMENT, ResultClass.PROXIMAL})
_WITH_GROUPS = frozenset({Design.RANDOMISED, Design.NON_RANDOMISED})


class AnswerPlace(NamedTuple):
    """Where an answer stands: the step of the form, the arm or result, and the field."""

    step: str  # study, arms, results, risk
    key: str  # of an arm or result; empty: of the study
    field: str


class PlacedProblem(NamedTuple):
    """What is to be mended, and where."""

    place: AnswerPlace
    sentence: str


class NotWhole(InvalidInput):
    """A reading cannot be handed in yet; ``problems`` are all there are."""

    def __init__(self, problems: tuple[PlacedProblem, ...]) -> None:
        super().__init__(problems[0].sentence, field=problems[0].place.field)
        self.problems = problems


def require_whole(
    reading: Reading,
    tools: Mapping[str, Tool],
    slugs: Collection[str],
    chosen: Tool | None = None,
    asked: Iterable[PlacedProblem] = (),
) -> None:
    """Refuse a reading that cannot be handed in; ``chosen`` is the tool that a lead asked for.

    ``asked``: what is hard to believe in it and nobody has said is printed so.

    Raises:
        NotWhole: with every problem, in the order of the form.
    """
    if every_problem := (*problems(reading, tools, slugs, chosen), *asked):
        raise NotWhole(every_problem)


def problems(
    reading: Reading, tools: Mapping[str, Tool], slugs: Collection[str], chosen: Tool | None = None
) -> tuple[PlacedProblem, ...]:
    """List what is to be mended, in the order of the form.

    A study that should not count needs its reason and nothing else.
    """
    if reading.count_it is None:
        return (_problem("study", "", "count_it", "Say whether this study should count"),)
    if not reading.count_it:
        return tuple(_not_counted(reading))
    return (
        *_study(reading),
        *_too_long(reading),
        *_arms(reading, slugs),
        *_results(reading),
        *(
            problem
            for result in reading.results
            for problem in _risk(reading, result, tools, chosen)
        ),
    )


def _not_counted(reading: Reading) -> Iterator[PlacedProblem]:
    if not reading.reason.strip():
        yield _problem("study", "", "reason", "Say why it should not count")
    yield from _too_long(reading)


def _study(reading: Reading) -> Iterator[PlacedProblem]:
    if reading.design is None:
        yield _problem("study", "", "design", "Choose the design")
    elif reading.design is Design.RANDOMISED and reading.unit is None:
        yield _problem("study", "", "unit", "Say whether people or clusters were randomised")
    if reading.in_review is None:
        sentence = "Say whether the 2023 review has it among its papers, or that it is not known"
        yield _problem("study", "", "in_review", sentence)
    elif reading.in_review is not InReview.UNKNOWN and not reading.in_review_reason.strip():
        yield _problem("study", "", "in_review_reason", "Say how you know")
    if reading.harms is None:
        yield _problem("study", "", "harms", "Say whether the study looked for harms")


def _too_long(reading: Reading) -> Iterator[PlacedProblem]:
    for place, text in _texts(reading):
        try:
            rules.check_text(text, field=place.field)
        except InvalidInput as error:
            yield PlacedProblem(place, str(error))


def _texts(reading: Reading) -> Iterator[tuple[AnswerPlace, str]]:
    for step, parts in (
        ("study", (reading,)),
        ("arms", reading.arms),
        ("results", reading.results),
    ):
        for part in parts:
            for name, value in part:
                if isinstance(value, str):
                    yield AnswerPlace(step, getattr(part, "key", ""), name), value
    for result in reading.results:
        yield AnswerPlace("results", result.key, "quote"), result.reported.quote
        yield AnswerPlace("results", result.key, "as_printed"), result.reported.as_printed
        for question, answered in result.risk.answers.items():
            yield AnswerPlace("risk", result.key, question), answered.quote
        for domain, override in result.risk.overrides.items():
            yield AnswerPlace("risk", result.key, f"reason-{domain}"), override.reason


def _arms(reading: Reading, slugs: Collection[str]) -> Iterator[PlacedProblem]:
    if not any(arm.intervention for arm in reading.arms):
        yield _problem("arms", "", "arms", "Say which group got one of the ten")
    if reading.design in _WITH_GROUPS and len(reading.arms) < 2:  # noqa: PLR2004 - two are compared
        yield _problem("arms", "", "arms", "A study with a comparison has two groups or more")
    for arm in reading.arms:
        yield from _arm(arm, slugs)


def _arm(arm: Arm, slugs: Collection[str]) -> Iterator[PlacedProblem]:
    if arm.role is None:
        sentence = "Say whether this group got what is studied, or is what that is compared with"
        yield _problem("arms", arm.key, "role", sentence)
    if arm.intervention and arm.intervention not in slugs:
        yield _problem("arms", arm.key, "intervention", "Choose an intervention from the list")
    if not arm.intervention and not arm.name.strip():
        yield _problem("arms", arm.key, "name", "Say what this group got")
    if arm.role is ArmRole.COMPARATOR:
        yield from _comparator(arm)
    for name in ("randomised", "clusters"):
        value = getattr(arm, name)
        if value is not None and not 1 <= value <= MAX_PEOPLE:
            sentence = f"Give a number from 1 to {MAX_PEOPLE:,}, or leave it empty"
            yield _problem("arms", arm.key, name, sentence)


def _comparator(arm: Arm) -> Iterator[PlacedProblem]:
    if arm.intervention and arm.comparator not in {None, ComparatorClass.ANOTHER}:
        sentence = "This group got one of the ten: its class is “another of the ten”"
        yield _problem("arms", arm.key, "comparator", sentence)
    if not arm.intervention and arm.comparator is None:
        yield _problem("arms", arm.key, "comparator", "Choose what kind of comparison it is")
    if not arm.intervention and arm.comparator is ComparatorClass.ANOTHER:
        yield _problem("arms", arm.key, "intervention", "Choose which of the ten it got")


def _results(reading: Reading) -> Iterator[PlacedProblem]:
    if not reading.results:
        yield _problem("results", "", "results", "Add a result: a direction alone is enough")
    for result in reading.results:
        yield from _compares(reading, result)
        yield from _outcome(reading, result)
        for name, sentence in reported_problems(reading, result):
            yield _problem("results", result.key, name, sentence)


def _compares(reading: Reading, result: ReadingResult) -> Iterator[PlacedProblem]:
    first, second = reading.arm(result.experimental), reading.arm(result.comparator)
    if first is None:
        yield _problem("results", result.key, "experimental", "Choose the group that is studied")
    if second is None and (result.comparator or reading.design in _WITH_GROUPS):
        yield _problem("results", result.key, "comparator", "Choose the group it is compared with")
    if first is None or second is None:
        return
    if first.key == second.key:
        sentence = "A group cannot be compared with itself: choose another one"
        yield _problem("results", result.key, "comparator", sentence)
    elif first.intervention and first.intervention == second.intervention:
        sentence = "Both groups got the same of the ten, so this says nothing of it: leave it out"
        yield _problem("results", result.key, "comparator", sentence)
    elif not (first.intervention or second.intervention):
        sentence = "Neither group got one of the ten, so this says nothing of them: leave it out"
        yield _problem("results", result.key, "experimental", sentence)


def _outcome(reading: Reading, result: ReadingResult) -> Iterator[PlacedProblem]:
    if result.kind is None:
        yield _problem("results", result.key, "kind", "Choose what it measures")
    if not (result.outcome.strip() or result.measure.strip()):
        yield _problem("results", result.key, "outcome", "Name the outcome")
    if reading.design is Design.RANDOMISED and result.population is None:
        yield _problem("results", result.key, "population", "Say who is counted")
    if result.months is not None and not 0 <= result.months <= MAX_MONTHS:
        sentence = f"Give months from the end of treatment, 0 to {MAX_MONTHS}, or leave it empty"
        yield _problem("results", result.key, "months", sentence)
    if result.icc is not None and not 0 <= result.icc <= 1:
        yield _problem("results", result.key, "icc", "An ICC lies between 0 and 1")
    if result.cluster_size is not None and not 1 <= result.cluster_size <= MAX_CLUSTER:
        sentence = f"A cluster has 1 to {MAX_CLUSTER:,} people"
        yield _problem("results", result.key, "cluster_size", sentence)


def _risk(
    reading: Reading, result: ReadingResult, tools: Mapping[str, Tool], chosen: Tool | None
) -> Iterator[PlacedProblem]:
    risk = result.risk
    if risk.stated or (result.kind not in TO_APPRAISE and not risk.tool):
        return
    tool = tools.get(risk.tool)
    if tool is None:
        yield _problem("risk", result.key, "tool", "Judge how far this result can be trusted")
    elif not _fits(reading, tool):
        if result.kind in TO_APPRAISE:
            sentence = f"{tool.name} does not fit the design: judge it in the tool that does"
            yield _problem("risk", result.key, "tool", sentence)
    elif chosen is not None and tool is not chosen and _fits(reading, chosen):
        sentence = f"A lead asked for {chosen.name} in this round: judge it in that"
        yield _problem("risk", result.key, "tool", sentence)
    else:
        for problem in problems_of_tool(tool, appraised.said(risk), appraised.judged(risk)):
            yield _problem("risk", result.key, problem.field, problem.message)


def _fits(reading: Reading, tool: Tool) -> bool:
    """Tell whether a tool is for the design, which may have been changed since it was answered."""
    if reading.design is None:
        return True
    by_cluster = reading.unit is Unit.CLUSTERS
    return design_for_tool(reading.design, by_cluster=by_cluster) in tool.designs


def _problem(step: str, key: str, field: str, sentence: str) -> PlacedProblem:
    return PlacedProblem(AnswerPlace(step, key, field), sentence)
