"""Which intervention's next trial would matter most: use times what is missing. Pure.

Weight = how widely used (1 for the last rank, one more for each rank above) times the share of what
the next tier asks for that is missing. Ranks are the
source's, or by the shares of a survey where it gives them. Both are known as ranges, so a weight is one, and a place
holds every place that the ranges allow: one stands before another only where its whole weight does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from monitor.catalogue.words import Label
from monitor.evidence.distance import Distance
from monitor.evidence.facts import CountRange
from monitor.kernel.language.english import either
from monitor.usage.standing import WaveCount


@dataclass(frozen=True, slots=True)
class WeightRange:
    """A weight between two ends, both included."""

    lo: Fraction
    hi: Fraction


def use(ranks: Sequence[int], out_of: int) -> CountRange:
    """Give how widely used, 1 to ``out_of``, from the ranks still possible; none: anything."""
    possible = [rank for rank in ranks if 1 <= rank <= out_of] or [1, out_of]
    return CountRange(out_of + 1 - max(possible), out_of + 1 - min(possible))


def ranks_by_share(shares: Mapping[str, WaveCount], out_of: int) -> dict[str, tuple[int, ...]]:
    """Give the ranks that the shares of a survey allow, 1 for the most used.

    One is above another only where its whole interval is, and only shares of one wave and unit are
    compared: whatever has none there may be anywhere.
    """
    return {
        slug: tuple(
            range(
                1 + sum(other.low > own.high for other in _beside(own, shares.values())),
                out_of + 1 - sum(other.high < own.low for other in _beside(own, shares.values())),
            )
        )
        for slug, own in shares.items()
    }


def _beside(own: WaveCount, shares: Iterable[WaveCount]) -> list[WaveCount]:
    return [one for one in shares if (one.wave, one.unit) == (own.wave, own.unit)]


def label_words(now: Label, then: Mapping[str, Label]) -> str:
    """Say what a trial could make of a label: ``then`` by what it finds ("a clear benefit").

    >>> label_words(Label.NOT_SETTLED, {"a benefit": Label.PROBABLE, "none": Label.NOT_SETTLED})
    'the label “not settled” would become “probable benefit” if it finds a benefit'
    """
    findings: dict[Label, list[str]] = {}
    for what, label in then.items():
        if label is not now:
            findings.setdefault(label, []).append(what)
    if not findings:
        return f"the label stays “{now}” whatever it finds"
    said = [f"“{label}” if it finds {either(whats)}" for label, whats in findings.items()]
    return f"the label “{now}” would become {either(said)}"


def weight(used: CountRange, missing: Distance) -> WeightRange:
    """Multiply both ends: of use, and of the share that is missing."""
    low, high = missing.share
    return WeightRange(used.lo * low, used.hi * high)


def places(weights: Mapping[str, WeightRange]) -> dict[str, CountRange]:
    """Give each the places it may have, the greatest weight first. Ties stay ties."""
    return {
        name: CountRange(
            1 + sum(other.lo > own.hi for other in weights.values()),
            len(weights) - sum(other.hi < own.lo for other in weights.values()),
        )
        for name, own in weights.items()
    }
