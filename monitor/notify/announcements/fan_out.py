"""Fanning out: one message for each reader an announcement concerns, in pieces, after it was made.

An announcement is one row, written with the decision that caused it. Its readers are those who
followed what it tells when it was made, and who still read when their turn comes. Each piece is a
transaction: it looks at the next few readers, queues their messages, and keeps how far it came. So
a crash repeats nothing and leaves nobody out, whoever goes on.

A later announcement that says the opposite ends an earlier one at once: what was not handed over
of it never is, however far either came.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.database import affected
from monitor.notify import news, rules
from monitor.notify.messages.claiming import OVERTAKEN
from monitor.notify.smtp.due import UNTOUCHED
from monitor.notify.tables import (
    Announcement,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)

ACTOR = "job:announce"
AT_ONCE = 500  # readers looked at in one transaction: some hundredths of a second


def newest(session: Session) -> int:
    """Give the number of the newest announcement; 0 where there is none."""
    return session.scalar(select(func.max(Announcement.id))) or 0


def start(session: Session, announcement: Announcement, *, at: datetime) -> None:
    """Fix who an announcement may reach, and tell the first of them.

    Few readers are all told in the transaction of the decision; of many, the jobs tell the others.
    """
    announcement.last_reader = session.scalar(select(func.max(Subscriber.id))) or 0
    if corrects(announcement):
        _overtake(session, announcement, at)
    session.flush()
    _tell_next(session, announcement, at)
    known = {"readers": announcement.readers} if announcement.complete_at else {}
    _record(session, announcement, "made", at, changes=announcement.change_ids, **known)


def tell_next(session: Session, *, at: datetime) -> bool:
    """Tell the next readers of the oldest announcement that is not complete; False: all are."""
    oldest = _incomplete().order_by(Announcement.id).limit(1)
    # not FOR UPDATE: who confirms or chooses meanwhile points at this row
    found = session.scalars(oldest.with_for_update(key_share=True)).first()
    if found is None:
        return False
    _tell_next(session, found, at)
    if found.complete_at:
        _record(session, found, "told", at, readers=found.readers)
    return True


def anybody_left(session: Session) -> bool:
    """Tell whether an announcement has not reached all of its readers yet."""
    return session.scalar(_incomplete().with_only_columns(Announcement.id).limit(1)) is not None


def tell_before_they_choose(session: Session, reader: Subscriber, *, at: datetime) -> None:
    """Let a reader whose choice changes hear of what was announced before by what they chose then.

    What they choose now counts for later announcements. The caller holds the reader's row.
    """
    if reader.state is SubscriberState.ACTIVE:
        behind = _incomplete().where(Announcement.reached < reader.id)
        for announcement in session.scalars(behind.order_by(Announcement.id)):
            _tell(session, announcement, [reader], at)
    reader.follows_after = newest(session)


def corrects(announcement: Announcement) -> bool:
    """Tell whether it takes back what may have been told of its study, or takes that back."""
    study = announcement.content["study"]
    told_anew = study and (study["again"] is not None or study.get("reappraised") is not None)
    return bool(announcement.content["correction"] or told_anew)


def _incomplete() -> Select[Announcement]:
    return select(Announcement).where(Announcement.complete_at.is_(None))


def _tell_next(session: Session, announcement: Announcement, at: datetime) -> None:
    readers = session.scalars(
        select(Subscriber)
        .where(
            Subscriber.state == SubscriberState.ACTIVE,
            Subscriber.id > announcement.reached,
            Subscriber.id <= announcement.last_reader,
        )
        .order_by(Subscriber.id)
        .limit(AT_ONCE)
        # who chooses at this moment is waited for, and then looked at as they are
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    _tell(session, announcement, readers, at)
    if readers:
        announcement.reached = readers[-1].id
    if len(readers) < AT_ONCE:
        announcement.complete_at = at
    session.flush()


def _tell(
    session: Session, announcement: Announcement, readers: Sequence[Subscriber], at: datetime
) -> None:
    """Queue the messages of these readers; one who has theirs already gets no other."""
    before = _told_before(session, announcement, [reader.id for reader in readers])
    slugs = _followed_by(announcement)
    rows = [
        _row(announcement, reader, wanted, at)
        for reader in readers
        if reader.follows_after < announcement.id
        and (wanted := _wanted(announcement, reader, slugs, before.get(reader.id, set())))
    ]
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        once = ("subscriber_id", "announcement_id")
        adding = dialect.insert(Message).on_conflict_do_nothing(index_elements=once)
        added = session.scalars(adding.returning(Message.id), rows).all()
        announcement.readers += len(added)


def _followed_by(announcement: Announcement) -> list[str]:
    """Give the interventions whose followers are told: all at a retraction, else those that moved."""
    study = announcement.content["study"]
    if study and study["withdrawn"] and study["withdrawn"]["retraction"]:
        return announcement.slugs
    changes = announcement.content["changes"]
    return [change["slug"] for change in changes if news.moves(change["kinds"])]


def _wanted(
    announcement: Announcement, reader: Subscriber, slugs: Sequence[str], before: set[str]
) -> list[str]:
    """Give what a reader is told of: what they follow, and what they may have been told before."""
    hears_of = reader.hears_of
    followed = {slug for slug in slugs if slug in hears_of}
    return [slug for slug in announcement.slugs if slug in followed | before]


def _row(
    announcement: Announcement, reader: Subscriber, slugs: list[str], at: datetime
) -> dict[str, Any]:
    uuid = str(uuid4())
    return {
        "uuid": uuid,
        "message_id": rules.message_id(uuid, announcement.sender),
        "kind": MessageKind.CHANGE,
        "address": reader.address,
        "subscriber_id": reader.id,
        "announcement_id": announcement.id,
        "context": {"slugs": slugs, "following": len(reader.hears_of)},
        "state": MessageState.PENDING,
        "queued_at": at,
        "next_at": at,
        "attempts": 0,
        "lease_token": 0,
    }


def _overtake(session: Session, announcement: Announcement, at: datetime) -> None:
    """Let nothing more be sent of what this one takes back, and tell it no further."""
    earlier = update(Announcement).where(
        Announcement.id.in_(_earlier(announcement)), Announcement.overtaken_by.is_(None)
    )
    ended = func.coalesce(Announcement.complete_at, at)
    values = {"overtaken_by": announcement.id, "complete_at": ended}
    affected(session.execute(earlier.values(values).execution_options(synchronize_session="fetch")))


def _told_before(
    session: Session, announcement: Announcement, readers: Sequence[int]
) -> dict[int, set[str]]:
    """Tell what these readers may have been told of the study before; cancel what they were not."""
    if not readers or not corrects(announcement):
        return {}
    theirs = (
        Message.announcement_id.in_(_earlier(announcement)),
        Message.subscriber_id.in_(readers),
    )
    overtaken = update(Message).where(*theirs, Message.state.in_(UNTOUCHED))
    off = overtaken.values(state=MessageState.CANCELLED, reply=OVERTAKEN, held_since=None)
    affected(session.execute(off.execution_options(synchronize_session=False)))
    told: dict[int, set[str]] = {}
    rows = select(Message.subscriber_id, Message.context).where(
        *theirs, Message.state != MessageState.CANCELLED
    )
    for reader, context in session.execute(rows):
        told.setdefault(reader or 0, set()).update(context["slugs"])
    return told


def _earlier(announcement: Announcement) -> Select[int]:
    """Select the earlier announcements that tell of the same study, or of the same wave."""
    if announcement.wave_id is not None:
        same = Announcement.wave_id == announcement.wave_id
    else:
        same = Announcement.study_id == announcement.content["study"]["id"]
    return select(Announcement.id).where(same, Announcement.id < announcement.id)


def _record(
    session: Session,
    announcement: Announcement,
    what: str,
    at: datetime,
    **details: Any,  # noqa: ANN401 - any JSON value
) -> None:
    subject = f"announcement:{announcement.id}"
    action = f"announcement.{what}"
    audit.record(session, at=at, actor=ACTOR, action=action, subject=subject, **details)
