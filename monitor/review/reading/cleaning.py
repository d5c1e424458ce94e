"""A reading without what a database or a mail cannot keep, and without answers to what is not asked. Pure."""

from typing import TypeVar

from monitor.catalogue.words import ArmRole, ComparatorClass
from monitor.review.reading.model import Arm, Reading, ReadingPart, ReadingResult, Risk
from monitor.review.rules import plain

P = TypeVar("P", bound=ReadingPart)


def cleaned(reading: Reading) -> Reading:
    """Give the reading with plain texts; an arm of the ten that is compared with is of its class."""
    return _plain(reading).model_copy(
        update={
            "arms": tuple(_arm(arm) for arm in reading.arms),
            "results": tuple(_result(result) for result in reading.results),
        }
    )


def _arm(arm: Arm) -> Arm:
    arm = _plain(arm)
    if arm.role is ArmRole.COMPARATOR:
        return (
            arm.model_copy(update={"comparator": ComparatorClass.ANOTHER})
            if arm.intervention
            else arm
        )
    return arm.model_copy(update={"comparator": None})


def _result(result: ReadingResult) -> ReadingResult:
    update = {"reported": _plain(result.reported), "risk": _risk(result.risk)}
    return _plain(result).model_copy(update=update)


def _risk(risk: Risk) -> Risk:
    answers = {question: _plain(said) for question, said in risk.answers.items() if said.answer}
    overrides = {domain: _plain(own) for domain, own in risk.overrides.items() if own.judgement}
    return _plain(risk).model_copy(update={"answers": answers, "overrides": overrides})


def _plain(part: P) -> P:
    texts = {name: plain(value) for name, value in part if type(value) is str}
    return part.model_copy(update=texts)
