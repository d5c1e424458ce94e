"""What a reader may choose: how often they are written to, and of what. The words of pages and mail."""

from enum import StrEnum


class Cadence(StrEnum):
    """How often a reader is told of what is not urgent."""

    AT_ONCE = "at once"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Helped(StrEnum):
    """What a reader answers, 90 days on, to whether what they were told changed anything."""

    CHANGED = "changed something"
    DISCUSSED = "discussed"
    NO = "no"
    EARLY = "too early"


# the same on the buttons, in the mail and beside the counts
ANSWERS = {
    Helped.CHANGED: "It changed something",
    Helped.DISCUSSED: "We discussed it",
    Helped.NO: "No",
    Helped.EARLY: "Too early to say",
}


class Copy(StrEnum):
    """What a copy of a mail is for, that is not the mail to its reader."""

    VIEW = "view"  # whoever has the link sees what was sent
    TEST = "test"  # whoever runs the service sees how one looks in their own inbox


class Kind(StrEnum):
    """What a reader may want to be told of."""

    TIER = "tier"
    FINDINGS = "findings"
    GAP = "gap"
    USE = "use"
    RETRACTION = "retraction"
    REGISTERED = "trial registered"
    OVERDUE = "trial overdue"
    COMPLETED = "trial completed"
    PROOF = "nothing changed"


# What every new reader gets; that nothing changed is told by choice alone.
USUAL = tuple(kind for kind in Kind if kind is not Kind.PROOF)


class BounceWeight(StrEnum):
    """What a mail that came back says of its address."""

    GONE = "gone"  # for good: the address is written to no more
    FOR_NOW = "for now"  # its mailbox is full, its server away: many in a row count
    MESSAGE = "message"  # of this message alone: its size, its content
    OURS = "ours"  # of us: a policy, a block list, a sender that is not ours
