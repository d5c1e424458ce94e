"""The commands that make digests and send mail."""

from dataclasses import asdict
from pathlib import Path

import click

from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.jobs.mail import digesting
from monitor.jobs.mail.delivery import deliver_due
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.notify.messages import outbox

_TRIED = (
    "A test to {} waits to be sent; gap-monitor deliver sends it now. It counts as told to nobody."
)


@commands.command()
@click.option("--dry-run", is_flag=True, help="List what is due; send nothing.")
@as_json
@click.pass_obj
def deliver(config: Path, *, dry_run: bool, json_: bool) -> None:
    """Send all mail that is due, once and now."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        if dry_run:
            with service.database.read() as session:
                due = outbox.due(session, at=service.clock())
            _print_due(due, json_=json_)
            return
        report = deliver_due(service, now=True)
    if json_:
        print_json(asdict(report))
    else:
        parts = [f"{count} {state}" for state, count in sorted(report.counts.items())]
        click.echo(", ".join(parts) or "No mail was due.")
        for problem in report.problems:
            click.echo(problem, err=True)
    leave(failed=bool(report.problems) or bool(set(report.counts) - {"sent", "cancelled"}))


def _print_due(due: list[outbox.Due], *, json_: bool) -> None:
    if json_:
        print_json([asdict(message) for message in due])
        return
    for message in due:
        click.echo(f"{message.kind} to {message.address}")
    click.echo(f"{len(due)} due; nothing was sent.")


@commands.command()
@click.option("--dry-run", is_flag=True, help="List who would get one now; make none.")
@click.option("--preview", metavar="ADDRESS", help="Print what this reader's next one would say.")
@click.option(
    "--test",
    metavar="ADDRESS",
    help="Send that to ADDRESS as a test: what its own next one would say, or that of --preview.",
)
@as_json
@click.pass_obj
def digest(
    config: Path, *, dry_run: bool, preview: str | None, test: str | None, json_: bool
) -> None:
    """Make all digests that are due, once and now; ``deliver`` sends them."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        if test is not None:
            queued = digesting.tried(service, preview or test, to=test)
            click.echo(_TRIED.format(test) if queued else "Nothing is to be told.")
            return
        if preview is not None:
            click.echo(digesting.previewed(service, preview) or "Nothing is to be told.")
            return
        if dry_run:
            addresses = digesting.due_addresses(service)
            _print_readers(addresses, json_=json_)
            return
        report = digesting.make_due(service)
    if json_:
        print_json(asdict(report))
        return
    click.echo(f"{report.made} made; {report.looked_at} readers were due.")


def _print_readers(addresses: list[str], *, json_: bool) -> None:
    if json_:
        print_json(addresses)
        return
    for address in addresses:
        click.echo(f"digest to {address}")
    click.echo(f"{len(addresses)} due; none was made.")
