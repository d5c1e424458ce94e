"""How far true effects spread: the variance between studies, and whether there is any. Pure.

Sources: DerSimonian and Laird 1986 (doi 10.1016/0197-2456(86)90046-2); Hedges and Olkin 1985,
chapter 9; Viechtbauer 2005 (doi 10.3102/10769986030003261) for ML and REML by Fisher scoring.
"""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from monitor.evidence.synthesis.stacked import Array, Bodies

_STEPS = 500
_CLOSE = 1e-9
# By how much a step changes over a change of 1 in the spread, where steps are on their way to a peak:
# all of it (−1) where one more would be the last, less or more of it where scoring under- or overshoots.
_STEADY = (-2, -0.3)
# Bodies so small that a likelihood of several peaks is looked over on a grid: of shares of the
# sum of squares, from the first to the last in so many steps.
_FEW, _GRID = 30, (1e-7, 1, 32)


class Spread(StrEnum):
    """How the variance between studies is estimated; none: they share one effect."""

    NONE = "common effect"
    DL = "DerSimonian-Laird"
    HE = "Hedges"
    ML = "ML"
    REML = "REML"


def variance_between(bodies: Bodies, spread: Spread) -> Array:
    """Estimate the variance between studies of each body: τ²."""
    return _TAU2[spread](bodies)


def heterogeneity(bodies: Bodies) -> tuple[Array, Array]:
    """Cochran's Q of each body, and how likely one at least as large is among studies of one effect."""
    from scipy.special import chdtrc  # noqa: PLC0415 - heavy; wanted only where there is a pool

    weights = 1 / bodies.v
    mean = bodies.sums(weights * bodies.y) / bodies.sums(weights)
    q = bodies.sums(weights * bodies.about(mean).y ** 2)
    by_chance: Array = chdtrc((bodies.sizes - 1).clip(1), q)
    return q, by_chance


def p_trace(bodies: Bodies) -> Array:
    """Give what Q is expected to grow by with each unit of τ²: the trace of P (Viechtbauer 2005)."""
    weights = 1 / bodies.v
    total = bodies.sums(weights)
    return total - bodies.sums(weights**2) / total


def _none(bodies: Bodies) -> Array:
    import numpy as np  # noqa: PLC0415 - heavy; here already

    return np.zeros(len(bodies.sizes))


def by_weight(bodies: Bodies) -> Array:
    """Estimate τ² by moments, as DerSimonian and Laird do."""
    q, _ = heterogeneity(bodies)
    return ((q - (bodies.sizes - 1)) / p_trace(bodies)).clip(0)


def _by_spread(bodies: Bodies) -> Array:
    k = bodies.sizes
    return (_squares(bodies) / (k - 1) - bodies.sums(bodies.v) / k).clip(0)


def _squares(bodies: Bodies) -> Array:
    """Sum the squares of what lies between each effect and its body's plain mean."""
    return bodies.sums(bodies.about(bodies.sums(bodies.y) / bodies.sizes).y ** 2)


# Of bodies, and the variance of each study about its body's mean.
Step: TypeAlias = Callable[[Bodies, Array], Array]


def _highest(bodies: Bodies, step: Step, likelihood: Step) -> Array:
    """The likelihood's maximum, by Fisher scoring from the moment estimate.

    With few studies of unequal size it can have several peaks: the highest one is the answer.
    """
    centred = bodies.about(bodies.sums(bodies.y) / bodies.sizes)
    highest = _climb(centred, by_weight(centred), step)
    few = bodies.sizes <= _FEW
    if few.any():
        highest[few] = _highest_of_few(centred.only(few), highest[few], step, likelihood)
    return highest


def _highest_of_few(bodies: Bodies, peaks: Array, step: Step, likelihood: Step) -> Array:
    """Look for a higher peak than the one found: on a grid, then by scoring between its points."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    rows = np.arange(len(peaks))
    grid = np.append(0, np.geomspace(*_GRID))[:, None] * _squares(bodies)
    best = likelihood(bodies, bodies.v + bodies.each(grid)).argmax(axis=0)
    bounds = grid[(best - 1).clip(0), rows], grid[(best + 1).clip(max=len(grid) - 1), rows]
    between = _climb(bodies, grid[best, rows], step, bounds)
    height, other = likelihood(bodies, bodies.v + bodies.each(np.array([peaks, between])))
    return np.where(other > height, between, peaks)


def _climb(
    bodies: Bodies, start: Array, step: Step, bounds: tuple[Array, Array] | None = None
) -> Array:
    """Follow each body's steps to a peak; one beyond what is known to hold it goes half the way."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    tau2 = start.copy()
    low, high = bounds or (tau2 * 0 - 1, tau2 * 0 + math.inf)
    going, at = np.arange(len(tau2)), start
    before = tau2 * math.nan, tau2 * math.nan
    for _ in range(_STEPS):
        move = step(bodies, bodies.v + bodies.each(at))
        up = move > 0
        low, high = np.where(up, at, low), np.where(up, high, at)
        following = (at + _secant(at, move, *before)).clip(0)
        beyond = (following > high) | (following <= low)
        if beyond.any():
            following[beyond] = (low + high)[beyond].clip(0) / 2
        moved = abs(following - at) >= _CLOSE * (1 + at)
        before, at = (at, move), following
        if not moved.all():
            tau2[going] = at
            going, bodies, at = going[moved], bodies.only(moved), at[moved]
            before = before[0][moved], before[1][moved]
            low, high = low[moved], high[moved]
            if not len(going):
                return tau2
    tau2[going] = at
    return tau2


def _secant(at: Array, move: Array, last_at: Array, last_move: Array) -> Array:
    """Lengthen a step to where it and the one before say that the next would be nothing.

    Near a peak steps shrink by about the same share each time. Where they do not, or there is none
    before (its place is not a number), the step is as scoring has it.
    """
    import numpy as np  # noqa: PLC0415 - heavy; here already

    slope = (move - last_move) / (at - last_at)
    return np.where((slope > _STEADY[0]) & (slope < _STEADY[1]), -move / slope.clip(*_STEADY), move)


def _likelihood(bodies: Bodies, variances: Array) -> Array:
    """The log-likelihood of each body, without its constant."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    w = 1 / variances
    mean = bodies.sums(w * bodies.y) / bodies.sums(w)
    apart = w * (bodies.y - bodies.each(mean)) ** 2
    return -0.5 * bodies.sums(np.log(variances) + apart)


def _restricted(bodies: Bodies, variances: Array) -> Array:
    """The restricted log-likelihood of each body, without its constant."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    return _likelihood(bodies, variances) - 0.5 * np.log(bodies.sums(1 / variances))


def _step(bodies: Bodies, variances: Array) -> Array:
    total, squares, _, apart = _weighed(bodies, variances)
    return (apart - total) / squares


def _restricted_step(bodies: Bodies, variances: Array) -> Array:
    total, squares, cubes, apart = _weighed(bodies, variances)
    trace = total - squares / total
    trace_of_square = squares - 2 * cubes / total + (squares / total) ** 2
    return (apart - trace) / trace_of_square


def _weighed(bodies: Bodies, variances: Array) -> tuple[Array, Array, Array, Array]:
    """Sum w, w², w³ and w²(y - mean)² of each body."""
    w = 1 / variances
    square, about = w * w, w * bodies.y
    total = bodies.sums(w)
    squares, second, third = bodies.sums(square), bodies.sums(w * about), bodies.sums(about * about)
    mean = bodies.sums(about) / total
    apart = (third - 2 * mean * second + mean**2 * squares).clip(0)
    return total, squares, bodies.sums(square * w), apart


_TAU2: dict[Spread, Callable[[Bodies], Array]] = {
    Spread.NONE: _none,
    Spread.DL: by_weight,
    Spread.HE: _by_spread,
    Spread.ML: lambda bodies: _highest(bodies, _step, _likelihood),
    Spread.REML: lambda bodies: _highest(bodies, _restricted_step, _restricted),
}
