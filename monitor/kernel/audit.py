"""The audit ledger: who did what, when; append-only, hash-chained, no foreign keys.

No foreign keys, so that the ledger never hinders or follows changes to live data. Each row's
hash covers its own content and the hash before it: an edited or missing row breaks the chain. The
number and hash of the last row are kept beside it, so that a tail that was cut off is missed too.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.kernel.database import Base

GENESIS = "0" * 64
# PostgreSQL only: serialises appends, so that two rows never claim the same predecessor.
_LOCK_KEY = 0x6761_7061  # "gapa"
_ONLY = 1
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


class AuditHead(Base):
    """The last entry that was written; one row."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str]


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
) -> AuditEntry:
    """Append one entry to the ledger within the caller's transaction."""
    _let_nobody_else_append(session)
    head = _head(session)
    entry = AuditEntry(
        seq=head.seq + 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        details=details,
        previous_hash=head.hash,
    )
    entry.hash = _hash(entry)
    session.add(entry)
    head.seq, head.hash = entry.seq, entry.hash
    session.flush()
    return entry


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
    head = _head(session)
    rows: list[dict[str, Any]] = []
    for action, subject, details in entries:
        told = (head.hash, head.seq + 1, at, actor, action, subject, details)
        row = dict(zip(_HASHED, told, strict=True))
        rows.append(row | {"hash": _digest(row)})
        head.seq, head.hash = head.seq + 1, rows[-1]["hash"]
    session.execute(insert(AuditEntry), rows)
    session.flush()


def broken_link(session: Session) -> int | None:
    """Find the first entry that does not follow, or is missing; None when the chain is whole."""
    previous, expected_seq = GENESIS, 1
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
        if (entry.seq, entry.previous_hash, entry.hash) != (expected_seq, previous, _hash(entry)):
            return entry.seq
        previous, expected_seq = entry.hash, expected_seq + 1
    kept = session.get(AuditHead, _ONLY)
    if ((kept.seq, kept.hash) if kept else (0, GENESIS)) != (expected_seq - 1, previous):
        return expected_seq
    return None


def head(session: Session) -> Head:
    """Tell how many entries were written, and the hash of the last one."""
    kept = session.get(AuditHead, _ONLY)
    return Head(kept.seq, kept.hash) if kept else Head(0, GENESIS)


def count(session: Session) -> int:
    """Count the entries."""
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def _let_nobody_else_append(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _head(session: Session) -> AuditHead:
    """Give what the next entry follows: never the last row there is, which may not be the last."""
    # another process may have written since this session last looked
    kept = session.get(AuditHead, _ONLY, populate_existing=True)
    if kept is None:
        kept = AuditHead(id=_ONLY, seq=0, hash=GENESIS)
        session.add(kept)
    return kept


def _hash(entry: AuditEntry) -> str:
    return _digest({name: getattr(entry, name) for name in _HASHED})


def _digest(row: Mapping[str, Any]) -> str:
    values = [row[name] for name in _HASHED]
    values[_HASHED.index("at")] = row["at"].isoformat()
    content = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
