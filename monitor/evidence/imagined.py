"""A sound trial that does not exist, to ask the rules what it would do. Nothing of it is kept."""

from datetime import datetime

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import (
    ComparatorClass,
    Design,
    EffectType,
    FindingDirection,
    OutcomeClass,
    RiskOfBias,
)
from monitor.evidence.counted import WeighedStudy
from monitor.evidence.facts import StudyFacts
from monitor.evidence.synthesis.remembered import derived_of
from monitor.evidence.synthesis.results import Allocation, Result

# Where a trial that is only imagined counts: the method's first pool and class.
PLACE = ("usual care", OutcomeClass.ATTACHMENT.value)
PEOPLE = 400  # in two groups: enough to tell a difference that matters from none
CLEAR = 0.4  # standard deviations: twice the difference that matters
_NOBODY = -1  # no study has this id
_NAME = "an imagined trial"
_SAYS = {
    1: FindingDirection.FAVOURS,
    0: FindingDirection.NO_DIFFERENCE,
    -1: FindingDirection.FAVOURS_COMPARISON,
}


def trial(
    catalogue: Catalogue, slug: str, effect: float, *, at: datetime, people: int = PEOPLE
) -> WeighedStudy:
    """Imagine a sound trial of attachment against usual care.

    ``effect`` in standard deviations, ``people`` in two groups of a size: four or more.
    """
    facts = StudyFacts(
        study_id=_NOBODY,
        label=_NAME,
        design=Design.RANDOMISED,
        risk_of_bias=RiskOfBias.LOW,
        outcome_class=OutcomeClass.ATTACHMENT,
        direction=_SAYS[(effect > 0) - (effect < 0)],
        published=at.date(),
        year=at.year,
    )
    result = Result(
        study=_NAME,
        intervention=slug,
        variant="",
        comparator="",
        comparator_class=ComparatorClass.USUAL_CARE.value,
        allocation=Allocation.INDIVIDUAL,
        effect_type=EffectType.SMD,
        outcome_class=OutcomeClass.ATTACHMENT.value,
        risk_of_bias=RiskOfBias.LOW.value,
        n_i=people // 2,
        n_c=people // 2,
        effect=effect,
    )
    return WeighedStudy(facts, derived_of(catalogue, [result]))
