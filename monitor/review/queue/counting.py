"""How many papers wait, and since when, off what triggers keep: loads nothing of the papers. Reads only."""

from datetime import datetime
from typing import cast

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence import triggers
from monitor.kernel.persistence.columnar import ask, columns_of
from monitor.review.queue_tables import QueueItem, QueueTally
from monitor.review.words import Stage

WHOLE = ""  # the slug of the whole queue
# Built once, on tables: pages ask these often, and putting one together costs more than running it.
_tally, _item = columns_of(QueueTally), columns_of(QueueItem)
_BY_STAGE = (
    select(_tally.stage, func.sum(_tally.papers)).where(_tally.slug == WHOLE).group_by(_tally.stage)
)
_SINCE = select(func.min(_item.queued_at)).where(_item.stage == bindparam("stage"))


def counts(session: Session) -> dict[Stage, int]:
    """Tell how many papers are in each stage, empty ones too."""
    triggers.settle(session)
    rows = session.connection().execute(_BY_STAGE)
    return dict.fromkeys(Stage, 0) | {Stage(stage): int(papers) for stage, papers in rows}


def waiting_since(session: Session, stage: Stage) -> datetime | None:
    """Tell when the paper that has waited longest came in; None where none waits."""
    return cast(datetime | None, ask(session, _SINCE, {"stage": stage}).scalar())
