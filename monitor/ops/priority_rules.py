"""Which intervention's next trial would matter most: use times what is missing. Pure.

Weight = how widely used (1 for the last rank, one more for each rank above) times the share of what
the next tier asks for that is missing. Both are known as ranges, so a weight is one, and a place
holds every place that the ranges allow: one stands before another only where its whole weight does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from monitor.evidence.distance import Distance
from monitor.evidence.facts import Interval


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight between two ends, both included."""

    lo: Fraction
    hi: Fraction


def use(ranks: Sequence[int], out_of: int) -> Interval:
    """Give how widely used, 1 to ``out_of``, from the ranks still possible; none: anything."""
    possible = [rank for rank in ranks if 1 <= rank <= out_of] or [1, out_of]
    return Interval(out_of + 1 - max(possible), out_of + 1 - min(possible))


def weight(used: Interval, missing: Distance) -> Weight:
    """Multiply both ends: of use, and of the share that is missing."""
    low, high = missing.share
    return Weight(used.lo * low, used.hi * high)


def places(weights: Mapping[str, Weight]) -> dict[str, Interval]:
    """Give each the places it may have, the greatest weight first. Ties stay ties."""
    return {
        name: Interval(
            1 + sum(other.lo > own.hi for other in weights.values()),
            len(weights) - sum(other.hi < own.lo for other in weights.values()),
        )
        for name, own in weights.items()
    }
