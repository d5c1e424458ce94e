"""Commands that look at what is outside of the service and say what to fix there."""

from dataclasses import asdict
from pathlib import Path

import click

from monitor.cli.root import as_json, commands, leave, print_json
from monitor.kernel import clock
from monitor.kernel import settings as settings_module
from monitor.ops.mail_doctor.examining import examine
from monitor.ops.mail_doctor.lookups import Resolver
from monitor.ops.mail_doctor.rules import LineVerdict


@commands.group()
def doctor() -> None:
    """Look at what is outside of the service."""


@doctor.command("mail")
@as_json
@click.pass_obj
def mail(config: Path, *, json_: bool) -> None:
    """Say whether mail can arrive: settings, mail server, SPF, DKIM, DMARC. Sends nothing.

    Ends with 0 where every line is ok. What could not be looked up is not known, and never ok.
    """
    lines = examine(settings_module.load(config), Resolver(), clock.utcnow())
    if json_:
        print_json([asdict(line) for line in lines])
    else:
        for line in lines:
            click.echo(f"{line.verdict.value:<9}  {line.what}: {line.words}")
    leave(failed=any(line.verdict is not LineVerdict.OK for line in lines))
