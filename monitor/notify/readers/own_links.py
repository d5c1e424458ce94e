"""The short-lived link by which somebody sees, takes away and erases all that is held of their address.

It is mailed to that address and nowhere else, so whoever opens it reads the mail that goes there; a
mail that was passed on holds no such link. The same happens for every address, so nobody learns which
are known. Opening it changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.accounts.rules import check_address
from monitor.kernel.errors import LinkOver
from monitor.kernel.settings import Settings
from monitor.notify import rules
from monitor.notify.messages.forgetting import forget
from monitor.notify.messages.queueing import asked_lately, queue
from monitor.notify.readers.subscribing import reader_of
from monitor.notify.tables import ERASED, Message, MessageKind

_OVER = "This link has ended: it works for one hour. Ask for another under What we hold of you."


@dataclass(frozen=True, slots=True)
class OwnLink:
    """Whose link it is, until when it works; ``address`` None: it has been used to erase all."""

    address: str | None
    until: datetime


def ask(session: Session, settings: Settings, *, address: str, at: datetime) -> None:
    """Mail the link to an address, whoever it is; at most one an hour.

    Raises:
        InvalidInput: the address cannot be used.
    """
    address = check_address(address)
    kind = MessageKind.OWN_DATA
    if not asked_lately(session, kind, address, every=rules.OWN_LINK_EVERY, at=at):
        queue(session, settings, kind, address, context={}, at=at)


def ask_for_reader(session: Session, settings: Settings, uuid: str, at: datetime) -> None:
    """Mail the link to the reader of this message, to their own address; who was erased gets none."""
    reader = reader_of(session, uuid)
    if reader is not None and not is_erased(reader.address):
        ask(session, settings, address=reader.address, at=at)


def opened(session: Session, uuid: str, at: datetime) -> OwnLink:
    """Tell whose link this message carried. Changes nothing.

    Raises:
        LinkOver: there is no such message any more, or its link has ended.
    """
    messages = select(Message).where(Message.uuid == uuid, Message.kind == MessageKind.OWN_DATA)
    message = session.scalars(messages).first()
    if message is None:
        raise LinkOver(_OVER)
    until = rules.own_link_ends(message.queued_at, message.sent_at)
    if at > until:
        raise LinkOver(_OVER)
    return OwnLink(None if is_erased(message.address) else message.address, until)


def is_erased(address: str) -> bool:
    """Tell whether what stands for an address says that it was erased."""
    return address.startswith(ERASED)


def drop_old(session: Session, *, at: datetime) -> int:
    """Let go of the messages whose links have ended; counts them."""
    over = Message.sent_at < at - rules.OWN_LINK_LASTS
    return forget(
        session,
        Message.kind == MessageKind.OWN_DATA,
        Message.queued_at < at - rules.OWN_LINK_KEPT,
        or_(Message.sent_at.is_(None), over),
    )
