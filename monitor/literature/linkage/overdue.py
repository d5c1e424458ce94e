"""Registered trials that have ended: reported, not published yet, or overdue. Pure.

The line is the WHO's joint statement of 2017 on the public disclosure of results from clinical
trials: results in the registry within 12 months of the primary completion, and in a journal within
24. What a registry does not say stays unknown, and an expected end is no end.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from monitor.feeds.records import Trial

OVERDUE_MONTHS = 12
JOURNAL_MONTHS = 24  # where the registry itself shows results
_MONTHS = 12  # of a year
# In the words of ClinicalTrials.gov and ISRCTN, folded.
_STOPPED = frozenset({"withdrawn", "terminated", "suspended", "stopped", "no longer available"})


class TrialStanding(StrEnum):
    """Where a registered trial stands; in the order in which they are shown."""

    OVERDUE = "overdue"
    UNPUBLISHED = "ended, not published yet"
    UNCONFIRMED = "should have ended, which the registry has not confirmed"
    RUNNING = "not ended yet"
    UNKNOWN = "end not known"
    STOPPED = "stopped early or withdrawn"
    REPORTED = "reported"


# Ended, and nothing but the registry, if that, shows results.
NOT_PUBLISHED = frozenset({TrialStanding.OVERDUE, TrialStanding.UNPUBLISHED})


@dataclass(frozen=True, slots=True)
class JudgedTrial:
    """Where a trial stands; ``months`` since its end, where it has ended."""

    standing: TrialStanding
    months: int | None = None


def judge(trial: Trial, *, reported: bool, today: date) -> JudgedTrial:
    """Say where a trial stands today. ``reported``: a person or a source linked a report to it."""
    ended = trial.completed
    months = months_since(ended, today) if ended and ended <= today else None
    if reported:
        return JudgedTrial(TrialStanding.REPORTED, months)
    if (trial.status or "").casefold() in _STOPPED:
        return JudgedTrial(TrialStanding.STOPPED, months)
    if ended is None:
        return JudgedTrial(TrialStanding.UNKNOWN)
    if months is None:
        return JudgedTrial(TrialStanding.RUNNING)
    if trial.completed_expected:
        return JudgedTrial(TrialStanding.UNCONFIRMED, months)
    line = JOURNAL_MONTHS if trial.has_results else OVERDUE_MONTHS
    return JudgedTrial(
        TrialStanding.OVERDUE if months >= line else TrialStanding.UNPUBLISHED, months
    )


def months_since(then: date, today: date) -> int:
    """Count the whole months between two days; 0 where ``then`` is still to come.

    >>> months_since(date(2025, 1, 31), date(2026, 1, 30)), months_since(date(2025, 1, 31), date(2026, 1, 31))
    (11, 12)
    """
    whole = (today.year - then.year) * _MONTHS + today.month - then.month
    return max(0, whole - (today.day < then.day))
