"""What an admin does with a message: hold it, let it go, stop it, send it again, note that it was seen.

Whatever changes what a reader gets asks for a reason, which stays in the ledger.
"""

from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.kernel.persistence.database import affected
from monitor.notify import holding, rules
from monitor.notify.smtp.due import UNTOUCHED, may_be_sent
from monitor.notify.tables import (
    Announcement,
    Digest,
    HeldNews,
    Message,
    MessageKind,
    MessageState,
    ReaderTerms,
    Reason,
    Subscriber,
    SubscriberState,
)

_MIN_REASON, _MAX_REASON = 3, 500  # characters
HELD = "An admin holds it until it is let go"
_REFUSED = (Message.state == MessageState.DEAD, Message.seen_at.is_(None))  # and not seen yet
_AGAIN = (MessageState.DEAD, MessageState.SENT)
STOPPED = "An admin stopped it before it was sent"
STOPPED_LATE = "An admin stopped it after a try; that one may have arrived"


def hold(session: Session, uuid: str, *, reason: str, by: str, at: datetime) -> None:
    """Keep a message that was never handed over until it is let go; again, it changes nothing.

    Raises:
        NotFound: there is no such message.
        InvalidInput: no reason is given.
        Conflict: it may have been handed over.
    """
    why, message = check_reason(reason), _find(session, uuid)
    if message.state is MessageState.ON_HOLD and message.reason is Reason.HELD:
        return
    if message.state not in UNTOUCHED:
        raise Conflict("Only a message that certainly never left can be held.")
    message.state, message.reply, message.held_since = MessageState.ON_HOLD, HELD, None
    message.reason = Reason.HELD
    _record(session, message, "put_on_hold", by, at, reason=why)


def let_go(session: Session, uuid: str, *, reason: str, by: str, at: datetime) -> None:
    """Let a message go that is on hold: it is sent if its reader still wants it.

    Raises:
        NotFound: there is no such message.
        InvalidInput: no reason is given.
        Conflict: it is not on hold, or its digest waits for approval.
    """
    why, message = check_reason(reason), _find(session, uuid)
    if message.state is not MessageState.ON_HOLD:
        raise Conflict("This message is not on hold.")
    if message.digest_id is not None and _awaits(session, message.digest_id):
        raise Conflict("Its digest waits for approval: approve that, and it goes.")
    message.state, message.reply, message.next_at = MessageState.PENDING, None, at
    message.reason = None
    _record(session, message, "let_go", by, at, reason=why)


def send_again(session: Session, uuid: str, *, reason: str, by: str, at: datetime) -> None:
    """Let a message that was sent, or refused for good, be sent again, under the Message-ID it has.

    A reader who was let go for it is written to again. One that was sent counts as told all the
    while, so that its reader is corrected like any other.

    Raises:
        NotFound: there is no such message.
        InvalidInput: no reason is given.
        Conflict: it was neither sent nor refused, or what it says no longer holds.
    """
    why = check_reason(reason)
    holding.readers_and_messages(session, Message.uuid == uuid)
    message = _find(session, uuid)
    if message.state not in _AGAIN:
        raise Conflict("Only a message that was sent, or refused for good, can be sent again.")
    _still_holds(session, message, at)
    was_sent = message.state is MessageState.SENT
    message.state = MessageState.UNCERTAIN if was_sent else MessageState.PENDING
    message.attempts, message.next_at, message.seen_at = 0, at, None
    _record(session, message, "requeued", by, at, reason=why)


def send_all_again(session: Session, *, reason: str, by: str, at: datetime) -> int:
    """Let every message go again that was refused and that no admin has seen; counts them.

    Those that no longer hold stay as they are.

    Raises:
        InvalidInput: no reason is given.
    """
    check_reason(reason)
    holding.readers_and_messages(session, *_REFUSED)
    again = 0
    for uuid in session.scalars(_unseen()).all():
        try:
            send_again(session, uuid, reason=reason, by=by, at=at)
        except Conflict:
            continue
        again += 1
    return again


def note_seen(session: Session, *, by: str, at: datetime, uuid: str | None = None) -> int:
    """Note that an admin has seen a refusal, or all of them; counts them. Safe to repeat."""
    which = [Message.state == MessageState.DEAD, Message.seen_at.is_(None)]
    if uuid is not None:
        which.append(Message.uuid == _find(session, uuid).uuid)
    seen = update(Message).where(*which).values(seen_at=at)
    count = affected(session.execute(seen.execution_options(synchronize_session="fetch")))
    if count:
        subject = f"message:{uuid or 'all'}"
        audit.record(
            session, at=at, actor=by, action="refusals.seen", subject=subject, messages=count
        )
    return count


def stop(session: Session, uuid: str, *, reason: str, by: str, at: datetime) -> None:
    """Cancel a message that still waits; again, it changes nothing.

    What a digest would have told waits for its reader's next one, unless it may have left. What may
    have left, or was sent and was to go again, goes no more, and counts as told.

    Raises:
        NotFound: there is no such message.
        InvalidInput: no reason is given.
        Conflict: it is being sent, or was.
    """
    why, message = check_reason(reason), _find(session, uuid)
    if message.state is MessageState.CANCELLED:
        return
    if message.state not in {*UNTOUCHED, MessageState.UNCERTAIN}:
        raise Conflict("This message no longer waits: it is being sent, or was.")
    message.held_since = None
    if message.state in UNTOUCHED:
        _tell_later(session, message)
        message.state, message.reply = MessageState.CANCELLED, STOPPED
        message.reason = None
    elif message.sent_at is not None:
        message.state = MessageState.SENT
    else:
        message.state, message.reply, message.seen_at = MessageState.DEAD, STOPPED_LATE, at
    _record(session, message, "stopped", by, at, reason=why)


def write_again(session: Session, reader_id: int, *, reason: str, by: str, at: datetime) -> None:
    """Write again to a reader who was let go since their mailbox seemed to be no more.

    Raises:
        NotFound: there is no such reader.
        InvalidInput: no reason is given.
        Conflict: they were not let go.
    """
    why = check_reason(reason)
    reader = session.get(Subscriber, reader_id, with_for_update=True)
    if reader is None:
        raise NotFound("There is no such reader.")
    if reader.state is not SubscriberState.DEAD:
        raise Conflict("This reader was not let go: they are written to, or have left.")
    _revive(reader)
    subject = f"subscriber:{reader.id}"
    audit.record(
        session, at=at, actor=by, action="subscriber.written_again", subject=subject, reason=why
    )


def _revive(reader: Subscriber) -> None:
    confirmed = reader.confirmed_at is not None
    reader.state = SubscriberState.ACTIVE if confirmed else SubscriberState.PENDING


def check_reason(text: str) -> str:
    """Check the reason for a step that only a person can answer for; it stays in the ledger.

    Raises:
        InvalidInput: there is none.
    """
    why = rules.plain(text, _MAX_REASON)
    if len(why) < _MIN_REASON:
        raise InvalidInput("Say why, in a few words: it stays in the ledger.", field="reason")
    return why


def _still_holds(session: Session, message: Message, at: datetime) -> None:
    _link_still_works(message, at)
    if message.kind is MessageKind.SURVEY and not _is_wanted(session, message):
        raise Conflict("The wave closed, or the service answered, left or has no such address.")
    if _overtaken(session, message):
        raise Conflict("What it tells is no longer so: its reader has been told.")
    if message.subscriber_id is None:
        return
    reader = session.get_one(Subscriber, message.subscriber_id, with_for_update=True)
    left_since = reader.left_at is not None and reader.left_at >= message.queued_at
    if reader.state is SubscriberState.UNSUBSCRIBED or left_since:
        raise Conflict("Its reader has left since.")
    if reader.state is SubscriberState.DEAD:
        _revive(reader)


def _link_still_works(message: Message, at: datetime) -> None:
    if message.kind is MessageKind.INVITATION:
        raise Conflict("Its link is no longer kept. Make a new link under People.")
    if message.kind is MessageKind.CONFIRM and at - message.queued_at > rules.CONFIRM_LASTS:
        raise Conflict("Its link has expired: the reader has to ask again.")
    if message.kind is MessageKind.OWN_DATA and at > rules.own_link_ends(
        message.queued_at, message.sent_at
    ):
        raise Conflict("Its link has ended: its reader has to ask for another.")


def _is_wanted(session: Session, message: Message) -> bool:
    wanted = select(Message.id).where(Message.id == message.id, may_be_sent())
    return session.scalar(wanted) is not None


def _overtaken(session: Session, message: Message) -> bool:
    if message.digest_id is not None:
        digest = session.get_one(Digest, message.digest_id, populate_existing=True)
        return digest.overtaken_by is not None
    if message.announcement_id is None:
        return False
    told = session.get_one(Announcement, message.announcement_id, populate_existing=True)
    return told.overtaken_by is not None


def _awaits(session: Session, digest_id: int) -> bool:
    digest = session.get_one(Digest, digest_id, populate_existing=True)
    return digest.awaits_since is not None and digest.approved_at is None


def _find(session: Session, uuid: str) -> Message:
    found = session.scalars(select(Message).where(Message.uuid == uuid).with_for_update()).first()
    if found is None:
        raise NotFound("There is no such message.")
    return found


def _unseen() -> Select[str]:
    return select(Message.uuid).where(*_REFUSED)


def _tell_later(session: Session, message: Message) -> None:
    """Let what a digest would have told wait for the next one of its reader."""
    waits = update(HeldNews).where(HeldNews.message_id == message.id).values(message_id=None)
    told = affected(session.execute(waits.execution_options(synchronize_session=False)))
    terms = session.get(ReaderTerms, message.subscriber_id) if message.subscriber_id else None
    if message.digest_id is not None and told and terms is not None:
        since = datetime.fromisoformat(message.context["since"])
        terms.covered_to = min(terms.covered_to, since)


def _record(
    session: Session, message: Message, what: str, by: str, at: datetime, **details: str
) -> None:
    subject = f"message:{message.id}"
    audit.record(session, at=at, actor=by, action=f"message.{what}", subject=subject, **details)
