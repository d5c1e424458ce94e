"""Parts by nation, sector and area: none under ten is shown, nor one that a sum would give away."""

from dataclasses import dataclass

import pytest

from monitor.usage.intervals import Share
from monitor.usage.splits import is_shown, mostly_noise, splits


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
        "Read these with care: the differences are no more than chance would make. With 29 services, "
        "the share of Northern Ireland is known to within about 16 points either way."
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
    assert none.sentence == "No area has enough services to be shown."


def test_crossed_parts_and_those_of_others_are_left_out():
    rows = [*NATIONS, Row(1, 20, "Wales", "NHS"), Row(1, 20, "Wales", slug="abc")]
    assert [split.by for split in splits(rows, "cos", 1.0)] == ["nation"]
    assert splits(rows, "vipp", 1.0) == []


@pytest.mark.parametrize(
    ("row", "shown"),
    [(Row(1, 9, "Wales"), False), (Row(1, 10, "Wales"), True), (Row(1, 9), True), (Row(None, None, "Wales"), True)],
)  # fmt: skip
def test_what_may_leave_the_house(row, shown):
    assert is_shown(row) is shown


def test_one_part_alone_differs_from_nothing():
    assert mostly_noise([Share(3, 10)])
