"""What is held of a reader, for themselves: given out whole, and erased when they ask.

After erasing, no row holds their address: it is replaced by their number, which the ledger of what was
done names too, and which leads to nobody. What was sent to that number stays, as it counts for what a
mail reached; nothing is sent to it again, not even a correction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import LinkOver
from monitor.kernel.persistence.database import affected
from monitor.notify import chosen
from monitor.notify.announcements.earlier import said_of
from monitor.notify.readers import helping
from monitor.notify.readers.subscribing import leave, reader_of
from monitor.notify.tables import (
    Announcement,
    Digest,
    HeldNews,
    Message,
    MessageKind,
    ReaderTerms,
    ReturnedMail,
    Subscriber,
)

_GONE = "this link leads nowhere; subscribe again to get a new one"


def held(session: Session, uuid: str) -> dict[str, Any]:
    """Give all that is held of the reader of this message: JSON values.

    Raises:
        LinkOver: nobody is known by this message any more.
    """
    reader = _known(session, uuid)
    return {
        "address": reader.address,
        "state": reader.state.value,
        "interventions": list(reader.interventions),
        "only_what_touches_my_services": reader.narrowed_to is not None,
        "agreed_to": reader.purpose,
        "asked_at": _iso(reader.asked_at),
        "confirmed_at": _iso(reader.confirmed_at),
        "left_at": _iso(reader.left_at),
        "terms": _terms(session, reader),
        "waiting_for_a_digest": _waiting(session, reader),
        "asked_whether_it_helped": list(helping.of_reader(session, reader.id)),
        "messages": [_message(session, one) for one in _messages(session, reader)],
        "ledger": _ledger(session, reader),
    }


def erase(session: Session, uuid: str, at: datetime) -> Sequence[str]:
    """Stop every mail to the reader of this message and forget their address; safe to repeat.

    Gives the numbers of their messages, of which copies may lie in a folder.

    Raises:
        LinkOver: nobody is known by this message any more.
    """
    reader = _known(session, uuid, hold=True)
    leave(session, reader, at)
    uuids = [message.uuid for message in _messages(session, reader)]
    nobody = f"erased:{reader.id}"
    if reader.address != nobody:
        theirs = update(Message).where(Message.subscriber_id == reader.id)
        # what another server said may quote the address
        affected(session.execute(theirs.values(address=nobody, reply=None)))
        returned = select(Message.id).where(Message.subscriber_id == reader.id)
        came_back = update(ReturnedMail).where(ReturnedMail.message_id.in_(returned))
        affected(session.execute(came_back.values(words="")))
        waits = delete(HeldNews).where(
            HeldNews.subscriber_id == reader.id, HeldNews.message_id.is_(None)
        )
        affected(session.execute(waits))
        affected(session.execute(delete(ReaderTerms).where(ReaderTerms.subscriber_id == reader.id)))
        helping.forget(session, reader.id)
        reader.address, reader.interventions, reader.purpose = nobody, [], ""
        reader.dead_because = None
        subject = f"subscriber:{reader.id}"
        audit.record(session, at=at, actor=subject, action="subscriber.erased", subject=subject)
    session.flush()
    return uuids


def is_erased(reader_address: str) -> bool:
    """Tell whether what stands for an address says that it was erased."""
    return reader_address.startswith("erased:")


def _known(session: Session, uuid: str, *, hold: bool = False) -> Subscriber:
    reader = reader_of(session, uuid, hold=hold)
    if reader is None or (not hold and is_erased(reader.address)):
        raise LinkOver(_GONE)
    return reader


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
        "told": _told(session, message),
    }


def _told(session: Session, message: Message) -> list[str]:
    """Give what a message told, a sentence a change."""
    if message.kind is MessageKind.CHANGE and message.announcement_id is not None:
        content = session.get_one(Announcement, message.announcement_id).content
        slugs = message.context["slugs"]
        return [said_of(one) for one in content["changes"] if one["slug"] in slugs]
    if message.kind is MessageKind.DIGEST and message.digest_id is not None:
        content = session.get_one(Digest, message.digest_id).content
        parts = ("changes", "added", "undone", "told")
        entries = [said_of(one) for part in parts for one in content[part]]
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
        {"at": _iso(one.at), "what": one.action, "details": one.details}
        for one in session.scalars(entries.order_by(AuditEntry.seq))
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
