"""Commands that run the service, or make it ready to run."""

from pathlib import Path

import click

from monitor.cli.root import commands, service_of
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare


@commands.command()
@click.pass_obj
def init(config: Path) -> None:
    """Make or migrate the database, sync the catalogue, and end."""
    with service_of(config) as service:
        prepare(service, SCHEDULE)
        click.echo(f"Ready: {service.database.url.render_as_string(hide_password=True)}")


@commands.command()
@click.pass_obj
def serve(config: Path) -> None:
    """Run the pages and the jobs until Ctrl-C."""
    from monitor.cli import serving  # noqa: PLC0415 - only these two need the web

    with service_of(config) as service:
        serving.serve(service)


@commands.command()
@click.pass_obj
def work(config: Path) -> None:
    """Run the jobs alone until Ctrl-C."""
    from monitor.cli import serving  # noqa: PLC0415 - only these two need the web

    with service_of(config) as service:
        serving.work(service)


@commands.command()
@click.option("--keep/--no-keep", default=True, help="Leave it running for you to look at.")
@click.option("--port", type=int, default=8000, show_default=True)
@click.option("--pace", type=float, default=1.0, show_default=True, help="0 plays without pauses.")
def demo(*, keep: bool, port: int, pace: float) -> None:
    """Play the whole loop on an invented world, without a network."""
    from monitor.demo import play  # noqa: PLC0415 - only this command needs the stand-ins

    play.run(keep=keep, port=port, pace=pace)
