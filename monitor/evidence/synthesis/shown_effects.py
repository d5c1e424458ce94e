"""What is worked out of one result, as a form and a page show it. Pure."""

import math
from dataclasses import dataclass

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.evidence.synthesis.labels import in_words
from monitor.evidence.synthesis.of_readings import effect_of
from monitor.evidence.synthesis.pooling import pool
from monitor.kernel.errors import InvalidInput
from monitor.review.reading.model import Reading, ReadingResult

_Z = 1.96  # as intervals of 95 % are printed


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """A standardised mean difference for the group studied, with how it was derived.

    ``estimate``, ``low``, ``high`` and ``label`` are None where only a direction is known.
    ``refusal`` says why nothing can be worked out.
    """

    estimate: float | None
    low: float | None
    high: float | None
    variance: float | None
    sign: int | None
    derivation: str
    label: str | None
    refusal: str = ""


def shown(reading: Reading, result: ReadingResult, policy: SynthesisPolicy) -> ShownEffect | None:
    """Work out one result; None: nothing is reported yet."""
    if result.reported.type is None:
        return None
    try:
        effect = effect_of(reading, result, policy)
    except InvalidInput as error:
        return ShownEffect(None, None, None, None, None, "", None, refusal=str(error))
    if effect.yi is None or effect.vi is None:
        return ShownEffect(None, None, None, None, effect.sign, effect.derivation, None)
    half = _Z * math.sqrt(effect.vi)
    low, high = effect.yi - half, effect.yi + half
    words = in_words(pool([effect.yi], [effect.vi], policy), policy.delta)
    label = for_readers(words, result.kind or "")
    return ShownEffect(effect.yi, low, high, effect.vi, effect.sign, effect.derivation, label)
