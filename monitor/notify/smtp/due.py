"""Which messages are to be sent now, whether their readers still want them, and in which order.

Messages take turns (``tables.TURN``): what somebody waits for before what goes to thousands, the
first try before the second. Each turn's next few are found by an index, so that a claim takes as
long with fifty thousand waiting as with ten.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    TextClause,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from monitor.accounts.tables import Role, User
from monitor.kernel.persistence.database import UtcDateTime
from monitor.notify import rules
from monitor.notify.tables import (
    TO_BE_SENT,
    TURN,
    Announcement,
    Digest,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)
from monitor.usage.returns.tables import (
    Collection,
    CollectionState,
    ListedService,
    Return,
    ReturnLink,
)

# never handed to a mail server, as far as anybody can know
UNTOUCHED = (MessageState.PENDING, MessageState.DEFERRED, MessageState.ON_HOLD)
# no lease is longer: one that seems to be was written by a clock that ran ahead
_LONGEST_LEASE = timedelta(hours=2)
_MOST = len(rules.BACKOFF)  # tries that are told apart
# how long a message of each turn may wait at most; a time beyond that is from a wrong clock
_LONGEST_WAITS = (
    rules.CLOCKS_DIFFER,  # new, and somebody waits for it
    rules.CLOCKS_DIFFER,  # new
    *rules.BACKOFF,  # tried once, twice …
    *(rules.HELD_FOR for _ in range(_MOST + 1)),  # held back, by tries
)
_WAITS = tuple(enumerate(_LONGEST_WAITS))
# by a try before, as far as anybody can know
_MAY_HAVE_LEFT = "(state = 'uncertain' OR sent_at IS NOT NULL)"
_TURN: ColumnElement[int] = literal_column(TURN, Integer)
_TO_BE_SENT = text(TO_BE_SENT)


class Next(NamedTuple):
    """A message whose turn it is; ``may_have_left``: by a try before, as far as anybody can know.

    However the next try ends, the reader of such a one counts as told: what takes it back corrects
    them.
    """

    id: int
    may_have_left: bool


def is_due(at: datetime) -> ColumnElement[bool]:
    """Hold for a message to be sent now: its time has come, or was set by a clock that ran ahead.

    A message waits at most as long as its tries ask for, and a new one not at all; a time beyond
    that comes from a clock that ran ahead, and delays nothing.
    """
    ripe = [
        and_(literal_column(str(turn)) == _TURN, or_(Message.next_at <= at, _too_late(turn, at)))
        for turn, _ in _WAITS
    ]
    return or_(and_(_TO_BE_SENT, or_(*ripe)), _lease_is_over(at))


def next_due(session: Session, at: datetime, limit: int) -> Sequence[Next]:
    """Take the next messages whose time has come, in order: a seek for each turn."""
    return _first(session, "next_at <= :at", at, limit)


def next_strayed(session: Session, at: datetime, limit: int) -> Sequence[Next]:
    """Take those whose time a clock that ran ahead has set, or whose sender's lease is over."""
    wrong = _first(session, "next_at > :late_{turn}", at, limit)
    if len(wrong) == limit:
        return wrong
    over = select(Message.id).where(_lease_is_over(at)).order_by(Message.id)
    more = over.limit(limit - len(wrong)).with_for_update(skip_locked=True)
    return [*wrong, *(Next(id_, may_have_left=True) for id_ in session.scalars(more))]


def may_be_sent() -> ColumnElement[bool]:
    """Hold for a message whose reader still wants it, as the database knows it now.

    An incident is told to who is an admin when it is sent; a service is asked while its wave is
    open, until it asked not to be, and reminded until it answered.
    """
    reader = select(Subscriber.id).where(Subscriber.id == Message.subscriber_id)
    active = reader.where(Subscriber.state == SubscriberState.ACTIVE)
    # who left and then asked again wants what is of later, and nothing from before
    asked_since = reader.where(
        or_(Subscriber.left_at.is_(None), Subscriber.left_at < Message.queued_at)
    )
    admin = select(User.id).where(
        User.address == Message.address, User.role == Role.ADMIN, User.disabled_at.is_(None)
    )
    return or_(
        and_(
            Message.subscriber_id.is_(None),
            Message.kind.not_in((MessageKind.INCIDENT, MessageKind.SURVEY)),
        ),
        and_(Message.kind == MessageKind.INCIDENT, admin.exists()),
        and_(
            Message.kind.in_((MessageKind.CHANGE, MessageKind.DIGEST, MessageKind.HELPED)),
            active.exists(),
            asked_since.exists(),
            ~overtaken(),
        ),
        and_(Message.kind == MessageKind.CONFIRM, asked_since.exists()),
        and_(Message.kind == MessageKind.SURVEY, _is_asked().exists()),
    )


def overtaken() -> ColumnElement[bool]:
    """Hold for a message that was not handed over before the opposite of it was announced."""
    later = select(Announcement.id).where(
        Announcement.id == Message.announcement_id, Announcement.overtaken_by.is_not(None)
    )
    in_digest = select(Digest.id).where(
        Digest.id == Message.digest_id, Digest.overtaken_by.is_not(None)
    )
    return and_(Message.state.in_(UNTOUCHED), or_(later.exists(), in_digest.exists()))


def _is_asked() -> Select[int]:
    """Find the return that this message may still ask for."""
    return (
        select(Return.id)
        .join(ReturnLink, ReturnLink.return_id == Return.id)
        .join(Collection, Collection.id == Return.collection_id)
        .join(ListedService, ListedService.id == Return.service_id)
        .where(
            ReturnLink.message_uuid == Message.uuid,
            Collection.state == CollectionState.OPEN,
            ListedService.left_at.is_(None),
            ListedService.dead_at.is_(None),
            or_(ReturnLink.is_reminder.is_(False), Return.answers.is_(None)),
        )
    )


def in_order(query: Select[Any]) -> Select[Any]:
    """Sort so that a message that fails every time never stands in the others' way."""
    return query.order_by(_TURN, Message.next_at, Message.id)


def _too_late(turn: int, at: datetime) -> ColumnElement[bool]:
    return Message.next_at > at + _LONGEST_WAITS[turn]


def _lease_is_over(at: datetime) -> ColumnElement[bool]:
    over = or_(Message.lease_until <= at, Message.lease_until > at + _LONGEST_LEASE)
    return and_(Message.state == MessageState.CLAIMED, over)


def _first(session: Session, when: str, at: datetime, limit: int) -> Sequence[Next]:
    times = {f"late_{turn}": at + longest for turn, longest in _WAITS} if "late" in when else {}
    dialect = session.get_bind().dialect.name
    by_turns = dialect == "postgresql" and not times
    picking = _picking_by_turns(when) if by_turns else _picking(when, dialect)
    rows = session.connection().execute(picking, {"at": at, "most": limit, **times})
    return [Next(id_, bool(may_have_left)) for id_, may_have_left in rows]


@cache
def _picking_by_turns(when: str) -> TextClause:
    """Write ``_picking`` for PostgreSQL, and short: its driver reads a long query anew each time."""
    turn = (
        f"SELECT id, next_at, {_MAY_HAVE_LEFT} AS told FROM message "  # noqa: S608 - our own names
        f"WHERE {TO_BE_SENT} AND {TURN} = turn AND {when} "
        "ORDER BY next_at, id LIMIT :most FOR UPDATE SKIP LOCKED"
    )
    query = text(
        f"SELECT id, told FROM generate_series(0, {len(_WAITS) - 1}) AS turn, "  # noqa: S608 - the same
        f"LATERAL ({turn}) AS due ORDER BY turn, next_at, id LIMIT :most"
    )
    return query.bindparams(bindparam("at", type_=UtcDateTime()))


@cache
def _picking(when: str, dialect: str) -> TextClause:
    """Write the query that takes the next of every turn for this transaction.

    Written once: it is asked for every few messages. What another sender takes is passed over.
    """
    lock = "FOR UPDATE SKIP LOCKED" if dialect == "postgresql" else ""
    read = f"SELECT id, next_at, {_MAY_HAVE_LEFT} AS told FROM message WHERE {TO_BE_SENT}"  # noqa: S608 - our own names
    turns = " UNION ALL ".join(
        f"SELECT id, next_at, told, {turn} AS turn FROM ({read} AND {TURN} = {turn} "  # noqa: S608 - the same
        f"AND {when.format(turn=turn)} ORDER BY next_at, id LIMIT :most {lock}) AS turn_{turn}"
        for turn, _ in _WAITS
    )
    query = text(f"SELECT id, told FROM ({turns}) AS due ORDER BY turn, next_at, id LIMIT :most")  # noqa: S608 - the same
    times = {"at"} if ":at" in when else {f"late_{turn}" for turn, _ in _WAITS}
    return query.bindparams(*(bindparam(name, type_=UtcDateTime()) for name in times))
