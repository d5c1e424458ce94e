"""Pools effects of several studies: common effect, or random effects by REML. Pure.

Sources: Cochrane Handbook 10.10; Viechtbauer 2005 (doi 10.3102/10769986030003261) for REML;
Hartung and Knapp 2001 (doi 10.1002/sim.1009), truncated after Röver 2015
(doi 10.1186/s12874-015-0091-1); prediction interval on k - 1 degrees of freedom as metafor's.
Held to metafor's own answers by ``tests/evidence``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.catalogue.methods import SynthesisPolicy

if TYPE_CHECKING:  # heavy; wanted only where there is a pool
    import numpy as np
    from numpy.typing import NDArray

_Z = 1.959963984540054
_STEPS = 500
_CLOSE = 1e-10


class Method(StrEnum):
    """How studies were put together."""

    ONE = "one study"
    COMMON = "common effect"
    APART = "not pooled"
    RANDOM = "REML, truncated Knapp-Hartung"
    UNMODIFIED = "REML, Hartung-Knapp"


@dataclass(frozen=True, slots=True)
class Pool:
    """A pooled estimate with its 95 % interval; ``pi`` where a new setting's effect may lie.

    ``i2`` is in per cent. Everything but ``k`` and ``q_p`` is None where studies are not pooled.
    """

    k: int
    method: Method
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    pi_low: float | None = None
    pi_high: float | None = None
    tau2: float | None = None
    i2: float | None = None
    q_p: float | None = None


def pool(yi: Sequence[float], vi: Sequence[float], policy: SynthesisPolicy) -> Pool:
    """Pool as the policy says: by how many studies there are, and whether they disagree.

    Raises:
        ValueError: there is no study, or a variance is not above 0.
    """
    y, v = _arrays(yi, vi)
    k = len(y)
    if k == 1:
        estimate, half = float(y[0]), _Z * math.sqrt(v[0])
        return Pool(1, Method.ONE, estimate, estimate - half, estimate + half)
    _, q_p = heterogeneity(y, v)
    if k >= policy.random_effects_from:
        return random_effects(yi, vi, truncated=True)
    if q_p < policy.disagreement_p:
        return Pool(k, Method.APART, q_p=q_p)
    return common_effect(yi, vi)


def common_effect(yi: Sequence[float], vi: Sequence[float]) -> Pool:
    """Pool by inverse variance, with the Wald interval.

    Raises:
        ValueError: there is no study, or a variance is not above 0.
    """
    y, v = _arrays(yi, vi)
    weights = 1 / v
    estimate = float(weights @ y / weights.sum())
    half = _Z * float(weights.sum()) ** -0.5
    if len(y) == 1:
        return Pool(1, Method.COMMON, estimate, estimate - half, estimate + half, tau2=0.0, i2=0.0)
    q, q_p = heterogeneity(y, v)
    i2 = 100 * max(0.0, 1 - (len(y) - 1) / q) if q else 0.0
    return Pool(
        len(y), Method.COMMON, estimate, estimate - half, estimate + half, None, None, 0.0, i2, q_p
    )


def random_effects(yi: Sequence[float], vi: Sequence[float], *, truncated: bool) -> Pool:
    """Pool by REML with the Hartung-Knapp interval.

    Truncated, the interval is never narrower than Wald's; unmodified it can be, and with two
    studies means nothing: it never decides a sentence.

    Raises:
        ValueError: there are fewer than two studies, or a variance is not above 0.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy; wanted only where there is a pool

    y, v = _arrays(yi, vi)
    k = len(y)
    if k < 2:  # noqa: PLR2004 - one study has no spread between studies
        raise ValueError("random effects need two studies or more")
    tau2 = _reml(y, v)
    weights = 1 / (v + tau2)
    estimate = float(weights @ y / weights.sum())
    scale = float(weights @ (y - estimate) ** 2) / (k - 1)
    variance = (max(1.0, scale) if truncated else scale) / float(weights.sum())
    t = float(stdtrit(k - 1, 0.975))
    half, further = t * math.sqrt(variance), t * math.sqrt(variance + tau2)
    typical = (k - 1) / _p_trace(1 / v)
    return Pool(
        k,
        Method.RANDOM if truncated else Method.UNMODIFIED,
        estimate,
        estimate - half,
        estimate + half,
        estimate - further,
        estimate + further,
        tau2,
        100 * tau2 / (tau2 + typical),
        heterogeneity(y, v)[1],
    )


def heterogeneity(y: "NDArray[np.float64]", v: "NDArray[np.float64]") -> tuple[float, float]:
    """Cochran's Q, and how likely one at least as large is among studies of one effect."""
    from scipy.special import chdtrc  # noqa: PLC0415 - heavy; wanted only where there is a pool

    weights = 1 / v
    mean = weights @ y / weights.sum()
    q = float(weights @ (y - mean) ** 2)
    return q, float(chdtrc(len(y) - 1, q))


def _arrays(
    yi: Sequence[float], vi: Sequence[float]
) -> tuple["NDArray[np.float64]", "NDArray[np.float64]"]:
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a pool

    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if not len(y) or len(y) != len(v) or not np.isfinite(y).all():
        raise ValueError("a pool needs one effect and one variance for each study")
    if not (np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("every variance is above 0")
    return y, v


def _p_trace(weights: "NDArray[np.float64]") -> float:
    return float(weights.sum() - (weights**2).sum() / weights.sum())


def _reml(y: "NDArray[np.float64]", v: "NDArray[np.float64]") -> float:
    """The restricted likelihood's maximum, by Fisher scoring from both moment estimates.

    With few studies of unequal size it can have two peaks: the higher one is the answer.
    """
    weights = 1 / v
    mean = weights @ y / weights.sum()
    by_weight = float((weights @ (y - mean) ** 2 - (len(y) - 1)) / _p_trace(weights))
    by_spread = float(y.var(ddof=1) - v.mean())
    peaks = [_climb(y, v, max(0.0, start)) for start in (by_weight, by_spread)]
    return max(peaks, key=lambda tau2: _likelihood(y, v, tau2))


def _climb(y: "NDArray[np.float64]", v: "NDArray[np.float64]", tau2: float) -> float:
    for _ in range(_STEPS):
        following = max(0.0, tau2 + _scoring_step(y, v, tau2))
        if abs(following - tau2) < _CLOSE * (1 + tau2):
            return following
        tau2 = following
    return tau2


def _likelihood(y: "NDArray[np.float64]", v: "NDArray[np.float64]", tau2: float) -> float:
    """The restricted log-likelihood, without its constant."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    weights = 1 / (v + tau2)
    mean = weights @ y / weights.sum()
    parts = -np.log(weights).sum() + math.log(weights.sum()) + weights @ (y - mean) ** 2
    return -0.5 * float(parts)


def _scoring_step(y: "NDArray[np.float64]", v: "NDArray[np.float64]", tau2: float) -> float:
    w = 1 / (v + tau2)
    total, squares, cubes = w.sum(), (w**2).sum(), (w**3).sum()
    mean = w @ y / total
    trace = total - squares / total
    trace_of_square = squares - 2 * cubes / total + (squares / total) ** 2
    return float((w**2 @ (y - mean) ** 2 - trace) / trace_of_square)
