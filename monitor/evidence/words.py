"""Tier and direction: two words that never appear one without the other."""

from dataclasses import dataclass

# Causes whose ``id`` is a decision's.
OF_DECISIONS = frozenset({"decision", "withdrawal", "retraction", "reinstatement"})


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a ledger has a new row: ``kind`` and ``id`` point at it, ``words`` tell a reader."""

    # "baseline", "table" (the review's own), "policy" (other rules), "papers" (a study has others now), "certainty", or of
    # OF_DECISIONS
    kind: str
    words: str
    id: int | None = None
