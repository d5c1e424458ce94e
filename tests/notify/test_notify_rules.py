from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.notify import rules

T = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempt", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 60), (60, 60)]
)
def test_each_wait_is_longer_up_to_an_hour(attempt, minutes):
    assert rules.retry_at(attempt, at=T) == T + timedelta(minutes=minutes)


def test_it_is_given_up_after_72_hours_of_tries():
    tries = next(n for n in range(1000) if rules.retry_at(n, at=T) is None)
    assert rules.tried_for(tries - 1) <= timedelta(hours=72) < rules.tried_for(tries)
    assert tries == 75


@given(st.integers(-3, 1000), st.integers(-9000, 9000))
def test_what_the_clock_says_ends_nothing(attempt, days):
    at = T + timedelta(days=days / 10)
    again = rules.retry_at(attempt, at=at)
    assert (again is None) is (rules.retry_at(attempt, at=T) is None)
    assert again is None or again > at


@given(st.integers(0, 200))
def test_tries_add_up(attempts):
    assert rules.tried_for(attempts + 1) - rules.tried_for(attempts) == rules.wait_after(
        attempts + 1
    )


@given(st.text(), st.integers(1, 400))
def test_plain_text_is_one_short_line_that_can_be_sent(text, limit):
    line = rules.plain(text, limit)
    assert len(line) <= limit
    assert line.isprintable() or all(c.isprintable() or not c.isspace() for c in line)
    assert len(line.splitlines()) <= 1
    line.encode("utf-8")
    assert rules.plain(line, limit) == line


@given(st.lists(st.characters(categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1))
def test_control_characters_never_survive(characters):
    line = rules.plain("a" + "".join(characters) + "b")
    assert set(line) <= set("ab \ufffd")


def test_emoji_and_hebrew_stay_and_the_override_goes():
    assert rules.plain("שלום 👩‍👧\u202e x") == "שלום 👩‍👧 x"
