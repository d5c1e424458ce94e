"""What is said before a message: MAIL, RCPT and DATA, one by one, or in one write where offered (RFC 2920).

Nothing of the message itself is on the wire yet: whatever goes wrong here, nothing was handed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.kernel.errors import DeliveryRefused
from monitor.notify.rules import plain
from monitor.notify.smtp.refusals import Refusal, RefusedCommand

CLOSING = 421
MAX_REPLY = 400  # characters kept of a server's words
_GO_ON = 354

_Command = tuple[RefusedCommand, str]


class MailServer(Protocol):
    """A connection to a mail server; each step raises OSError where it ends."""

    def has_extn(self, opt: str) -> bool:
        """Tell whether the server offered this extension."""
        ...

    def docmd(self, cmd: str) -> tuple[int, bytes]:
        """Give one command; gives the reply to it."""
        ...

    def send(self, s: str) -> None:
        """Send this as it is."""
        ...

    def getreply(self) -> tuple[int, bytes]:
        """Wait for one reply."""
        ...

    def rset(self) -> tuple[int, bytes]:
        """Clear the envelope."""
        ...


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """The server waits for the message, or refuses it; ``ended``: the connection is of no more use."""

    refusal: Refusal | None = None
    ended: bool = False


class NotSmtp(Exception):  # noqa: N818 - says what the server is
    """What came is no reply of a mail server."""


def open_message(server: MailServer, sender: str, recipient: str, uuid: str) -> OpenedMessage:
    """Have the server wait for one message to one recipient.

    Raises:
        DeliveryRefused: an address is not one plain address.
        NotSmtp: what it answers is no reply.
        OSError: the connection ended, and nothing was refused.
    """
    commands = _commands(server, sender, recipient, uuid)
    if server.has_extn("pipelining"):
        return _at_once(server, commands)
    for step, command in commands:
        if refusal := _heard(step, *server.docmd(command)):
            return OpenedMessage(refusal, ended=not is_cleared(server, refusal.code))
    return OpenedMessage()


def is_cleared(server: MailServer, code: int) -> bool:
    """Clear the envelope after a refusal; False where the connection cannot be used any more."""
    if code == CLOSING:
        return False
    try:
        server.rset()
    except OSError:
        return False
    return True


def accepted(code: int) -> bool:
    """Tell whether a reply code says that it was taken."""
    return 200 <= code < 300  # noqa: PLR2004 - SMTP's own numbers


def is_smtp(code: int) -> bool:
    """Tell a reply code from what smtplib gives where there is none (-1)."""
    return code > 0


def as_said(code: int, words: bytes) -> str:
    """Give a reply as one short line, with its code in front."""
    return plain(f"{code} {words.decode('utf-8', 'replace')}", MAX_REPLY)


def plain_address(address: str) -> str:
    """Let only one plain address into a command.

    Raises:
        DeliveryRefused: it holds what could end the command.
    """
    if not address.isascii() or not address.isprintable() or set(address) & set(" <>"):
        raise DeliveryRefused(553, "553 5.1.3 not one plain address", no_mailbox=True)
    return address


def _commands(server: MailServer, sender: str, recipient: str, uuid: str) -> tuple[_Command, ...]:
    dsn = server.has_extn("dsn")  # RFC 3461: tell of failures, with our id
    returned = f" RET=HDRS ENVID={uuid}" if dsn else ""
    notify = " NOTIFY=FAILURE" if dsn else ""
    return (
        (RefusedCommand.SENDER, f"MAIL FROM:<{plain_address(sender)}>{returned}"),
        (RefusedCommand.RECIPIENT, f"RCPT TO:<{plain_address(recipient)}>{notify}"),
        (RefusedCommand.DATA, "DATA"),
    )


def _at_once(server: MailServer, commands: Sequence[_Command]) -> OpenedMessage:
    """Give all commands in one write, and hear a reply to each; the first refusal counts."""
    refusals: dict[RefusedCommand, Refusal] = {}
    server.send("".join(f"{command}\r\n" for _, command in commands))
    try:
        for step, _ in commands:
            code, words = server.getreply()
            if refusal := _heard(step, code, words):
                refusals[step] = refusal
            if code == CLOSING:
                break
        if not refusals:
            return OpenedMessage()
        ended = not _is_taken_back(server, refusals)
    except OSError:
        if not refusals:
            raise
        ended = True  # it refused, and hung up
    return OpenedMessage(next(iter(refusals.values())), ended)


def _is_taken_back(server: MailServer, refusals: Mapping[RefusedCommand, Refusal]) -> bool:
    """End a message that was refused before anything of it went; False: only by hanging up."""
    if CLOSING in {refusal.code for refusal in refusals.values()}:
        return False
    if RefusedCommand.DATA not in refusals:
        if RefusedCommand.RECIPIENT not in refusals:
            return False  # a dot would send an empty message to the recipient it took
        # it waits for a message to nobody: RFC 2920, 3.1 wants a dot alone
        server.send(".\r\n")
        server.getreply()
    server.rset()
    return True


def _heard(step: RefusedCommand, code: int, words: bytes) -> Refusal | None:
    """Read the reply to one command; None: it was taken.

    Raises:
        NotSmtp: it is none.
    """
    if not is_smtp(code):
        raise NotSmtp
    if code == _GO_ON if step is RefusedCommand.DATA else accepted(code):
        return None
    return Refusal(step, code, as_said(code, words))
