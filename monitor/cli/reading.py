"""Commands that tell how things stand, and why; they change nothing."""

import csv
import sys
from pathlib import Path

import click

from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.jobs.schedule import check_ledger
from monitor.kernel.errors import MonitorError
from monitor.ops import explanation, exports
from monitor.ops.queries import status as read_status
from monitor.ops.schema import require_current


@commands.command()
@as_json
@click.pass_obj
def status(config: Path, *, json_: bool) -> None:
    """Tell how sources, jobs, queue, outbox and database stand."""
    with service_of(config) as service, service.database.read() as session:
        require_current(service.database)
        now = read_status(session, service.settings, service.database, service.clock())
    if json_:
        print_json(now.to_dict())
        return
    click.echo(now.verdict)
    for source in now.sources:
        heard = (
            source.last_success.isoformat(timespec="minutes") if source.last_success else "never"
        )
        click.echo(f"  {source.title}: {source.state}; heard from: {heard}")
        if source.error:
            click.echo(f"    {source.error}")


@commands.command()
@click.argument("what", type=click.Choice(sorted(exports.EXPORTS)))
@click.option("--format", "format_", type=click.Choice(["json", "csv"]), default="json")
@click.pass_obj
def export(config: Path, what: str, format_: str) -> None:
    """Print the queue, the studies, the grades or the changes."""
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
@click.pass_obj
def explain(config: Path, slug: str) -> None:
    """Walk the chain of one intervention backwards: gap, grade, rule, studies, records."""
    with service_of(config) as service:
        require_current(service.database)
        with service.database.read() as session:
            click.echo(explanation.explain(session, service.catalogue, slug))


@commands.command()
@click.pass_obj
def check(config: Path) -> None:
    """Verify settings, catalogue, schema and the audit ledger's chain."""
    with service_of(config) as service:
        require_current(service.database)
        try:
            check_ledger(service)
        except MonitorError as error:
            click.echo(str(error))
            leave(failed=True)
        click.echo("Settings, catalogue, schema and audit ledger are whole.")
