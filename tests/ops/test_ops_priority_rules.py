"""Places by use and distance: every place that the ranges allow, and ties that stay ties."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Tier
from monitor.evidence.distance import Distance, distance
from monitor.evidence.facts import Interval
from monitor.ops.priority_rules import Weight, places, use, weight

POLICY = loader.load().grading


def facts(**ends):
    every = {"studies": (0, 0), "sound": (0, 0), "high_quality": (0, 0), "randomised": (0, 0)}
    return {name: Interval(*both) for name, both in (every | ends).items()}


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
    assert use([1, 2, 3, 4], 10) == Interval(7, 10)
    assert use([8], 10) == Interval(3, 3)
    assert use([], 10) == use([11], 10) == Interval(1, 10)


def test_a_weight_multiplies_both_ends():
    short = Distance(Tier.INTERMEDIATE, Interval(1, 2), 3, "sound study", "sound studies")
    assert weight(Interval(7, 10), short) == Weight(Fraction(7, 3), Fraction(20, 3))


def test_the_ten_as_published_have_the_places_that_their_ranges_allow():
    catalogue = loader.load()
    weights = {}
    for about in catalogue.interventions:
        counted = {name: Interval(*both) for name, both in about.baseline.facts.items()}
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
        lambda both: Weight(Fraction(min(both)), Fraction(max(both)))
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
