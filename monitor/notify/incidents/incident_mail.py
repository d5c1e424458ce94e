"""Telling admins what is wrong with a source or with our own mail: once at first, daily while it lasts, once at its end.

Queues in the transaction of what it tells; sends nothing. What a mail says is frozen when it is
queued. It holds our own words only: nothing a source sent, no key, no address with a query.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from monitor.accounts import queries as accounts
from monitor.feeds.incidents import IncidentView
from monitor.kernel import audit
from monitor.kernel.language.english import moment
from monitor.kernel.persistence.database import affected
from monitor.kernel.settings import Settings
from monitor.notify import rules
from monitor.notify.incidents import trouble_words
from monitor.notify.messages.queueing import queue
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import Message, MessageKind, MessageState, Reason

OVERTAKEN = "Not sent: a later mail about the same incident takes its place"
PASSED = "Not sent: what it told of was over within minutes"
_BEHIND_ADDRESS = re.compile(r"(https?://[^\s?#]*)[?#]\S*", re.IGNORECASE)


class Phase(StrEnum):
    """Which of an incident's mails it is."""

    OPENED = "opened"
    REMINDER = "reminder"
    RECOVERED = "recovered"


def alert(
    session: Session, settings: Settings, incident: IncidentView, phase: Phase, at: datetime
) -> int:
    """Queue one message for each admin and count them; without an admin there is none.

    It takes the place of earlier ones on this incident that certainly were not handed over: a
    mail server that was down for days does not bring them all at once.
    """
    addresses = accounts.admin_addresses(session)
    if not addresses:
        return 0
    _cancel_untouched(session, incident.id)
    context = facts(incident, phase, at)
    for address in addresses:
        queue(session, settings, MessageKind.INCIDENT, address, context=context, at=at)
    session.flush()
    audit.record(
        session,
        at=at,
        actor="job:alert",
        action="admins.alerted",
        subject=f"incident:{incident.id}",
        phase=phase.value,
        admins=len(addresses),
    )
    return len(addresses)


def facts(incident: IncidentView, phase: Phase, at: datetime) -> dict[str, Any]:
    """Write what a message says of an incident as it is now: JSON values, all in words.

    ``facts`` are pairs of label and words.
    """
    recovered = phase is Phase.RECOVERED
    return {
        "incident": incident.id,
        "under_mail": not recovered and incident.topic in trouble_words.UNDER_MAIL,
        "phase": phase.value,
        "subject": _subject(incident, phase, at),
        "headline": trouble_words.ended(incident) if recovered else incident.headline,
        "facts": [list(pair) for pair in _facts(incident)],
        "act": _act(incident, phase),
        "remedy": "" if recovered else incident.remedy,
        "next": trouble_words.after(incident) if recovered else trouble_words.upcoming(incident),
    }


def _subject(incident: IncidentView, phase: Phase, at: datetime) -> str:
    if phase is Phase.RECOVERED:
        return trouble_words.ended(incident)
    days = (at - incident.opened_at).days
    if phase is Phase.OPENED or days < 1:
        return incident.headline
    return f"For {days} day{'s' if days > 1 else ''} now: {incident.headline}"


def _facts(incident: IncidentView) -> list[tuple[str, str]]:
    seen, since = ("What we saw", _ours(incident.message)), ("Since", moment(incident.opened_at))
    if incident.closed_at:
        until = ("Until", moment(incident.closed_at))
        return [seen, since, until, ("In all", trouble_words.times(incident))]
    if incident.of_mail:
        return [seen, since, ("So far", trouble_words.times(incident))]
    heard = moment(incident.last_heard) if incident.last_heard else "none so far"
    return [seen, since, ("So far", trouble_words.times(incident)), ("Last full answer", heard)]


def _act(incident: IncidentView, phase: Phase) -> str:
    if phase is Phase.RECOVERED:
        return "No action needed."
    look = incident.urgent or phase is Phase.REMINDER
    return "Please have a look." if look else "No action needed yet."


def _ours(message: str) -> str:
    """Make our own words one plain line; an address in them keeps no query."""
    return _BEHIND_ADDRESS.sub(r"\1", rules.plain(message, 500))


def _cancel_untouched(session: Session, incident_id: int) -> None:
    overtaken = update(Message).where(
        Message.kind == MessageKind.INCIDENT,
        Message.state.in_(UNTOUCHED),
        Message.context["incident"].as_integer() == incident_id,
    )
    off = overtaken.values(state=MessageState.CANCELLED, reply=OVERTAKEN, reason=Reason.OVERTAKEN)
    affected(session.execute(off.execution_options(synchronize_session="fetch")))
