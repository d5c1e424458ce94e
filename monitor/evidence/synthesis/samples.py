"""Which rows of a results table are of one study, however it is named in them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.results import Result
from monitor.feeds.identifiers.canonical import registrations_in


def without_copies(rows: Sequence[Result]) -> list[Result]:
    """Leave out a study named by its registration alone that repeats another's every figure."""
    bare = {name for name in {row.study for row in rows} if _is_a_number(name)}
    if not bare:
        return list(rows)
    figures: dict[str, set[Result]] = defaultdict(set)
    for row in rows:
        figures[row.study].add(replace(row, study=""))
    named = {
        frozenset(told)
        for name, told in figures.items()
        if name not in bare and any(_has_figures(row) for row in told)
    }
    copies = {name for name in bare if frozenset(figures[name]) in named}
    return [row for row in rows if row.study not in copies]


def keys(rows: Iterable[Result]) -> dict[str, str]:
    """Give each name of a study the key under which its rows meet.

    Case and spacing make no difference; names that carry one registration number are one study.
    """
    return {name: _key(name) for name in {row.study for row in rows}}


def _key(name: str) -> str:
    numbers = registrations_in(name)
    return numbers[0].value if numbers else " ".join(name.casefold().split())


def _is_a_number(name: str) -> bool:
    numbers = registrations_in(name)
    return bool(numbers) and numbers[0].value.casefold() == "".join(name.casefold().split())


def _has_figures(row: Result) -> bool:
    """Whether two studies that agree on a row are likely to be one."""
    return row.people is not None and row.effect_type is not EffectType.DIRECTION
