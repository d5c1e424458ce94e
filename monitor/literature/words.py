"""The words of this package that others share. No rule, no table."""

from enum import StrEnum


class Lane(StrEnum):
    """Why a paper is, or is not, in front of a reviewer."""

    EVALUATED = "evaluated"  # names an intervention
    POSSIBLE = "possible"  # names none, but is an attachment or parenting trial
    NONE = "none"  # neither; kept and listable, never queued
