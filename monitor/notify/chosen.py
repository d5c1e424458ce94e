"""What readers chose, as it is kept: their terms, and how much of their budget is spent.

Takes a session and never commits. A reader of whom nothing is kept is told as all were before.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from monitor.kernel.persistence.database import affected
from monitor.notify import terms
from monitor.notify.tables import (
    HeldNews,
    Message,
    MessageKind,
    MessageState,
    ReaderTerms,
    Subscriber,
)
from monitor.notify.terms import AS_BEFORE, Terms
from monitor.notify.words import Kind


@dataclass(slots=True)
class ChosenTerms:
    """One reader's terms; ``spent``: how often they were interrupted in the quarter that goes on."""

    terms: Terms
    quarter: date
    row: ReaderTerms | None

    @property
    def spent(self) -> int:
        """How much of the budget is spent."""
        return self.row.spent if self.row is not None and self.row.quarter == self.quarter else 0

    def charge(self) -> None:
        """Charge one interruption."""
        if self.row is not None:
            self.row.spent, self.row.quarter = self.spent + 1, self.quarter


def hold(session: Session, readers: Collection[int], at: datetime) -> dict[int, ChosenTerms]:
    """Give the terms of each of these readers, and hold what is kept of them until the commit."""
    kept = (
        select(ReaderTerms)
        .where(ReaderTerms.subscriber_id.in_(readers))
        .order_by(ReaderTerms.subscriber_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = {row.subscriber_id: row for row in session.scalars(kept)} if readers else {}
    quarter = terms.quarter(at)
    return {id_: ChosenTerms(of_row(rows.get(id_)), quarter, rows.get(id_)) for id_ in readers}


def of(session: Session, reader: int) -> Terms:
    """Give one reader's terms."""
    return of_row(session.get(ReaderTerms, reader))


def of_row(row: ReaderTerms | None) -> Terms:
    """Read what is kept of one reader."""
    if row is None:
        return AS_BEFORE
    return Terms(row.cadence, frozenset(Kind(kind) for kind in row.kinds), row.budget)


def keep(session: Session, reader: int, chosen: Terms, *, at: datetime, begins: bool) -> bool:
    """Keep what a reader chose; tells whether it is other than before.

    ``begins``: their e-mails begin now, so what a digest tells of begins too. What waits for a
    digest goes on waiting, for the next by what they choose now.
    """
    row = session.get(ReaderTerms, reader, with_for_update=True, populate_existing=True)
    moved = row is None or of_row(row) != chosen
    due = terms.due_after(chosen.cadence, at)
    if row is None:
        row = ReaderTerms(
            subscriber_id=reader, quarter=None, spent=0, covered_to=at, next_digest_at=due
        )
    row.cadence, row.budget = chosen.cadence, chosen.budget
    row.kinds = [kind for kind in Kind if kind in chosen.kinds]
    session.add(row)
    if moved or begins:
        row.next_digest_at = due
    if begins:
        row.covered_to, row.may_be_asked = at, False
        _forget_what_waits(session, reader)
    session.flush()
    return moved


def got(session: Session, reader: Subscriber) -> dict[str, Any]:
    """Give all that decides what a reader gets: JSON values, to be compared and told of."""
    row = session.get(ReaderTerms, reader.id)
    now = of_row(row)
    return {
        "following": len(reader.hears_of),
        "cadence": now.cadence.value,
        "interventions": list(reader.interventions),
        "narrowed_to": reader.narrowed_to,
        "kinds": sorted(now.kinds),
        "budget": now.budget,
        "may_be_asked": bool(row and row.may_be_asked),
    }


def note_change(
    session: Session, reader: Subscriber, before: Mapping[str, Any], at: datetime
) -> None:
    """Note that the link of a mail changed what a reader gets, for their next mail to say.

    Whoever has a mail that was passed on can do it, so its reader is told. Of changes that none
    was told of yet, what was before the first counts.
    """
    if got(session, reader) != before and not untold(session, [reader]):
        told = {"following": before["following"], "cadence": before["cadence"]}
        reader.chose = {"at": at.isoformat(), **told}


def untold(session: Session, readers: Collection[Subscriber]) -> dict[int, dict[str, Any]]:
    """Give what those of these readers got before whom no mail since has told that it was changed."""
    noted = {reader.id: reader.chose for reader in readers if reader.chose}
    if not noted:
        return {}
    since = min(datetime.fromisoformat(note["at"]) for note in noted.values())
    mailed = select(Message.subscriber_id, func.max(Message.queued_at)).where(
        Message.subscriber_id.in_(noted),
        Message.kind.in_((MessageKind.CHANGE, MessageKind.DIGEST)),
        Message.state.not_in((MessageState.CANCELLED, MessageState.DEAD)),
        Message.queued_at > since,
    )
    last = dict(session.execute(mailed.group_by(Message.subscriber_id)).all())
    return {
        id_: note
        for id_, note in noted.items()
        if id_ not in last or last[id_] <= datetime.fromisoformat(note["at"])
    }


def _forget_what_waits(session: Session, reader: int) -> None:
    """Let go of what waited for a reader who had left: who begins anew hears of nothing of before."""
    waits = delete(HeldNews).where(HeldNews.subscriber_id == reader, HeldNews.message_id.is_(None))
    affected(session.execute(waits.execution_options(synchronize_session="fetch")))
