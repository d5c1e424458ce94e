from dataclasses import replace
from datetime import date
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.shapes.policies import DirectionPolicy
from monitor.catalogue.words import (
    Design,
    Direction,
    FindingDirection,
    InReview,
    OutcomeClass,
    RiskOfBias,
    Tier,
)
from monitor.evidence.facts import may_be_known
from monitor.evidence.rules import CountRange, StudyFacts, clip, combine, grade, tier_at

CATALOGUE = loader.load()
# Tiers are the same in every version; votes were counted up to this one.
POLICY = CATALOGUE.released.grading["2023-1"]
VOTES = cast(DirectionPolicy, POLICY.direction)
CLOSED = CATALOGUE.review.closed
ORDER = list(Tier)
RISKS = {
    Design.RANDOMISED: (RiskOfBias.LOW, RiskOfBias.SOME_CONCERNS, RiskOfBias.HIGH),
    **dict.fromkeys(
        (Design.NON_RANDOMISED, Design.SINGLE_GROUP, Design.CASE),
        (RiskOfBias.LOW, RiskOfBias.MODERATE, RiskOfBias.SERIOUS, RiskOfBias.CRITICAL),
    ),
}
GOOD = {
    "design": Design.RANDOMISED,
    "risk_of_bias": RiskOfBias.LOW,
    "outcome_class": OutcomeClass.ATTACHMENT,
    "direction": FindingDirection.FAVOURS,
    "published": date(2025, 9, 1),
    "year": 2025,
}


def study(study_id=1, label=None, **changes):
    return StudyFacts(study_id=study_id, label=label or f"Study {study_id}", **{**GOOD, **changes})


def graded(slug, *studies):
    return grade(POLICY, CATALOGUE.intervention(slug).baseline, CLOSED, studies)


def from_nothing(*studies):
    return graded("icp", *studies)


def several(count, start=1, **changes):
    return [study(number, **changes) for number in range(start, start + count)]


@st.composite
def any_study(draw, study_id=None):
    design = draw(st.sampled_from(Design))
    identity = draw(st.integers(1, 30)) if study_id is None else study_id
    return StudyFacts(
        study_id=identity,
        label=f"Study {identity}.",
        design=design,
        risk_of_bias=draw(st.sampled_from(RISKS[design])),
        outcome_class=draw(st.sampled_from(OutcomeClass)),
        direction=draw(st.sampled_from(FindingDirection)),
        published=draw(st.none() | st.dates(date(2015, 1, 1), date(2027, 1, 1))),
        year=draw(st.none() | st.integers(2015, 2027)),
    )


studies = st.lists(any_study(), max_size=14, unique_by=lambda one: one.study_id)
slugs = st.sampled_from(CATALOGUE.slugs)


# From the baseline alone


@pytest.mark.parametrize("slug", CATALOGUE.slugs)
def test_the_baseline_alone_comes_out_as_published(slug):
    baseline = CATALOGUE.intervention(slug).baseline
    found = graded(slug)
    assert (found.tier, found.low, found.high) == (baseline.tier,) * 3
    assert found.settled
    assert found.direction == baseline.direction
    assert found.counted == ()
    low, high = baseline.facts["studies"]
    assert found.facts["studies"] == CountRange(low, high)


# The worked examples of docs/grading.md


def test_one_new_trial_leaves_ddp_undetermined_and_weak_stands():
    found = graded("ddp", study(label="RIGHT", risk_of_bias=RiskOfBias.SOME_CONCERNS))
    assert found.facts["studies"] == CountRange(2, 3)
    assert (found.low, found.high, found.tier) == (Tier.WEAK, Tier.INTERMEDIATE, Tier.WEAK)
    assert not found.settled
    assert found.direction is Direction.MIXED
    told = " ".join(found.reasons)
    assert "the upper end intermediate, so either is possible" in told
    assert "The lower end is 1 study short of intermediate" in told
    assert "Until then weak stands." in told


def test_a_second_new_study_settles_ddp_as_told():
    found = graded("ddp", *several(2))
    assert (found.tier, found.settled) == (Tier.INTERMEDIATE, True)


@pytest.mark.parametrize(("slug", "tier"), [("cpp", Tier.INTERMEDIATE), ("ddp", Tier.WEAK)])
def test_a_single_group_study_raises_no_tier(slug, tier):
    swedish = study(design=Design.SINGLE_GROUP, risk_of_bias=RiskOfBias.MODERATE)
    found = graded(slug, swedish)
    assert (found.tier, found.settled) == (tier, True)
    assert found.facts["studies"].lo == graded(slug).facts["studies"].lo + 1
    assert found.direction == graded(slug).direction
    assert found.counted == (1,)


def test_cosi_keeps_the_tier_strong_and_makes_the_findings_mixed():
    found = graded("cos", study(label="COSI", direction=FindingDirection.NO_DIFFERENCE))
    assert (found.tier, found.settled) == (Tier.STRONG, True)
    assert found.facts["studies"] == CountRange(9, 18)
    assert found.direction is Direction.MIXED
    assert "9 to 18 studies" in " ".join(found.reasons)
    assert "Both ends of the range give strong, so the tier is settled." in " ".join(found.reasons)
    assert (
        "Findings: generally positive in the published review; no clear difference in COSI. "
        "Together: mixed."
    ) in found.reasons


@pytest.mark.parametrize(
    ("found", "tier"),
    [
        (from_nothing(), Tier.WEAK),
        (from_nothing(*several(2)), Tier.WEAK),
        (from_nothing(*several(3)), Tier.INTERMEDIATE),
        (from_nothing(*several(7)), Tier.INTERMEDIATE),
        (from_nothing(*several(8)), Tier.STRONG),
        (from_nothing(*several(10, risk_of_bias=RiskOfBias.HIGH)), Tier.WEAK),
        (
            from_nothing(*several(7, design=Design.NON_RANDOMISED), study(8)),
            Tier.INTERMEDIATE,
        ),
        (from_nothing(*several(6, design=Design.NON_RANDOMISED), *several(2, 7)), Tier.STRONG),
        (from_nothing(*several(2, risk_of_bias=RiskOfBias.HIGH), study(3)), Tier.INTERMEDIATE),
        (from_nothing(*several(20, outcome_class=OutcomeClass.OTHER)), Tier.WEAK),
        (
            from_nothing(
                *several(8, design=Design.NON_RANDOMISED, risk_of_bias=RiskOfBias.MODERATE),
                *several(2, 9),
            ),
            Tier.INTERMEDIATE,
        ),
    ],
    ids=[
        "nothing",
        "two excellent",
        "three excellent",
        "seven good",
        "eight good",
        "ten poor",
        "eight good, one randomised",
        "eight good, two randomised",
        "two poor, one good",
        "twenty of another outcome",
        "eight sound, not high quality",
    ],
)
def test_every_count_has_a_documented_answer(found, tier):
    assert (found.tier, found.settled) == (tier, True)


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        ((8, 8, 8, 2), Tier.STRONG),
        ((8, 8, 7, 2), Tier.INTERMEDIATE),
        ((8, 8, 8, 1), Tier.INTERMEDIATE),
        ((9, 9, 9, 3), Tier.STRONG),
        ((3, 1, 0, 0), Tier.INTERMEDIATE),
        ((4, 2, 0, 0), Tier.INTERMEDIATE),
        ((2, 1, 0, 0), Tier.WEAK),
        ((3, 0, 0, 0), Tier.WEAK),
        ((0, 0, 0, 0), Tier.WEAK),
    ],
)
def test_each_boundary(facts, tier):
    assert tier_at(POLICY, dict(zip(POLICY.facts, facts, strict=True))) is tier


# What a study adds to a range


@pytest.mark.parametrize(
    ("published", "year", "known"),
    [
        (date(2021, 5, 2), 2021, False),
        (date(2021, 5, 1), 2021, True),
        (date(2021, 4, 30), 2021, True),
        (None, 2022, False),
        (None, 2021, True),
        (None, 2020, True),
        (None, None, True),
        (date(2021, 6, 1), 2020, False),
    ],
)
def test_a_study_not_known_to_be_later_may_be_among_the_reviews(published, year, known):
    assert may_be_known(study(published=published, year=year), CLOSED) is known
    assert graded("ddp", study(published=published, year=year)).facts["studies"] == (
        CountRange(1, 3) if known else CountRange(2, 3)
    )


def test_studies_in_hand_are_never_counted_as_fewer():
    found = from_nothing(*several(3, published=None, year=2020))
    assert found.facts["studies"] == CountRange(3, 3)
    assert graded("ddp", *several(4, published=None, year=2020)).facts["studies"] == CountRange(
        4, 6
    )


def test_an_uncertain_study_is_named_as_such():
    found = graded("cos", study(label="Old one", published=None, year=2021))
    assert found.facts["studies"] == CountRange(8, 18)
    assert [r for r in found.reasons if "possibly among its studies already: Old one." in r]


# Directions

FAV, GEN, MIX, NOD, CMP = (
    Direction.FAVOURS,
    Direction.GENERALLY_POSITIVE,
    Direction.MIXED,
    Direction.NO_DIFFERENCE,
    Direction.FAVOURS_COMPARISON,
)


@pytest.mark.parametrize(
    ("heard", "direction"),
    [
        ((), Direction.NONE),
        ((FAV,), FAV),
        ((GEN,), GEN),
        ((GEN, FAV), GEN),
        ((NOD,), NOD),
        ((CMP,), CMP),
        ((MIX,), MIX),
        ((FAV, NOD), MIX),
        ((GEN, NOD), MIX),
        ((FAV, CMP), MIX),
        ((NOD, CMP), MIX),
        ((MIX, FAV), MIX),
        ((GEN, FAV, NOD), MIX),
    ],
)
def test_voices_add_up(heard, direction):
    assert combine(VOTES, frozenset(heard)) is direction


def test_only_sound_studies_are_heard_where_there_are_any():
    poor = study(
        2, "Poor one", risk_of_bias=RiskOfBias.HIGH, direction=FindingDirection.FAVOURS_COMPARISON
    )
    found = from_nothing(study(1), poor)
    assert found.direction is Direction.FAVOURS
    assert [r for r in found.reasons if "not heard" in r and "Poor one" in r]


def test_poor_studies_are_heard_where_there_is_nothing_else():
    poor = study(risk_of_bias=RiskOfBias.HIGH, direction=FindingDirection.NO_DIFFERENCE)
    found = from_nothing(poor)
    assert found.direction is Direction.NO_DIFFERENCE
    assert [r for r in found.reasons if "None of the studies is sound" in r]
    assert graded("ddp", poor).direction is Direction.MIXED


def test_a_study_of_another_outcome_says_nothing():
    other = study(outcome_class=OutcomeClass.OTHER, direction=FindingDirection.FAVOURS_COMPARISON)
    found = graded("cos", other)
    assert replace(found, reasons=()) == replace(graded("cos"), reasons=())
    assert [r for r in found.reasons if r.startswith("Read and not counted: 1 study")]


def test_studies_that_are_not_counted_are_told_by_their_own_number():
    others = several(2, start=5, outcome_class=OutcomeClass.OTHER)
    found = from_nothing(*several(3), *others)
    assert [r for r in found.reasons if r.startswith("Read and not counted: 2 studies")]


def test_a_study_of_the_review_itself_has_no_second_voice():
    known = study(9, direction=FindingDirection.FAVOURS_COMPARISON, in_review=InReview.YES)
    assert from_nothing(study(1), known).direction is Direction.FAVOURS


def test_what_the_review_said_is_a_statement_only_where_no_votes_are_counted():
    now = grade(CATALOGUE.grading, CATALOGUE.intervention("cos").baseline, CLOSED, [])
    assert now.said is Direction.GENERALLY_POSITIVE
    assert graded("cos").said is None


# What is printed


def test_the_thresholds_that_decide_are_the_ones_printed():
    rule = POLICY.tiers[0]
    stricter = rule.model_copy(update={"at_least": {"high_quality": 9, "randomised": 3}})
    policy = POLICY.model_copy(update={"tiers": (stricter, *POLICY.tiers[1:])})
    found = grade(policy, CATALOGUE.intervention("icp").baseline, CLOSED, several(9))
    assert found.tier is Tier.STRONG
    assert found.reasons[0] == (
        "The rule for strong, version 2023-1: 9 or more high-quality studies, "
        "3 or more of them randomised trials."
    )


def test_the_weak_sentence_says_the_rule_it_fails():
    # "none of them sound" is written out in the policy: true while the threshold is 1
    assert POLICY.tiers[1].at_least == {"studies": 3, "sound": 1}
    assert graded("www").reasons[0].endswith("fewer than 3 studies, or none of them sound.")


def test_one_study_is_not_several():
    assert "1 study;" in " ".join(from_nothing(study()).reasons)
    assert "1 studies" not in " ".join(from_nothing(study()).reasons)


# Properties


@given(slugs, studies)
def test_grading_is_total_and_keeps_its_ends_in_order(slug, found):
    result = graded(slug, *found)
    assert ORDER.index(result.low) <= ORDER.index(result.tier) <= ORDER.index(result.high)
    assert all(one.lo <= one.hi for one in result.facts.values())
    assert all(reason.endswith(".") for reason in result.reasons)


@given(slugs, studies, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(slug, found, random):
    shuffled = [*found, *found[:3]]
    random.shuffle(shuffled)
    assert graded(slug, *shuffled) == graded(slug, *found)


@given(slugs, st.lists(any_study(), max_size=8))
def test_conflicting_copies_of_a_study_count_once_in_any_order(slug, found):
    assert graded(slug, *found) == graded(slug, *reversed(found))
    assert len(graded(slug, *found).counted) <= len({one.study_id for one in found})


@given(slugs, studies, any_study(study_id=99))
def test_one_more_study_never_lowers_and_one_fewer_never_raises(slug, found, more):
    before, after = graded(slug, *found), graded(slug, *found, more)
    for end in ("low", "tier", "high"):
        assert ORDER.index(getattr(before, end)) <= ORDER.index(getattr(after, end))
    for name, interval in before.facts.items():
        assert interval.lo <= after.facts[name].lo
        assert interval.hi <= after.facts[name].hi


@given(slugs, studies, any_study(study_id=99))
def test_admitting_and_withdrawing_leaves_no_trace(slug, found, more):
    admitted = [*found, more]
    withdrawn = [one for one in admitted if one.study_id != more.study_id]
    assert graded(slug, *withdrawn) == graded(slug, *found)


@given(slugs, studies)
def test_reasons_name_every_counted_study_and_no_other(slug, found):
    result = graded(slug, *found)
    told = " ".join(result.reasons)
    for one in found:
        assert (f"{one.label[:-1]}." in told) == (one.study_id in result.counted)


@given(slugs, studies)
def test_knowing_a_date_never_widens_a_range(slug, found):
    dated = [replace(one, published=date(2024, 1, 1)) for one in found]
    before, after = graded(slug, *found).facts, graded(slug, *dated).facts
    for name, interval in before.items():
        assert interval.hi - interval.lo >= after[name].hi - after[name].lo


@pytest.mark.parametrize(
    ("tier", "low", "high", "stands"),
    [
        (Tier.INTERMEDIATE, Tier.WEAK, Tier.STRONG, Tier.INTERMEDIATE),
        (Tier.STRONG, Tier.WEAK, Tier.INTERMEDIATE, Tier.INTERMEDIATE),
        (Tier.WEAK, Tier.INTERMEDIATE, Tier.STRONG, Tier.INTERMEDIATE),
        (Tier.WEAK, Tier.WEAK, Tier.WEAK, Tier.WEAK),
    ],
)
def test_the_published_tier_moves_no_further_than_into_the_range(tier, low, high, stands):
    assert clip(tier, low, high) is stands


# A study of more than one of the ten


@given(
    st.lists(any_study(), max_size=6),
    any_study(study_id=99),
    st.sampled_from(["cos", "ddp", "icp"]),
)
def test_a_study_of_several_interventions_is_no_voice_on_any(studies, several_of, slug):
    """A trial of one of the ten against another must not favour both: it counts, and is silent."""
    silent = replace(several_of, direction=None)
    without, with_it = graded(slug, *studies), graded(slug, *studies, silent)
    heard = graded(slug, *studies, several_of)
    assert with_it.direction is without.direction
    assert (with_it.facts, with_it.counted) == (heard.facts, heard.counted)
    counted = silent.study_id in with_it.counted
    assert ("more than one of the ten" in " ".join(with_it.reasons)) == counted


def test_an_intervention_with_nothing_but_such_a_study_has_no_findings_to_go_on():
    found = from_nothing(study(label="WWW against PIP", direction=None))
    assert found.direction is Direction.NONE
    assert found.facts["studies"] == CountRange(1, 1)
    assert found.reasons[-2:] == (
        "Findings: none to go on, since no study has a direction.",
        (
            "Counted, but not heard on the findings, since a study of more than one of the ten does "
            "not say which way it goes for each: WWW against PIP."
        ),
    )
