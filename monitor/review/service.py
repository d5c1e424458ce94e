"""What review does, offered from one place. Says what people decided, never what follows."""

from monitor.review.alerts import follow_merge as move_alerts
from monitor.review.alerts import look as look_for_alerts
from monitor.review.appraising import (
    AppraisalOutcome,
    accepting_decision,
    appraise,
    study_label,
    why,
    withdraw,
)
from monitor.review.retracting import AlertOutcome, withdraw_retracted, withdrawn_judgement
from monitor.review.retracting import settle as settle_alert
from monitor.review.screening import enqueue, follow_merge, reopen, screen, set_aside

__all__ = [
    "AlertOutcome",
    "AppraisalOutcome",
    "accepting_decision",
    "appraise",
    "enqueue",
    "follow_merge",
    "look_for_alerts",
    "move_alerts",
    "reopen",
    "screen",
    "set_aside",
    "settle_alert",
    "study_label",
    "why",
    "withdraw",
    "withdraw_retracted",
    "withdrawn_judgement",
]
