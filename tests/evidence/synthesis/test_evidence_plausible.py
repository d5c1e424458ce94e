"""Figures that are hard to believe are asked about: which are, which are not, and where it is told."""

import math
from dataclasses import replace

import pytest
from factories import effect_row  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    result,
    smd,
    trial,
)

from monitor.catalogue import loader
from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.effects import derive, turned
from monitor.evidence.synthesis.findings import findings
from monitor.evidence.synthesis.of_readings import to_confirm
from monitor.evidence.synthesis.plausible import doubts

CATALOGUE = loader.load()
POLICY, LIMITS = CATALOGUE.synthesis, CATALOGUE.plausible
PLAIN = effect_row(
    study="Ash",
    risk_of_bias="low",
    n_i=52,
    n_c=52,
    effect=0.4,
)
MEANS = {"effect_type": EffectType.MEANS, "effect": None, "mean_c": 3.5, "sd_i": 1.1, "sd_c": 1.2}


def doubted(**facts):
    row = replace(PLAIN, **facts)
    return doubts(row, derive(row, POLICY), LIMITS)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"effect": 900.0}, "standardised mean difference of 900, beyond 3"),
        ({"effect": -3.1}, "of -3.1, beyond 3"),
        (MEANS | {"mean_i": 9.0}, "beyond 3"),
        (MEANS | {"mean_i": 3.9, "sd_i": 0.11, "sd_c": 0.12}, "a standard error given as an SD"),
        (
            {"effect": 0.5, "ci_low": 0.4, "ci_high": 2.1},
            "0.5 is not in the middle of its interval",
        ),
        (
            {"effect_type": EffectType.OR, "effect": 2.0, "ci_low": 1.9, "ci_high": 8.0},
            "as ratios go, 2 is not in the middle",
        ),
        (
            {"effect_type": EffectType.RR, "effect": 2.0, "ci_low": 0.1, "ci_high": 2.1},
            "as ratios go",
        ),
        ({"ci_low": 0.39, "ci_high": 0.41}, "standard error comes to 0.0051, where 104 people"),
        ({"se": 0.02}, "where 104 people give about 0.2"),
    ],
)
def test_what_a_slip_of_the_pen_looks_like_is_asked(facts, words):
    (sentence,) = doubted(**facts)
    assert words in sentence


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"effect": 3.0},
        {"ci_low": 0.01, "ci_high": 0.79},
        {"effect": 0.4, "ci_low": 0.0, "ci_high": 0.7},  # .04 off by rounding
        {"effect_type": EffectType.OR, "effect": 2.1, "ci_low": 1.0, "ci_high": 4.5},
        {"effect_type": EffectType.OR, "effect": 0.354, "ci_low": 0.165, "ci_high": 0.76},
        {"effect_type": EffectType.OR, "effect": 1.0, "ci_low": 0.1, "ci_high": 9.0},
        {"effect_type": EffectType.TABLE, "events_i": 1, "events_c": 25, "effect": None},
        {"effect_type": EffectType.DIRECTION, "effect": 1.0, "ci_low": 5.0, "ci_high": 9.0},
        MEANS | {"mean_i": 3.9},
        {
            "n_i": None,
            "n_c": None,
            "se": 0.001,
        },  # nobody knows how many people: nothing to hold it to
    ],
)
def test_what_papers_print_every_day_is_not(facts):
    assert doubted(**facts) == ()


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize(
    ("apart", "width", "off"),
    [
        # a tenth of half the width, and half of the last digit of the estimate and of the middle
        (0.05, 0.72, True),  # .04 beyond what rounding explains, of .036
        (0.05, 0.82, False),  # .04 of .041
        (0.15, 1.1, False),  # in tenths: .05 of .055
        (0.25, 1.1, True),
    ],
)
def test_an_estimate_may_be_off_by_a_tenth_of_half_its_interval_and_by_what_rounding_hides(
    apart, width, off, way
):
    middle = width / 2
    facts = {"effect": round(middle + way * apart, 2), "ci_low": 0.0, "ci_high": width, "n_i": None}
    assert any("middle" in one for one in doubted(**facts)) == off


def test_a_number_has_the_digits_that_it_is_printed_with():
    """0.56 is kept as 0.56000000000000005, and has two digits all the same."""
    assert doubted(effect=0.56, ci_low=0.1, ci_high=0.92, n_i=None) == ()


@pytest.mark.parametrize(("low", "effect", "high"), [(1e-20, 1e-5, 1e10), (5e-16, 0.01, 2e11)])
def test_an_end_of_a_ratio_below_every_printed_digit_is_not_asked(low, effect, high):
    facts = {"effect": effect, "ci_low": low, "ci_high": high, "n_i": None}
    assert not any("middle" in one for one in doubted(effect_type=EffectType.OR, **facts))


@given(st.floats(0.05, 2), st.floats(0.05, 0.9), st.integers(1, 3), st.booleans())
def test_an_interval_printed_as_it_was_worked_out_is_never_asked(centre, half, digits, is_ratio):
    """However few digits are printed, of a ratio or of a difference."""
    ends = [centre - half, centre, centre + half]
    low, effect, high = (round(math.exp(x) if is_ratio else x, digits) for x in ends)
    if low >= high or not low <= effect <= high or (is_ratio and low <= 0):
        return
    kind = EffectType.OR if is_ratio else EffectType.SMD
    row = replace(PLAIN, effect_type=kind, effect=effect, ci_low=low, ci_high=high, n_i=None)
    assert not any("middle" in one for one in doubts(row, derive(row, POLICY), LIMITS))


@given(st.integers(-2000, 2000).map(lambda n: n / 100), st.floats(0.001, 2))
def test_the_mirror_image_is_doubted_where_the_result_is(effect, se):
    row = replace(PLAIN, effect=effect, se=se)
    here = derive(row, POLICY)
    there = doubts(replace(row, benefit=-1), turned(here), LIMITS)
    assert len(doubts(row, here, LIMITS)) == len(there)


def test_a_doubted_result_counts_as_given_and_the_reasons_say_so():
    rows = [replace(PLAIN, effect=900.0), replace(PLAIN, study="Beech")]
    args = (POLICY, CATALOGUE.measures, CATALOGUE.slugs)
    (found,), refused = findings(rows, *args, LIMITS)
    ((without,), _) = findings(rows, *args)
    assert not refused
    assert found.main == without.main
    (told,) = [reason for reason in found.reasons if "900" in reason]
    assert told.startswith("Ash: it comes to")
    assert told.endswith("counted as given")
    rows[0] = replace(rows[0], as_printed="Yes, as printed: table 2")
    ((said,), _) = findings(rows, *args, LIMITS)
    assert said.reasons == without.reasons


def test_a_reading_is_asked_until_somebody_says_where_it_stands():
    def asked(reported):
        return list(to_confirm(trial("vipp", result(reported)), POLICY, LIMITS))

    assert asked(smd(0.4)) == []
    (problem,) = asked(smd(900.0))
    assert problem.place == ("results", "r1", "as_printed")
    assert problem.sentence.startswith("Is this printed so? It comes to")
    assert asked(smd(900.0, as_printed="Yes: table 2")) == []
    assert asked(smd(0.4, low=0.5, high=0.9)) == [], "what is refused is not asked too"


def test_a_study_that_should_not_count_is_asked_nothing():
    reading = trial("vipp", result(smd(900.0)), count_it=False)
    assert list(to_confirm(reading, POLICY, LIMITS)) == []
