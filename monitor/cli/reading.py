"""Commands that tell how things stand, and why; they change nothing."""

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.feeds.completeness import days
from monitor.feeds.completeness.day_rows import DayAttempt
from monitor.feeds.completeness.days import DayReport
from monitor.kernel.errors import NotFound
from monitor.kernel.language.uk import hour, minute, read_day, uk_day, uk_day_of
from monitor.ops import explanation, exports, shapes
from monitor.ops.queries import Status
from monitor.ops.queries import status as read_status
from monitor.ops.schema import require_current


@commands.command()
@as_json
@click.option("--day", "day_", metavar="YYYY-MM-DD", help="Tell of one day, in UK time.")
@click.pass_obj
def status(config: Path, *, json_: bool, day_: str | None) -> None:
    """Tell how sources, incidents, jobs, queue and mail stand, or what happened on one day.

    Ends with 1 where something needs a look, so that a watchdog can go by it.
    """
    with service_of(config) as service, service.database.read() as session:
        require_current(service.database)
        at = service.clock()
        on = read_day(day_) if day_ else uk_day_of(at).date
        report = days.report(session, service.settings, service.catalogue, on, at)
        now = read_status(session, service.settings, service.database, at)
    if day_:
        _print_day(report, json_=json_)
    elif json_:
        print_json(shapes.status(now, report))
    else:
        _print_status(now)
    leave(failed=not day_ and not now.healthy)


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


@commands.command()
@click.argument("what", type=click.Choice(sorted(exports.EXPORTS)))
@click.option("--format", "format_", type=click.Choice(["json", "csv"]), default="json")
@click.pass_obj
def export(config: Path, what: str, format_: str) -> None:
    """Print the queue, the studies, their results, the grades or the changes."""
    with service_of(config) as service:
        require_current(service.database)
        with service.database.read() as session:
            rows = exports.EXPORTS[what](session)
    if format_ == "json":
        print_json(rows)
    else:
        writer = csv.writer(sys.stdout)
        writer.writerows(exports.table(rows))


@commands.command()
@click.argument("slug")
@click.option("--at", "at_", metavar="YYYY-MM-DD", help="As of the end of that day, in UK time.")
@click.pass_obj
def explain(config: Path, slug: str, *, at_: str | None) -> None:
    """Walk the chain of one intervention backwards: gap, grade, rule, studies, records.

    With what it hangs on and what would change it next.
    """
    with service_of(config) as service:
        require_current(service.database)
        now = service.clock()
        at = end_of(at_, now) if at_ else now
        with service.database.read() as session:
            told = explanation.explain(session, service.catalogue, slug, at=at, past=bool(at_))
        click.echo(told)


def end_of(written: str, now: datetime) -> datetime:
    """Give the last moment of a day, or now where the day goes on.

    Raises:
        NotFound: it is no day, or has not come yet.
    """
    day = uk_day(read_day(written))
    if day.start > now:
        raise NotFound(f"{written} has not come yet")
    return min(day.end - timedelta(microseconds=1), now)
