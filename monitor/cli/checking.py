"""Commands that check: the service as it stands, and rules that are not in force yet."""

from pathlib import Path

import click

from monitor.catalogue import drafts
from monitor.cli.root import as_json, commands, leave, print_json, progress_bar, service_of
from monitor.gap import history
from monitor.gap.history import Difference
from monitor.jobs.upkeep.ledger_check import check_whole_ledger
from monitor.kernel import audit, premises
from monitor.kernel.errors import MonitorError
from monitor.kernel.language.uk import minute
from monitor.ops import shapes
from monitor.ops.advice import advice
from monitor.ops.queries import mail_problems
from monitor.ops.revision import require_current


@commands.group(invoke_without_command=True)
@click.pass_context
def check(context: click.Context) -> None:
    """Verify settings, catalogue, schema, who may read the files, the ledger, and that mail leaves."""
    if context.invoked_subcommand is None:
        _check(context.obj)


def _check(config: Path) -> None:
    with service_of(config) as service:
        require_current(service.database)
        problems = [
            f"other users of this machine may read {path}: `chmod go= {path}`"
            for path in premises.keep_private(service.settings, service.database)
        ]
        try:
            check_whole_ledger(service)
        except MonitorError as error:
            problems.append(str(error))
        with service.database.read() as session:
            ledger = audit.head(session)
            problems += mail_problems(session, service.clock())
    for problem in problems:
        click.echo(problem)
    leave(failed=bool(problems))
    click.echo("Settings, catalogue, schema and audit ledger are whole.")
    for note in advice(service.settings):
        click.echo(f"Note: {note}")
    click.echo(f"The ledger has {ledger.count} entries; the last one is {ledger.hash}.")


@check.command()
@click.argument("new", nargs=-1, required=True, metavar="NEW...")
@as_json
@click.pass_obj
def policy(config: Path, new: tuple[str, ...], *, json_: bool) -> None:
    """Print every grade, headline and gap that other rules would give, over all history.

    NEW is grading/2026-1, gap/2026-1, synthesis/2026-1, or the path of a TOML file that is not
    released; one of each kind at most. Nothing is written.
    """
    with service_of(config) as service:
        require_current(service.database)
        other = drafts.tried(service.catalogue, new)
        slugs = service.catalogue.slugs
        differences: list[Difference] = []
        with (
            service.database.read() as session,
            progress_bar("Working out all history", len(slugs)) as moved,
        ):
            for slug in slugs:
                differences += history.differences(session, service.catalogue, other, slug)
                moved(1)
    under = {kind: getattr(other, kind).version for kind in ("grading", "gap", "synthesis")}
    if json_:
        print_json(shapes.differences(under, differences))
        return
    click.echo(f"Under {', '.join(f'{kind} {version}' for kind, version in under.items())}:")
    for difference in differences:
        click.echo(f"{minute(difference.at)} {difference.name}")
        for part in difference.parts:
            click.echo(f"  {part.what}: “{part.before}” would be “{part.after}”")
    moments = f"{len(differences):,} moment{'' if len(differences) == 1 else 's'}"
    click.echo(
        f"{moments} of the ledgers would differ." if differences else "Nothing would differ."
    )
