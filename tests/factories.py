"""What tests of several packages make alike, each with the facts that the test is about."""

from dataclasses import replace

from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.review.rules import Judgement

_JUDGEMENT = Judgement(
    count_it=True,
    reason="",
    interventions=(),
    design=Design.RANDOMISED,
    risk_of_bias=RiskOfBias.LOW,
    risk_reason="Invented: allocation was concealed.",
    outcome_class=OutcomeClass.ATTACHMENT,
    outcome="Attachment security, invented scale",
    direction=FindingDirection.NO_DIFFERENCE,
    participants=188,
    uk=True,
    developer_led=False,
    quote="Invented: the groups did not differ.",
)


def judgement(*slugs: str, **answers: object) -> Judgement:
    """Judge a trial of these interventions: randomised, low risk, no difference; else as told."""
    return replace(_JUDGEMENT, interventions=slugs, **answers)  # type: ignore[arg-type]  # fields by name
