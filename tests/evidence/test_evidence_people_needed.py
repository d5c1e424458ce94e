"""How many people would settle a label; the rule that decides must agree."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Label
from monitor.evidence.people_needed import Enough, people_to_settle
from monitor.evidence.synthesis.labels import label
from monitor.evidence.synthesis.pooling import Method, Pool, common_effect, pool

CATALOGUE = loader.load()
POLICY = CATALOGUE.synthesis
DELTA = POLICY.delta


def single(estimate, half):
    return Pool(1, Method.ONE, estimate, estimate - half, estimate + half)


def narrowed(pooled, people, more):
    """The same estimate from more people of the same spread."""
    half = (pooled.ci_high - pooled.ci_low) / 2 * math.sqrt(people / (people + more))
    return single(pooled.estimate, half)


@given(
    estimate=st.floats(-1, 1),
    half=st.floats(0.01, 2),
    people=st.integers(10, 2_000),
)
def test_so_many_people_settle_it_as_said_and_far_fewer_do_not(estimate, half, people):
    pooled = single(estimate, half)
    assume(label(pooled, DELTA) is Label.NOT_SETTLED)
    enough = people_to_settle(pooled, people, POLICY)
    assert enough is not None
    least = max(abs(estimate), DELTA - abs(estimate))
    # where the need is a round number exactly, the interval touches the line
    assert label(narrowed(pooled, people, enough.people + 0.01), DELTA) is enough.label
    exact = people * ((half / least) ** 2 - 1)
    assert exact <= enough.people + 1e-6
    assert enough.people <= max(10, 1.1 * exact + 10)  # rounded to two digits at most
    if exact > 2:
        assert label(narrowed(pooled, people, exact - 1), DELTA) is Label.NOT_SETTLED


def test_the_worked_example_of_a_small_trial():
    """One trial, d .86 with p .069 of 31 people: h = .927 falls below .86 with 36.0 people."""
    enough = people_to_settle(single(0.86, 0.927), 31, POLICY)
    assert enough == Enough(10, Label.PROBABLE)
    assert people_to_settle(single(0.0, 0.4), 100, POLICY) == Enough(300, Label.NO_DIFFERENCE)


@pytest.mark.parametrize(
    ("people", "more"), [(2, 10), (41, 130), (94, 290), (411, 1_300), (4_110, 13_000)]
)
def test_the_number_is_rounded_up_to_two_digits(people, more):
    """Three times as many as there were: 6, 123, 282, 1,233 and 12,330."""
    assert people_to_settle(single(0.0, 0.4), people, POLICY) == Enough(more, Label.NO_DIFFERENCE)


@pytest.mark.parametrize(("estimate", "then"), [(0.3, Label.PROBABLE), (-0.3, Label.COMPARISON)])
def test_an_interval_that_touches_0_needs_hardly_anybody(estimate, then):
    assert people_to_settle(single(estimate, 0.3), 100, POLICY) == Enough(10, then)


def test_three_trials_leave_room_for_one_more_of_the_same_kind():
    pooled = common_effect([0.1, 0.2, 0.3], [0.3] * 3)
    assert people_to_settle(pooled, 300, POLICY) is not None


@pytest.mark.parametrize(
    ("pooled", "people"),
    [
        (single(0.5, 0.2), 100),  # settled
        (single(0.1, 0.5), None),  # nobody knows how many they were
        (single(0.1, 0.5), 0),
        (Pool(3, Method.APART, q_p=0.01), 300),
        (pool([0.1, 0.2, 0.3, 0.1, 0.0], [0.1] * 5, POLICY), 500),  # random effects
        (common_effect([0.1, 0.2, 0.3, 0.1], [0.3] * 4), 400),  # the next trial makes it so
    ],
)
def test_nothing_is_said_where_it_cannot_be_told(pooled, people):
    assert people_to_settle(pooled, people, POLICY) is None
