"""When a registered trial is overdue: the line, and what is left unknown."""

import doctest
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Trial
from monitor.literature.linkage import overdue
from monitor.literature.linkage.overdue import JudgedTrial, TrialStanding, judge, months_since

TODAY = date(2026, 11, 23)
ENDED = Trial("completed", date(2020, 1, 31), date(2025, 11, 23))


def test_the_examples_hold():
    assert doctest.testmod(overdue).failed == 0


@pytest.mark.parametrize(
    ("trial", "standing", "months"),
    [
        (ENDED, TrialStanding.OVERDUE, 12),
        (replace(ENDED, completed=date(2025, 11, 24)), TrialStanding.UNPUBLISHED, 11),
        (replace(ENDED, has_results=True), TrialStanding.UNPUBLISHED, 12),
        (replace(ENDED, has_results=True, completed=date(2024, 11, 23)), TrialStanding.OVERDUE, 24),
        (replace(ENDED, completed_expected=True), TrialStanding.UNCONFIRMED, 12),
        (replace(ENDED, completed=TODAY), TrialStanding.UNPUBLISHED, 0),
        (replace(ENDED, completed=date(2026, 11, 24)), TrialStanding.RUNNING, None),
        (replace(ENDED, completed=None), TrialStanding.UNKNOWN, None),
        (replace(ENDED, status="Withdrawn"), TrialStanding.STOPPED, 12),
        (replace(ENDED, status="terminated", completed=None), TrialStanding.STOPPED, None),
        (replace(ENDED, status=None), TrialStanding.OVERDUE, 12),
    ],
)
def test_where_a_trial_stands(trial, standing, months):
    assert judge(trial, reported=False, today=TODAY) == JudgedTrial(standing, months)
    assert judge(trial, reported=True, today=TODAY).standing is TrialStanding.REPORTED


days = st.dates(date(1990, 1, 1), date(2040, 12, 31))
trials = st.builds(
    Trial,
    st.sampled_from([None, "completed", "recruiting", "unknown", "withdrawn"]),
    st.none() | days,
    st.none() | days,
    st.booleans(),
    st.none() | st.integers(0, 9999),
    st.none() | st.booleans(),
)


@given(trials, days, days)
def test_what_is_overdue_stays_so_until_it_is_reported(trial, one, other):
    earlier, later = sorted((one, other))
    if judge(trial, reported=False, today=earlier).standing is TrialStanding.OVERDUE:
        assert judge(trial, reported=False, today=later).standing is TrialStanding.OVERDUE
    assert judge(trial, reported=True, today=later).standing is TrialStanding.REPORTED


@given(trials, days)
def test_only_a_known_end_a_year_ago_is_overdue(trial, today):
    found = judge(trial, reported=False, today=today)
    if found.standing is TrialStanding.OVERDUE:
        assert trial.completed
        assert not trial.completed_expected
        assert (today - trial.completed).days >= 365
    assert found.months is None or found.months >= 0


@given(days, days)
def test_months_never_count_a_month_that_is_not_whole(then, today):
    months = months_since(then, today)
    assert months * 28 <= max(0, (today - then).days)
    assert (today - then).days < (months + 1) * 31 + 1
