"""Commands about waves of use: bring one in, list them, publish one, withdraw one, collect one."""

from pathlib import Path
from typing import Any

import click

from monitor import workflow
from monitor.cli.root import ROW, as_json, commands, leave, print_json, say_refused, service_of
from monitor.cli.usage_returns import collect, services, start_of
from monitor.feeds import of_use
from monitor.gap import use_changes
from monitor.gap.previews import waves as wave_previews
from monitor.gap.previews.waves import WavePreview
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.jobs.use import asking_use
from monitor.kernel.language.english import listed, plural
from monitor.kernel.language.uk import uk_day_of
from monitor.notify import queries as notify
from monitor.usage import queries, wave_table
from monitor.usage import service as waves
from monitor.usage.draft_checks import look_over
from monitor.usage.standing import period
from monitor.usage.tables import Wave

_BY = "cli"


class _RolledBack(Exception):  # noqa: N818 - no error: how a transaction is undone
    """What was tried is undone: nothing of it is kept."""


@commands.group("usage")
def usage() -> None:
    """Surveys of use: waves as drafts, published, withdrawn."""


@usage.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--about",
    "about",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The TOML that says what was asked, whom and when (docs/use.md).",
)
@click.option("--publish", is_flag=True, help="Publish it at once: readers are told.")
@click.option("--dry-run", is_flag=True, help="Tell what would change; keep nothing.")
@as_json
@click.pass_obj
def import_(
    config: Path, file: Path, about: Path, *, publish: bool, dry_run: bool, json_: bool
) -> None:
    """Bring in FILE, a table of use in one survey, as a draft; tell what publishing would do."""
    with service_of(config) as service:
        read = wave_table.read(start_of(file), start_of(about), service.catalogue)
        if read.problems:
            say_refused(read.problems, file, json_=json_)
            leave(failed=True)
        prepare(service, SCHEDULE)
        at = service.clock()
        told: dict[str, Any] = {}
        try:
            with service.database.write() as session:
                wave = waves.draft(session, read, by=_BY, at=at)
                preview = wave_previews.of_publishing(session, service.catalogue, wave)
                readers = notify.followers(session, preview.news)
                told = _told(wave, preview, readers, waves.hindrance(session, wave))
                today = uk_day_of(at).date
                checks = look_over(session, service.catalogue, wave, today)
                told["look"] = [check.words for check in checks if not check.passed]
                if publish and not dry_run:
                    workflow.publish_wave(session, service, wave_id=wave.id, by=_BY, at=at)
                    told["state"] = wave.state.value
                if dry_run:
                    raise _RolledBack  # noqa: TRY301 - the transaction's own way to undo
        except _RolledBack:
            told |= {"id": None, "state": "not kept"}
    if json_:
        print_json(told)
    else:
        _say(told)


@usage.command("waves")
@as_json
@click.pass_obj
def waves_(config: Path, *, json_: bool) -> None:
    """List every wave, the newest survey first."""
    with service_of(config) as service, service.database.read() as session:
        listed_ = [_wave(wave) for wave in queries.waves(session)]
    if json_:
        print_json(listed_)
        return
    for row in listed_:
        click.echo(
            f"{row['id']}\t{row['name']}\t{row['state']}\t{row['when']}\t{row['unit'] or 'unit not known'}"
        )


@usage.command("publish")
@click.argument("wave", type=ROW)
@click.option("--reason", default="", help="For the record.")
@click.pass_obj
def publish_(config: Path, wave: int, *, reason: str) -> None:
    """Publish the draft WAVE (its number): records, reassesses and announces, or does nothing."""
    with service_of(config) as service, service.database.write() as session:
        published = workflow.publish_wave(
            session, service, wave_id=wave, by=_BY, at=service.clock(), reason=reason
        )
        click.echo(f"“{published.name}” is published.")


@usage.command("withdraw")
@click.argument("wave", type=ROW)
@click.option("--reason", required=True, help="Why: readers are told it.")
@click.pass_obj
def withdraw_(config: Path, wave: int, *, reason: str) -> None:
    """Withdraw the published WAVE (its number): undoes it, and corrects whoever was told."""
    with service_of(config) as service, service.database.write() as session:
        withdrawn = workflow.withdraw_wave(
            session, service, wave_id=wave, reason=reason, by=_BY, at=service.clock()
        )
        click.echo(f"“{withdrawn.name}” is withdrawn.")


@usage.command("feeds")
@click.option("--ask", is_flag=True, help="Ask every one of them now.")
@as_json
@click.pass_obj
def feeds_(config: Path, *, ask: bool, json_: bool) -> None:
    """List the feeds of use and how each stands; what they bring are drafts."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        if ask:
            for use_feed in service.settings.usage.feeds:
                asking_use.ask_now(service, use_feed.name)
            asking_use.ask_due(service)
        with service.database.read() as session:
            statuses = of_use.statuses(session, service.clock(), service.settings)
    if json_:
        print_json([_feed(feed) for feed in statuses])
    for feed in () if json_ else statuses:
        click.echo(f"{feed.name}\t{feed.state}\t{feed.error or feed.address}")
        for problem in feed.problems:
            click.echo(f"  {problem}")
    if any(feed.error for feed in statuses):
        leave(failed=True)


def _feed(feed: of_use.UseFeedStatus) -> dict[str, Any]:
    return {
        "name": feed.name,
        "address": feed.address,
        "state": feed.state.value,
        "last_success": feed.last_success.isoformat() if feed.last_success else None,
        "last_new": feed.last_new.isoformat() if feed.last_new else None,
        "error": feed.error,
        "problems": list(feed.problems),
    }


usage.add_command(services)
usage.add_command(collect)


def _wave(wave: Wave) -> dict[str, Any]:
    return {
        "id": wave.id,
        "name": wave.name,
        "state": wave.state.value,
        "when": period(wave.field_from, wave.field_to) or wave.dated or "dates not known",
        "unit": wave.unit,
        "responses": wave.responses,
        "services": wave.services,
        "invited": wave.invited,
    }


def _told(
    wave: Wave, preview: WavePreview, readers: int, hindrance: waves.PublishingHindrance | None
) -> dict[str, Any]:
    return {
        **_wave(wave),
        "cannot_be_published": hindrance.words if hindrance else None,
        "readers": readers,
        "changed": [effect.slug for effect in preview.effects if effect.use_changes],
        "gaps": [effect.slug for effect in preview.effects if effect.gap_moves],
        "new_figures": [effect.slug for effect in preview.effects if effect.is_new_figure],
        "effects": [
            {
                "intervention": effect.slug,
                "name": effect.name,
                "use": use_changes.use_clause(effect.before, effect.after, use_changes.PUBLISHED),
                "band_before": effect.before.band.value,
                "band": effect.after.band.value,
                "gap_before": effect.before.kind.value,
                "gap": effect.after.kind.value,
                "told": effect.news,
            }
            for effect in preview.effects
            if effect.before != effect.after
        ],
    }


def _say(told: dict[str, Any]) -> None:
    for words in told["look"]:
        click.echo(f"Look: {words}")
    if refused := told["cannot_be_published"]:
        kept = f"It is wave {told['id']}, a draft" if told["id"] else "Nothing was kept"
        click.echo(f"It cannot be published: {refused}. {kept}.")
        return
    for effect in told["effects"]:
        click.echo(f"{effect['name']}: {effect['use']}")
        if effect["gap"] != effect["gap_before"]:
            click.echo(f"  the gap: {effect['gap_before']}, then {effect['gap']}")
    changed = listed(told["changed"]) or "none"
    number = plural(told["readers"], "reader")
    click.echo(
        f"Use changes: {changed}; gaps that move: {listed(told['gaps']) or 'none'}; "
        f"{plural(len(told['new_figures']), 'new figure')}."
    )
    if told["state"] == "published":
        click.echo(f"“{told['name']}” is published as wave {told['id']}; {number} told.")
    elif told["id"] is None:
        click.echo(f"Nothing was kept. Publishing would tell {number}.")
    else:
        click.echo(
            f"“{told['name']}” is wave {told['id']}, a draft. Publishing it would tell {number}: "
            f"gap-monitor usage publish {told['id']}"
        )
