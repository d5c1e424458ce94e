"""What a state means to a reader: one who buys the intervention now, one who is choosing. Pure.

Neutral on purpose: says what to read and what to ask, never to buy or to stop.
"""

from dataclasses import dataclass

from monitor.catalogue.words import Direction, Tier
from monitor.gap.rules import State

_ASK = "Ask what your service measures, and in whom."
_READ = "Read the findings for the variant and the families you have in mind."
_BUYING = {
    Direction.FAVOURS: "the studies counted favour it. Check that you get the variant that was studied.",
    Direction.GENERALLY_POSITIVE: (
        "the studies counted are generally positive. Check that you get the variant that was studied."
    ),
    Direction.MIXED: (
        "the studies counted do not all point one way, and one study by itself seldom settles a question."
    ),
    Direction.NO_DIFFERENCE: (
        "the studies counted found no difference from what it was compared with. "
        "Look at what that was, and at what your families would have instead."
    ),
    Direction.FAVOURS_COMPARISON: (
        "families in the comparison groups did better. "
        "Read the studies, and talk them through with those who provide it."
    ),
    Direction.NONE: "no counted study says which way it goes.",
}
_CHOOSING = {
    Tier.STRONG: "a strong tier is not a promise of benefit.",
    Tier.INTERMEDIATE: "an intermediate tier says how much is known, not whether it works.",
    Tier.WEAK: "a weak tier says that little is known, not that it does not work.",
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """The end of two sentences: "If you buy it now: …" and "If you are choosing: …"."""

    buying: str
    choosing: str


def meaning(state: State) -> Meaning:
    """Say what a state means, for every tier and direction."""
    choosing = _CHOOSING[state.tier]
    if not state.settled:
        choosing = "how much is known is itself not settled."
    return Meaning(f"{_BUYING[state.direction]} {_ASK}", f"{choosing} {_READ}")
