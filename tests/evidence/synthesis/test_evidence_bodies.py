"""Lines of a body of studies: parts, people, and the study without which it moves most."""

# mypy: disable-error-code="operator,union-attr"
# A test that meets None where a number is due fails by itself.

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.evidence.synthesis.bodies import Body, lines_of, without_each
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.labels import in_words
from monitor.evidence.synthesis.pooling import Method, pool

POLICY = loader.load().synthesis
PLAIN = Index(
    study="",
    outcome="attachment",
    yi=0.3,
    vi=0.04,
    sign=1,
    people=100,
    randomised=True,
    high_risk=False,
    some_concerns=False,
    developer_led=None,
    rule="all randomised",
)


def studies(pairs):
    return [
        replace(PLAIN, study=f"s{at}", yi=y, vi=v, sign=int(np.sign(y)))
        for at, (y, v) in enumerate(pairs)
    ]


def moved_most(found, policy=POLICY):
    body = Body(found)
    every = np.ones(len(found), dtype=bool)
    ((left_out, parts),) = without_each([(body, every)])
    ((main, *lines),) = lines_of([(body, np.vstack([every, parts]))], policy)
    return main, body.moved_most(left_out, lines, main)


def by_hand(found):
    """Pool without each study in turn, by itself."""
    whole = pool([one.yi for one in found], [one.vi for one in found], POLICY)
    label = in_words(whole, POLICY.delta)
    moves = []
    for left in found:
        rest = [one for one in found if one is not left]
        again = pool([one.yi for one in rest], [one.vi for one in rest], POLICY)
        both = again.estimate is not None and whole.estimate is not None
        far = abs(again.estimate - whole.estimate) if both else 0.0
        moves.append((in_words(again, POLICY.delta) != label, round(far, 6), left.study))
    return moves


PAIRS = st.tuples(
    st.integers(-150, 150).map(lambda n: n / 100), st.integers(5, 300).map(lambda n: n / 1000)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PAIRS, min_size=2, max_size=12))
def test_the_study_that_moves_a_small_body_most_is_found_by_leaving_out_each(pairs):
    found = studies(pairs)
    _, most = moved_most(found)
    moves = by_hand(found)
    told = next(one for one in moves if one[2] == most.study)
    best = max(one[:2] for one in moves)
    assert told[0] == best[0]
    assert told[1] == pytest.approx(best[1], abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_in_a_large_body_those_looked_at_hold_the_one_that_moves_it_most(seed):
    chance = np.random.default_rng(seed)
    spread = (0.0, 0.1, 0.4)[seed % 3]
    vi = chance.uniform(0.01, 0.2, 45)
    yi = chance.normal(0.2, np.sqrt(vi + spread**2))
    yi[0], vi[0] = 2.0, 0.02
    found = studies(zip(yi.tolist(), vi.tolist(), strict=True))
    _, most = moved_most(found)
    moves = by_hand(found)
    changing = [one for one in moves if one[0]] or moves
    assert most.study == max(changing, key=lambda one: one[1])[2]


@pytest.mark.parametrize(("k", "looked_at"), [(1, 0), (2, 2), (30, 30), (31, 10), (45, 10)])
def test_each_of_up_to_30_is_left_out_and_of_more_the_ten_that_move_it_farthest(k, looked_at):
    chance = np.random.default_rng(k)
    pairs = zip(
        chance.normal(0.2, 0.3, k).tolist(), chance.uniform(0.02, 0.2, k).tolist(), strict=True
    )
    found = studies(pairs)
    ((left_out, parts),) = without_each([(Body(found), np.ones(k, dtype=bool))])
    assert len(left_out) == looked_at
    assert parts.sum(axis=1).tolist() == [k - 1] * looked_at


def test_only_studies_of_the_part_are_left_out():
    found = studies([(0.3, 0.04), (0.5, 0.04), (0.9, 0.04)])
    ((left_out, parts),) = without_each([(Body(found), np.array([True, True, False]))])
    assert left_out == [0, 1]
    assert parts.tolist() == [[False, True, False], [True, False, False]]


def test_one_that_changes_the_label_moves_it_more_than_one_that_moves_it_farther():
    found = studies([(0.255, 0.02), (0.255, 0.02), (1.2, 0.5), (-0.7, 0.5)])
    main, most = moved_most(found)
    assert main.label == "probable benefit"
    assert (most.study, most.line.label) == ("s0", "not settled, leans to benefit")
    assert max(one[1] for one in by_hand(found)) > abs(most.line.pool.estimate - main.pool.estimate)


def test_one_without_which_the_others_agree_moves_it_more_than_one_without_which_they_disagree():
    """Without the outlier four agree; without any other, four disagree and have no estimate."""
    found = studies([(0.5, 0.02), (0.45, 0.02), (0.55, 0.02), (0.5, 0.02), (-1.0, 0.02)])
    main, most = moved_most(found)
    assert main.label == "not settled, leans to benefit"
    assert (most.study, most.line.label) == ("s4", "benefit")
    assert all(one[0] for one in by_hand(found)), "every study changes the label"


def test_with_one_study_there_is_none_to_leave_out():
    assert moved_most(studies([(0.3, 0.04)]))[1] is None
    assert moved_most([])[1] is None


def test_a_line_is_of_its_own_part_only():
    found = studies([(0.3, 0.04), (0.5, 0.04), (9.0, 0.04)])
    found[1].people = None
    parts = np.array([[True, False, False], [True, True, False], [False, False, False]])
    ((one, two, none),) = lines_of([(Body(found), parts)], POLICY)
    assert (one.k, one.people, one.pool.estimate) == (1, 100, 0.3)
    assert (two.k, two.people, two.pool.method) == (2, None, Method.COMMON)
    assert two.pool.estimate == pytest.approx(0.4)
    assert (none.k, none.people, none.pool, none.label) == (0, None, None, "no result to go on")


def test_signs_are_heard_beside_sizes_and_never_pooled():
    found = studies([(0.3, 0.04), (0.5, 0.04), (0.1, 0.04), (0.2, 0.04)])
    for one, sign in zip(found[1:], (1, -1, 0), strict=True):
        one.vi, one.yi, one.sign = None, None, sign
    body = Body(found)
    every = np.ones(4, dtype=bool)
    signs = body.signs(every)
    assert (signs.towards, signs.away, signs.none, signs.heard) == (1, 1, 1, 3)
    ((line,),) = lines_of([(body, every[None, :])], POLICY)
    assert (line.k, line.people) == (1, 100)
    ((alone,),) = lines_of([(body, np.array([[False, True, True, True]]))], POLICY)
    assert (alone.label, alone.k, alone.people) == (
        "1 of 3 point towards benefit; size not known",
        0,
        300,
    )
