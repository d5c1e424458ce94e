"""The command that tells how things stand: loads what it needs and no more, a watchdog asks often."""

from pathlib import Path

import click

from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.feeds.completeness import days
from monitor.feeds.completeness.day_rows import DayAttempt
from monitor.feeds.completeness.days import DayReport
from monitor.kernel.language.uk import hour, minute, read_day, uk_day_of
from monitor.ops import shapes
from monitor.ops.queries import Status
from monitor.ops.queries import status as read_status
from monitor.ops.revision import require_current


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
