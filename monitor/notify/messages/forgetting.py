"""Letting go of messages that only carried a link: of what came back of them first."""

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import affected
from monitor.notify.tables import Message, MessageState, ReturnedMail

# in a sender's hands: it goes when it is old
FREE = Message.state != MessageState.CLAIMED


def forget(session: Session, *which: ColumnElement[bool]) -> int:
    """Delete the messages for which all of these hold, and that nobody is sending; counts them."""
    these = select(Message.id).where(FREE, *which).order_by(Message.id).with_for_update()
    ids = session.scalars(these).all()
    for gone in (
        delete(ReturnedMail).where(ReturnedMail.message_id.in_(ids)),
        delete(Message).where(Message.id.in_(ids)),
    ):
        affected(session.execute(gone.execution_options(synchronize_session="fetch")))
    return len(ids)
