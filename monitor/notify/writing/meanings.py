"""What several changes mean for a reader: told once, however many of them it holds for. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.gap.meaning import Meaning
from monitor.kernel.language.english import listed
from monitor.notify.writing import wording


def together(changes: Sequence[Mapping[str, Any]]) -> list[tuple[str, Meaning]]:
    """Tell what changes mean: the names each meaning holds for, and what it is."""
    return [(listed(names), told) for told, names in _names(changes).items()]


def told_above(changes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say of each change that it means what one above it does; empty where it is the first to."""
    names = _names(changes)
    firsts = [names[wording.means(change)][0] for change in changes]
    return [
        "" if change["name"] == first else f"The same as for {first}, above."
        for change, first in zip(changes, firsts, strict=True)
    ]


def _names(changes: Sequence[Mapping[str, Any]]) -> dict[Meaning, list[str]]:
    """Name the interventions of each meaning, in the order they are told."""
    names: dict[Meaning, list[str]] = {}
    for change in changes:
        names.setdefault(wording.means(change), []).append(change["name"])
    return names
