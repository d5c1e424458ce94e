"""Trying mail out: what a reader's next digest would say, and tests that are sent to whoever asks.

The functions that compose and write what is sent compose and write this. A test is a message of its
own, of no reader: it counts as told to nobody, stops nothing, and holds no link of a reader's own.
"""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from monitor.accounts.rules import check_address
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.kernel.settings import Settings
from monitor.notify import rules
from monitor.notify.digests import making
from monitor.notify.digests.making import Workshop
from monitor.notify.messages.claiming import Claimed
from monitor.notify.messages.queueing import queue
from monitor.notify.tables import Digest, Message, MessageKind, Subscriber
from monitor.notify.words import Copy
from monitor.notify.writing import viewing
from monitor.notify.writing.rendering import Written, write

_OWN = ("since", "chose")  # of a message's context, what is its reader's own
_NO_UUID = "00000000-0000-4000-8000-000000000000"  # no message has this number


def next_digest(
    session: Session, shop: Workshop, reader: Subscriber, *, at: datetime
) -> Claimed | None:
    """Compose what a reader's digest would say if it were due now; None: nothing is to be told."""
    made = making.preview(session, shop, [reader], at=at)
    if not made:
        return None
    return Claimed(
        id=0,
        uuid=_NO_UUID,
        message_id=rules.message_id(_NO_UUID, shop.settings.mail.from_address),
        kind=MessageKind.DIGEST,
        address=reader.address,
        token=0,
        attempt=0,
        queued_at=at,
        subscriber_id=reader.id,
        context={"following": len(reader.hears_of), "copy": Copy.TEST.value},
        content=made[0].content,
    )


def written(next_: Claimed, settings: Settings, secret: bytes) -> Written:
    """Write what a digest would say that is not made yet, as a test of it does."""
    return write(next_, settings, secret)


def send_next(
    session: Session, settings: Settings, next_: Claimed, to: str, *, by: str, at: datetime
) -> Message:
    """Queue what a digest would say that is not made yet, as a test.

    Raises:
        InvalidInput: ``to`` is no e-mail address.
    """
    address = check_address(to)
    kept = Digest(key=f"test:{uuid4()}", content=next_.content, at=at, overtaken_by=None)
    session.add(kept)
    session.flush()
    message = _queue(session, settings, next_.kind, address, next_.context, by=by, at=at)
    message.digest_id = kept.id
    return message


def send_copy(
    session: Session, settings: Settings, uuid: str, to: str, *, by: str, at: datetime
) -> Message:
    """Queue a copy of a mail, made already, as a test.

    Raises:
        NotFound: there is no such message, or it holds a link of one person's own.
        InvalidInput: ``to`` is no e-mail address.
    """
    address, mail = check_address(to), viewing.frozen(session, uuid)
    if mail is None:
        raise NotFound("There is no such e-mail, or it holds a link that is one person’s own.")
    original = mail.message
    context = {key: value for key, value in original.context.items() if key not in _OWN}
    message = _queue(session, settings, original.kind, address, context, by=by, at=at)
    message.announcement_id, message.digest_id = original.announcement_id, original.digest_id
    return message


def _queue(  # noqa: PLR0913 - what, to whom, by whom
    session: Session,
    settings: Settings,
    kind: MessageKind,
    address: str,
    context: dict[str, Any],
    *,
    by: str,
    at: datetime,
) -> Message:
    told = {**context, "copy": Copy.TEST.value}
    message = queue(session, settings, kind, address, context=told, at=at)
    session.flush()
    subject = f"message:{message.id}"
    audit.record(session, at=at, actor=by, action="message.tried", subject=subject)
    return message
