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

_Z = 1.959963984540054
_STEPS = 500
_CLOSE = 1e-10


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

    ``pi`` is None where studies share one effect; ``i2`` is in per cent; ``q_p`` is None with one
    study.
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
            a variance is not above 0.
    """
    y, v = arrays(yi, vi)
    k = len(y)
    if k == 1 and not (spread is Spread.NONE and interval is Interval.WALD):
        raise ValueError("random effects need two studies or more")
    tau2 = _TAU2[spread](y, v)
    weights = 1 / (v + tau2)
    estimate = float(weights @ y / weights.sum())
    scale = float(weights @ (y - estimate) ** 2) / (k - 1) if k > 1 else 1.0
    variance = _SCALE[interval](scale) / float(weights.sum())
    quantile = _quantile(interval, k)
    half, further = quantile * math.sqrt(variance), quantile * math.sqrt(variance + tau2)
    common = spread is Spread.NONE
    return Fit(
        k=k,
        spread=spread,
        interval=interval,
        estimate=estimate,
        ci_low=estimate - half,
        ci_high=estimate + half,
        pi_low=None if common else estimate - further,
        pi_high=None if common else estimate + further,
        tau2=tau2,
        i2=_i2(y, v, None if common else tau2),
        q_p=heterogeneity(y, v)[1] if k > 1 else None,
    )


def heterogeneity(y: Array, v: Array) -> tuple[float, float]:
    """Cochran's Q, and how likely one at least as large is among studies of one effect."""
    from scipy.special import chdtrc  # noqa: PLC0415 - heavy; wanted only where there is a pool

    weights = 1 / v
    mean = weights @ y / weights.sum()
    q = float(weights @ (y - mean) ** 2)
    return q, float(chdtrc(len(y) - 1, q))


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


_SCALE: dict[Interval, Callable[[float], float]] = {
    Interval.WALD: lambda _: 1.0,
    Interval.HARTUNG_KNAPP: lambda scale: scale,
    Interval.TRUNCATED: lambda scale: max(1.0, scale),
}


def _quantile(interval: Interval, k: int) -> float:
    if interval is Interval.WALD:
        return _Z
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy; wanted only where there is a pool

    return float(stdtrit(k - 1, 0.975))


def _i2(y: Array, v: Array, tau2: float | None) -> float:
    """The share of the variance that is between studies, in per cent (Higgins and Thompson 2002)."""
    k = len(y)
    if k == 1:
        return 0.0
    if tau2 is not None:
        typical = (k - 1) / _p_trace(1 / v)
        return 100 * tau2 / (tau2 + typical)
    q, _ = heterogeneity(y, v)
    return 100 * max(0.0, 1 - (k - 1) / q) if q else 0.0


def _p_trace(weights: Array) -> float:
    return float(weights.sum() - (weights**2).sum() / weights.sum())


def _by_weight(y: Array, v: Array) -> float:
    weights = 1 / v
    mean = weights @ y / weights.sum()
    return max(0.0, float((weights @ (y - mean) ** 2 - (len(y) - 1)) / _p_trace(weights)))


def _by_spread(y: Array, v: Array) -> float:
    return max(0.0, float(y.var(ddof=1) - v.mean()))


def _highest(
    y: Array,
    v: Array,
    step: Callable[[Array, Array, float], float],
    likelihood: Callable[[Array, Array, float], float],
) -> float:
    """The likelihood's maximum, by Fisher scoring from both moment estimates.

    With few studies of unequal size it can have two peaks: the higher one is the answer.
    """
    peaks = [_climb(y, v, start, step) for start in (_by_weight(y, v), _by_spread(y, v))]
    return max(peaks, key=lambda tau2: likelihood(y, v, tau2))


def _climb(y: Array, v: Array, tau2: float, step: Callable[[Array, Array, float], float]) -> float:
    for _ in range(_STEPS):
        following = max(0.0, tau2 + step(y, v, tau2))
        if abs(following - tau2) < _CLOSE * (1 + tau2):
            return following
        tau2 = following
    return tau2


def _likelihood(y: Array, v: Array, tau2: float) -> float:
    """The log-likelihood, without its constant."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    weights = 1 / (v + tau2)
    mean = weights @ y / weights.sum()
    return -0.5 * float(-np.log(weights).sum() + weights @ (y - mean) ** 2)


def _restricted(y: Array, v: Array, tau2: float) -> float:
    """The restricted log-likelihood, without its constant."""
    return _likelihood(y, v, tau2) - 0.5 * math.log((1 / (v + tau2)).sum())


def _step(y: Array, v: Array, tau2: float) -> float:
    w = 1 / (v + tau2)
    mean = w @ y / w.sum()
    return float((w**2 @ (y - mean) ** 2 - w.sum()) / (w**2).sum())


def _restricted_step(y: Array, v: Array, tau2: float) -> float:
    w = 1 / (v + tau2)
    total, squares, cubes = w.sum(), (w**2).sum(), (w**3).sum()
    mean = w @ y / total
    trace = total - squares / total
    trace_of_square = squares - 2 * cubes / total + (squares / total) ** 2
    return float((w**2 @ (y - mean) ** 2 - trace) / trace_of_square)


_TAU2: dict[Spread, Callable[[Array, Array], float]] = {
    Spread.NONE: lambda _y, _v: 0.0,
    Spread.DL: _by_weight,
    Spread.HE: _by_spread,
    Spread.ML: lambda y, v: _highest(y, v, _step, _likelihood),
    Spread.REML: lambda y, v: _highest(y, v, _restricted_step, _restricted),
}
