"""Commands that bring literature in, from the sources and from files; and the list of feeds."""

from dataclasses import asdict
from pathlib import Path

import click

from monitor.cli.root import as_json, commands, leave, print_json, progress_bar, service_of
from monitor.feeds.added import queries as feed_list
from monitor.feeds.added.queries import FeedStatus
from monitor.feeds.asked import asked_sources
from monitor.feeds.http.feed_address import without_secrets
from monitor.feeds.sources import SOURCES
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.jobs.sources.asking import AttemptReport
from monitor.jobs.sources.polling import poll_source
from monitor.jobs.sources.replaying import READERS, size
from monitor.jobs.sources.replaying import replay as replay_source
from monitor.kernel.language.uk import minute
from monitor.ops.revision import require_current
from monitor.service import Service


@commands.command()
@click.argument("source", required=False, type=click.Choice(sorted(SOURCES)))
@as_json
@click.pass_obj
def poll(config: Path, source: str | None, *, json_: bool) -> None:
    """Ask every enabled source, or SOURCE alone, once and now."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        names = [source] if source else _enabled(service)
        reports = [poll_source(service, name) for name in names]
    if json_:
        print_json([asdict(report) for report in reports])
    else:
        for report in reports:
            click.echo(_poll_line(report))
    leave(failed=any(report.error for report in reports))


@commands.command()
@as_json
@click.pass_obj
def feeds(config: Path, *, json_: bool) -> None:
    """List every feed, from the settings and added by admins, and how each stands."""
    with service_of(config) as service, service.database.read() as session:
        require_current(service.database)
        listed = feed_list.feeds(session, service.settings)
    if json_:
        print_json([{**asdict(feed), "url": without_secrets(feed.url)} for feed in listed])
        return
    for feed in listed:
        click.echo(_feed_line(feed))
    if not listed:
        click.echo("There are no feeds: add them on the page /status/feeds, or in the settings.")


@commands.command()
@click.argument("source", required=False, type=click.Choice(sorted(READERS)))
@click.option("--dry-run", is_flag=True, help="Tell what would change; change nothing.")
@as_json
@click.pass_obj
def replay(config: Path, source: str | None, *, dry_run: bool, json_: bool) -> None:
    """Read all kept records again, or SOURCE's alone, with today's readers.

    Mail follows only where a study that counts turns out to be retracted.
    """
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        reports = []
        for name in [source] if source else list(READERS):
            with progress_bar(name, size(service, name)) as bar:
                reports.append(replay_source(service, name, dry_run=dry_run, progress=bar))
    if json_:
        print_json([asdict(report) for report in reports])
        return
    for report in reports:
        click.echo(
            f"{report.source}: {report.records} records read again, {report.changed} read "
            f"differently, {report.taken_back} no longer set aside, {report.unreadable} cannot be "
            f"read; {report.papers} papers changed, {report.queued} queued"
        )
    if dry_run:
        click.echo("Nothing was changed.")


def _enabled(service: Service) -> list[str]:
    with service.database.read() as session:
        asked = asked_sources(session, service.settings)
    return [name for name in SOURCES if name in asked]


def _feed_line(feed: FeedStatus) -> str:
    where = "added" if feed.id else "settings"
    heard = minute(feed.last_heard) if feed.last_heard else "never"
    line = f"{feed.source}: {feed.name} ({where}): {feed.state}; heard from: {heard}"
    line = f"{line}; {without_secrets(feed.url)}"
    return f"{line}\n  {feed.error}" if feed.error else line


def _poll_line(report: AttemptReport) -> str:
    if report.error:
        return f"{report.source}: failed: {report.error}"
    line = f"{report.source}: {report.records} records, {report.new} new, {report.queued} queued"
    return f"{line}, {report.unreadable} set aside" if report.unreadable else line
