"""The sentence that answers "is anything missing?", for a source and for a day. Pure.

Never says "nothing new" of what is not proved, and repeats no text from upstream.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from monitor.feeds.completeness import verdicts
from monitor.feeds.completeness.verdicts import (
    NOBODY_ASKED,
    DayVerdict,
    Missing,
    ProofBasis,
    QueryReading,
    SourceFacts,
)
from monitor.kernel.language import english
from monitor.kernel.language.uk import UkDay, hour, long_date, uk_day_of

_NAMED = 3  # more are counted


class Seen(NamedTuple):
    """One day as it is looked at now."""

    day: UkDay
    now: datetime

    @property
    def is_today(self) -> bool:
        """Tell whether it goes on."""
        return self.day.holds(self.now)


def judge_source(day: UkDay, facts: SourceFacts, now: datetime) -> DayVerdict:
    """Answer for one source."""
    word = verdicts.of_source(day, facts, now)
    said = _ALWAYS.get(word) or _SOURCE[word](Seen(day, now), facts)
    return DayVerdict(word, said, verdicts.read_to(facts))


def judge_day(
    day: UkDay,
    sources: Sequence[tuple[SourceFacts, DayVerdict]],
    began: datetime | None,
    now: datetime,
) -> DayVerdict:
    """Answer for a whole day; ``began`` is when the service first had a source, None if never."""
    word = verdicts.of_day([verdict.word for _, verdict in sources])
    counted = [(facts, verdict) for facts, verdict in sources if verdict.word in verdicts.COUNTED]
    read = [verdict.read_to for _, verdict in counted]
    known = [moment for moment in read if moment is not None]
    return DayVerdict(
        word,
        _day_sentence(word, Seen(day, now), counted, began),
        min(known) if known and len(known) == len(read) else None,
    )


def _set_aside(seen: Seen, facts: SourceFacts) -> str:
    so_far = " so far" if seen.is_today else ""
    return f"Everything came{so_far}, but {english.plural(facts.set_aside, 'record')} could not be read."


def _missing(seen: Seen, facts: SourceFacts) -> str:
    lacking = [one for one in facts.readings if one.is_lacking(seen.day, seen.now)]
    count = english.plural(sum(one.unheld for one in lacking), "record")
    return f"It lists {count} that could not be fetched, for {_names(lacking)}."


def _suspected(seen: Seen, facts: SourceFacts) -> str:
    misread = [reading for reading in facts.readings if reading.is_misread(seen.day)]
    if misread:
        return (
            "Something may be missing: it reads the query in another way than before, "
            f"for {_names(misread)}."
        )
    doubtful = [reading for reading in facts.readings if reading.is_doubtful(seen.day)]
    if not doubtful and facts.uncompared_since:
        return (
            "Something may be missing: what it lists could not be compared with what we hold "
            f"since {_at(facts.uncompared_since)}."
        )
    return (
        f"Something may be missing: every item of {_names(doubtful)} was new, "
        "so others may have gone by unseen."
    )


def _not_known(seen: Seen, facts: SourceFacts) -> str:
    open_ = [
        reading
        for reading in facts.readings
        if verdicts.of_query(seen.day, reading, seen.now) is Missing.NOT_KNOWN
    ]
    if not open_:
        return "Not known yet: it was never read in full."
    if open_[0].basis is ProofBasis.FILE:
        return _no_export(open_[0])
    late = [reading for reading in open_ if _was_read_too_late(reading, seen.day)]
    if len(late) == len(open_):
        return (
            f"Not known: {_names(late)} {_was(late)} first read on {_at(_earliest(late))}, "
            "and a feed shows its latest items only."
        )
    return f"Not known yet: {_who(open_, facts)} {_was(open_)} {_last_read(open_, seen)}."


def _no_export(reading: QueryReading) -> str:
    if reading.position is None:
        return "Not known: no export of it was brought yet."
    return (
        f"Not known yet: the last export of it is of {long_date(reading.position)}, and nothing "
        "is known of what it took up since."
    )


def _nothing(seen: Seen, facts: SourceFacts) -> str:
    exported = [one.position for one in facts.readings if one.basis is ProofBasis.FILE]
    if exported and exported[0]:
        return f"An export of {long_date(exported[0])} was brought in whole: nothing is missing."
    return f"{_read(seen, facts)}: nothing is missing.{_first_readings(seen, facts)}"


def _so_far(seen: Seen, facts: SourceFacts) -> str:
    until = min(reading.looks[-1].at for reading in facts.readings if reading.looks)
    failed = _failing(facts)
    since = (
        f" Failed since, at {hour(_earliest_failure(failed))}; it is tried again." if failed else ""
    )
    good = _made_good(seen, facts)
    read = f"{good}; read in full" if good else "Read in full"
    return (
        f"{read} up to {hour(until)} today: nothing is missing up to then."
        f"{since}{_first_readings(seen, facts)}"
    )


_SOURCE: dict[Missing, Callable[[Seen, SourceFacts], str]] = {
    Missing.NOTHING: _nothing,
    Missing.SO_FAR: _so_far,
    Missing.SET_ASIDE: _set_aside,
    Missing.NOT_KNOWN: _not_known,
    Missing.SUSPECTED: _suspected,
    Missing.MISSING: _missing,
}
_ALWAYS = {
    Missing.OFF: "Switched off, so not asked.",
    Missing.BEFORE: "It was not there yet, so not asked.",
    Missing.FUTURE: "This day has not come yet.",
    Missing.BY_HAND: "Files that people brought: there is nothing to ask.",
}


def _day_sentence(
    word: Missing,
    seen: Seen,
    counted: Sequence[tuple[SourceFacts, DayVerdict]],
    began: datetime | None,
) -> str:
    on = long_date(seen.day.date)
    if word is Missing.FUTURE:
        return f"{on} has not come yet."
    if word is Missing.OFF:
        return f"No source was switched on on {on}."
    if word is Missing.BEFORE:
        return f"{on} was before the service began{f', on {long_date(began)}' if began else ''}."
    asked = _nobody(seen, counted) if word in {Missing.NOTHING, Missing.NOT_KNOWN} else ""
    return asked + _counted_sentence(word, seen, counted)


def _counted_sentence(
    word: Missing, seen: Seen, counted: Sequence[tuple[SourceFacts, DayVerdict]]
) -> str:
    on = long_date(seen.day.date)
    titles = [facts.title for facts, verdict in counted if verdict.word is word]
    if word is Missing.NOTHING:
        return _all_there(on, counted)
    if word is Missing.SO_FAR:
        return _all_there_so_far(counted)
    if word is Missing.SET_ASIDE:
        unread = english.plural(sum(facts.set_aside for facts, _ in counted), "record")
        so_far = "so far today" if seen.is_today else f"on {on}"
        return f"Everything came {so_far}, but {unread} from {_some(titles)} could not be read."
    if word is Missing.NOT_KNOWN:
        has = f"{_some(titles)} {'has' if len(titles) == 1 else 'have'} not been read in full"
        since = "today" if seen.is_today else f"since {on} ended"
        return f"Not known yet whether anything is missing: {has} {since}."
    if word is Missing.SUSPECTED:
        return f"Something may be missing from {_some(titles)} for {on}."
    return f"Records are missing from {_some(titles)}: listed there, and not held here."


def _all_there(on: str, counted: Sequence[tuple[SourceFacts, DayVerdict]]) -> str:
    mended = [facts.title for facts, _ in counted if any(one.failed for one in facts.readings)]
    if not mended:
        return f"Nothing is missing for {on}."
    return f"{_some(mended)} failed and {_was(mended)} made good: nothing is missing for {on}."


def _all_there_so_far(counted: Sequence[tuple[SourceFacts, DayVerdict]]) -> str:
    failing = [facts.title for facts, _ in counted if _failing(facts)]
    if not failing:
        return "Nothing is missing so far today, as last read from each source."
    has = "has" if len(failing) == 1 else "have"
    return f"Nothing is missing so far today, but {_some(failing)} {has} failed since."


def _failing(facts: SourceFacts) -> list[QueryReading]:
    """List the queries whose last failure of the day has not been made good."""
    return [one for one in facts.readings if one.failed and one.made_good() is None]


def _nobody(seen: Seen, counted: Sequence[tuple[SourceFacts, DayVerdict]]) -> str:
    """Say so where no source was asked all day; empty otherwise."""
    if any(facts.asked not in NOBODY_ASKED for facts, _ in counted):
        return ""
    when = "yet today" if seen.is_today else f"on {long_date(seen.day.date)}"
    return f"No source was asked {when}. "


def _read(seen: Seen, facts: SourceFacts) -> str:
    good = _made_good(seen, facts)
    if good:
        return good
    if facts.asked in NOBODY_ASKED:
        after = [reading.after.at for reading in facts.readings if reading.after]
        since = f" on {_at(max(after))}" if after else " since"
        return f"Not asked that day, and read in full{since}"
    return "Read in full to the end of the day"


def _made_good(seen: Seen, facts: SourceFacts) -> str:
    """Say what failed and was made good; empty where nothing was."""
    mended = [(reading, reading.made_good()) for reading in facts.readings if reading.failed]
    times = [moment for _, moment in mended if moment is not None]
    if not times:
        return ""
    failed = [reading for reading, moment in mended if moment is not None]
    some = f"{english.sentence(_who(failed, facts))} failed"
    who = "Failed" if len(failed) == len(facts.readings) else some
    good = max(times)
    when = f"at {hour(good)}" if seen.day.holds(good) else f"on {_at(good)}"
    return f"{who} at {hour(_earliest_failure(failed))}, made good {when}"


def _first_readings(seen: Seen, facts: SourceFacts) -> str:
    """Say which feeds were read for the first time that day: what they had shown is gone."""
    new = [
        reading
        for reading in facts.readings
        if reading.basis is ProofBasis.FEED and reading.first and seen.day.holds(reading.first)
    ]
    if not new:
        return ""
    return f" First read that day, so what was shown earlier is not known: {_names(new)}."


def _was_read_too_late(one: QueryReading, day: UkDay) -> bool:
    return one.basis is ProofBasis.FEED and one.first is not None and one.first >= day.end


def _last_read(open_: Sequence[QueryReading], seen: Seen) -> str:
    last = [reading.last for reading in open_ if reading.last is not None]
    never = len(open_) - len(last)
    if not last:
        return "never read in full"
    if never:
        return f"not read in full, {never} of them never"
    if min(last) >= (seen.day.start if seen.is_today else seen.day.end):
        if any(
            look.partial for reading in open_ for look in (*reading.looks, reading.after) if look
        ):
            return "only answered in part since, and will be asked again"
        return "read since, but the source’s own data do not go beyond that day yet"
    return f"last read in full {_in_words(min(last), seen)}"


def _in_words(moment: datetime, seen: Seen) -> str:
    same = uk_day_of(moment).date == uk_day_of(seen.now).date
    return f"today at {hour(moment)}" if same else f"on {_at(moment)}"


def _at(moment: datetime) -> str:
    return f"{long_date(moment)} at {hour(moment)}"


def _earliest(readings: Sequence[QueryReading]) -> datetime:
    return min(one.first for one in readings if one.first)


def _earliest_failure(readings: Sequence[QueryReading]) -> datetime:
    return min(one.failed[0] for one in readings)


def _who(some: Sequence[QueryReading], facts: SourceFacts) -> str:
    if some[0].basis is ProofBasis.SOURCE:
        return "it"
    if len(facts.readings) == 1:
        return some[0].name
    kind = "feeds" if some[0].basis is ProofBasis.FEED else "queries"
    named = f" ({_names(some)})" if len(some) <= _NAMED else ""
    return f"{len(some)} of {len(facts.readings)} {kind}{named}"


def _was(some: Sequence[object]) -> str:
    return "was" if len(some) == 1 else "were"


def _names(some: Sequence[QueryReading]) -> str:
    if len(some) > _NAMED:
        return (
            f"{english.listed([reading.name for reading in some[:_NAMED]])} "
            f"and {len(some) - _NAMED} more"
        )
    return english.listed([reading.name for reading in some])


def _some(titles: Sequence[str]) -> str:
    return (
        english.listed(titles) if len(titles) <= _NAMED else english.plural(len(titles), "source")
    )
