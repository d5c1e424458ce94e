"""The registered trials whose results are awaited, as their registries last said. Changes nothing.

Nothing here is typed by hand: names, numbers, dates and people are read from registrations held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.feeds.sources import SOURCES
from monitor.feeds.tables import Record
from monitor.kernel.language.english import month
from monitor.kernel.persistence.bulk import among, chunks
from monitor.literature.linkage.facts import name_of_trial
from monitor.literature.linkage.overdue import TrialStanding
from monitor.literature.tables import PaperRecord
from monitor.review import trials
from monitor.review.trials import StandingTrial

# In the order of how much is to be hoped for, and from whom: results that are due come first.
AWAITED = (
    TrialStanding.OVERDUE,
    TrialStanding.UNPUBLISHED,
    TrialStanding.UNCONFIRMED,
    TrialStanding.RUNNING,
    TrialStanding.UNKNOWN,
)

# Built once: putting it together costs more than running it.
_SAID = (
    select(PaperRecord.paper_id, Record.source, Record.fetched_at)
    .join(Record, Record.id == PaperRecord.record_id)
    .where(
        among(PaperRecord.paper_id),
        Record.source.in_([name for name, source in SOURCES.items() if source.is_registry]),
    )
    .order_by(Record.id)
)


@dataclass(frozen=True, slots=True)
class AwaitedTrial:
    """One registered trial without a report here.

    ``name`` is what its registration calls it, else its number. ``due`` is when its registry says
    that it ends or ended (``expected``: the registry calls that an expectation), None where it does
    not say. ``said_on`` is when the registration as held was read, ``said_by`` where.
    ``may_be_reported``: a paper held here is proposed as its report.
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
    may_be_reported: bool

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
    waiting = waiting_of(trials.standings(session, today, slug), slug)
    return sorted(described(session, waiting), key=_order)


def waiting_of(standing: Iterable[StandingTrial], slug: str | None) -> list[StandingTrial]:
    """Give, of trials that were judged, those that evaluate an intervention (or any) and wait."""
    return [
        trial
        for trial in standing
        if trial.standing in AWAITED and (slug in trial.evaluates if slug else trial.evaluates)
    ]


def described(session: Session, standing: Sequence[StandingTrial]) -> list[AwaitedTrial]:
    """Read what is shown of trials that wait, in their order."""
    ids = [paper_id for trial in standing for paper_id in trial.papers]
    titles, numbers = trials.titles_of(session, ids), trials.numbers_of(session, ids)
    said = _said(session, [trial.paper_id for trial in standing])
    return [
        _awaited(
            trial,
            titles[trial.paper_id],
            tuple(number for paper_id in trial.papers for number in numbers[paper_id]),
            said.get(trial.paper_id, ("", None)),
        )
        for trial in standing
    ]


def _awaited(
    trial: StandingTrial,
    title: str,
    numbers: tuple[Identifier, ...],
    said: tuple[str, datetime | None],
) -> AwaitedTrial:
    by, on = said
    return AwaitedTrial(
        paper_id=trial.paper_id,
        name=name_of_trial(title) or (numbers[0].value if numbers else "A registered trial"),
        title=title,
        numbers=numbers,
        evaluates=trial.evaluates,
        standing=trial.standing,
        status=trial.trial.status,
        due=trial.trial.completed,
        expected=trial.trial.completed_expected,
        people=trial.trial.participants,
        has_results=bool(trial.trial.has_results),
        said_on=on,
        said_by=SOURCES[by].title if by in SOURCES else by,
        may_be_reported=trial.may_be_reported,
    )


def _order(trial: AwaitedTrial) -> tuple[int, date, int]:
    return AWAITED.index(trial.standing), trial.due or date.max, trial.paper_id


def _said(session: Session, paper_ids: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """Tell of each registration which registry said it last, and when that was read."""
    said: dict[int, tuple[str, datetime]] = {}
    for some in chunks(paper_ids):
        rows = session.execute(_SAID, {"some": some})
        said |= {row.paper_id: (row.source, row.fetched_at) for row in rows}
    return said
