"""The four conditions: a change where all hold, else a new figure that names which did not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage.intervals import Share, design_effect
from monitor.usage.waves_compared import (
    Condition,
    Figure,
    WaveComparison,
    compare,
    differing_words,
    same_question,
)

QUESTION = "Which of these has your service offered in the last 12 months?"
A, B = design_effect(625, 734), design_effect(590, 690)


def figure(numerator, denominator, effect=1.0, question=QUESTION, unit="services"):
    return Figure(Share(numerator, denominator, effect), question, unit)


def one(before, after) -> WaveComparison:
    return compare({"vipp": before} if before else {}, {"vipp": after})["vipp"]


def test_the_worked_example_is_a_change():
    found = one(figure(158, 734, A), figure(99, 690, B))
    assert found.changed
    assert found.failed == ()
    assert found.difference == pytest.approx(-0.0717805947, abs=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "failed"),
    [
        # the mock-up's other three, each with its words
        (figure(177, 734, A), figure(152, 690, B), ("interval excludes 0", "difference reaches 5 points", "survives Holm")),
        (figure(44, 734, A), figure(66, 690, B), ("difference reaches 5 points",)),
        (figure(158, 734, A, "Which of these did it offer in 12 months?"), figure(99, 690, B), ("same question",)),
        (figure(158, 734, A, None), figure(99, 690, B, None), ("same question",)),
        (figure(158, 734, A, unit="families"), figure(99, 690, B), ("same unit",)),
        (None, figure(99, 690, B), ("a figure in both waves",)),
    ],
)  # fmt: skip
def test_a_condition_that_fails_is_named(before, after, failed):
    found = one(before, after)
    assert not found.changed
    assert tuple(condition.value for condition in found.failed) == failed
    compared = before is not None and failed[0] not in {"same question", "same unit"}
    assert (found.difference is not None) == (found.p_holm is not None) == compared


def test_five_points_are_five_points_however_floats_round():
    """20% to 15% of 2,000: 0.15 − 0.20 is not 0.05 in binary."""
    assert one(figure(400, 2000), figure(300, 2000)).changed
    short = one(figure(400, 2000), figure(301, 2000))
    assert short.failed == (Condition.SIZE,)
    barely = one(figure(10000, 50000), figure(7520, 50000))  # 4.96
    assert barely.failed == (Condition.SIZE,)


def test_holm_is_over_those_that_are_compared():
    pair = (figure(158, 734, A), figure(99, 690, B))
    slugs = ["vipp", "abc", "cos", "pip", "cpp", "vig", "ddp", "www", "theraplay", "icp"]
    before = {slug: figure(300, 734, A) for slug in slugs} | {"vipp": pair[0]}
    after = {slug: figure(282, 690, B) for slug in slugs} | {"vipp": pair[1]}
    all_ten = compare(before, after)["vipp"]
    assert all_ten.p is not None
    assert all_ten.p_holm == pytest.approx(10 * all_ten.p)
    del before["icp"]
    after["www"] = figure(282, 690, B, "Another question?")
    eight = compare(before, after)
    assert eight["vipp"].p_holm == pytest.approx(8 * all_ten.p)
    assert eight["icp"].p is None
    assert eight["www"].p is None


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=10))
def test_a_change_meets_every_condition(pairs):
    before = {str(i): figure(a, 300) for i, (a, _) in enumerate(pairs)}
    after = {str(i): figure(b, 300) for i, (_, b) in enumerate(pairs)}
    for found in compare(before, after).values():
        assert found.p is not None
        assert found.p_holm is not None
        assert found.low is not None
        assert found.high is not None
        assert found.difference is not None
        assert found.p <= found.p_holm <= 1
        holds = (
            (found.low > 0 or found.high < 0)
            and abs(found.difference) >= 0.05 - 1e-12
            and found.p_holm <= 0.05
        )
        assert found.changed == holds


@pytest.mark.parametrize(
    "other",
    [
        "  Which of these has your service offered in the last 12 months ?",
        "which of these has your\u00a0service offered in the last 12 months",
    ],
)
def test_spacing_case_and_punctuation_are_not_words(other):
    assert same_question(QUESTION, other)


@pytest.mark.parametrize(
    ("other", "parted"),
    [
        (QUESTION.replace("offered", "provided"), ("offered", "provided")),
        (QUESTION.replace("12", "6"), ("12", "6")),
        (QUESTION.replace("has your", "has not your"), ("", "not")),
        (QUESTION.replace("has", "did"), ("has", "did")),
        (
            "Of these, which has your service offered in the last 12 months?",
            ("which of these", "of these which"),
        ),
        ("", ("which of these has your service offered in the last 12 months", "")),
    ],
)
def test_one_word_makes_another_question(other, parted):
    assert not same_question(QUESTION, other)
    assert differing_words(QUESTION, other) == parted


@given(st.text(max_size=60), st.text(max_size=60))
def test_parting_words_are_none_only_of_the_same_words(one_, other):
    assert same_question(one_, other) <= (differing_words(one_, other) == ("", ""))
