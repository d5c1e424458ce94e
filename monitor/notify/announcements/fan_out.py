"""Fanning out: one message for each reader an announcement concerns, in pieces, after it was made.

An announcement is one row, written with the decision that caused it. Its readers are those who
followed what it tells when it was made, and who still read when their turn comes. Each piece is a
transaction: it looks at the next few readers, queues the messages of those who are told at once by
their terms (``notify.terms``), keeps it for the next digest of others, and keeps how far it came.
So a crash repeats nothing and leaves nobody out, whoever goes on.

A later announcement that says the opposite ends an earlier one at once: what was not handed over
of it never is, however far either came.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.persistence.inserting import insert
from monitor.notify import chosen, rules, terms
from monitor.notify.announcements import earlier, weighing
from monitor.notify.announcements.earlier import Before
from monitor.notify.announcements.weighing import WeighedChange, corrects
from monitor.notify.tables import (
    Announcement,
    HeldNews,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)
from monitor.notify.terms import Terms, Way

ACTOR = "job:announce"
AT_ONCE = 250  # readers looked at in one transaction: a hundredth of a second or two


def newest(session: Session) -> int:
    """Give the number of the newest announcement; 0 where there is none."""
    return session.scalar(select(func.max(Announcement.id))) or 0


def start(session: Session, announcement: Announcement, *, at: datetime) -> None:
    """Fix who an announcement may reach, and tell the first of them.

    Few readers are all told in the transaction of the decision; of many, the jobs tell the others.
    """
    announcement.last_reader = session.scalar(select(func.max(Subscriber.id))) or 0
    if corrects(announcement.content):
        earlier.overtake(session, announcement, at)
    session.flush()
    _tell_next(session, announcement, at)
    known = {"readers": announcement.readers} if announcement.complete_at else {}
    _record(session, announcement, "made", at, changes=announcement.change_ids, **known)


def tell_next(session: Session, *, at: datetime) -> bool:
    """Tell the next readers of the oldest announcement that is not complete; False: all are."""
    oldest = _incomplete().order_by(Announcement.id).limit(1)
    # not FOR UPDATE: who confirms or chooses meanwhile points at this row
    announcement = session.scalars(oldest.with_for_update(key_share=True)).first()
    if announcement is None:
        return False
    _tell_next(session, announcement, at)
    if announcement.complete_at:
        _record(session, announcement, "told", at, readers=announcement.readers)
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
    """Queue the messages of these readers, or keep them for their digests; who has it gets no other."""
    ids = [reader.id for reader in readers]
    before: dict[int, Before] = {}
    if corrects(announcement.content):
        before = earlier.told_before(session, announcement, ids)
    weighed = weighing.weigh(announcement.content)
    # nobody's turn came before the first piece
    done = _done(session, announcement, ids) if announcement.reached else set()
    asked, changed = chosen.hold(session, ids, at), chosen.untold(session, readers)
    messages: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for reader in readers:
        if reader.follows_after >= announcement.id or reader.id in done:
            continue
        known, theirs = before.get(reader.id) or Before(), asked[reader.id]
        wanted = _wanted(weighed, reader, theirs.terms, known)
        if not wanted:
            continue
        slugs = [change.slug for change in wanted]
        told = not known.told.isdisjoint(slugs)
        news = weighing.together(wanted, corrects=told)
        way = terms.way(theirs.terms, news, theirs.spent)
        if way is Way.AT_ONCE:
            if terms.interrupts(theirs.terms, news):
                theirs.charge()
            row = _row(announcement, reader, slugs, at)
            row["context"] |= _why(theirs.terms, known if told else None, changed.get(reader.id))
            messages.append(row)
        elif way is Way.HELD or known.waits:
            held.append(_held(announcement, reader, slugs))
    announcement.readers += _add(session, Message, messages) + _add(session, HeldNews, held)


def _add(session: Session, table: type[Message | HeldNews], rows: Sequence[dict[str, Any]]) -> int:
    """Add rows; one who has theirs already gets no other. Counts those added."""
    if not rows:
        return 0
    once = ("subscriber_id", "announcement_id")
    adding = insert(session, table).on_conflict_do_nothing(index_elements=once)
    return len(session.scalars(adding.returning(table.id), rows).all())


def _done(session: Session, announcement: Announcement, readers: Sequence[int]) -> set[int]:
    """Give those of these readers whose turn came already: a piece may be told again."""
    if not readers:
        return set()
    return {
        reader
        for table in (Message, HeldNews)
        for reader in session.scalars(
            select(table.subscriber_id).where(
                table.announcement_id == announcement.id, table.subscriber_id.in_(readers)
            )
        )
        if reader is not None
    }


def _wanted(
    weighed: Sequence[WeighedChange], reader: Subscriber, asked: Terms, known: Before
) -> list[WeighedChange]:
    """Give what a reader is told of: what they follow, and what they may have been told before."""
    return weighing.wanted(weighed, asked, reader.hears_of, known.told | known.waits)


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


def _why(their: Terms, told: Before | None, before: dict[str, Any] | None) -> dict[str, Any]:
    """Say what a message needs to tell why its reader gets it.

    That is how often they are told, what they were told, and what they got ``before`` a mail's link
    changed it.
    """
    quoted = {"told": told.quote()} if told else {}
    changed = {"chose": before} if before else {}
    often = {} if their == terms.AS_BEFORE else {"cadence": their.cadence.value}
    return {**quoted, **often, **changed}


def _held(announcement: Announcement, reader: Subscriber, slugs: list[str]) -> dict[str, Any]:
    return {"subscriber_id": reader.id, "announcement_id": announcement.id, "slugs": slugs}


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
