"""What notify does, offered from one place: readers, announcements, invitations, alerts. Sends nothing.

Every message is queued in the transaction of what it tells.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.kernel import audit
from monitor.kernel.errors import InvalidInput
from monitor.kernel.settings import Settings
from monitor.notify import rules
from monitor.notify.announcing import announce
from monitor.notify.incident_mail import Phase, alert
from monitor.notify.queueing import queue
from monitor.notify.subscribing import (
    Awaiting,
    awaiting,
    choices,
    choose,
    confirm,
    has_left,
    subscribe,
    unsubscribe,
)
from monitor.notify.tables import Message, MessageKind

__all__ = [
    "Awaiting",
    "Phase",
    "alert",
    "announce",
    "awaiting",
    "choices",
    "choose",
    "confirm",
    "has_left",
    "invite",
    "subscribe",
    "unsubscribe",
]


def invite(session: Session, settings: Settings, user: User, link: str, at: datetime) -> Message:
    """Queue the mail with somebody's one-time link: its path on the site, or its whole address.

    The link is forgotten once the mail was sent.

    Raises:
        InvalidInput: the link does not lead to this service.
    """
    base = settings.web.public_url
    path = link.removeprefix(base)
    if not path.startswith("/") or path.startswith("//"):
        raise InvalidInput("an invitation's link must lead to this service")
    context = {"name": rules.plain(user.name), "role": user.role.value, "link": path}
    message = queue(session, settings, MessageKind.INVITATION, user.address, context=context, at=at)
    audit.record(
        session, at=at, actor="job:invite", action="user.invited", subject=f"user:{user.id}"
    )
    return message
