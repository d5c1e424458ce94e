"""What people bring by file, database by database: the last export, and when the next is due.

Reads only. A database is proved up to the day of its last export that was brought in whole; what
it took up since is not known until the next.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.feeds.asking_tables import AskedState, Poll, PollKind, PollQuery
from monitor.feeds.sources.databases import DATABASES
from monitor.kernel.language.uk import uk_day, uk_day_of
from monitor.kernel.persistence.columnar import ask, columns_of
from monitor.kernel.settings import Settings

_poll, _query = columns_of(Poll), columns_of(PollQuery)


class Export(NamedTuple):
    """One database that the settings ask somebody to export.

    ``exported`` is the day of the newest export brought in whole, ``brought`` when that was;
    ``since`` is when the first attempt at any was made.
    """

    name: str
    title: str
    person: str
    every_days: int
    exported: date | None
    brought: datetime | None
    since: datetime | None

    @property
    def due(self) -> date | None:
        """The day on which the next is due; None: at once."""
        return self.exported + timedelta(days=self.every_days) if self.exported else None

    def is_due(self, at: datetime) -> bool:
        """Tell whether somebody should export it now."""
        return self.due is None or self.due <= uk_day_of(at).date


def exports(session: Session, settings: Settings) -> list[Export]:
    """List the databases of the settings, in the order of ``DATABASES``; one statement."""
    asked = settings.sources.by_file
    rows = ask(
        session,
        select(
            _poll.source,
            func.max(_query.window_last),
            func.max(_query.at),
            func.min(_query.at),
        )
        .join(Poll.__table__, _poll.id == _query.poll_id)
        .where(
            _poll.kind == PollKind.IMPORT,
            _poll.source.in_(asked),
            _query.state == AskedState.COMPLETE,
        )
        .group_by(_poll.source),
    )
    dates = {source: (exported, brought, since) for source, exported, brought, since in rows}
    return [
        Export(name, entry.title, own.person, own.every_days, *dates.get(name, (None, None, None)))
        for name, entry in DATABASES.items()
        if (own := asked.get(name)) is not None
    ]


def read_at(export: Export, day: date) -> datetime | None:
    """Tell when the export that covers a day was brought in; None where none does.

    An export made on a day does not cover it: the day went on.
    """
    if export.exported is None or export.brought is None or export.exported <= day:
        return None
    return max(export.brought, uk_day(day).end)
