"""The command that tells how things stand: loads what it needs and no more, a watchdog asks often."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import click
from sqlalchemy.orm import Session

from monitor.catalogue.ten import TheTen, load_ten
from monitor.cli.loading import without_collecting
from monitor.cli.root import as_json, commands, leave, print_json, settings_of
from monitor.feeds.completeness import days
from monitor.feeds.completeness.day_rows import DayAttempt
from monitor.feeds.completeness.days import DayReport
from monitor.kernel.clock import utcnow
from monitor.kernel.language.uk import hour, minute, read_day, uk_day_of
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import Settings
from monitor.ops import shapes
from monitor.ops.queries import Status
from monitor.ops.queries import status as read_status
from monitor.ops.revision import require_current
from monitor.ops.status_wording import jobs_line, mail_line, queue_line
from monitor.service import open_database


@commands.command()
@as_json
@click.option("--day", "day_", metavar="YYYY-MM-DD", help="Tell of one day, in UK time.")
@click.pass_obj
def status(config: Path, *, json_: bool, day_: str | None) -> None:
    """Tell how sources, incidents, jobs, queue and mail stand, or what happened on one day.

    Ends with 1 where something needs a look, so that a watchdog can go by it.
    """
    if day_:
        with _looking(config) as look:
            report = look.day(read_day(day_))
        _print_day(report, json_=json_)
        return
    with _looking(config) as look:
        now = read_status(look.session, look.settings, look.database, look.at)
        today = look.day(uk_day_of(look.at).date) if json_ else None
    if today:
        print_json(shapes.status(now, today))
    else:
        _print_status(now)
    leave(failed=not now.healthy)


class _Look(NamedTuple):
    """What a look at how things stand needs; the rest of the service is not loaded."""

    session: Session
    settings: Settings
    database: Database
    ten: TheTen
    at: datetime

    def day(self, day: date) -> DayReport:
        """Report one day."""
        return days.report(self.session, self.settings, self.ten, day, self.at)


@contextmanager
def _looking(config: Path) -> Iterator[_Look]:
    """Open the database of a configuration to look at it, and close it afterwards."""
    with without_collecting():
        settings, ten = settings_of(config), load_ten()
        database = open_database(settings, ten)
    try:
        with database.read() as session:
            require_current(database, session)
            yield _Look(session, settings, database, ten, utcnow())
    finally:
        database.dispose()


def _print_status(now: Status) -> None:
    click.echo(now.verdict)
    for source in now.sources:
        heard = minute(source.last_success) if source.last_success else "never"
        click.echo(f"  {source.title}: {source.state}; heard from: {heard}")
        if source.error:
            click.echo(f"    {source.error}")
    for incident in now.incidents:
        since = minute(incident.opened_at)
        times = f"{incident.times} time{'' if incident.times == 1 else 's'}"
        click.echo(f"  {incident.headline}, since {since}, noticed {times}: {incident.message}")
    for line in (jobs_line(now.jobs), queue_line(now.queue), mail_line(now.outbox)):
        click.echo(f"  {line}")


def _print_day(report: DayReport, *, json_: bool) -> None:
    if json_:
        print_json(shapes.day(report))
        return
    click.echo(report.verdict.sentence)
    for source in report.sources:
        click.echo(f"  {source.title}: {source.verdict.sentence}")
        for attempt in source.attempts:
            click.echo(f"    {_attempt_line(attempt)}")
        for query in source.failed:
            name = report.names.get(query.query_key, query.query_key)
            click.echo(f"    {hour(query.at)} {name}: no full answer: {query.error}")


def _attempt_line(attempt: DayAttempt) -> str:
    poll = attempt.poll
    put = f"{len(attempt.queries)} {'query' if len(attempt.queries) == 1 else 'queries'}"
    came = f"{poll.records} {'record' if poll.records == 1 else 'records'}, {poll.new_records} new"
    line = f"{hour(poll.started_at)} {poll.kind}: {poll.state}; {put}, {came}"
    return f"{line}, {poll.unreadable} set aside" if poll.unreadable else line
