"""What a headline is read off, and the sentences that say why: also where nothing can be read."""

from dataclasses import replace

import pytest
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    HIGH,
    as_accepted,
    result,
    showing_of,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.words import Design, Direction, Population, ResultClass
from monitor.evidence.headline import headline
from monitor.evidence.showing import names
from monitor.evidence.shown import figures


def read(*readings, slug="vipp"):
    catalogue = loader.load()
    found = showing_of(slug, readings).findings
    policy = catalogue.grading.headline
    assert policy is not None
    return headline(policy, Direction.MIXED, found, catalogue.synthesis.delta)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"risk": HIGH}, "Author1 2026: high risk of bias, in the sensitivity line only."),
        ({"months": 24.0}, "Author1 2026: no result of all randomised in the first months"),
        ({"population": Population.COMPLETERS}, "Author1 2026: no result of all randomised"),
    ],
)
def test_a_trial_that_is_in_no_pool_is_not_called_a_study_not_randomised(facts, why):
    told = read(trial("vipp", result(smd(0.9), **facts)))
    (line,) = told.shows
    assert figures(line) == "no study that can be read here"
    assert "not randomised" not in " ".join(told.reasons)
    assert any(reason.startswith(why) for reason in told.reasons)
    assert told.direction is Direction.MIXED


def test_one_study_that_is_not_randomised_is_said_to_be_and_settles_nothing():
    told = read(trial("vipp", result(smd(0.9)), design=Design.NON_RANDOMISED))
    assert "1 study not randomised" in figures(told.shows[0])
    assert told.reasons[1].startswith("Studies since, not randomised, show")
    assert told.reasons[-1] == (
        "None of this settles the headline (studies that are not randomised settle none): "
        "so what the review said stands, mixed."
    )


def test_a_trial_of_one_of_the_ten_against_another_settles_no_headline_and_says_so():
    told = read(trial("www", result(smd(0.9)), other="vipp"))
    assert told.direction is Direction.MIXED
    assert "a comparison with another of the ten settles none" in told.reasons[-1]


def test_a_result_of_another_class_is_not_called_no_result():
    told = read(trial("vipp", result(smd(0.9), kind=ResultClass.PARENT)))
    assert told.reasons[-1].startswith("No result of trials since, for attachment or what leads")


def of_two_classes(attachment, proximal):
    return read(
        trial("vipp", result(smd(attachment, 200))),
        trial("vipp", result(smd(proximal, 200), kind=ResultClass.PROXIMAL, measure="")),
    )


def test_a_settled_label_is_read_and_marked_and_another_that_differs_is_named():
    told = of_two_classes(0.6, -0.6)
    assert told.direction is Direction.BENEFIT
    assert [(line.outcome_class, line.read) for line in told.shows] == [
        ("attachment", True),
        ("proximal", False),
    ]
    (differs,) = (why for why in told.reasons if why.startswith("It differs"))
    assert differs == (
        "It differs for what leads to attachment, such as parents’ sensitivity, "
        "against usual care or the like: favours the comparison."
    )


@pytest.mark.parametrize("proximal", [0.6, 0.15])  # the same label, and one that settles nothing
def test_a_label_that_is_the_same_or_settles_nothing_differs_from_none(proximal):
    told = of_two_classes(0.6, proximal)
    assert not any(why.startswith("It differs") for why in told.reasons)


def test_each_kind_of_study_that_settles_nothing_is_named():
    told = read(
        trial("vipp", result(smd(0.9)), design=Design.NON_RANDOMISED),
        trial("vipp", result(smd(0.9)), other="www"),
    )
    assert (
        "(studies that are not randomised settle none and a comparison with another of the ten "
        "settles none)"
    ) in told.reasons[-1]
    assert told.direction is Direction.MIXED


def test_why_a_study_is_in_no_pool_is_told_only_where_no_study_is():
    alone = read(trial("vipp", result(smd(0.9), risk=HIGH)))
    assert alone.reasons[2:-1] == (
        "Author1 2026: high risk of bias, in the sensitivity line only.",
    )
    silent = read(trial("vipp", result(smd(0.9), population=Population.COMPLETERS)))
    assert silent.reasons[2:-1] == (
        "Author1 2026: no result of all randomised in the first months after treatment.",
    )
    beside = read(trial("vipp", result(smd(0.9))), trial("vipp", result(smd(0.9), risk=HIGH)))
    assert not any("high risk" in why for why in beside.reasons)


def test_no_two_studies_that_count_are_taken_for_one_by_their_names():
    labels = ["Smith 2026", "SMITH  2026", "Smith 2026 (4)", "Smith 2026", "Jones 2026"]
    studies = [
        replace(as_accepted(trial("vipp"), number), label=label)
        for number, label in enumerate(labels, start=1)
    ]
    named = names(studies)
    assert list(named) == [
        "Smith 2026 (1)",
        "SMITH  2026 (2)",
        "Smith 2026 (4) (3)",
        "Smith 2026 (4)",
        "Jones 2026",
    ]
