"""Marks, formats and sentences: pure, for every state there can be."""

import doctest
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.loader import load
from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.feeds.records import Identifier
from monitor.gap.queries import InterventionState
from monitor.gap.rules import State
from monitor.web import formats
from monitor.web.public.states import figure, marks

ROOT = Path(__file__).resolve().parents[3]
TIERS = list(Tier)


def state(**known: object) -> State:
    facts: dict[str, object] = {
        "tier": Tier.WEAK,
        "tier_low": Tier.WEAK,
        "tier_high": Tier.WEAK,
        "settled": True,
        "direction": Direction.MIXED,
        "studies": (1, 2),
        "band": UsageBand.WIDE,
        "ranks": (1, 2, 3, 4),
        "out_of": 10,
        "usage_words": None,
        "kind": GapKind.UNDER_RESEARCHED,
        "sentence": "An invented sentence.",
    }
    return State(**{**facts, **known})  # type: ignore[arg-type]  # fields by name


@st.composite
def states(draw) -> State:
    low, high = sorted(
        draw(st.lists(st.sampled_from(TIERS), min_size=2, max_size=2)), key=TIERS.index
    )
    least = draw(st.integers(0, 40))
    return state(
        tier=draw(st.sampled_from([low, high])),
        tier_low=low,
        tier_high=high,
        settled=low is high,
        direction=draw(st.sampled_from(Direction)),
        studies=(least, least + draw(st.integers(0, 40))),
        band=draw(st.sampled_from(UsageBand)),
        kind=draw(st.sampled_from(GapKind)),
        ranks=tuple(sorted(draw(st.sets(st.integers(1, 10))))),
    )


@pytest.mark.parametrize(
    ("known", "boxes"),
    [
        ({"tier_low": Tier.STRONG, "tier_high": Tier.STRONG}, ("full", "full", "full")),
        (
            {"tier_low": Tier.INTERMEDIATE, "tier_high": Tier.INTERMEDIATE},
            ("full", "full", "empty"),
        ),
        ({}, ("full", "empty", "empty")),
        ({"studies": (0, 0)}, ("open", "empty", "empty")),
        ({"studies": (0, 1)}, ("full", "empty", "empty")),
        ({"tier_high": Tier.INTERMEDIATE}, ("full", "open", "empty")),
        ({"tier_low": Tier.INTERMEDIATE, "tier_high": Tier.STRONG}, ("full", "full", "open")),
    ],
)
def test_tier_boxes_are_those_of_the_specimen_sheet(known, boxes):
    assert marks.tier_boxes(state(**known)) == boxes


@given(st.sets(st.integers(1, 10)))
def test_a_box_is_filled_for_each_rank_still_possible(ranks):
    boxes = marks.rank_boxes(tuple(ranks), 10)
    assert len(boxes) == 10
    assert {10 - index for index, filled in enumerate(boxes) if filled} == ranks


def test_more_used_is_further_right():
    assert marks.rank_boxes((1,), 10).index(True) == 9
    assert marks.rank_boxes((10,), 10).index(True) == 0


@given(states())
def test_every_state_has_marks_and_words(any_state):
    assert len(marks.tier_boxes(any_state)) == 3
    marks.dots(any_state.direction)
    bars = marks.gap_bars(any_state)
    assert (bars is None) == (
        any_state.kind is GapKind.UNKNOWN
        or any_state.band in {UsageBand.UNKNOWN, UsageBand.BETWEEN}
    )
    for words in figure.parts(any_state).values():
        assert words
    meaning = figure.meaning(any_state)
    for words in (meaning.lead, meaning.buying, meaning.choosing):
        assert words.endswith(".")
    assert "works" not in meaning.lead
    assert figure.caution(any_state.tier)
    assert figure.gap_words(any_state, load().gap) or any_state.kind in {
        GapKind.UNDER_RESEARCHED,
        GapKind.UNKNOWN,
    }


@given(states(), states())
def test_comparing_shows_each_part_once_and_only_what_moved_as_moved(before, after):
    rows = figure.compare(before, after)
    assert [row.what for row in rows] == list(figure.parts(after))
    assert all(not row.moved for row in figure.compare(after, after))


def test_right_of_the_line_favours_it():
    right, left = marks.dots(Direction.FAVOURS), marks.dots(Direction.FAVOURS_COMPARISON)
    assert right[0][0] > 19 > left[0][0]
    assert marks.dots(Direction.NO_DIFFERENCE)[0][0] == 19
    assert marks.dots(Direction.NONE) == ()


def test_aligned_bars_end_level_and_gaps_do_not():
    aligned = marks.gap_bars(state(kind=GapKind.ALIGNED))
    assert aligned
    assert aligned[0] == aligned[1]
    evidence, use = marks.gap_bars(state()) or (0, 0)
    assert evidence < use
    lengths = [marks.gap_bars(state(tier=tier)) or (0, 0) for tier in TIERS]
    assert all(one[0] < other[0] for one, other in pairwise(lengths))


def test_nobody_is_told_to_buy_or_to_stop():
    for tier in TIERS:
        for direction in Direction:
            meaning = figure.meaning(state(tier=tier, direction=direction))
            told = f"{meaning.buying} {meaning.choosing}".lower()
            for order in ("you should", "must ", "stop using", "buy it", "recommend"):
                assert order not in told


def test_each_kind_of_gap_has_its_place_in_the_figure():
    catalogue = load()
    for kind in GapKind:
        entry = InterventionState("cos", "Name", "COS", state(kind=kind), None, None)
        (group,) = figure.groups([entry], catalogue.gap.kinds)
        assert group.kind is kind
        assert group.words == catalogue.gap.kinds[kind]


def environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    found.filters.update(formats.FILTERS)
    found.globals["marks"] = marks
    return found


@given(states())
def test_marks_are_hidden_from_screen_readers_and_have_no_inline_style(any_state):
    drawn = environment().from_string(
        '{% import "macros/marks.html" as draw %}{{ draw.wordmark() }}{{ draw.tier(s) }}'
        "{{ draw.direction(s.direction) }}{{ draw.ranks(s.ranks, s.out_of) }}{{ draw.gap(s) }}"
        "{{ draw.tier_words(s) }}"
    )
    text = drawn.render(s=any_state)
    assert text.count("<svg") == text.count('aria-hidden="true"') == text.count("</svg>")
    assert "style=" not in text
    assert any_state.tier.value in text.lower()


def test_the_words_of_formats():
    assert doctest.testmod(formats).failed == 0


def test_dates_are_in_uk_time():
    summer = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert formats.day(summer) == "1 July 2026"
    assert formats.iso(summer) == "2026-07-01"
    assert formats.month(summer) == "Jul 2026"
    assert formats.lately(summer, summer.replace(minute=45)) == "today, 00:30"
    assert formats.lately(summer, datetime(2026, 7, 2, 9, tzinfo=UTC)) == "yesterday, 00:30"
    assert formats.lately(summer, datetime(2026, 7, 9, 9, tzinfo=UTC)) == "1 July 2026, 00:30"
    assert formats.day(date(2026, 2, 24)) == "24 February 2026"


@given(st.dates(min_value=date(1990, 1, 1)))
def test_a_plain_date_is_itself(value):
    assert formats.day(value) == f"{value.day} {value:%B} {value.year}"


@given(st.sampled_from(["doi", "pmid", "pmcid", "nct", "isrctn", "other"]), st.text(min_size=1))
def test_identifiers_lead_to_their_own_site_only(scheme, value):
    found = formats.outward(Identifier(scheme, value))
    if scheme == "other":
        assert found is None
        return
    assert found
    assert found.startswith("https://")
    assert not set(found) & set(" \"'<>\\\n\t")
    assert "#" not in found
    assert "?" not in found


@given(st.sets(st.integers(1, 10), min_size=1))
def test_ranks_name_their_ends(possible):
    words = formats.ranks(sorted(possible), 10)
    assert formats.ordinal(min(possible)) in words
    assert formats.ordinal(max(possible)) in words
    assert words.endswith(" of 10")
