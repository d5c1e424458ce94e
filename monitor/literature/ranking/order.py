"""The order of the queue: what is likely to move a tier first, then what decisions teach. Pure.

Every paper is ranked and none is hidden. A score is the sum of its parts, and each part is shown:
those of ``prior`` and, once there are labels, ``words``: how much a paper reads like those
included so far rather than those excluded. The more labels, the less the prior counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.literature.ranking.prior import PARTS

if TYPE_CHECKING:  # numpy comes along once there is something to learn from
    from monitor.literature.ranking.model import Floats, Weighing

WORDS = "words"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One paper as the order sees it: ``features`` of its text and the parts of its prior."""

    features: bytes
    prior: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RankedPaper:
    """One paper's place: its position in what was given, its score and the parts it sums."""

    position: int
    score: float
    parts: Mapping[str, float]
    label: bool | None  # what was decided on it, if anything was


def rank(candidates: Sequence[Candidate], labels: Mapping[int, bool]) -> list[RankedPaper]:
    """Rank every paper, best first: those not yet labelled, then the labelled ones.

    ``labels`` tells of some papers, by position, whether they were included. Equal scores stay
    in the order given. The same labels give the same order, whatever order they came in.
    """
    trust = trust_in_prior(labels)
    words = _words(candidates, labels)
    ranked = [
        RankedPaper(position, sum(parts.values()), parts, labels.get(position))
        for position, parts in enumerate(
            parts_of(candidate.prior, word, trust)
            for candidate, word in zip(candidates, words, strict=True)
        )
    ]
    return sorted(ranked, key=lambda paper: (paper.label is not None, -paper.score, paper.position))


@dataclass(frozen=True, slots=True)
class Learned:
    """What labels taught, ready to weigh any papers, some at a time: the same for each."""

    weighing: "Weighing"
    slopes: "Floats"

    def words(self, papers: Sequence[bytes]) -> list[float]:
        """Say of papers, given by their features, how much they read like those included."""
        return [float(score) for score in self.weighing.rows(papers).times(self.slopes)]


def learn(taught: Sequence[bytes], labels: Sequence[bool], others: Sequence[bytes]) -> Learned:
    """Learn from the features of labelled papers, at least one, weighed together with others."""
    from monitor.literature.ranking.model import Weighing, fit  # noqa: PLC0415 - brings numpy along

    weighing = Weighing.of([*taught, *others])
    return Learned(weighing, fit(weighing.rows(taught), dict(enumerate(labels))))


def parts_of(prior: Mapping[str, float], words: float, trust: float) -> Mapping[str, float]:
    """Give the parts of a paper's score: its words, and what its prior still counts."""
    return {WORDS: words, **{part: trust * prior.get(part, 0.0) for part in PARTS}}


def trust_in_prior(labels: Mapping[int, bool]) -> float:
    """Say how much the prior still counts: each label of the scarcer kind halves it."""
    included = sum(labels.values())
    return trust_left(included, len(labels) - included)


def trust_left(included: int, excluded: int) -> float:
    """Say how much the prior still counts after so many labels of each kind."""
    return float(0.5 ** min(included, excluded))


def _words(candidates: Sequence[Candidate], labels: Mapping[int, bool]) -> list[float]:
    if not labels:
        return [0.0] * len(candidates)
    from monitor.literature.ranking.model import Rows, fit  # noqa: PLC0415 - brings numpy along

    rows = Rows.of([candidate.features for candidate in candidates])
    return [float(score) for score in rows.times(fit(rows, labels))]
