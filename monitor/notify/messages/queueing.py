"""Putting one message into the outbox, with the Message-ID it keeps for life. Sends nothing."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from monitor.kernel.settings import Settings
from monitor.notify import rules
from monitor.notify.tables import Message, MessageKind, MessageState

_DAY = timedelta(days=1)


def queue(
    session: Session,
    settings: Settings,
    kind: MessageKind,
    address: str,
    *,
    context: dict[str, Any],
    at: datetime,
) -> Message:
    """Queue one message to one address; ``context`` is what its template needs."""
    uuid = str(uuid4())
    message = Message(
        uuid=uuid,
        message_id=rules.message_id(uuid, settings.mail.from_address),
        kind=kind,
        address=address,
        context=context,
        state=MessageState.PENDING,
        queued_at=at,
        next_at=at,
        attempts=0,
        lease_token=0,
    )
    session.add(message)
    return message


def asked_lately(
    session: Session, kind: MessageKind, address: str, *, every: timedelta, at: datetime
) -> bool:
    """Tell whether a message of this kind was queued to an address within ``every``, or often today.

    Of two who ask for one address at once, one waits for the other.
    """
    if session.get_bind().dialect.name == "postgresql":  # which has no one write lock
        session.execute(select(func.pg_advisory_xact_lock(_lock_key(kind, address))))
    return queued_lately(session, kind, Message.address == address, every=every, at=at)


def queued_lately(
    session: Session,
    kind: MessageKind,
    whose: ColumnElement[bool],
    *,
    every: timedelta,
    at: datetime,
) -> bool:
    """Tell whether such a message was queued within ``every``, or as often today as it may be."""
    lately = (
        select(Message.queued_at)
        .where(
            whose,
            Message.kind == kind,
            Message.queued_at > at - _DAY,
            Message.queued_at <= at + rules.CLOCKS_DIFFER,  # not by a clock that ran ahead
        )
        .limit(rules.MAILED_A_DAY)
        .order_by(Message.queued_at.desc())
    )
    return rules.asked_enough(session.scalars(lately).all(), every=every, at=at)


def _lock_key(kind: MessageKind, address: str) -> int:
    said = f"{kind.value}:{address}".encode()
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "big", signed=True)
