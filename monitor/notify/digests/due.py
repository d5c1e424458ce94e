"""Whose digest is due, and since when. Reads only."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from monitor.notify.reader_tables import ReaderTerms, Subscriber, SubscriberState


def select_due(at: datetime) -> Any:  # noqa: ANN401 - a select of two entities
    """Select the readers whose digest is due, or whose time is to be set, with that time."""
    when = or_(ReaderTerms.next_digest_at.is_(None), ReaderTerms.next_digest_at <= at)
    return (
        select(Subscriber, ReaderTerms.next_digest_at)
        .join(ReaderTerms, ReaderTerms.subscriber_id == Subscriber.id)
        .where(Subscriber.state == SubscriberState.ACTIVE, when)
    )


def due_since(session: Session, at: datetime) -> datetime | None:
    """Tell since when a digest has been due that nobody made; None: none is."""
    late = select_due(at).with_only_columns(func.min(ReaderTerms.next_digest_at))
    since: datetime | None = session.scalar(late)
    return since
