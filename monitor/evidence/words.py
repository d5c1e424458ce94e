"""Tier and direction: two words that never appear one without the other."""

from dataclasses import dataclass
from enum import StrEnum

# Causes whose ``id`` is a decision's.
OF_DECISIONS = frozenset({"decision", "withdrawal", "retraction", "reinstatement"})


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a ledger has a new row: ``kind`` and ``id`` point at it, ``words`` tell a reader."""

    kind: str  # "baseline", "papers" (a study has others now), or of OF_DECISIONS
    words: str
    id: int | None = None


class Tier(StrEnum):
    """How much is known; not whether it works. In ascending order."""

    WEAK = "weak"
    INTERMEDIATE = "intermediate"
    STRONG = "strong"


class Direction(StrEnum):
    """What the counted studies say, taken together."""

    FAVOURS = "favours the intervention"
    GENERALLY_POSITIVE = "generally positive"  # the 2023 review's words
    MIXED = "mixed"
    NO_DIFFERENCE = "no difference"
    FAVOURS_COMPARISON = "favours the comparison"
    NONE = "none to go on"
