"""One model of all studies: how far true effects spread, their mean, and its interval. Pure.

Every estimator and interval here is metafor's (Viechtbauer 2010, doi 10.18637/jss.v036.i03), and
held to its own answers by ``tests/evidence``. Which of them a page uses, ``pooling`` decides.

Sources: DerSimonian and Laird 1986 (doi 10.1016/0197-2456(86)90046-2); Hedges and Olkin 1985,
chapter 9; Viechtbauer 2005 (doi 10.3102/10769986030003261) for ML and REML by Fisher scoring;
Hartung and Knapp 2001 (doi 10.1002/sim.1009), truncated after Röver 2015
(doi 10.1186/s12874-015-0091-1).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # numpy is heavy: imported only where there is a pool
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"
Places: TypeAlias = "NDArray[np.intp]"
Flags: TypeAlias = "NDArray[np.bool_]"

_Z = 1.959963984540054
_STEPS = 500
_CLOSE = 1e-9
_LEAST = 1e-300
# So many studies are worked with at a time: three times as many at once take twice as long each.
_NEAR = 30_000
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


class Interval(StrEnum):
    """How the interval of the mean is made; the truncated one is never narrower than Wald's."""

    WALD = "Wald"
    HARTUNG_KNAPP = "Hartung-Knapp"
    TRUNCATED = "truncated Knapp-Hartung"


@dataclass(frozen=True, slots=True)
class Bodies:
    """Bodies of studies, one after the other: every study's effect and variance, each body's size.

    A study of several bodies stands once in each. No body is empty.
    """

    y: Array
    v: Array
    sizes: Places

    def sums(self, values: Array) -> Array:
        """Add up a value of every study, body by body; along the last axis."""
        import numpy as np  # noqa: PLC0415 - heavy; here already

        summed: Array = np.add.reduceat(values, self.sizes.cumsum() - self.sizes, axis=-1)
        return summed

    def each(self, values: Array) -> Array:
        """Give every study what its body has; along the last axis."""
        return values.repeat(self.sizes, axis=-1)

    def only(self, wanted: Flags) -> "Bodies":
        """Leave out bodies."""
        own = wanted.repeat(self.sizes)
        return Bodies(self.y[own], self.v[own], self.sizes[wanted])

    def in_lots(self) -> "Iterator[Bodies]":
        """Give them so many at a time as a processor keeps near."""
        import numpy as np  # noqa: PLC0415 - heavy; here already

        ends = self.sizes.cumsum()
        _, first = np.unique(ends // _NEAR, return_index=True)
        for own in (slice(*pair) for pair in pairwise([*first.tolist(), None])):
            within = slice(ends[own][0] - self.sizes[own][0], ends[own][-1])
            yield Bodies(self.y[within], self.v[within], self.sizes[own])

    def about(self, means: Array) -> "Bodies":
        """Measure effects from a value of each body's own."""
        return Bodies(self.y - self.each(means), self.v, self.sizes)


# Not frozen: a recomputation makes a thousand.
@dataclass(slots=True)
class Fit:
    """A mean effect with its 95 % interval; ``pi``: where a new setting's effect may lie.

    ``pi`` is None where studies share one effect; ``i2`` is in per cent (Higgins and Thompson 2002);
    ``q_p`` is None with one study.
    """

    k: int
    spread: Spread
    interval: Interval
    estimate: float
    ci_low: float
    ci_high: float
    pi_low: float | None
    pi_high: float | None
    tau2: float
    i2: float
    q_p: float | None

    @property
    def method(self) -> str:
        """Both choices in words; Wald's interval of a common effect goes without saying."""
        if self.spread is Spread.NONE and self.interval is Interval.WALD:
            return self.spread.value
        return f"{self.spread}, {self.interval}"


def joined(bodies: Sequence[Bodies]) -> Bodies:
    """Put bodies one after the other: at least one of them."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    return Bodies(
        np.concatenate([one.y for one in bodies]),
        np.concatenate([one.v for one in bodies]),
        np.concatenate([one.sizes for one in bodies]),
    )


def fit(yi: Sequence[float], vi: Sequence[float], spread: Spread, interval: Interval) -> Fit:
    """Fit one mean to all studies.

    Raises:
        ValueError: there is no study, or one alone where a spread between studies is asked for; or
            a variance is not above 0; or they lie too far apart to be worked with.
    """
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a pool

    one = body(yi, vi)
    if len(one.y) == 1 and not (spread is Spread.NONE and interval is Interval.WALD):
        raise ValueError("random effects need two studies or more")
    with np.errstate(all="ignore"):
        found = fit_each(one, spread, interval)[0]
    if not all(map(math.isfinite, (found.ci_low, found.ci_high, found.tau2, found.i2))):
        raise ValueError("effects or variances lie too far apart to be worked with")
    return found


def fit_each(bodies: Bodies, spread: Spread, interval: Interval) -> list[Fit]:
    """Fit one mean to each of several bodies, in their order.

    A body's answer depends on its own studies alone. Bodies of one study are for a common effect
    with Wald's interval.
    """
    return [one for lot in bodies.in_lots() for one in _fit_lot(lot, spread, interval)]


def _fit_lot(bodies: Bodies, spread: Spread, interval: Interval) -> list[Fit]:
    k = bodies.sizes
    tau2 = _TAU2[spread](bodies)
    weights = 1 / (bodies.v + bodies.each(tau2))
    total = bodies.sums(weights)
    estimate = bodies.sums(weights * bodies.y) / total
    apart = bodies.sums(weights * bodies.about(estimate).y ** 2)
    variance = _SCALE[interval](apart / (k - 1).clip(1)) / total
    quantile = _quantile(interval, k)
    half, further = quantile * variance**0.5, quantile * (variance + tau2) ** 0.5
    q, q_p = heterogeneity(bodies)
    common = spread is Spread.NONE
    i2 = _i2_of_q(q, k) if common else 100 * tau2 / (tau2 + (k - 1) / _p_trace(bodies))
    columns = (k, estimate, half, further, tau2, i2, q_p)
    return [
        Fit(
            k=size,
            spread=spread,
            interval=interval,
            estimate=mean,
            ci_low=mean - reach,
            ci_high=mean + reach,
            pi_low=None if common else mean - wider,
            pi_high=None if common else mean + wider,
            tau2=between,
            i2=share,
            q_p=chance if size > 1 else None,
        )
        for size, mean, reach, wider, between, share, chance in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def heterogeneity(bodies: Bodies) -> tuple[Array, Array]:
    """Cochran's Q of each body, and how likely one at least as large is among studies of one effect."""
    from scipy.special import chdtrc  # noqa: PLC0415 - heavy; wanted only where there is a pool

    weights = 1 / bodies.v
    mean = bodies.sums(weights * bodies.y) / bodies.sums(weights)
    q = bodies.sums(weights * bodies.about(mean).y ** 2)
    by_chance: Array = chdtrc((bodies.sizes - 1).clip(1), q)
    return q, by_chance


def moved_by_each(bodies: Bodies) -> Array:
    """Say about how far the mean of REML moves without each study: by one step of scoring.

    Exact but for the spread: DerSimonian and Laird's of the whole body, and one step without each.
    """
    each, y = bodies.each, bodies.y
    tau2 = each(_by_weight(bodies))
    w = 1 / (bodies.v + tau2)
    sums = [each(bodies.sums(one)) for one in (w, w**2, w**3, w * y, w**2 * y, (w * y) ** 2)]
    total, squares, cubes, first, second, third = (
        whole - own
        for whole, own in zip(sums, (w, w**2, w**3, w * y, w**2 * y, (w * y) ** 2), strict=True)
    )
    mean = first / total
    apart = third + mean**2 * squares - 2 * mean * second
    trace = total - squares / total
    trace_of_square = squares - 2 * cubes / total + (squares / total) ** 2
    step = ((apart - trace) / trace_of_square).clip(-tau2)
    moved: Array = mean + (mean * squares - second) / total * step - sums[3] / sums[0]
    return moved


def body(yi: "Sequence[float] | Array", vi: "Sequence[float] | Array") -> Bodies:
    """Make one body of studies.

    Raises:
        ValueError: there is no study, or a variance is not above 0.
    """
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a pool

    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if not len(y) or len(y) != len(v) or not np.isfinite(y).all():
        raise ValueError("a pool needs one effect and one variance for each study")
    if not (np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("every variance is above 0")
    return Bodies(y, v, np.array([len(y)]))


_SCALE: dict[Interval, Callable[[Array], Array]] = {
    Interval.WALD: lambda scale: scale * 0 + 1,
    Interval.HARTUNG_KNAPP: lambda scale: scale,
    Interval.TRUNCATED: lambda scale: scale.clip(1),
}


def _quantile(interval: Interval, k: Places) -> "float | Array":
    if interval is Interval.WALD:
        return _Z
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy; wanted only where there is a pool

    quantile: Array = stdtrit(k - 1, 0.975)
    return quantile


def _i2_of_q(q: Array, k: Places) -> Array:
    """The share of the variance that is between studies, by how far Q is above what chance gives."""
    share: Array = 100 * (q - (k - 1)).clip(0) / q.clip(_LEAST)
    return share


def _p_trace(bodies: Bodies) -> Array:
    weights = 1 / bodies.v
    total = bodies.sums(weights)
    return total - bodies.sums(weights**2) / total


def _none(bodies: Bodies) -> Array:
    import numpy as np  # noqa: PLC0415 - heavy; here already

    return np.zeros(len(bodies.sizes))


def _by_weight(bodies: Bodies) -> Array:
    q, _ = heterogeneity(bodies)
    return ((q - (bodies.sizes - 1)) / _p_trace(bodies)).clip(0)


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
    highest = _climb(centred, _by_weight(centred), step)
    few = bodies.sizes <= _FEW
    if few.any():
        highest[few] = _highest_of_few(centred.only(few), highest[few], step, likelihood)
    return highest


def _highest_of_few(bodies: Bodies, found: Array, step: Step, likelihood: Step) -> Array:
    """Look for a higher peak than the one found: on a grid, then by scoring between its points."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    rows = np.arange(len(found))
    grid = np.append(0, np.geomspace(*_GRID))[:, None] * _squares(bodies)
    best = likelihood(bodies, bodies.v + bodies.each(grid)).argmax(axis=0)
    bounds = grid[(best - 1).clip(0), rows], grid[(best + 1).clip(max=len(grid) - 1), rows]
    between = _climb(bodies, grid[best, rows], step, bounds)
    height, other = likelihood(bodies, bodies.v + bodies.each(np.array([found, between])))
    return np.where(other > height, between, found)


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
    Spread.DL: _by_weight,
    Spread.HE: _by_spread,
    Spread.ML: lambda bodies: _highest(bodies, _step, _likelihood),
    Spread.REML: lambda bodies: _highest(bodies, _restricted_step, _restricted),
}
