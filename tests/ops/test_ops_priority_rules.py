"""Places by use and distance: every place that the ranges allow, and ties that stay ties."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Label, Tier
from monitor.evidence.distance import Distance, distance
from monitor.evidence.facts import CountRange
from monitor.ops.priority_rules import (
    WeightRange,
    label_words,
    places,
    ranks_by_share,
    use,
    weight,
)
from monitor.usage.standing import WaveCount

POLICY = loader.load().grading


def facts(**ends):
    every = {"studies": (0, 0), "sound": (0, 0), "high_quality": (0, 0), "randomised": (0, 0)}
    return {name: CountRange(*both) for name, both in (every | ends).items()}


def test_the_distance_is_told_in_studies_of_the_kind_that_is_short():
    said = {
        (Tier.WEAK, "none"): distance(POLICY, Tier.WEAK, facts()),
        (Tier.WEAK, "one or two"): distance(POLICY, Tier.WEAK, facts(studies=(1, 2))),
        (Tier.WEAK, "many poor"): distance(POLICY, Tier.WEAK, facts(studies=(9, 9))),
        (Tier.INTERMEDIATE, "as published"): distance(
            POLICY,
            Tier.INTERMEDIATE,
            facts(studies=(3, 6), sound=(1, 6), high_quality=(0, 6), randomised=(0, 6)),
        ),
        (Tier.WEAK, "perhaps enough"): distance(
            POLICY, Tier.WEAK, facts(studies=(3, 3), sound=(1, 1))
        ),
    }
    assert [one.words for one in said.values() if one] == [
        "3 sound studies short of intermediate",
        "1–2 sound studies short of intermediate",
        "1 sound study short of intermediate",
        "2–8 high-quality studies short of strong",
        "enough studies for intermediate",
    ]
    assert distance(POLICY, Tier.STRONG, facts()) is None


def test_use_is_counted_from_the_last_rank_and_unknown_use_is_anything():
    assert use([1, 2, 3, 4], 10) == CountRange(7, 10)
    assert use([8], 10) == CountRange(3, 3)
    assert use([], 10) == use([11], 10) == CountRange(1, 10)


def share(low, high, wave="Services 2029", unit="services"):
    return WaveCount(wave, "2029", 1, 2, unit, low / 100, high / 100)


def test_ranks_are_by_shares_whose_intervals_lie_apart():
    found = ranks_by_share({"a": share(40, 50), "b": share(10, 20), "c": share(15, 25)}, 10)
    assert found == {"a": tuple(range(1, 9)), "b": tuple(range(2, 11)), "c": tuple(range(2, 11))}
    whole = {str(n): share(10 * n, 10 * n + 5) for n in range(10)}
    assert ranks_by_share(whole, 10) == {str(n): (10 - n,) for n in range(10)}


def test_shares_of_other_waves_or_units_are_not_compared():
    for other in (share(1, 2, wave="Services 2026"), share(1, 2, unit="families")):
        found = ranks_by_share({"a": share(40, 50), "b": other}, 10)
        assert set(found.values()) == {tuple(range(1, 11))}


SHARES = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda two: share(min(two), max(two))),
    min_size=1,
)


@given(SHARES, st.data())
def test_ranks_hold_every_rank_that_shares_within_their_intervals_have(shares, data):
    found = ranks_by_share(shares, 10)
    drawn = {
        slug: data.draw(st.floats(one.low, one.high), label=slug) for slug, one in shares.items()
    }
    for slug, value in drawn.items():
        above = sum(other > value for other in drawn.values())
        assert above + 1 in found[slug]
    assert ranks_by_share(dict(reversed(shares.items())), 10) == found


@given(st.sampled_from(Label), st.dictionaries(st.sampled_from("xyz"), st.sampled_from(Label)))
def test_what_a_trial_could_make_of_a_label_is_told_whole_and_no_more(now, then):
    said = label_words(now, then)
    moved = {label for label in then.values() if label is not now}
    assert (said == f"the label stays “{now}” whatever it finds") == (not moved)
    assert all(f"“{label}” if it finds" in said for label in moved)


def test_a_weight_multiplies_both_ends():
    short = Distance(Tier.INTERMEDIATE, CountRange(1, 2), 3, "sound study", "sound studies")
    assert weight(CountRange(7, 10), short) == WeightRange(Fraction(7, 3), Fraction(20, 3))


def test_the_ten_as_published_have_the_places_that_their_ranges_allow():
    catalogue = loader.load()
    weights = {}
    for about in catalogue.interventions:
        counted = {name: CountRange(*both) for name, both in about.baseline.facts.items()}
        if missing := distance(catalogue.grading, about.baseline.tier, counted):
            weights[about.slug] = weight(use(about.usage.ranks, about.usage.out_of), missing)
    assert {slug: str(one) for slug, one in places(weights).items()} == {
        "icp": "1",
        "ddp": "2 to 5",
        "theraplay": "2 to 5",
        "cpp": "2 to 6",
        "vig": "2 to 6",
        "www": "4 to 6",
    }


WEIGHTS = st.dictionaries(
    st.sampled_from("abcd"),
    st.tuples(st.integers(0, 6), st.integers(0, 6)).map(
        lambda both: WeightRange(Fraction(min(both)), Fraction(max(both)))
    ),
    min_size=1,
)


@given(WEIGHTS)
def test_a_place_holds_every_place_that_some_choice_within_the_ranges_gives(weights):
    found = places(weights)
    for choice in product(*({one.lo, one.hi} for one in weights.values())):
        chosen = dict(zip(weights, choice, strict=True))
        for name, value in chosen.items():
            before = sum(other > value for other in chosen.values())
            level = sum(other == value for other in chosen.values())
            assert found[name].lo <= before + 1
            assert before + level <= found[name].hi


@given(WEIGHTS)
def test_equals_share_their_places_and_order_makes_no_difference(weights):
    found = places(weights)
    assert places(dict(reversed(weights.items()))) == found
    for one, other in product(weights, repeat=2):
        if weights[one] == weights[other]:
            assert found[one] == found[other]
