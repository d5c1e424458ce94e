"""How the outbox stands: what is told of it wherever the service says how it is. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, and_, func, select, text
from sqlalchemy.orm import Session

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

MANY = 10_001  # of a state: as many are counted and no more


# In the very words of their indexes: a partial one is used for nothing else.
UNSEEN = text(REFUSED_UNSEEN)
NOT_SENT = text(NOT_SENT_YET)
# The states left out, not those meant: these SQLite would look up, and read all that waits. Few are held.
HELD = and_(
    text(HELD_BACK), Message.state.not_in([one for one in MessageState if one not in WAITING])
)


# Built once: putting it together costs more than running it.
_BOUNDED = select(
    *(
        select(func.count())
        .select_from(
            select(Message.id)
            .where(Message.state == state)
            .order_by(Message.next_at)
            .limit(MANY)
            .subquery()
        )
        .scalar_subquery()
        for state in MessageState
    )
)


@dataclass(frozen=True, slots=True)
class OutboxStatus:
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
    """Read how the outbox stands."""
    return OutboxStatus(
        counts=_bounded(session),
        last_sent_at=session.scalar(
            select(func.max(Message.sent_at)).where(Message.sent_at.is_not(None))
        ),
        oldest_waiting_at=session.scalar(select(func.min(Message.queued_at)).where(NOT_SENT)),
        refused=count(session, UNSEEN),
        held=count(session, HELD),
    )


def anything_held(session: Session) -> bool:
    """Tell whether a message waits since the server takes none from us."""
    return session.scalar(select(Message.id).where(HELD).limit(1)) is not None


def count(session: Session, which: ColumnElement[bool] | TextClause) -> int:
    """Count the messages for which something holds."""
    return session.scalar(select(func.count()).select_from(Message).where(which)) or 0


def _bounded(session: Session) -> dict[MessageState, int]:
    """Count the messages of each state, up to ``MANY``, in one statement; empty states are left out."""
    counted = session.execute(_BOUNDED).one()
    return {state: n for state, n in zip(MessageState, counted, strict=True) if n}
