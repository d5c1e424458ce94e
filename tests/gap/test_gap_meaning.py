"""What a state means for a reader, over every state there is: no two sentences contradict each other."""

from itertools import product

import pytest

from monitor.catalogue import loader
from monitor.catalogue.words import SAID, Direction, GapKind, Tier, UsageBand
from monitor.gap import rules
from monitor.gap.meaning import Meaning, caution, meaning
from monitor.gap.rules import State

TIERS = list(Tier)
TOWARDS = frozenset(
    (
        *(Direction.FAVOURS, Direction.GENERALLY_POSITIVE, Direction.BENEFIT),
        *(Direction.PROBABLE, Direction.SLIGHT),
    )
)
AGAINST = frozenset((Direction.FAVOURS_COMPARISON, Direction.POSITIVE_THEN_COMPARISON))
SAME = frozenset((Direction.LITTLE, Direction.POSITIVE_THEN_LITTLE))
DIFFER = frozenset((Direction.MIXED, Direction.DISAGREE, Direction.POSITIVE_THEN_DISAGREE))
LATER = frozenset(
    (
        *(Direction.POSITIVE_THEN_LITTLE, Direction.POSITIVE_THEN_COMPARISON),
        Direction.POSITIVE_THEN_DISAGREE,
    )
)
# what is claimed by a sentence that holds these words, and of which headlines alone it is so
CLAIMS = {
    "lean its way": TOWARDS,
    "a reason to look, not": TOWARDS,
    "generally positive": {Direction.GENERALLY_POSITIVE},
    "favours the intervention": {Direction.FAVOURS},
    "probably helps": {Direction.PROBABLE},
    "show a benefit": {Direction.BENEFIT},
    "in its favour": {Direction.SLIGHT},
    "did better": AGAINST,
    "about the same": SAME,
    "little or no difference": SAME,
    "no clear difference": {Direction.NO_DIFFERENCE},
    "that differ": {Direction.MIXED},
    "all point one way": {Direction.MIXED},
    "disagree": {Direction.DISAGREE, Direction.POSITIVE_THEN_DISAGREE},
    "positive to 2021": LATER,
    "earlier studies were positive": LATER,
    "says which way it goes": {Direction.NONE},
    # what settled something is not excused by how little there is
    "too little research to say": set(SAID) - AGAINST,
    "not a finding against it": set(SAID) - AGAINST,
}
# never told to buy, to stop or to go on
COMMANDS = ("reason to stop", "stop ", "you should", "recommend", "buy it.", "do not buy", "switch")


def every_state():
    """Generate every tier with what it may be, headline, band of use and count that there is."""
    policy = loader.load().gap
    ranges = [r for r in product(range(3), repeat=3) if r[0] <= r[1] <= r[2]]
    counts = ((0, 0), (0, 1), (1, 1), (2, 9), (8, 17))
    for (low, at, high), direction, band, studies in product(ranges, Direction, UsageBand, counts):
        told = rules.assess(policy, TIERS[at], direction, band)
        yield State(
            tier=TIERS[at], tier_low=TIERS[low], tier_high=TIERS[high], settled=low == high,
            direction=direction, studies=studies, band=band, ranks=(), out_of=10,
            usage_words=None, kind=told.kind, sentence=told.sentence,
        )  # fmt: skip


STATES = list(every_state())


def test_every_sentence_claims_only_what_its_state_says():
    for one in STATES:
        told = meaning(one)
        direction = one.direction if one.studies[1] else Direction.NONE
        for part in (told.lead, told.buying, told.choosing):
            for words, allowed in CLAIMS.items():
                assert words not in part or direction in allowed, (one, part)
            assert not any(words in part.lower() for words in COMMANDS), part
            assert "{" not in part
            assert part.rstrip() == part
            assert "  " not in part
            assert part.endswith(".")


def test_each_headline_is_told_to_whoever_buys_and_to_whoever_is_choosing():
    for one in (each for each in STATES if each.studies[1]):
        told = meaning(one)
        if one.direction in AGAINST:
            assert "did better" in told.buying
            assert "did better" in told.choosing
        if one.direction in SAME:
            assert "about the same" in told.buying
        if one.direction not in SAID:
            assert "too little research" not in told.choosing
        assert ("itself not settled" in told.choosing) == (not one.settled)
        assert (f"the {one.tier} tier" in told.choosing) == ("promise of benefit" in told.choosing)
        assert "weak tier as a promise" not in told.choosing


def test_what_it_means_and_the_gap_beside_it_do_not_contradict():
    """The gap's sentence stands above it, on the page and in the mail."""
    for one in (each for each in STATES if each.studies[1]):
        told = meaning(one)
        if one.kind is GapKind.UNDER_USED:
            # little used for what is known: nothing here may say that it does no good
            assert one.direction in TOWARDS, one
            assert "did better" not in told.buying
            assert "about the same" not in told.buying
        if one.kind is GapKind.OVER_USED:
            assert one.direction not in TOWARDS, one
            assert "lean its way" not in told.buying
        if one.kind in {GapKind.CARE, GapKind.UNDER_USED_CARE}:
            assert "lean its way" not in told.buying, one
            assert one.direction not in TOWARDS


def test_without_a_study_nothing_leans_any_way():
    for one in (each for each in STATES if not each.studies[1]):
        told = meaning(one)
        assert told.lead == "No study is counted, so there are no findings to go on."
        assert "lean" not in told.buying
        assert "did better" not in told.buying + told.choosing


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_is_never_a_benefit(tier):
    assert "not whether the intervention works" in caution(tier)


def test_what_was_frozen_is_read_again():
    told = meaning(STATES[0])
    assert Meaning.from_dict(told.to_dict()) == told
