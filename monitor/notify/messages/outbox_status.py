"""How the outbox stands: what is told of it wherever the service says how it is. Changes nothing."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, TextClause, and_, func, select, text
from sqlalchemy.orm import Session

from monitor.kernel.persistence.columnar import ask, columns_of
from monitor.notify.message_tables import (
    HELD_BACK,
    NOT_SENT_YET,
    REFUSED_UNSEEN,
    Message,
    MessageState,
)

WAITING = (
    MessageState.PENDING,
    MessageState.CLAIMED,
    MessageState.DEFERRED,
    MessageState.UNCERTAIN,
)

_message = columns_of(Message)
MANY = 10_001  # of a state: as many are counted and no more


# In the very words of their indexes: a partial one is used for nothing else.
UNSEEN = text(REFUSED_UNSEEN)
NOT_SENT = text(NOT_SENT_YET)
# The states left out, not those meant: these SQLite would look up, and read all that waits. Few are held.
HELD = and_(
    text(HELD_BACK), _message.state.not_in([one for one in MessageState if one not in WAITING])
)


def _count(which: ColumnElement[bool] | TextClause) -> Select[int]:
    return select(func.count()).select_from(Message.__table__).where(which)


def _bounded(state: MessageState) -> Select[int]:
    """Count the messages of a state, up to ``MANY``."""
    first = (
        select(_message.id).where(_message.state == state).order_by(_message.next_at).limit(MANY)
    )
    return select(func.count()).select_from(first.subquery())


# Built once, and asked at once: putting one together costs more than running it.
_OUTBOX = select(
    *(_bounded(state).scalar_subquery() for state in MessageState),
    select(func.max(_message.sent_at))
    .where(_message.sent_at.is_not(None))
    .scalar_subquery()
    .label("last_sent_at"),
    select(func.min(_message.queued_at))
    .where(NOT_SENT)
    .scalar_subquery()
    .label("oldest_waiting_at"),
    _count(UNSEEN).scalar_subquery().label("refused"),
    _count(HELD).scalar_subquery().label("held"),
)


class OutboxStatus(NamedTuple):
    """How the outbox stands: messages by state; ``oldest_waiting_at`` is when it was queued.

    A state is counted up to ``MANY``, which stands for that many or more.

    ``refused``: how many were refused for good and no admin has seen it. ``held``: how many wait
    since the server takes none from us.
    """

    counts: dict[MessageState, int]
    last_sent_at: datetime | None
    oldest_waiting_at: datetime | None
    refused: int
    held: int


def outbox(session: Session) -> OutboxStatus:
    """Read how the outbox stands; states in which no message is are left out."""
    told = ask(session, _OUTBOX).one()
    return OutboxStatus(
        counts={state: n for state, n in zip(MessageState, told, strict=False) if n},
        last_sent_at=told.last_sent_at,
        oldest_waiting_at=told.oldest_waiting_at,
        refused=told.refused,
        held=told.held,
    )


def anything_held(session: Session) -> bool:
    """Tell whether a message waits since the server takes none from us."""
    return session.scalar(select(_message.id).where(HELD).limit(1)) is not None


def count(session: Session, which: ColumnElement[bool] | TextClause) -> int:
    """Count the messages for which something holds."""
    return session.scalar(_count(which)) or 0
