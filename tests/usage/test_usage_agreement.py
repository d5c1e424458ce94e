"""Tau-b against scipy's, the published ranks' range, and the bootstrap that is the same each day."""

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Tier
from monitor.usage import agreement
from monitor.usage.agreement import RangeBasis, RankAgreement, of_ranks, of_shares, sentence, tau_b
from monitor.usage.intervals import Share

EVIDENCE = {
    one.slug: list(Tier).index(Tier(one.baseline.tier)) + 1 for one in loader.load().interventions
}
RANKS = {one.slug: one.usage.ranks for one in loader.load().interventions}


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 8)), min_size=2, max_size=10))
def test_tau_b_is_scipys(pairs):
    from scipy.stats import kendalltau  # half a second, in every worker that only lists the tests

    a, b = zip(*pairs, strict=True)
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert tau_b(a, b) is None
    else:
        assert tau_b(a, b) == pytest.approx(kendalltau(a, b, variant="b").statistic, abs=1e-12)


def test_the_published_ranks_give_the_range_that_the_method_names():
    """−0.53 as stated; to −0.37 where the strong one left over is anywhere in 1st to 4th."""
    found = of_ranks(EVIDENCE, RANKS)
    assert found
    assert found.basis is RangeBasis.RANKS
    assert found.of == 10
    assert found.tau == pytest.approx(-0.5270462766947299, abs=1e-9)
    assert found.low == pytest.approx(-0.5270462766947299, abs=1e-9)
    assert found.high == pytest.approx(-0.3689323936863109, abs=1e-9)
    assert sentence(found) == "No: the more evidence, the less use."


def test_the_published_ranks_contradict_themselves_and_plain_ranges_do_not():
    assert agreement.is_contradictory(RANKS)
    assert not agreement.is_contradictory({"a": (1, 2), "b": (1, 2), "c": (3,)})
    assert not agreement.is_contradictory({"a": (1, 2), "b": (2, 3), "c": (3, 1)})
    assert not agreement.is_contradictory({"a": (8, 1), "b": (1, 8), "c": (2,), "d": ()})


def test_only_a_rank_that_others_may_hold_was_inferred():
    """Two of three ranks are held by two; a third who holds one of them may hold any."""
    assert agreement.loosened([(1, 2, 8), (1, 2, 8), (2,)]) == ((1, 2, 8),) * 3
    assert agreement.loosened([(1, 2, 8), (1, 2, 8), (3,)])[2] == (3,)


def test_ranks_are_the_same_in_whatever_order_they_are_written():
    levels = {"a": 1, "b": 2, "c": 3}
    found = of_ranks(levels, {"a": (1, 9), "b": (9, 1), "c": (5, 9)})
    assert found == of_ranks(levels, {"a": (1, 9), "b": (1, 9), "c": (9, 5)})


def test_one_of_which_no_rank_is_known_is_left_out_of_the_ranks():
    ranks = {slug: one for slug, one in RANKS.items() if slug != "icp"}
    assert of_ranks(EVIDENCE, ranks | {"icp": ()}) == of_ranks(EVIDENCE, ranks)


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sets(st.integers(1, 10), min_size=1, max_size=4)),
        min_size=2,
        max_size=5,
    )
)
def test_the_range_is_that_of_every_order_tried_one_by_one(drawn):
    levels = tuple(level for level, _ in drawn)
    possible = tuple(tuple(sorted(ranks)) for _, ranks in drawn)
    orders = [order for order in product(*possible) if len(set(order)) == len(order)]
    tried = [tau_b(levels, [-rank for rank in order]) for order in orders]
    taus = [tau for tau in tried if tau is not None]
    found = agreement._bounds(levels, possible)
    if taus:
        assert found == pytest.approx((min(taus), max(taus)))
    else:
        assert found is None


def test_ten_of_which_nothing_is_known_fit_anything():
    every = dict.fromkeys(EVIDENCE, tuple(range(1, 11)))
    found = of_ranks(EVIDENCE, every)
    assert found
    assert found.tau is None
    assert found.low == pytest.approx(-found.high)
    assert "cannot be told" in sentence(found)


def test_ranks_that_fit_no_order_have_no_agreement():
    assert of_ranks({"a": 1, "b": 2}, {"a": (1,), "b": (1,)}) is None
    assert of_ranks({"a": 1, "b": 1}, {"a": (1,), "b": (2,)}) is None
    assert of_ranks({"a": 1}, {}) is None


def _shares(counts, n=734, effect=734 / 625):
    return {slug: Share(x, n, effect) for slug, x in zip(EVIDENCE, counts, strict=True)}


def test_the_interval_of_shares_is_the_same_each_time_and_holds_the_figure():
    from scipy.stats import kendalltau

    shares = _shares((40, 30, 90, 120, 150, 160, 400, 60, 380, 350))
    first = of_shares(EVIDENCE, shares)
    agreement._of_shares.cache_clear()
    backwards = dict(reversed(list(shares.items())))
    assert of_shares(EVIDENCE, backwards) == first
    assert first
    assert first.tau is not None
    assert first.low <= first.tau <= first.high < 0
    assert first.tau == pytest.approx(
        kendalltau(list(EVIDENCE.values()), [s.value for s in shares.values()]).statistic
    )


def test_fewer_answers_widen_it_and_in_step_is_in_step():
    counts = (300, 310, 320, 330, 200, 210, 100, 90, 110, 120)
    large = of_shares(EVIDENCE, _shares(counts))
    small = of_shares(EVIDENCE, _shares([x // 20 for x in counts], n=36, effect=1.0))
    assert large
    assert small
    assert small.high - small.low > large.high - large.low
    assert sentence(large) == "Yes: the more evidence, the more use."


def test_interventions_are_drawn_in_the_order_of_their_slugs():
    """Not in that of a set, which is another in every process: the same counts, the same interval."""
    shares = _shares((1, 2, 3, 4, 5, 6, 7, 0, 3, 4), n=11, effect=1.0)  # few: each order shows
    slugs = sorted(EVIDENCE)
    in_order = agreement._of_shares(
        tuple(EVIDENCE[slug] for slug in slugs), tuple(shares[slug] for slug in slugs)
    )
    assert of_shares(EVIDENCE, shares) == in_order


TWO = {"a": 1, "b": 2}
# of a million: it is three quarters in every draw
FIXED = Share(750_000, 1_000_000)


@pytest.mark.parametrize(
    ("first", "second", "ends"),
    [
        # drawn as one service: above three quarters in 3 and in 2 of 100 draws
        (Share(3, 100, 100.0), FIXED, (-1, 1)),
        (Share(2, 100, 100.0), FIXED, (1, 1)),
        (FIXED, Share(3, 100, 100.0), (-1, 1)),
        (FIXED, Share(2, 100, 100.0), (-1, -1)),
        # known as if from a third of a service: drawn as one, above in 10 of 100
        (Share(1, 10, 30.0), FIXED, (-1, 1)),
        # shares, not counts: 90% of few is more than 10% of many
        (Share(90, 100), Share(100, 1000), (-1, -1)),
        # a draw that is all ties has no tau, and counts for neither end
        (Share(1, 2), Share(2, 2), (1, 1)),
    ],
)
def test_the_interval_holds_95_of_100_draws(first, second, ends):
    found = of_shares(TWO, {"a": first, "b": second})
    assert found
    assert (found.low, found.high) == pytest.approx(ends)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.5, -0.01, "No:"),
        (-0.5, 0.0, "It cannot"),
        (0.0, 0.5, "It cannot"),
        (0.01, 0.5, "Yes:"),
    ],
)
def test_a_range_that_reaches_nothing_tells_nothing(low, high, said):
    assert sentence(RankAgreement(None, low, high, RangeBasis.RANKS, 10)).startswith(said)


@pytest.mark.parametrize("counts", [(5,) * 10, (0,) * 10])
def test_all_alike_has_none(counts):
    assert of_shares(EVIDENCE, _shares(counts, n=100)) is None


def test_an_intervention_known_to_one_side_only_is_left_out():
    shares = {slug: share for slug, share in _shares(range(10, 110, 10)).items() if slug != "icp"}
    found = of_shares(EVIDENCE, shares)
    assert found
    assert found.of == 9
    assert of_shares(EVIDENCE, {}) is None


def test_turning_use_round_turns_tau_round():
    for order in list(permutations(range(1, 5)))[:10]:
        levels = (1, 2, 2, 3)
        there, back = tau_b(levels, order), tau_b(levels, [-x for x in order])
        assert there is not None
        assert back == pytest.approx(-there)
