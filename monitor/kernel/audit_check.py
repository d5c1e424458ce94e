"""What of the audit ledger was read and found whole, so that a check goes on where one stopped.

Every check reads what was written since the last one. Beside it a second reading goes over the old
entries again and again, a part each time: nobody may change one unnoticed for ever. What is kept is
sealed with the service's secret, which is not in the database: who can only write there can neither
move it past what they changed nor make it name another entry.
"""

import hashlib
import hmac
import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.kernel import audit
from monitor.kernel.audit import Head
from monitor.kernel.errors import MonitorError
from monitor.kernel.persistence.columnar import all_of, rows
from monitor.kernel.persistence.database import Base

_ONLY = 1
_FORGED = (
    "what was kept of the last check of the audit ledger was not written by this service: run "
    "`gap-monitor check`, which reads all of the ledger, and find out who wrote to the database"
)


class AuditCheck(Base):
    """How far the ledger was read; one row, rewritten as it goes on."""

    __tablename__ = "audit_check"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]  # every entry up to this one was read, at some time
    hash: Mapped[str]
    at: Mapped[datetime]  # when that was noted
    again_seq: Mapped[int]  # how far the second reading has come
    again_hash: Mapped[str]
    again_since: Mapped[datetime]  # when it began with the first entry
    whole_seq: Mapped[int]  # up to here nothing is older than ``whole_since``
    whole_since: Mapped[datetime]
    seal: Mapped[str]


class KeptCheck(NamedTuple):
    """What the row says: see ``AuditCheck``."""

    read: Head
    at: datetime
    again: Head
    again_since: datetime
    whole: int
    whole_since: datetime


class Checked(NamedTuple):
    """What a page may say: read up to ``entry`` at ``at``, up to ``whole`` since ``since``."""

    entry: int
    at: datetime
    whole: int
    since: datetime


def told(session: Session) -> Checked | None:
    """Say how far the ledger was found whole; None where it never was checked."""
    noted = rows(session, all_of(AuditCheck))
    return next((Checked(row.seq, row.at, row.whole_seq, row.whole_since) for row in noted), None)


def kept(session: Session, secret: bytes) -> KeptCheck | None:
    """Give what the last check left; None where there was none.

    Raises:
        MonitorError: somebody else wrote it, or the entries it names are no longer those.
    """
    row = session.scalar(select(AuditCheck))
    if row is None:
        return None
    left = KeptCheck(
        Head(row.seq, row.hash), row.at, Head(row.again_seq, row.again_hash), row.again_since,
        row.whole_seq, row.whole_since,
    )  # fmt: skip
    if not hmac.compare_digest(row.seal.encode(), _seal(left, secret).encode()):
        raise MonitorError(_FORGED)
    for known in (left.again, left.read):
        if not audit.stands(session, known):
            raise MonitorError(broken(known.count))
    return left


def keep(session: Session, now: KeptCheck, secret: bytes) -> None:
    """Keep how far the ledger was read."""
    row = session.scalar(select(AuditCheck))
    if row is None:
        row = AuditCheck(id=_ONLY)
        session.add(row)
    row.seq, row.hash, row.at = now.read.count, now.read.hash, now.at
    row.again_seq, row.again_hash, row.again_since = (
        now.again.count,
        now.again.hash,
        now.again_since,
    )
    row.whole_seq, row.whole_since = now.whole, now.whole_since
    row.seal = _seal(now, secret)
    session.flush()


def whole(head: Head, since: datetime, at: datetime) -> KeptCheck:
    """Give what to keep once all was read up to ``head``, between ``since`` and ``at``."""
    return KeptCheck(head, at, audit.NOTHING, at, head.count, since)


def read_again(now: KeptCheck, upto: Head, at: datetime) -> KeptCheck:
    """Give what to keep once the second reading has come so far; it begins anew at its end."""
    if upto.count < now.read.count:
        return now._replace(again=upto, at=at)
    return whole(now.read, now.again_since, at)


def broken(entry: int) -> str:
    """Say which entry does not follow."""
    return f"audit entry {entry} does not follow: it was edited or removed"


def _seal(of: KeptCheck, secret: bytes) -> str:
    said = [str(one) for one in of]
    return hmac.new(
        secret, b"ledger check " + json.dumps(said).encode(), hashlib.sha256
    ).hexdigest()
