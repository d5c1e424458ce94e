"""The words of this package that others share. No rule, no table."""

from enum import StrEnum


class Lane(StrEnum):
    """Why a paper is, or is not, in front of a reviewer."""

    EVALUATED = "evaluated"  # names an intervention, and not only in passing
    MENTIONED = "mentioned"  # names one only in passing
    POSSIBLE = "possible"  # names none, but is an attachment or parenting trial
    NOTICE = "notice"  # a retraction, a correction, a concern: never itself a study
    NONE = "none"  # none of these; kept and listable, never queued


# The lanes that reviewers are asked to screen. A notice reaches them as an alert on its paper.
TO_SCREEN = frozenset({Lane.EVALUATED, Lane.MENTIONED, Lane.POSSIBLE})


class Relation(StrEnum):
    """How one paper stands to another: "this paper is (relation) that one"."""

    SAME_PAPER = "the same paper as"
    PREPRINT_OF = "preprint of"
    REGISTRATION_OF = "registration of"
    PROTOCOL_OF = "protocol of"
    SAME_STUDY = "another report of the study of"
    NOTICE_OF = "notice of"


# Said of two papers in either direction: the older one comes first.
MUTUAL = frozenset({Relation.SAME_PAPER, Relation.SAME_STUDY})


class LinkState(StrEnum):
    """Where a link between two papers stands."""

    PROPOSED = "proposed"  # a person has to say
    CONFIRMED = "confirmed"
    REJECTED = "rejected"  # a person said no: never proposed again


class PaperRole(StrEnum):
    """As what a paper reports its study."""

    MAIN = "main report"
    PROTOCOL = "protocol"
    REGISTRATION = "registration"
    PREPRINT = "preprint"
    FOLLOW_UP = "follow-up"
    SECONDARY = "secondary report"
    CORRECTION = "correction"  # what was wrong in a report, published apart
    OTHER = "other"


# Papers in these roles report no result of their own: their dates say nothing of when results
# were known.
WITHOUT_RESULTS = frozenset({PaperRole.PROTOCOL, PaperRole.REGISTRATION, PaperRole.CORRECTION})


class Regrouped(StrEnum):
    """How the papers of studies were put together otherwise, by a person."""

    ATTACHED = "attached"  # a paper reports the study, whatever it reported before
    ROLE = "role changed"
    DETACHED = "detached"
    SPLIT = "split"  # some papers of a study report one of their own
    MERGED = "merged"  # two studies are one
