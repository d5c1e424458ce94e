"""Whole readings for tests, from the few words a test cares about; and a study brought to its decision."""

from uuid import uuid4

from monitor import workflow
from monitor.catalogue.words import (
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    FindingDirection,
    Harms,
    InReview,
    Population,
    ResultClass,
    Unit,
)
from monitor.review import service as review
from monitor.review.reading.model import Arm, Independence, Reading, ReadingResult, Reported, Risk
from monitor.review.rules import Judgement
from monitor.review.words import Stage

_SIGNS = {
    FindingDirection.FAVOURS: 1,
    FindingDirection.NO_DIFFERENCE: 0,
    FindingDirection.FAVOURS_COMPARISON: -1,
    FindingDirection.MIXED: 0,  # no word of a reading: a result points one way, or to neither
}
# Invented, in standard deviations: a benefit, little or no difference, the comparison favoured.
_EFFECTS = {
    FindingDirection.FAVOURS: 0.5,
    FindingDirection.NO_DIFFERENCE: 0.0,
    FindingDirection.FAVOURS_COMPARISON: -0.5,
}
_SE = 0.09
# RoB 2: every question that is asked, answered so that each domain is low
ROB2_LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N",
    "2.1": "N", "2.2": "N", "2.6": "Y",
    "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N",
    "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip


def reading_of(judgement: Judgement, in_review: InReview = InReview.NO) -> Reading:
    """Make a whole reading that says what a judgement says: one result.

    Of a study with groups it has an effect precise enough to settle what it shows.
    """
    slugs = judgement.interventions
    arms = [
        Arm(
            key=f"a{number}",
            role=ArmRole.EXPERIMENTAL if number == 1 else ArmRole.COMPARATOR,
            intervention=slug,
            comparator=None if number == 1 else ComparatorClass.ANOTHER,
        )
        for number, slug in enumerate(slugs, start=1)
    ]
    compared = judgement.design in {Design.RANDOMISED, Design.NON_RANDOMISED}
    if compared and len(arms) < 2:
        arms.append(
            Arm(
                key=f"a{len(arms) + 1}",
                role=ArmRole.COMPARATOR,
                name="Usual care",
                comparator=ComparatorClass.USUAL_CARE,
            )
        )
    reported = _reported(judgement, compared=compared)
    result = ReadingResult(
        key="r1",
        experimental="a1",
        comparator="a2" if compared else "",
        kind=ResultClass(judgement.outcome_class.value),
        outcome=judgement.outcome,
        population=Population.ALL,
        better=Better.HIGHER if reported.effect is not None else None,
        reported=reported,
        risk=Risk(stated=judgement.risk_of_bias, reason=judgement.risk_reason),
    )
    if judgement.participants and compared:
        half = judgement.participants // 2
        sizes = (judgement.participants - half, half)
        arms = [
            arm.model_copy(update={"randomised": size})
            for arm, size in zip(arms, sizes, strict=False)
        ]
    return Reading(
        count_it=judgement.count_it,
        reason=judgement.reason,
        in_review=in_review,
        in_review_reason="" if in_review is InReview.UNKNOWN else "Invented: we looked it up.",
        design=judgement.design,
        unit=Unit.PEOPLE if judgement.design is Design.RANDOMISED else None,
        uk=judgement.uk,
        independence=Independence(authored=judgement.developer_led),
        harms=Harms.NONE_REPORTED,
        arms=tuple(arms),
        results=(result,),
    )


def _reported(judgement: Judgement, *, compared: bool) -> Reported:
    if compared and judgement.direction in _EFFECTS:
        return Reported(
            type=EffectType.SMD, effect=_EFFECTS[judgement.direction], se=_SE, quote=judgement.quote
        )
    return Reported(
        type=EffectType.DIRECTION,
        direction=_SIGNS[judgement.direction] if judgement.direction else 0,
        quote=judgement.quote,
    )


def appraise(
    session, service, *, study_id, by, judgement, at, token=None, **told
) -> review.Outcome:
    """Hand in what a judgement says, and count the study as soon as its appraisals agree."""
    token = token or str(uuid4())
    reading = judgement if isinstance(judgement, Reading) else reading_of(judgement, **told)
    sent = review.SentDecision(study_id, token, by, at)
    outcome = workflow.hand_in(session, service, sent, reading=reading)
    if outcome.consensus and outcome.stage is Stage.AGREED:
        workflow.count(session, service, sent, consensus_id=outcome.consensus.id)
    return outcome
