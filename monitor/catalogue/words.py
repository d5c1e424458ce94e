"""The words that policies, evidence, gap and review share. Each has its sentence for readers."""

from enum import StrEnum


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


class Design(StrEnum):
    """How a study was done."""

    RANDOMISED = "randomised"
    NON_RANDOMISED = "non-randomised"
    SINGLE_GROUP = "single-group"
    CASE = "case"


class RiskOfBias(StrEnum):
    """The overall judgement, in the words of the tool used.

    RoB 2 for randomised trials: low, some concerns, high (Sterne 2019, BMJ 366:l4898).
    ROBINS-I otherwise: low, moderate, serious, critical (Sterne 2016, BMJ 355:i4919).
    """

    LOW = "low"
    SOME_CONCERNS = "some concerns"
    HIGH = "high"
    MODERATE = "moderate"
    SERIOUS = "serious"
    CRITICAL = "critical"


class OutcomeClass(StrEnum):
    """What the judged result measures."""

    ATTACHMENT = "attachment"
    PROXIMAL = "proximal"  # parental sensitivity, reflective functioning …
    OTHER = "other"


class InReview(StrEnum):
    """Whether a study is among the published review's own: its first results, wherever reported."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class FindingDirection(StrEnum):
    """What one study's result says."""

    FAVOURS = "favours the intervention"
    MIXED = "mixed"
    NO_DIFFERENCE = "no difference"
    FAVOURS_COMPARISON = "favours the comparison"
