"""A linear model over hashed features, fitted anew on every decision. Pure; keeps no state.

Weighted ridge regression on TF-IDF: what ASReview's default support vector machine does, in
closed form, since at its little trust in single labels nearly every paper is a support vector.
Judges no relevance: it says which papers read like those included so far, and no more.

The one module that needs numpy; ``ranking`` imports it once there is something to learn from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.literature.ranking.features import BYTES_EACH, COUNT_BITS

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# ASReview's own defaults (ELAS u4): how far a single label is trusted, and how much more all
# inclusions weigh together than all exclusions.
TRUST = 0.11
RATIO = 9.8
_MOST_COMMON = 0.5  # what more papers than this share have in common tells nothing
_LEAST_SHARED = 3  # what fewer papers have in common may be chance
_FEW = 20  # among so few papers nothing is too common, and two are enough
_COUNT_MASK = (1 << COUNT_BITS) - 1
# what a feature counts by how often it occurs in a paper, which is at least once
_OFTEN = 1 + np.log(np.maximum(np.arange(_COUNT_MASK + 1), 1))
_PRECISE = 1e-2  # of what is sought; closer changes no order that matters
_MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Weighing:
    """How much each feature of some papers tells: the rarer, the more.

    ``hashes`` are in order; ``columns`` says which column of a row each is, −1 where it is none:
    what hardly any other paper has cannot liken it to one, and counts for the length alone.
    ``unseen`` is the rarity of a feature that none of the papers has.
    """

    hashes: NDArray[np.uint32]
    rarity: Floats
    columns: Whole
    width: int
    unseen: float

    @classmethod
    def of(cls, papers: Sequence[bytes]) -> "Weighing":
        """Weigh the ``features`` of papers against each other."""
        numbers = np.frombuffer(b"".join(papers), dtype="<u4")
        hashes, shared_by = np.unique(numbers >> COUNT_BITS, return_counts=True)
        telling = shared_by >= (_LEAST_SHARED if len(papers) > _FEW else 2)
        return cls(
            hashes=hashes,
            rarity=_rarity(shared_by, len(papers)),
            columns=np.where(telling, np.cumsum(telling) - 1, -1),
            width=int(np.count_nonzero(telling)),
            unseen=float(1 + np.log(1 + len(papers))),
        )

    def rows(self, papers: Sequence[bytes]) -> "Rows":
        """Give papers as rows; they need not be those that were weighed."""
        columns, weights, owners = self._weighed(papers)
        length = np.sqrt(np.bincount(owners, weights**2, len(papers)))
        kept = (columns >= 0) & (weights > 0)
        counts = np.bincount(owners[kept], minlength=len(papers))
        return Rows(
            columns=columns[kept],
            weights=weights[kept] / length[owners[kept]],
            starts=_starts(counts),
            width=self.width,
        )

    def _weighed(self, papers: Sequence[bytes]) -> tuple[Whole, Floats, Whole]:
        """Give column, weight and paper of each feature."""
        numbers = np.frombuffer(b"".join(papers), dtype="<u4")
        lengths = np.array([len(paper) // BYTES_EACH for paper in papers], dtype=np.int64)
        owners = np.repeat(np.arange(len(papers)), lengths)
        if not len(self.hashes):
            return np.full(len(numbers), -1), self.unseen * _OFTEN[numbers & _COUNT_MASK], owners
        hashed = numbers >> COUNT_BITS
        places = np.minimum(np.searchsorted(self.hashes, hashed), len(self.hashes) - 1)
        known = self.hashes[places] == hashed
        rarity = np.where(known, self.rarity[places], self.unseen)
        columns = np.where(known, self.columns[places], -1)
        return columns, _OFTEN[numbers & _COUNT_MASK] * rarity, owners


@dataclass(frozen=True, slots=True)
class Rows:
    """Papers as rows of TF-IDF weights of length one, one after another.

    ``starts`` says where each row begins and, at its end, where the last one ends.
    """

    columns: Whole
    weights: Floats
    starts: Whole
    width: int

    @classmethod
    def of(cls, papers: Sequence[bytes]) -> "Rows":
        """Weigh the ``features`` of all papers against each other: see ``Weighing``."""
        return Weighing.of(papers).rows(papers)

    def only(self, positions: Whole) -> "Rows":
        """Give some of the rows, in the order named."""
        lengths = np.diff(self.starts)[positions]
        starts = _starts(lengths)
        taken = np.arange(starts[-1]) + np.repeat(self.starts[positions] - starts[:-1], lengths)
        return Rows(self.columns[taken], self.weights[taken], starts, self.width)

    def times(self, vector: Floats) -> Floats:
        """Multiply each row with a vector as wide as the rows."""
        products = vector.take(self.columns)
        products *= self.weights
        sums = np.zeros(len(self.starts) - 1)
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            sums[filled] = np.add.reduceat(products, self.starts[filled])
        return sums

    def summed(self, shares: Floats) -> Floats:
        """Add the rows up, each taken as often as its share says."""
        each = np.repeat(shares, np.diff(self.starts))
        each *= self.weights
        # numpy counts in whole numbers where there is nothing to count
        return np.bincount(self.columns, each, self.width).astype(np.float64, copy=False)


def fit(rows: Rows, labels: Mapping[int, bool]) -> Floats:
    """Fit the model to the labels of some rows, by position: how much each feature speaks for one.

    ``rows.times`` it are the scores: the higher, the more like the papers included rather than
    those excluded; 0 where nothing is shared with either. At least one label; the same labels
    give the same model, in whatever order they came.
    """
    positions = sorted(labels)
    included = np.array([labels[position] for position in positions], dtype=bool)
    learned = rows.only(np.array(positions, dtype=np.int64))
    looseness = _looseness(included)

    def applied(shares: Floats) -> Floats:
        # the sum is what all papers have in common: most may be included, or few
        likeness: Floats = learned.times(learned.summed(shares)) + shares.sum()
        return likeness + looseness * shares

    targets = np.where(included, 1.0, -1.0)
    return learned.summed(_solved(applied, targets, scale=2 + looseness))


def _rarity(shared_by: Whole, papers: int) -> Floats:
    rarity = 1 + np.log((1 + papers) / (1 + shared_by))
    return np.where(shared_by > max(_MOST_COMMON * papers, _FEW), 0.0, rarity)


def _starts(lengths: Whole) -> Whole:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def _looseness(included: NDArray[np.bool_]) -> Floats:
    """Say how far the model may pass each label by: all inclusions weigh RATIO exclusions."""
    inclusions = int(included.sum())
    exclusions = len(included) - inclusions
    if not inclusions or not exclusions:
        return np.full(len(included), 1 / (2 * TRUST))
    weight = np.where(included, 1.0, inclusions / (RATIO * exclusions))
    loose: Floats = weight.mean() / (2 * TRUST * weight)
    return loose


def _solved(applied: Callable[[Floats], Floats], targets: Floats, scale: Floats) -> Floats:
    """Find the shares that ``applied`` turns into the targets, by conjugate gradients.

    ``scale`` is the diagonal of what is applied; the likeness of papers is never written out.
    """
    shares, left = np.zeros(len(targets)), targets
    direction = scaled = left / scale
    size = float(left @ scaled)
    enough = _PRECISE**2 * size
    for _ in range(_MOST_STEPS):
        if size <= enough:
            break
        moved = applied(direction)
        step = size / float(direction @ moved)
        shares = shares + step * direction
        left = left - step * moved
        scaled = left / scale
        size, before = float(left @ scaled), size
        direction = scaled + size / before * direction
    return shares
