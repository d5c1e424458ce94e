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
    subscribers = select(Subscriber).where(Subscriber.address == address)
    return session.scalars(subscribers.with_for_update() if hold else subscribers).first()


def of_message(session: Session, uuid: str) -> Subscriber | None:
    """Give the reader of this message while they get e-mails; None: nobody does by it."""
    subscriber = reader_of(session, uuid)
    return subscriber if subscriber and subscriber.state is SubscriberState.ACTIVE else None


def follow(session: Session, address: str, slugs: Collection[str], *, at: datetime) -> None:
    """Let mail that is narrowed be narrowed to these from now on; other mail stays as it is."""
    subscriber = reader(session, address, hold=True)
    if subscriber is not None and subscriber.narrowed_to is not None:
        _narrow(session, subscriber, slugs, at)


def narrow(session: Session, address: str, slugs: Collection[str], *, at: datetime) -> None:
    """Narrow the mail of an active reader to these interventions."""
    subscriber = reader(session, address, hold=True)
    if subscriber is not None and subscriber.state is SubscriberState.ACTIVE:
        _note(session, subscriber, "narrowed", at, moved=subscriber.narrowed_to is None)
        _narrow(session, subscriber, slugs, at)


def widen(session: Session, address: str, *, at: datetime) -> None:
    """Let a reader hear of all that they follow, whatever their services offer."""
    subscriber = reader(session, address, hold=True)
    if subscriber is not None and subscriber.narrowed_to is not None:
        fan_out.tell_before_they_choose(session, subscriber, at=at)
        subscriber.narrowed_to = None
        _note(session, subscriber, "widened", at)


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
    subscriber = reader(session, address, hold=True) or new_reader(
        session, address, list(interventions), purpose, at
    )
    fan_out.tell_before_they_choose(session, subscriber, at=at)
    if subscriber.state is not SubscriberState.ACTIVE:
        session.flush()
        chosen.keep(session, subscriber.id, OF_NEW, at=at, begins=True)
    note_return(subscriber, at)
    subscriber.state, subscriber.confirmed_at, subscriber.purpose = (
        SubscriberState.ACTIVE,
        at,
        purpose,
    )
    subscriber.interventions = list(interventions)
    subscriber.narrowed_to = None if narrowed_to is None else sorted(narrowed_to)
    session.flush()
    subject = f"subscriber:{subscriber.id}"
    told = {"interventions": list(interventions), "narrowed": narrowed_to is not None}
    audit.record(
        session, at=at, actor=subject, action="subscriber.confirmed", subject=subject, **told
    )


def stop(session: Session, address: str, *, at: datetime) -> None:
    """Stop every mail to an address; where none was sent, nothing changes."""
    subscriber = reader(session, address, hold=True)
    if subscriber is not None:
        leave(session, subscriber, at)


def _narrow(session: Session, subscriber: Subscriber, slugs: Collection[str], at: datetime) -> None:
    if subscriber.narrowed_to != sorted(slugs):
        fan_out.tell_before_they_choose(session, subscriber, at=at)
        subscriber.narrowed_to = sorted(slugs)
        session.flush()


def _note(
    session: Session, subscriber: Subscriber, what: str, at: datetime, *, moved: bool = True
) -> None:
    if moved:
        subject = f"subscriber:{subscriber.id}"
        audit.record(session, at=at, actor=subject, action=f"subscriber.{what}", subject=subject)
