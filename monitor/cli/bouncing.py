"""The command that takes in mail that came back."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from monitor.cli.root import as_json, commands, leave, print_json, service_of
from monitor.jobs.mail.bouncing import read_mailbox_now, take_bounces
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.english import plural
from monitor.notify.bounces.taking import BounceVerdict
from monitor.ops.revision import require_current

_LINE = 64 * 1024  # bytes read at once of a line that does not end


@commands.command()
@click.option(
    "--mbox",
    type=click.File("rb"),
    help="Take in every mail of this file, instead of what is piped in.",
)
@click.option(
    "--imap",
    "from_imap",
    is_flag=True,
    help="Read the mailbox that mail.imap in the settings names, at once.",
)
@as_json
@click.pass_obj
def bounce(config: Path, *, mbox: BinaryIO | None, from_imap: bool, json_: bool) -> None:
    """Take in a bounce from standard input: `gap-monitor bounce < mail`, or an mbox of many.

    One that proves that it answers a message of ours is believed. Others change nothing, and it is
    said why; that is no failure, as whatever is sent to that address arrives here.
    """
    if from_imap:
        if mbox:
            raise InvalidInput("give --imap or --mbox, not both")
        _from_imap(config, json_=json_)
        return
    source = mbox or sys.stdin.buffer
    lines = iter(lambda: source.readline(_LINE), b"")
    with service_of(config) as service:
        require_current(service.database)
        number = 0
        for number, verdict in enumerate(take_bounces(service, lines), start=1):
            _print(number, verdict, json_=json_)
    if not number:
        raise InvalidInput("no mail came in: pipe one in, or name a file with --mbox")


def _from_imap(config: Path, *, json_: bool) -> None:
    """Read the mailbox; ends with 1 where it could not be read to its end."""
    with service_of(config) as service:
        require_current(service.database)
        reading = read_mailbox_now(
            service, lambda number, verdict: _print(number, verdict, json_=json_)
        )
    if json_:
        print_json(asdict(reading))
    elif reading.trouble:
        click.echo(f"It broke off. {reading.trouble}.", err=True)
    else:
        more = "" if reading.whole else " There is more: run it again, or leave it to the job."
        sentence = f"{plural(reading.looked_at, 'mail')} looked at, {reading.believed} believed."
        click.echo(f"{sentence}{more}")
    leave(failed=reading.trouble is not None)


def _print(number: int, verdict: BounceVerdict, *, json_: bool) -> None:
    if json_:
        print_json(asdict(verdict))
        return
    about = f" ({verdict.uuid})" if verdict.uuid else ""
    click.echo(f"Mail {number}{about}: {verdict.words}")
