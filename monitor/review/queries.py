"""Everything the pages read of review, offered from one place. Changes nothing."""

from monitor.review.accepted import AcceptedStudy, accepted
from monitor.review.pairing import Pair, Parting, Side, merge, merges, pair
from monitor.review.queue import (
    NOT_CLEAR,
    Item,
    MatchedWords,
    QueueEntry,
    Reopening,
    ScreeningView,
    by_intervention,
    counts,
    item,
    queue,
    reopenings,
    screenings,
)
from monitor.review.studies import (
    AppraisalView,
    DecisionView,
    ReportView,
    StudyToAppraise,
    StudyView,
    study,
    to_appraise,
)

__all__ = [
    "NOT_CLEAR",
    "AcceptedStudy",
    "AppraisalView",
    "DecisionView",
    "Item",
    "MatchedWords",
    "Pair",
    "Parting",
    "QueueEntry",
    "Reopening",
    "ReportView",
    "ScreeningView",
    "Side",
    "StudyToAppraise",
    "StudyView",
    "accepted",
    "by_intervention",
    "counts",
    "item",
    "merge",
    "merges",
    "pair",
    "queue",
    "reopenings",
    "screenings",
    "study",
    "to_appraise",
]
