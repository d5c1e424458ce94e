"""How far two reviewers agree beyond chance: per cent, and Cohen's kappa with its interval. Pure.

Sources: Cohen 1960 (doi 10.1177/001316446002000104); the large-sample standard error of Fleiss,
Cohen and Everitt 1969 (doi 10.1037/h0028106).
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class ReaderAgreement:
    """``same`` of ``pairs`` alike. ``kappa`` is None where chance alone would make all alike."""

    pairs: int
    same: int
    kappa: float | None
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """The share that is alike, 0 to 1; None: there is nothing to compare."""
        return self.same / self.pairs if self.pairs else None


def agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> ReaderAgreement:
    """Measure the agreement of pairs of answers to questions of one kind.

    >>> agreement([("yes", "yes"), ("no", "no"), ("yes", "no"), ("no", "no")]).kappa
    0.5
    """
    total, same = len(pairs), sum(a == b for a, b in pairs)
    cells = Counter(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    words = first.keys() | second.keys()
    chance = sum(first[word] * second[word] for word in words) / total**2 if total else 1.0
    if chance >= 1:
        return ReaderAgreement(total, same, None, None, None)
    observed = same / total
    kappa = (observed - chance) / (1 - chance)
    spread = _Z * math.sqrt(_variance(cells, first, second, total, observed, chance))
    return ReaderAgreement(total, same, kappa, max(kappa - spread, -1.0), min(kappa + spread, 1.0))


def _variance(
    cells: Counter[tuple[Hashable, Hashable]],
    first: Counter[Hashable],
    second: Counter[Hashable],
    total: int,
    observed: float,
    chance: float,
) -> float:
    kappa = (observed - chance) / (1 - chance)
    on, off = 0.0, 0.0
    for (a, b), number in cells.items():
        share = number / total
        if a == b:
            margins = (first[a] + second[a]) / total
            on += share * (1 - margins * (1 - kappa)) ** 2
        else:
            margins = (second[a] + first[b]) / total
            off += share * margins**2
    off *= (1 - kappa) ** 2
    bracket = on + off - (kappa - chance * (1 - kappa)) ** 2
    return max(bracket, 0.0) / (total * (1 - chance) ** 2)
