"""Subscribing and leaving. A stranger can never change what somebody else gets: only a mail's link can.

The same happens for everybody who asks, so nobody learns who subscribes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.accounts.rules import check_address
from monitor.catalogue.tables import InterventionRow
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, LinkOver
from monitor.kernel.settings import Settings
from monitor.notify import chosen as kept
from monitor.notify import rules
from monitor.notify.announcements import fan_out
from monitor.notify.messages.queueing import queue, queued_lately
from monitor.notify.tables import Message, MessageKind, Subscriber, SubscriberState
from monitor.notify.terms import AS_BEFORE, Terms
from monitor.notify.words import USUAL, Cadence, Kind

_MAX_PURPOSE = 1000  # characters


@dataclass(frozen=True, slots=True)
class Awaiting:
    """What a confirmation link would confirm; once it has, what its reader gets now."""

    address: str
    interventions: tuple[str, ...]  # slugs
    purpose: str
    confirmed: bool  # already: the same again changes nothing
    cadence: Cadence = Cadence.AT_ONCE
    budget: int | None = None


def subscribe(  # noqa: PLR0913 - who, what, how often
    session: Session,
    settings: Settings,
    *,
    address: str,
    interventions: Sequence[str],
    purpose: str,
    at: datetime,
    cadence: Cadence = Cadence.MONTHLY,
    budget: int | None = 1,
) -> None:
    """Ask by mail whether this address wants news of these interventions (double opt-in).

    The same for everybody: nobody learns who subscribes. What was asked takes effect only
    through the link in the mail, of which an address gets at most one an hour.

    Raises:
        InvalidInput: the address, or the choice of interventions, cannot be used.
    """
    address = check_address(address)
    chosen = _chosen(session, interventions)
    slugs = [intervention.slug for intervention in chosen]
    reader = _reader(session, address) or new_reader(session, address, slugs, purpose, at)
    if _asked_lately(session, reader, at):
        return
    note_return(reader, at)
    asked = {
        "interventions": slugs,
        "names": [intervention.name for intervention in chosen],
        "purpose": rules.plain(purpose, _MAX_PURPOSE),
        "cadence": cadence.value,
        "budget": budget,
    }
    message = queue(session, settings, MessageKind.CONFIRM, address, context=asked, at=at)
    message.subscriber_id = reader.id
    _record(session, at, "subscriber.asked", reader, interventions=slugs)


def awaiting(session: Session, uuid: str, at: datetime) -> Awaiting:
    """Tell what a confirmation link would confirm. Changes nothing.

    Raises:
        NotFound: there is no such message.
        Conflict: the link has expired, or its reader has left since.
    """
    message, reader = _confirmation(session, uuid, at)
    confirmed = "confirmed_at" in message.context
    # once confirmed, the reader may have chosen otherwise since: that is told
    chosen = reader.interventions if confirmed else message.context["interventions"]
    theirs = kept.of(session, reader.id)
    asked = message.context
    return Awaiting(
        address=reader.address,
        interventions=tuple(chosen),
        purpose=message.context["purpose"],
        confirmed=confirmed,
        cadence=theirs.cadence if confirmed else Cadence(asked.get("cadence", Cadence.AT_ONCE)),
        budget=theirs.budget if confirmed else asked.get("budget"),
    )


def confirm(session: Session, uuid: str, at: datetime) -> Subscriber:
    """Start, or change, a subscription as this message asked; the same link again changes nothing.

    Raises:
        NotFound: there is no such message.
        Conflict: the link has expired, or its reader has left since.
    """
    message, reader = _confirmation(session, uuid, at, hold=True)
    if "confirmed_at" in message.context:
        return reader
    message.context = {**message.context, "confirmed_at": at.isoformat()}
    fan_out.tell_before_they_choose(session, reader, at=at)
    _keep_terms(session, reader, message.context, at)
    reader.state = SubscriberState.ACTIVE
    reader.interventions = list(message.context["interventions"])
    reader.narrowed_to = None  # what they asked for here is told whatever their services offer
    reader.purpose = message.context["purpose"]
    reader.confirmed_at = at
    reader.chose = None  # whatever a mail's link changed before, this is what they want
    _record(session, at, "subscriber.confirmed", reader, interventions=reader.interventions)
    return reader


def unsubscribe(session: Session, uuid: str, at: datetime) -> bool:
    """Stop every mail to the reader of this message; again, or unknown, changes nothing.

    Tells whether this stopped them: False where they were stopped already.
    """
    reader = reader_of(session, uuid, hold=True)
    return reader is not None and leave(session, reader, at)


def leave(session: Session, reader: Subscriber, at: datetime) -> bool:
    """Stop every mail to a reader, whose row the caller holds; tells whether this stopped them."""
    if reader.state is SubscriberState.UNSUBSCRIBED:
        return False
    reader.state, reader.narrowed_to = SubscriberState.UNSUBSCRIBED, None
    reader.left_at = max(at, _newest(session, reader) or at)
    _record(session, at, "subscriber.left", reader)
    return True


def note_return(reader: Subscriber, at: datetime) -> None:
    """Note that a reader asks to be written to: that they left was before, by whatever clock."""
    if reader.left_at is not None and reader.left_at >= at:
        reader.left_at = at - timedelta(microseconds=1)


def has_left(session: Session, uuid: str) -> bool:
    """Tell whether the mails to this message's reader are stopped already."""
    reader = reader_of(session, uuid)
    return reader is not None and reader.state is SubscriberState.UNSUBSCRIBED


def choices(session: Session, uuid: str) -> tuple[str, ...] | None:
    """Give the interventions that the reader of this message follows; None once they have left.

    Raises:
        LinkOver: nobody is known by this message any more.
    """
    reader = reader_of(session, uuid)
    if reader is None:
        raise LinkOver("this link leads nowhere; subscribe again to get a new one")
    return tuple(reader.interventions) if reader.state is SubscriberState.ACTIVE else None


def terms_of(session: Session, uuid: str) -> Terms:
    """Give the terms on which the reader of this message is told now."""
    reader = reader_of(session, uuid)
    return kept.of(session, reader.id) if reader else AS_BEFORE


def choose(
    session: Session,
    uuid: str,
    interventions: Sequence[str],
    at: datetime,
    terms: Terms | None = None,
) -> None:
    """Let the reader of this message follow these interventions from now on, on these terms.

    Without ``terms`` theirs stay. What was announced before is told by what they chose then.

    Raises:
        LinkOver: nobody is known by this message any more.
        Conflict: they have left.
        InvalidInput: the choice of interventions cannot be used.
    """
    chosen = [intervention.slug for intervention in _chosen(session, interventions)]
    reader = reader_of(session, uuid, hold=True)
    if reader is None:
        raise LinkOver("this link leads nowhere; subscribe again to get a new one")
    if reader.state is not SubscriberState.ACTIVE:
        raise Conflict("the e-mails are stopped; subscribe again to get them")
    before = kept.of(session, reader.id)
    wanted = terms or before
    if chosen != reader.interventions or wanted != before:
        fan_out.tell_before_they_choose(session, reader, at=at)
        reader.interventions = chosen
        told = {"interventions": chosen}
        if wanted != before:
            kept.keep(session, reader.id, wanted, at=at, begins=False)
            told |= _in_words(wanted)
        _record(session, at, "subscriber.chose", reader, **told)


def _keep_terms(
    session: Session, reader: Subscriber, asked: Mapping[str, Any], at: datetime
) -> None:
    """Keep how often a reader asked to be told; one who only asks anew keeps the kinds they chose.

    Who was asked before there were digests agreed to each change at once.
    """
    begins = reader.state is not SubscriberState.ACTIVE
    if "cadence" not in asked:
        kept.keep(session, reader.id, AS_BEFORE, at=at, begins=begins)
        return
    kinds = frozenset(USUAL) if begins else kept.of(session, reader.id).kinds
    wanted = Terms(Cadence(asked["cadence"]), kinds, asked["budget"])
    kept.keep(session, reader.id, wanted, at=at, begins=begins)


def _in_words(terms: Terms) -> dict[str, Any]:
    kinds = [kind.value for kind in Kind if kind in terms.kinds]
    return {"cadence": terms.cadence.value, "kinds": kinds, "budget": terms.budget}


def _chosen(session: Session, interventions: Iterable[str]) -> list[InterventionRow]:
    """Give the interventions chosen, in the catalogue's order, each once."""
    asked = set(interventions)
    known = session.scalars(select(InterventionRow).order_by(InterventionRow.position)).all()
    if not asked or asked - {intervention.slug for intervention in known}:
        raise InvalidInput("Choose at least one of the interventions", field="interventions")
    return [intervention for intervention in known if intervention.slug in asked]


def _reader(session: Session, address: str) -> Subscriber | None:
    return session.scalars(
        select(Subscriber).where(Subscriber.address == address).with_for_update()
    ).first()


def reader_of(session: Session, uuid: str, *, hold: bool = False) -> Subscriber | None:
    """Give the reader of this message; None: there is none."""
    of_message = select(Message.subscriber_id).where(Message.uuid == uuid)
    found = select(Subscriber).where(Subscriber.id.in_(of_message))
    return session.scalars(found.with_for_update() if hold else found).first()


def new_reader(
    session: Session, address: str, slugs: list[str], purpose: str, at: datetime
) -> Subscriber:
    """Add a reader; where somebody else adds the same one at once, theirs is given."""
    reader = Subscriber(
        address=address,
        state=SubscriberState.PENDING,
        interventions=slugs,
        purpose=rules.plain(purpose, _MAX_PURPOSE),
        asked_at=at,
        confirmed_at=None,
        left_at=None,
    )
    try:
        with session.begin_nested():
            session.add(reader)
    except IntegrityError:
        # on PostgreSQL two asked at once: the other was first
        return session.scalars(select(Subscriber).where(Subscriber.address == address)).one()
    return reader


def _asked_lately(session: Session, reader: Subscriber, at: datetime) -> bool:
    theirs = Message.subscriber_id == reader.id
    return queued_lately(session, MessageKind.CONFIRM, theirs, every=rules.CONFIRM_EVERY, at=at)


def _newest(session: Session, reader: Subscriber) -> datetime | None:
    """Tell when the newest message to a reader was queued: later than now by a clock that ran ahead."""
    newest = select(func.max(Message.queued_at)).where(Message.subscriber_id == reader.id)
    return session.scalar(newest)


def _confirmation(
    session: Session, uuid: str, at: datetime, *, hold: bool = False
) -> tuple[Message, Subscriber]:
    asked = (
        select(Message, Subscriber)
        .join(Subscriber, Subscriber.id == Message.subscriber_id)
        .where(Message.uuid == uuid, Message.kind == MessageKind.CONFIRM)
    )
    row = session.execute(asked.with_for_update(of=Subscriber) if hold else asked).first()
    if row is None:
        raise LinkOver("this link leads nowhere; subscribe again to get a new one")
    message, reader = row
    if hold:
        session.refresh(message, with_for_update=True)  # after its reader, as everywhere
    left_since = reader.left_at is not None and reader.left_at >= message.queued_at
    if left_since or at - message.queued_at > rules.CONFIRM_LASTS:
        raise Conflict("this link no longer works; subscribe again to get a new one")
    return message, reader


def _record(
    session: Session,
    at: datetime,
    action: str,
    reader: Subscriber,
    **details: Any,  # noqa: ANN401 - any JSON value
) -> None:
    """Write the audit row; it names no address, so that a reader can be forgotten later."""
    subject = f"subscriber:{reader.id}"
    audit.record(session, at=at, actor=subject, action=action, subject=subject, **details)
