"""Asks services for their returns: one mail each, with a link of its own. Sends nothing itself.

The link is made of the message's number and the service's secret, as every link in a mail; the
database keeps its hash.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.kernel.settings import Settings
from monitor.notify.messages.queueing import queue
from monitor.notify.readers.tokens import survey_token
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import Message, MessageKind, MessageState
from monitor.usage.returns import inviting
from monitor.usage.returns.inviting import ToWrite
from monitor.usage.returns.tables import Collection, Return, ReturnLink


def ask(
    session: Session,
    settings: Settings,
    secret: bytes,
    services: Sequence[ToWrite],
    *,
    collection: Collection,
    at: datetime,
) -> None:
    """Queue one mail to each of these services, and keep the hash of its link."""
    mailed = []
    for addressee in services:
        context = {
            "service": addressee.service,
            "reminder": addressee.reminder,
            "question": collection.question,
            "promoters": list(collection.promoters),
            "closes_on": collection.closes_on.isoformat(),
        }
        message = queue(
            session, settings, MessageKind.SURVEY, addressee.address, context=context, at=at
        )
        mailed.append((addressee, survey_token(secret, message.uuid), message.uuid))
    inviting.note_links(session, mailed, at=at)


def tell_last_day(session: Session, collection: Collection) -> int:
    """Let mails of a collection that were not handed over yet say its last day of now; counts them."""
    waiting = (
        select(Message)
        .join(ReturnLink, ReturnLink.message_uuid == Message.uuid)
        .join(Return, Return.id == ReturnLink.return_id)
        .where(Return.collection_id == collection.id, Message.state.in_(UNTOUCHED))
        .with_for_update(of=Message)
    )
    messages = session.scalars(waiting.execution_options(populate_existing=True)).all()
    for message in messages:
        message.context = {**message.context, "closes_on": collection.closes_on.isoformat()}
    session.flush()
    return len(messages)


def sent(session: Session, collection_id: int) -> dict[MessageState, int]:
    """Count the mails of a collection by where they stand."""
    counted = (
        select(Message.state, func.count())
        .join(ReturnLink, ReturnLink.message_uuid == Message.uuid)
        .join(Return, Return.id == ReturnLink.return_id)
        .where(Return.collection_id == collection_id)
        .group_by(Message.state)
    )
    return {state: int(number) for state, number in session.execute(counted)}
