"""What a mail said, for whoever has its link and for admins: written from what was frozen for it.

The same function writes it that wrote what was sent; what is a reader's own, their address and the
links that stop or change their e-mails, is in no copy. What was corrected since is said above it,
since a mail that was passed on is read long after.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.kernel.errors import LinkOver
from monitor.kernel.settings import Settings
from monitor.notify.announcements import weighing
from monitor.notify.messages.claiming import Claimed
from monitor.notify.tables import Announcement, Digest, HeldNews, Message, MessageKind, MessageState
from monitor.notify.words import Copy
from monitor.notify.writing.rendering import Written, write

# The kinds that say what they tell from a content that is kept; the others hold a person's own link.
SHOWN = (MessageKind.CHANGE, MessageKind.DIGEST)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A message and the content that was frozen for it."""

    message: Message
    content: Mapping[str, Any]


def frozen(session: Session, uuid: str) -> Frozen | None:
    """Find what a message says; None where there is none, or it is of a kind that is not shown."""
    shown = select(Message).where(Message.uuid == uuid, Message.kind.in_(SHOWN))
    message = session.scalars(shown).first()
    if message is None:
        return None
    if message.kind is MessageKind.DIGEST:
        return Frozen(message, session.get_one(Digest, message.digest_id).content)
    return Frozen(message, session.get_one(Announcement, message.announcement_id).content)


def for_reader(session: Session, settings: Settings, secret: bytes, uuid: str) -> Written:
    """Write what a message said, for whoever has its link.

    Raises:
        LinkOver: there is no such message any more, or it was never sent.
    """
    mail = frozen(session, uuid)
    if mail is None or _never_sent(mail.message):
        raise LinkOver("this link leads to no e-mail that was sent")
    return _view(session, settings, secret, mail, sent=True)


def _never_sent(message: Message) -> bool:
    return message.state is MessageState.CANCELLED and message.sent_at is None


def for_admin(session: Session, settings: Settings, secret: bytes, mail: Frozen) -> Written:
    """Write what a message says, sent or not, as its reader sees it on the web."""
    sent = mail.message.sent_at is not None
    return _view(session, settings, secret, mail, sent=sent)


def _view(
    session: Session, settings: Settings, secret: bytes, mail: Frozen, *, sent: bool
) -> Written:
    corrected = list(_corrected(session, mail.message))
    more = {"copy": Copy.VIEW.value, "corrected": corrected, "sent": sent}
    return write(_claimed(mail, more), settings, secret)


def _claimed(mail: Frozen, more: Mapping[str, Any]) -> Claimed:
    message = mail.message
    return Claimed(
        id=message.id,
        uuid=message.uuid,
        message_id=message.message_id,
        kind=message.kind,
        address="",  # nobody's: it may have been passed on
        token=0,
        attempt=0,
        queued_at=message.queued_at,
        subscriber_id=message.subscriber_id,
        context={**more, **message.context},
        content=dict(mail.content),
        announcement_id=message.announcement_id,
        digest_id=message.digest_id,
    )


def _corrected(session: Session, message: Message) -> Iterator[dict[str, Any]]:
    """Give what took back, or put back, something of what a message told, and when: JSON values."""
    told = _announced(session, message)
    studies = {announcement.study_id for announcement in told} - {None}
    waves = {announcement.wave_id for announcement in told} - {None}
    if not studies and not waves:
        return
    later = select(Announcement).where(
        or_(Announcement.study_id.in_(studies), Announcement.wave_id.in_(waves)),
        Announcement.at > message.queued_at,
    )
    for correction in session.scalars(later.order_by(Announcement.id)):
        if weighing.corrects(correction.content):
            said = [change["sentence"] for change in correction.content["changes"]]
            yield {"at": correction.at.isoformat(), "said": said}


def _announced(session: Session, message: Message) -> list[Announcement]:
    in_digest = select(HeldNews.announcement_id).where(HeldNews.message_id == message.id)
    which = or_(Announcement.id == message.announcement_id, Announcement.id.in_(in_digest))
    return list(session.scalars(select(Announcement).where(which)))
