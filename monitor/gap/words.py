"""Kinds of gap and of change, in the words pages and mail use."""

from enum import StrEnum


class UsageBand(StrEnum):
    """How widely used, as far as the source settles it."""

    WIDE = "widely used"
    MIDDLE = "in the middle"
    LITTLE = "little used"
    UNKNOWN = "not known"


class GapKind(StrEnum):
    """What tier, direction and use add up to."""

    UNDER_RESEARCHED = "under-researched"
    UNDER_USED = "under-used"
    UNDER_USED_CARE = "under-used, read with care"
    ALIGNED = "aligned"
    OVER_USED = "more used than the findings support"
    UNKNOWN = "not known"


class ChangeKind(StrEnum):
    """What changed."""

    TIER = "tier"
    DIRECTION = "direction"
    GAP = "gap"
    STUDIES = "studies counted"
    SETTLED = "settled"  # the tier became, or ceased to be, undetermined
