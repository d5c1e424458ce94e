"""What in a result as reported is hard to believe, and so is asked. Pure; refuses nothing.

The numbers are data: ``catalogue/plausible.toml``, each with its reason. What contradicts itself is
refused elsewhere (``effects``); what is only unlikely may be true, and a person says so.
"""

import math

from monitor.catalogue.shapes.methods import Plausible
from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.effects import Effect, by_people
from monitor.evidence.synthesis.results import Result

_RATIOS = frozenset({EffectType.OR, EffectType.RR})
_WITH_INTERVAL = frozenset({EffectType.SMD, EffectType.MD}) | _RATIOS
_MOST_DIGITS = 15  # that a decimal number keeps


def doubts(result: Result, effect: Effect, limits: Plausible) -> tuple[str, ...]:
    """Say what is hard to believe of a result and its effect, each as a sentence without its end.

    Says the same of a result and of its mirror image, and nothing of a direction alone.
    """
    if result.effect_type is EffectType.DIRECTION:
        return ()
    sentences = (
        _too_large(effect, limits),
        _off_centre(result, limits),
        _too_sure(result, effect, limits),
    )
    return tuple(sentence for sentence in sentences if sentence)


def _too_large(effect: Effect, limits: Plausible) -> str:
    if effect.yi is None or abs(effect.yi) <= limits.largest_effect:
        return ""
    return (
        f"it comes to a standardised mean difference of {effect.yi:.3g}, beyond "
        f"{limits.largest_effect:g} (is a standard error given as an SD, or a decimal point wrong?)"
    )


def _off_centre(result: Result, limits: Plausible) -> str:
    estimate, low, high = result.effect, result.ci_low, result.ci_high
    if estimate is None or low is None or high is None:
        return ""
    if result.effect_type not in _WITH_INTERVAL:
        return ""
    scale, unit = (_log if result.effect_type in _RATIOS else float), _unit(estimate, low, high)
    half = (scale(high) - scale(low)) / 2
    least, most = (
        (scale(low + way * unit / 2) + scale(high + way * unit / 2)) / 2 for way in (-1, 1)
    )
    below, above = (scale(estimate + way * unit / 2) for way in (-1, 1))
    apart = max(below - most, least - above)
    if not apart > limits.off_centre * half:
        return ""
    of = "as ratios go, " if result.effect_type in _RATIOS else ""
    return (
        f"{of}{estimate:g} is not in the middle of its interval, {low:g} to {high:g} "
        "(is a number mistyped, or of another result?)"
    )


def _too_sure(result: Result, effect: Effect, limits: Plausible) -> str:
    if effect.yi is None or effect.vi is None or result.n_i is None or result.n_c is None:
        return ""
    if result.events_i is not None:  # of few or many events, the people say little of the variance
        return ""
    allowed = by_people(effect.yi, result.n_i, result.n_c)
    if effect.vi >= limits.least_variance * allowed:
        return ""
    given, usual = math.sqrt(effect.vi), math.sqrt(allowed)
    return (
        f"its standard error comes to {given:.2g}, where {result.n_i + result.n_c:,} people give "
        f"about {usual:.2g} (is the interval of another result, or its p?)"
    )


def _unit(*numbers: float) -> float:
    """Give the last digit printed, as the number with most of them has it."""
    return 10.0 ** -max(_decimals(number) for number in numbers)


def _decimals(number: float) -> int:
    said = f"{number:.{_MOST_DIGITS}g}"
    if "e" in said:
        return _MOST_DIGITS
    return len(said.partition(".")[2])


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
