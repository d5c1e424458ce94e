"""Commands about the people who sign in."""

from pathlib import Path

import click

from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.cli.root import as_json, commands, print_json, service_of
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare


@commands.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("address")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", default="", help="How pages call the person.")
@as_json
@click.pass_obj
def add_user(config: Path, address: str, role: str, name: str, *, json_: bool) -> None:
    """Add a person and print the one-time link that lets them set a password."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        with service.database.write() as session:
            person, token = accounts.create_user(
                session,
                address=address,
                name=name or address.partition("@")[0],
                role=Role(role),
                by="cli",
                at=service.clock(),
            )
            link = f"{service.settings.web.public_url}/welcome/{token}"
            made = {"id": person.id, "address": person.address, "role": role, "link": link}
    if json_:
        print_json(made)
    else:
        click.echo(f"{made['address']} may set a password at {link} (once, within 7 days)")


@user.command("link")
@click.argument("address")
@as_json
@click.pass_obj
def link_user(config: Path, address: str, *, json_: bool) -> None:
    """Print a new one-time link for somebody; a password they had ends now.

    This is the way back in for an admin whom nobody else can help.
    """
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        with service.database.write() as session:
            person = accounts.find(session, address)
            is_reset = person.password_hash is not None
            token = accounts.new_link(session, user_id=person.id, by="cli", at=service.clock())
            made = {
                "id": person.id,
                "address": person.address,
                "role": person.role.value,
                "link": f"{service.settings.web.public_url}/welcome/{token}",
            }
    if json_:
        print_json(made)
    elif is_reset:
        click.echo(f"The password of {made['address']} has ended, and so have their sessions.")
        click.echo(f"They may set another one at {made['link']} (once, within one hour)")
    else:
        click.echo(f"{made['address']} may set a password at {made['link']} (once, within 7 days)")
