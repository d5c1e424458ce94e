"""A body of studies and what parts of it show: lines, signs, and without each study. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.evidence.synthesis.fitting import moved_by_each
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.labels import in_words, of_signs
from monitor.evidence.synthesis.pooling import Pool, pool_each
from monitor.evidence.synthesis.stacked import Bodies, joined

if TYPE_CHECKING:  # numpy is heavy: imported only where there is a body of studies
    import numpy as np
    from numpy.typing import NDArray

# Up to this many studies each is left out in turn; of more, those that one step says move most.
_EACH, _FARTHEST = 30, 5

Part: TypeAlias = "NDArray[np.bool_]"  # of each study of a body, whether it belongs to the part
Parts: TypeAlias = "NDArray[np.bool_]"  # parts × studies


@dataclass(frozen=True, slots=True)
class PoolLine:
    """A pool with its label in words: the main one, or one for comparison."""

    label: str
    k: int
    people: int | None
    pool: Pool | None


@dataclass(frozen=True, slots=True)
class Signs:
    """Which way the results point whose size is not known."""

    towards: int
    away: int
    none: int

    @property
    def heard(self) -> int:
        """How many there are."""
        return self.towards + self.away + self.none


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The pool without one study: ``study`` is the one that moves it most."""

    study: str
    line: PoolLine


class Body:
    """Studies of one kind, and which of them have an effect whose size is known."""

    def __init__(self, studies: Sequence[Index]) -> None:
        import numpy as np  # noqa: PLC0415 - heavy; wanted only where there are studies

        self._studies = studies
        self._y = np.array([study.yi for study in studies], dtype=float)  # None becomes NaN
        self._v = np.array([study.vi for study in studies], dtype=float)
        self._people = np.array([study.people for study in studies], dtype=float)
        self._sized = ~np.isnan(self._v)

    def whole(self) -> Parts:
        """Give the one part that all studies are in."""
        import numpy as np  # noqa: PLC0415 - heavy; here already

        return np.ones((1, len(self._studies)), dtype=bool)

    def signs(self, part: Part) -> Signs:
        """Count which way the studies of a part point whose size is not known."""
        said = [self._studies[at].sign for at in (part & ~self._sized).nonzero()[0].tolist()]
        return Signs(said.count(1), said.count(-1), said.count(0))

    def moved_most(
        self, left_out: Sequence[int], lines: Sequence[PoolLine], whole: PoolLine
    ) -> LeftOut | None:
        """Find the study without which a line moves most; None where there is none to leave out.

        One that changes the label moves it more than one that does not.
        """
        before = whole.pool.estimate if whole.pool else None

        def moved(pair: tuple[int, PoolLine]) -> tuple[bool, float]:
            line = pair[1]
            after = line.pool.estimate if line.pool else None
            far = abs(after - before) if before is not None and after is not None else 0.0
            return line.label != whole.label, round(far, 9)

        pairs = zip(left_out, lines, strict=True)
        most = max(pairs, key=moved, default=None)
        return LeftOut(self._studies[most[0]].study, most[1]) if most else None

    def heard(self, parts: Parts) -> tuple[list[int | None], Parts]:
        """Give the different parts once that have studies whose size is known; and which each is."""
        sized = parts & self._sized
        keys = [own.tobytes() if own.any() else None for own in sized]
        different = dict.fromkeys(key for key in keys if key)
        at: dict[bytes | None, int] = {key: place for place, key in enumerate(different)}
        return [at.get(key) for key in keys], sized[[keys.index(key) for key in different]]

    def pooled(self, sized: Parts) -> tuple[Bodies, list[int | None]]:
        """Give parts as bodies to pool, with the people of each; every study's size is known."""
        own, sizes = sized.nonzero()[1], sized.sum(axis=1)
        bodies = Bodies(self._y[own], self._v[own], sizes)
        people = bodies.sums(self._people[own]).tolist() if len(own) else []
        return bodies, [None if math.isnan(count) else int(count) for count in people]

    def without_size(self, part: Part) -> PoolLine:
        """Say what a part shows of which no study's size is known."""
        signs = self.signs(part)
        people = self._people[part].sum()
        known = part.any() and not math.isnan(people)
        label = of_signs(signs.towards, signs.heard)
        return PoolLine(label, 0, int(people) if known else None, None)

    def own(self, part: Part) -> "NDArray[np.intp]":
        """Give the places of a part's studies whose size is known."""
        own: NDArray[np.intp] = (part & self._sized).nonzero()[0]
        return own

    def at(self, own: "NDArray[np.intp]") -> Bodies:
        """Give studies at those places as one body to pool: at least one."""
        return Bodies(self._y[own], self._v[own], own[:1] * 0 + len(own))


def without_each(asked: Sequence[tuple[Body, Part]]) -> list[tuple[list[int], Parts]]:
    """Give those studies of each part that may move it most, and the part without each of them."""
    every = [body.own(part) for body, part in asked]
    large = [body.at(own) for (body, _), own in zip(asked, every, strict=True) if len(own) > _EACH]
    moves = iter(_moves(large))
    left = [
        _farthest(own, next(moves)) if len(own) > _EACH else own[len(own) == 1 :] for own in every
    ]
    return [
        (looked_at.tolist(), _without(part, looked_at))
        for (_, part), looked_at in zip(asked, left, strict=True)
    ]


def _moves(bodies: Sequence[Bodies]) -> "list[NDArray[np.float64]]":
    """Say about how far each study moves each body."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    ends = np.cumsum([len(body.y) for body in bodies])
    return np.split(moved_by_each(joined(bodies)), ends[:-1]) if bodies else []


def _farthest(own: "NDArray[np.intp]", moved: "NDArray[np.float64]") -> "NDArray[np.intp]":
    """Those whose absence moves the mean farthest, up and down."""
    order = moved.argsort(kind="stable").tolist()
    return own[sorted({*order[:_FARTHEST], *order[-_FARTHEST:]})]


def _without(part: Part, left_out: "NDArray[np.intp]") -> Parts:
    """Give a part without each of some of its studies."""
    parts: Parts = part[None, :].repeat(len(left_out), axis=0)
    parts[range(len(left_out)), left_out] = False
    return parts


def lines_of(asked: Sequence[tuple[Body, Parts]], policy: SynthesisPolicy) -> list[list[PoolLine]]:
    """Say what each part of each body shows, in their order; all are pooled together.

    A part says of each study of its body if it is in it. Equal parts are pooled once.
    """
    heard = [body.heard(parts) for body, parts in asked]
    bodies = [
        body.pooled(different) for (body, _), (_, different) in zip(asked, heard, strict=True)
    ]
    people = [count for _, counts in bodies for count in counts]
    pools = pool_each(joined([pooled for pooled, _ in bodies]), policy) if people else []
    lines = (
        PoolLine(in_words(pool, policy.delta), pool.k, count, pool)
        for pool, count in zip(pools, people, strict=True)
    )
    told = []
    for (body, parts), (which, different) in zip(asked, heard, strict=True):
        own = list(islice(lines, len(different)))
        told.append(
            [
                body.without_size(part) if at is None else own[at]
                for at, part in zip(which, parts, strict=True)
            ]
        )
    return told
