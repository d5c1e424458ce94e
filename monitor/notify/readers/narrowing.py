"""Mail only if it touches a reader's own services: a subscription narrowed to some interventions.

What a reader follows stays as they chose it; ``narrowed_to`` leaves of it what their services offer,
and is moved by whoever keeps those (``mine``). Who was told of something is corrected all the same.
The ledger says that mail was narrowed, never to what.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.notify import chosen
from monitor.notify.announcements import fan_out
from monitor.notify.readers.subscribing import leave, new_reader, note_return, reader_of
from monitor.notify.tables import Subscriber, SubscriberState
from monitor.notify.terms import OF_NEW


def reader(session: Session, address: str, *, hold: bool = False) -> Subscriber | None:
    """Give the subscriber of an address, whatever their state; None: there never was one."""
    found = select(Subscriber).where(Subscriber.address == address)
    return session.scalars(found.with_for_update() if hold else found).first()


def of_message(session: Session, uuid: str) -> Subscriber | None:
    """Give the reader of this message while they get e-mails; None: nobody does by it."""
    found = reader_of(session, uuid)
    return found if found and found.state is SubscriberState.ACTIVE else None


def follow(session: Session, address: str, slugs: Collection[str], *, at: datetime) -> None:
    """Let mail that is narrowed be narrowed to these from now on; other mail stays as it is."""
    found = reader(session, address, hold=True)
    if found is not None and found.narrowed_to is not None:
        _narrow(session, found, slugs, at)


def narrow(session: Session, address: str, slugs: Collection[str], *, at: datetime) -> None:
    """Narrow the mail of an active reader to these interventions."""
    found = reader(session, address, hold=True)
    if found is not None and found.state is SubscriberState.ACTIVE:
        _note(session, found, "narrowed", at, moved=found.narrowed_to is None)
        _narrow(session, found, slugs, at)


def widen(session: Session, address: str, *, at: datetime) -> None:
    """Let a reader hear of all that they follow, whatever their services offer."""
    found = reader(session, address, hold=True)
    if found is not None and found.narrowed_to is not None:
        fan_out.tell_before_they_choose(session, found, at=at)
        found.narrowed_to = None
        _note(session, found, "widened", at)


def start(
    session: Session,
    address: str,
    *,
    interventions: Sequence[str],
    narrowed_to: Iterable[str] | None,
    purpose: str,
    at: datetime,
) -> None:
    """Begin, or change, the e-mails of somebody who has proved that an address is theirs.

    A link that was mailed there opened the page on which they agreed to ``purpose``.
    """
    found = reader(session, address, hold=True) or new_reader(
        session, address, list(interventions), purpose, at
    )
    fan_out.tell_before_they_choose(session, found, at=at)
    if found.state is not SubscriberState.ACTIVE:
        session.flush()
        chosen.keep(session, found.id, OF_NEW, at=at, begins=True)
    note_return(found, at)
    found.state, found.confirmed_at, found.purpose = SubscriberState.ACTIVE, at, purpose
    found.interventions = list(interventions)
    found.narrowed_to = None if narrowed_to is None else sorted(narrowed_to)
    session.flush()
    subject = f"subscriber:{found.id}"
    told = {"interventions": list(interventions), "narrowed": narrowed_to is not None}
    audit.record(
        session, at=at, actor=subject, action="subscriber.confirmed", subject=subject, **told
    )


def stop(session: Session, address: str, *, at: datetime) -> None:
    """Stop every mail to an address; where none was sent, nothing changes."""
    found = reader(session, address, hold=True)
    if found is not None:
        leave(session, found, at)


def _narrow(session: Session, found: Subscriber, slugs: Collection[str], at: datetime) -> None:
    if found.narrowed_to != sorted(slugs):
        fan_out.tell_before_they_choose(session, found, at=at)
        found.narrowed_to = sorted(slugs)
        session.flush()


def _note(
    session: Session, found: Subscriber, what: str, at: datetime, *, moved: bool = True
) -> None:
    if moved:
        subject = f"subscriber:{found.id}"
        audit.record(session, at=at, actor=subject, action=f"subscriber.{what}", subject=subject)
