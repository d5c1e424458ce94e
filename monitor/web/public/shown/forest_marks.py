"""The geometry of a forest plot: where a value stands, how large a square is. Pure; holds no words."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.pooling import Pool

WIDTH = 230.0  # of a plot, in its own units
FUNNEL_HEIGHT = 150.0
Z = 1.959963984540054
_EDGE = 8.0  # kept free at either end, for arrows
_BOUNDS = (1.0, 1.5, 2.0, 3.0)
_FINE = 1.5  # up to here a tick each half
_PER_CENT = 100
_SMALLEST, _LARGEST = 5.0, 14.0  # sides of a square


@dataclass(frozen=True, slots=True)
class ForestMark:
    """A line from ``low`` to ``high`` with its middle ``at``, all in the plot's units.

    ``cut_low`` and ``cut_high``: it goes on outside. ``side`` is a study's square's.
    """

    low: float
    high: float
    at: float | None
    cut_low: bool
    cut_high: bool
    side: float = 0.0

    @property
    def outside(self) -> bool:
        """Whether all of it lies outside, so that an arrow is all there is to draw."""
        return self.low == self.high and (self.cut_low or self.cut_high)


@dataclass(frozen=True, slots=True)
class Scale:
    """From ``-bound`` to ``bound`` standard deviations; the band is what is too small to matter."""

    bound: float
    delta: float
    width: float = WIDTH
    edge: float = _EDGE

    @classmethod
    def holding(cls, ends: Iterable[float], delta: float) -> "Scale":
        """Choose the smallest scale that holds all of these; what no scale holds gets an arrow."""
        farthest = max((abs(end) for end in ends), default=0.0)
        return cls(next((b for b in _BOUNDS if farthest <= b), _BOUNDS[-1]), delta)

    @property
    def ticks(self) -> tuple[float, ...]:
        """The values written on the axis."""
        step = 0.5 if self.bound <= _FINE else 1.0
        count = int(self.bound / step)
        return tuple(step * n for n in range(-count, count + 1))

    def at(self, value: float) -> float:
        """Place a value; one outside stands at the edge."""
        inside = min(max(value / self.bound, -1.0), 1.0)
        return self.width / 2 + inside * (self.width / 2 - self.edge)

    def span(self, low: float, high: float, middle: float | None = None) -> ForestMark:
        """Place an interval."""
        return ForestMark(
            low=self.at(low),
            high=self.at(high),
            at=None if middle is None else self.at(middle),
            cut_low=low < -self.bound,
            cut_high=high > self.bound,
        )

    def study(self, index: Index, weight: float | None) -> ForestMark | None:
        """Place a study's estimate; its square's area grows with its weight. None: no size known."""
        if index.yi is None or index.vi is None:
            return None
        mark = self.span(*ends(index.yi, index.vi), index.yi)
        side = _SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt((weight or 0.0) / _PER_CENT)
        return ForestMark(mark.low, mark.high, mark.at, mark.cut_low, mark.cut_high, side)

    def pool(self, pool: Pool) -> ForestMark | None:
        """Place a pooled estimate; None: studies were not pooled."""
        if pool.estimate is None or pool.ci_low is None or pool.ci_high is None:
            return None
        return self.span(pool.ci_low, pool.ci_high, pool.estimate)


@dataclass(frozen=True, slots=True)
class Funnel:
    """Each study's place by its estimate and its standard error; the lines around the estimate."""

    dots: tuple[tuple[float, float], ...]
    middle: float
    left: float
    right: float
    largest: float  # standard error, at the foot


def funnel(
    pool: Pool | None, index: Sequence[Index], scale: Scale, *, at_least: int
) -> Funnel | None:
    """Lay out a funnel plot; None: there are too few studies to read one, or no estimate."""
    sized = [study for study in index if study.vi is not None]
    if len(sized) < at_least or pool is None or pool.estimate is None:
        return None
    errors = [math.sqrt(study.vi or 0.0) for study in sized]
    largest, middle = max(errors), pool.estimate
    dots = tuple(
        (scale.at(study.yi or 0.0), FUNNEL_HEIGHT * error / largest)
        for study, error in zip(sized, errors, strict=True)
    )
    half = Z * largest
    return Funnel(dots, scale.at(middle), scale.at(middle - half), scale.at(middle + half), largest)


def ends(estimate: float, variance: float) -> tuple[float, float]:
    """Give a study's own 95 % interval."""
    half = Z * math.sqrt(variance)
    return estimate - half, estimate + half
