"""The family of a study on a line of time: its registration, protocol, reports, and what is said of them.

Dates are as known: a year alone stays a year. Changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.literature.papers.statements import StandingWord
from monitor.literature.tables import Paper, PaperTrial, StudyPaper
from monitor.literature.words import PaperRole
from monitor.review.alerts import opening
from monitor.review.alerts.rules import GRAVE, Concern, concern


class LineEvent(StrEnum):
    """What happened, of a trial or to a paper."""

    PAPER = "a paper came out"
    BEGAN = "the trial began"
    ENDED = "the trial ended"
    TO_END = "the trial is expected to end"
    NOTICE = "something was said of a paper"


@dataclass(frozen=True, slots=True)
class When:
    """A day, or a year alone. Neither: not known."""

    year: int | None = None
    day: date | None = None

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day that it may have been; None: not known."""
        if self.day:
            return self.day, self.day
        return (date(self.year, 1, 1), date(self.year, 12, 31)) if self.year else None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing on the line. ``standing`` is what is said of a paper, the gravest first."""

    what: LineEvent
    when: When
    title: str
    paper_id: int | None
    role: str = ""
    standing: tuple[Concern, ...] = ()
    concern: Concern | None = None  # of a notice


def line(session: Session, study_id: int) -> list[Event]:
    """List what is known of a study's family, the earliest first; what has no date comes last."""
    rows = session.execute(
        select(Paper.id, Paper.title, Paper.year, Paper.published, StudyPaper.role)
        .join(StudyPaper, StudyPaper.paper_id == Paper.id)
        .where(StudyPaper.study_id == study_id)
        .order_by(StudyPaper.linked_at, Paper.id)
    ).all()
    own = {row.id for row in rows}
    events: list[Event] = []
    for row in rows:
        words = opening.words_on(session, row.id)
        events.append(
            Event(
                LineEvent.PAPER,
                When(row.year, row.published),
                row.title,
                row.id,
                role=row.role,
                standing=standing(words),
            )
        )
        events += [
            _notice(session, word, word.notice_id, row.title)
            for word in words
            if word.notice_id is not None and word.notice_id not in own
        ]
    events += _of_trials(session, sorted(own))
    return in_order(events)


def standing(words: Iterable[StandingWord]) -> tuple[Concern, ...]:
    """Say how a paper stands by what is said of it, once each, the gravest first."""
    said = dict.fromkeys(concern(word.kind) for word in words)
    return tuple(sorted(said, key=lambda one: GRAVE.index(one) if one in GRAVE else len(GRAVE)))


def in_order(events: Sequence[Event]) -> list[Event]:
    """Order events by the first day that each may have been; a year alone comes before its days.

    >>> a, b = (Event(What.PAPER, When(2020, day), "", 1) for day in (date(2020, 3, 1), None))
    >>> in_order([a, b]) == [b, a]
    True
    """
    last = (date.max, date.max)
    return sorted(events, key=lambda event: (event.when.span or last)[0])


def _notice(session: Session, word: StandingWord, notice_id: int, about: str) -> Event:
    notice = session.get_one(Paper, notice_id)
    when = When(notice.year, notice.published)
    return Event(LineEvent.NOTICE, when, about, notice.id, concern=concern(word.kind))


def _of_trials(session: Session, paper_ids: Sequence[int]) -> list[Event]:
    """Tell when trials began and ended, as the registrations among these papers say."""
    trials = session.execute(
        select(PaperTrial, Paper.title)
        .join(Paper, Paper.id == PaperTrial.paper_id)
        .where(PaperTrial.paper_id.in_(paper_ids))
        .order_by(PaperTrial.paper_id)
    )
    events = []
    for trial, title in trials:
        ended = LineEvent.TO_END if trial.completed_expected else LineEvent.ENDED
        for what, day in ((LineEvent.BEGAN, trial.started), (ended, trial.completed)):
            if day is not None:
                when = When(day.year, day)
                events.append(Event(what, when, title, trial.paper_id, PaperRole.REGISTRATION))
    return events
