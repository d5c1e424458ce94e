"""One model of all studies: how far true effects spread, their mean, and its interval. Pure.

Every estimator and interval here is metafor's (Viechtbauer 2010, doi 10.18637/jss.v036.i03), and
held to its own answers by ``tests/evidence``. Which of them a page uses, ``pooling`` decides.

Sources: DerSimonian and Laird 1986 (doi 10.1016/0197-2456(86)90046-2); Hedges and Olkin 1985,
chapter 9; Viechtbauer 2005 (doi 10.3102/10769986030003261) for ML and REML by Fisher scoring;
Hartung and Knapp 2001 (doi 10.1002/sim.1009), truncated after Röver 2015
(doi 10.1186/s12874-015-0091-1).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # numpy is heavy: imported only where there is a pool
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"
Members: TypeAlias = "NDArray[np.bool_]"  # bodies × studies: which are whose

_Z = 1.959963984540054
_STEPS = 500
_CLOSE = 1e-9
_LEAST = 1e-300
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


def fit(yi: Sequence[float], vi: Sequence[float], spread: Spread, interval: Interval) -> Fit:
    """Fit one mean to all studies.

    Raises:
        ValueError: there is no study, or one alone where a spread between studies is asked for; or
            a variance is not above 0; or they lie too far apart to be worked with.
    """
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a pool

    y, v = arrays(yi, vi)
    if len(y) == 1 and not (spread is Spread.NONE and interval is Interval.WALD):
        raise ValueError("random effects need two studies or more")
    with np.errstate(all="ignore"):
        found = fit_each(y, v, np.ones((1, len(y)), dtype=bool), spread, interval)[0]
    if not all(map(math.isfinite, (found.ci_low, found.ci_high, found.tau2, found.i2))):
        raise ValueError("effects or variances lie too far apart to be worked with")
    return found


def fit_each(y: Array, v: Array, members: Members, spread: Spread, interval: Interval) -> list[Fit]:
    """Fit one mean to each of several bodies of the same studies: a row says which are its own.

    A body's answer depends on its own studies alone. Bodies of one study are for a common effect
    with Wald's interval.
    """
    k = _sums(members)
    tau2 = _TAU2[spread](y, v, members)
    weights = members / (v + tau2[:, None])
    total = _sums(weights)
    estimate = _sums(weights * y) / total
    apart = _sums(weights * (y - estimate[:, None]) ** 2)
    variance = _SCALE[interval](apart / (k - 1).clip(1)) / total
    quantile = _quantile(interval, k)
    half, further = quantile * variance**0.5, quantile * (variance + tau2) ** 0.5
    q, q_p = heterogeneity(y, v, members)
    common = spread is Spread.NONE
    i2 = _i2_of_q(q, k) if common else 100 * tau2 / (tau2 + (k - 1) / _p_trace(members / v))
    columns = (k, estimate, half, further, tau2, i2, q_p)
    return [
        Fit(
            k=int(size),
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


def heterogeneity(y: Array, v: Array, members: Members) -> tuple[Array, Array]:
    """Cochran's Q of each body, and how likely one at least as large is among studies of one effect."""
    from scipy.special import chdtrc  # noqa: PLC0415 - heavy; wanted only where there is a pool

    weights = members / v
    mean = _sums(weights * y) / _sums(weights)
    q = _sums(weights * (y - mean[..., None]) ** 2)
    by_chance: Array = chdtrc((_sums(members) - 1).clip(1), q)
    return q, by_chance


def moved_by_each(y: Array, v: Array) -> Array:
    """Say about how far the mean of REML moves without each study: by one step of scoring.

    Exact but for the spread: DerSimonian and Laird's of the whole body, and one step without each.
    """
    tau2 = float(_by_weight(y, v, (v > 0)[None, :])[0])
    w = 1 / (v + tau2)
    total, squares, cubes = w.sum() - w, (w**2).sum() - w**2, (w**3).sum() - w**3
    mean = ((w * y).sum() - w * y) / total
    apart = ((w * y) ** 2).sum() - (w * y) ** 2
    apart += mean**2 * squares - 2 * mean * ((w**2 * y).sum() - w**2 * y)
    trace = total - squares / total
    trace_of_square = squares - 2 * cubes / total + (squares / total) ** 2
    step = ((apart - trace) / trace_of_square).clip(-tau2)
    whole = (w * y).sum() / w.sum()
    slope = (mean * squares - ((w**2 * y).sum() - w**2 * y)) / total
    moved: Array = mean + slope * step - whole
    return moved


def arrays(yi: Sequence[float], vi: Sequence[float]) -> tuple[Array, Array]:
    """Give effects and variances as arrays.

    Raises:
        ValueError: there is no study, or a variance is not above 0.
    """
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a pool

    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if not len(y) or len(y) != len(v) or not np.isfinite(y).all():
        raise ValueError("a pool needs one effect and one variance for each study")
    if not (np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("every variance is above 0")
    return y, v


def _sums(rows: "Array | Members") -> Array:
    """Add up each row."""
    found: Array = rows.sum(axis=-1, dtype=float)
    return found


_SCALE: dict[Interval, Callable[[Array], Array]] = {
    Interval.WALD: lambda scale: scale * 0 + 1,
    Interval.HARTUNG_KNAPP: lambda scale: scale,
    Interval.TRUNCATED: lambda scale: scale.clip(1),
}


def _quantile(interval: Interval, k: Array) -> "float | Array":
    if interval is Interval.WALD:
        return _Z
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy; wanted only where there is a pool

    quantile: Array = stdtrit(k - 1, 0.975)
    return quantile


def _i2_of_q(q: Array, k: Array) -> Array:
    """The share of the variance that is between studies, by how far Q is above what chance gives."""
    share: Array = 100 * (q - (k - 1)).clip(0) / q.clip(_LEAST)
    return share


def _p_trace(weights: Array) -> Array:
    return _sums(weights) - _sums(weights**2) / _sums(weights)


def _none(_y: Array, _v: Array, members: Members) -> Array:
    return _sums(members) * 0.0


def _by_weight(y: Array, v: Array, members: Members) -> Array:
    q, _ = heterogeneity(y, v, members)
    return ((q - (_sums(members) - 1)) / _p_trace(members / v)).clip(0)


def _by_spread(y: Array, v: Array, members: Members) -> Array:
    k = _sums(members)
    mean = _sums(members * y) / k
    variance = _sums(members * (y - mean[..., None]) ** 2) / (k - 1)
    return (variance - _sums(members * v) / k).clip(0)


Step: TypeAlias = Callable[[Array, Array], Array]


def _highest(y: Array, v: Array, members: Members, step: Step, likelihood: Step) -> Array:
    """The likelihood's maximum, by Fisher scoring from the moment estimate.

    With few studies of unequal size it can have several peaks: the highest one is the answer.
    """
    highest = _climb(y, v, members, _by_weight(y, v, members), step)
    few = _sums(members) <= _FEW
    if few.any():
        highest[few] = _highest_of_few(y, v, members[few], highest[few], step, likelihood)
    return highest


def _highest_of_few(
    y: Array, v: Array, members: Members, found: Array, step: Step, likelihood: Step
) -> Array:
    """Look for a higher peak than the one found: on a grid, then by scoring between its points."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    rows = np.arange(len(members))
    most = _sums(members * (y - (members @ y / _sums(members))[:, None]) ** 2)
    grid = np.append(0, np.geomspace(*_GRID))[:, None] * most
    best = likelihood(y, _variances(v, members, grid)).argmax(axis=0)
    bounds = grid[(best - 1).clip(0), rows], grid[(best + 1).clip(max=len(grid) - 1), rows]
    between = _climb(y, v, members, grid[best, rows], step, bounds)
    height, other = likelihood(y, _variances(v, members, np.array([found, between])))
    return np.where(other > height, between, found)


def _variances(v: Array, members: Members, tau2: Array) -> Array:
    """The variance of each study about its body's mean; without end for those of other bodies."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    return np.where(members, v + tau2[..., None], math.inf)


def _climb(
    y: Array,
    v: Array,
    members: Members,
    start: Array,
    step: Step,
    bounds: tuple[Array, Array] | None = None,
) -> Array:
    """Follow each body's steps to a peak; one beyond what is known to hold it goes half the way."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    tau2, centred = start.copy(), y - y.mean()
    low, high = bounds or (tau2 * 0 - 1, tau2 * 0 + math.inf)
    within = np.where(members, v, math.inf)
    powers = np.array([y * 0 + 1, centred, centred**2]).T
    going, at = np.arange(len(tau2)), start
    for _ in range(_STEPS):
        move = step(powers, within + at[:, None])
        up = move > 0
        low, high = np.where(up, at, low), np.where(up, high, at)
        following = (at + move).clip(0)
        beyond = (following > high) | (following <= low)
        if beyond.any():
            following[beyond] = (low + high)[beyond].clip(0) / 2
        moved = abs(following - at) >= _CLOSE * (1 + at)
        at = following
        if not moved.all():
            tau2[going] = at
            going, within, at = going[moved], within[moved], at[moved]
            low, high = low[moved], high[moved]
            if not len(going):
                return tau2
    tau2[going] = at
    return tau2


def _likelihood(y: Array, variances: Array) -> Array:
    """The log-likelihood of each body, without its constant."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    w = 1 / variances
    mean = _sums(w * y) / _sums(w)
    logs = _sums(np.log(np.where(np.isinf(variances), 1, variances)))
    return -0.5 * (logs + _sums(w * (y - mean[..., None]) ** 2))


def _restricted(y: Array, variances: Array) -> Array:
    """The restricted log-likelihood of each body, without its constant."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    return _likelihood(y, variances) - 0.5 * np.log(_sums(1 / variances))


def _step(powers: Array, variances: Array) -> Array:
    total, squares, _, apart = _weighed(powers, variances)
    return (apart - total) / squares


def _restricted_step(powers: Array, variances: Array) -> Array:
    total, squares, cubes, apart = _weighed(powers, variances)
    trace = total - squares / total
    trace_of_square = squares - 2 * cubes / total + (squares / total) ** 2
    return (apart - trace) / trace_of_square


def _weighed(powers: Array, variances: Array) -> tuple[Array, Array, Array, Array]:
    """Sum w, w², w³ and w²(y - mean)² of each body. ``powers``: 1, y and y² of each study."""
    w = 1 / variances
    square = w * w
    total, first = (w @ powers[:, :2]).T
    squares, second, third = (square @ powers).T
    mean = first / total
    apart = (third - 2 * mean * second + mean**2 * squares).clip(0)
    return total, squares, _sums(square * w), apart


_TAU2: dict[Spread, Callable[[Array, Array, Members], Array]] = {
    Spread.NONE: _none,
    Spread.DL: _by_weight,
    Spread.HE: _by_spread,
    Spread.ML: lambda y, v, members: _highest(y, v, members, _step, _likelihood),
    Spread.REML: lambda y, v, members: _highest(y, v, members, _restricted_step, _restricted),
}
