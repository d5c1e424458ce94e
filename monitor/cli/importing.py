"""The command that brings in a file of references, or tells what that would do."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import IO

import click

from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.feeds.files.intake import FileOrigin
from monitor.feeds.sources.databases import DATABASES
from monitor.jobs.files.importing import ImportLine, ImportReport, Watch, import_file
from monitor.jobs.files.rehearsing import rehearse
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.uk import uk_day_of
from monitor.literature.ingest.novelty import Novelty


@commands.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Tell what would happen, record by record.")
@click.option(
    "--source", type=click.Choice(list(DATABASES)), help="The database the file was exported from."
)
@click.option(
    "--exported",
    type=click.DateTime(["%Y-%m-%d"]),
    help="With --source: the day of the export; today where it is left out.",
)
@as_json
@click.pass_obj
def import_(
    config: Path,
    file: Path,
    *,
    dry_run: bool,
    source: str | None,
    exported: datetime | None,
    json_: bool,
) -> None:
    """Bring in FILE: PubMed or EndNote XML, MEDLINE (nbib), RIS, Web of Science or CSV.

    The format is told by its content. A run that was cut off may be repeated: it goes on with
    what is not known yet.
    """
    with service_of(config) as service, file.open("rb") as opened:
        prepare(service, SCHEDULE)
        origin = _origin(source, exported, uk_day_of(service.clock()).date)
        with _progress(opened) as advance:
            if dry_run:
                report = rehearse(service, opened, _each(advance, told=not json_), origin)
            else:
                report = import_file(service, opened, advance, origin)
    if json_:
        print_json(asdict(report))
    else:
        _tell(report)
    leave(failed=bool(report.unreadable_count))


def _origin(source: str | None, exported: datetime | None, today: date) -> FileOrigin | None:
    """Tell where the file comes from.

    Raises:
        InvalidInput: a day without a database, or one that has not come yet.
    """
    if source is None:
        if exported is not None:
            raise InvalidInput("--exported says nothing without --source: name the database too")
        return None
    day = exported.date() if exported else today
    if day > today:
        raise InvalidInput(f"--exported {day} has not come yet")
    return FileOrigin(source, day)


def _tell(report: ImportReport) -> None:
    repeated = f", {report.repeated} repeated in the file" if report.repeated else ""
    click.echo(
        f"{report.format}: {report.records} records, {report.new_papers} new papers, "
        f"{report.known} already known{repeated}, {report.queued} queued"
    )
    if not report.dry_run:  # which has named them already
        for key, reason in report.unreadable:
            click.echo(f"set aside {key}: {reason}", err=True)
    if report.unreadable_count:
        click.echo(f"{report.unreadable_count} could not be read", err=True)
    if report.dry_run:
        click.echo("Nothing was kept.")


def _each(advance: Watch, *, told: bool) -> Watch:
    """Print each record with what it would be, before moving the bar on."""

    def watch(lines: Sequence[ImportLine]) -> None:
        for line in lines if told else ():
            words = line.reason if line.novelty is Novelty.UNREADABLE else line.title
            click.echo(f"{line.novelty.value}\t{line.key}\t{words}")
        advance(lines)

    return watch


@contextmanager
def _progress(file: IO[bytes]) -> Iterator[Watch]:
    """Show how far a file was read, where somebody looks; gives what moves the bar on."""
    size = os.fstat(file.fileno()).st_size
    with click.progressbar(
        length=size, label="Reading", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:

        def watch(lines: Sequence[ImportLine]) -> None:  # noqa: ARG001 - the file tells better how far
            bar.update(file.tell() - bar.pos)

        yield watch
