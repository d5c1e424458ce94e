"""What every command stands on: the group, the service it works on, how it prints and ends."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.loading import LoadingGroup, without_collecting
from monitor.kernel.errors import ConfigError

if TYPE_CHECKING:
    from monitor.kernel.settings import Settings
    from monitor.service import Service

DONE, DONE_WITH_FAILURES, NOT_RUN = 0, 1, 2

# each command and the module of monitor.cli that adds it
WHERE = {
    "backfill": "backfill",
    "baseline": "baseline",
    "bounce": "bouncing",
    "check": "checking",
    "deliver": "mail",
    "demo": "running",
    "digest": "mail",
    "doctor": "doctor",
    "explain": "explaining",
    "export": "explaining",
    "feeds": "sources",
    "import": "importing",
    "init": "running",
    "lab": "lab.group",
    "mail": "mail_steps",
    "poll": "sources",
    "queries": "searching",
    "replay": "sources",
    "serve": "running",
    "status": "reading",
    "usage": "usage",
    "user": "people",
    "work": "running",
}

# what the list of them says of each: its help's first sentence
SAYS = {
    "backfill": "Ask for the past, month by month; goes on where an earlier run stopped.",
    "baseline": "The review's own table of studies (docs/baseline.md).",
    "bounce": "Take in a bounce from standard input: `gap-monitor bounce < mail`, or an mbox of many.",
    "check": "Verify settings, catalogue, schema, who may read the files, the ledger, and that mail leaves.",
    "deliver": "Send all mail that is due, once and now.",
    "demo": "Play the whole loop on an invented world, without a network.",
    "digest": "Make all digests that are due, once and now; ``deliver`` sends them.",
    "doctor": "Look at what is outside of the service.",
    "explain": "Walk the chain of one intervention backwards: gap, grade, rule, studies, records.",
    "export": "Print the queue, studies, results, grades, changes, certainty, use or context.",
    "feeds": "List every feed, from the settings and added by admins, and how each stands.",
    "import": "Bring in FILE: PubMed or EndNote XML, MEDLINE (nbib), RIS, Web of Science or CSV.",
    "init": "Make or migrate the database, sync the catalogue, and end.",
    "lab": "Try the rules on a file of your own; the database is not touched.",
    "mail": "See what is to be sent, and hold, let go, stop, send again or approve it.",
    "poll": "Ask every enabled source, or SOURCE alone, once and now.",
    "queries": "Print the search string of each intervention, for every database or for SOURCE.",
    "replay": "Read all kept records again, or SOURCE's alone, with today's readers.",
    "serve": "Run the pages and the jobs until Ctrl-C.",
    "status": "Tell how sources, incidents, jobs, queue and mail stand, or what happened on one day.",
    "usage": "Surveys of use: waves as drafts, published, withdrawn.",
    "user": "People who sign in.",
    "work": "Run the jobs alone until Ctrl-C.",
}

# a number of a row: what no table can hold is refused, as in an address of a page
ROW = click.IntRange(1, 2**31 - 1)
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")


@click.group(
    cls=LoadingGroup,
    modules=WHERE,
    says=SAYS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
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


@contextmanager
def service_of(config: Path) -> Iterator["Service"]:
    """Open the service of a configuration, and close it afterwards."""
    with without_collecting():
        # what needs no service starts without the database and the catalogue
        from monitor.service import Service  # noqa: PLC0415

        service = Service.open(settings_of(config))
    try:
        yield service
    finally:
        service.database.dispose()


def settings_of(config: Path) -> "Settings":
    """Read a configuration.

    Raises:
        ConfigError: there is no such file, or something in it is wrong.
    """
    if not config.exists():
        raise ConfigError(f"{config} does not exist: copy config.example.toml to it")
    from monitor.kernel import settings  # noqa: PLC0415 - the list of commands needs none

    return settings.load(config)


@contextmanager
def progress_bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show on stderr how far a long command is, where that is a terminal; give what moves it."""
    with click.progressbar(
        length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        yield bar.update


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print any JSON value."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def say_refused(problems: Sequence[str], file: Path, *, json_: bool) -> None:
    """Say what is wrong with a file of which nothing was kept."""
    if json_:
        print_json({"file": file.name, "problems": list(problems)})
        return
    for problem in problems:
        click.echo(f"{file.name}: {problem}", err=True)
    click.echo("Nothing was kept.", err=True)


def leave(*, failed: bool) -> None:
    """End with the status that says whether something listed has failed."""
    if failed:
        raise click.exceptions.Exit(DONE_WITH_FAILURES)
