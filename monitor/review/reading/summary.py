"""A reading in the few words that tiers rest on: one result, its design and its risk of bias. Pure.

Grading counts studies, so each study is told by its main result. The direction is the caller's to
give: what an effect and its interval say is worked out where effects are (``evidence``).
"""

from collections.abc import Mapping
from typing import Any

from monitor.catalogue.shapes.tools import Tool
from monitor.catalogue.words import (
    ArmRole,
    Better,
    Design,
    EffectType,
    FindingDirection,
    OutcomeClass,
    Planned,
    Population,
    ResultClass,
    RiskOfBias,
)
from monitor.review.reading.appraised import overall_of, stand
from monitor.review.reading.model import (
    Arm,
    Independence,
    Reading,
    ReadingResult,
    Reported,
    Risk,
    from_json,
    interventions,
)
from monitor.review.rules import Judgement, from_facts

_CLASSES = {
    ResultClass.ATTACHMENT: OutcomeClass.ATTACHMENT,
    ResultClass.PROXIMAL: OutcomeClass.PROXIMAL,
}
_ORDER = tuple(ResultClass)
_ORDER_OF_POPULATIONS = (Population.ALL, None, Population.COMPLETERS, Population.SUBGROUP)
_SIGNS = {
    FindingDirection.FAVOURS: 1,
    FindingDirection.NO_DIFFERENCE: 0,
    FindingDirection.FAVOURS_COMPARISON: -1,
}
_WITH_GROUPS = (Design.RANDOMISED, Design.NON_RANDOMISED)


def main_result(reading: Reading) -> ReadingResult | None:
    """Give the result that tells a study to the grading rule; None: the study has none.

    What is nearest to attachment; then of all randomised, planned as primary, and first in time.
    """
    return min(reading.results, key=_precedence, default=None)


def judgement(
    reading: Reading, tools: Mapping[str, Tool], direction: FindingDirection | None
) -> Judgement:
    """Say a whole reading as one judgement; ``direction`` is what its main result says.

    A study that should not count may leave everything else open; then it is told as unknown.
    """
    result = main_result(reading) or ReadingResult(key="r1")
    return Judgement(
        count_it=bool(reading.count_it),
        reason=reading.reason,
        interventions=interventions(reading),
        design=reading.design,  # type: ignore[arg-type]  # None of a study that does not count
        risk_of_bias=_risk(result.risk, tools),  # type: ignore[arg-type]  # likewise
        risk_reason=_why(result.risk, tools),
        outcome_class=_CLASSES.get(result.kind, OutcomeClass.OTHER),  # type: ignore[arg-type]  # None: other
        outcome=_outcome(result),
        direction=direction,
        participants=_people(reading, result),
        uk=reading.uk,
        developer_led=_developers(reading.independence),
        quote=result.reported.quote,
    )


def of_judgement(told: Judgement) -> Reading:
    """Read a judgement of before readings as one: one result, of a direction alone.

    What the comparison got was not asked then, and is not known: such a result is in no pool.
    Of several interventions nobody knows which group got which: each is a group that is studied.
    """
    comparison = told.design in _WITH_GROUPS
    arms = tuple(
        Arm(key=f"a{n}", role=ArmRole.EXPERIMENTAL, intervention=slug)
        for n, slug in enumerate(told.interventions, start=1)
    )
    other = Arm(key=f"a{len(arms) + 1}", role=ArmRole.COMPARATOR, name="The comparison")
    return Reading(
        count_it=told.count_it,
        reason=told.reason or "",
        design=told.design,
        uk=told.uk,
        independence=Independence(authored=told.developer_led),
        arms=(*arms, other) if comparison else arms,
        results=(_of_before(told, other.key if comparison else ""),),
    )


def reading_of_facts(facts: Mapping[str, Any]) -> Reading:
    """Read the reading out of a decision's facts, of any version ever written."""
    document = facts.get("reading")
    return from_json(document) if document else of_judgement(from_facts(facts))


def sign_of(reported: Reported, better: Better | None) -> int | None:
    """Tell which group did better: 1 the one studied, -1 the other, 0 neither; None: not known.

    >>> sign_of(Reported(type=EffectType.MD, effect=-2.0), Better.LOWER)
    1
    """
    if reported.type is EffectType.DIRECTION:
        return reported.direction
    difference = _difference(reported)
    if difference is None or better is None:
        return None
    return ((difference > 0) - (difference < 0)) * (1 if better is Better.HIGHER else -1)


def _of_before(told: Judgement, comparator: str) -> ReadingResult:
    return ReadingResult(
        key="r1",
        experimental="a1" if told.interventions else "",
        comparator=comparator,
        kind=ResultClass(told.outcome_class.value) if told.outcome_class else None,
        outcome=told.outcome or "",
        reported=Reported(
            type=EffectType.DIRECTION,
            direction=_SIGNS.get(told.direction) if told.direction else None,
            quote=told.quote or "",
        ),
        risk=Risk(stated=told.risk_of_bias, reason=told.risk_reason or ""),
    )


def _precedence(result: ReadingResult) -> tuple[int, int, bool, float, int]:
    return (
        _ORDER.index(result.kind) if result.kind else len(_ORDER),
        _ORDER_OF_POPULATIONS.index(result.population),
        result.planned is not Planned.PRIMARY,
        result.months or 0.0,
        int(result.key[1:]),
    )


def _risk(risk: Risk, tools: Mapping[str, Tool]) -> RiskOfBias | None:
    """Give the overall judgement in the words of grading; None: the tool has none of these."""
    if risk.stated:
        return risk.stated
    tool, said = tools.get(risk.tool), overall_of(tools, risk)
    return tool.risk.get(said) if tool and said else None


def _why(risk: Risk, tools: Mapping[str, Tool]) -> str:
    """Say what an overall judgement rests on: the domains that are not free of concern."""
    tool = tools.get(risk.tool)
    if tool is None:
        return risk.reason
    parts = stand(tool, risk).parts
    concerns = [
        f"{part.name}: {part.judgement}"
        for part in parts
        if part.judgement and part.judgement != tool.judgements[0]
    ]
    own = [override.reason for override in risk.overrides.values()]
    return ". ".join([*concerns, *own]) or f"{tool.name}: no domain gives concern"


def _outcome(result: ReadingResult) -> str:
    time = "" if result.months is None else f"{result.months:g} months after the end"
    return ", ".join(part for part in (result.outcome, result.measure, time) if part)


def _people(reading: Reading, result: ReadingResult) -> int | None:
    """Count the people analysed, or else those put into the groups compared."""
    numbers = (result.reported.n_i, result.reported.n_c)
    if None not in numbers:
        return sum(n for n in numbers if n)
    arms = [reading.arm(key) for key in (result.experimental, result.comparator) if key]
    if not arms or any(arm is None or arm.randomised is None for arm in arms):
        return None
    return sum(arm.randomised for arm in arms if arm and arm.randomised)


def _developers(facts: Independence) -> bool | None:
    said = {facts.authored, facts.trained, facts.funded, facts.sold}
    return True if True in said else facts.authored


def _difference(told: Reported) -> float | None:
    match told.type:
        case EffectType.MD | EffectType.SMD:
            return told.effect
        case EffectType.OR | EffectType.RR:
            return None if told.effect is None else told.effect - 1
        case EffectType.MEANS:
            return None if None in (told.mean_i, told.mean_c) else told.mean_i - told.mean_c  # type: ignore[operator]  # neither is None
        case EffectType.TABLE:
            return _risk_difference(told)
        case _:
            return None


def _risk_difference(told: Reported) -> float | None:
    if told.events_i is None or told.events_c is None or not told.n_i or not told.n_c:
        return None
    return told.events_i / told.n_i - told.events_c / told.n_c
