"""The geometry of the marks, from data; ``templates/macros/marks.html`` draws it. Holds no words.

A mark never stands alone: the words beside it say the same (design/README.md, "Principles").
"""

from collections.abc import Sequence
from datetime import date

from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.gap.rules import State
from monitor.usage.standing import WaveCount
from monitor.web.public.usage.use_words import ShareMark

FULL, OPEN, EMPTY = "full", "open", "empty"
_TIERS = list(Tier)
_STRIP = 10  # places on the strip, whatever a survey ranked, unless it says another number
_BIG, _SMALL = 4.5, 2.5
_LEFT, _LINE, _NEAR, _RIGHT = 7, 19, 25, 31  # right of the line favours the intervention
_DOTS: dict[Direction, tuple[tuple[int, float], ...]] = {
    Direction.FAVOURS: ((_RIGHT, _BIG),),
    Direction.GENERALLY_POSITIVE: ((_RIGHT, _BIG), (_LINE, _SMALL)),
    Direction.MIXED: ((_RIGHT, _BIG), (_LEFT, _BIG)),
    Direction.NO_DIFFERENCE: ((_LINE, _BIG),),
    Direction.FAVOURS_COMPARISON: ((_LEFT, _BIG),),
    Direction.NONE: (),
    Direction.BENEFIT: ((_RIGHT, _BIG),),
    Direction.PROBABLE: ((_RIGHT, _BIG),),
    Direction.SLIGHT: ((_NEAR, _BIG),),
    Direction.LITTLE: ((_LINE, _BIG),),
    Direction.DISAGREE: ((_RIGHT, _BIG), (_LEFT, _BIG)),
    # what was said to 2021 small, what trials since show large
    Direction.POSITIVE_THEN_LITTLE: ((_RIGHT, _SMALL), (_LINE, _BIG)),
    Direction.POSITIVE_THEN_COMPARISON: ((_RIGHT, _SMALL), (_LEFT, _BIG)),
    Direction.POSITIVE_THEN_DISAGREE: ((_RIGHT, _BIG), (_LEFT, _BIG)),
}
_LENGTH = {1: 16, 2: 30, 3: 44}  # of a gap bar, by tier or by use
LINE = 200  # the width of a line of time; a mark keeps its radius inside it
_DAY = 4
_USE = {UsageBand.LITTLE: 1, UsageBand.MIDDLE: 2, UsageBand.WIDE: 3}


def tier_boxes(state: State) -> tuple[str, ...]:
    """Fill one to three boxes; dashed where none is counted or where the tier is not settled."""
    if state.studies[1] == 0:
        return (OPEN, EMPTY, EMPTY)
    low, high = _TIERS.index(state.tier_low), _TIERS.index(state.tier_high)
    return tuple(FULL if i <= low else OPEN if i <= high else EMPTY for i in range(len(_TIERS)))


def rank_boxes(ranks: Sequence[int], out_of: int | None) -> tuple[bool, ...]:
    """Fill the boxes of the ranks still possible, from the last rank to the first."""
    possible = set(ranks)
    return tuple(rank in possible for rank in range(out_of or _STRIP, 0, -1))


def share(one: WaveCount, width: int) -> ShareMark:
    """Place a share that a state keeps on a line from 0 to 100%, ``width`` pixels long."""
    at = one.numerator / one.denominator
    return ShareMark(*(round(width * part, 1) for part in (one.low, at, one.high)))


def dots(direction: Direction) -> tuple[tuple[int, float], ...]:
    """Give centre and radius of each dot, in a box 38 wide with its line at 19."""
    return _DOTS[direction]


def as_direction(finding: str) -> Direction:
    """Give the direction that one study's finding, or its word, draws."""
    return Direction(finding)


def gap_bars(state: State) -> tuple[int, int] | None:
    """Give the lengths of the evidence bar and the use bar; None where either is not known."""
    if state.kind is GapKind.UNKNOWN or state.band not in _USE:
        return None
    if state.kind is GapKind.ALIGNED:
        return _LENGTH[2], _LENGTH[2]
    return _LENGTH[_TIERS.index(state.tier) + 1], _LENGTH[_USE[state.band]]


def years(spans: Sequence[tuple[date, date] | None]) -> tuple[int, int] | None:
    """Give the first and the last year of a line of time; None where nothing on it has a date."""
    known = [span for span in spans if span]
    if not known:
        return None
    return min(first.year for first, _ in known), max(last.year for _, last in known)


def on_line(
    span: tuple[date, date] | None, spans: Sequence[tuple[date, date] | None]
) -> tuple[float, float] | None:
    """Give where a day (both ends alike), or a year, lies on a line of whole years; None: no date.

    >>> year = (date(2020, 1, 1), date(2020, 12, 31))
    >>> on_line(year, [year])
    (4.0, 196.0)
    """
    scale = years(spans)
    if span is None or scale is None:
        return None
    start, end = date(scale[0], 1, 1).toordinal(), date(scale[1], 12, 31).toordinal()
    step = (LINE - 2 * _DAY) / (end - start)
    first, last = (round(_DAY + step * (day.toordinal() - start), 1) for day in span)
    return first, last
