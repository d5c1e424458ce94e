"""The gap on own use, and how it is told: pure, over every tier, headline and use there can be."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offers import (  # type: ignore[import-not-found]  # beside this file
    CARE,
    FOUR,
    HUB,
    NORTH,
    POLICY,
    SLUGS,
    all_ten,
    entries,
    state,
    states,
)

from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.kernel.errors import InvalidInput
from monitor.mine import rules, wording
from monitor.mine.rules import OwnUse, ServiceEntry

uses = st.integers(0, 12).flatmap(
    lambda of: st.integers(0, of).flatmap(
        lambda n: st.builds(OwnUse, st.just(n), st.just(of), st.integers(0, 900), st.integers(0, n))
    )
)
EVIDENCE = {
    "ddp": state(), "theraplay": state(), "icp": state(),
    "vipp": state(Tier.STRONG, Direction.GENERALLY_POSITIVE, UsageBand.LITTLE),
    "cos": state(Tier.STRONG, Direction.MIXED, UsageBand.LITTLE),
    "vig": state(Tier.INTERMEDIATE, Direction.GENERALLY_POSITIVE, UsageBand.MIDDLE),
}  # fmt: skip


def test_own_use_counts_services_and_what_families_are_known():
    assert rules.own_use(FOUR, "ddp") == OwnUse(3, 4, 110, 0)
    assert rules.own_use(FOUR, "icp") == OwnUse(4, 4, 0, 4)
    assert rules.own_use(FOUR, "www") == OwnUse(0, 4, 0, 0)
    assert rules.own_use((), "ddp") == OwnUse(0, 0, 0, 0)


@given(entries, st.permutations(range(8)))
def test_the_order_of_services_makes_no_difference(made, order):
    shuffled = [made[i] for i in order if i < len(made)]
    for slug in SLUGS:
        assert rules.own_use(made, slug) == rules.own_use(shuffled, slug)
    assert rules.touched(made) == rules.touched(shuffled)


@given(entries)
def test_what_is_touched_is_what_some_service_offers(made):
    assert rules.touched(made) == {s for s in SLUGS if rules.own_use(made, s).offering}


@given(entries)
def test_groups_part_services_and_lose_none(made):
    parted = rules.groups(made)
    assert sorted(e.name for part in parted.values() for e in part) == sorted(e.name for e in made)
    assert "" not in list(parted)[:-1], "those without a group come last"


@given(states, uses)
def test_own_gap_is_the_policys_cell_whatever_the_state(one, use):
    kind = rules.own_gap(POLICY, one, use)
    band = rules.own_band(POLICY, use)
    assert kind is POLICY.matrix[one.tier][one.direction][band].kind
    words = wording.for_you(kind, one, use)
    assert words.endswith((".", "?"))
    told = (words, wording.own(use), wording.families(use), wording.beside(use, one))
    assert not any(re.search(r"%|interval|should|\bstop\b", said) for said in told[:3])


@given(states, uses)
def test_what_is_not_bought_is_no_gap_of_too_much_and_what_all_offer_none_of_too_little(one, use):
    kind = rules.own_gap(POLICY, one, use)
    words = wording.for_you(kind, one, use)
    if use.of and use.offering == 0:
        assert "ought" not in words
        assert kind in {
            GapKind.UNDER_USED,
            GapKind.UNDER_USED_CARE,
            GapKind.ALIGNED,
            GapKind.UNKNOWN,
        }
    if use.of and use.offering == use.of:
        assert kind not in {GapKind.UNDER_USED, GapKind.UNDER_USED_CARE}


@given(uses)
def test_another_service_that_offers_it_never_lowers_the_band(use):
    order = [UsageBand.LITTLE, UsageBand.MIDDLE, UsageBand.WIDE]
    more = OwnUse(use.offering + 1, use.of + 1, use.families, use.uncounted)
    before, after = rules.own_band(POLICY, use), rules.own_band(POLICY, more)
    assert before is UsageBand.UNKNOWN or order.index(after) >= order.index(before)


@pytest.mark.parametrize(
    ("offering", "of", "band"),
    [
        (0, 0, UsageBand.UNKNOWN),
        (0, 1, UsageBand.LITTLE),
        (1, 1, UsageBand.WIDE),
        (1, 4, UsageBand.WIDE),
        (1, 5, UsageBand.MIDDLE),
        (1, 10, UsageBand.MIDDLE),
        (1, 11, UsageBand.LITTLE),
    ],
)
def test_the_policys_two_thresholds_are_read_exactly(offering, of, band):
    assert rules.own_band(POLICY, OwnUse(offering, of, 0, 0)) is band
    assert (POLICY.shares.wide_from, POLICY.shares.little_below) == (25, 10)


@pytest.mark.parametrize(
    ("use", "told", "families"),
    [
        (OwnUse(0, 0, 0, 0), "You have entered no service", ""),
        (OwnUse(0, 3, 0, 0), "You do not buy it", ""),
        (OwnUse(1, 1, 1, 0), "You buy it in your one service", "1 family"),
        (OwnUse(3, 3, 0, 3), "You buy it in all 3 of your services", "families not known"),
        (
            OwnUse(2, 3, 1060, 1),
            "You buy it in 2 of your 3 services",
            "at least 1,060 families: 1 of 2 services give no number",
        ),
    ],
)
def test_own_use_in_words(use, told, families):
    assert (wording.own(use), wording.families(use)) == (told, families)


def test_own_use_beside_the_national_one():
    said = wording.beside(OwnUse(2, 3, 0, 2), state())
    assert said == ("You buy it in 2 of your 3 services; nationally: widely used: 1st to 4th of 10")


def test_the_heading_says_what_is_bought_of_each_kind_of_gap():
    assert wording.title(EVIDENCE, FOUR) == (
        "You buy all 3 of the under-researched and 1 of the 2 under-used"
    )
    assert wording.title(EVIDENCE, [HUB]) == (
        "You buy 1 of the 3 under-researched and 1 of the 2 under-used"
    )
    assert wording.title(EVIDENCE, [ServiceEntry("Nothing", "", {})]) == (
        "You buy none of the 3 under-researched and none of the 2 under-used"
    )
    one = {slug: EVIDENCE[slug] for slug in ("ddp", "icp", "vipp")}
    assert wording.title(one, [NORTH]) == (
        "You buy all 2 of the under-researched and not the one that is under-used"
    )
    one = {slug: EVIDENCE[slug] for slug in ("ddp", "vipp")}
    assert wording.title(one, [HUB]) == (
        "You buy the one that is under-used and not the one that is under-researched"
    )
    assert wording.title(one, [ServiceEntry("Nothing", "", {})]) == (
        "You do not buy the one that is under-researched or the one that is under-used"
    )
    assert wording.title(EVIDENCE, []) == "What do your services offer?"
    assert wording.title({"vig": EVIDENCE["vig"]}, FOUR) == "You buy 1 of the 1"


def test_it_is_said_whether_that_follows_the_national_pattern_or_nothing_is():
    assert "follows the national pattern" in wording.pattern(EVIDENCE, [NORTH, CARE])
    both = ServiceEntry("Well studied", "", {"vipp": 1, "cos": 2})
    assert "differs from the national pattern" in wording.pattern(EVIDENCE, [both])
    assert "the same part" in wording.pattern(EVIDENCE, [ServiceEntry("Nothing", "", {})])
    assert wording.pattern({"ddp": EVIDENCE["ddp"]}, FOUR) == ""
    assert wording.pattern(EVIDENCE, []) == ""


@given(all_ten, entries)
def test_a_heading_counts_every_kind_once_and_invents_no_number(ten, made):
    bought = rules.touched(made)
    counted = [rules.bought_of(kinds, ten, bought) for kinds in rules.HEADINGS]
    assert all(0 <= part.bought <= part.of for part in counted)
    rest = [one for one in ten.values() if not any(one.kind in kinds for kinds in rules.HEADINGS)]
    assert sum(part.of for part in counted) + len(rest) == len(ten)
    numbers = {part.of for part in counted} | {part.bought for part in counted}
    said = {int(found) for found in re.findall(r"\d+", wording.title(ten, made))}
    assert said <= numbers | {len(bought & set(ten)), len(ten)}


@given(all_ten, entries)
def test_what_is_not_known_is_said_and_only_then(ten, made):
    said = wording.unknown(ten, made)
    gaps = sum(one.kind is GapKind.UNKNOWN for one in ten.values())
    missing = sum(number is None for entry in made for number in entry.offers.values())
    assert ("the gap is not known" in said) is bool(gaps)
    assert ("How many families is not known" in said) is bool(missing)


def test_names_and_numbers_that_cannot_be_kept_are_refused():
    assert rules.clean_name("  North\u00ad \n team ", "name", needed=True) == "North team"
    for name in ("", " \n", "x" * 121):
        with pytest.raises(InvalidInput):
            rules.clean_name(name, "name", needed=True)
    for number in (-1, 100_001):
        with pytest.raises(InvalidInput):
            rules.check_families(number, "families")
    assert rules.folded(" North  TEAM ") == "north team"
    assert Fraction(1, 4) * 100 >= POLICY.shares.wide_from
