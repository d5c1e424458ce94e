"""Mail that cannot leave: its incident, from the first pass that fails to the first that does not.

Opens no transaction. The admins are written to as of any incident, though that mail may wait as
well: the status page, the log and the exit status of ``status`` and ``check`` tell them meanwhile.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from monitor.feeds import incidents
from monitor.feeds.incidents import (
    APPROVAL,
    BOUNCES,
    DELIVERY,
    MAIL,
    RETURNED,
    WAITING,
    IncidentView,
)
from monitor.kernel.errors import MailFault
from monitor.kernel.persistence.database import affected
from monitor.kernel.process.log import log
from monitor.kernel.settings import Settings
from monitor.notify import queries, rules
from monitor.notify.incidents import incident_mail
from monitor.notify.incidents.incident_mail import Phase, alert
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import AWAITS, Digest, Message, MessageKind, MessageState, Reason

ACTOR = "job:deliver"
# who hears of trouble only after it has passed need not hear of a short one
SHORT = timedelta(minutes=15)
# none has come back for so long: what others held against us is over
QUIET = timedelta(days=7)
# of these a message tells whether it is over; the others are over once a server is reached
_HELD = frozenset({MailFault.REFUSED, MailFault.PARTLY})


def failed(session: Session, settings: Settings, kind: MailFault, why: str, at: datetime) -> None:
    """Open the incident of a pass that did not get through and tell the admins, or count it."""
    noted = incidents.open_or_update(session, MAIL, DELIVERY, kind, why, at)
    if noted.opened:
        log.error("mail.cannot_leave", kind=kind.value, reason=why)
        _tell(session, settings, noted.incident, at)


def accepted(session: Session, settings: Settings, at: datetime) -> bool:
    """End the incident once the server has accepted a message, and holds back none.

    Tells whether one is open still: only whoever sends opens one.
    """
    incident = incidents.open_one(session, MAIL, DELIVERY)
    if incident is None or (incident.kind in _HELD and queries.anything_held(session)):
        return incident is not None
    _end(session, settings, DELIVERY, at)
    return False


def looked_at(session: Session, settings: Settings, at: datetime) -> None:
    """Open and end what is told by the messages themselves: those held back, those that wait.

    One cause is told once: while no mail leaves, nothing is said of its waiting.
    """
    delivery = incidents.open_one(session, MAIL, DELIVERY)
    if delivery and delivery.kind in _HELD and not queries.anything_held(session):
        _end(session, settings, DELIVERY, at)
        delivery = None
    late = queries.waiting_long(session, at)
    waiting = incidents.open_one(session, MAIL, WAITING)
    if late and not delivery and not waiting:
        words = f"{late} message{'s have' if late > 1 else ' has'} waited for over {_hours()} hours"
        noted = incidents.open_or_update(session, MAIL, WAITING, MailFault.WAITING, words, at)
        log.error("mail.waits", messages=late)
        _tell(session, settings, noted.incident, at)
    elif waiting and not late:
        _end(session, settings, WAITING, at)
    if _is_quiet(session, at):
        _end(session, settings, RETURNED, at)
    _approval(session, settings, at)


def returned(session: Session, settings: Settings, why: str, at: datetime) -> None:
    """Open the incident of mail that comes back for a reason of ours and tell the admins, or count it."""
    noted = incidents.open_or_update(session, MAIL, RETURNED, MailFault.RETURNED, why, at)
    if noted.opened:
        log.error("mail.comes_back", reason=why)
        _tell(session, settings, noted.incident, at)


def mailbox_failed(
    session: Session, settings: Settings, kind: MailFault, why: str, at: datetime
) -> None:
    """Open the incident of bounces that could not be read and tell the admins, or count it."""
    noted = incidents.open_or_update(session, MAIL, BOUNCES, kind, why, at)
    if noted.opened:
        log.error("mail.bounces_not_read", kind=kind.value, reason=why)
        _tell(session, settings, noted.incident, at)


def mailbox_read(session: Session, settings: Settings, at: datetime) -> None:
    """End it once the mailbox was read to its end, or is to be read no more."""
    _end(session, settings, BOUNCES, at)


def needs_a_look(session: Session, at: datetime) -> bool:
    """Tell whether ``looked_at`` would change anything: reading alone, for a pass without work."""
    delivery = incidents.open_one(session, MAIL, DELIVERY)
    over = delivery and delivery.kind in _HELD and not queries.anything_held(session)
    waiting = incidents.open_one(session, MAIL, WAITING) is not None
    late = queries.waiting_long(session, at) > 0
    waits = late != waiting and not (late and delivery)
    asked = incidents.open_one(session, MAIL, APPROVAL) is not None
    return bool(over) or waits or _is_quiet(session, at) or asked != bool(_awaiting(session))


def resting(session: Session, at: datetime) -> bool:
    """Tell whether the server is left alone for now, after passes that did not get through."""
    incident = incidents.open_one(session, MAIL, DELIVERY)
    if incident is None or incident.kind == MailFault.PARTLY or incident.next_try is None:
        return False
    return incident.last_seen_at <= at < incident.next_try


def _approval(session: Session, settings: Settings, at: datetime) -> None:
    """Tell the admins of digests that go only when one of them says so, until one has."""
    digests, asked = _awaiting(session), incidents.open_one(session, MAIL, APPROVAL)
    if digests and not asked:
        words = f"{digests} digest{'s wait' if digests > 1 else ' waits'}: look under Mail"
        noted = incidents.open_or_update(session, MAIL, APPROVAL, MailFault.APPROVAL, words, at)
        _tell(session, settings, noted.incident, at)
    elif asked and not digests:
        _end(session, settings, APPROVAL, at)


def _awaiting(session: Session) -> int:
    """Count the digests that are to be approved, and still have a reader."""
    on_hold = select(Message.id).where(
        Message.digest_id == Digest.id, Message.state == MessageState.ON_HOLD
    )
    awaits = select(func.count()).select_from(Digest).where(text(AWAITS), on_hold.exists())
    return session.scalar(awaits) or 0


def _is_quiet(session: Session, at: datetime) -> bool:
    """Tell whether mail came back for a reason of ours, and none has for long."""
    back = incidents.open_one(session, MAIL, RETURNED)
    return back is not None and at - back.last_seen_at >= QUIET


def _end(session: Session, settings: Settings, topic: str, at: datetime) -> None:
    ended = incidents.close(session, MAIL, topic, ACTOR, at)
    if ended is None:
        return
    event = "mail.bounces_read_again" if topic == BOUNCES else "mail.leaves_again"
    log.info(event, kind=ended.kind)
    if at - ended.opened_at < SHORT and not _anybody_heard(session, ended):
        _call_off(session, ended)
    elif ended.told_at:
        alert(session, settings, ended, Phase.RECOVERED, at)


def _tell(session: Session, settings: Settings, incident: IncidentView, at: datetime) -> None:
    if alert(session, settings, incident, Phase.OPENED, at):
        incidents.note_told(session, incident.id, at)


def _anybody_heard(session: Session, incident: IncidentView) -> bool:
    heard = select(Message.id).where(
        Message.kind == MessageKind.INCIDENT,
        Message.state.in_((MessageState.SENT, MessageState.UNCERTAIN, MessageState.CLAIMED)),
        Message.context["incident"].as_integer() == incident.id,
    )
    return session.scalar(heard.limit(1)) is not None


def _call_off(session: Session, incident: IncidentView) -> None:
    """Cancel what was not sent yet about something that is over already."""
    off = update(Message).where(
        Message.kind == MessageKind.INCIDENT,
        Message.state.in_(UNTOUCHED),
        Message.context["incident"].as_integer() == incident.id,
    )
    off = off.values(
        state=MessageState.CANCELLED, reply=incident_mail.PASSED, reason=Reason.OVERTAKEN
    )
    affected(session.execute(off.execution_options(synchronize_session="fetch")))


def _hours() -> int:
    return int(rules.MAY_WAIT.total_seconds() // 3600)
