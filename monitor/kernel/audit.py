"""The audit ledger: who did what, when; append-only, hash-chained, no foreign keys.

No foreign keys, so that the ledger never hinders or follows changes to live data. Each row's
hash covers its own content and the hash before it: an edited or missing row breaks the chain. The
number and hash of the last row are kept beside it, so that a tail that was cut off is missed too.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Index, Integer, Row, Table, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.kernel.persistence.database import Base, UtcDateTime, affected

GENESIS = "0" * 64
# PostgreSQL only: serialises appends, so that two rows never claim the same predecessor.
_LOCK_KEY = 0x6761_7061  # "gapa"
_ONLY = 1
_STRETCH_LENGTH = 2_000
_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode
# what an entry's hash covers, in this order
_HASHED = ("previous_hash", "seq", "at", "actor", "action", "subject", "details")


class AuditEntry(Base):
    """One thing that was done."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]  # "user:3", "job:poll", "cli"
    action: Mapped[str]  # "paper.screened"
    subject: Mapped[str]  # "paper:17"
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)

    # what was done to one thing, in order: a paper's page asks three times
    __table_args__ = (Index("ix_audit_entry_subject_seq", "subject", "seq"),)


class AuditHead(Base):
    """The last entry that was written; one row."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str]


# columns rather than objects, and statements built once: a check reads millions of rows
_table = AuditEntry.__table__
_STRETCH = (
    select(*_table.columns)
    .where(_table.c.seq > bindparam("after"), _table.c.seq <= bindparam("upto"))
    .order_by(_table.c.seq)
    .limit(bindparam("limit", type_=Integer))
)
_head_table = cast("Table", AuditHead.__table__)
_END: dict[str, Any] = {"seq": bindparam("last"), "hash": bindparam("of_last")}
_HEAD = select(_head_table.c.seq, _head_table.c.hash).where(_head_table.c.id == _ONLY)
_BEGIN = insert(_head_table).values(id=_ONLY, **_END)
_MOVE = update(_head_table).where(_head_table.c.id == _ONLY).values(_END)
_APPEND = insert(cast("Table", _table))
# for PostgreSQL, which would be asked once for each entry: all at once, and the head moved with them
_APPEND_AT_ONCE = text(
    "WITH told AS (INSERT INTO audit_entry "
    "(seq, at, actor, action, subject, details, previous_hash, hash) "
    "SELECT seq, :at, :actor, action, subject, details, previous_hash, hash "
    "FROM json_to_recordset(CAST(:rows AS json)) AS entry (seq integer, action varchar, "
    "subject varchar, details json, previous_hash varchar, hash varchar)) "
    "UPDATE audit_head SET seq = :last, hash = :of_last WHERE id = 1"
).bindparams(bindparam("at", type_=UtcDateTime()))
_HASH = select(_table.c.hash).where(_table.c.seq == bindparam("seq"))


@dataclass(frozen=True, slots=True)
class Head:
    """How many entries there are, and the hash of the last: what a copy elsewhere would keep."""

    count: int
    hash: str


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    **details: Any,  # noqa: ANN401 - any JSON value
) -> None:
    """Append one entry to the ledger within the caller's transaction, behind what is in the session."""
    # before what is in the session is written: who holds rows that another wants might wait here
    # for that other
    _let_nobody_else_append(session)
    session.flush()
    _append(session, [(action, subject, details)], at, actor)


def record_many(
    session: Session,
    entries: Sequence[tuple[str, str, dict[str, Any]]],
    *,
    at: datetime,
    actor: str,
) -> None:
    """Append many entries of one actor (action, subject, details) at once, in this order.

    What is already in the session is written first. As ``record``, in a few statements for all.
    """
    if not entries:
        return
    session.flush()
    _let_nobody_else_append(session)
    _append(session, entries, at, actor)


def _append(
    session: Session, entries: Sequence[tuple[str, str, dict[str, Any]]], at: datetime, actor: str
) -> None:
    connection, last = session.connection(), head(session)
    rows: list[dict[str, Any]] = []
    for number, (action, subject, details) in enumerate(entries, last.count + 1):
        told = (
            rows[-1]["hash"] if rows else last.hash,
            number,
            at,
            actor,
            action,
            subject,
            details,
        )
        rows.append({**dict(zip(_HASHED, told, strict=True)), "hash": _digest(told)})
    end = {"last": rows[-1]["seq"], "of_last": rows[-1]["hash"]}
    # (text that PostgreSQL's JSON does not know is kept all the same, entry by entry)
    if connection.dialect.name == "postgresql" and last.count and len(rows) > 1:
        all_of_it = {"rows": _JSON(_told(rows)), "at": at, "actor": actor, **end}
        affected(connection.execute(_APPEND_AT_ONCE, all_of_it), expected=1)
        return
    connection.execute(_APPEND, rows)
    if not affected(connection.execute(_MOVE, end)):
        connection.execute(_BEGIN, end)


def _told(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give what differs between entries of one actor and time."""
    return [
        {name: value for name, value in row.items() if name not in {"at", "actor"}} for row in rows
    ]


class Walked(NamedTuple):
    """How far a stretch of the ledger was read: its last good entry, and the first bad one.

    ``ended``: the stretch reached the end of the ledger, which is where the head says.
    """

    last: Head
    broken: int | None = None
    ended: bool = False


NOTHING = Head(0, GENESIS)


def walk(session: Session, after: Head, limit: int) -> Walked:
    """Read the next entries behind one that is known to be good, and say whether each follows.

    Holds no more than ``limit`` entries. What is written meanwhile is the next stretch's.
    """
    kept = head(session)  # first: whatever it counts can be read from now on
    last = after
    for row in session.execute(
        _STRETCH, {"after": after.count, "upto": kept.count, "limit": limit}
    ):
        if (row.seq, row.previous_hash) != (last.count + 1, last.hash) or row.hash != hash_of(row):
            return Walked(last, row.seq)
        last = Head(row.seq, row.hash)
    if last.count < min(after.count + limit, kept.count):
        return Walked(last, last.count + 1)  # the end was cut off
    if last.count < kept.count:
        return Walked(last)
    if last != kept:
        return Walked(last, kept.count + 1)
    return Walked(last, _beyond(session), ended=True)


def stands(session: Session, known: Head) -> bool:
    """Tell whether an entry is still the one that it was known to be."""
    if known.count == 0:
        return known == NOTHING
    return session.scalar(_HASH, {"seq": known.count}) == known.hash


def broken_link(session: Session) -> int | None:
    """Find the first entry that does not follow, or is missing; None when the chain is whole."""
    walked = Walked(NOTHING)
    while not walked.ended and walked.broken is None:
        walked = walk(session, walked.last, _STRETCH_LENGTH)
    return walked.broken


def head(session: Session) -> Head:
    """Tell how many entries were written, and the hash of the last one."""
    kept = session.connection().execute(_HEAD).one_or_none()
    return Head(kept.seq, kept.hash) if kept else Head(0, GENESIS)


def count(session: Session) -> int:
    """Tell how many entries were written; the ledger is as long as its head says, or broken."""
    return head(session).count


def _beyond(session: Session) -> int | None:
    """Find an entry that the head does not count: nobody may write one without it."""
    newest = session.scalar(select(func.max(AuditEntry.seq))) or 0
    counted = head(session).count  # asked last: it counts whatever was there before
    return counted + 1 if newest > counted else None


def _let_nobody_else_append(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def hash_of(entry: AuditEntry | Row[*tuple[Any, ...]]) -> str:
    """Give the hash an entry must have: of its content, and of the hash before it."""
    return _digest([getattr(entry, name) for name in _HASHED])


def _digest(told: Sequence[Any]) -> str:
    previous, seq, at, *rest = told
    content = _JSON([previous, seq, at.isoformat(), *rest])
    return hashlib.sha256(content.encode()).hexdigest()
