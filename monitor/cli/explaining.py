"""Commands that tell what is known, and why; they change nothing."""

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from monitor.cli.root import commands, print_json, service_of
from monitor.kernel.errors import NotFound
from monitor.kernel.language.uk import read_day, uk_day
from monitor.ops import explanation, exports
from monitor.ops.revision import require_current


@commands.command()
@click.argument("what", type=click.Choice(sorted(exports.EXPORTS)))
@click.option("--format", "format_", type=click.Choice(["json", "csv"]), default="json")
@click.pass_obj
def export(config: Path, what: str, format_: str) -> None:
    """Print the queue, studies, results, grades, changes, certainty, use or context."""
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
