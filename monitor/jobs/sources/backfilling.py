"""Walk the past of every source that can be searched, month by month, the oldest first.

Holds a source for one month at a time; a poll that is due goes first. What was asked in full is
noted, so that a backfill that was killed goes on where it stopped. Moves no watermark, and never
makes a source count as failing.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from monitor.feeds import service as feeds
from monitor.feeds.completeness import backfilling
from monitor.feeds.completeness.proof import Stretch, covered, months
from monitor.feeds.tables import PollKind
from monitor.feeds.watermarks import Query
from monitor.jobs.sources import searching
from monitor.jobs.sources.asking import Attempt, AttemptReport, attempt
from monitor.jobs.sources.polling import poll_source
from monitor.service import Service

# how long to wait before asking again for a source that somebody else holds
TURN_SECONDS = 1.0
# the pause after each month: others may take the source, and its limit of requests per second
# counts anew, since each attempt has a client of its own
BREATH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class BackfillStep:
    """One query asked for one stretch: ``done`` of ``total`` so far, and records kept."""

    source: str
    query: str
    stretch: Stretch
    done: int
    total: int
    new: int


Tell = Callable[[BackfillStep], None]


@dataclass(slots=True)
class BackfillReport:
    """How the backfill of one source went; ``done_before`` was asked by an earlier one.

    ``asked``, ``done_before`` and ``left`` count stretches of queries. ``error`` is in words, None
    when every stretch was answered in full.
    """

    source: str
    asked: int = 0
    done_before: int = 0
    left: int = 0
    records: int = 0
    new: int = 0
    queued: int = 0
    unreadable: int = 0
    error: str | None = None


def backfill(
    service: Service, names: Iterable[str], days: Stretch, *, again: bool, tell: Tell
) -> Iterator[BackfillReport]:
    """Ask these sources for these days; yields a report when one is through.

    One that fails is left, the others go on. A source without a search gives no report.
    ``again`` forgets what was asked of these days before.

    Raises:
        ConfigError: a source's settings name a file that cannot be read.
    """
    for name in names:
        queries = searching.queries(service, name)
        if queries:
            if again:
                with service.database.write() as session:
                    backfilling.forget(session, name, days)
            yield _Walk(service, name, list(queries), tell).through(days)


@dataclass(slots=True)
class _Walk:
    """One source on its way through the past. A query that fails is left for another day."""

    service: Service
    name: str
    queries: list[Query]
    tell: Tell
    report: BackfillReport = field(init=False)
    total: int = 0

    def __post_init__(self) -> None:
        self.report = BackfillReport(self.name)

    def through(self, days: Stretch) -> BackfillReport:
        plan = self._plan(days)
        self.report.left = self.total = sum(len(queries) for _, queries in plan)
        for stretch, queries in plan:
            pending = [query for query in queries if query in self.queries]
            if pending:
                self._let_the_poll_go_first()
                self._in_turn(stretch, pending)
        return self.report

    def _plan(self, days: Stretch) -> list[tuple[Stretch, list[Query]]]:
        """List what is to be asked: each month, and the queries not asked for it before."""
        with self.service.database.read() as session:
            done = backfilling.done(session, self.name)
        plan = []
        for stretch in months(days.first, days.last):
            asked = [q for q in self.queries if covered(stretch, done.get((q.key, q.hash), ()))]
            self.report.done_before += len(asked)
            plan.append((stretch, [query for query in self.queries if query not in asked]))
        return plan

    def _let_the_poll_go_first(self) -> None:
        """Poll if that is due: a source held over and over would keep polls from their turn."""
        with self.service.database.read() as session:
            due = self.name in feeds.due(session, self.service.clock())
        if due:
            poll_source(self.service, self.name)

    def _in_turn(self, stretch: Stretch, queries: list[Query]) -> None:
        """Ask one stretch, as soon as nobody else is asking this source."""
        while (report := self._attempt(stretch, queries)).busy:
            time.sleep(TURN_SECONDS)
        time.sleep(BREATH_SECONDS)
        self.report.error = self.report.error or report.error

    def _attempt(self, stretch: Stretch, queries: list[Query]) -> AttemptReport:
        """Ask one stretch. A query that fails is asked no more; none is, if the source is down."""
        trusted: list[Query] = []

        def work(asking: Attempt) -> None:
            for query in queries:
                self._ask(asking, query, stretch)
                if asking.hopeless:
                    return
            failed = [query for query, _ in asking.failures]
            trusted.extend(query for query in self.queries if query not in failed)

        report = attempt(self.service, self.name, PollKind.BACKFILL, work)
        if not report.busy:
            self.queries = trusted
        return report

    def _ask(self, asking: Attempt, query: Query, stretch: Stretch) -> None:
        source, new, queued = searching.search(asking), asking.new, asking.queued
        answer = asking.put(
            query, lambda: source.between(query, stretch.first, stretch.last), move=False
        )
        if answer is None:
            return
        records, new = len(answer.records), asking.new - new
        with self.service.database.write() as session:
            at = self.service.clock()
            backfilling.note(session, asking.lease, query, stretch, at, records=records, new=new)
        report = self.report
        report.asked += 1
        report.left -= 1
        report.records += records
        report.new += new
        report.queued += asking.queued - queued
        report.unreadable += len(answer.unreadable)
        self.tell(BackfillStep(self.name, query.key, stretch, report.asked, self.total, report.new))
