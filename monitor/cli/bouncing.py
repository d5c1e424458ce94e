"""The command that takes in mail that came back."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from monitor.cli.root import as_json, commands, print_json, service_of
from monitor.jobs.mail.bouncing import take_bounces
from monitor.kernel.errors import InvalidInput
from monitor.ops.schema import require_current

_LINE = 64 * 1024  # bytes read at once of a line that does not end


@commands.command()
@click.option(
    "--mbox",
    type=click.File("rb"),
    help="Take in every mail of this file, instead of what is piped in.",
)
@as_json
@click.pass_obj
def bounce(config: Path, *, mbox: BinaryIO | None, json_: bool) -> None:
    """Take in a bounce from standard input: `gap-monitor bounce < mail`, or an mbox of many.

    One that proves that it answers a message of ours is believed. Others change nothing, and it is
    said why; that is no failure, as whatever is sent to that address arrives here.
    """
    source = mbox or sys.stdin.buffer
    lines = iter(lambda: source.readline(_LINE), b"")
    with service_of(config) as service:
        require_current(service.database)
        number = 0
        for number, verdict in enumerate(take_bounces(service, lines), start=1):
            if json_:
                print_json(asdict(verdict))
            else:
                about = f" ({verdict.uuid})" if verdict.uuid else ""
                click.echo(f"Mail {number}{about}: {verdict.words}")
    if not number:
        raise InvalidInput("no mail came in: pipe one in, or name a file with --mbox")
