"""Parts of a wave by nation, sector and area: which are shown, and how much of it is noise. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from monitor.usage.intervals import Share, pooled_p, wilson
from monitor.usage.waves_compared import ALPHA

FEWEST = 10  # services of a part that is shown: fewer might be told apart
DIMENSIONS = ("nation", "sector", "area")


class SplitRow(Protocol):
    """A row of a wave, as it is kept."""

    slug: str
    nation: str
    sector: str
    area: str
    numerator: int | None
    denominator: int | None


RowT = TypeVar("RowT", bound=SplitRow)
NationOf = Callable[[str], str | None]  # the nation of an area; None: not known


def nowhere(area: str) -> None:
    """Know of no area in which nation it is."""


@dataclass(frozen=True, slots=True)
class SplitPart:
    """One part. ``share`` is None where too few answered to show it, or it was not counted."""

    name: str
    share: Share | None


@dataclass(frozen=True, slots=True)
class UseSplit:
    """One intervention in one wave by nation, sector or area, with a sentence on how to read it."""

    by: str
    parts: tuple[SplitPart, ...]
    hidden: int  # parts that are too small to show
    sentence: str
    width: str  # how exactly the smallest part that is shown is known; empty: none is

    @property
    def shown(self) -> int:
        """How many answered in the parts that are shown."""
        return sum(part.share.denominator for part in self.parts if part.share)


def shown_parts(counts: Mapping[str, int], of_all: int) -> frozenset[str]:
    """Name the parts that may be shown, of how many services each is and how many there are in all.

    ``of_all`` is 0 where it is not known; never fewer than all parts have together. Each is of ten or more, and so is all that is left over, or it is nothing: who subtracts what
    is shown from all learns of no fewer than ten services together.
    """
    shown = {name: count for name, count in counts.items() if count >= FEWEST}
    of_all = max(of_all, sum(counts.values()))
    while shown and 0 < of_all - sum(shown.values()) < FEWEST:
        del shown[min(shown, key=lambda name: (shown[name], name))]
    return frozenset(shown)


def shown_rows(rows: Sequence[RowT], nation_of: NationOf = nowhere) -> list[RowT]:
    """Keep the rows of a wave that may be shown to everybody, in their order.

    All who were asked; of counted parts those by one dimension that ``shown_parts`` names. Ranks of
    a part tell of no service. ``nation_of`` tells the nation in which an area is known to lie.
    """
    shown = {
        (slug, by): _shown(rows, slug, by, nation_of)
        for slug in {row.slug for row in rows}
        for by in DIMENSIONS
    }
    return [row for row in rows if _is_shown(row, shown)]


def _is_shown(row: SplitRow, shown: Mapping[tuple[str, str], frozenset[str]]) -> bool:
    if row.denominator is None or not (row.nation or row.sector or row.area):
        return True
    by = next((by for by in DIMENSIONS if _only(row, by)), None)
    return by is not None and getattr(row, by) in shown[row.slug, by]


def _shown(rows: Sequence[SplitRow], slug: str, by: str, nation_of: NationOf) -> frozenset[str]:
    """Name the parts by one dimension that may be shown.

    Everybody knows in which nation an area is: what a nation is less its areas is nothing or ten
    services too, and areas of a nation that is not shown are not shown either.
    """
    counts = parts_of(rows, slug, by)
    shown = shown_parts(counts, whole_of(rows, slug))
    nations = parts_of(rows, slug, "nation") if by == "area" else {}
    shown_nations = _shown(rows, slug, "nation", nation_of) if nations else frozenset()
    for nation, of_nation in nations.items():
        within = {area: counts[area] for area in shown if nation_of(area) == nation}
        kept = shown_parts(within, of_nation)
        shown -= within.keys() - (kept if nation in shown_nations else frozenset())
    return shown


def splits(
    rows: Sequence[SplitRow], slug: str, effect: float, nation_of: NationOf = nowhere
) -> list[UseSplit]:
    """Split one intervention by each dimension alone; what is crossed with another is left out.

    Parts that could be worked out from all the others are hidden with the next smallest.
    """
    splits = []
    for by in DIMENSIONS:
        of = [row for row in rows if row.slug == slug and _only(row, by)]
        if of:
            splits.append(_split(by, of, effect, _shown(rows, slug, by, nation_of)))
    return splits


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


def _only(row: SplitRow, by: str) -> bool:
    return all(bool(getattr(row, dimension)) == (dimension == by) for dimension in DIMENSIONS)


def parts_of(rows: Sequence[SplitRow], slug: str, by: str) -> dict[str, int]:
    """Give how many each part by one dimension alone is of, of those counted."""
    return {
        getattr(row, by): row.denominator
        for row in rows
        if row.slug == slug and _only(row, by) and row.denominator
    }


def whole_of(rows: Sequence[SplitRow], slug: str) -> int:
    """Give how many there are in all; 0 where the row of all does not say, or is not there."""
    whole = (row for row in rows if row.slug == slug and not (row.nation or row.sector or row.area))
    return next((row.denominator or 0 for row in whole), 0)


def _split(by: str, rows: Sequence[SplitRow], effect: float, shown: frozenset[str]) -> UseSplit:
    shares = {
        getattr(row, by): Share(row.numerator, row.denominator, effect)
        for row in rows
        if row.numerator is not None and row.denominator
    }
    parts = tuple(
        SplitPart(name, share if name in shown else None) for name, share in shares.items()
    )
    return UseSplit(by, parts, len(shares) - len(shown), _sentence(by, parts), _width(parts))


def _sentence(by: str, parts: Sequence[SplitPart]) -> str:
    seen = [part.share for part in parts if part.share]
    if not seen:
        return f"No {by} has enough services to be shown."
    if mostly_noise(seen):
        return "Read these with care: the differences are no more than chance would make."
    return f"At least one {by} differs from the others by more than chance would make."


def _width(parts: Sequence[SplitPart]) -> str:
    seen = [(part.share, part.name) for part in parts if part.share]
    if not seen:
        return ""
    share, name = min(seen, key=lambda part: part[0].denominator)
    low, high = wilson(share)
    either = round(100 * max(high - share.value, share.value - low))
    return (
        f"With {share.denominator:,} services, the share of {name} is known to "
        f"within about {either} points either way."
    )
