"""How mail leaves: over SMTP, or as files in a folder. The only module that imports smtplib.

Says of every message exactly one of: accepted, refused for good, refused for now, perhaps
accepted; or that the server cannot be used. Never decides what follows from it. The commands are
given one by one, since smtplib's own ``sendmail`` does not tell whether a lost connection came
before or after the message was handed over, and returns partial refusals instead of raising.
"""

import contextlib
import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from monitor.kernel.errors import (
    ConfigError,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    DeliveryUncertain,
    ServerUnavailable,
)
from monitor.kernel.settings import MailSettings, Settings, Tls
from monitor.kernel.settings import Transport as Kind
from monitor.notify.rules import domain, plain

CONNECT_SECONDS = 30
COMMAND_SECONDS = 60
REPLY_SECONDS = 10 * 60  # RFC 5321 4.5.3.2.6: giving up earlier makes duplicates
MAX_REPLY = 400  # characters kept of a server's words

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_OWN_FAULTS = {552, 555}  # at MAIL these are about this message; anything else is about us


class Transport(Protocol):
    """One way out, open for one pass."""

    def send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:
        """Hand over one message; gives the server's reply.

        Raises:
            DeliveryRefused: not accepted, and trying again is useless.
            DeliveryDeferred: not accepted now.
            DeliveryUncertain: handed over, but no reply came: perhaps accepted.
            ServerUnavailable: the server cannot be used; nothing was handed over.
        """
        ...


@contextlib.contextmanager
def open_transport(settings: Settings) -> Iterator[Transport]:
    """Open the way out that the settings name, for one pass.

    Raises:
        ServerUnavailable: the mail server cannot be reached, trusted or signed in to.
        ConfigError: the mail settings cannot be used.
    """
    if settings.mail.transport is Kind.MAILBOX:
        yield MailboxTransport(settings.var / "mail")
        return
    password = settings.secret(settings.mail.password_file)
    transport = SmtpTransport(settings.mail, password)
    transport.connect()
    try:
        yield transport
    finally:
        transport.close()


class MailboxTransport:
    """Writes each message as ``<uuid>.eml``. Written twice, it is still one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:  # noqa: ARG002 - the Transport's shape
        """Write one message, whole or not at all.

        Raises:
            ServerUnavailable: the folder cannot be written to.
        """
        path = mailbox_path(self.folder, uuid)
        temporary = path.with_name(f".{uuid}.{os.getpid()}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_through(temporary, message)
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise ServerUnavailable(f"cannot write {path}: {error.strerror}") from error
        return f"Written to {path.name}"


def mailbox_path(folder: Path, uuid: str) -> Path:
    """Give the file of a message.

    Raises:
        ValueError: it is not a message's uuid.
    """
    if not _UUID.fullmatch(uuid):
        raise ValueError(f"not a message's uuid: {uuid!r}")
    return folder / f"{uuid}.eml"


class SmtpTransport:
    """One connection to the mail server for a whole pass, made anew when the server ends it."""

    def __init__(self, mail: MailSettings, password: str | None) -> None:
        self._mail = mail
        self._password = password
        self._server: smtplib.SMTP | None = None

    def connect(self) -> None:
        """Connect, protect the connection and sign in.

        Raises:
            ServerUnavailable: one of these failed; says which, and what to check.
            ConfigError: a password would cross a network unprotected.
        """
        self._refuse_bare_password()
        self.close()
        try:
            server = self._reach()
        except (smtplib.SMTPException, OSError) as error:
            raise ServerUnavailable(f"{self._name} {_why(error)}") from error
        self._server = server
        try:
            self._protect(server)
            self._sign_in(server)
        except ServerUnavailable:
            self.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise ServerUnavailable(f"{self._name} {_why(error)}") from error

    def close(self) -> None:
        """End the connection, politely where it still answers."""
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                _wait(server, CONNECT_SECONDS)
                server.quit()
            server.close()

    def send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:
        """Hand over one message to one recipient."""
        if self._server is None:
            self.connect()
            return self._send(message, sender, recipient, uuid)
        try:
            return self._send(message, sender, recipient, uuid)
        except ServerUnavailable:
            # a server may end a connection after some messages or some idle time: once more
            self.connect()
            return self._send(message, sender, recipient, uuid)

    def _send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:
        server = self._server
        if server is None:
            raise ServerUnavailable(f"{self._name} is not connected")
        try:
            self._envelope(server, sender, recipient, uuid)
            self._expect(server, "DATA", ok=354)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise ServerUnavailable(f"{self._name} {_why(error)}") from error
        return self._hand_over(server, message)

    def _envelope(self, server: smtplib.SMTP, sender: str, recipient: str, uuid: str) -> None:
        dsn = server.has_extn("dsn")  # RFC 3461: tell of failures, with our id
        returned = f" RET=HDRS ENVID={uuid}" if dsn else ""
        notify = " NOTIFY=FAILURE" if dsn else ""
        code, reply = self._ask(server, f"MAIL FROM:<{_address(sender)}>{returned}")
        if not _accepted(code):
            self._reset(server, code)
            raise self._refused_sender(code, reply)
        self._expect(server, f"RCPT TO:<{_address(recipient)}>{notify}")

    def _refused_sender(self, code: int, reply: str) -> DeliveryError:
        if code in _OWN_FAULTS or (400 <= code < 500 and code != 421):  # noqa: PLR2004 - SMTP's own numbers
            return _refusal(code, reply)
        return ServerUnavailable(
            f"{self._name} does not take mail from this sender ({code}): check mail.from_address"
        )

    def _hand_over(self, server: smtplib.SMTP, message: bytes) -> str:
        """Send the message; from here on a lost connection says nothing of what the server did."""
        try:
            _wait(server, REPLY_SECONDS)
            server.send(_dotted(message))
            code, words = server.getreply()
            _wait(server, COMMAND_SECONDS)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise DeliveryUncertain(
                "The connection ended after the message was handed over"
            ) from error
        reply = _reply(code, words)
        if not _accepted(code):
            self._reset(server, code)
            raise _refusal(code, reply)
        return reply

    def _expect(self, server: smtplib.SMTP, command: str, *, ok: int | None = None) -> None:
        code, reply = self._ask(server, command)
        if code == ok or (ok is None and _accepted(code)):
            return
        self._reset(server, code)
        raise _refusal(code, reply)

    def _ask(self, server: smtplib.SMTP, command: str) -> tuple[int, str]:
        code, words = server.docmd(command)
        return code, _reply(code, words)

    def _reset(self, server: smtplib.SMTP, code: int) -> None:
        """Clear the envelope after a refusal; a server that is closing (421) is let go."""
        if code == 421:  # noqa: PLR2004 - SMTP's own number
            self._drop()
            return
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _reach(self) -> smtplib.SMTP:
        mail, own_name = self._mail, domain(self._mail.from_address)
        if mail.tls is Tls.TLS:
            return smtplib.SMTP_SSL(
                mail.host,
                mail.port,
                own_name,
                timeout=CONNECT_SECONDS,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(mail.host, mail.port, own_name, timeout=CONNECT_SECONDS)

    def _protect(self, server: smtplib.SMTP) -> None:
        _wait(server, COMMAND_SECONDS)
        server.ehlo_or_helo_if_needed()
        if self._mail.tls is not Tls.STARTTLS:
            return
        if not server.has_extn("starttls"):
            raise ServerUnavailable(
                f"{self._name} does not offer STARTTLS, so nothing was sent: "
                'check mail.port, or whether mail.tls should be "tls"'
            )
        code, _ = server.starttls(context=ssl.create_default_context())
        if not _accepted(code):
            raise ServerUnavailable(f"{self._name} refused STARTTLS ({code}); nothing was sent")
        server.ehlo()

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if not self._mail.username:
            return
        try:
            server.login(self._mail.username, self._password or "")
        except smtplib.SMTPAuthenticationError as error:
            raise ServerUnavailable(
                f"{self._name} refused the sign-in ({error.smtp_code}): "
                "check mail.username and mail.password_file"
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise ServerUnavailable(
                f"{self._name} offers no sign-in here: check mail.tls and mail.port, "
                "or leave mail.username empty"
            ) from error

    def _refuse_bare_password(self) -> None:
        if self._mail.username and self._mail.tls is Tls.NONE and not _is_here(self._mail.host):
            raise ConfigError(
                'mail.tls: "none" would send the password in clear text; use "starttls" or "tls"'
            )

    @property
    def _name(self) -> str:
        return f"The mail server {self._mail.host}:{self._mail.port}"


def _accepted(code: int) -> bool:
    return 200 <= code < 300  # noqa: PLR2004 - SMTP's own numbers


def _refusal(code: int, reply: str) -> DeliveryError:
    """Sort a refusal: 5xx is for good; anything else, nonsense included, is for now."""
    if 500 <= code < 600:  # noqa: PLR2004 - SMTP's own numbers
        return DeliveryRefused(code, reply)
    return DeliveryDeferred(code, reply)


def _why(error: Exception) -> str:
    """Say why a server cannot be used, in words without a word of the server's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that cannot be trusted ({error.verify_message})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"turns us away ({error.smtp_code})"
    for kind, words in _FAULTS.items():
        if isinstance(error, kind):
            return words
    return f"cannot be reached ({getattr(error, 'strerror', None) or type(error).__name__})"


_FAULTS: dict[type[Exception], str] = {
    ssl.SSLError: "does not speak TLS here: check mail.tls and mail.port",
    ConnectionRefusedError: "refuses connections: check mail.host and mail.port, and that it runs",
    TimeoutError: "does not answer in time",
    smtplib.SMTPServerDisconnected: "closed the connection",
}


def _reply(code: int, words: bytes) -> str:
    return plain(f"{code} {words.decode('utf-8', 'replace')}", MAX_REPLY)


def _dotted(message: bytes) -> bytes:
    """Make a message ready for DATA: CRLF lines, leading dots doubled, the final dot."""
    body = _LINE_END.sub(b"\r\n", message)
    body = re.sub(rb"(?m)^\.", b"..", body)
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"


def _address(address: str) -> str:
    """Let only one plain address into a command.

    Raises:
        DeliveryRefused: it holds what could end the command.
    """
    if not address.isascii() or not address.isprintable() or set(address) & set(" <>"):
        raise DeliveryRefused(553, "553 5.1.3 not one plain address")
    return address


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _wait(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
