"""Parts of a wave by nation, sector and area: which are shown, and how much of it is noise. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.usage.comparison import ALPHA
from monitor.usage.intervals import Share, pooled_p, wilson

FEWEST = 10  # services of a part that is shown: fewer might be told apart
DIMENSIONS = ("nation", "sector", "area")


class Row(Protocol):
    """A row of a wave, as it is kept."""

    slug: str
    nation: str
    sector: str
    area: str
    numerator: int | None
    denominator: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """One part. ``share`` is None where too few answered to show it, or it was not counted."""

    name: str
    share: Share | None


@dataclass(frozen=True, slots=True)
class Split:
    """One intervention in one wave by nation, sector or area, with a sentence on how to read it."""

    by: str
    parts: tuple[Part, ...]
    hidden: int  # parts that are too small to show
    sentence: str

    @property
    def shown(self) -> int:
        """How many answered in the parts that are shown."""
        return sum(part.share.denominator for part in self.parts if part.share)


def is_shown(row: Row) -> bool:
    """Tell whether a row may be shown to everybody."""
    whole = not (row.nation or row.sector or row.area)
    return whole or row.denominator is None or row.denominator >= FEWEST


def splits(rows: Sequence[Row], slug: str, effect: float) -> list[Split]:
    """Split one intervention by each dimension alone; what is crossed with another is left out.

    A part that could be worked out as the only hidden one is hidden with the next smallest.
    """
    found = []
    for by in DIMENSIONS:
        of = [row for row in rows if row.slug == slug and _only(row, by)]
        if of:
            found.append(_split(by, of, effect))
    return found


def mostly_noise(shares: Sequence[Share]) -> bool:
    """Tell whether differences between parts are no more than chance would make.

    By the pooled z of each part against all the others together, Bonferroni over the parts.
    """
    if len(shares) < 2:  # noqa: PLR2004 - a difference is of two
        return True
    for own in shares:
        others = [share for share in shares if share is not own]
        rest = Share(
            sum(share.numerator for share in others),
            sum(share.denominator for share in others),
            max(share.design_effect for share in others),
        )
        if pooled_p(own, rest) * len(shares) <= ALPHA:
            return False
    return True


def _only(row: Row, by: str) -> bool:
    return all(bool(getattr(row, one)) == (one == by) for one in DIMENSIONS)


def _split(by: str, rows: Iterable[Row], effect: float) -> Split:
    shares = {
        getattr(row, by): Share(row.numerator, row.denominator, effect)
        for row in rows
        if row.numerator is not None and row.denominator
    }
    hidden = {name for name, share in shares.items() if share.denominator < FEWEST}
    if len(hidden) == 1 and len(shares) > 1:
        rest = {name: share.denominator for name, share in shares.items() if name not in hidden}
        hidden.add(min(rest, key=lambda name: (rest[name], name)))
    parts = tuple(Part(name, None if name in hidden else share) for name, share in shares.items())
    seen = [part.share for part in parts if part.share]
    return Split(by, parts, len(hidden), _sentence(by, parts, seen))


def _sentence(by: str, parts: Sequence[Part], seen: Sequence[Share]) -> str:
    if not seen:
        return f"No {by} has enough services to be shown."
    smallest = min((part for part in parts if part.share), key=_size)
    if smallest.share is None:
        raise ValueError("a part that is shown has a share")
    low, high = wilson(smallest.share)
    either = round(100 * max(high - smallest.share.value, smallest.share.value - low))
    width = (
        f"With {smallest.share.denominator:,} services, the share of {smallest.name} is known to "
        f"within about {either} points either way."
    )
    if mostly_noise(seen):
        return f"Read these with care: the differences are no more than chance would make. {width}"
    return f"At least one {by} differs from the others by more than chance would make. {width}"


def _size(part: Part) -> int:
    return part.share.denominator if part.share else 0
