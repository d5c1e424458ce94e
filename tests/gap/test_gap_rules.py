from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.gap.rules import Assessment, State, assess, band, changed, sentence
from monitor.gap.wording import tier_clause, tier_words
from monitor.gap.words import ChangeKind

POLICY = loader.load().gap
FOR = (
    Direction.FAVOURS,
    Direction.GENERALLY_POSITIVE,
    Direction.BENEFIT,
    Direction.PROBABLE,
    Direction.SLIGHT,
)
# Trials large enough to tell found little, or went against it: whatever the tier, that is told.
AGAINST = (Direction.LITTLE, Direction.FAVOURS_COMPARISON)
TURNED = (
    Direction.POSITIVE_THEN_LITTLE,
    Direction.POSITIVE_THEN_COMPARISON,
    Direction.POSITIVE_THEN_DISAGREE,
)


def state(**changes):
    strong = State(
        tier=Tier.STRONG,
        tier_low=Tier.STRONG,
        tier_high=Tier.STRONG,
        settled=True,
        direction=Direction.GENERALLY_POSITIVE,
        studies=(8, 17),
        band=UsageBand.LITTLE,
        ranks=(4, 7, 9, 10),
        out_of=10,
        usage_words="among the least used of the ten",
        kind=GapKind.UNDER_USED,
        sentence="A sentence.",
    )
    return replace(strong, **changes)


COSI = {
    "direction": Direction.MIXED,
    "studies": (9, 18),
    "kind": GapKind.UNDER_USED_CARE,
    "sentence": "Another sentence.",
}
WEAK = {"tier": Tier.WEAK, "tier_low": Tier.WEAK, "tier_high": Tier.WEAK}


# Use


@pytest.mark.parametrize(
    ("ranks", "words", "used"),
    [
        ((1, 2, 3, 4), None, UsageBand.WIDE),
        ((4,), None, UsageBand.WIDE),
        ((5,), None, UsageBand.MIDDLE),
        ((5, 6), None, UsageBand.MIDDLE),
        ((7,), None, UsageBand.MIDDLE),
        ((8,), None, UsageBand.LITTLE),
        ((8, 9, 10), None, UsageBand.LITTLE),
        ((4, 5), None, UsageBand.UNKNOWN),
        ((4, 7, 9, 10), None, UsageBand.UNKNOWN),
        ((4, 7, 9, 10), "among the least used of the ten", UsageBand.LITTLE),
        ((8,), "words no policy knows", UsageBand.LITTLE),
        ((), None, UsageBand.UNKNOWN),
        ((11,), None, UsageBand.UNKNOWN),
    ],
)
def test_ranks_and_words_give_a_band_only_where_they_settle_it(ranks, words, used):
    assert band(POLICY, ranks, words) is used


@pytest.mark.parametrize(
    ("share", "used"),
    [
        (Fraction(0), UsageBand.LITTLE),
        (Fraction(999, 10000), UsageBand.LITTLE),
        (Fraction(10, 100), UsageBand.MIDDLE),
        (Fraction(249, 1000), UsageBand.MIDDLE),
        (Fraction(25, 100), UsageBand.WIDE),
        (Fraction(1), UsageBand.WIDE),
        (Fraction(3, 2), UsageBand.UNKNOWN),
    ],
)
def test_a_share_says_more_than_ranks_and_words(share, used):
    assert band(POLICY, (8,), "among the least used of the ten", share) is used


@given(st.lists(st.integers(-3, 20)), st.none() | st.text(), st.none() | st.fractions())
def test_any_statement_of_use_has_a_band(ranks, words, share):
    assert band(POLICY, ranks, words, share) in UsageBand


# The matrix


def _cell(tier, direction, used):
    return assess(POLICY, tier, direction, used).kind


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("used", POLICY.bands)
def test_every_cell_has_a_kind_and_one_sentence_that_names_the_evidence(tier, direction, used):
    found = assess(POLICY, tier, direction, used)
    assert isinstance(found, Assessment)
    assert found.sentence[0].isupper()
    assert found.sentence.endswith(".")
    assert any(word in found.sentence for word in (tier.value, "much studied"))


@pytest.mark.parametrize("direction", Direction)
def test_unknown_use_is_an_unknown_gap(direction):
    assert {_cell(tier, direction, UsageBand.UNKNOWN) for tier in Tier} == {GapKind.UNKNOWN}


def test_only_strong_evidence_that_favours_and_little_use_is_under_used():
    found = {
        (tier, direction, used)
        for tier in Tier
        for direction in Direction
        for used in POLICY.bands
        if _cell(tier, direction, used) is GapKind.UNDER_USED
    }
    assert found == {(Tier.STRONG, direction, UsageBand.LITTLE) for direction in FOR}


def test_strong_evidence_that_does_not_favour_is_never_a_recommendation():
    assert _cell(Tier.STRONG, Direction.MIXED, UsageBand.LITTLE) is GapKind.UNDER_USED_CARE
    assert _cell(Tier.STRONG, Direction.NO_DIFFERENCE, UsageBand.LITTLE) is GapKind.UNDER_USED_CARE
    assert _cell(Tier.STRONG, Direction.FAVOURS_COMPARISON, UsageBand.LITTLE) is GapKind.ALIGNED
    for direction in (Direction.MIXED, Direction.NO_DIFFERENCE):
        told = assess(POLICY, Tier.STRONG, direction, UsageBand.LITTLE).sentence
        assert "More use is not" in told


@pytest.mark.parametrize("direction", TURNED)
def test_what_later_trials_do_not_bear_out_is_read_with_care(direction):
    assert _cell(Tier.STRONG, direction, UsageBand.LITTLE) is GapKind.UNDER_USED_CARE
    for tier in Tier:
        for used in (UsageBand.WIDE, UsageBand.MIDDLE):
            assert _cell(tier, direction, used) is GapKind.CARE
        assert "to 2021" in assess(POLICY, tier, direction, UsageBand.WIDE).sentence


def test_benefit_harm_and_nothing_in_a_weak_tier_are_three_gaps_or_three_sentences():
    """The most used have the weakest evidence: what their first large trial finds has to show."""
    found = {
        direction: assess(POLICY, Tier.WEAK, direction, UsageBand.WIDE)
        for direction in (Direction.PROBABLE, Direction.LITTLE, Direction.FAVOURS_COMPARISON)
    }
    assert len({told.sentence for told in found.values()}) == 3
    harm = found[Direction.FAVOURS_COMPARISON]
    assert harm.kind is GapKind.OVER_USED
    assert "families did better with what it was compared with" in harm.sentence


@pytest.mark.parametrize("direction", [d for d in Direction if d not in (*AGAINST, *TURNED)])
def test_weak_evidence_widely_used_is_under_researched_and_not_called_ineffective(direction):
    found = assess(POLICY, Tier.WEAK, direction, UsageBand.WIDE)
    assert found.kind is GapKind.UNDER_RESEARCHED
    assert "Limited evidence does not mean ineffective." in found.sentence


def test_more_use_than_the_findings_support_needs_enough_evidence_to_tell():
    for tier in Tier:
        for direction in Direction:
            for used in POLICY.bands:
                if _cell(tier, direction, used) is GapKind.OVER_USED:
                    assert direction in (*AGAINST, Direction.NO_DIFFERENCE)
                    assert tier is not Tier.WEAK or direction in AGAINST
                    assert used in {UsageBand.WIDE, UsageBand.MIDDLE}


def test_no_sentence_tells_anybody_to_buy_or_to_stop():
    for by_direction in POLICY.matrix.values():
        for row in by_direction.values():
            for cell in row.values():
                told = cell.sentence.lower()
                assert not {"should", "must", "recommend", "stop", "proven"} & set(told.split())
                assert "works" not in told


# States and changes


def test_a_state_survives_the_ledger():
    for one in (state(), state(**COSI), state(ranks=(), out_of=None, usage_words=None)):
        kept = one.to_dict()
        assert State.from_dict(kept) == one
        assert all(
            value is None or type(value) in {bool, int, str, list, dict} or isinstance(value, str)
            for value in kept.values()
        )


@pytest.mark.parametrize(
    ("studies", "words"),
    [((0, 0), "0 studies"), ((1, 1), "1 study"), ((1, 2), "1–2 studies"), ((0, 1), "0–1 studies")],
)
def test_counts_are_worded_as_ranges(studies, words):
    assert state(studies=studies).studies_words == words


def test_an_unsettled_tier_is_worded_as_such():
    open_one = state(tier=Tier.WEAK, tier_low=Tier.WEAK, settled=False)
    assert tier_words(state()) == "strong"
    assert tier_words(open_one) == "weak for now; may become intermediate or strong"
    assert tier_clause(open_one) == "weak for now, may become intermediate or strong"


def test_nothing_different_is_no_change():
    assert changed(state(), state()) == ()
    assert changed(None, state()) == ()


@pytest.mark.parametrize(
    ("difference", "kinds"),
    [
        (COSI, (ChangeKind.DIRECTION, ChangeKind.GAP, ChangeKind.STUDIES)),
        ({"tier": Tier.INTERMEDIATE}, (ChangeKind.TIER,)),
        ({"settled": False, "tier_low": Tier.WEAK}, (ChangeKind.SETTLED,)),
        ({"studies": (8, 18)}, (ChangeKind.STUDIES,)),
        ({"sentence": "Worded anew."}, ()),
    ],
)
def test_changes_are_named(difference, kinds):
    assert changed(state(), state(**difference)) == kinds


def test_cosi_in_one_sentence():
    assert sentence(
        "Circle of Security", state(), state(**COSI), "COSI was accepted by two reviewers"
    ) == (
        "Circle of Security: findings moved from generally positive to mixed; the tier stays "
        "strong (9–18 studies, was 8–17); the gap moved from “under-used” to “under-used, read "
        "with care”; why: COSI was accepted by two reviewers."
    )


def test_a_tier_that_is_no_longer_settled_comes_first():
    ddp = state(**WEAK, direction=Direction.MIXED, studies=(1, 2), kind=GapKind.UNDER_RESEARCHED)
    after = replace(ddp, tier_high=Tier.INTERMEDIATE, settled=False, studies=(2, 3))
    assert sentence("DDP", ddp, after, "RIGHT was accepted") == (
        "DDP: the tier is weak for now, may become intermediate (2–3 studies, was "
        "1–2); findings stay mixed; the gap stays “under-researched”; why: RIGHT was accepted."
    )
    assert "the tier is now settled: weak (1–2 studies, was 2–3)" in sentence(
        "DDP", after, ddp, "x"
    )
    again = replace(after, studies=(2, 4))
    assert "the tier stays weak for now, may become intermediate" in sentence(
        "DDP", after, again, "x"
    )


def test_findings_that_moved_come_before_a_tier_that_moved_with_them():
    after = state(tier=Tier.INTERMEDIATE, tier_low=Tier.INTERMEDIATE, direction=Direction.MIXED)
    told = sentence("COS", state(), after, "x")
    assert told.startswith("COS: findings moved from generally positive to mixed; the tier moved")


def test_a_cause_of_several_lines_stays_one_line():
    told = sentence("COS", state(), state(**COSI), "withdrawn:\n retracted\tby the journal. ")
    assert told.endswith("why: withdrawn: retracted by the journal.")


def test_the_first_sentence_says_what_was_published():
    assert sentence("COS", None, state(), "Published: the review") == (
        "COS: the tier is strong (8–17 studies), the findings are generally positive and the gap "
        "is “under-used”. Published: the review."
    )


ANY_STATE = st.builds(
    state,
    tier=st.sampled_from(Tier),
    tier_low=st.sampled_from(Tier),
    tier_high=st.sampled_from(Tier),
    settled=st.booleans(),
    direction=st.sampled_from(Direction),
    studies=st.tuples(st.integers(0, 3), st.integers(3, 30)),
    kind=st.sampled_from(GapKind),
)


@given(st.none() | ANY_STATE, ANY_STATE)
def test_every_change_names_tier_and_direction_and_gap(before, after):
    told = sentence("An intervention", before, after, "a cause")
    assert "the tier " in told
    assert after.tier.value in told
    assert "findings " in told
    assert f"“{after.kind}”" in told
    assert after.studies_words in told
    assert told.endswith("a cause.")
