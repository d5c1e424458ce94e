"""What proves that nothing was missed: sets of keys compared, and the past cut into stretches.

Pure: no I/O, no clock. What to do about a difference is decided elsewhere; nothing is deleted.
"""

import calendar
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.feeds.records import Listing
from monitor.kernel.errors import SourceFault

# so many must have been listed before a fall by half says anything
_FEW = 10
# a key that is no longer listed is gone once it was missing so often, over so long
_GONE_TIMES = 3
_GONE_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KeyDifference:
    """What a source lists for a query against what is held for it.

    ``wanted`` must be held and is not; ``missed`` are those of them that were not set aside as
    unreadable before. ``vanished`` is held and no longer listed: empty where ``alarm`` says that
    the listing cannot be believed.
    """

    listed: int
    older: int
    held: int
    wanted: frozenset[str]
    missed: frozenset[str]
    vanished: frozenset[str]
    alarm: SourceFault | None


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Some days in a row, both ends included."""

    first: date
    last: date


def compare(
    listing: Listing,
    held: Collection[str],
    *,
    set_aside: Collection[str] = (),
    before: int | None = None,
) -> KeyDifference:
    """Compare a listing with the keys held; ``before`` is how many were listed last time.

    ``before`` is None where this very query was never compared.
    """
    known = frozenset(held)
    wanted = listing.expected - known
    alarm = SourceFault.FEWER_IDS if fell(len(listing.keys), before) else None
    return KeyDifference(
        listed=len(listing.keys),
        older=len(listing.keys & listing.older),
        held=len(known),
        wanted=wanted,
        missed=wanted.difference(set_aside),
        vanished=frozenset() if alarm else known - listing.keys,
        alarm=alarm,
    )


def fell(listed: int, before: int | None) -> bool:
    """Tell whether a source lists so much less than before that it cannot be believed.

    >>> fell(50, 100), fell(51, 100), fell(4, 9), fell(0, 1), fell(0, 0)
    (True, False, False, True, False)
    """
    if not before:
        return False
    return listed == 0 or (before >= _FEW and 2 * listed <= before)


def is_gone(times: int, since: datetime, at: datetime) -> bool:
    """Tell whether a key that is no longer listed counts as gone at the source."""
    return times >= _GONE_TIMES and at - since >= _GONE_AFTER


def months(first: date, last: date) -> Iterator[Stretch]:
    """Cut the days from ``first`` to ``last`` into calendar months, the oldest first.

    The first and the last may be parts of a month. Nothing where ``first`` is after ``last``.
    """
    while first <= last:
        end = min(last, first.replace(day=calendar.monthrange(first.year, first.month)[1]))
        yield Stretch(first, end)
        if end == last:
            return
        first = end + timedelta(days=1)


def covered(stretch: Stretch, done: Iterable[Stretch]) -> bool:
    """Tell whether one of the stretches that are done holds all days of this one."""
    return any(one.first <= stretch.first and stretch.last <= one.last for one in done)
