"""What a record's identifiers settle: two papers that are one, doubts noted, registrations named.

Shared by records that come in and records that are read again. Decides nothing a person must.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.kernel import audit
from monitor.literature.dedup.fingerprint import Fingerprint
from monitor.literature.papers import linking, merging, resolve, statements
from monitor.literature.papers.reading import CitationReading
from monitor.literature.tables import Paper, PaperRegistration
from monitor.literature.words import TO_SCREEN, Relation

ACTOR = "job:ingest"
# PostgreSQL only: two sources that bring the same paper at the same time make one of it.
_LOCK_KEY = 0x6761_7069  # "gapi"
_BY_IDENTIFIERS = "one record has identifiers of both"


def one_at_a_time(session: Session) -> None:
    """Wait for other transactions that take records in; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def settle(
    session: Session, resolution: resolve.Resolution, *, at: datetime, reason: str = _BY_IDENTIFIERS
) -> tuple[Paper | None, tuple[int, int] | None]:
    """Merge the two papers a record belongs to, or write down why they stay two.

    ``reason`` is why they are one, as the merge keeps it.
    """
    paper, other = resolution.paper, resolution.other
    if other is None:
        return paper, None
    objection = resolution.conflict if paper is None else merging.objection(session, paper, other)
    if paper is None or objection:
        note_conflict(session, paper, other, objection, at)
        if paper and objection:
            _propose(session, paper, other, Relation.SAME_PAPER, objection, at)
        return paper, None
    kept, gone = merging.older_first(session, paper, other)
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


def doubt(
    session: Session, paper: Paper, own: Fingerprint, resolution: resolve.Resolution, at: datetime
) -> None:
    """Propose what a person should compare with a paper; not two that nobody is to screen."""
    other = resolution.other
    if other and other.id != paper.id and not other.merged_into_id and resolution.conflict:
        _propose(session, paper, other, Relation.SAME_PAPER, resolution.conflict, at)
    for lookalike in resolution.doubts:
        if lookalike.paper.id == paper.id or lookalike.paper.merged_into_id:
            continue
        relation, swapped = linking.relation(own, lookalike.fingerprint)
        first, second = (lookalike.paper, paper) if swapped else (paper, lookalike.paper)
        if relation is Relation.NOTICE_OF and statements.names(session, first.id, second.id):
            continue  # the sources say it: nobody has to
        _propose(session, first, second, relation, lookalike.found.reason, at)


def look_again(
    session: Session,
    paper: Paper,
    reading: CitationReading | None,
    *,
    at: datetime,
    lookalikes: Sequence[resolve.MaybeSame] | None = None,
) -> tuple[Paper, tuple[int, int] | None]:
    """Look what a paper resembles now that it says something else, and settle what is certain.

    ``lookalikes`` are those that it resembles, where that was looked up already.
    """
    if reading is None:
        return paper, None
    if lookalikes is None:
        lookalikes = resolve.alike(session, reading.fingerprint, reading.keys, without=paper.id)
    same = [lookalike for lookalike in lookalikes if lookalike.found.verdict == "same"]
    kept, merged = paper, None
    if len(same) == 1:
        settled = resolve.Resolution(paper, "read again", other=same[0].paper)
        alone, merged = settle(session, settled, at=at, reason=same[0].found.reason)
        kept = alone or paper
    doubt(
        session,
        kept,
        reading.fingerprint,
        resolve.Resolution(kept, "", doubts=tuple(lookalikes)),
        at,
    )
    return kept, merged


def _propose(
    session: Session, one: Paper, other: Paper, relation: Relation, reason: str, at: datetime
) -> None:
    if TO_SCREEN & {one.lane, other.lane}:
        linking.propose(session, one.id, other.id, relation, reason, at)


def name_registrations(session: Session, paper: Paper, named: Sequence[Identifier]) -> None:
    """Keep the registrations a paper names; one it ever named stays."""
    if not named:
        return
    known = {*resolve.registrations(session, paper.id), *resolve.identifiers(session, paper.id)}
    session.add_all(
        PaperRegistration(paper_id=paper.id, scheme=i.scheme, value=i.value)
        for i in named
        if i not in known
    )
