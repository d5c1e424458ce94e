"""On what terms a reader is told of a change: at once, in the next digest, or not. Pure.

Source: the method of findings, section 7. *Favours the comparison*, a lower tier, a retraction and
a correction are urgent: they interrupt. What else is news interrupts those who asked for news at
once, as far as their budget of interruptions goes and the change is of weight; what is held back
waits for the next digest. A study that only adds to a count is never news, and stands in a digest
that has news.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from monitor.catalogue.words import Direction, Label, Tier
from monitor.gap.states import State
from monitor.gap.wording import moved
from monitor.gap.words import ChangeKind
from monitor.kernel.language.uk import uk_day, uk_day_of
from monitor.notify.words import USUAL, Cadence, Kind

_TIERS = list(Tier)
_ADVERSE = frozenset({Direction.FAVOURS_COMPARISON, Direction.POSITIVE_THEN_COMPARISON})
_KIND = {
    ChangeKind.TIER: Kind.TIER,
    ChangeKind.SETTLED: Kind.TIER,
    ChangeKind.STUDIES: Kind.TIER,
    ChangeKind.DIRECTION: Kind.FINDINGS,
    ChangeKind.FINDINGS: Kind.FINDINGS,
    ChangeKind.CERTAINTY: Kind.FINDINGS,
    ChangeKind.GAP: Kind.GAP,
    ChangeKind.USE: Kind.USE,
}
_MAJOR = frozenset({ChangeKind.TIER, ChangeKind.DIRECTION, ChangeKind.GAP})
_MONTHS = {Cadence.AT_ONCE: 1, Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3}
_QUARTER = 3  # months
_HOUR = timedelta(hours=7)  # of the day that a digest is dated, in UK time: before work begins


class ChangeWeight(IntEnum):
    """How much a change matters: what interrupts, and what a subject tells of several."""

    ADDED = 0  # only a count moved
    MINOR = 1  # a label of what trials show, a certainty, use, whether the tier is settled
    MAJOR = 2  # the tier, the headline or the gap
    URGENT = 3  # a lower tier, the comparison favoured, a retraction, a correction


class Way(StrEnum):
    """How a reader is told."""

    AT_ONCE = "at once"
    HELD = "in the next digest"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a reader chose. ``budget``: interruptions a quarter at most; None: any number."""

    cadence: Cadence
    kinds: frozenset[Kind]
    budget: int | None = None


# Of readers of before there were digests: each change at once, as they asked for.
AS_BEFORE = Terms(Cadence.AT_ONCE, frozenset(USUAL))
# Of who begins without saying how often.
OF_NEW = Terms(Cadence.MONTHLY, frozenset(USUAL), 1)


@dataclass(frozen=True, slots=True)
class News:
    """One announcement as it concerns one reader.

    ``corrects``: it takes back, or puts back, what this reader was told.
    """

    weight: ChangeWeight
    kinds: frozenset[Kind]
    corrects: bool = False


def way(terms: Terms, news: News, spent: int) -> Way:
    """Say how a reader is told, who was interrupted ``spent`` times this quarter.

    Total. A correction passes everything; who was told is told.
    """
    if news.corrects:
        return Way.AT_ONCE
    if not news.kinds & terms.kinds:
        return Way.NOT
    if news.weight is ChangeWeight.URGENT:
        return Way.AT_ONCE
    return _may_wait(terms, news, spent)


def _may_wait(terms: Terms, news: News, spent: int) -> Way:
    if terms.cadence is not Cadence.AT_ONCE:
        return Way.HELD
    if terms.budget is None:
        return Way.AT_ONCE if news.weight > ChangeWeight.ADDED else Way.NOT
    within = news.weight is ChangeWeight.MAJOR and spent < terms.budget
    return Way.AT_ONCE if within else Way.HELD


def interrupts(terms: Terms, news: News) -> bool:
    """Tell whether news told at once is charged to the reader's budget."""
    return not news.corrects and news.weight is not ChangeWeight.URGENT and terms.budget is not None


def weight(
    before: State | None, after: State, kinds: Collection[str], *, retracted: bool = False
) -> ChangeWeight:
    """Weigh a change."""
    if retracted or (before is not None and (_lower(before, after) or _worse(before, after))):
        return ChangeWeight.URGENT
    if _MAJOR.intersection(kinds):
        return ChangeWeight.MAJOR
    return ChangeWeight.MINOR if set(kinds) - {ChangeKind.STUDIES} else ChangeWeight.ADDED


def kinds_of(kinds: Collection[str], *, retracted: bool = False) -> frozenset[Kind]:
    """Say as what a reader may have asked for a change."""
    told = {_KIND[ChangeKind(kind)] for kind in kinds}
    return frozenset(told | {Kind.RETRACTION} if retracted else told)


def quarter(moment: datetime) -> date:
    """Give the first day of the quarter in which a moment lies, in UK time."""
    return _first_of(uk_day_of(moment).date, _QUARTER)


def due_after(cadence: Cadence, moment: datetime) -> datetime:
    """Say when the first digest after a moment is due: of who is told at once, of what was held back.

    On a Monday, on the first of a month, or on that of January, April, July or October; at 07:00
    in the UK.

    >>> from datetime import UTC
    >>> due_after(Cadence.MONTHLY, datetime(2026, 3, 12, tzinfo=UTC)).isoformat()
    '2026-04-01T06:00:00+00:00'
    """
    today = uk_day_of(moment).date
    day = _last(cadence, today)
    while (due := uk_day(day).start + _HOUR) <= moment:
        day = _next(cadence, day)
    return due


def _last(cadence: Cadence, day: date) -> date:
    if cadence is Cadence.WEEKLY:
        return day - timedelta(days=day.weekday())
    return _first_of(day, _MONTHS[cadence])


def _next(cadence: Cadence, day: date) -> date:
    if cadence is Cadence.WEEKLY:
        return day + timedelta(days=7)
    # 32 days after the first of a month is in the next; so on for each month
    for _ in range(_MONTHS[cadence]):
        day = (day + timedelta(days=32)).replace(day=1)
    return day


def _first_of(day: date, months: int) -> date:
    return date(day.year, day.month - (day.month - 1) % months, 1)


def _lower(before: State, after: State) -> bool:
    return _TIERS.index(after.tier) < _TIERS.index(before.tier)


def _worse(before: State, after: State) -> bool:
    headline = after.direction in _ADVERSE and before.direction not in _ADVERSE
    labels: Sequence[Label] = [line.label for line in moved(before, after)]
    return headline or Label.COMPARISON in labels
