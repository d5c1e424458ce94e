"""Ask the sources what is new. One failing source never keeps another waiting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from monitor.feeds import service as feeds
from monitor.feeds.tables import PollKind
from monitor.jobs.sources.asking import Attempt, AttemptReport, attempt, refuse_own_trouble
from monitor.service import Service

# A source that is slow to fail must not hold up the others; each has its own client.
_AT_ONCE = 4


def poll_due(service: Service) -> list[AttemptReport]:
    """Ask every source that is due, several at a time.

    Raises:
        OwnTrouble: one could not be asked, for a reason of our own; the others were.
    """
    with service.database.read() as session:
        due = feeds.due(session, service.clock())
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="poll") as pool:
        reports = list(pool.map(lambda name: poll_source(service, name, only_due=True), due))
    refuse_own_trouble(reports)
    return reports


def poll_source(service: Service, name: str, *, only_due: bool = False) -> AttemptReport:
    """Ask one source everything, now; ``only_due``: unless somebody else just did."""

    def next_due_at() -> datetime:
        return service.clock() + timedelta(hours=service.settings.source(name).every_hours)

    return attempt(
        service,
        name,
        PollKind.POLL,
        _ask_everything,
        next_due_at=next_due_at,
        only_due=only_due,
    )


def _ask_everything(asking: Attempt) -> None:
    """Ask query by query: one that fails does not keep the others from being asked."""
    for query in asking.source.queries:
        watermark = asking.lease.watermarks.get(query.key)
        asking.put(
            query,
            lambda: asking.source.ask(query, watermark, asking.service.clock()),  # noqa: B023 - put calls it at once
        )
        if asking.hopeless:
            return
