"""Parts by nation, sector and area: none under ten is shown, nor one that a sum would give away."""

from dataclasses import dataclass

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
