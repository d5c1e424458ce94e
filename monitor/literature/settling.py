"""What a record's identifiers settle: two papers that are one, doubts noted, registrations named.

Shared by records that come in and records that are read again. Decides nothing a person must.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.kernel import audit
from monitor.literature import joining, merging
from monitor.literature.tables import Paper, PaperRegistration

ACTOR = "job:ingest"
# PostgreSQL only: two sources that bring the same paper at the same time make one of it.
_LOCK_KEY = 0x6761_7069  # "gapi"


def one_at_a_time(session: Session) -> None:
    """Wait for other transactions that take records in; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def settle(
    session: Session, found: joining.Found, *, at: datetime
) -> tuple[Paper | None, tuple[int, int] | None]:
    """Merge the two papers a record belongs to, or write down why they stay two."""
    paper, other = found.paper, found.other
    if other is None:
        return paper, None
    doubt = found.conflict if paper is None else merging.objection(session, paper, other)
    if paper is None or doubt:
        note_conflict(session, paper, other, doubt, at)
        return paper, None
    kept, gone = merging.older_first(session, paper, other)
    reason = "one record has identifiers of both"
    merging.fold_into(session, kept=kept, gone=gone, reason=reason, by=ACTOR, at=at)
    return kept, (kept.id, gone.id)


def note_conflict(
    session: Session, paper: Paper | None, other: Paper, reason: str | None, at: datetime
) -> None:
    """Write down that a record's identifiers contradict what is known: both papers stay."""
    audit.record(
        session,
        at=at,
        actor=ACTOR,
        action="paper.identity-conflict",
        subject=f"paper:{other.id}",
        other=paper.id if paper else None,
        reason=reason,
    )


def name_registrations(
    session: Session, paper: Paper, named: Sequence[Identifier], *, is_new: bool
) -> None:
    """Keep the registrations a paper names; one it ever named stays."""
    if not named:
        return
    known: set[Identifier] = set()
    if not is_new:
        known |= {*joining.registrations(session, paper.id)}
        known |= {*joining.identifiers(session, paper.id)}
    session.add_all(
        PaperRegistration(paper_id=paper.id, scheme=i.scheme, value=i.value)
        for i in named
        if i not in known
    )
