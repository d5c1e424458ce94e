"""The registered trials whose results are awaited, as their registries last said. Changes nothing.

Nothing here is typed by hand: names, numbers, dates and people are read from registrations held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.feeds.sources import SOURCES
from monitor.feeds.tables import Record
from monitor.kernel.language.english import month
from monitor.kernel.persistence.bulk import chunks
from monitor.literature.linkage.facts import name_of_trial
from monitor.literature.linkage.overdue import TrialStanding
from monitor.literature.tables import PaperRecord
from monitor.review import trials
from monitor.review.trials import RegisteredTrial

# In the order of how much is to be hoped for, and from whom: results that are due come first.
AWAITED = (
    TrialStanding.OVERDUE,
    TrialStanding.UNPUBLISHED,
    TrialStanding.UNCONFIRMED,
    TrialStanding.RUNNING,
    TrialStanding.UNKNOWN,
)


@dataclass(frozen=True, slots=True)
class AwaitedTrial:
    """One registered trial without a report here.

    ``name`` is what its registration calls it, else its number. ``due`` is when its registry says
    that it ends or ended (``expected``: the registry calls that an expectation), None where it does
    not say. ``said_on`` is when the registration as held was read, ``said_by`` where.
    """

    paper_id: int
    name: str
    title: str
    numbers: tuple[Identifier, ...]
    evaluates: tuple[str, ...]
    standing: TrialStanding
    status: str | None
    due: date | None
    expected: bool
    people: int | None
    has_results: bool
    said_on: datetime | None
    said_by: str

    @property
    def when(self) -> str:
        """Say when it is due, or was: "due January 2027", "ended May 2025", "end not known"."""
        if self.due is None:
            return "end not known"
        verb = {
            TrialStanding.RUNNING: "due",
            TrialStanding.UNCONFIRMED: "should have ended",
        }.get(self.standing, "ended")
        return f"{verb} {month(self.due)}"


def registered(session: Session, slug: str | None, today: date) -> list[AwaitedTrial]:
    """List the registered trials that evaluate an intervention (None: any of the ten) and wait.

    Those overdue come first; of one standing the one that is due first.
    """
    waiting = [
        trial
        for trial in trials.registered(session, today, slug)
        if trial.standing in AWAITED and (slug in trial.evaluates if slug else trial.evaluates)
    ]
    said = _said(session, [trial.paper_id for trial in waiting])
    return sorted((_awaited(trial, said) for trial in waiting), key=_order)


def _awaited(trial: RegisteredTrial, said: Mapping[int, tuple[str, datetime]]) -> AwaitedTrial:
    by, on = said.get(trial.paper_id, ("", None))
    number = next((number.value for number in trial.numbers), "A registered trial")
    return AwaitedTrial(
        paper_id=trial.paper_id,
        name=name_of_trial(trial.title) or number,
        title=trial.title,
        numbers=trial.numbers,
        evaluates=trial.evaluates,
        standing=trial.standing,
        status=trial.trial.status,
        due=trial.trial.completed,
        expected=trial.trial.completed_expected,
        people=trial.trial.participants,
        has_results=bool(trial.trial.has_results),
        said_on=on,
        said_by=SOURCES[by].title if by in SOURCES else by,
    )


def _order(trial: AwaitedTrial) -> tuple[int, date, int]:
    return AWAITED.index(trial.standing), trial.due or date.max, trial.paper_id


def _said(session: Session, paper_ids: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """Tell of each registration which registry said it last, and when that was read."""
    registries = [name for name, source in SOURCES.items() if source.is_registry]
    said: dict[int, tuple[str, datetime]] = {}
    for some in chunks(paper_ids):
        rows = session.execute(
            select(PaperRecord.paper_id, Record.source, Record.fetched_at)
            .join(Record, Record.id == PaperRecord.record_id)
            .where(PaperRecord.paper_id.in_(some), Record.source.in_(registries))
            .order_by(Record.id)
        )
        said |= {row.paper_id: (row.source, row.fetched_at) for row in rows}
    return said
