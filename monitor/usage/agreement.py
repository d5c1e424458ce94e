"""Does use follow evidence? Kendall's tau-b over all interventions, with what is not known of it. Pure.

1: the more evidence, the more use; 0: no link; −1: the exact opposite. Evidence is a number that
rises with the tier. Ranks known only as sets are never made one: every way they allow is tried.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from monitor.usage.intervals import Share

DRAWS = 4000
SEED = 20260101  # fixed: the same counts give the same interval, on every machine and every day
_PERCENTILES = (2.5, 97.5)


class RangeBasis(StrEnum):
    """What an agreement was worked out from, and so what its range means."""

    SHARES = "shares"  # a bootstrap interval
    RANKS = "ranks"  # every order that the published ranks allow


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """Tau-b with its range; ``tau`` is None where ranks allow several and none stands out."""

    tau: float | None
    low: float
    high: float
    basis: RangeBasis
    of: int  # interventions compared


def tau_b(evidence: Sequence[float], use: Sequence[float]) -> float | None:
    """Give Kendall's tau-b (Kendall 1945, Biometrika 33:239); None where either is all ties."""
    pairs = [
        (_sign(evidence[i] - evidence[j]), _sign(use[i] - use[j]))
        for i in range(len(evidence))
        for j in range(i)
    ]
    untied_evidence = sum(a != 0 for a, _ in pairs)
    untied_use = sum(b != 0 for _, b in pairs)
    if not untied_evidence or not untied_use:
        return None
    return sum(a * b for a, b in pairs) / sqrt(untied_evidence * untied_use)


def of_shares(evidence: Mapping[str, int], shares: Mapping[str, Share]) -> RankAgreement | None:
    """Work tau-b out from shares, with a parametric bootstrap interval; None where it has none.

    Counts are drawn anew as binomial on the effective n, each intervention by itself: the answers
    of one service about several are not known to us.
    """
    both = sorted(set(evidence) & set(shares))
    return _of_shares(tuple(evidence[slug] for slug in both), tuple(shares[slug] for slug in both))


def of_ranks(
    evidence: Mapping[str, int], ranks: Mapping[str, Sequence[int]]
) -> RankAgreement | None:
    """Work tau-b out from ranks still possible (1 is most used), each given once; no ties.

    ``tau`` is what the ranks as stated give, where they allow one value alone. The range is of
    ranks read with care: see ``loosened``. None where no order fits, or evidence is all ties.
    """
    both = sorted(set(evidence) & {slug for slug, possible in ranks.items() if possible})
    stated = tuple(tuple(sorted(set(ranks[slug]))) for slug in both)
    levels = tuple(evidence[slug] for slug in both)
    strict, loose = _bounds(levels, stated), _bounds(levels, loosened(stated))
    if loose is None:
        return None
    alone = strict[0] if strict and strict[0] == strict[1] else None
    return RankAgreement(alone, *loose, RangeBasis.RANKS, len(both))


def loosened(stated: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Widen ranks that only follow from what others left over.

    Where several share a set with ranks to spare (three hold three of 1 to 4), and another's set
    names one of these ranks, that rank was inferred: the other may hold any of the set.
    """
    spare = {ranks for ranks in stated if len(ranks) > stated.count(ranks)}
    widened = []
    for own in stated:
        more = set(own)
        for other in spare - {own}:
            # one that has ranks to spare itself is as stated
            if more & set(other) and own not in spare:
                more |= set(other)
        widened.append(tuple(sorted(more)))
    return tuple(widened)


def is_contradictory(stated: Mapping[str, Sequence[int]]) -> bool:
    """Tell whether ranks as stated force one to be used more than its words and others allow."""
    sets = tuple(tuple(sorted(set(ranks))) for ranks in stated.values())
    return loosened(sets) != sets


def sentence(agreement: RankAgreement) -> str:
    """Say in one plain sentence whether use follows evidence; claims only what the range allows."""
    if agreement.high < 0:
        return "No: the more evidence, the less use."
    if agreement.low > 0:
        return "Yes: the more evidence, the more use."
    return "It cannot be told: these figures fit use that follows evidence, and use that does not."


@functools.lru_cache(maxsize=256)
def _of_shares(levels: tuple[int, ...], shares: tuple[Share, ...]) -> RankAgreement | None:
    tau = tau_b(levels, [share.value for share in shares])
    if tau is None:
        return None
    import numpy as np  # noqa: PLC0415 - a tenth of a second at start, needed on two pages

    rng = np.random.default_rng(SEED)
    trials = np.array([max(1, round(share.effective_n)) for share in shares])
    chances = np.array([share.value for share in shares])
    drawn = rng.binomial(trials, chances, size=(DRAWS, len(shares))) / trials
    first, second = np.triu_indices(len(shares), 1)
    evidence = np.sign(np.array(levels)[first] - np.array(levels)[second])
    use = np.sign(drawn[:, first] - drawn[:, second])
    untied = (use != 0).sum(axis=1) * (evidence != 0).sum()
    taus = (use * evidence).sum(axis=1)[untied > 0] / np.sqrt(untied[untied > 0])
    if not len(taus):
        return RankAgreement(tau, tau, tau, RangeBasis.SHARES, len(shares))
    low, high = np.percentile(taus, _PERCENTILES)
    return RankAgreement(tau, float(low), float(high), RangeBasis.SHARES, len(shares))


@functools.lru_cache(maxsize=256)
def _bounds(
    levels: tuple[int, ...], possible: tuple[tuple[int, ...], ...]
) -> tuple[float, float] | None:
    """Give the least and greatest tau-b over every way of giving each one rank of its own.

    Ranks are given out from the most used on; what a further one adds hangs on who has one already.
    """
    whole = (1 << len(levels)) - 1
    reached: dict[int, tuple[int, int]] = {0: (0, 0)}
    for rank in sorted({rank for allowed in possible for rank in allowed}):
        for taken, (least, most) in list(reached.items()):  # nobody may hold it
            for place, ranks in enumerate(possible):
                if taken & 1 << place or rank not in ranks:
                    continue
                step = _step(levels, taken, place)
                key = taken | 1 << place
                low, high = reached.get(key, (least + step, most + step))
                reached[key] = (min(low, least + step), max(high, most + step))
    untied = sum(a != b for i, a in enumerate(levels) for b in levels[:i])
    pairs = len(levels) * (len(levels) - 1) // 2
    if whole not in reached or not untied:
        return None
    scale = sqrt(untied * pairs)
    least, most = reached[whole]
    return least / scale, most / scale


def _step(levels: Sequence[int], taken: int, place: int) -> int:
    """Count pairs in step less those opposite, of one with all who are used more."""
    return sum(
        _sign(level - levels[place]) for other, level in enumerate(levels) if taken & 1 << other
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
