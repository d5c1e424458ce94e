"""Two of the ten compared with each other: in whatever order they are named, the same is said of who did better."""

import pytest
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    as_accepted,
    result,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.words import Better, ResultClass
from monitor.evidence.head_to_head import of_studies
from monitor.evidence.showing import names


def told(one, other, *readings):
    named = names([as_accepted(reading, number) for number, reading in enumerate(readings, 1)])
    return of_studies(loader.load(), one, other, named).compared


HARMS = {
    "kind": ResultClass.HARM,
    "outcome": "Distress",
    "measure": "",
    "better": Better.LOWER,
}


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (result(smd(0.6, 80)), "did better in attachment with VIPP than with COS, by enough to"),
        (result(smd(-0.6, 80)), "did better in attachment with COS than with VIPP, by enough to"),
        (result(smd(-0.6, 80), better=Better.LOWER), "did better in attachment with VIPP than"),
        (result(smd(0.4, 80), **HARMS), "probably had fewer harms with COS than with VIPP"),
        (result(smd(-0.4, 80), **HARMS), "probably had fewer harms with VIPP than with COS"),
    ],
)
def test_the_order_in_which_two_are_named_changes_no_verdict_and_nothing_of_how_sure_it_is(
    reading, said
):
    """Labels grade a benefit and no loss: told from the loser's side it sounded surer, or smaller."""
    trial_of_both = trial("vipp", reading, other="cos")
    (one,), (turned,) = (told(*pair, trial_of_both) for pair in (("vipp", "cos"), ("cos", "vipp")))
    assert said in one.verdict == turned.verdict
    often, turned_often = (each.figures.partition(" 1 trial,")[0] for each in (one, turned))
    assert often == turned_often, "of whoever did better"
    assert ("difference −" in one.figures) != ("difference −" in turned.figures), (
        "of the first named"
    )


def test_trials_that_contradict_each_other_settle_nothing_in_any_order():
    readings = (
        trial("vipp", result(smd(0.7, 80)), other="cos"),
        trial("cos", result(smd(0.7, 80)), other="vipp"),
    )
    for pair in (("vipp", "cos"), ("cos", "vipp")):
        (one,) = told(*pair, *readings)
        assert one.verdict.startswith("The trials disagree")
