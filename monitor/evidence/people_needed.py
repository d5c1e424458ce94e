"""About how many more people would settle a label. Pure; says nothing it cannot tell."""

import math
from dataclasses import dataclass, replace

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.catalogue.words import Label
from monitor.evidence.synthesis.labels import label
from monitor.evidence.synthesis.pooling import Method, Pool

_SIZED = frozenset({Method.ONE, Method.COMMON})
_HAIR = 1 - 1e-6
_DIGITS = 2  # of a count of people that is only about right


@dataclass(frozen=True, slots=True)
class Enough:
    """How many more people would settle a label, and as which, were the estimate to stay."""

    people: int
    label: Label


def people_to_settle(pooled: Pool, people: int | None, policy: SynthesisPolicy) -> Enough | None:
    """Say about how many more people, at this spread, would settle a label that is not settled.

    The interval is e − h to e + h. A label is *not settled* while it holds 0 (h ≥ |e|) and reaches
    beyond the difference δ that matters (|e| + h ≥ δ). So it settles once h falls below
    t = max(|e|, δ − |e|): on one side of 0, or within ±δ. Of one study and of a common effect h is
    1.96·√v, and v falls as 1/n with more people of the same spread, so that n·(h/t)² people suffice
    and n·((h/t)² − 1) more are needed: rounded up to two digits. That the estimate stays where it is
    nobody can promise.

    None where it cannot be told: it is settled, trials disagree or are pooled with random effects
    (there h hangs on how far trials differ and on how many there are), one more trial would be
    pooled so, or nobody knows how many people there were.
    """
    if pooled.method not in _SIZED or pooled.k + 1 >= policy.random_effects_from or not people:
        return None
    if label(pooled, policy.delta) is not Label.NOT_SETTLED:
        return None
    e, low, high = pooled.estimate or 0.0, pooled.ci_low or 0.0, pooled.ci_high or 0.0
    half = (high - low) / 2
    least = max(abs(e), policy.delta - abs(e))
    more = _rounded_up(people * ((half / least) ** 2 - 1))
    # a hair narrower, or a need that is a round number itself would only touch the line
    then = half * math.sqrt(people / (people + more)) * _HAIR
    narrower = replace(pooled, ci_low=e - then, ci_high=e + then)
    return Enough(more, label(narrower, policy.delta))


def _rounded_up(people: float) -> int:
    """Round up to two digits, by ten at least: 7 is 10, 283 is 290, 1,234 is 1,300."""
    digits = math.floor(math.log10(max(people, 1.0))) + 1
    step = int(10 ** max(1, digits - _DIGITS))
    return max(1, math.ceil(people / step)) * step
