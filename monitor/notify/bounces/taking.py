"""Takes bounces in: believes those that prove that they answer a message of ours, and acts on them.

A bounce is believed where it holds the signed envelope sender of one message, its RFC 3461 envelope
id or its Message-ID, that message was handed over, and the address that failed is the very one it
was sent to. Everything else changes nothing, and is told with why. Who has confirmed since, or was
let go and is written to again, is not judged by what was sent before.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.errors import InvalidInput
from monitor.kernel.process.log import log
from monitor.kernel.settings import MailSettings, Settings
from monitor.notify import holding
from monitor.notify import rules as text_rules
from monitor.notify.bounces import notices, rules
from monitor.notify.bounces.notices import Failure, Notice
from monitor.notify.incidents import mail_trouble
from monitor.notify.messages import outbox
from monitor.notify.smtp import envelopes
from monitor.notify.tables import Message, MessageState, ReturnedMail, Subscriber
from monitor.notify.words import BounceWeight
from monitor.usage.returns import answering

ACTOR = "job:bounce"
_LONGEST = 500  # characters kept of a server's words
_HANDED_OVER = or_(
    Message.sent_at.is_not(None),
    Message.state.in_((MessageState.UNCERTAIN, MessageState.CLAIMED)),
)


@dataclass(frozen=True, slots=True)
class BounceVerdict:
    """What came of one mail. ``believed``: it answers a message of ours; ``let_go``: its address.

    ``weight`` is None where nothing was recorded; ``words`` say what and why.
    """

    believed: bool
    words: str
    weight: BounceWeight | None = None
    let_go: str | None = None
    uuid: str | None = None


def take(
    session: Session, settings: Settings, secret: bytes, raw: bytes, *, at: datetime
) -> BounceVerdict:
    """Take one mail in. Safe to repeat: the same bounce again changes nothing."""
    try:
        notice = notices.read(raw)
        message, failure = _proved(session, settings.mail, secret, notice)
    except InvalidInput as why:
        log.info("mail.bounce_not_believed", reason=str(why))
        return BounceVerdict(believed=False, words=f"Not believed, and nothing was done: {why}.")
    return _record(session, settings, message, failure, at)


def _proved(
    session: Session, mail: MailSettings, secret: bytes, notice: Notice
) -> tuple[Message, Failure]:
    """Find the one message that a notice proves to answer, and what failed of it.

    Raises:
        InvalidInput: it proves nothing.
    """
    signed = (
        envelopes.uuids_in(secret, mail.bounce_address, notice.envelope)
        if mail.bounce_address
        else frozenset[str]()
    )
    if not signed and not notice.envids and not notice.originals:
        raise InvalidInput("nothing in it shows which message it answers")
    proved = signed | notice.envids
    these = Message.uuid.in_(proved | notices.named_in(notice.originals))
    holding.readers_and_messages(session, these)  # who is let go before what came back
    named = select(Message).where(these)
    messages = [
        row
        for row in session.scalars(named.order_by(Message.id).with_for_update())
        if row.uuid in proved or row.message_id.lower() in notice.originals
    ]
    if not messages:
        raise InvalidInput("no message with that Message-ID was ever sent from here")
    if len(messages) > 1:
        raise InvalidInput("it names several messages of ours")
    (message,) = messages
    if not session.scalar(select(Message.id).where(Message.id == message.id, _HANDED_OVER)):
        raise InvalidInput("the message that it names was not handed over to any mail server")
    for failure in notice.failures:
        if message.address.lower() in failure.recipients:
            return message, failure
    raise InvalidInput(
        "the message that it names was sent to another address than the one that failed"
    )


def _record(
    session: Session, settings: Settings, message: Message, failure: Failure, at: datetime
) -> BounceVerdict:
    weight = rules.weigh(failure.status, failure.diagnostic)
    known = select(ReturnedMail.id).where(
        ReturnedMail.message_id == message.id, ReturnedMail.weight == weight
    )
    if session.scalar(known) is not None:
        return BounceVerdict(
            believed=True, words="Known already; nothing was done.", uuid=message.uuid
        )
    status = text_rules.plain(failure.status, 20)
    said = text_rules.plain(failure.diagnostic or failure.status, _LONGEST)
    back = ReturnedMail(message_id=message.id, weight=weight, status=status, words=said, at=at)
    session.add(back)
    session.flush()
    details = {"weight": weight.value, "status": status}
    subject = f"message:{message.id}"
    audit.record(session, at=at, actor=ACTOR, action="message.returned", subject=subject, **details)
    log.info("mail.returned", uuid=message.uuid, weight=weight.value, status=status)
    if weight is BounceWeight.OURS:
        domain = text_rules.domain(message.address)
        mail_trouble.returned(
            session, settings, f"refused at {domain} ({status or 'no status'})", at
        )
    outdated = _outdated(session, message)
    let_go = not outdated and _let_go(session, message, weight, said, at)
    return BounceVerdict(
        believed=True,
        words=_told(weight, let_go=let_go, outdated=outdated),
        weight=weight,
        let_go=message.address if let_go else None,
        uuid=message.uuid,
    )


def _outdated(session: Session, message: Message) -> bool:
    since = _since(session, message.address)
    return since is not None and message.queued_at <= since


def _since(session: Session, address: str) -> datetime | None:
    """Say since when messages to a reader tell of their mailbox: since they confirmed, or were let go."""
    reader = session.scalars(select(Subscriber).where(Subscriber.address == address)).first()
    moments = [reader.confirmed_at, reader.dead_at] if reader else []
    return max((moment for moment in moments if moment), default=None)


def _let_go(
    session: Session, message: Message, weight: BounceWeight, said: str, at: datetime
) -> bool:
    """Write to an address no more that is gone for good, or was not reached for long."""
    gone = weight is BounceWeight.GONE
    if not gone and not (weight is BounceWeight.FOR_NOW and _softly(session, message.address)):
        return False
    because = (
        said if gone else f"{rules.SOFT_IN_A_ROW} messages in a row came back; the last: {said}"
    )
    reader = outbox.bury(session, message.address, because=because, at=at)
    service = answering.address_is_dead(session, message.address, actor=ACTOR, at=at)
    return reader or bool(service)


def _softly(session: Session, address: str) -> bool:
    """Tell whether the last messages to an address all came back, over weeks."""
    since = _since(session, address)
    last = (
        select(Message.queued_at, Message.id)
        .where(Message.address == address, _HANDED_OVER)
        .order_by(Message.id.desc())
        .limit(rules.SOFT_IN_A_ROW)
    )
    rows = session.execute(last if since is None else last.where(Message.queued_at > since)).all()
    back = select(ReturnedMail.message_id).where(
        ReturnedMail.message_id.in_([row.id for row in rows]),
        ReturnedMail.weight.in_((BounceWeight.FOR_NOW, BounceWeight.GONE)),
    )
    came_back = {*session.scalars(back)}
    return rules.gone_softly([row.queued_at for row in rows if row.id in came_back])


def _told(weight: BounceWeight, *, let_go: bool, outdated: bool) -> str:
    if outdated:
        return "Noted. It is of before its reader confirmed, or was let go: nothing was done."
    if let_go:
        return "Believed: the address is written to no more, until its reader confirms anew."
    return {
        BounceWeight.GONE: "Believed and noted: nobody who is written to has this address.",
        BounceWeight.FOR_NOW: "Believed and noted: it did not arrive this time. The address is written to as before.",
        BounceWeight.MESSAGE: "Believed and noted: it is about this message. The address is written to as before.",
        BounceWeight.OURS: "Believed and noted: it is about us, not the reader. See docs/incidents.md.",
    }[weight]
