"""What is held of an address that gets e-mails, for its owner: given out whole, and erased when they ask.

After erasing, no row holds the address: it is replaced by its reader's number, which the ledger of
what was done names too, and which leads to nobody. What was sent to that number stays, as it counts
for what a mail reached; nothing is sent to it again, not even a correction. What is mailed to somebody
as an admin, a colleague or a service (``OF_OTHERS``) is not a reader's, and stays.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.audit import AuditEntry
from monitor.kernel.persistence.database import affected
from monitor.notify import chosen, holding
from monitor.notify.announcements.earlier import said_of
from monitor.notify.readers import helping
from monitor.notify.readers.subscribing import leave
from monitor.notify.tables import (
    ERASED,
    Announcement,
    Digest,
    HeldNews,
    Message,
    MessageKind,
    ReaderTerms,
    ReturnedMail,
    Subscriber,
)

OF_OTHERS = (MessageKind.INCIDENT, MessageKind.INVITATION, MessageKind.SURVEY)


def held(session: Session, address: str) -> dict[str, Any]:
    """Give all that is held of an address that gets e-mails, or got links and tests: JSON values."""
    reader = session.scalars(select(Subscriber).where(Subscriber.address == address)).first()
    return {
        "address": address,
        "e_mails": _reader(session, reader) if reader else None,
        "other_messages": [
            _message(session, message)
            for message in session.scalars(select(Message).where(_of_nobody(address)))
        ],
    }


def is_reader(session: Session, address: str) -> bool:
    """Tell whether an address ever asked for e-mails, or somebody asked for it."""
    ids = select(Subscriber.id).where(Subscriber.address == address)
    return session.scalar(ids) is not None


def count_messages(session: Session, address: str) -> int:
    """Count the messages that went to an address, or wait to."""
    sent = select(func.count()).where(Message.address == address, Message.kind.not_in(OF_OTHERS))
    return session.scalar(sent) or 0


def hold(session: Session, address: str) -> tuple[Subscriber | None, Sequence[Row[int, str]]]:
    """Hold the reader of an address and then all messages to it; gives these by id and uuid."""
    reader, which = holding.reader(session, address), _of_nobody(address)
    if reader is not None:
        which = or_(which, Message.subscriber_id == reader.id)
    messages = select(Message.id, Message.uuid).where(which).order_by(Message.id)
    return reader, session.execute(messages.with_for_update()).all()


def erase(session: Session, address: str, at: datetime) -> Sequence[str]:
    """Stop every mail to an address and forget it; safe to repeat.

    Gives the numbers of its messages, of which copies may lie in a folder.
    """
    reader, theirs = hold(session, address)
    ids = [message.id for message in theirs]
    nobody = f"{ERASED}{reader.id}" if reader is not None else ERASED
    came_back = update(ReturnedMail).where(ReturnedMail.message_id.in_(ids)).values(words="")
    # what another server said may quote the address
    messages = update(Message).where(Message.id.in_(ids)).values(address=nobody, reply=None)
    for statement in (came_back, messages):
        affected(session.execute(statement))
    if reader is not None:
        _forget(session, reader, nobody, at)
    session.flush()
    return [message.uuid for message in theirs]


def _forget(session: Session, reader: Subscriber, nobody: str, at: datetime) -> None:
    waits = delete(HeldNews).where(
        HeldNews.subscriber_id == reader.id, HeldNews.message_id.is_(None)
    )
    affected(session.execute(waits))
    affected(session.execute(delete(ReaderTerms).where(ReaderTerms.subscriber_id == reader.id)))
    helping.forget(session, reader.id)
    leave(session, reader, at)
    reader.address, reader.interventions, reader.purpose = nobody, [], ""
    reader.dead_because = reader.chose = None
    subject = f"subscriber:{reader.id}"
    audit.record(session, at=at, actor=subject, action="subscriber.erased", subject=subject)


def _of_nobody(address: str) -> ColumnElement[bool]:
    """Hold for what went to an address and is no reader's: links that were asked for, and tests."""
    return and_(
        Message.address == address,
        Message.subscriber_id.is_(None),
        Message.kind.not_in(OF_OTHERS),
    )


def _reader(session: Session, reader: Subscriber) -> dict[str, Any]:
    return {
        "state": reader.state.value,
        "interventions": list(reader.interventions),
        "only_what_touches_my_services": reader.narrowed_to is not None,
        "agreed_to": reader.purpose,
        "asked_at": _iso(reader.asked_at),
        "confirmed_at": _iso(reader.confirmed_at),
        "left_at": _iso(reader.left_at),
        "found_dead_at": _iso(reader.dead_at),
        "found_dead_because": reader.dead_because,
        "changed_by_the_link_of_a_mail": reader.chose,
        "terms": _terms(session, reader),
        "waiting_for_a_digest": _waiting(session, reader),
        "asked_whether_it_helped": list(helping.of_reader(session, reader.id)),
        "messages": [_message(session, message) for message in _messages(session, reader)],
        "ledger": _ledger(session, reader),
    }


def _terms(session: Session, reader: Subscriber) -> dict[str, Any]:
    row = session.get(ReaderTerms, reader.id)
    now = chosen.of_row(row)
    return {
        "how_often": now.cadence.value,
        "kinds": sorted(kind.value for kind in now.kinds),
        "interruptions_a_quarter": now.budget,
        "interrupted": row.spent if row else 0,
        "in_the_quarter_from": row.quarter.isoformat() if row and row.quarter else None,
        "told_up_to": _iso(row.covered_to) if row else None,
        "next_digest_at": _iso(row.next_digest_at) if row else None,
        "may_be_asked_whether_it_helped": bool(row and row.may_be_asked),
    }


def _messages(session: Session, reader: Subscriber) -> Sequence[Message]:
    theirs = select(Message).where(Message.subscriber_id == reader.id)
    return session.scalars(theirs.order_by(Message.id)).all()


def _message(session: Session, message: Message) -> dict[str, Any]:
    return {
        "kind": message.kind.value,
        "state": message.state.value,
        "queued_at": _iso(message.queued_at),
        "sent_at": _iso(message.sent_at),
        "mail_server_said": message.reply,
        "came_back": [
            {"at": _iso(returned.at), "weight": returned.weight.value, "words": returned.words}
            for returned in session.scalars(
                select(ReturnedMail).where(ReturnedMail.message_id == message.id)
            )
        ],
        "told": _told(session, message),
    }


def _told(session: Session, message: Message) -> list[str]:
    """Give what a message told, a sentence a change."""
    if message.kind is MessageKind.CHANGE and message.announcement_id is not None:
        content = session.get_one(Announcement, message.announcement_id).content
        slugs = message.context["slugs"]
        return [said_of(change) for change in content["changes"] if change["slug"] in slugs]
    if message.kind is MessageKind.DIGEST and message.digest_id is not None:
        content = session.get_one(Digest, message.digest_id).content
        parts = ("changes", "added", "undone", "told")
        entries = [said_of(change) for part in parts for change in content[part]]
        return [*entries, *content["trials"]]
    return []


def _waiting(session: Session, reader: Subscriber) -> list[str]:
    waits = (
        select(Announcement.content, HeldNews.slugs)
        .join(HeldNews, HeldNews.announcement_id == Announcement.id)
        .where(HeldNews.subscriber_id == reader.id, HeldNews.message_id.is_(None))
        .order_by(Announcement.id)
    )
    return [
        said_of(change)
        for content, slugs in session.execute(waits)
        for change in content["changes"]
        if change["slug"] in slugs
    ]


def _ledger(session: Session, reader: Subscriber) -> list[dict[str, Any]]:
    entries = select(AuditEntry).where(AuditEntry.subject == f"subscriber:{reader.id}")
    return [
        {"at": _iso(entry.at), "what": entry.action, "details": entry.details}
        for entry in session.scalars(entries.order_by(AuditEntry.seq))
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
