"""Which messages are to be sent now, whether their readers still want them, and in which order."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, literal, or_, select

from monitor.accounts.tables import Role, User
from monitor.notify import rules
from monitor.notify.tables import Message, MessageKind, MessageState, Subscriber, SubscriberState

RETRIED = (MessageState.PENDING, MessageState.DEFERRED, MessageState.UNCERTAIN)
# no lease is longer: one that seems to be was written by a clock that ran ahead
_LONGEST_LEASE = timedelta(hours=2)


def is_due(at: datetime) -> ColumnElement[bool]:
    """Hold for a message to be sent now: its time has come, or was set by a clock that ran ahead.

    A message waits at most as long as its tries ask for, and a new one not at all; a time beyond
    that comes from a clock that ran ahead, and delays nothing.
    """
    furthest = case(
        (Message.held_since.is_not(None), literal(at + rules.HELD_FOR, Message.next_at.type)),
        (
            Message.state == MessageState.PENDING,
            literal(at + rules.CLOCKS_DIFFER, Message.next_at.type),
        ),
        *(
            (Message.attempts == n, literal(at + rules.wait_after(n), Message.next_at.type))
            for n in range(1, len(rules.BACKOFF))
        ),
        else_=literal(at + rules.BACKOFF[-1], Message.next_at.type),
    )
    ripe = or_(Message.next_at <= at, Message.next_at > furthest)
    waiting = and_(Message.state.in_(RETRIED), ripe)
    lease = or_(Message.lease_until <= at, Message.lease_until > at + _LONGEST_LEASE)
    return or_(waiting, and_(Message.state == MessageState.CLAIMED, lease))


def may_be_sent() -> ColumnElement[bool]:
    """Hold for a message whose reader still wants it, as the database knows it now.

    An incident is told to who is an admin when it is sent.
    """
    reader = select(Subscriber.id).where(Subscriber.id == Message.subscriber_id)
    active = reader.where(Subscriber.state == SubscriberState.ACTIVE)
    # who left and then asked again wants that later mail, and none from before
    asked_since = reader.where(
        or_(Subscriber.left_at.is_(None), Subscriber.left_at < Message.queued_at)
    )
    admin = select(User.id).where(
        User.address == Message.address, User.role == Role.ADMIN, User.disabled_at.is_(None)
    )
    return or_(
        and_(Message.subscriber_id.is_(None), Message.kind != MessageKind.INCIDENT),
        and_(Message.kind == MessageKind.INCIDENT, admin.exists()),
        and_(Message.kind == MessageKind.CHANGE, active.exists()),
        and_(Message.kind == MessageKind.CONFIRM, asked_since.exists()),
    )


def in_order(query: Select[Any]) -> Select[Any]:
    """Sort so that a message that fails every time never stands in the others' way."""
    held = Message.held_since.is_not(None)
    return query.order_by(held, Message.attempts, Message.next_at, Message.id)
