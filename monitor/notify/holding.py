"""The one order in which rows of mail are held: a reader, messages by number, services, the ledger last.

Who erases a reader holds all of these; who holds them the other way round meanwhile would wait for
them for ever, on PostgreSQL. SQLite lets one write at a time. A buyer (``mine``) comes before a
reader; what waits for a digest, terms and questions come after messages. Who brings a list of services holds
them, and then the ledger.
"""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from monitor.notify.tables import Message, Subscriber
from monitor.usage.returns.tables import ListedService


def reader(session: Session, address: str) -> Subscriber | None:
    """Hold the reader of an address; None: there is none."""
    readers = select(Subscriber).where(Subscriber.address == address).with_for_update()
    return session.scalars(readers.execution_options(populate_existing=True)).first()


def messages(session: Session, *which: ColumnElement[bool]) -> None:
    """Hold the messages for which all of these hold, in order."""
    if _several_write(session):
        ids = select(Message.id).where(*which).order_by(Message.id)
        session.scalars(ids.with_for_update()).all()


def readers_and_messages(session: Session, *which: ColumnElement[bool]) -> None:
    """Hold the readers to whose addresses these messages go, then the messages, then the services there."""
    if _several_write(session):
        addresses = select(Message.address).where(*which)
        readers = select(Subscriber.id).where(Subscriber.address.in_(addresses))
        session.scalars(readers.order_by(Subscriber.id).with_for_update()).all()
        messages(session, *which)
        listed = select(ListedService.id).where(ListedService.address.in_(addresses))
        session.scalars(listed.order_by(ListedService.id).with_for_update()).all()


def _several_write(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
