"""Wilson, Newcombe, the pooled z and Holm: to what was published, and against other ways to them."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from monitor.usage.intervals import Share, Z, design_effect, holm, newcombe, pooled_p, wilson

DIGITS = 5e-5  # as printed


@st.composite
def shares(draw, most=5):
    n = draw(st.integers(1, 3000))
    return Share(draw(st.integers(0, n)), n, draw(st.floats(1, most)))


@pytest.mark.parametrize(
    ("numerator", "n", "low", "high"),
    [
        # Newcombe 1998, Stat Med 17:857-872, table I, method 3 (score)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(numerator, n, low, high):
    assert wilson(Share(numerator, n)) == pytest.approx((low, high), abs=DIGITS)


@pytest.mark.parametrize(
    ("before", "after", "interval"),
    [
        # Newcombe 1998, Stat Med 17:873-890, table II, method 10
        ((48, 80), (56, 70), (0.0524, 0.3339)),
        ((3, 10), (9, 10), (0.1705, 0.8090)),
        ((2, 7), (6, 7), (0.0582, 0.8062)),
        ((0, 29), (5, 56), (-0.0381, 0.1926)),
        ((0, 20), (0, 10), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((0, 20), (10, 10), (0.6791, 1.0000)),
        ((0, 10), (10, 10), (0.6075, 1.0000)),
    ],
)
def test_newcombes_interval_is_the_published_one(before, after, interval):
    difference, low, high = newcombe(Share(*before), Share(*after))
    assert difference == pytest.approx(after[0] / after[1] - before[0] / before[1], abs=1e-12)
    assert (low, high) == pytest.approx(interval, abs=DIGITS)


def test_the_worked_example_of_the_method():
    """Findings §9: 158 of 734 in 625 responses, then 99 of 690 in 590."""
    before = Share(158, 734, design_effect(625, 734))
    after = Share(99, 690, design_effect(590, 690))
    told = [round(100 * one, 1) for one in newcombe(before, after)]
    assert told == [-7.2, -11.5, -2.9]
    assert pooled_p(before, after) == pytest.approx(0.001161930, abs=1e-9)


@given(shares())
def test_wilsons_ends_are_where_the_score_test_turns(share):
    """The definition: p̂ is z standard errors of π away, at both ends. To 1e-9."""
    low, high = wilson(share)
    n, p = share.effective_n, share.value
    ends = np.roots([1 + Z * Z / n, -(2 * p + Z * Z / n), p * p])  # (p − π)² = z² π(1 − π) ÷ n
    assert sorted(ends.real) == pytest.approx([low, high], abs=1e-7)
    assert 0 <= low <= p <= high <= 1


@given(shares(), shares())
def test_a_difference_turned_round_is_its_negative(one, other):
    difference, low, high = newcombe(one, other)
    back = newcombe(other, one)
    assert back == pytest.approx((-difference, -high, -low), abs=1e-12)
    assert -1 <= low <= difference <= high <= 1


@given(shares(most=1), shares(most=1))
def test_the_pooled_z_is_pearsons_chi_squared(one, other):
    """Without a continuity correction they are one test; scipy has the other."""
    from scipy.stats import chi2_contingency

    table = [[s.numerator, s.denominator - s.numerator] for s in (one, other)]
    if 0 in (sum(column) for column in zip(*table, strict=True)):
        assert pooled_p(one, other) == 1
    else:
        expected = chi2_contingency(table, correction=False).pvalue
        assert pooled_p(one, other) == pytest.approx(expected, abs=1e-9)


@given(shares(most=1), shares(most=1), st.floats(1, 4), st.floats(1, 4))
def test_the_larger_design_effect_counts_for_both(one, other, a, b):
    apart = pooled_p(
        Share(one.numerator, one.denominator, a), Share(other.numerator, other.denominator, b)
    )
    largest = max(a, b)
    both = pooled_p(
        Share(one.numerator, one.denominator, largest),
        Share(other.numerator, other.denominator, largest),
    )
    assert apart == both
    assert apart >= pooled_p(one, other) - 1e-12


@pytest.mark.parametrize(
    ("responses", "services", "effect"),
    [(625, 734, 734 / 625), (734, 625, 1), (None, 734, 1), (625, None, 1), (10, 10, 1)],
)
def test_the_design_effect_is_never_below_one(responses, services, effect):
    assert design_effect(responses, services) == pytest.approx(effect)


def test_a_larger_design_effect_widens_by_its_root_about():
    plain, wide = wilson(Share(3000, 10000)), wilson(Share(3000, 10000, 4.0))
    assert (wide[1] - wide[0]) / (plain[1] - plain[0]) == pytest.approx(sqrt(4), rel=0.01)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        # the four hypotheses of Holm's procedure as multiplicity texts have them: 4p, 3p, 2p, p
        ((0.01, 0.04, 0.03, 0.005), (0.03, 0.06, 0.06, 0.02)),
        ((0.01, 0.02, 0.03, 0.04), (0.04, 0.06, 0.06, 0.06)),
        ((0.9, 0.8), (1.0, 1.0)),
        ((), ()),
    ],
)
def test_holm_steps_down(p_values, adjusted):
    assert holm(p_values) == pytest.approx(adjusted, abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=10))
def test_holm_keeps_the_order_and_lies_between_p_and_bonferroni(p_values):
    adjusted = holm(p_values)
    for p, own in zip(p_values, adjusted, strict=True):
        assert p <= own <= min(1, len(p_values) * p) + 1e-12 or own <= 1
        assert own <= 1
        for q, other in zip(p_values, adjusted, strict=True):
            assert not (p < q and own > other)


@pytest.mark.parametrize(("numerator", "denominator"), [(2, 1), (-1, 3), (0, 0)])
def test_what_is_no_share_is_refused(numerator, denominator):
    with pytest.raises(ValueError, match="is no share"):
        Share(numerator, denominator)


def test_a_p_that_is_hardly_there_is_not_nothing():
    """Its complement is 1 to the last digit that a machine keeps."""
    p = pooled_p(Share(100, 700), Share(420, 700))
    z = abs(420 - 100) / 700 / (520 / 1400 * 880 / 1400 * 2 / 700) ** 0.5
    assert p == pytest.approx(2 * norm.sf(z), rel=1e-9)
    assert 0 < p < 1e-60
