"""What an effect as reported has to hold, and what its numbers may be. Pure.

Says in one sentence each what contradicts what, before anything is worked out from it.
"""

from collections.abc import Callable, Iterator

from monitor.catalogue.words import EffectType
from monitor.review.reading.model import Reading, ReadingResult, Reported

Fault = tuple[str, str]  # field, sentence

MAX_PEOPLE = 10_000_000  # in one group
# no paper prints more or less, and squared and divided they still are numbers
_LARGEST, _SMALLEST = 1e12, 1e-30

_RATIOS = frozenset({EffectType.OR, EffectType.RR})
_NEEDED = {
    EffectType.MEANS: ("mean_i", "sd_i", "mean_c", "sd_c", "n_i", "n_c"),
    EffectType.MD: ("effect", "n_i", "n_c"),
    EffectType.SMD: ("effect",),
    EffectType.TABLE: ("events_i", "n_i", "events_c", "n_c"),
    EffectType.OR: ("effect",),
    EffectType.RR: ("effect",),
}
_RANGES: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...] = (
    (("sd_i", "sd_c", "se"), lambda value: value > 0, "Has to be more than 0"),
    (("p",), lambda value: 0 <= value <= 1, "A p value lies between 0 and 1"),
    (("events_i", "events_c"), lambda value: value >= 0, "Has to be 0 or more"),
    (
        ("effect", "low", "high", "se", "mean_i", "sd_i", "mean_c", "sd_c"),
        lambda value: not value or _SMALLEST <= abs(value) <= _LARGEST,
        "This is too large or too small to be worked with: check it against the paper",
    ),
)
# asked of a direction alone too: its people are counted
_PEOPLE: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...] = (
    (("n_i", "n_c"), lambda value: value >= 1, "A group has 1 person or more"),
    (
        ("n_i", "n_c"),
        lambda value: value <= MAX_PEOPLE,
        f"A group has at most {MAX_PEOPLE:,} people",
    ),
)
_NO_WIDTH = (
    "Both ends are {end}, so nothing but the sign could be heard: give more digits, or leave the "
    "interval out and give the standard error, p, or the numbers analysed"
)
_SPREAD = {
    EffectType.MD: "the groups' SDs, an interval, a standard error or p",
    EffectType.SMD: "an interval, a standard error, p, or the numbers analysed",
    EffectType.OR: "an interval, a standard error, p, or the events",
    EffectType.RR: "an interval, a standard error, p, or the events",
}


def reported_problems(reading: Reading, result: ReadingResult) -> Iterator[Fault]:
    """List what is to be mended in a result's numbers, by the field of the form."""
    yield from number_problems(reading, result)
    if result.reported.type is not None and not result.reported.quote.strip():
        yield "quote", "Quote the sentence or the table's row that it rests on"


def number_problems(reading: Reading, result: ReadingResult) -> Iterator[Fault]:
    """List what keeps an effect from being worked out of a result's numbers."""
    told = result.reported
    if told.type is None:
        yield "type", "Choose what the paper gives; a direction alone is enough"
        return
    yield from _outside(told, _PEOPLE)
    if told.type is EffectType.DIRECTION:
        if told.direction not in {1, 0, -1}:
            yield "direction", "Say which group did better, or that neither did"
    else:
        yield from _missing(result)
        yield from _ranges(told)
        yield from _together(told)
        yield from _analysed(reading, result)


def _missing(result: ReadingResult) -> Iterator[Fault]:
    told = result.reported
    if told.type is None:
        return
    for name in _NEEDED.get(told.type, ()):
        if getattr(told, name) is None:
            yield name, "This number is needed; or give a direction only"
    if result.better is None:
        yield "better", "Say whether higher or lower is better"
    if told.type in _SPREAD and told.effect is not None and not _has_spread(told):
        yield "low", f"An effect needs {_SPREAD[told.type]}; or give a direction only"


def _has_spread(told: Reported) -> bool:
    if None not in {told.low, told.high} or told.se is not None or told.p is not None:
        return True
    match told.type:
        case EffectType.SMD:
            return told.n_i is not None and told.n_c is not None
        case EffectType.MD:
            return told.sd_i is not None and told.sd_c is not None
        case _:
            return told.events_i is not None and told.events_c is not None


def _outside(
    told: Reported, ranges: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...]
) -> Iterator[Fault]:
    for names, holds, sentence in ranges:
        for name in names:
            value = getattr(told, name)
            if value is not None and not holds(value):
                yield name, sentence


def _ranges(told: Reported) -> Iterator[Fault]:
    yield from _outside(told, _RANGES)
    if told.type in _RATIOS:
        for name in ("effect", "low", "high"):
            value = getattr(told, name)
            if value is not None and value <= 0:
                yield name, "A ratio is more than 0"
    yield from _events(told)


def _events(told: Reported) -> Iterator[Fault]:
    for arm in ("i", "c"):
        events, people = getattr(told, f"events_{arm}"), getattr(told, f"n_{arm}")
        if events is not None and people is not None and events > people:
            yield f"events_{arm}", f"{events:,} events cannot happen to {people:,} people"


def _together(told: Reported) -> Iterator[Fault]:
    if (told.low is None) != (told.high is None):
        yield ("high" if told.high is None else "low"), "Give both ends of the interval, or neither"
    if told.low is None or told.high is None:
        return
    if told.low > told.high:
        yield "low", f"The interval {told.low:g} to {told.high:g} runs backwards"
    elif told.low == told.high:
        yield "low", _NO_WIDTH.format(end=f"{told.low:g}")
    elif told.effect is not None and not told.low <= told.effect <= told.high:
        yield (
            "low",
            f"The interval {told.low:g} to {told.high:g} does not contain {told.effect:g}",
        )


def _analysed(reading: Reading, result: ReadingResult) -> Iterator[Fault]:
    for name, key in (("n_i", result.experimental), ("n_c", result.comparator)):
        arm, analysed = reading.arm(key), getattr(result.reported, name)
        if arm and arm.randomised and analysed and analysed > arm.randomised:
            yield name, f"{analysed:,} is more than the {arm.randomised:,} in that group"
