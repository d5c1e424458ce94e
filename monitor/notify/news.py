"""What is news: which changes are mailed, and which a digest or the page of changes lists. Pure.

Source: the method of findings, section 7. A mail goes out when the tier, the findings or the gap
moves, or at a retraction; a count that moved waits. A study that may be among the review's own,
or is older than its close, is never news itself: the review has told it already. But where a label,
a tier or a gap moves with it, that is: what stands on a page is never other than what was mailed.
"""

from collections.abc import Collection
from dataclasses import dataclass

from monitor.evidence.words import OF_DECISIONS
from monitor.gap.words import ChangeKind

ONLY_A_COUNT = "only the count of studies moves"
# What a study of unknown standing moves for no other reason than that its standing is not known.
_UNSURE = frozenset({ChangeKind.STUDIES, ChangeKind.SETTLED})
OF_THE_REVIEW = "the study may be among the review’s own, so it is no news"


@dataclass(frozen=True, slots=True)
class CausingStudy:
    """What is known of the study that caused a change.

    ``in_review``: it may be among the review's own studies. ``leaves``: it no longer counts;
    ``returns``: it counts again. ``told``: a mail about it may have been sent, so whoever got it
    is told of the end too.
    """

    in_review: bool = False
    leaves: bool = False
    returns: bool = False
    retracted: bool = False
    told: bool = False


NO_STUDY = CausingStudy()


def is_news(kinds: Collection[str], cause: CausingStudy = NO_STUDY) -> bool:
    """Tell whether a change is mailed."""
    if not kinds:
        return False
    if cause.retracted or (cause.told and (cause.leaves or cause.returns)):
        return True
    # of one that readers were told of, what it turned out to be is no longer the review's news
    return not why_silent(kinds, in_review=cause.in_review and not cause.told)


def is_added(kinds: Collection[str], cause: CausingStudy, cause_kind: str) -> bool:
    """Tell whether a decision on a study only moved a count: that stands in the lists of digests.

    Of a study that was told already, what only moves its count takes nothing back: the page has it.
    """
    of_new = cause_kind in OF_DECISIONS and not (cause.in_review or cause.told)
    return bool(kinds) and not moves(kinds) and of_new


def why_silent(kinds: Collection[str], *, in_review: bool) -> str:
    """Say why a change is not mailed; empty: it is. ``in_review``: its study may be the review's own."""
    if in_review and not set(kinds) - _UNSURE:
        return OF_THE_REVIEW
    return "" if moves(kinds) else ONLY_A_COUNT


def moves(kinds: Collection[str]) -> bool:
    """Tell whether more than a count moved: a tier, whether it is settled, findings or a gap."""
    return bool(set(kinds) - {ChangeKind.STUDIES})
