from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.gap.headlines import bounds, headline, title
from monitor.gap.states import State

MOST = "The interventions used most have the weakest evidence"


def _state(tier, ranks, out_of=10):
    return State(
        tier=tier,
        tier_low=tier,
        tier_high=tier,
        settled=True,
        direction=Direction.MIXED,
        studies=(1, 2),
        band=UsageBand.UNKNOWN,
        ranks=ranks,
        out_of=out_of,
        usage_words=None,
        kind=GapKind.UNKNOWN,
        sentence="A sentence.",
    )


@pytest.fixture
def ten():
    """The published baseline, by slug."""
    return {
        one.slug: _state(Tier(one.baseline.tier), one.usage.ranks)
        for one in loader.load().interventions
    }


def _open(one, high):
    return replace(one, tier_high=high, settled=False)


def test_the_baseline_reads_as_published(ten):
    assert title(list(ten.values())) == MOST
    assert headline(list(ten.values())) == (
        "Three of the four most used have weak evidence. Of the four with strong evidence, "
        "three rank 7th or lower out of ten for use."
    )


def test_an_unsettled_tier_makes_it_a_range(ten):
    ten["ddp"] = _open(ten["ddp"], Tier.INTERMEDIATE)
    assert headline(list(ten.values())).startswith(
        "Two or three of the four most used have weak evidence."
    )
    assert title(list(ten.values())) != MOST


def test_a_risen_tier_lowers_the_count(ten):
    ten["ddp"] = _state(Tier.STRONG, ten["ddp"].ranks)
    assert headline(list(ten.values())) == (
        "Two of the four most used have weak evidence. Of the five with strong evidence, "
        "three rank 7th or lower out of ten for use."
    )


def test_nothing_is_claimed_of_the_strong_while_one_may_join_them(ten):
    ten["cpp"] = _open(ten["cpp"], Tier.STRONG)
    assert "strong" not in headline(list(ten.values()))


def test_no_claim_when_none_of_the_most_used_is_weak(ten):
    for slug in ("ddp", "theraplay", "icp"):
        ten[slug] = _state(Tier.INTERMEDIATE, ten[slug].ranks)
    told = headline(list(ten.values()))
    assert "weak" not in told
    assert title(list(ten.values())) == "How evidence and use compare"


def test_one_is_worded_as_one(ten):
    for slug in ("ddp", "theraplay"):
        ten[slug] = _state(Tier.INTERMEDIATE, ten[slug].ranks)
    assert headline(list(ten.values())).startswith("One of the four most used has weak evidence.")


def test_unknown_ranks_widen_the_claim(ten):
    for slug in ("ddp", "vipp"):
        ten[slug] = replace(ten[slug], ranks=(), out_of=None)
    told = headline(list(ten.values()))
    assert told.startswith("Two or three of the four most used have weak evidence.")
    assert title(list(ten.values())) != MOST


def test_a_rank_left_over_is_a_rank_known(ten):
    # three unknown ones can only hold 1st to 4th, since every other rank is taken
    for slug in ("ddp", "theraplay", "icp"):
        ten[slug] = replace(ten[slug], ranks=(), out_of=None)
    assert title(list(ten.values())) == MOST


def test_nothing_known_of_use_gives_no_claim_about_ranks(ten):
    unknown = [replace(one, ranks=(), out_of=None) for one in ten.values()]
    assert headline(unknown) == "Of 10 interventions: 10 not known."


@pytest.mark.parametrize(
    "broken", [{"ranks": (8,)}, {"out_of": 12}], ids=["two on one rank", "ranks of other sets"]
)
def test_ranks_that_cannot_be_give_no_claim_about_ranks(ten, broken):
    ten["ddp"] = replace(ten["ddp"], **broken)
    told = headline(list(ten.values()))
    assert told == "Of 10 interventions: 10 not known."


def test_no_states_at_all():
    assert headline([]) == "Nothing graded yet."
    assert title([]) == "How evidence and use compare"


@given(
    st.lists(
        st.tuples(st.sampled_from(Tier), st.sets(st.integers(1, 5), min_size=1)),
        min_size=5,
        max_size=5,
    )
)
def test_bounds_are_those_of_every_possible_order(found):
    states = [_state(tier, tuple(sorted(ranks)), out_of=5) for tier, ranks in found]

    def counts(one, rank):
        return one.tier is Tier.WEAK and rank <= 2

    possible = [
        sum(counts(one, rank) for one, rank in zip(states, order, strict=True))
        for order in permutations(range(1, 6))
        if all(rank in one.ranks for one, rank in zip(states, order, strict=True))
    ]
    assert bounds(states, counts) == ((min(possible), max(possible)) if possible else None)
