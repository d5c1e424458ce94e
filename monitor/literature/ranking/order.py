"""The order of the queue: what is likely to move a tier first, then what decisions teach. Pure.

Every paper is ranked and none is hidden. A score is the sum of its parts, and each part is shown:
those of ``promise`` and, once there are labels, ``words``: how much a paper reads like those
included so far rather than those excluded. The more labels, the less the promise counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.literature.ranking.prior import PARTS

WORDS = "words"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One paper as the order sees it: ``features`` of its text and the parts of its promise."""

    features: bytes
    promise: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One paper's place: its position in what was given, its score and the parts it sums."""

    position: int
    score: float
    parts: Mapping[str, float]
    label: bool | None  # what was decided on it, if anything was


def rank(candidates: Sequence[Candidate], labels: Mapping[int, bool]) -> list[Ranked]:
    """Rank every paper, best first: those not yet labelled, then the labelled ones.

    ``labels`` tells of some papers, by position, whether they were included. Equal scores stay
    in the order given. The same labels give the same order, whatever order they came in.
    """
    trust = trust_in_prior(labels)
    words = _words(candidates, labels)
    ranked = [
        Ranked(position, sum(parts.values()), parts, labels.get(position))
        for position, parts in enumerate(
            _parts(candidate, word, trust)
            for candidate, word in zip(candidates, words, strict=True)
        )
    ]
    return sorted(ranked, key=lambda paper: (paper.label is not None, -paper.score, paper.position))


def trust_in_prior(labels: Mapping[int, bool]) -> float:
    """Say how much the promise still counts: each label of the scarcer kind halves it."""
    included = sum(labels.values())
    return trust_left(included, len(labels) - included)


def trust_left(included: int, excluded: int) -> float:
    """Say how much the promise still counts after so many labels of each kind."""
    return float(0.5 ** min(included, excluded))


def _words(candidates: Sequence[Candidate], labels: Mapping[int, bool]) -> list[float]:
    if not labels:
        return [0.0] * len(candidates)
    from monitor.literature.ranking.model import Rows, fit  # noqa: PLC0415 - brings numpy along

    rows = Rows.of([candidate.features for candidate in candidates])
    return [float(score) for score in rows.times(fit(rows, labels))]


def _parts(candidate: Candidate, words: float, trust: float) -> Mapping[str, float]:
    parts = {part: trust * candidate.promise.get(part, 0.0) for part in PARTS}
    return {WORDS: words, **parts}
