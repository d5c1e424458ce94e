"""English in sentences: what Hypothesis can hold, and the edges of days and hours in the UK."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kernel.language import english


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "2 July 2026, 00:30"),  # summer time
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "31 December 2026, 23:59"),
        (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            "25 October 2026, 01:30",
        ),  # told twice that day
    ],
)
def test_moments_are_told_in_uk_time(moment, said):
    assert english.moment(moment) == said
    assert english.day(moment) == said.partition(",")[0]


def test_a_recent_time_is_told_by_the_uks_calendar():
    now = datetime(2026, 7, 2, 5, 0, tzinfo=UTC)
    assert english.lately(now - timedelta(hours=5), now) == "today, 01:00"
    assert english.lately(now - timedelta(hours=7), now) == "yesterday, 23:00"
    assert english.lately(now - timedelta(days=2), now) == "30 June 2026, 06:00"


def test_months_of_dates_and_of_moments():
    assert english.month(date(2026, 2, 1)) == "February 2026"
    assert english.month(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "July 2026"


@given(st.lists(st.text("abc", min_size=1), max_size=6))
def test_a_list_holds_every_word_in_order_and_one_and(words):
    said = english.listed(words)
    assert said.count(" and ") == (len(words) > 1)
    assert said.replace(" and ", ", ").split(", ") == (words or [""])
    assert english.either(words) == said.replace(" and ", " or ")


@given(st.sets(st.integers(1, 10), max_size=10))
def test_ranks_name_the_first_and_the_last_rank_possible(possible):
    said = english.ranks(sorted(possible), 10)
    assert said.startswith(english.ordinal(min(possible)) if possible else "")
    assert said.endswith(" of 10") == bool(possible)


@pytest.mark.parametrize(
    ("rank", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
     (101, "101st"), (111, "111th")],
)  # fmt: skip
def test_ordinals(rank, said):
    assert english.ordinal(rank) == said


def test_counts_with_their_nouns():
    assert english.plural(0, "paper") == "0 papers"
    assert english.plural(1, "study", "studies") == "1 study"
    assert english.studies((1, 1)) == "1 study"
    assert english.studies((0, 1)) == "0–1 studies"
    assert [english.number(n) for n in (0, 10, 11, 1200)] == ["none", "ten", "11", "1,200"]
