"""Read models of the mail for pages and commands. Changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from monitor.gap.previews.steps import Preview
from monitor.gap.rules import changed
from monitor.kernel.errors import NotFound
from monitor.notify import news, rules
from monitor.notify.messages.outbox_status import (
    MANY,
    NOT_SENT,
    UNSEEN,
    WAITING,
    OutboxStatus,
    anything_held,
    count,
    outbox,
)
from monitor.notify.tables import (
    Announcement,
    Digest,
    Message,
    MessageKind,
    MessageState,
    ReaderTerms,
    Reason,
    Subscriber,
    SubscriberState,
)
from monitor.notify.words import Cadence

__all__ = [
    "MANY",
    "WAITING",
    "MessageView",
    "OutboxStatus",
    "anything_held",
    "anything_told",
    "followers",
    "followers_by_cadence",
    "message",
    "messages",
    "outbox",
    "readers",
    "readers_told",
    "refused",
    "waiting_long",
]


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message as an admin sees it; ``reply`` is the mail server's last word.

    ``awaits_approval``: it goes with its digest alone, once that is approved; ``is_held``: by an admin.
    """

    id: int
    uuid: str
    kind: MessageKind
    address: str
    state: MessageState
    queued_at: datetime
    next_at: datetime
    sent_at: datetime | None
    reply: str | None
    attempts: int
    held_since: datetime | None
    seen_at: datetime | None
    awaits_approval: bool
    is_held: bool

    @property
    def waits(self) -> bool:
        """Whether it is still to be sent, and nobody is sending it now."""
        return self.state in WAITING and self.state is not MessageState.CLAIMED


def waiting_long(session: Session, at: datetime) -> int:
    """Count the messages that have waited for longer than mail may."""
    late = Message.queued_at < at - rules.MAY_WAIT
    return count(session, and_(NOT_SENT, late))


def refused(session: Session, limit: int = 50) -> list[MessageView]:
    """List the messages refused for good that no admin has seen, the newest first."""
    unseen = select(Message).where(UNSEEN).order_by(Message.id.desc()).limit(limit)
    return _views(session, session.scalars(unseen).all())


def messages(session: Session, limit: int = 50) -> list[MessageView]:
    """List the newest messages, newest first."""
    newest = select(Message).order_by(Message.id.desc()).limit(limit)
    return _views(session, session.scalars(newest).all())


def message(session: Session, uuid: str) -> MessageView:
    """Read one message.

    Raises:
        NotFound: there is no such message.
    """
    row = session.scalars(select(Message).where(Message.uuid == uuid)).first()
    if row is None:
        raise NotFound(f"there is no message {uuid}")
    return _views(session, [row])[0]


def readers(session: Session) -> dict[SubscriberState, int]:
    """Count the subscribers by state."""
    counted = session.execute(select(Subscriber.state, func.count()).group_by(Subscriber.state))
    return dict(counted.all())


def followers(session: Session, slugs: Collection[str]) -> int:
    """Count the active subscribers who hear of any of ``slugs``; the database does the counting."""
    return session.scalar(select(func.count()).where(_active_of(slugs))) or 0


def followers_by_cadence(session: Session, slugs: Collection[str]) -> dict[Cadence, int]:
    """Count them by how often they chose to be written to, in the order of ``Cadence``."""
    chosen = func.coalesce(ReaderTerms.cadence, Cadence.AT_ONCE)
    rows = session.execute(
        select(chosen, func.count(Subscriber.id))
        .outerjoin(ReaderTerms, ReaderTerms.subscriber_id == Subscriber.id)
        .where(_active_of(slugs))
        .group_by(chosen)
    )
    counted = dict(rows.all())
    return {cadence: counted[cadence] for cadence in Cadence if cadence in counted}


def _active_of(slugs: Collection[str]) -> ColumnElement[bool]:
    followed = or_(false(), *(_hears_of(slug) for slug in slugs))
    return and_(Subscriber.state == SubscriberState.ACTIVE, followed)


def _hears_of(slug: str) -> ColumnElement[bool]:
    """Hold for a subscriber who follows an intervention, and whose mail is not narrowed to others."""
    # a slug in quotes stands in the text of the JSON exactly where it is one of the list
    chosen, narrow = (
        cast(column, Text).contains(f'"{slug}"', autoescape=True)
        for column in (Subscriber.interventions, Subscriber.narrowed_to)
    )
    return and_(chosen, or_(Subscriber.narrowed_to.is_(None), narrow))


def readers_told(
    session: Session, previews: Collection[Preview], cause: news.CausingStudy = news.NO_STUDY
) -> int:
    """Count the followers whom a step would tell by mail, as far as it is news.

    ``cause``: what is known of the study that it is about; without it, whatever moves is news.
    """
    moved = [
        preview.slug
        for preview in previews
        if news.is_news(changed(preview.before, preview.after), cause)
    ]
    return followers(session, moved)


def anything_told(session: Session, study_id: int) -> bool:
    """Tell whether readers may have been told of a study by mail."""
    about = select(Announcement.id).where(Announcement.study_id == study_id)
    return session.scalar(about.limit(1)) is not None


def _views(session: Session, messages: Sequence[Message]) -> list[MessageView]:
    on_hold = {
        message.digest_id for message in messages if message.state is MessageState.ON_HOLD
    } - {None}
    awaits = select(Digest.id).where(
        Digest.id.in_(on_hold), Digest.awaits_since.is_not(None), Digest.approved_at.is_(None)
    )
    awaiting = {*session.scalars(awaits)} if on_hold else set[int]()
    return [_view(message, awaits=message.digest_id in awaiting) for message in messages]


def _view(message: Message, *, awaits: bool) -> MessageView:
    on_hold = message.state is MessageState.ON_HOLD
    return MessageView(
        id=message.id,
        uuid=message.uuid,
        kind=message.kind,
        address=message.address,
        state=message.state,
        queued_at=message.queued_at,
        next_at=message.next_at,
        sent_at=message.sent_at,
        reply=message.reply,
        attempts=message.attempts,
        held_since=message.held_since,
        seen_at=message.seen_at,
        awaits_approval=on_hold and awaits,
        is_held=on_hold and message.reason is Reason.HELD,
    )
