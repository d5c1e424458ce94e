"""Putting one message into the outbox, with the Message-ID it keeps for life. Sends nothing."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from monitor.kernel.settings import Settings
from monitor.notify import rules
from monitor.notify.tables import Message, MessageKind, MessageState


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
