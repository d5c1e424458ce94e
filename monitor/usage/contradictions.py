"""Ranks of one wave that cannot all be true: of each other, or beside its own counts. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from monitor.kernel.language.english import listed


class RankedRow(Protocol):
    """A row of a wave, as far as ranks go."""

    @property
    def line(self) -> int: ...  # noqa: D102 - as the row has it
    @property
    def slug(self) -> str: ...  # noqa: D102 - as the row has it
    @property
    def is_whole(self) -> bool: ...  # noqa: D102 - as the row has it
    @property
    def ranks(self) -> tuple[int, ...]: ...  # noqa: D102 - as the row has it
    @property
    def numerator(self) -> int | None: ...  # noqa: D102 - as the row has it
    @property
    def denominator(self) -> int | None: ...  # noqa: D102 - as the row has it


def of_ranks(rows: Sequence[RankedRow], called: str) -> list[str]:
    """Say which ranks of all who were asked cannot be, and what to write instead."""
    ranked = [row for row in rows if row.is_whole and row.ranks]
    told = [problem for row in ranked if (problem := _beside_counts(row, ranked, called))]
    crowded = crowd({row.slug: row.ranks for row in ranked})
    if crowded:
        lines = listed([str(row.line) for row in ranked if row.slug in crowded])
        told.append(
            f"{called}s {lines}: no order gives each of {listed(sorted(crowded))} a rank of its own: "
            "where several share places, give each of them all of these, from rank_low to rank_high"
        )
    return told


def crowd(possible: Mapping[str, Sequence[int]]) -> frozenset[str]:
    """Name some that have fewer ranks to hold than they are; empty: each can have one of its own.

    By augmenting paths (Hall 1935): where none is left, those tried share too few ranks.
    """
    holder: dict[int, str] = {}
    for slug in possible:
        tried: set[int] = set()
        if not _place(slug, possible, holder, tried):
            return frozenset({slug, *(holder[rank] for rank in tried)})
    return frozenset()


def _place(
    slug: str, possible: Mapping[str, Sequence[int]], holder: dict[int, str], tried: set[int]
) -> bool:
    """Give one a rank, moving others where they have another."""
    for rank in possible[slug]:
        if rank in tried:
            continue
        tried.add(rank)
        if rank not in holder or _place(holder[rank], possible, holder, tried):
            holder[rank] = slug
            return True
    return False


def _beside_counts(row: RankedRow, ranked: Sequence[RankedRow], called: str) -> str | None:
    """Say that a row is ranked below another that its counts put it above."""
    own = _share(row)
    for other in ranked:
        share = _share(other)
        if own is None or share is None or own <= share or row.ranks[0] <= other.ranks[-1]:
            continue
        return (
            f"{called} {row.line}, {row.slug}: its rank, {row.ranks[0]} at best, is below that of "
            f"{other.slug} ({called} {other.line}), which fewer use by the counts: leave the ranks "
            "out, or mend them"
        )
    return None


def _share(row: RankedRow) -> Fraction | None:
    if row.numerator is None or not row.denominator:
        return None
    return Fraction(row.numerator, row.denominator)
