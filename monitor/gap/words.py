"""Kinds of gap and of change, in the words pages and mail use."""

from enum import StrEnum


class ChangeKind(StrEnum):
    """What changed."""

    TIER = "tier"
    DIRECTION = "direction"
    FINDINGS = "findings"  # a label of what trials since show, whatever the headline is read off
    GAP = "gap"
    USE = "use"  # by the four conditions, or such a change taken back
    STUDIES = "studies counted"
    SETTLED = "settled"  # the tier became, or ceased to be, one of several that the count allows
    CERTAINTY = "certainty"  # confirmed by people: another level than stood before
