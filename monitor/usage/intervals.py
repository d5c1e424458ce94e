"""Intervals of shares and of their difference, and p values of several at once. Pure; fractions, 0 to 1.

Sampling error only: a survey that services chose to answer may be wrong in other ways too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)  # of a 95% interval


@dataclass(frozen=True, slots=True)
class Share:
    """A count of all that were asked, with how much their answers hang together.

    ``design_effect`` is by how much the variance is larger than of as many that answered alone.
    """

    numerator: int
    denominator: int
    design_effect: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.numerator <= self.denominator or self.denominator == 0:
            raise ValueError(f"{self.numerator} of {self.denominator} is no share")

    @property
    def value(self) -> float:
        """The share itself."""
        return self.numerator / self.denominator

    @property
    def effective_n(self) -> float:
        """How many that answered alone would tell as much."""
        return self.denominator / self.design_effect


def design_effect(responses: int | None, services: int | None) -> float:
    """Give the design effect of one response for several services: services ÷ responses.

    A floor, as if those in a response half agree. Never below 1: more responses than services tell
    nothing of more services. 1 where either number is not known.
    """
    return max(1.0, services / responses) if responses and services else 1.0


def wilson(share: Share) -> tuple[float, float]:
    """Give the 95% score interval, on the effective n (Wilson 1927, J Am Stat Assoc 22:209)."""
    n, p = share.effective_n, share.value
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    # at 0 and at all, rounding must not push an end past its own share
    return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))


def newcombe(before: Share, after: Share) -> tuple[float, float, float]:
    """Give after − before with its 95% interval (Newcombe 1998, Stat Med 17:873, method 10)."""
    low_b, high_b = wilson(before)
    low_a, high_a = wilson(after)
    difference = after.value - before.value
    down = sqrt((after.value - low_a) ** 2 + (high_b - before.value) ** 2)
    up = sqrt((high_a - after.value) ** 2 + (before.value - low_b) ** 2)
    return difference, difference - down, difference + up


def pooled_p(before: Share, after: Share) -> float:
    """Give the two-sided p of the pooled z, variance × the larger design effect of the two."""
    n = before.denominator + after.denominator
    p = (before.numerator + after.numerator) / n
    effect = max(before.design_effect, after.design_effect)
    variance = p * (1 - p) * (1 / before.denominator + 1 / after.denominator) * effect
    if variance <= 0:
        return 1.0  # nobody, or everybody, in both: no difference at all
    # erfc: the tail itself, where 1 less the rest would come to nothing
    return erfc(abs(after.value - before.value) / sqrt(2 * variance))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p values for being several (Holm 1979, Scand J Stat 6:65), in the order given."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)
