"""Which rows of a results table are of one study, however it is named in them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from monitor.catalogue.words import EffectType
from monitor.evidence.synthesis.results import Result
from monitor.feeds.identifiers.canonical import registrations_in


def copies(rows: Mapping[str, Sequence[Result]]) -> frozenset[str]:
    """Name the studies called by their registration alone that repeat another's every figure.

    ``rows`` are by the name of their study.
    """
    bare = [name for name in rows if is_a_number(name)]
    brief = {_in_brief(rows[name]) for name in bare}
    named = {
        _figures(own)
        for name, own in rows.items()
        if bare and not is_a_number(name) and _in_brief(own) in brief and _has_figures(own)
    }
    return frozenset(name for name in bare if _figures(rows[name]) in named)


@lru_cache(maxsize=8192)
def key_of(name: str) -> str:
    """Give the key under which the rows of a study so named meet.

    Case and spacing make no difference; names that carry one registration number are one study.
    """
    numbers = registrations_in(name)
    return numbers[0].value if numbers else " ".join(name.casefold().split())


@lru_cache(maxsize=8192)
def is_a_number(name: str) -> bool:
    """Tell whether a study is named by its registration alone."""
    numbers = registrations_in(name)
    return bool(numbers) and numbers[0].value.casefold() == "".join(name.casefold().split())


def _in_brief(rows: Sequence[Result]) -> frozenset[object]:
    """Tell most studies apart, at little cost."""
    return frozenset((row.outcome, row.effect, row.n_i, row.n_c) for row in rows)


def _figures(rows: Sequence[Result]) -> frozenset[Result]:
    return frozenset(replace(row, study="") for row in rows)


def _has_figures(rows: Sequence[Result]) -> bool:
    """Whether two studies that agree in these are likely to be one."""
    return any(
        row.people is not None and row.effect_type is not EffectType.DIRECTION for row in rows
    )
