"""Parts by nation, sector and area: none under ten is shown, nor one that a sum would give away."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage.intervals import Share
from monitor.usage.splits import FEWEST, mostly_noise, shown_parts, shown_rows, splits


@dataclass
class Row:
    numerator: int | None
    denominator: int | None
    nation: str = ""
    sector: str = ""
    area: str = ""
    slug: str = "cos"


NATIONS = [
    Row(80, 548, "England"),
    Row(9, 61, "Scotland"),
    Row(7, 52, "Wales"),
    Row(3, 29, "Northern Ireland"),
]


def test_the_mock_ups_nations_are_noise_and_say_how_wide():
    (split,) = splits([Row(99, 690), *NATIONS], "cos", 1.0)
    assert [part.name for part in split.parts] == [
        "England",
        "Scotland",
        "Wales",
        "Northern Ireland",
    ]
    assert (split.hidden, split.shown) == (0, 690)
    assert split.sentence == (
        "Read these with care: the differences are no more than chance would make."
    )
    assert split.width == (
        "With 29 services, the share of Northern Ireland is known to within about 16 points either way."
    )


def test_a_difference_beyond_chance_is_said():
    (split,) = splits([Row(300, 548, "England"), Row(5, 61, "Scotland")], "cos", 1.0)
    assert "At least one nation differs" in split.sentence


def test_small_parts_are_hidden_and_one_alone_takes_the_next_with_it():
    sectors = [
        Row(41, 322, sector="NHS"),
        Row(47, 261, sector="Council"),
        Row(2, 8, sector="Other"),
    ]
    (split,) = splits(sectors, "cos", 1.0)
    assert [(part.name, part.share is None) for part in split.parts] == [
        ("NHS", False), ("Council", True), ("Other", True),
    ]  # fmt: skip
    assert split.hidden == 2
    two = [*sectors, Row(1, 9, sector="Another")]
    assert [p.name for p in splits(two, "cos", 1.0)[0].parts if p.share] == ["NHS", "Council"]
    (none,) = splits([Row(1, 9, area="A"), Row(1, 9, area="B")], "cos", 1.0)
    assert (none.sentence, none.width) == ("No area has enough services to be shown.", "")


def test_crossed_parts_and_those_of_others_are_left_out():
    rows = [*NATIONS, Row(1, 20, "Wales", "NHS"), Row(1, 20, "Wales", slug="abc")]
    assert [split.by for split in splits(rows, "cos", 1.0)] == ["nation"]
    assert splits(rows, "vipp", 1.0) == []


def test_what_may_leave_the_house_is_no_part_under_ten_nor_one_that_a_sum_gives_away():
    whole, crossed = Row(99, 690), Row(1, 20, "Wales", "NHS")
    ranked = Row(None, None, "Wales", slug="abc")
    assert shown_rows([whole, *NATIONS, crossed, ranked]) == [whole, *NATIONS, ranked]
    small = [Row(99, 670), *NATIONS[:3], Row(1, 9, "Northern Ireland")]
    assert [row.nation for row in shown_rows(small)] == ["", "England", "Scotland"]


def areas_shown(rows):
    split = next(one for one in splits(rows, "cos", 1.0) if one.by == "area")
    names = {part.name for part in split.parts if part.share}
    assert names == {row.area for row in shown_rows(rows) if row.area}, "page and export agree"
    return names


@pytest.mark.parametrize(
    ("counts", "of_all", "shown"),
    [
        ({"A": 10}, 10, {"A"}),
        ({"A": 30}, 40, {"A"}),  # ten are left over
        ({"A": 30}, 39, set()),
        ({"A": 30}, 31, set()),  # one, who would be told apart for certain
        ({"A": 30, "B": 12}, 43, {"A"}),
        ({"A": 9}, 9, set()),
        ({"A": 50, "B": 9}, 0, set()),  # not known how many in all: as many as the parts at least
        ({"A": 50, "B": 10}, 0, {"A", "B"}),
    ],
)
def test_ten_may_be_shown_and_ten_may_be_left_over_and_no_fewer(counts, of_all, shown):
    assert shown_parts(counts, of_all) == shown
    parts = [Row(1, count, area=name) for name, count in counts.items()]
    assert areas_shown(parts + [Row(1, of_all)] * bool(of_all)) == shown


def test_how_many_there_are_in_all_is_of_all_who_were_asked_of_the_same_intervention():
    """Whatever the order of the rows, and whatever else was asked."""
    parts = [Row(4, 12, area="A"), Row(5, 28, area="B")]
    beside = [Row(9, 41, slug="abc"), Row(9, 42, "Wales"), Row(9, 43, sector="NHS")]
    assert areas_shown([*parts, *beside[1:], Row(10, 44)]) == {"B"}
    assert areas_shown([*beside, *parts, Row(10, 44)]) == {"B"}
    assert areas_shown([*beside, *parts]) == {"A", "B"}


def test_what_was_ranked_or_answered_by_nobody_is_no_part():
    rows = [*NATIONS, Row(None, None, "Jersey"), Row(0, 0, "Guernsey")]
    (split,) = splits([Row(99, 690), *rows], "cos", 1.0)
    assert [part.name for part in split.parts] == [row.nation for row in NATIONS]
    assert split.hidden == 0


def test_those_who_are_in_no_part_are_not_told_apart_either():
    """Four services named no area: all less the areas would tell what these four answered."""
    rows = [Row(10, 44), Row(4, 12, area="A"), Row(5, 28, area="B")]
    (split,) = splits(rows, "cos", 1.0)
    assert [part.name for part in split.parts if part.share] == ["B"]
    two_small = [Row(10, 109), Row(9, 100, "England"), Row(1, 5, "Wales"), Row(0, 4, "Scotland")]
    (none,) = splits(two_small, "cos", 1.0)
    assert none.shown == 0


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 40), max_size=8),
    st.integers(0, 30),
)
def test_neither_a_part_nor_what_is_left_over_is_ever_under_ten(counts, nowhere):
    of_all = sum(counts.values()) + nowhere
    shown = shown_parts(counts, of_all)
    assert all(counts[name] >= FEWEST for name in shown)
    left = of_all - sum(counts[name] for name in shown)
    assert not shown or left == 0 or left >= FEWEST


def test_one_part_alone_differs_from_nothing():
    assert mostly_noise([Share(3, 10)])


def test_how_exactly_a_part_is_known_is_told_of_the_smallest_shown_and_by_its_longer_arm():
    areas = [Row(26, 29, area="A"), Row(5, 40, area="B"), Row(0, 3, area="C"), Row(0, 8, area="D")]
    assert splits(areas, "cos", 1.0)[0].width == (
        "With 29 services, the share of A is known to within about 16 points either way."
    )
    ten = [Row(5, 10, area="A"), Row(5, 40, area="B")]
    assert "26 points" in splits(ten, "cos", 1.0)[0].width, "23.7% to 76.3% (Wilson)"


@pytest.mark.parametrize(
    ("parts", "noise"),
    [
        # p = .041 of either against the other: one in two such pairs of tests would be under .05
        ([(1, 40), (9, 60)], True),
        # p = .009; against both together, themselves among them, it would be .06
        ([(2, 40), (15, 60)], False),
        ([(0, 40), (15, 60)], False),
    ],
)
def test_each_part_is_held_against_the_others_and_the_p_against_the_number_of_parts(parts, noise):
    assert mostly_noise([Share(*part) for part in parts]) == noise


def test_the_least_certain_of_the_others_says_how_certain_they_are():
    """2 of 40 against 15 of 60 stands alone (p = .009), and not where answers hang together."""
    apart = [Share(2, 40), Share(7, 28), Share(8, 32, 4.0)]
    assert mostly_noise(apart)
    assert not mostly_noise([Share(2, 40), Share(7, 28), Share(8, 32)])


def test_no_nation_less_its_areas_leaves_fewer_than_ten():
    nation_of = {"Fife": "Scotland", "Lothian": "Scotland", "Powys": "Wales"}.get
    rows = [
        Row(99, 690),
        Row(90, 600, "England"), Row(3, 35, "Scotland"), Row(2, 30, "Wales"),
        Row(2, 20, area="Fife"), Row(1, 12, area="Lothian"), Row(1, 20, area="Powys"),
    ]  # fmt: skip
    assert [row.area for row in shown_rows(rows, nation_of) if row.area] == ["Fife", "Powys"]
    split = next(one for one in splits(rows, "cos", 1.0, nation_of) if one.by == "area")
    assert [part.name for part in split.parts if part.share] == ["Fife", "Powys"]
    assert split.hidden == 1
    # 625 of 690 are shown: Wales alone would be what is left, so it is not shown, nor what is in it
    small = [Row(99, 690), Row(90, 650, "England"), Row(3, 32, "Scotland"), Row(1, 8, "Wales"),
             Row(2, 12, area="Fife"), Row(1, 20, area="Powys")]  # fmt: skip
    assert [row.area for row in shown_rows(small, nation_of) if row.area] == []
