"""What review does, offered from one place. Says what people decided, never what follows."""

from monitor.review.alerts.opening import look as look_for_alerts
from monitor.review.appraising import (
    AppraisalOutcome,
    accepting,
    accepting_decision,
    appraise,
    require_unbarred,
    study_label,
    why,
    withdraw,
)
from monitor.review.pairs.follow import follow_merge
from monitor.review.pairs.settle import Settled, merge_papers, settle_link, undo_merge
from monitor.review.queue.screening import (
    ScreeningAnswer,
    enqueue,
    reopen,
    screen,
    set_aside,
)
from monitor.review.retracting import AlertOutcome, withdraw_retracted, withdrawn_judgement
from monitor.review.retracting import settle as settle_alert

__all__ = [
    "AlertOutcome",
    "AppraisalOutcome",
    "ScreeningAnswer",
    "Settled",
    "accepting",
    "accepting_decision",
    "appraise",
    "enqueue",
    "follow_merge",
    "look_for_alerts",
    "merge_papers",
    "reopen",
    "require_unbarred",
    "screen",
    "set_aside",
    "settle_alert",
    "settle_link",
    "study_label",
    "undo_merge",
    "why",
    "withdraw",
    "withdraw_retracted",
    "withdrawn_judgement",
]
