"""The command that prints what to search for, in the syntax of each place that people search."""

from pathlib import Path

import click

from monitor.catalogue.loader import Intervention, load
from monitor.cli.root import as_json, commands, print_json
from monitor.feeds.files import syntaxes
from monitor.feeds.sources import SOURCES
from monitor.feeds.sources.databases import DATABASES

_SEARCHED = [name for name, entry in SOURCES.items() if entry.is_searched]


@commands.command()
@click.option(
    "--source",
    type=click.Choice([*DATABASES, *_SEARCHED]),
    help="One database, or one source that is asked by itself.",
)
@as_json
@click.pass_obj
def queries(config: Path, source: str | None, *, json_: bool) -> None:  # noqa: ARG001 - the same for whatever settings
    """Print the search string of each intervention, for every database or for SOURCE.

    Where a database is offered on several platforms, each has its own string.
    """
    names = [source] if source else list(DATABASES)
    written = [
        {
            "source": name,
            "title": title,
            "platform": where,
            "intervention": intervention.slug,
            "query": text,
        }
        for name in names
        for intervention in load().interventions
        for title, where, text in _strings(name, intervention)
    ]
    if json_:
        print_json(written)
        return
    before = ""
    for row in written:
        head = f"{row['title']} ({row['platform']})" if row["platform"] else row["title"]
        if head != before:
            click.echo(f"\n{head}" if before else head)
        click.echo(f"  {row['intervention']}: {row['query']}")
        before = head


def _strings(name: str, intervention: Intervention) -> list[tuple[str, str, str]]:
    if name in SOURCES:
        return [(SOURCES[name].title, "", intervention.queries[name])]
    entry = DATABASES[name]
    return [
        (entry.title, platform.value, syntaxes.query(platform, intervention))
        for platform in entry.platforms
    ]
