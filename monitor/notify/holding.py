"""The one order in which rows of mail are held: a reader, then messages by number, the ledger last.

Who erases a reader holds all of these; who holds them the other way round meanwhile would wait for
them for ever, on PostgreSQL. SQLite lets one write at a time. A buyer (``mine``) comes before a
reader; what waits for a digest, terms and questions come after messages.
"""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from monitor.notify.tables import Message, Subscriber


def reader(session: Session, address: str) -> Subscriber | None:
    """Hold the reader of an address; None: there is none."""
    found = select(Subscriber).where(Subscriber.address == address).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).first()


def messages(session: Session, *which: ColumnElement[bool]) -> None:
    """Hold the messages for which all of these hold, in order."""
    if _several_write(session):
        found = select(Message.id).where(*which).order_by(Message.id)
        session.scalars(found.with_for_update()).all()


def readers_and_messages(session: Session, *which: ColumnElement[bool]) -> None:
    """Hold those to whose addresses these messages go, and then the messages."""
    if _several_write(session):
        addresses = select(Message.address).where(*which)
        found = select(Subscriber.id).where(Subscriber.address.in_(addresses))
        session.scalars(found.order_by(Subscriber.id).with_for_update()).all()
        messages(session, *which)


def _several_write(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
