"""A tool answered before the design was changed is not the tool of the study. Pure."""

import pytest
from readings import reading_of  # type: ignore[import-not-found]  # on pytest's path
from staff_world import JUDGEMENT  # type: ignore[import-not-found]  # on pytest's path

from monitor.catalogue import loader
from monitor.catalogue.words import Design, ResultClass, Unit
from monitor.review.reading import to_mend
from monitor.review.reading.model import Answered, Risk

CATALOGUE = loader.load()
LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "N", "2.6": "Y", "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip
RISK = Risk(
    tool=CATALOGUE.tool("rob2").reference,
    answers={question: Answered(answer=said) for question, said in LOW.items()},
)


def told(**changes):
    """List what is told of a reading judged in RoB 2, some of it changed since."""
    kind = changes.pop("kind", ResultClass.ATTACHMENT)
    reading = reading_of(JUDGEMENT)
    results = tuple(one.model_copy(update={"risk": RISK, "kind": kind}) for one in reading.results)
    reading = reading.model_copy(update={"results": results} | changes)
    found = to_mend.problems(reading, CATALOGUE.tool_by_reference, CATALOGUE.slugs)
    return [problem.sentence for problem in found if problem.place.step == "risk"]


@pytest.mark.parametrize(
    "changes",
    [
        {"design": Design.CASE},
        {"design": Design.SINGLE_GROUP},
        {"design": Design.NON_RANDOMISED},
        {"unit": Unit.CLUSTERS},
    ],
)
def test_a_result_is_judged_again_in_the_tool_that_fits(changes):
    assert told(**changes) == ["RoB 2 does not fit the design: judge it in the tool that does"]


def test_the_tool_that_fits_stands():
    assert told() == []
    assert told(design=None, unit=None) == []  # that the design is missing is told elsewhere


def test_a_result_that_needs_no_judgement_is_not_held_up():
    assert told(design=Design.CASE, kind=ResultClass.PARENT) == []
