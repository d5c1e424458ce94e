"""Commands about services' own returns: the list of services, and the collection that asks them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from monitor import workflow
from monitor.cli.root import ROW, as_json, leave, print_json, say_refused, service_of
from monitor.collecting import AT_ONCE
from monitor.kernel.errors import NotFound
from monitor.kernel.language.english import plural
from monitor.service import Service
from monitor.usage.returns import inviting, queries, services_list
from monitor.usage.returns import service as returns
from monitor.usage.returns.tables import Collection

_BY = "cli"


class _RolledBack(Exception):  # noqa: N818 - no error: how a transaction is undone
    """What was tried is undone: nothing of it is kept."""


def start_of(file: Path) -> bytes:
    """Read a file that somebody brings, no further than shows that it is too large to be one."""
    with file.open("rb") as opened:
        return opened.read(services_list.MAX_BYTES + 1)


@click.group("services")
def services() -> None:
    """The list of services that may be asked."""


@services.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Tell what would change; keep nothing.")
@as_json
@click.pass_obj
def import_(config: Path, file: Path, *, dry_run: bool, json_: bool) -> None:
    """Bring in FILE, a CSV of services: name, kind, nation, area, address."""
    with service_of(config) as service:
        read = services_list.read(start_of(file), service.catalogue.areas)
        if read.problems:
            say_refused(read.problems, file, json_=json_)
            leave(failed=True)
        told: dict[str, Any] = {}
        try:
            with service.database.write() as session:
                came = returns.bring_list(session, read, by=_BY, at=service.clock())
                told = {
                    "services": queries.on_the_list(session).services,
                    "added": came.added,
                    "changed": came.changed,
                    "same": came.same,
                    "left": came.left,
                    "not_in_it": came.not_in_it,
                    "dry_run": dry_run,
                }
                if dry_run:
                    raise _RolledBack  # noqa: TRY301 - the transaction's own way to undo
        except _RolledBack:
            pass
    if json_:
        print_json(told)
        return
    kept = "Nothing was kept. It would be" if dry_run else "The list is in:"
    click.echo(
        f"{kept} {told['added']} added, {told['changed']} changed, {told['same']} as before; "
        f"{told['not_in_it']} on the list are not in it, and stay."
    )


@services.command("forget")
@click.argument("number", type=ROW)
@click.pass_obj
def forget(config: Path, number: int) -> None:
    """Forget the service NUMBER: its name, its address and all that it answered."""
    with service_of(config) as service, service.database.write() as session:
        returns.forget(session, number, by=_BY, at=service.clock())
        click.echo("It is forgotten. Waves keep their counts, which name no service.")


@services.command("list")
@as_json
@click.pass_obj
def list_(config: Path, *, json_: bool) -> None:
    """List the services, with their numbers."""
    rows: list[dict[str, Any]] = []
    with service_of(config) as service, service.database.read() as session:
        page = queries.listed(session)
        while page:
            rows += [
                {
                    "id": listed_service.id,
                    "name": listed_service.name,
                    "kind": listed_service.kind,
                    "nation": listed_service.nation,
                    "area": listed_service.area,
                    "address": listed_service.address,
                    "left": listed_service.left_at is not None,
                    "dead": listed_service.dead_at is not None,
                }
                for listed_service in page
            ]
            page = queries.listed(session, after=page[-1].id)
    if json_:
        print_json(rows)
        return
    for row in rows:
        where = ", ".join(part for part in (row["area"], row["nation"]) if part)
        click.echo(f"{row['id']}\t{row['name']}\t{row['kind']}\t{where}\t{row['address']}")


@click.group("collect")
def collect() -> None:
    """A wave from services' own returns: open, invite, remind, close."""


@collect.command("open")
@click.option("--name", required=True, help="Of the wave it makes.")
@click.option("--closes", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Its last day.")
@click.option("--frame", required=True, help="Who can answer.")
@click.option("--promoter", "promoters", multiple=True, help="Who asks services; may be repeated.")
@click.pass_obj
def open_(
    config: Path, *, name: str, closes: datetime, frame: str, promoters: tuple[str, ...]
) -> None:
    """Open a collection; nobody is written to yet."""
    opening = returns.Opening(name, frame, promoters, closes.date())
    with service_of(config) as service, service.database.write() as session:
        collection = returns.open_collection(session, opening, by=_BY, at=service.clock())
        waiting = inviting.uninvited(session, collection.id)
    click.echo(
        f"“{collection.name}” is open to {collection.closes_on}. {plural(waiting, 'service')} to be invited: "
        "gap-monitor usage collect invite"
    )


@collect.command("invite")
@click.pass_obj
def invite(config: Path) -> None:
    """Ask every service on the list that was not asked yet."""
    click.echo(f"{plural(_ask(config, workflow.invite_services), 'service')} invited.")


@collect.command("remind")
@click.pass_obj
def remind(config: Path) -> None:
    """Remind every service that has not answered and may be reminded now."""
    click.echo(f"{plural(_ask(config, workflow.remind_services), 'service')} reminded.")


@collect.command("show")
@as_json
@click.pass_obj
def show(config: Path, *, json_: bool) -> None:
    """Tell how far the newest collection is, and what is missing."""
    with service_of(config) as service, service.database.read() as session:
        collection = next(iter(queries.collections(session)), None)
        if collection is None:
            raise NotFound("no wave was ever collected: gap-monitor usage collect open")
        counts = queries.counts(session, collection.id)
        told = {
            "name": collection.name,
            "state": collection.state.value,
            "closes_on": collection.closes_on,
            "wave": collection.wave_id,
            "asked": counts.asked,
            "answered": counts.answered,
            "begun": counts.begun,
            "left": counts.left,
            "dead": counts.dead,
            "not_answered": counts.silent,
            "not_invited": inviting.uninvited(session, collection.id),
        }
    if json_:
        print_json(told)
        return
    click.echo(
        f"“{collection.name}” is {collection.state.value}. {counts.answered} of {plural(counts.asked, 'service')} "
        f"answered ({counts.percent}%); {counts.begun} begun, {counts.silent} not answered, "
        f"{counts.left} asked not to be asked, {counts.dead} addresses that do not exist."
    )


@collect.command("move")
@click.option("--closes", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Its last day.")
@click.pass_obj
def move(config: Path, *, closes: datetime) -> None:
    """Let the collection that is open run to another last day."""
    with service_of(config) as service:
        collection = _open(service)
        with service.database.write() as session:
            moved = workflow.move_last_day(
                session,
                collection_id=collection.id,
                last_day=closes.date(),
                by=_BY,
                at=service.clock(),
            )
            click.echo(f"“{moved.name}” is open to {moved.closes_on}.")


@collect.command("close")
@click.pass_obj
def close(config: Path) -> None:
    """Close the collection that is open; its wave makes itself, a draft."""
    with service_of(config) as service:
        collection = _open(service)
        with service.database.write() as session:
            wave = workflow.close_collection(
                session, service, collection_id=collection.id, by=_BY, at=service.clock()
            )
    if wave is None:
        click.echo(f"“{collection.name}” is closed. Nobody answered: it made no wave.")
        return
    click.echo(
        f"“{collection.name}” is closed. Its wave is {wave.id}, a draft of {plural(wave.services or 0, 'service')}: "
        f"gap-monitor usage publish {wave.id}"
    )


def _ask(config: Path, ask: Callable[..., int]) -> int:
    """Queue mails in short transactions; counts them."""
    total, asked = 0, AT_ONCE
    with service_of(config) as service:
        collection = _open(service)
        while asked == AT_ONCE:
            with service.database.write() as session:
                asked = ask(
                    session, service, collection_id=collection.id, by=_BY, at=service.clock()
                )
            total += asked
    return total


def _open(service: Service) -> Collection:
    with service.database.read() as session:
        collection = returns.current(session)
        if collection is None:
            raise NotFound("no wave is being collected: gap-monitor usage collect open")
        session.expunge_all()
    return collection
