"""Commands about the review's own table of studies: bring it in, see what holds, withdraw it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from monitor import workflow
from monitor.accounts.actors import CLI
from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import TableStep
from monitor.evidence.baseline.table import LARGEST, read
from monitor.gap.previews.baseline import BaselinePreview, preview
from monitor.gap.previews.steps import Preview, preview_baseline
from monitor.gap.wording import tier_words
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.kernel.language.english import listed, plural, studies


@commands.group()
def baseline() -> None:
    """The review's own table of studies (docs/baseline.md)."""


@baseline.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Tell what it would do, and keep nothing.")
@click.option(
    "--keep-because",
    "because",
    default="",
    help="Keep it though it contradicts what was published, for this reason.",
)
@as_json
@click.pass_obj
def import_(config: Path, file: Path, because: str, *, dry_run: bool, json_: bool) -> None:
    """Bring in FILE, a CSV of the review's own studies; it replaces the table there was."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        with file.open("rb") as opened:
            table = read(opened.read(LARGEST + 1), service.catalogue.slugs)
        step = TableStep(CLI, service.clock(), because, file.name)
        with service.database.read() as session:
            told = preview(session, service.catalogue, table, at=step.at)
        if not dry_run:
            with service.database.write() as session:
                workflow.change_baseline(session, service, table, step)
        with service.database.read() as session:
            newest = baselines.current(session)
            number = newest.id if newest and not dry_run else None
    if json_:
        print_json({"dry_run": dry_run, "version": number, **_as_json(told)})
    else:
        _tell(told)
        click.echo("Nothing was kept." if dry_run else f"Version {number} holds.")
    leave(failed=dry_run and bool(told.contradictions) and not because)


@baseline.command()
@click.option("--because", required=True, help="Why; kept with the version.")
@as_json
@click.pass_obj
def withdraw(config: Path, because: str, *, json_: bool) -> None:
    """Take the table back: the published ranges hold again."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        step = TableStep(CLI, service.clock(), because)
        with service.database.read() as session:
            effects = preview_baseline(session, service.catalogue, None, at=step.at)
        with service.database.write() as session:
            workflow.change_baseline(session, service, None, step)
    if json_:
        print_json({"withdrawn": True, "interventions": _effects(effects)})
    else:
        _tell_effects(effects)
        click.echo("The table was withdrawn.")


@baseline.command()
@as_json
@click.pass_obj
def show(config: Path, *, json_: bool) -> None:
    """Say what holds, every version there was, and what people and table say differently."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        with service.database.read() as session:
            now = baselines.standing(session)
            contested = baselines.contested(session, service.catalogue)
            versions: list[dict[str, Any]] = [
                {
                    "version": kept_version.id,
                    "file": kept_version.name,
                    "studies": len(
                        {row["study"].casefold() for row in kept_version.content.get("rows", ())}
                    ),
                    "contradictions": list(kept_version.kept),
                    "reason": kept_version.reason,
                    "by": kept_version.by,
                    "at": kept_version.at.isoformat(),
                }
                for kept_version in baselines.versions(session)
            ]
    out = sorted(row.study for row in (now.table.rows if now.table else ()) if row.key in now.out)
    if json_:
        print_json(
            {
                "in": now.table is not None,
                "retracted": out,
                "contested": [asdict(study) for study in contested],
                "versions": versions,
            }
        )
        return
    click.echo(f"Version {now.number} holds." if now.table else "The published ranges hold.")
    for version in versions:
        what = f"{version['file']}, {plural(version['studies'], 'study', 'studies')}"
        why = f": {version['reason']}" if version["reason"] else ""
        click.echo(
            f"{version['version']}\t{version['at']}\t{what if version['studies'] else 'withdrawn'}{why}"
        )
    if out:
        click.echo(f"Retracted, so not counted: {listed(out)}")
    _tell_contested(contested)


def _tell(told: BaselinePreview) -> None:
    click.echo(
        f"{plural(told.studies, 'study', 'studies')}, {plural(told.papers, 'paper')} named, "
        f"{told.here} held here already"
    )
    if told.same:
        click.echo("This table is in already: nothing changes.")
    for sentence in told.contradictions:
        click.echo(f"contradiction\t{sentence}")
    if told.unwatched:
        click.echo(f"No DOI or PubMed number, so no retraction is heard: {listed(told.unwatched)}")
    _tell_effects(told.effects)
    _tell_contested(told.contested)


def _tell_effects(effects: Sequence[Preview]) -> None:
    for one in effects:
        before, after = (f"{tier_words(s)}, {studies(s.studies)}" for s in (one.before, one.after))
        click.echo(f"{one.slug}\t{before if before == after else f'{before} → {after}'}")


def _tell_contested(contested: Sequence[baselines.Contested]) -> None:
    for study in contested:
        click.echo(
            f"contested\t{study.label} ({study.slug}): the table names it, and a reviewer said that it "
            "is not the review's. Open another round on it, or correct the table"
        )


def _as_json(told: BaselinePreview) -> dict[str, Any]:
    return {
        "same": told.same,
        "studies": told.studies,
        "papers": told.papers,
        "held_here": told.here,
        "unwatched": list(told.unwatched),
        "contradictions": list(told.contradictions),
        "contested": [asdict(study) for study in told.contested],
        "interventions": _effects(told.effects),
    }


def _effects(effects: Sequence[Preview]) -> list[dict[str, Any]]:
    return [
        {"intervention": one.slug, "before": one.before.to_dict(), "after": one.after.to_dict()}
        for one in effects
    ]
