"""Bodies of studies, stacked: what is worked with at once for all of them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # numpy is heavy: imported only where there is a pool
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"
Places: TypeAlias = "NDArray[np.intp]"
Flags: TypeAlias = "NDArray[np.bool_]"

# So many studies are worked with at a time: three times as many at once take twice as long each.
_NEAR = 30_000


@dataclass(frozen=True, slots=True)
class Bodies:
    """Bodies of studies, one after the other: every study's effect and variance, each body's size.

    A study of several bodies stands once in each. No body is empty.
    """

    y: Array
    v: Array
    sizes: Places

    def sums(self, values: Array) -> Array:
        """Add up a value of every study, body by body; along the last axis."""
        import numpy as np  # noqa: PLC0415 - heavy; here already

        summed: Array = np.add.reduceat(values, self.sizes.cumsum() - self.sizes, axis=-1)
        return summed

    def each(self, values: Array) -> Array:
        """Give every study what its body has; along the last axis."""
        return values.repeat(self.sizes, axis=-1)

    def only(self, wanted: Flags) -> "Bodies":
        """Leave out bodies."""
        own = wanted.repeat(self.sizes)
        return Bodies(self.y[own], self.v[own], self.sizes[wanted])

    def in_lots(self) -> "Iterator[Bodies]":
        """Give them so many at a time as a processor keeps near."""
        import numpy as np  # noqa: PLC0415 - heavy; here already

        ends = self.sizes.cumsum()
        _, first = np.unique(ends // _NEAR, return_index=True)
        for own in (slice(*pair) for pair in pairwise([*first.tolist(), None])):
            within = slice(ends[own][0] - self.sizes[own][0], ends[own][-1])
            yield Bodies(self.y[within], self.v[within], self.sizes[own])

    def about(self, means: Array) -> "Bodies":
        """Measure effects from a value of each body's own."""
        return Bodies(self.y - self.each(means), self.v, self.sizes)


def body(yi: "Sequence[float] | Array", vi: "Sequence[float] | Array") -> Bodies:
    """Make one body of studies.

    Raises:
        ValueError: there is no study, or a variance is not above 0.
    """
    import numpy as np  # noqa: PLC0415 - heavy; wanted only where there is a pool

    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if not len(y) or len(y) != len(v) or not np.isfinite(y).all():
        raise ValueError("a pool needs one effect and one variance for each study")
    if not (np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("every variance is above 0")
    return Bodies(y, v, np.array([len(y)]))


def joined(bodies: Sequence[Bodies]) -> Bodies:
    """Put bodies one after the other: at least one of them."""
    import numpy as np  # noqa: PLC0415 - heavy; here already

    return Bodies(
        np.concatenate([body.y for body in bodies]),
        np.concatenate([body.v for body in bodies]),
        np.concatenate([body.sizes for body in bodies]),
    )
