"""A wave collected from services' own returns: part of the story (``workflow`` offers it).

As there: each function runs inside one transaction of its caller, and opens none. What follows from
the wave that is made follows when an admin publishes it.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from monitor.notify import service as notify
from monitor.notify.readers import surveying
from monitor.service import Service
from monitor.usage.returns import inviting
from monitor.usage.returns import queries as returns
from monitor.usage.returns import service as collections
from monitor.usage.returns.tables import Collection
from monitor.usage.tables import Wave

AT_ONCE = 500  # mails in one transaction: nobody waits long for it
CLOSED_BY = "job:collect"


def invite_services(
    session: Session, service: Service, *, collection_id: int, by: str, at: datetime
) -> int:
    """Ask the next services that were not asked yet, each by a mail with its own link; counts them.

    0: nobody is left.
    """
    services = inviting.invite(session, collection_id, by=by, at=at, limit=AT_ONCE)
    return _write_to(session, service, collection_id, services, at)


def remind_services(
    session: Session, service: Service, *, collection_id: int, by: str, at: datetime
) -> int:
    """Remind the next services that have not answered; counts them. 0: nobody is left."""
    services = inviting.remind(session, collection_id, by=by, at=at, limit=AT_ONCE)
    return _write_to(session, service, collection_id, services, at)


def move_last_day(
    session: Session,
    *,
    collection_id: int,
    last_day: date,
    by: str,
    at: datetime,
) -> Collection:
    """Let a collection run to another last day; mails that were not handed over yet tell it."""
    collection = collections.move_last_day(session, collection_id, last_day, by=by, at=at)
    surveying.tell_last_day(session, collection)
    return collection


def close_collection(
    session: Session, service: Service, *, collection_id: int, by: str, at: datetime
) -> Wave | None:
    """End a collection; its returns become a wave, a draft that an admin may publish.

    None where nobody answered.
    """
    return collections.close(session, service.catalogue, collection_id, by=by, at=at)


def close_due(session: Session, service: Service, *, at: datetime) -> Wave | None:
    """End the collection whose last day is over, if there is one; the admins are told of its wave."""
    collection = collections.current(session)
    if collection is None or collections.is_open(collection, at):
        return None
    wave = close_collection(session, service, collection_id=collection.id, by=CLOSED_BY, at=at)
    if wave is not None:
        notify.tell_of_draft(session, service.settings, wave, at)
    return wave


def _write_to(
    session: Session,
    service: Service,
    collection_id: int,
    services: list[inviting.ToWrite],
    at: datetime,
) -> int:
    collection = returns.collection(session, collection_id)
    surveying.ask(session, service.settings, service.secret, services, collection=collection, at=at)
    return len(services)
