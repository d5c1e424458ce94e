"""The label of a pool: every row of the method's table, at its very edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Label
from monitor.evidence.synthesis.labels import in_words, label, of_signs
from monitor.evidence.synthesis.pooling import Method, Pool

DELTA = 0.2


def pooled(low, high, estimate=None, pi_low=None):
    middle = (low + high) / 2 if estimate is None else estimate
    return Pool(5, Method.RANDOM, middle, low, high, pi_low, high)


@pytest.mark.parametrize(
    ("low", "high", "estimate", "words"),
    [
        (-0.199, 0.199, None, "little or no difference"),
        (0.01, 0.199, None, "little or no difference"),
        (-0.199, -0.01, None, "little or no difference"),
        (-0.2, 0.1, None, "not settled"),
        (-0.5, 0.5, 0.0, "not settled"),
        (-0.1, 0.2, None, "not settled"),
        (0.2, 0.4, None, "benefit"),
        (0.199, 0.4, None, "probable benefit"),
        (0.001, 0.6, 0.2, "probable benefit"),
        (0.001, 0.6, 0.199, "slight benefit"),
        (0.0, 0.6, 0.3, "not settled, leans to benefit"),
        (-0.1, 0.6, 0.199, "not settled"),
        (-0.1, 0.6, 0.2, "not settled, leans to benefit"),
        (-0.6, 0.1, -0.2, "not settled, leans to the comparison"),
        (-0.6, 0.1, -0.199, "not settled"),
        (-0.6, 0.0, -0.3, "not settled, leans to the comparison"),
        (-0.6, -0.001, -0.3, "favours the comparison"),
        (-0.2, -0.001, -0.1, "favours the comparison"),
    ],
)
def test_each_row_of_the_table_at_its_edge(low, high, estimate, words):
    assert in_words(pooled(low, high, estimate), DELTA) == words


@pytest.mark.parametrize(
    ("low", "pi_low", "adds"),
    [
        (0.25, 0.0, ""),
        (0.25, -0.001, "; varies: a new setting may see none"),
        (0.25, -0.2, "; varies: a new setting may see none"),
        (0.25, -0.201, "; varies: a new setting may see none or harm"),
    ],
)
def test_a_benefit_that_a_new_setting_may_not_see_says_so(low, pi_low, adds):
    assert in_words(pooled(low, 0.5, pi_low=pi_low), DELTA) == f"benefit{adds}"
    assert in_words(pooled(0.1, 0.5, pi_low=pi_low), DELTA) == f"probable benefit{adds}"
    assert in_words(pooled(0.1, 0.5, 0.15, pi_low=pi_low), DELTA) == f"slight benefit{adds}"


@pytest.mark.parametrize("low", [-0.5, -0.1])
def test_what_is_no_benefit_varies_without_a_word(low):
    assert "varies" not in in_words(pooled(low, 0.15, pi_low=-0.9), DELTA)


def test_what_is_left_of_sums_in_the_last_digits_decides_nothing():
    noise = 1e-12
    assert label(pooled(0.2 - noise, 0.4), DELTA) is Label.BENEFIT
    assert label(pooled(0.1, 0.4, 0.2 - noise), DELTA) is Label.PROBABLE
    assert label(pooled(noise, 0.4), DELTA) is Label.NOT_SETTLED
    assert label(pooled(-0.2 + noise, 0.1), DELTA) is Label.NOT_SETTLED
    assert label(pooled(-0.4, -noise), DELTA) is Label.NOT_SETTLED
    assert "leans to benefit" in in_words(pooled(-0.1, 0.5, 0.2 - noise), DELTA)
    assert "harm" not in in_words(pooled(0.3, 0.5, pi_low=-0.2 - noise), DELTA)
    assert "varies" not in in_words(pooled(0.3, 0.5, pi_low=-noise), DELTA)


def test_no_pool_has_its_own_labels():
    assert label(Pool(3, Method.APART), DELTA) is Label.DISAGREE
    assert label(Pool(0, Method.ONE), DELTA) is Label.NOTHING
    assert in_words(Pool(3, Method.APART), DELTA) == "results disagree"
    assert of_signs(0, 0) == "no result to go on"
    assert of_signs(7, 9) == "7 of 9 point towards benefit; size not known"


thousandths = st.integers(-3000, 3000).map(lambda n: n / 1000)
widths = st.integers(1, 3000).map(lambda n: n / 1000)


@given(thousandths, widths)
def test_without_a_margin_the_interval_s_sign_decides(middle, half):
    found = label(pooled(middle - half, middle + half), 0.0)
    low, high = round(middle - half, 9), round(middle + half, 9)
    assert (found is Label.COMPARISON) == (high < 0)
    assert (found in {Label.BENEFIT, Label.PROBABLE}) == (low >= 0)
    assert (found is Label.NOT_SETTLED) == (low < 0 <= high)


@given(thousandths, widths, widths)
def test_an_interval_that_holds_both_ends_of_what_matters_is_never_settled(middle, half, delta):
    low, high = round(middle - half, 9), round(middle + half, 9)
    if low <= -delta and high >= delta:
        assert label(pooled(low, high), delta) is Label.NOT_SETTLED


@given(thousandths, widths, widths, st.integers(-100, 100))
def test_turned_round_a_benefit_favours_the_comparison_and_the_rest_stays(mid, half, delta, off):
    estimate = mid + half * off / 100
    one = label(pooled(mid - half, mid + half, estimate), delta)
    other = label(pooled(-mid - half, half - mid, -estimate), delta)
    benefits = {Label.BENEFIT, Label.PROBABLE, Label.SLIGHT}
    assert (one in benefits) == (other is Label.COMPARISON)
    assert (other in benefits) == (one is Label.COMPARISON)
    if one not in {*benefits, Label.COMPARISON}:
        assert one is other
