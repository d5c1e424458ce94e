"""Readings as evidence reads them: each result as a row of the results table, and what it says. Pure."""

import math
from collections.abc import Iterator

from monitor.catalogue.shapes.methods import Plausible, SynthesisPolicy
from monitor.catalogue.words import (
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    FindingDirection,
    InReview,
    Unit,
)
from monitor.evidence.synthesis.effects import Effect, derive
from monitor.evidence.synthesis.plausible import doubts
from monitor.evidence.synthesis.results import ANOTHER, Allocation, Result
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.english import sentence
from monitor.review.reading import model
from monitor.review.reading.model import Reading, interventions
from monitor.review.reading.reported import number_problems
from monitor.review.reading.summary import main_result, sign_of
from monitor.review.reading.to_mend import AnswerPlace, PlacedProblem

_Z = 1.96  # as intervals of 95 % are printed
_ALLOCATIONS = {
    Design.NON_RANDOMISED: Allocation.QUASI,
    Design.SINGLE_GROUP: Allocation.NONE,
    Design.CASE: Allocation.NONE,
    None: Allocation.UNKNOWN,
}


def row_of(reading: Reading, result: model.ReadingResult, *, study: str, risk: str = "") -> Result:
    """Give one result as a row of the results table; ``study`` names it, ``risk`` is its judgement.

    The intervention is that of the arm studied, or else of the arm compared with: then the effect
    is turned, for it stood on the other side.
    """
    first, second = reading.arm(result.experimental), reading.arm(result.comparator)
    turned = not (first and first.intervention) and bool(second and second.intervention)
    own, other = (second, first) if turned else (first, second)
    told = result.reported
    lower = (result.better is Better.LOWER) != turned
    return Result(
        study=study,
        intervention=own.intervention if own else "",
        variant=own.variant if own else "",
        comparator=_comparator(other),
        comparator_class=_class_of(other, turned=turned),
        allocation=_allocation(reading),
        effect_type=told.type or EffectType.DIRECTION,
        outcome_class=result.kind.value if result.kind else "",
        outcome=result.outcome,
        measure=result.measure,
        informant=result.informant.value if result.informant else "",
        population=result.population.value if result.population else "",
        prespecified=result.planned.value if result.planned else "",
        risk_of_bias=risk,
        developer_led=reading.independence.authored,
        uk=reading.uk,
        in_review=_YES_NO.get(reading.in_review),
        benefit=-1 if (lower if told.type is not EffectType.DIRECTION else turned) else 1,
        months=result.months,
        cluster_size=result.cluster_size,
        icc=result.icc,
        n_i=told.n_i,
        n_c=told.n_c,
        events_i=told.events_i,
        events_c=told.events_c,
        mean_i=told.mean_i,
        sd_i=told.sd_i,
        mean_c=told.mean_c,
        sd_c=told.sd_c,
        effect=told.direction if told.type is EffectType.DIRECTION else told.effect,
        ci_low=told.low,
        ci_high=told.high,
        se=told.se,
        p=told.p,
        as_printed=told.as_printed,
    )


def effect_of(reading: Reading, result: model.ReadingResult, policy: SynthesisPolicy) -> Effect:
    """Derive the effect of one result, for the arm studied.

    Raises:
        InvalidInput: what is given contradicts itself or does not suffice; says what and why.
    """
    for field, said in number_problems(reading, result):
        raise InvalidInput(said, field=field)
    return derive(row_of(reading, result, study=""), policy)


def to_confirm(
    reading: Reading, policy: SynthesisPolicy, limits: Plausible
) -> Iterator[PlacedProblem]:
    """Ask of each result what is hard to believe and nobody has said is printed so."""
    if not reading.count_it:
        return
    for result in reading.results:
        if asked := asked_of(reading, result, policy, limits):
            yield PlacedProblem(AnswerPlace("results", result.key, "as_printed"), asked)


def asked_of(
    reading: Reading, result: model.ReadingResult, policy: SynthesisPolicy, limits: Plausible
) -> str:
    """Ask what is hard to believe of one result; empty: nothing, or somebody has said that it is so."""
    if result.reported.type is None or result.reported.as_printed.strip():
        return ""
    try:
        effect = effect_of(reading, result, policy)
    except InvalidInput:
        return ""  # what is wrong with it is told already
    sentences = doubts(row_of(reading, result, study=""), effect, limits)
    if not sentences:
        return ""
    return (
        f"Is this printed so? {sentence('; '.join(sentences))}. "
        "Correct it, or say where it stands so"
    )


def told_direction(reading: Reading | None, policy: SynthesisPolicy) -> FindingDirection | None:
    """Say which way the main result points, in the word that grading policy 2023-1 reads.

    None where it is told in words: of more than one of the ten, or where nothing says which way;
    and of no reading.
    An interval that holds no difference says "no difference", which is printed "no clear
    difference"; sizes are for the pools.
    """
    result = main_result(reading) if reading else None
    if reading is None or result is None or len(interventions(reading)) != 1:
        return None
    try:
        effect = effect_of(reading, result, policy)
    except InvalidInput:
        sign = sign_of(result.reported, result.better)
        return None if sign is None else _SAID[sign]
    if effect.yi is None or effect.vi is None:
        return _SAID[effect.sign]
    return _SAID[effect.sign if abs(effect.yi) > _Z * math.sqrt(effect.vi) else 0]


_YES_NO: dict[InReview | None, bool] = {InReview.YES: True, InReview.NO: False}
_SAID = {
    1: FindingDirection.FAVOURS,
    0: FindingDirection.NO_DIFFERENCE,
    -1: FindingDirection.FAVOURS_COMPARISON,
}


def _comparator(arm: model.Arm | None) -> str:
    return (arm.intervention or arm.name) if arm else ""


def _class_of(arm: model.Arm | None, *, turned: bool) -> str:
    if arm is None:
        return ComparatorClass.NOT_RANDOMISED.value
    if arm.intervention:
        return ANOTHER
    if arm.comparator is not None:
        return arm.comparator.value
    # one of the ten was what another programme was compared with: that programme is active
    return ComparatorClass.ACTIVE.value if turned and arm.role is ArmRole.EXPERIMENTAL else ""


def _allocation(reading: Reading) -> Allocation:
    if reading.design is Design.RANDOMISED:
        return Allocation.CLUSTER if reading.unit is Unit.CLUSTERS else Allocation.INDIVIDUAL
    return _ALLOCATIONS[reading.design]
