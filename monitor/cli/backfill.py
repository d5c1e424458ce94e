"""The command that walks the past of the sources; shows how far it is, and can be taken up again."""

import contextlib
import logging
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import structlog

from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.feeds.completeness.proof import Stretch
from monitor.feeds.sources import SOURCES
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.jobs.sources import backfilling
from monitor.jobs.sources.backfilling import BackfillReport, BackfillStep
from monitor.kernel.errors import InvalidInput
from monitor.kernel.process.log import log
from monitor.service import Service

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@commands.command()
@click.option("--from", "first", type=_DAY, help="First day; [sources] since if not given.")
@click.option("--to", "last", type=_DAY, help="Last day; today if not given.")
@click.option("--source", type=click.Choice(sorted(SOURCES)), help="This source alone.")
@click.option("--again", is_flag=True, help="Ask anew for what was asked before.")
@as_json
@click.pass_obj
def backfill(
    config: Path,
    first: datetime | None,
    last: datetime | None,
    source: str | None,
    *,
    again: bool,
    json_: bool,
) -> None:
    """Ask for the past, month by month; goes on where an earlier run stopped."""
    with service_of(config) as service, _progress() as progress:
        prepare(service, SCHEDULE)
        days = _days(service, first, last)
        names = [source] if source else list(SOURCES)
        walks = backfilling.backfill(service, names, days, again=again, tell=progress.step)
        reports, stopped = _followed(walks, progress, say=not json_)
    if json_:
        print_json([asdict(report) for report in reports])
    if stopped:
        click.echo(f"Stopped. To go on, run it again{' without --again' * again}.", err=True)
    elif not reports:
        raise InvalidInput(f"nothing to ask: {', '.join(names)} have no search, or are off")
    leave(failed=stopped or any(report.error for report in reports))


def _followed(
    walks: Iterator[BackfillReport], progress: "_Progress", *, say: bool
) -> tuple[list[BackfillReport], bool]:
    """Collect every report, a line each as it comes; tell whether Ctrl-C ended it."""
    reports: list[BackfillReport] = []
    try:
        for report in walks:
            reports.append(report)
            progress.end()
            if say:
                click.echo(_line(report))
    except KeyboardInterrupt:
        return reports, True
    return reports, False


def _days(service: Service, first: datetime | None, last: datetime | None) -> Stretch:
    since = date.fromisoformat(service.settings.sources.since)
    days = Stretch(
        first.date() if first else since, last.date() if last else service.clock().date()
    )
    if days.first > days.last:
        raise InvalidInput(f"--from ({days.first}) is after --to ({days.last}): exchange them")
    return days


class _Progress:
    """One bar per source, on a terminal's standard error; elsewhere nothing is shown."""

    def __init__(self) -> None:
        self.on_terminal = sys.stderr.isatty()
        self._source = ""
        self._bar: Any = None  # click names the type in a private module

    def step(self, step: BackfillStep) -> None:
        if not self.on_terminal:
            return
        if step.source != self._source:
            self._source = step.source
            self._bar = click.progressbar(
                length=step.total, label=step.source, file=sys.stderr, item_show_func=_in_words
            )
            self._bar.__enter__()
        self._bar.update(1, step)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
        self._bar = None


@contextlib.contextmanager
def _progress() -> Iterator[_Progress]:
    """Show progress; a line of log for every month would tear a bar apart: only warnings come."""
    progress = _Progress()
    log.set_up()
    before = structlog.get_config()["wrapper_class"]
    if progress.on_terminal:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield progress
    finally:
        progress.end()
        structlog.configure(wrapper_class=before)


def _in_words(step: BackfillStep | None) -> str:
    return f"{step.query} {step.stretch.first:%Y-%m}, {step.new} new" if step else ""


def _line(report: BackfillReport) -> str:
    line = (
        f"{report.source}: {report.asked} months of queries asked, {report.done_before} done before; "
        f"{report.records} records, {report.new} new, {report.queued} queued"
    )
    if report.unreadable:
        line += f", {report.unreadable} set aside"
    return f"{line}; {report.left} left, failed: {report.error}" if report.error else line
