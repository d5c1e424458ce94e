"""Every command, its options and its exit status. Opens transactions; decides nothing."""

import csv
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import structlog

from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.cli import serving
from monitor.feeds.sources import SOURCES
from monitor.jobs.delivery import deliver_due
from monitor.jobs.importing import import_file
from monitor.jobs.polling import PollReport, poll_source
from monitor.jobs.schedule import SCHEDULE, check_ledger
from monitor.jobs.service import Service
from monitor.kernel import settings as settings_module
from monitor.kernel.errors import ConfigError, MonitorError
from monitor.notify import outbox
from monitor.ops import explanation, exports
from monitor.ops.queries import status as read_status
from monitor.ops.schema import require_current

DONE, DONE_WITH_FAILURES, NOT_RUN = 0, 1, 2

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.toml"),
    show_default=True,
    help="The settings; everything written lies in its folder.",
)
@click.version_option(package_name="gap-monitor")
@click.pass_context
def commands(context: click.Context, config: Path) -> None:
    """Watch the gap between research and practice."""
    context.obj = config


def main() -> None:
    """Run the command that was typed; a known error becomes one line and exit status 2."""
    _log_to_stderr()
    try:
        # without standalone mode click gives back the status of ctx.exit() and Exit
        sys.exit(commands.main(standalone_mode=False) or DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(NOT_RUN)
    except click.Abort:
        sys.exit(NOT_RUN)
    except MonitorError as error:
        click.echo(f"gap-monitor: {error}", err=True)
        sys.exit(NOT_RUN)


@commands.command()
@click.pass_obj
def init(config: Path) -> None:
    """Make or migrate the database, sync the catalogue, and end."""
    with _service(config) as service:
        service.prepare(SCHEDULE)
        click.echo(f"Ready: {service.database.url.render_as_string(hide_password=True)}")


@commands.command()
@click.pass_obj
def serve(config: Path) -> None:
    """Run the pages and the jobs until Ctrl-C."""
    with _service(config) as service:
        serving.serve(service)


@commands.command()
@click.pass_obj
def work(config: Path) -> None:
    """Run the jobs alone until Ctrl-C."""
    with _service(config) as service:
        serving.work(service)


@commands.command()
@click.argument("source", required=False, type=click.Choice(sorted(SOURCES)))
@as_json
@click.pass_obj
def poll(config: Path, source: str | None, *, json_: bool) -> None:
    """Ask every enabled source, or SOURCE alone, once and now."""
    with _service(config) as service:
        service.prepare(SCHEDULE)
        names = [source] if source else _enabled(service)
        reports = [poll_source(service, name) for name in names]
    if json_:
        _print_json([asdict(report) for report in reports])
    else:
        for report in reports:
            click.echo(_poll_line(report))
    _leave(failed=any(report.error for report in reports))


@commands.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Tell what would happen; keep nothing.")
@as_json
@click.pass_obj
def import_(config: Path, file: Path, *, dry_run: bool, json_: bool) -> None:
    """Bring in FILE: PubMed XML, MEDLINE (nbib), RIS or CSV, told by its content."""
    with _service(config) as service:
        service.prepare(SCHEDULE)
        report = import_file(service, file.read_bytes(), dry_run=dry_run)
    if json_:
        _print_json(asdict(report))
    else:
        click.echo(
            f"{report.format}: {report.records} records, {report.new_papers} new papers, "
            f"{report.known} already known, {report.queued} queued"
        )
        for key, reason in report.unreadable:
            click.echo(f"set aside {key}: {reason}", err=True)
        if dry_run:
            click.echo("Nothing was kept.")
    _leave(failed=bool(report.unreadable))


@commands.command()
@click.option("--dry-run", is_flag=True, help="List what is due; send nothing.")
@as_json
@click.pass_obj
def deliver(config: Path, *, dry_run: bool, json_: bool) -> None:
    """Send all mail that is due, once and now."""
    with _service(config) as service:
        service.prepare(SCHEDULE)
        if dry_run:
            with service.database.read() as session:
                due = outbox.due(session, at=service.clock())
            _print_due(due, json_=json_)
            return
        report = deliver_due(service)
    if json_:
        _print_json(asdict(report))
    else:
        parts = [f"{count} {state}" for state, count in sorted(report.counts.items())]
        click.echo(", ".join(parts) or "No mail was due.")
        for problem in report.problems:
            click.echo(problem, err=True)
    _leave(failed=bool(report.problems) or bool(set(report.counts) - {"sent", "cancelled"}))


@commands.command()
@as_json
@click.pass_obj
def status(config: Path, *, json_: bool) -> None:
    """Tell how sources, jobs, queue, outbox and database stand."""
    with _service(config) as service, service.database.read() as session:
        require_current(service.database)
        now = read_status(session, service.settings, service.database, service.clock())
    if json_:
        _print_json(now.to_dict())
        return
    click.echo(now.verdict)
    for source in now.sources:
        heard = (
            source.last_success.isoformat(timespec="minutes") if source.last_success else "never"
        )
        click.echo(f"  {source.title}: {source.state}; heard from: {heard}")
        if source.error:
            click.echo(f"    {source.error}")


@commands.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("address")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", default="", help="How pages call the person.")
@as_json
@click.pass_obj
def add_user(config: Path, address: str, role: str, name: str, *, json_: bool) -> None:
    """Add a person and print the one-time link that lets them set a password."""
    with _service(config) as service:
        service.prepare(SCHEDULE)
        with service.database.write() as session:
            person, token = accounts.create_user(
                session,
                address=address,
                name=name or address.partition("@")[0],
                role=Role(role),
                by="cli",
                at=service.clock(),
            )
            link = f"{service.settings.web.public_url}/welcome/{token}"
            made = {"id": person.id, "address": person.address, "role": role, "link": link}
    if json_:
        _print_json(made)
    else:
        click.echo(f"{made['address']} may set a password at {link} (once, within 7 days)")


@commands.command()
@click.argument("what", type=click.Choice(sorted(exports.EXPORTS)))
@click.option("--format", "format_", type=click.Choice(["json", "csv"]), default="json")
@click.pass_obj
def export(config: Path, what: str, format_: str) -> None:
    """Print the queue, the studies, the grades or the changes."""
    with _service(config) as service:
        require_current(service.database)
        with service.database.read() as session:
            rows = exports.EXPORTS[what](session)
    if format_ == "json":
        _print_json(rows)
    else:
        writer = csv.writer(sys.stdout)
        writer.writerows(exports.table(rows))


@commands.command()
@click.argument("slug")
@click.pass_obj
def explain(config: Path, slug: str) -> None:
    """Walk the chain of one intervention backwards: gap, grade, rule, studies, records."""
    with _service(config) as service:
        require_current(service.database)
        with service.database.read() as session:
            click.echo(explanation.explain(session, service.catalogue, slug))


@commands.command()
@click.pass_obj
def check(config: Path) -> None:
    """Verify settings, catalogue, schema and the audit ledger's chain."""
    with _service(config) as service:
        require_current(service.database)
        try:
            check_ledger(service)
        except MonitorError as error:
            click.echo(str(error))
            _leave(failed=True)
        click.echo("Settings, catalogue, schema and audit ledger are whole.")


@commands.command()
@click.option("--keep/--no-keep", default=True, help="Leave it running for you to look at.")
@click.option("--port", type=int, default=8000, show_default=True)
@click.option("--pace", type=float, default=1.0, show_default=True, help="0 plays without pauses.")
def demo(*, keep: bool, port: int, pace: float) -> None:
    """Play the whole loop on an invented world, without a network."""
    from monitor.demo import play  # noqa: PLC0415 - only this command needs the stand-ins

    play.run(keep=keep, port=port, pace=pace)


@contextmanager
def _service(config: Path) -> Iterator[Service]:
    if not config.exists():
        raise ConfigError(f"{config} does not exist: copy config.example.toml to it")
    service = Service.open(settings_module.load(config))
    try:
        yield service
    finally:
        service.database.dispose()


def _enabled(service: Service) -> list[str]:
    return [name for name in SOURCES if SOURCES[name].enabled(service.settings)]


def _poll_line(report: PollReport) -> str:
    if report.error:
        return f"{report.source}: failed: {report.error}"
    line = f"{report.source}: {report.records} records, {report.new} new, {report.queued} queued"
    return f"{line}, {report.unreadable} set aside" if report.unreadable else line


def _print_due(due: list[outbox.Due], *, json_: bool) -> None:
    if json_:
        _print_json([asdict(message) for message in due])
        return
    for message in due:
        click.echo(f"{message.kind} to {message.address}")
    click.echo(f"{len(due)} due; nothing was sent.")


def _print_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _leave(*, failed: bool) -> None:
    if failed:
        raise click.exceptions.Exit(DONE_WITH_FAILURES)


def _log_to_stderr() -> None:
    """Send logs to stderr: stdout belongs to what was asked for."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False)
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
