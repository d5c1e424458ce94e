"""Days of the UK: each hour of the year belongs to exactly one, also when the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kernel.errors import NotFound
from monitor.kernel.language.uk import hour, long_date, read_day, uk_day, uk_day_of

DATES = st.dates(date(2000, 1, 1), date(2099, 12, 31))
MOMENTS = st.integers(1, 50_000_000).map(
    lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@pytest.mark.parametrize(
    ("on", "start", "hours"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 29, 0, tzinfo=UTC), 23),
        (date(2026, 10, 25), datetime(2026, 10, 24, 23, tzinfo=UTC), 25),
        (date(2026, 7, 1), datetime(2026, 6, 30, 23, tzinfo=UTC), 24),
        (date(2026, 11, 23), datetime(2026, 11, 23, 0, tzinfo=UTC), 24),
    ],
)
def test_a_day_begins_and_ends_at_midnight_in_london(on, start, hours):
    day = uk_day(on)
    assert day.start == start
    assert day.end - day.start == timedelta(hours=hours)
    assert day.holds(day.start)
    assert not day.holds(day.end)


@given(MOMENTS)
def test_every_moment_lies_in_one_day(moment):
    day = uk_day_of(moment)
    assert day.holds(moment)
    assert not uk_day(day.date + timedelta(days=1)).holds(moment)
    assert not uk_day(day.date - timedelta(days=1)).holds(moment)


@given(DATES)
def test_days_follow_each_other_without_a_gap(on):
    assert uk_day(on).end == uk_day(on + timedelta(days=1)).start
    assert read_day(on.isoformat()) == on


@pytest.mark.parametrize(
    "written",
    [
        "",
        "abc",
        "2026-02-31",
        "0001-01-01",
        "9999-12-31",
        "1999-12-31",
        "20261120",
        "2026-W47-5",
        "2026-1-2",
        "2026-11-20 ",
        "2026-11-20\x00",
        "٢٠٢٦-١١-٢٠",
        "x" * 5000,
    ],
)
def test_what_is_no_day_is_refused(written):
    with pytest.raises(NotFound, match="2026-11-20"):
        read_day(written)


def test_times_are_written_as_the_uk_reads_them():
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert (long_date(late), hour(late)) == ("1 July 2026", "00:30")
    assert long_date(date(2026, 2, 24)) == "24 February 2026"
