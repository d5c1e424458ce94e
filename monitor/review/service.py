"""What review does, offered from one place. Says what people decided, never what follows."""

from monitor.review.alerts.opening import look as look_for_alerts
from monitor.review.appraisal.appraising import (
    Outcome,
    confirm,
    consensus_reading,
    count,
    hand_in,
    require_asked,
    undecided,
    was_handed_in,
)
from monitor.review.appraisal.deciding import (
    SentDecision,
    accepting,
    accepting_decision,
    concerned,
    counted_for,
    require_unbarred,
    study_label,
    why,
    withdraw,
)
from monitor.review.appraisal.drafting import ReadingInTheMaking, draft, to_hand_in
from monitor.review.appraisal.drafting import drop as drop_draft
from monitor.review.appraisal.drafting import keep as keep_draft
from monitor.review.appraisal.rounds import open_round
from monitor.review.family.regrouping import Form, Moved, regroup
from monitor.review.family.regrouping import undo as undo_regrouping
from monitor.review.family.rules import Attach, Change, Detach, Merge, SplitOff
from monitor.review.family.taking_back import IncludeTakenBack, take_back
from monitor.review.notices.retracting import AlertOutcome, withdraw_retracted, withdrawn
from monitor.review.notices.retracting import settle as settle_alert
from monitor.review.pairs.follow import follow_merge
from monitor.review.pairs.settle import Settled, merge_papers, settle_link, undo_merge
from monitor.review.queue.screening import (
    ScreeningAnswer,
    enqueue,
    reopen,
    screen,
    set_aside,
)
from monitor.review.queue.sparing import ask_again, spare

__all__ = [
    "AlertOutcome",
    "Attach",
    "Change",
    "Detach",
    "Form",
    "IncludeTakenBack",
    "Merge",
    "Moved",
    "Outcome",
    "ReadingInTheMaking",
    "ScreeningAnswer",
    "SentDecision",
    "Settled",
    "SplitOff",
    "accepting",
    "accepting_decision",
    "ask_again",
    "concerned",
    "confirm",
    "consensus_reading",
    "count",
    "counted_for",
    "draft",
    "drop_draft",
    "enqueue",
    "follow_merge",
    "hand_in",
    "keep_draft",
    "look_for_alerts",
    "merge_papers",
    "open_round",
    "regroup",
    "reopen",
    "require_asked",
    "require_unbarred",
    "screen",
    "set_aside",
    "settle_alert",
    "settle_link",
    "spare",
    "study_label",
    "take_back",
    "to_hand_in",
    "undecided",
    "undo_merge",
    "undo_regrouping",
    "was_handed_in",
    "why",
    "withdraw",
    "withdraw_retracted",
    "withdrawn",
]
