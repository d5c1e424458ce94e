"""The rules of the proof: sets of keys compared, months that neither overlap nor leave a day."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.completeness import proof
from monitor.feeds.completeness.proof import Stretch
from monitor.feeds.records import Listing
from monitor.feeds.watermarks import Query
from monitor.kernel.errors import SourceFault

QUERY = Query("vipp", "a", "vipp")
KEYS = st.frozensets(st.sampled_from("abcdefgh"))
DAYS = st.dates(date(1999, 1, 1), date(2032, 12, 31))


@given(listed=KEYS, older=KEYS, held=KEYS, aside=KEYS)
def test_every_key_is_in_its_place(listed, older, held, aside):
    found = proof.compare(Listing(QUERY, listed, older), held, set_aside=aside)
    assert found.wanted == {key for key in listed if key not in older and key not in held}
    assert found.missed == found.wanted - aside
    assert found.vanished == {key for key in held if key not in listed}
    assert (found.listed, found.held) == (len(listed), len(held))
    assert found.older == len(listed & older)
    assert found.alarm is None


@given(listed=KEYS, older=KEYS, held=KEYS)
def test_after_fetching_what_is_wanted_nothing_is(listed, older, held):
    listing = Listing(QUERY, listed, older)
    wanted = proof.compare(listing, held).wanted
    assert proof.compare(listing, held | wanted).wanted == frozenset()
    assert held <= held | wanted, "nothing that is held is ever given up"


@given(listed=KEYS, held=KEYS, before=st.integers(0, 40))
def test_a_fall_by_half_marks_nothing_and_still_finds_what_is_missed(listed, held, before):
    found = proof.compare(Listing(QUERY, listed), held, before=before)
    fell = before > 0 and (not listed or (before >= 10 and len(listed) <= before / 2))
    assert (found.alarm is SourceFault.FEWER_IDS) == fell
    assert found.wanted == listed - held
    if fell:
        assert found.vanished == frozenset()


@pytest.mark.parametrize(
    ("times", "days", "gone"),
    [(3, 7, True), (2, 30, False), (30, 6.99, False), (4, 8, True), (0, 0, False)],
)
def test_a_key_is_gone_after_three_times_over_seven_days(times, days, gone):
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert proof.is_gone(times, at - timedelta(days=days), at) is gone


@given(DAYS, DAYS)
def test_months_hold_every_day_exactly_once(first, last):
    cut = list(proof.months(first, last))
    if first > last:
        assert cut == []
        return
    assert cut[0].first == first
    assert cut[-1].last == last
    for earlier, later in itertools.pairwise(cut):
        assert later.first == earlier.last + timedelta(days=1)
        assert later.first.day == 1
    for one in cut:
        assert one.first <= one.last
        assert (one.first.year, one.first.month) == (one.last.year, one.last.month)


def test_leap_days_years_and_single_days():
    ends = [one.last for one in proof.months(date(2023, 12, 31), date(2024, 3, 1))]
    assert ends == [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 1)]
    assert list(proof.months(date.max, date.max)) == [Stretch(date.max, date.max)]


@given(DAYS, DAYS, st.lists(st.tuples(DAYS, DAYS), max_size=4))
def test_a_stretch_is_covered_only_by_one_that_holds_all_its_days(first, last, done):
    stretch = Stretch(min(first, last), max(first, last))
    stretches = [Stretch(min(pair), max(pair)) for pair in done]
    assert proof.covered(stretch, [*stretches, stretch])
    expected = any(one.first <= stretch.first <= stretch.last <= one.last for one in stretches)
    assert proof.covered(stretch, stretches) == expected
