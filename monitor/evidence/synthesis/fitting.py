"""One model of all studies: their mean effect, and its interval. Pure.

Every estimator and interval here and in ``spreads`` is metafor's (Viechtbauer 2010,
doi 10.18637/jss.v036.i03), and held to its own answers by ``tests/evidence``. Which of them a page
uses, ``pooling`` decides.

Sources: Hartung and Knapp 2001 (doi 10.1002/sim.1009), truncated after Röver 2015
(doi 10.1186/s12874-015-0091-1).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.evidence.synthesis.spreads import (
    Spread,
    by_weight,
    heterogeneity,
    p_trace,
    variance_between,
)
from monitor.evidence.synthesis.stacked import Array, Bodies, Places, body

_Z = 1.959963984540054
_LEAST = 1e-300


class IntervalMethod(StrEnum):
    """How the interval of the mean is made; the truncated one is never narrower than Wald's."""

    WALD = "Wald"
    HARTUNG_KNAPP = "Hartung-Knapp"
    TRUNCATED = "truncated Knapp-Hartung"


# Not frozen: a recomputation makes a thousand.
@dataclass(slots=True)
class Fit:
    """A mean effect with its 95 % interval; ``pi``: where a new setting's effect may lie.

    ``pi`` is None where studies share one effect; ``i2`` is in per cent (Higgins and Thompson 2002);
    ``q_p`` is None with one study.
    """

    k: int
    spread: Spread
    interval: IntervalMethod
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
        if self.spread is Spread.NONE and self.interval is IntervalMethod.WALD:
            return self.spread.value
        return f"{self.spread}, {self.interval}"


def fit(yi: Sequence[float], vi: Sequence[float], spread: Spread, interval: IntervalMethod) -> Fit:
    """Fit one mean to all studies.

    Raises:
        ValueError: there is no study, or one alone where a spread between studies is asked for; or
            a variance is not above 0; or they lie too far apart to be worked with.
    """
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a pool

    bodies = body(yi, vi)
    if len(bodies.y) == 1 and not (spread is Spread.NONE and interval is IntervalMethod.WALD):
        raise ValueError("random effects need two studies or more")
    with np.errstate(all="ignore"):
        fitted = fit_each(bodies, spread, interval)[0]
    if not all(map(math.isfinite, (fitted.ci_low, fitted.ci_high, fitted.tau2, fitted.i2))):
        raise ValueError("effects or variances lie too far apart to be worked with")
    return fitted


def fit_each(bodies: Bodies, spread: Spread, interval: IntervalMethod) -> list[Fit]:
    """Fit one mean to each of several bodies, in their order.

    A body's answer depends on its own studies alone. Bodies of one study are for a common effect
    with Wald's interval.
    """
    return [fitted for lot in bodies.in_lots() for fitted in _fit_lot(lot, spread, interval)]


def _fit_lot(bodies: Bodies, spread: Spread, interval: IntervalMethod) -> list[Fit]:
    k = bodies.sizes
    tau2 = variance_between(bodies, spread)
    weights = 1 / (bodies.v + bodies.each(tau2))
    total = bodies.sums(weights)
    estimate = bodies.sums(weights * bodies.y) / total
    apart = bodies.sums(weights * bodies.about(estimate).y ** 2)
    variance = _SCALE[interval](apart / (k - 1).clip(1)) / total
    quantile = _quantile(interval, k)
    half, further = quantile * variance**0.5, quantile * (variance + tau2) ** 0.5
    q, q_p = heterogeneity(bodies)
    common = spread is Spread.NONE
    i2 = _i2_of_q(q, k) if common else 100 * tau2 / (tau2 + (k - 1) / p_trace(bodies))
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


def moved_by_each(bodies: Bodies) -> Array:
    """Say about how far the mean of REML moves without each study: by one step of scoring.

    Exact but for the spread: DerSimonian and Laird's of the whole body, and one step without each.
    """
    each, y = bodies.each, bodies.y
    tau2 = each(by_weight(bodies))
    w = 1 / (bodies.v + tau2)
    sums = [each(bodies.sums(terms)) for terms in (w, w**2, w**3, w * y, w**2 * y, (w * y) ** 2)]
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


_SCALE: dict[IntervalMethod, Callable[[Array], Array]] = {
    IntervalMethod.WALD: lambda scale: scale * 0 + 1,
    IntervalMethod.HARTUNG_KNAPP: lambda scale: scale,
    IntervalMethod.TRUNCATED: lambda scale: scale.clip(1),
}


def _quantile(interval: IntervalMethod, k: Places) -> "float | Array":
    if interval is IntervalMethod.WALD:
        return _Z
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy; wanted only where there is a pool

    quantile: Array = stdtrit(k - 1, 0.975)
    return quantile


def _i2_of_q(q: Array, k: Places) -> Array:
    """The share of the variance that is between studies, by how far Q is above what chance gives."""
    share: Array = 100 * (q - (k - 1)).clip(0) / q.clip(_LEAST)
    return share
