"""What review does, offered from one place. Says what people decided, never what follows."""

from monitor.review.appraising import (
    AppraisalOutcome,
    accepting_decision,
    appraise,
    study_label,
    withdraw,
)
from monitor.review.screening import enqueue, follow_merge, reopen, screen

__all__ = [
    "AppraisalOutcome",
    "accepting_decision",
    "appraise",
    "enqueue",
    "follow_merge",
    "reopen",
    "screen",
    "study_label",
    "withdraw",
]
