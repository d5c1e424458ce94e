"""All that is held of an address: what it gets by mail, and what it told of its own services.

Who asks has opened a link that was mailed to that address a moment ago (``notify.readers.own_links``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.mine import queries, service, taking
from monitor.mine.tables import Buyer
from monitor.notify.messages.forgetting import forget
from monitor.notify.readers import own_data
from monitor.notify.tables import Message, MessageKind
from monitor.usage.returns.tables import ListedService

VERSION = 1
ACCOUNT = (
    "An account to sign in with, as a colleague of the people who run this service. It is seen under "
    "Your account and closed by an admin."
)
SERVICE = (
    "A place on the list of services that are asked what they offer, which an admin brought. Each "
    "such e-mail has a link that stops them; the people who run this service take it off the list."
)


@dataclass(frozen=True, slots=True)
class InBrief:
    """What a page says of it before anything is done; ``services``: own services entered."""

    reads: bool  # it gets e-mails, or did
    messages: int
    services: int | None  # None: nothing was ever entered, nor a page opened
    elsewhere: tuple[str, ...]  # what stays whatever is erased, a sentence each

    @property
    def anything(self) -> bool:
        """Whether there is anything to erase but the link that is open."""
        return self.reads or self.services is not None or self.messages > 1


def held(session: Session, address: str, catalogue: Catalogue) -> dict[str, Any]:
    """Give all that is held of an address: JSON values, times in UTC."""
    buyer = _buyer(session, address)
    return {
        "version": VERSION,
        **own_data.held(session, address),
        "my_services": taking.everything(session, buyer.key, catalogue) if buyer else None,
        "held_elsewhere": list(_elsewhere(session, address)),
    }


def in_brief(session: Session, address: str) -> InBrief:
    """Say in brief what is held of an address."""
    buyer = _buyer(session, address)
    return InBrief(
        reads=own_data.is_reader(session, address),
        messages=own_data.count_messages(session, address),
        services=len(queries.services(session, buyer.key)) if buyer else None,
        elsewhere=tuple(_elsewhere(session, address)),
    )


def erase(session: Session, address: str, at: datetime) -> Sequence[str]:
    """Erase all of it, and stop every mail; safe to repeat.

    Gives the numbers of the messages that went there, of which copies may lie in a folder.
    """
    buyer = service.hold_view_of(session, address)  # before its reader, as everywhere
    own_data.hold(session, address)
    forget(session, Message.kind == MessageKind.MY_SERVICES, Message.address == address)
    uuids = own_data.erase(session, address, at)
    if buyer is not None:  # whose reader is gone: nothing is told, or kept, of a narrower choice
        service.erase(session, buyer.key, at)
    return uuids


def _buyer(session: Session, address: str) -> Buyer | None:
    return session.scalars(select(Buyer).where(Buyer.address == address)).first()


def _elsewhere(session: Session, address: str) -> list[str]:
    tables = ((User, ACCOUNT), (ListedService, SERVICE))
    return [
        words
        for table, words in tables
        if session.scalar(select(table.id).where(table.address == address).limit(1)) is not None
    ]
