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
    assert rules.retry_at(attempt, queued_at=T, at=T) == T + timedelta(minutes=minutes)


def test_it_is_given_up_after_72_hours():
    last = T + timedelta(hours=71)
    assert rules.retry_at(9, queued_at=T, at=last) == T + timedelta(hours=72)
    assert rules.retry_at(9, queued_at=T, at=last + timedelta(seconds=1)) is None


@given(st.integers(-3, 1000), st.integers(0, 100))
def test_a_retry_is_later_and_never_beyond_the_limit(attempt, hours):
    at = T + timedelta(hours=hours)
    again = rules.retry_at(attempt, queued_at=T, at=at)
    assert again is None or at < again <= T + rules.GIVE_UP_AFTER


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


@pytest.mark.parametrize(
    ("reply", "dead"),
    [
        ("550 5.1.1 no such user", True),
        ("550 5.1.2 bad domain", True),
        ("556 5.1.10 null MX", True),
        ("550 5.1.8 bad sender", False),
        ("550 5.7.1 policy", False),
        ("552 5.2.2 full", False),
        ("550 15.1.1.9 nonsense", False),
        ("550 no such user", False),
    ],
)
def test_only_a_reply_about_the_address_buries_a_reader(reply, dead):
    assert rules.recipient_is_dead(reply) is dead
