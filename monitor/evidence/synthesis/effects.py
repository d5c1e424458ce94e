"""From a result as reported to a standardised mean difference and its variance. Pure.

Positive is better for the intervention. Sources: Cochrane Handbook 6.3, 6.5.2, 10.6 and 23.1;
Chinn 2000 (doi 10.1002/1097-0258(20001130)19:22<3127::AID-SIM784>3.0.CO;2-M) for ln OR·√3/π.
"""

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.results import Allocation, Result, check
from monitor.kernel.errors import InvalidInput

_Z = 1.96  # as intervals of 95 % are printed
_LOGIT = math.sqrt(3) / math.pi  # a log odds ratio times this is a standardised mean difference
_NORMAL = NormalDist()
# No paper prints a number beyond these; squared and divided they still are numbers.
_LARGEST, _SMALLEST = 1e12, 1e-30
_LEAST_P = 1e-300
_MOST = (
    1e6  # standard deviations; a variance of its square, or as far below 1, is no study's either
)
_SIZES = ("mean_i", "sd_i", "mean_c", "sd_c", "effect", "ci_low", "ci_high", "se", "cluster_size")


@dataclass(frozen=True, slots=True)
class Effect:
    """A standardised mean difference, its variance, and how the two were derived, in words.

    ``yi`` and ``vi`` are None for what is kept and shown but cannot be pooled; ``sign`` says
    which way it points all the same: 1 to the intervention, -1 to the comparison, 0 to neither.
    """

    yi: float | None
    vi: float | None
    sign: int
    derivation: str


def derive(result: Result, policy: SynthesisPolicy) -> Effect:
    """Derive a result's effect.

    Raises:
        InvalidInput: what is given contradicts itself or does not suffice; says what and why.
    """
    check(result)
    _check_sizes(result)
    if result.effect_type is not EffectType.DIRECTION:
        _check_interval(result)
    effect = _DERIVE[result.effect_type](result)
    if effect.vi is None:
        return effect
    if result.cluster_size is not None or result.allocation is Allocation.CLUSTER:
        return _with_clusters(effect, result, policy)
    return effect


def turned(effect: Effect) -> Effect:
    """The same effect, as the other arm sees it."""
    return replace(
        effect,
        yi=None if effect.yi is None else 0.0 - effect.yi,
        sign=-effect.sign,
        derivation=f"{effect.derivation}; turned: it stood in the comparison's arm",
    )


def _direction(result: Result) -> Effect:
    if result.effect not in (1, 0, -1):
        raise InvalidInput("effect: a direction alone is 1, 0 or -1")
    return Effect(None, None, int(result.effect) * result.benefit, "direction only")


def _smd(result: Result) -> Effect:
    estimate = _estimate(result)
    variance, how = _variance_of(estimate, result)
    return _effect(result, estimate, variance, f"SMD as reported, variance {how}")


def _md(result: Result) -> Effect:
    estimate = _estimate(result)
    n_i, n_c = _people(result, "a mean difference")
    if result.sd_i is not None and result.sd_c is not None:
        spread, how = _pooled_sd(result.sd_i, result.sd_c, n_i, n_c), "the arms' SDs"
    elif (se := _se(estimate, result)) is not None:
        spread, how = se[0] / math.sqrt(1 / n_i + 1 / n_c), f"the SD {se[1]}"
    else:
        raise InvalidInput("effect: a mean difference needs the arms' SDs, an interval, se or p")
    return _effect(
        result,
        estimate / spread * _small_sample(n_i, n_c),
        None,
        f"mean difference over {how}, Hedges' correction",
    )


def _means(result: Result) -> Effect:
    given = (result.mean_i, result.sd_i, result.mean_c, result.sd_c)
    if any(value is None for value in given):
        raise InvalidInput("mean_i, sd_i, mean_c, sd_c: all four are needed")
    mean_i, sd_i, mean_c, sd_c = (value or 0.0 for value in given)
    n_i, n_c = _people(result, "an effect of means")
    spread = _pooled_sd(sd_i, sd_c, n_i, n_c)
    d = (mean_i - mean_c) / spread * _small_sample(n_i, n_c)
    return _effect(result, d, None, "Hedges' g from means and SDs")


def _table(result: Result) -> Effect:
    log, variance, corrected = log_odds(result)
    how = "ln OR·√3/π from events"
    if corrected:
        how += ", ½ added to each cell because one is 0"
    return _effect(result, log * _LOGIT, variance * _LOGIT**2, how)


def log_odds(result: Result) -> tuple[float, float, bool]:
    """The log odds ratio from events, its variance, and whether ½ was added to each cell.

    Raises:
        InvalidInput: events or people are missing.
    """
    if result.events_i is None or result.events_c is None:
        raise InvalidInput("events_i, events_c: both are needed")
    n_i, n_c = _people(result, "an effect of events")
    cells = [result.events_i, n_i - result.events_i, result.events_c, n_c - result.events_c]
    corrected = 0 in cells
    a, b, c, d = (cell + 0.5 if corrected else float(cell) for cell in cells)
    return math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, corrected


def _odds_ratio(result: Result) -> Effect:
    if result.events_i is not None and result.events_c is not None and result.people:
        return _table(result)
    log = _log(result, "an odds ratio")
    se = _se(log, _logged(result))
    if se is not None:
        return _effect(
            result, log * _LOGIT, (se[0] * _LOGIT) ** 2, f"ln OR·√3/π as reported, se {se[1]}"
        )
    return _effect(result, log * _LOGIT, None, "ln OR·√3/π as reported")


def _risk_ratio(result: Result) -> Effect:
    if result.events_i is not None and result.events_c is not None and result.people:
        return _table(result)
    log = _log(result, "a risk ratio")
    sign = (log > 0) - (log < 0)
    return Effect(
        None, None, sign * result.benefit, "risk ratio as reported: not pooled without events"
    )


_DERIVE = {
    EffectType.SMD: _smd,
    EffectType.MD: _md,
    EffectType.MEANS: _means,
    EffectType.TABLE: _table,
    EffectType.OR: _odds_ratio,
    EffectType.RR: _risk_ratio,
    EffectType.DIRECTION: _direction,
}


def _effect(result: Result, estimate: float, variance: float | None, how: str) -> Effect:
    """Turn an estimate so that positive is better; its variance by people where none is given."""
    if variance is None:
        variance = by_people(estimate, *_people(result, "an effect without interval, se or p"))
        how += ", variance from the people of each arm" if "variance" not in how else ""
    yi = estimate * result.benefit + 0.0  # never -0
    if abs(yi) > _MOST or not 1 / _MOST**2 <= variance <= _MOST**2:
        said = f"a standardised mean difference of {yi:g} with variance {variance:g}"
        raise InvalidInput(f"effect: comes to {said}, which no study has: check the units")
    return Effect(yi, variance, (yi > 0) - (yi < 0), how)


def _with_clusters(effect: Effect, result: Result, policy: SynthesisPolicy) -> Effect:
    if result.cluster_size is None:
        return replace(effect, derivation=f"{effect.derivation}; clusters: their size is not given")
    icc = policy.default_icc if result.icc is None else result.icc
    inflation = 1 + (result.cluster_size - 1) * icc
    said = f"ICC {icc:g}" + (" assumed" if result.icc is None else "")
    return replace(
        effect,
        vi=(effect.vi or 0.0) * inflation,
        derivation=f"{effect.derivation}; variance × {inflation:.3g} for clusters ({said})",
    )


def _check_sizes(result: Result) -> None:
    for name in _SIZES:
        value = getattr(result, name)
        if value and not _SMALLEST <= abs(value) <= _LARGEST:
            raise InvalidInput(f"{name}: {value:g} is too large or too small to be worked with")


def _check_interval(result: Result) -> None:
    low, high, estimate = result.ci_low, result.ci_high, result.effect
    if low is None and high is None:
        return
    if low is None or high is None:
        raise InvalidInput("ci_low, ci_high: an interval has two ends")
    if low >= high:
        raise InvalidInput(f"ci_low: {low:g} is not below ci_high, {high:g}")
    if estimate is not None and not low <= estimate <= high:
        raise InvalidInput(
            f"effect: {estimate:g} lies outside its own interval, {low:g} to {high:g}"
        )


def _estimate(result: Result) -> float:
    if result.effect is None:
        raise InvalidInput("effect: is missing")
    return result.effect


def _log(result: Result, what: str) -> float:
    estimate = _estimate(result)
    if estimate <= 0 or (result.ci_low is not None and result.ci_low <= 0):
        raise InvalidInput(f"effect: {what} and its interval are more than 0")
    return math.log(estimate)


def _logged(result: Result) -> Result:
    if result.ci_low is None or result.ci_high is None:
        return result
    return replace(result, ci_low=math.log(result.ci_low), ci_high=math.log(result.ci_high))


def _variance_of(estimate: float, result: Result) -> tuple[float, str]:
    if (found := _se(estimate, result)) is not None:
        return found[0] ** 2, found[1]
    n_i, n_c = _people(result, "an effect without interval, se or p")
    return by_people(estimate, n_i, n_c), "from the people of each arm"


def _se(estimate: float, result: Result) -> tuple[float, str] | None:
    """The standard error as reported, or from interval or p; None where none of these says."""
    if result.ci_low is not None and result.ci_high is not None:
        return (result.ci_high - result.ci_low) / (2 * _Z), "from the interval"
    if result.se is not None:
        return result.se, "from se"
    # the least numbers there are have no half, and a p of 0 says only that it is small
    if result.p is not None and _LEAST_P < result.p < 1 and estimate:
        return abs(estimate) / -_NORMAL.inv_cdf(result.p / 2), "from p"
    return None


def _people(result: Result, what: str) -> tuple[int, int]:
    if result.n_i is None or result.n_c is None:
        raise InvalidInput(f"n_i, n_c: {what} needs the people of both arms")
    return result.n_i, result.n_c


def by_people(d: float, n_i: int, n_c: int) -> float:
    """Give the variance of a standardised mean difference that the people of both groups allow."""
    return (n_i + n_c) / (n_i * n_c) + d**2 / (2 * (n_i + n_c))


def _pooled_sd(sd_i: float, sd_c: float, n_i: int, n_c: int) -> float:
    if n_i + n_c <= 2:  # noqa: PLR2004 - one degree of freedom is the least
        raise InvalidInput("n_i, n_c: two people in all have no spread")
    return math.sqrt(((n_i - 1) * sd_i**2 + (n_c - 1) * sd_c**2) / (n_i + n_c - 2))


def _small_sample(n_i: int, n_c: int) -> float:
    """Hedges' correction (Handbook 6.5.2.2): 1 - 3 / (4·df - 1)."""
    return 1 - 3 / (4 * (n_i + n_c - 2) - 1)
