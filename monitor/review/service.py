"""What review does, offered from one place. Says what people decided, never what follows."""

from monitor.review.appraising import (
    AppraisalOutcome,
    accepting,
    accepting_decision,
    appraise,
    study_label,
    withdraw,
)
from monitor.review.comparing import Settled, merge_papers, settle_link, undo_merge
from monitor.review.following import follow_merge
from monitor.review.screening import enqueue, reopen, screen

__all__ = [
    "AppraisalOutcome",
    "Settled",
    "accepting",
    "accepting_decision",
    "appraise",
    "enqueue",
    "follow_merge",
    "merge_papers",
    "reopen",
    "screen",
    "settle_link",
    "study_label",
    "undo_merge",
    "withdraw",
]
