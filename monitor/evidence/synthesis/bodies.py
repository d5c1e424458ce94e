"""One body of studies and what parts of it show: lines, signs, and without each study. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from monitor.catalogue.methods import SynthesisPolicy
from monitor.evidence.synthesis.fitting import moved_by_each
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.labels import in_words, of_signs
from monitor.evidence.synthesis.pooling import Pool, pool_each

if TYPE_CHECKING:  # numpy is heavy: imported only where there is a body of studies
    import numpy as np
    from numpy.typing import NDArray

# Up to this many studies each is left out in turn; of more, those that one step says move most.
_EACH, _FARTHEST = 30, 5

Part: TypeAlias = "NDArray[np.bool_]"  # of each study of a body, whether it belongs to the part
Parts: TypeAlias = "NDArray[np.bool_]"  # parts × studies


@dataclass(frozen=True, slots=True)
class Line:
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
    line: Line


class Body:
    """Studies of one kind, and lines of any part of them; all parts are pooled together."""

    def __init__(self, studies: Sequence[Index], policy: SynthesisPolicy) -> None:
        import numpy as np  # noqa: PLC0415 - heavy; wanted only where there are studies

        self._studies, self._policy = studies, policy
        self._y = np.array([one.yi for one in studies], dtype=float)  # None becomes NaN
        self._v = np.array([one.vi for one in studies], dtype=float)
        self._people = np.array([one.people for one in studies], dtype=float)
        self._sign = np.array([one.sign for one in studies], dtype=int)
        self._sized = ~np.isnan(self._v)

    def lines(self, parts: Parts) -> list[Line]:
        """Say what each part shows, in their order. A part says of each study if it is in it."""
        sized = parts & self._sized
        keys = [own.tobytes() for own in sized]
        heard = sized.any(axis=1).tolist()
        bodies = {key: own for key, own, any_ in zip(keys, sized, heard, strict=True) if any_}
        pools = self._pools(bodies)
        people = zip(self._counts(parts), self._counts(sized), strict=True)
        return [
            self._line(part, pools.get(key), counts)
            for part, key, counts in zip(parts, keys, people, strict=True)
        ]

    def signs(self, part: Part) -> Signs:
        """Count which way the studies of a part point whose size is not known."""
        said = self._sign[part & ~self._sized].tolist()
        return Signs(said.count(1), said.count(-1), said.count(0))

    def without_each(self, part: Part) -> tuple[list[int], Parts]:
        """Give those studies of a part that may move it most, and the part without each of them."""
        own = (part & self._sized).nonzero()[0]
        left = own if 1 < len(own) <= _EACH else self._farthest(own) if len(own) > 1 else own[:0]
        parts = part[None, :].repeat(len(left), axis=0)
        parts[range(len(left)), left] = False
        return left.tolist(), parts

    def moved_most(
        self, left_out: Sequence[int], lines: Sequence[Line], whole: Line
    ) -> LeftOut | None:
        """Find the study without which a line moves most; None where there is none to leave out.

        One that changes the label moves it more than one that does not.
        """
        before = whole.pool.estimate if whole.pool else None

        def moved(pair: tuple[int, Line]) -> tuple[bool, float]:
            line = pair[1]
            after = line.pool.estimate if line.pool else None
            far = abs(after - before) if before is not None and after is not None else 0.0
            return line.label != whole.label, round(far, 9)

        pairs = zip(left_out, lines, strict=True)
        most = max(pairs, key=moved, default=None)
        return LeftOut(self._studies[most[0]].study, most[1]) if most else None

    def _pools(self, bodies: dict[bytes, Part]) -> dict[bytes, Pool]:
        if not bodies:
            return {}
        import numpy as np  # noqa: PLC0415 - heavy; here already

        members = np.array(list(bodies.values()))[:, self._sized]
        y, v = self._y[self._sized], self._v[self._sized]
        return dict(zip(bodies, pool_each(y, v, members, self._policy), strict=True))

    def _line(self, part: Part, pooled: Pool | None, people: tuple[int | None, int | None]) -> Line:
        """Say what a part shows; ``people`` are those of all its studies, and of those with a size."""
        if pooled is None:
            signs = self.signs(part)
            return Line(of_signs(signs.towards, signs.heard), 0, people[0], None)
        return Line(in_words(pooled, self._policy.delta), pooled.k, people[1], pooled)

    def _counts(self, parts: Parts) -> list[int | None]:
        """Count the people of each part; None: it has no study, or of one it is not known."""
        import numpy as np  # noqa: PLC0415 - heavy; here already

        people = np.where(parts, self._people, 0.0).sum(axis=1)
        any_ = parts.any(axis=1)
        return [
            int(count) if known else None
            for count, known in zip(
                people.tolist(), (any_ & np.isfinite(people)).tolist(), strict=True
            )
        ]

    def _farthest(self, own: "NDArray[np.intp]") -> "NDArray[np.intp]":
        """Those whose absence moves the mean farthest, up and down."""
        order = moved_by_each(self._y[own], self._v[own]).argsort(kind="stable").tolist()
        return own[sorted({*order[:_FARTHEST], *order[-_FARTHEST:]})]
