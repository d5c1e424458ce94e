"""Trouble with a source, from its incident to the admins' mail. Opens no transaction.

Part of the story in ``workflow``, which offers it; apart, since nothing else follows from it.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.feeds import incidents
from monitor.feeds.completeness import comparison
from monitor.feeds.watermarks import Query
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import Settings
from monitor.notify.incidents.incident_mail import Phase, alert


def source_failed(
    session: Session, settings: Settings, source: str, error: SourceError, at: datetime
) -> None:
    """Open an incident and tell the admins, or count one more failure of the open one."""
    noted = incidents.open_or_update(session, source, incidents.POLL, error.kind, str(error), at)
    _tell_if_new(session, settings, noted, at)


def source_recovered(
    session: Session, settings: Settings, source: str, at: datetime, topic: str = incidents.POLL
) -> None:
    """End the open incident of a topic, if there is one, and tell the admins."""
    ended = incidents.close(session, source, topic, incidents.ACTOR, at)
    _tell_of_end(session, settings, ended, at)


def query_rewritten(
    session: Session, settings: Settings, source: str, query: Query, at: datetime
) -> None:
    """Open an incident, since a source reads a query in another way than before."""
    words = f"it reads {_named(query)} in another way than before"
    topic = incidents.query_topic(query.key)
    noted = incidents.open_or_update(session, source, topic, SourceFault.QUERY_CHANGED, words, at)
    _tell_if_new(session, settings, noted, at)


def fewer_ids(
    session: Session, settings: Settings, source: str, query: Query, at: datetime
) -> None:
    """Open an incident, since a source lists too few records to be believed."""
    words = f"it lists far fewer records than before for {_named(query)}"
    noted = incidents.open_or_update(
        session, source, incidents.COMPARISON, SourceFault.FEWER_IDS, words, at
    )
    _tell_if_new(session, settings, noted, at)


def comparison_failed(
    session: Session, settings: Settings, source: str, error: SourceError, at: datetime
) -> None:
    """Open an incident once a source could not be compared for days, or count one more failure.

    A listing that cannot be believed has an incident of its own.
    """
    if error.kind is SourceFault.FEWER_IDS or not comparison.refuses(session, source, at):
        return
    topic = incidents.COMPARING
    noted = incidents.open_or_update(session, source, topic, error.kind, str(error), at)
    _tell_if_new(session, settings, noted, at)


def settle_incident(
    session: Session, settings: Settings, incident_id: int, *, by: User, at: datetime
) -> None:
    """End an incident on an admin's word, and tell the admins. Safe to repeat.

    Raises:
        NotFound: there is no such incident.
        Conflict: only the source can end it.
    """
    ended = incidents.acknowledge(session, incident_id, actors.of_user(by.id), at)
    _tell_of_end(session, settings, ended, at)


def remind_admins(session: Session, settings: Settings, at: datetime) -> int:
    """Tell the admins of every incident they have not heard of for a day; counts the incidents."""
    due = incidents.due_reminders(session, at)
    for incident in due:
        phase = Phase.REMINDER if incident.told_at else Phase.OPENED
        _tell(session, settings, incident, phase, at)
    return len(due)


def _tell_if_new(
    session: Session, settings: Settings, noted: incidents.Noted, at: datetime
) -> None:
    if noted.opened:
        _tell(session, settings, noted.incident, Phase.OPENED, at)


def _tell_of_end(
    session: Session, settings: Settings, ended: incidents.IncidentView | None, at: datetime
) -> None:
    """Tell of an end whoever may have been told of the beginning."""
    if ended and ended.told_at:
        alert(session, settings, ended, Phase.RECOVERED, at)


def _tell(
    session: Session,
    settings: Settings,
    incident: incidents.IncidentView,
    phase: Phase,
    at: datetime,
) -> None:
    """Tell the admins; where there is none, the next reminder tries again."""
    if alert(session, settings, incident, phase, at):
        incidents.note_told(session, incident.id, at)


def _named(query: Query) -> str:
    """Name a query in a message; never by its key, which may be an address."""
    return f"the query for {query.intervention}" if query.intervention else "one of its queries"
