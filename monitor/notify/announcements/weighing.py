"""What an announcement means to a reader: what of it they hear of, how much it weighs. Pure.

Read off the frozen content alone, so that a reader whose turn comes later is told by the same rule.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.gap.states import State
from monitor.notify import news, terms
from monitor.notify.terms import ChangeWeight, News, Terms
from monitor.notify.words import Kind


@dataclass(frozen=True, slots=True)
class WeighedChange:
    """One intervention's change. ``open``: it is told to whoever follows it, not only as a correction."""

    slug: str
    weight: ChangeWeight
    kinds: frozenset[Kind]
    open: bool


def corrects(content: Mapping[str, Any]) -> bool:
    """Tell whether it takes back what may have been told of its study, or takes that back."""
    study = content["study"]
    told_anew = study and (study["again"] is not None or study.get("reappraised") is not None)
    return bool(content["correction"] or told_anew)


def is_retraction(content: Mapping[str, Any]) -> bool:
    """Tell whether a study was retracted: that is told to all who follow what it was of."""
    study = content["study"]
    return bool(study and study["withdrawn"] and study["withdrawn"]["retraction"])


def weigh(content: Mapping[str, Any]) -> list[WeighedChange]:
    """Weigh each change of an announcement, in its order."""
    retracted = is_retraction(content)
    # what only adds to a count has an announcement of its own, without anything that moved
    added = not corrects(content) and not any(news.moves(c["kinds"]) for c in content["changes"])
    return [
        WeighedChange(
            slug=change["slug"],
            weight=terms.weight(*_states(change), change["kinds"], retracted=retracted),
            kinds=terms.kinds_of(change["kinds"], retracted=retracted),
            open=retracted or added or news.moves(change["kinds"]),
        )
        for change in content["changes"]
    ]


def wanted(
    weighed: Sequence[WeighedChange],
    chosen: Terms,
    follows: Collection[str],
    before: Collection[str],
) -> list[WeighedChange]:
    """Give what a reader hears of: what they follow and asked for, and what they knew ``before``."""
    return [
        change
        for change in weighed
        if change.slug in before
        or (change.open and change.slug in follows and change.kinds & chosen.kinds)
    ]


def together(some: Sequence[WeighedChange], *, corrects: bool) -> News:
    """Weigh what a reader hears of in one mail."""
    kinds: frozenset[Kind] = frozenset().union(*(change.kinds for change in some))
    return News(max(change.weight for change in some), kinds, corrects)


def _states(change: Mapping[str, Any]) -> tuple[State | None, State]:
    before = State.from_dict(change["before"]) if change["before"] else None
    return before, State.from_dict(change["after"])
