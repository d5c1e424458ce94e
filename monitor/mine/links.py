"""Getting in: a mailed link opens a private view, and a sitting keeps it open on one device.

The same happens for every address, so nobody learns who has a view. Opening a link changes nothing:
pressing its button does. Only the hash of a sitting's token is kept.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.accounts.rules import check_address
from monitor.kernel import audit
from monitor.kernel.errors import LinkOver
from monitor.kernel.persistence.database import affected
from monitor.kernel.settings import Settings
from monitor.mine import rules
from monitor.mine.tables import Buyer, OwnService, Sitting
from monitor.notify.messages.forgetting import forget
from monitor.notify.messages.queueing import asked_lately, queue
from monitor.notify.rules import PRIVATE_LINK_LASTS
from monitor.notify.tables import ERASED, Message, MessageKind

_OVER = "this link leads nowhere; ask for a new one under My services"
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenedView:
    """A view as it was opened on this device; it closes by itself at ``until``."""

    buyer_key: str
    address: str
    until: datetime


def ask(session: Session, settings: Settings, *, address: str, at: datetime) -> None:
    """Mail a link that opens the private view of this address; at most one an hour.

    The same for everybody. Nothing but the mail is kept of an address that never opens it.

    Raises:
        InvalidInput: the address cannot be used.
    """
    address = check_address(address)
    kind = MessageKind.MY_SERVICES
    if not asked_lately(session, kind, address, every=rules.LINK_EVERY, at=at):
        queue(session, settings, kind, address, context={}, at=at)


def may_open(session: Session, uuid: str, at: datetime) -> datetime:
    """Tell until when this message's link works. Changes nothing.

    Raises:
        LinkOver: there is no such message, or its link has expired.
    """
    message = _of_link(session, uuid)
    until = message.queued_at + PRIVATE_LINK_LASTS
    if at > until:
        raise LinkOver("this link has expired; ask for a new one under My services")
    return until


def open_view(session: Session, uuid: str, at: datetime) -> str:
    """Open the view of whom this message was mailed to; gives the sitting's token, kept nowhere.

    Raises:
        LinkOver: there is no such message, or its link has expired.
    """
    may_open(session, uuid, at)
    buyer = _buyer(session, _of_link(session, uuid).address, at)
    if buyer.looked_at < at:
        buyer.looked_before, buyer.looked_at = buyer.looked_at, at
    over = delete(Sitting).where(
        Sitting.buyer_key == buyer.key, Sitting.began_at <= at - rules.SITTING_LASTS
    )
    affected(session.execute(over.execution_options(synchronize_session=False)))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(Sitting(token_hash=_hash(token), buyer_key=buyer.key, began_at=at))
    session.flush()
    return token


def opened(session: Session, token: str, at: datetime) -> OpenedView | None:
    """Tell whose view a sitting's token keeps open; None: nobody's, or not any more."""
    sitting = session.execute(
        select(Sitting.began_at, Buyer.key, Buyer.address)
        .join(Buyer, Buyer.key == Sitting.buyer_key)
        .where(Sitting.token_hash == _hash(token))
    ).first()
    if sitting is None or not sitting.began_at <= at < sitting.began_at + rules.SITTING_LASTS:
        return None
    return OpenedView(sitting.key, sitting.address, sitting.began_at + rules.SITTING_LASTS)


def close(session: Session, token: str) -> None:
    """End a sitting; one that is over already stays so."""
    gone = delete(Sitting).where(Sitting.token_hash == _hash(token))
    affected(session.execute(gone.execution_options(synchronize_session=False)))


def drop_old(session: Session, *, at: datetime) -> int:
    """Let go of links and sittings that are over, and of views in which nothing was entered; counts."""
    links = forget(
        session,
        Message.kind == MessageKind.MY_SERVICES,
        Message.queued_at < at - PRIVATE_LINK_LASTS,
    )
    sittings = delete(Sitting).where(Sitting.began_at <= at - rules.SITTING_LASTS)
    sits = select(Sitting.token_hash).where(Sitting.buyer_key == Buyer.key)
    entered = select(OwnService.id).where(OwnService.buyer_key == Buyer.key)
    empty = delete(Buyer).where(
        Buyer.looked_at < at - PRIVATE_LINK_LASTS, ~entered.exists(), ~sits.exists()
    )
    return links + sum(
        affected(session.execute(statement.execution_options(synchronize_session=False)))
        for statement in (sittings, empty)
    )


def _of_link(session: Session, uuid: str) -> Message:
    asked = select(Message).where(Message.uuid == uuid, Message.kind == MessageKind.MY_SERVICES)
    message = session.scalars(asked).first()
    if message is None or message.address.startswith(ERASED):
        raise LinkOver(_OVER)
    return message


def _buyer(session: Session, address: str, at: datetime) -> Buyer:
    """Give the buyer of an address; a new one where there is none."""
    whose = select(Buyer).where(Buyer.address == address).with_for_update()
    if known := session.scalars(whose).first():
        return known
    buyer = Buyer(key=str(uuid4()), address=address, began_at=at, looked_at=at, looked_before=None)
    try:
        with session.begin_nested():
            session.add(buyer)
    except IntegrityError:
        # on PostgreSQL the same link was pressed twice at once: the other was first
        return session.scalars(whose).one()
    subject = f"buyer:{buyer.key}"
    audit.record(session, at=at, actor=subject, action="own_services.begun", subject=subject)
    return buyer


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
