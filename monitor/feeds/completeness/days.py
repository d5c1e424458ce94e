"""One day of the sources: who was asked what, when, what came, and whether anything is missing.

Reads only, in a number of statements that does not grow with polls, queries or sources. A day is
one of the UK's calendar.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from monitor.catalogue.ten import KnowsTheQueries
from monitor.feeds import incidents
from monitor.feeds.asking_tables import Comparison, Incident, PollKind, PollQuery, PollState
from monitor.feeds.completeness import day_rows, exports, questions, readings, wording
from monitor.feeds.completeness.day_rows import Came, DayAttempt, DayRows, Switched, Unread
from monitor.feeds.completeness.exports import Export
from monitor.feeds.completeness.readings import FULL, Polled, Reach
from monitor.feeds.completeness.verdicts import (
    DayOfAsking,
    DayVerdict,
    Look,
    ProofBasis,
    QueryReading,
    SourceFacts,
)
from monitor.feeds.sources import SOURCES, databases
from monitor.kernel.language.uk import UkDay, uk_day, uk_day_of
from monitor.kernel.settings import Settings


class SourceDay(NamedTuple):
    """One source on one day. ``came`` lists the first records that were never seen before.

    ``reaches`` are its standing queries as they stand now; empty for one that is judged by its
    polls as a whole.
    """

    name: str
    title: str
    asked: DayOfAsking
    verdict: DayVerdict
    attempts: tuple[DayAttempt, ...]
    comparisons: tuple[Comparison, ...]
    incidents: tuple[Incident, ...]
    came: tuple[Came, ...]
    unread: tuple[Unread, ...]
    reaches: tuple[Reach, ...]

    @property
    def queries(self) -> list[PollQuery]:
        """Every query of the day, in order."""
        return [query for attempt in self.attempts for query in attempt.queries]

    @property
    def failed(self) -> list[PollQuery]:
        """The queries that were not answered in full."""
        return [query for query in self.queries if query.state not in FULL]

    @property
    def records(self) -> int:
        """How many records came, known ones included."""
        return sum(attempt.poll.records for attempt in self.attempts)

    @property
    def new_records(self) -> int:
        """How many of them were never seen before."""
        return sum(attempt.poll.new_records for attempt in self.attempts)


class DayReport(NamedTuple):
    """One day. ``names`` gives query keys their names; ``began``: when there first was a source."""

    day: UkDay
    at: datetime
    verdict: DayVerdict
    sources: tuple[SourceDay, ...]
    names: dict[str, str]
    began: datetime | None


def today(
    session: Session, settings: Settings, catalogue: KnowsTheQueries, now: datetime
) -> DayReport:
    """Report the day that goes on."""
    return report(session, settings, catalogue, uk_day_of(now).date, now)


def report(
    session: Session, settings: Settings, catalogue: KnowsTheQueries, on: date, now: datetime
) -> DayReport:
    """Report one day, as it is known now."""
    day = uk_day(on)
    facts = _Facts(
        day=day,
        now=now,
        settings=settings,
        rows=day_rows.load(session, day),
        switched=day_rows.switched(session),
        polled=readings.polled(session, day),
        exports=exports.exports(session, settings),
        reaches=readings.reaches(session, questions.standing(session, settings, catalogue), day),
    )
    by_file = [export.name for export in facts.exports]
    others = facts.rows.attempts.keys() - SOURCES.keys() - set(by_file)
    names = [*SOURCES, *by_file, *sorted(others)]
    judged = [facts.of(name) for name in names]
    sources = tuple(facts.source(known, name) for name, known in zip(names, judged, strict=True))
    verdicts = [(known, source.verdict) for known, source in zip(judged, sources, strict=True)]
    began = min(
        (switched.began for switched in facts.switched.values() if switched.began), default=None
    )
    return DayReport(
        day=day,
        at=now,
        verdict=wording.judge_day(day, verdicts, began, now),
        sources=sources,
        names=questions.names(session, settings, catalogue),
        began=began,
    )


class _Facts(NamedTuple):
    """Everything that was read for one day."""

    day: UkDay
    now: datetime
    settings: Settings
    rows: DayRows
    switched: dict[str, Switched]
    polled: dict[str, Polled]
    reaches: list[Reach]
    exports: list[Export]

    def of(self, name: str) -> SourceFacts:
        """Put together what the rule needs to know of one source."""
        definition = SOURCES.get(name)
        return SourceFacts(
            title=definition.title if definition else databases.in_words(name),
            asked=self._asked(name),
            readings=tuple(self._readings(name)),
            set_aside=sum(not record.is_read_now for record in self.rows.unread.get(name, [])),
            uncompared_since=self._open_since(name, incidents.COMPARING),
        )

    def source(self, known: SourceFacts, name: str) -> SourceDay:
        """Show one source, judged."""
        return SourceDay(
            name=name,
            title=known.title,
            asked=known.asked,
            verdict=wording.judge_source(self.day, known, self.now),
            attempts=tuple(self.rows.attempts.get(name, ())),
            comparisons=tuple(self.rows.comparisons.get(name, ())),
            incidents=tuple(self.rows.incidents.get(name, ())),
            came=tuple(self.rows.came.get(name, ())),
            unread=tuple(self.rows.unread.get(name, ())),
            reaches=tuple(reach for reach in self.reaches if reach.question.source == name),
        )

    def _polls(self, name: str) -> list[DayAttempt]:
        attempts = self.rows.attempts.get(name, [])
        return [one for one in attempts if one.poll.kind is PollKind.POLL]

    def _asked(self, name: str) -> DayOfAsking:
        if self.day.start > self.now:
            return DayOfAsking.FUTURE
        if name not in SOURCES:
            return DayOfAsking.BY_HAND
        if polls := self._polls(name):
            return _ended(polls)
        turns = self.switched.get(name, Switched())
        if turns.began is None or turns.began >= self.day.end:
            return DayOfAsking.ABSENT
        if not turns.was_on(self.day):
            return DayOfAsking.OFF
        return DayOfAsking.NOT_ASKED if self._was_due(name) else DayOfAsking.NOT_DUE

    def _was_due(self, name: str) -> bool:
        """Tell whether its turn came that day, by the interval set today."""
        before = self.polled[name].before if name in self.polled else None
        every = timedelta(hours=self.settings.source(name).every_hours)
        return before is None or before + every < min(self.day.end, self.now)

    def _readings(self, name: str) -> list[QueryReading]:
        if name not in SOURCES:
            return [_of_export(export, self.day) for export in self.exports if export.name == name]
        own = [reach for reach in self.reaches if reach.question.source == name]
        if own:
            return [self._of_query(reach, self._polls(name)) for reach in own]
        return [_of_polls(self._polls(name), self.polled.get(name))]

    def _of_query(self, reach: Reach, polls: Sequence[DayAttempt]) -> QueryReading:
        question, compared = reach.question, reach.compared
        rows = [
            row
            for attempt in polls
            for row in attempt.queries
            if row.query_key == question.query.key
        ]
        if compared is not None and compared.query_hash != question.query.hash:
            compared = None
        return QueryReading(
            name=question.name,
            basis=question.basis,
            position=reach.position,
            looks=tuple(
                readings.look(row)
                for row in rows
                if row.state in FULL and row.asked == question.query.text and self.day.holds(row.at)
            ),
            failed=_failures(polls, question.query.key),
            after=reach.after,
            first=reach.first,
            last=reach.last,
            misread_since=self._open_since(
                question.source, incidents.query_topic(question.query.key)
            ),
            unheld=max(compared.missed - compared.fetched, 0) if compared else 0,
            compared_at=compared.at if compared else None,
        )

    def _open_since(self, name: str, topic: str) -> datetime | None:
        """Tell since when an incident of a source is open, as far as the day goes."""
        open_ = [
            incident.opened_at
            for incident in self.rows.incidents.get(name, [])
            if incident.topic == topic and incident.closed_at is None
        ]
        return min(open_, default=None)


def _of_export(export: Export, day: UkDay) -> QueryReading:
    """Take the last export that was brought in whole as the reading of a database."""
    read = exports.read_at(export, day.date)
    return QueryReading(
        name=export.title,
        basis=ProofBasis.FILE,
        position=export.exported,
        after=Look(read) if read else None,
        first=export.since,
        last=export.brought,
    )


def _ended(polls: Sequence[DayAttempt]) -> DayOfAsking:
    ended = [attempt for attempt in polls if attempt.poll.state is not PollState.RUNNING]
    if not ended:
        return DayOfAsking.RUNNING
    if ended[-1].poll.state is PollState.COMPLETE:
        return DayOfAsking.COMPLETE
    answered = any(row.state in FULL for attempt in ended for row in attempt.queries)
    return DayOfAsking.PARTLY if answered else DayOfAsking.FAILED


def _failures(polls: Sequence[DayAttempt], key: str) -> tuple[datetime, ...]:
    """Tell when one query failed, or was not reached by a poll that failed."""
    moments = []
    for attempt in polls:
        rows = [row for row in attempt.queries if row.query_key == key]
        if rows:
            moments += [row.at for row in rows if row.state not in FULL]
        elif attempt.poll.state is PollState.FAILED:
            moments.append(attempt.poll.started_at)
    return tuple(moments)


def _of_polls(polls: Sequence[DayAttempt], polled: Polled | None) -> QueryReading:
    """Take the polls of a source as readings of one query: its real ones differ every time."""
    times = {
        state: [attempt.poll.started_at for attempt in polls if attempt.poll.state is state]
        for state in PollState
    }
    return QueryReading(
        name="all it is asked",
        basis=ProofBasis.SOURCE,
        looks=tuple(Look(at) for at in times[PollState.COMPLETE]),
        failed=tuple(times[PollState.FAILED]),
        after=Look(polled.after) if polled and polled.after else None,
        first=polled.first if polled else None,
        last=polled.last if polled else None,
    )
