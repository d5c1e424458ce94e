"""News of registered trials: that one was registered, has ended, is overdue. Each is noted once.

They stand in the lists of digests and send no mail by themselves: no result is known of them. What was
known when the first were noted is no news, nor is all that a trial first seen has behind it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.registered import AwaitedTrial, registered
from monitor.kernel.language import english
from monitor.kernel.language.uk import uk_day_of
from monitor.kernel.persistence.bulk import add_all
from monitor.literature.linkage.overdue import TrialStanding
from monitor.notify.rules import plain
from monitor.notify.tables import TrialNews
from monitor.notify.words import Kind

_ENDED = frozenset({TrialStanding.UNPUBLISHED, TrialStanding.OVERDUE})
_LISTED = 8  # of one digest; more are counted


def begun(session: Session) -> bool:
    """Tell whether any trial was noted yet."""
    return session.scalar(select(TrialNews.id).limit(1)) is not None


def unnoted(session: Session, catalogue: Catalogue, at: datetime) -> list[dict[str, Any]]:
    """Give what is new of the registered trials, as rows for ``note``. Changes nothing.

    It reads every registered trial: it is for before a transaction that anybody waits for.
    """
    first = not begun(session)
    known = {*session.execute(select(TrialNews.number, TrialNews.kind)).all()}
    news_rows = []
    for trial in registered(session, None, uk_day_of(at).date):
        numbers = _numbers(trial)
        new = [
            kind
            for kind in _kinds(trial)
            if not any((number, kind.value) in known for number in numbers)
        ]
        news_rows += [
            {
                "number": numbers[0],
                "kind": kind.value,
                "slugs": list(trial.evaluates),
                "sentence": _sentence(catalogue, trial, kind, numbers[0]),
                # of several at once the last says it all
                "at": at if kind is new[-1] and not first else None,
            }
            for kind in new
        ]
    return news_rows


def note(session: Session, news_rows: Sequence[dict[str, Any]]) -> int:
    """Note what ``unnoted`` gave, all in one transaction: of the first, half would make the rest news.

    Counts what is news.
    """
    add_all(session, TrialNews, news_rows)  # the first are as many as there are trials
    return sum(row["at"] is not None for row in news_rows)


class TrialLine(NamedTuple):
    """What a digest says of a trial: noted then, and still so."""

    at: datetime
    number: str
    kind: Kind
    slugs: tuple[str, ...]
    sentence: str


def waiting(session: Session, at: datetime) -> dict[str, AwaitedTrial]:
    """Give the trials that wait for a report, by each of their numbers. Reads all of them."""
    return {
        number: trial
        for trial in registered(session, None, uk_day_of(at).date)
        for number in _numbers(trial)
    }


def since(
    session: Session,
    catalogue: Catalogue,
    moment: datetime,
    still: Callable[[], Mapping[str, AwaitedTrial]],
) -> list[TrialLine]:
    """List what was noted after a moment and still is so, the first first.

    ``still`` gives what waits for a report now, and is asked only where something hangs on it.
    A report may have come since, or a paper that may be one: a mail cannot be taken back.
    """
    later = select(TrialNews).where(TrialNews.at > moment)
    noted = session.scalars(later.order_by(TrialNews.at, TrialNews.id)).all()
    hangs_on_it = any(row.kind != Kind.REGISTERED for row in noted)
    now: Mapping[str, AwaitedTrial] = still() if hangs_on_it else {}
    told = (_line(catalogue, row, now.get(row.number)) for row in noted)
    return [line for line in told if line is not None]


def _line(catalogue: Catalogue, row: TrialNews, trial: AwaitedTrial | None) -> TrialLine | None:
    """Say what was noted as it is now; None: it is so no longer."""
    kind, said = Kind(row.kind), row.sentence
    if kind is not Kind.REGISTERED:
        if trial is None or kind not in _kinds(trial):
            return None
        said = _sentence(catalogue, trial, kind, row.number)
    return TrialLine(row.at, row.number, kind, tuple(row.slugs), said) if row.at else None


def lines(
    noted: Sequence[TrialLine], moment: datetime, kinds: Collection[Kind], follows: Collection[str]
) -> list[str]:
    """Write what a reader is told of trials: of the kinds they chose, of what they follow.

    Of one trial the last says it all.
    """
    theirs = {
        line.number: line.sentence
        for line in noted
        if line.at > moment and line.kind in kinds and not set(line.slugs).isdisjoint(follows)
    }
    told = [*theirs.values()]
    rest = len(told) - _LISTED
    return [*told[:_LISTED], *([f"And {rest:,} more."] if rest > 0 else [])]


def _numbers(trial: AwaitedTrial) -> list[str]:
    return [number.value for number in trial.numbers] or [f"paper {trial.paper_id}"]


def _kinds(trial: AwaitedTrial) -> list[Kind]:
    kinds = [Kind.REGISTERED]
    kinds += [Kind.COMPLETED] if trial.standing in _ENDED else []
    # a mail cannot be taken back: while a paper may be its report, nobody is told that it is late
    overdue = trial.standing is TrialStanding.OVERDUE and not trial.may_be_reported
    return [*kinds, Kind.OVERDUE] if overdue else kinds


def _sentence(catalogue: Catalogue, trial: AwaitedTrial, kind: Kind, number: str) -> str:
    names = english.listed(
        [entry.short for entry in catalogue.interventions if entry.slug in trial.evaluates]
    )
    called = trial.name if trial.name == number else f"{trial.name} ({number})"
    people = f", {trial.people:,} people" if trial.people else ""
    unsure = trial.may_be_reported
    known = "a paper held here may be its report" if unsure else "no report is known yet"
    said = {
        Kind.REGISTERED: f"a trial is registered: {called}{people}, {trial.when}",
        Kind.COMPLETED: f"a trial has ended: {called}{people}, {trial.when}; {known}",
        Kind.OVERDUE: f"results are overdue: {called}{people}, {trial.when}; no report is known",
    }[kind]
    return plain(f"{names}: {said}.", 400)
