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
    BETWEEN = (
        "between"  # its interval reaches into two bands or more; of policies that read intervals
    )
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


class Unit(StrEnum):
    """What was put into the groups, one by one, by chance or otherwise."""

    PEOPLE = "people"
    CLUSTERS = "clusters"  # services, classes, sites


class ArmRole(StrEnum):
    """Whether a group got what is studied, or what that is compared with."""

    EXPERIMENTAL = "experimental"
    COMPARATOR = "comparator"


class ComparatorClass(StrEnum):
    """What the people compared got. The first four are one pool, *usual care*."""

    NOTHING = "nothing"
    WAITING_LIST = "waiting list"
    USUAL_CARE = "usual care"
    ATTENTION = "attention"
    ACTIVE = "active"
    ANOTHER = "another of the ten"
    NOT_RANDOMISED = "not randomised"


class ResultClass(StrEnum):
    """What a result measures."""

    ATTACHMENT = "attachment"
    PROXIMAL = "proximal"  # parental sensitivity, reflective functioning …
    CHILD = "child, other"
    PARENT = "parent, other"
    HARM = "harm"
    OTHER = "other"  # of appraisals made before child and parent were told apart


class Informant(StrEnum):
    """Who told how people fared."""

    BLIND_OBSERVER = "blind observer"
    OBSERVER = "observer"
    SELF_REPORT = "self-report"
    RECORD = "record"


class Population(StrEnum):
    """Which of those allocated a result is about."""

    ALL = "all randomised"
    COMPLETERS = "completers"
    SUBGROUP = "subgroup"


class Planned(StrEnum):
    """Whether a result was named before the trial began."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    NO = "no"


class Better(StrEnum):
    """Which way of a measure is better for the child or the parent."""

    HIGHER = "higher"
    LOWER = "lower"


class EffectType(StrEnum):
    """How a result's effect is reported."""

    DIRECTION = "direction only"
    MEANS = "means"
    MD = "MD"
    SMD = "SMD"
    TABLE = "2x2"
    OR = "OR"
    RR = "RR"


class Harms(StrEnum):
    """Whether a study looked for harms; never a blank."""

    REPORTED = "reported"
    NONE_REPORTED = "none reported"
    NOT_SOUGHT = "not sought"
