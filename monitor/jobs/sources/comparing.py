"""Compare, source by source, what each lists with what is held: dates alone miss records.

What is missed is fetched and queued like any other record. Moves no watermark, and never makes
a source count as failing: that is for polls to tell. Killed half way, it starts over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from monitor import workflow
from monitor.feeds import incidents, rules
from monitor.feeds.completeness import comparison
from monitor.feeds.completeness.proof import KeyDifference
from monitor.feeds.records import Answer, Listing
from monitor.feeds.sources import SOURCES, Searchable
from monitor.feeds.tables import PollKind
from monitor.feeds.watermarks import Query, Watermark
from monitor.jobs.sources import searching
from monitor.jobs.sources.asking import Attempt, AttemptReport, attempt, refuse_own_trouble
from monitor.kernel.errors import ConfigError, SourceError, SourceFault
from monitor.kernel.process.log import log
from monitor.service import Service

BATCH = 200  # records fetched and stored at a time


def compare_due(service: Service) -> list[AttemptReport]:
    """Compare every source that is due, one after the other.

    Raises:
        OwnTrouble: one could not be asked, for a reason of our own; the others were.
    """
    every = service.settings.sources.compare_every_days
    with service.database.read() as session:
        due = comparison.due(session, service.clock(), every)
    reports = [compare_source(service, name) for name in due if _can_be_searched(service, name)]
    refuse_own_trouble(reports)
    return reports


def compare_source(service: Service, name: str) -> AttemptReport:
    """Compare one source now, and plan the next time."""
    errors: list[SourceError] = []

    def work(asking: Attempt) -> None:
        _compare_everything(asking)
        errors.extend(error for _, error in asking.failures)

    report = attempt(service, name, PollKind.COMPARISON, work)
    if report.busy or report.ours:
        return report  # it stays due
    with service.database.write() as session:
        at = service.clock()
        if report.error is None:
            comparison.plan(session, name, at, service.settings.sources.compare_every_days)
            for topic in (incidents.COMPARISON, incidents.COMPARING):
                workflow.source_recovered(session, service.settings, name, at, topic=topic)
        else:
            asked = max((error.retry_after or 0 for error in errors), default=0)
            comparison.postpone(session, name, at, asked)
            for error in errors[:1]:
                workflow.comparison_failed(session, service.settings, name, error, at)
    return report


@dataclass(slots=True)
class _Comparison:
    """The comparison of one query: what is listed, and how that differs from what is held."""

    asking: Attempt
    source: Searchable
    query: Query
    outcome: tuple[Listing, KeyDifference] | None = None

    def listed(self) -> Answer:
        """List everything and look at the difference; brings no record yet.

        Raises:
            SourceError: there is no whole listing, or one that cannot be believed.
        """
        service = self.asking.service
        since = date.fromisoformat(service.settings.sources.since)
        listing = self.source.listing(self.query, since)
        with service.database.read() as session:
            difference = comparison.look(session, self.asking.lease.source, listing)
        self.outcome = listing, difference
        if difference.alarm is not None:
            title = SOURCES[self.asking.lease.source].title
            raise SourceError(
                difference.alarm,
                f"{title} lists {difference.listed} records for the query {self.query.key!r}, less "
                "than half of what it listed before; nothing was marked as gone. Check the query",
            )
        return Answer(self.query, (), Watermark(), declared=difference.listed)

    def fetched(self, keys: list[str]) -> Answer:
        """Fetch what was missed.

        Raises:
            SourceError: too much of what was just listed did not come.
        """
        answer = self.source.fetch(self.query, keys)
        missing = len(keys) - len(answer.records) - len(answer.unreadable)
        if rules.too_many_missing(len(keys), missing):
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"of {len(keys)} records listed and not held, {missing} were not sent",
            )
        return answer


def _compare_everything(asking: Attempt) -> None:
    """Compare query by query: one that fails does not keep the others from it."""
    source = searching.search(asking)
    for query in searching.searches(source):
        _compare(_Comparison(asking, source, query))
        if asking.hopeless:
            return


def _compare(compared: _Comparison) -> None:
    """List, fetch what was missed, note it; nothing is noted unless all of it was answered."""
    asking, query = compared.asking, compared.query
    asking.put(query, compared.listed, move=False)
    if compared.outcome is None:
        return
    listing, difference = compared.outcome
    came: set[str] = set()
    for keys in _batches(difference.wanted):
        answer = asking.put(query, lambda: compared.fetched(keys), move=False)  # noqa: B023 - put calls it at once
        if answer is None:
            return
        came.update(record.key for record in answer.records)
    with asking.service.database.write() as session:
        at = asking.service.clock()
        fetched = len(difference.missed & came)
        comparison.record(
            session, asking.lease, asking.poll_id, listing, difference, at, fetched=fetched
        )
        if difference.alarm is SourceFault.FEWER_IDS:
            workflow.fewer_ids(session, asking.service.settings, asking.lease.source, query, at)


def _batches(keys: frozenset[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]


def _can_be_searched(service: Service, name: str) -> bool:
    try:
        return bool(searching.queries(service, name))
    except ConfigError:
        log.warning("comparison.not_configured", source=name)
        return False
