"""What an admin does with mail by command: list it, hold it, let it go, stop it, send it again, approve it."""

import re
from collections.abc import Callable
from pathlib import Path

import click

from monitor.cli.root import ROW, as_json, commands, print_json, service_of
from monitor.kernel.errors import InvalidInput
from monitor.notify import queries
from monitor.notify.messages import postmaster, whole_digests
from monitor.ops.revision import require_current

BY = "cli"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_reason = click.option("--reason", required=True, help="Why; it stays in the ledger.")
_which = click.argument("which", metavar="MESSAGE|DIGEST")


@commands.group()
def mail() -> None:
    """See what is to be sent, and hold, let go, stop, send again or approve it.

    MESSAGE is a message's uuid; DIGEST the number of a digest, and stands for all of its readers.
    """


@mail.command("list")
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True)
@as_json
@click.pass_obj
def list_(config: Path, *, most: int, json_: bool) -> None:
    """List the newest digests and messages, with their state."""
    with service_of(config) as service:
        require_current(service.database)
        with service.database.read() as session:
            digests = whole_digests.newest(session, most)
            messages = queries.messages(session, most)
    if json_:
        print_json(
            {
                "digests": [
                    {"digest": d.id, "at": d.at.isoformat(), "awaits": d.awaits, "counts": d.counts}
                    for d in digests
                ],
                "messages": [
                    {
                        "uuid": m.uuid,
                        "kind": m.kind,
                        "address": m.address,
                        "state": m.state,
                        "queued_at": m.queued_at.isoformat(),
                        "reply": m.reply,
                    }
                    for m in messages
                ],
            }
        )
        return
    for digest in digests:
        stands = ", ".join(f"{count} {state}" for state, count in digest.counts.items())
        click.echo(f"digest {digest.id}: {'waits for approval: ' if digest.awaits else ''}{stands}")
    for message in messages:
        click.echo(f"{message.uuid} {message.kind} to {message.address}: {message.state}")


@mail.command()
@click.argument("digest", type=ROW)
@_reason
@click.pass_obj
def approve(config: Path, digest: int, reason: str) -> None:
    """Let a digest go that waits for approval."""
    _do(config, str(digest), reason, postmaster.let_go, whole_digests.approve)


@mail.command()
@_which
@_reason
@click.pass_obj
def hold(config: Path, which: str, reason: str) -> None:
    """Keep what was not handed over yet, until it is let go."""
    _do(config, which, reason, postmaster.hold, whole_digests.hold)


@mail.command()
@_which
@_reason
@click.pass_obj
def release(config: Path, which: str, reason: str) -> None:
    """Let go what is on hold."""
    _do(config, which, reason, postmaster.let_go, whole_digests.let_go)


@mail.command()
@_which
@_reason
@click.pass_obj
def cancel(config: Path, which: str, reason: str) -> None:
    """Stop what was not handed over yet; what a digest would have told waits for the next."""
    _do(config, which, reason, postmaster.stop, whole_digests.stop)


@mail.command()
@_which
@_reason
@click.pass_obj
def resend(config: Path, which: str, reason: str) -> None:
    """Send again what was sent or refused for good, under the Message-ID it has."""
    _do(config, which, reason, postmaster.send_again, whole_digests.send_again)


def _do(
    config: Path,
    which: str,
    reason: str,
    with_one: Callable[..., None],
    with_all: Callable[..., int],
) -> None:
    """Take a step with one message, or with a digest's.

    Raises:
        InvalidInput: it is neither a message's uuid nor a digest's number.
        BadParameter: it is a number that no digest can have.
    """
    with service_of(config) as service:
        require_current(service.database)
        how = {"reason": reason, "by": BY, "at": service.clock()}
        with service.database.write() as session:
            if which.isascii() and which.isdigit():
                done = with_all(session, ROW(which), **how)
            elif _UUID.fullmatch(which):
                with_one(session, which, **how)
                done = 1
            else:
                raise InvalidInput(f"{which!r} is neither a message's uuid nor a digest's number")
    click.echo(f"Done, for {done} message{'' if done == 1 else 's'}.")
