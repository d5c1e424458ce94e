"""Is anything of one day missing? The rule, from what was read and when. Pure: no I/O, no clock.

"Nothing is missing" is said only where every query has been read in full after the day had ended.
What is not proved is not known; it is never taken for quiet.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from monitor.kernel.language.uk import UkDay


class Missing(StrEnum):
    """Whether anything of one day is missing, in a word."""

    NOTHING = "nothing"
    SO_FAR = "nothing so far"  # the day goes on
    SET_ASIDE = "set aside"  # all came, and some could not be read
    NOT_KNOWN = "not known"
    SUSPECTED = "suspected"
    MISSING = "missing"
    OFF = "off"  # it was switched off
    BEFORE = "before"  # it was not there yet
    FUTURE = "future"
    BY_HAND = "by hand"  # nobody asks it


# of several, the worst counts
_BY_WEIGHT = (
    Missing.NOTHING,
    Missing.SO_FAR,
    Missing.SET_ASIDE,
    Missing.NOT_KNOWN,
    Missing.SUSPECTED,
    Missing.MISSING,
)
COUNTED = frozenset(_BY_WEIGHT)


class DayOfAsking(StrEnum):
    """How the asking of one source went on one day."""

    COMPLETE = "complete"  # the day's last poll got every answer
    PARTLY = "some queries failed"
    FAILED = "no full answer"
    RUNNING = "being asked"
    NOT_ASKED = "not asked"  # though it was due
    NOT_DUE = "not due"
    OFF = "switched off"
    ABSENT = "not there yet"
    FUTURE = "not come yet"
    BY_HAND = "by hand"  # people bring its files; nobody asks it


NOBODY_ASKED = frozenset({DayOfAsking.NOT_ASKED, DayOfAsking.NOT_DUE})


class ProofBasis(StrEnum):
    """What proves that a query was read."""

    SEARCH = "search"  # by date: its watermark
    FEED = "feed"  # its latest items: that readings overlapped
    SOURCE = "source"  # its queries differ from poll to poll: that a whole poll got every answer
    FILE = "file"  # that an export made since was brought in whole


class Look(NamedTuple):
    """One full reading. ``all_new``: every item of the feed was, so others may have gone by.

    ``partial``: a few of the records that were named did not come.
    """

    at: datetime
    unchanged: bool = False
    all_new: bool = False
    partial: bool = False


class QueryReading(NamedTuple):
    """How far one query has been read, seen from one day.

    ``position`` is its watermark's, None where it has none for the query's present text.
    ``looks`` are the day's full readings and ``failed`` its failures, in order. ``after`` is the
    first full reading once the day had ended; ``first`` and ``last`` those of all time.
    ``misread_since``: the source reads the query in another way since then. ``unheld``: how many
    records it listed at ``compared_at`` that are neither held nor could be fetched.
    """

    name: str
    basis: ProofBasis
    position: date | None = None
    looks: tuple[Look, ...] = ()
    failed: tuple[datetime, ...] = ()
    after: Look | None = None
    first: datetime | None = None
    last: datetime | None = None
    misread_since: datetime | None = None
    unheld: int = 0
    compared_at: datetime | None = None

    def is_read_through(self, day: UkDay) -> bool:
        """Tell whether it has been read in full since the day ended."""
        if self.basis is ProofBasis.SEARCH:
            reached = self.position is not None and self.position > day.date
            # a watermark that a wrong clock wrote proves nothing: it must have been read since
            since = self.last is not None and self.last >= day.end
            return (reached and since) or (self.after is not None and self.after.unchanged)
        if self.basis is ProofBasis.FILE:
            return self.position is not None and self.position > day.date
        begun = self.basis is ProofBasis.SOURCE or (self.first is not None and self.first < day.end)
        return begun and self.after is not None

    def is_read_on(self) -> bool:
        """Tell whether it was read in full during the day: all that the source showed by then."""
        return bool(self.looks) and not self.looks[-1].partial

    def is_doubtful(self, day: UkDay) -> bool:
        """Tell whether something may have gone by although it answered."""
        read = (*self.looks, self.after) if self.after else self.looks
        return any(look.all_new for look in read) or self.is_misread(day)

    def is_misread(self, day: UkDay) -> bool:
        """Tell whether the source reads the query in another way, as far as the day goes."""
        return self.misread_since is not None and self.misread_since < day.end

    def is_lacking(self, day: UkDay, now: datetime) -> bool:
        """Tell whether it listed, on this day or later, what is not held; today that is known."""
        if not self.unheld or self.compared_at is None:
            return False
        return self.compared_at >= day.start or day.holds(now)

    def made_good(self) -> datetime | None:
        """Tell when it was first read in full after the day's last failure."""
        looks = (*self.looks, self.after) if self.after else self.looks
        return next((look.at for look in looks if self.failed and look.at > self.failed[-1]), None)


class SourceFacts(NamedTuple):
    """What is known of one source on one day; ``set_aside`` counts what is still unread.

    ``uncompared_since``: since then what it lists could not be compared with what is held.
    """

    title: str
    asked: DayOfAsking
    readings: tuple[QueryReading, ...] = ()
    set_aside: int = 0
    uncompared_since: datetime | None = None


class DayVerdict(NamedTuple):
    """The answer to "is anything missing?", as a word and a sentence.

    ``read_to`` is when everything was last read in full; None where something never was.
    """

    word: Missing
    sentence: str
    read_to: datetime | None = None


_NEVER_COUNTED = {
    DayOfAsking.FUTURE: Missing.FUTURE,
    DayOfAsking.ABSENT: Missing.BEFORE,
    DayOfAsking.OFF: Missing.OFF,
    DayOfAsking.BY_HAND: Missing.BY_HAND,
}


def of_query(day: UkDay, reading: QueryReading, now: datetime) -> Missing:
    """Judge one query on one day."""
    if reading.is_lacking(day, now):
        return Missing.MISSING
    if reading.is_doubtful(day):
        return Missing.SUSPECTED
    if now >= day.end and reading.is_read_through(day):
        return Missing.NOTHING
    if day.holds(now) and reading.is_read_on():
        return Missing.SO_FAR
    return Missing.NOT_KNOWN


def of_source(day: UkDay, facts: SourceFacts, now: datetime) -> Missing:
    """Judge one source on one day: its worst query, and what could not be read."""
    if facts.asked in _NEVER_COUNTED and not _is_by_file(facts):
        return Missing.SET_ASIDE if facts.set_aside else _NEVER_COUNTED[facts.asked]
    words = [of_query(day, reading, now) for reading in facts.readings] or [Missing.NOT_KNOWN]
    words += [Missing.SET_ASIDE] if facts.set_aside else []
    return worst([*words, Missing.SUSPECTED] if facts.uncompared_since else words)


def _is_by_file(facts: SourceFacts) -> bool:
    """Tell whether somebody is asked for its exports: then a day without one is not known."""
    return any(reading.basis is ProofBasis.FILE for reading in facts.readings)


def of_day(words: Sequence[Missing]) -> Missing:
    """Judge a whole day by its sources; those that were off or not there do not count."""
    counted = [word for word in words if word in COUNTED]
    if counted:
        return worst(counted)
    return next((word for word in (Missing.FUTURE, Missing.OFF) if word in words), Missing.BEFORE)


def worst(words: Iterable[Missing]) -> Missing:
    """Give the worst of some words that count; there must be one."""
    return max(words, key=_BY_WEIGHT.index)


def read_to(facts: SourceFacts) -> datetime | None:
    """Tell when every query was last read in full; None where one never was."""
    last = [one.last for one in facts.readings]
    known = [moment for moment in last if moment is not None]
    return min(known) if known and len(known) == len(last) else None
