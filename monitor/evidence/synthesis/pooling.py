"""Pools effects of several studies as the policy says: common effect, or random effects. Pure.

Sources: Cochrane Handbook 10.10; the models themselves are ``fitting``'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.evidence.synthesis.fitting import Fit, IntervalMethod, fit, fit_each
from monitor.evidence.synthesis.spreads import Spread
from monitor.evidence.synthesis.stacked import Bodies, Flags, body


class Method(StrEnum):
    """How studies were put together."""

    ONE = "one study"
    COMMON = "common effect"
    APART = "not pooled"
    RANDOM = "REML, truncated Knapp-Hartung"
    UNMODIFIED = "REML, Hartung-Knapp"


# Not frozen: a recomputation makes a thousand.
@dataclass(slots=True)
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
    return pool_each(body(yi, vi), policy)[0]


def pool_each(bodies: Bodies, policy: SynthesisPolicy) -> list[Pool]:
    """Pool each of several bodies as the policy says, in their order: all are fitted together."""
    large = bodies.sizes >= policy.random_effects_from
    many = _fitted(bodies, large, Spread.REML, IntervalMethod.TRUNCATED)
    few = _fitted(bodies, ~large, Spread.NONE, IntervalMethod.WALD)
    return [
        _pool(next(many)) if is_large else _of_few(next(few), policy) for is_large in large.tolist()
    ]


def _fitted(bodies: Bodies, own: Flags, spread: Spread, interval: IntervalMethod) -> Iterator[Fit]:
    return iter(fit_each(bodies.only(own), spread, interval) if own.any() else ())


def _of_few(fitted: Fit, policy: SynthesisPolicy) -> Pool:
    if fitted.k == 1:
        return Pool(1, Method.ONE, fitted.estimate, fitted.ci_low, fitted.ci_high)
    if fitted.q_p is not None and fitted.q_p < policy.disagreement_p:
        return Pool(fitted.k, Method.APART, q_p=fitted.q_p)
    return _pool(fitted)


def common_effect(yi: Sequence[float], vi: Sequence[float]) -> Pool:
    """Pool by inverse variance, with the Wald interval.

    Raises:
        ValueError: there is no study, or a variance is not above 0.
    """
    return _pool(fit(yi, vi, Spread.NONE, IntervalMethod.WALD))


def random_effects(yi: Sequence[float], vi: Sequence[float], *, truncated: bool) -> Pool:
    """Pool by REML with the Hartung-Knapp interval.

    Truncated, the interval is never narrower than Wald's; unmodified it can be, and with two
    studies means nothing: it never decides a sentence.

    Raises:
        ValueError: there are fewer than two studies, or a variance is not above 0.
    """
    interval = IntervalMethod.TRUNCATED if truncated else IntervalMethod.HARTUNG_KNAPP
    return _pool(fit(yi, vi, Spread.REML, interval))


_METHODS = {
    (Spread.NONE, IntervalMethod.WALD): Method.COMMON,
    (Spread.REML, IntervalMethod.TRUNCATED): Method.RANDOM,
    (Spread.REML, IntervalMethod.HARTUNG_KNAPP): Method.UNMODIFIED,
}


def _pool(fitted: Fit) -> Pool:
    return Pool(
        k=fitted.k,
        method=_METHODS[fitted.spread, fitted.interval],
        estimate=fitted.estimate,
        ci_low=fitted.ci_low,
        ci_high=fitted.ci_high,
        pi_low=fitted.pi_low,
        pi_high=fitted.pi_high,
        tau2=fitted.tau2,
        i2=fitted.i2,
        q_p=fitted.q_p,
    )
