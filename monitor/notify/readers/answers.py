"""When readers are asked whether it helped, how long they may answer, and what is shown of it. Pure.

What is shown never tells what one reader answered: an answer counts in public once nobody can change
it any more, by whole quarters, and what is broken down is of five answers at least.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.kernel.language.uk import uk_day
from monitor.notify.terms import quarter
from monitor.notify.words import Helped

ASKED_AFTER = timedelta(days=90)  # of what was told
# who could not be asked in time is not asked about what they no longer remember
NOT_AFTER = timedelta(days=120)
APART = timedelta(days=90)  # one reader is asked no more often
LEAST = 5  # answers that are broken down together
_MONTHS = 6  # of two quarters


@dataclass(frozen=True, slots=True)
class Totals:
    """What is shown: how many were asked and answered, and what the first ``of`` of them said.

    ``of`` 0: too few answered to say what.
    """

    asked: int
    answered: int
    of: int
    said: Mapping[Helped, int]


def last_day(asked_at: datetime) -> date:
    """Say until which day a question may be answered: the end of the quarter after the one of asking.

    >>> from datetime import UTC
    >>> last_day(datetime(2026, 11, 23, tzinfo=UTC)).isoformat()
    '2027-03-31'
    """
    first = quarter(asked_at)
    past = first.month - 1 + _MONTHS
    return date(first.year + past // 12, past % 12 + 1, 1) - timedelta(days=1)


def is_closed(asked_at: datetime, at: datetime) -> bool:
    """Tell whether a question can be answered no more."""
    return at >= uk_day(last_day(asked_at)).end


def totals(questions: Sequence[tuple[datetime, Helped | None]], at: datetime) -> Totals:
    """Count what may be shown of questions, each with when it was asked and what was answered.

    Only those closed count. Quarters are put together until five have answered; the rest waits.
    """
    closed = [(asked, answer) for asked, answer in questions if is_closed(asked, at)]
    by_quarter: dict[date, list[Helped]] = defaultdict(list)
    for asked, answer in sorted(closed, key=lambda question: question[0]):
        by_quarter[quarter(asked)] += [answer] if answer else []
    said: Counter[Helped] = Counter()
    batch: list[Helped] = []
    for answers in by_quarter.values():
        batch += answers
        if len(batch) >= LEAST:
            said.update(batch)
            batch = []
    answered = sum(answer is not None for _, answer in closed)
    return Totals(
        len(closed),
        answered,
        said.total(),
        {helped: said[helped] for helped in Helped} if said else {},
    )
