"""Tells the admins of a draft of a wave that came by itself: from a feed, or of services' returns.

Queues in the transaction that drafts it; sends nothing. The message is of the kind that goes to
whoever is an admin when it is sent. Nothing follows from a draft, so it is told once.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.accounts import queries as accounts
from monitor.kernel import audit
from monitor.kernel.language.english import plural
from monitor.kernel.persistence.database import affected
from monitor.kernel.settings import Settings
from monitor.notify.messages.queueing import queue
from monitor.notify.rules import plain
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import Message, MessageKind, MessageState, Reason
from monitor.usage.service import FEED
from monitor.usage.standing import period
from monitor.usage.tables import Wave, WaveState

PHASE = "draft"
_GONE = "Not sent: the draft it told of is no draft any more"
_ACTOR = "job:drafts"


def tell_of_draft(session: Session, settings: Settings, wave: Wave, at: datetime) -> int:
    """Queue one message for each admin and count them; without an admin there is none.

    What was queued of drafts that are gone, and not handed over yet, never is.
    """
    _call_off(session)
    addresses = accounts.admin_addresses(session)
    context = _context(wave)
    for address in addresses:
        queue(session, settings, MessageKind.INCIDENT, address, context=context, at=at)
    session.flush()
    if addresses:
        subject, admins = f"wave:{wave.id}", len(addresses)
        audit.record(
            session,
            at=at,
            actor=_ACTOR,
            action="wave.told_to_admins",
            subject=subject,
            admins=admins,
        )
    return len(addresses)


def _call_off(session: Session) -> None:
    drafts = select(Wave.id).where(Wave.state == WaveState.DRAFT)
    gone = update(Message).where(
        Message.kind == MessageKind.INCIDENT,
        Message.state.in_(UNTOUCHED),
        Message.context["phase"].as_string() == PHASE,
        Message.context["wave"].as_integer().not_in(drafts),
    )
    off = gone.values(state=MessageState.CANCELLED, reply=_GONE, reason=Reason.OVERTAKEN)
    affected(session.execute(off.execution_options(synchronize_session="fetch")))


def _context(wave: Wave) -> dict[str, object]:
    name = plain(wave.name, 100)
    return {
        "wave": wave.id,
        "phase": PHASE,
        "subject": f"A wave of use waits to be looked over: {name}",
        "headline": f"A wave of use waits to be looked over: {name}",
        "act": "Please look it over.",
        "remedy": "Its page shows what publishing would change, and how many readers would be told.",
        "facts": [
            ["From", _origin(wave.origin)],
            ["In the field", period(wave.field_from, wave.field_to) or "dates not known"],
            ["Answered", _answered(wave)],
        ],
        "next": "Nothing: a draft counts nowhere, and nobody else hears of it, until an admin publishes "
        "it. We do not write again about it.",
    }


def _origin(origin: str) -> str:
    if origin.startswith(FEED):
        return f"the feed “{plain(origin.removeprefix(FEED), 100)}”"
    return "services’ own returns, which closed"


def _answered(wave: Wave) -> str:
    counts = [("service", wave.services), ("response", wave.responses)]
    return " in ".join(plural(number, word) for word, number in counts if number) or "not known"
