"""Whose digest is due, and since when. Reads only."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, join, or_, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.columnar import ask, columns_of
from monitor.notify.reader_tables import ReaderTerms, Subscriber, SubscriberState

_reader, _terms = columns_of(Subscriber), columns_of(ReaderTerms)
_THEIR_OWN = _terms.subscriber_id == _reader.id


def select_due(at: datetime) -> Any:  # noqa: ANN401 - a select of two entities
    """Select the readers whose digest is due, or whose time is to be set, with that time."""
    return (
        select(Subscriber, ReaderTerms.next_digest_at)
        .join(ReaderTerms, _THEIR_OWN)
        .where(_is_due(at))
    )


def due_since(session: Session, at: datetime) -> datetime | None:
    """Tell since when a digest has been due that nobody made; None: none is."""
    theirs = join(Subscriber.__table__, ReaderTerms.__table__, _THEIR_OWN)
    late = select(func.min(_terms.next_digest_at)).select_from(theirs).where(_is_due(at))
    since: datetime | None = ask(session, late).scalar_one()
    return since


def _is_due(at: datetime) -> ColumnElement[bool]:
    when = or_(_terms.next_digest_at.is_(None), _terms.next_digest_at <= at)
    return and_(_reader.state == SubscriberState.ACTIVE, when)
