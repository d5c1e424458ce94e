"""The audit ledger: who did what, when; append-only, hash-chained, no foreign keys.

No foreign keys, so that the ledger never hinders or follows changes to live data. Each row's
hash covers its own content and the hash before it: an edited or missing row breaks the chain.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.kernel.database import Base

GENESIS = "0" * 64
# PostgreSQL only: serialises appends, so that two rows never claim the same predecessor.
_LOCK_KEY = 0x6761_7061  # "gapa"


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
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).first()
    entry = AuditEntry(
        seq=last.seq + 1 if last else 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        details=details,
        previous_hash=last.hash if last else GENESIS,
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    return entry


def broken_link(session: Session) -> int | None:
    """Find the first entry whose hash does not follow; None when the chain is whole."""
    previous, expected_seq = GENESIS, 1
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
        if (entry.seq, entry.previous_hash, entry.hash) != (expected_seq, previous, _hash(entry)):
            return entry.seq
        previous, expected_seq = entry.hash, expected_seq + 1
    return None


def count(session: Session) -> int:
    """Count the entries."""
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def _hash(entry: AuditEntry) -> str:
    content = json.dumps(
        [
            entry.previous_hash,
            entry.seq,
            entry.at.isoformat(),
            entry.actor,
            entry.action,
            entry.subject,
            entry.details,
        ],
        sort_keys=True,
        ensure_ascii=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(content.encode()).hexdigest()
