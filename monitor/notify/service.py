"""What notify does, offered from one place: readers, announcements, alerts, drafts. Sends nothing.

Every message is queued in the transaction of what it tells.
"""

from monitor.notify.announcements.announcing import announce
from monitor.notify.draft_mail import tell_of_draft
from monitor.notify.incidents.incident_mail import Phase, alert
from monitor.notify.readers.subscribing import (
    Awaiting,
    awaiting,
    choices,
    choose,
    confirm,
    has_left,
    subscribe,
    terms_of,
    unsubscribe,
)

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
    "subscribe",
    "tell_of_draft",
    "terms_of",
    "unsubscribe",
]
