"""How mail leaves: over SMTP, or as files in a folder. The only module that imports smtplib.

Says of every message exactly one of: accepted, refused for good, refused for now, perhaps
accepted; or that the server cannot be used. Never decides what follows from it. The commands are
our own (``opening``): smtplib's ``sendmail`` does not tell whether a lost connection came before or
after the message was handed over, and returns partial refusals instead of raising.
"""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from typing import Protocol

from monitor.kernel.addresses import is_this_machine
from monitor.kernel.errors import (
    ConfigError,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    DeliveryUncertain,
    MailFault,
    SenderRefused,
    ServerUnavailable,
)
from monitor.kernel.mailbox_settings import Tls
from monitor.kernel.settings import MailSettings, Settings
from monitor.kernel.settings import MailTransport as Kind
from monitor.notify.rules import domain, dotted
from monitor.notify.smtp import opening, sasl
from monitor.notify.smtp.mailbox import MailboxTransport
from monitor.notify.smtp.refusals import Refusal, RefusalCause, RefusedCommand

CONNECT_SECONDS = 30
BRISK_SECONDS = 10  # for one connection more, beside one that works
# RFC 5321 4.5.3.2: a busy server greets, and answers a command, within five minutes
GREETING_SECONDS = 5 * 60
COMMAND_SECONDS = 5 * 60
REPLY_SECONDS = 10 * 60  # RFC 5321 4.5.3.2.6: giving up earlier makes duplicates

_ASKS_ON = 334


class Transport(Protocol):
    """One way out, open for one pass."""

    def send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:
        """Hand over one message; gives the server's reply.

        Raises:
            DeliveryRefused: not accepted, and trying again is useless.
            DeliveryDeferred: not accepted now.
            DeliveryUncertain: handed over, but no reply came: perhaps accepted.
            SenderRefused: the server answers, and takes no mail from us.
            ServerUnavailable: the server cannot be used; nothing was handed over.
        """
        ...


@contextlib.contextmanager
def open_transport(settings: Settings, *, brisk: bool = False) -> Iterator[Transport]:
    """Open the way out that the settings name, for one pass.

    ``brisk``: one more beside another; a server that lets it wait does without.

    Raises:
        ServerUnavailable: the mail server cannot be reached, trusted or signed in to.
        ConfigError: the mail settings cannot be used.
    """
    if settings.mail.transport is Kind.MAILBOX:
        yield MailboxTransport(settings.var / "mail")
        return
    password = settings.secret(settings.mail.password_file)
    transport = SmtpTransport(settings.mail, password, brisk=brisk)
    transport.connect()
    try:
        yield transport
    finally:
        transport.close()


class _Patient(smtplib.SMTP):
    """Connects soon or not at all, and then waits for the greeting as long as RFC 5321 asks."""

    def _greeting_seconds(self) -> float:
        return GREETING_SECONDS

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # smtplib's own
        connected.settimeout(self._greeting_seconds())
        return connected


class _PatientTls(_Patient, smtplib.SMTP_SSL):
    """The same where TLS comes first."""


class _Brisk(_Patient):
    def _greeting_seconds(self) -> float:
        return BRISK_SECONDS


class _BriskTls(_Brisk, _PatientTls):
    """The same where TLS comes first."""


class SmtpTransport:
    """One connection to the mail server for a whole pass, made anew when the server ends it."""

    def __init__(self, mail: MailSettings, password: str | None, *, brisk: bool = False) -> None:
        self._mail = mail
        self._brisk = brisk
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
            raise self._unavailable(error) from error
        self._server = server
        try:
            self._protect(server)
            self._sign_in(server)
            _wait(server, COMMAND_SECONDS)
        except ServerUnavailable:
            self.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise self._unavailable(error) from error

    def close(self) -> None:
        """End the connection, politely where it still answers."""
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                _wait(server, CONNECT_SECONDS)
                server.quit()
            server.close()

    def certificate_ends(self) -> float | None:
        """Say when the server's certificate ends, in seconds since 1970; None where there is none."""
        sock = self._server.sock if self._server else None
        shown = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        return ssl.cert_time_to_seconds(str(shown["notAfter"])) if shown else None

    def send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:
        """Hand over one message to one recipient."""
        if self._server is None:
            self.connect()
            return self._send(message, sender, recipient, uuid)
        try:
            return self._send(message, sender, recipient, uuid)
        except SenderRefused as error:
            if error.code != opening.CLOSING:
                raise
        except ServerUnavailable:
            pass
        # a server may end a connection after some messages or some idle time: once more
        self.connect()
        return self._send(message, sender, recipient, uuid)

    def _send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:
        server = self._server
        if server is None:
            raise ServerUnavailable(f"{self._name} is not connected")
        try:
            opened = opening.open_message(server, sender, recipient, uuid)
        except opening.NotSmtp as error:
            self._drop()
            raise ServerUnavailable(
                f"{self._name} does not speak SMTP: it gave no reply code"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise self._unavailable(error) from error
        if opened.ended:
            self._drop()
        if opened.refusal:
            raise self._refused(opened.refusal)
        return self._hand_over(server, message)

    def _hand_over(self, server: smtplib.SMTP, message: bytes) -> str:
        """Send the message; from here on a lost connection says nothing of what the server did."""
        try:
            _wait(server, REPLY_SECONDS)
            server.send(dotted(message))
            code, words = server.getreply()
            _wait(server, COMMAND_SECONDS)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise DeliveryUncertain(
                "The connection ended after the message was handed over"
            ) from error
        if not opening.is_smtp(code):
            self._drop()
            raise DeliveryUncertain("What came after the message was handed over is no reply")
        reply = opening.as_said(code, words)
        if not opening.accepted(code):
            if not opening.is_cleared(server, code):
                self._drop()
            raise self._refused(Refusal(RefusedCommand.CONTENT, code, reply))
        return reply

    def _refused(self, refusal: Refusal) -> DeliveryError:
        """Sort a refusal by what it is about."""
        about, code, reply = refusal.about, refusal.code, refusal.reply
        if about is RefusalCause.US:
            words = f"{self._name} {refusal.reason}"
            return SenderRefused(code, reply, words, named=refusal.named)
        if about is RefusalCause.LATER:
            return DeliveryDeferred(code, reply)
        return DeliveryRefused(code, reply, no_mailbox=about is RefusalCause.MAILBOX)

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _reach(self) -> smtplib.SMTP:
        mail, own_name = self._mail, domain(self._mail.from_address)
        wait = BRISK_SECONDS if self._brisk else CONNECT_SECONDS
        if mail.tls is Tls.TLS:
            context = ssl.create_default_context()
            protected = _BriskTls if self._brisk else _PatientTls
            return protected(mail.host, mail.port, own_name, timeout=wait, context=context)
        bare = _Brisk if self._brisk else _Patient
        return bare(mail.host, mail.port, own_name, timeout=wait)

    def _protect(self, server: smtplib.SMTP) -> None:
        _wait(server, BRISK_SECONDS if self._brisk else COMMAND_SECONDS)
        server.ehlo_or_helo_if_needed()
        if self._mail.tls is not Tls.STARTTLS:
            return
        if not server.has_extn("starttls"):
            raise ServerUnavailable(
                f"{self._name} does not offer STARTTLS, so nothing was sent: "
                'check mail.port, or whether mail.tls should be "tls"',
                kind=MailFault.UNPROTECTED,
            )
        code, _ = server.starttls(context=ssl.create_default_context())
        if not opening.accepted(code):
            raise ServerUnavailable(
                f"{self._name} refused STARTTLS ({code}); nothing was sent",
                kind=MailFault.UNPROTECTED,
            )
        server.ehlo()

    def _sign_in(self, server: smtplib.SMTP) -> None:
        """Sign in by the first way that is offered, known to us and really taken."""
        if not self._mail.username:
            return
        offered = server.esmtp_features.get("auth", "").split()
        code, reply = 0, b""
        for way in sasl.ways(offered):
            code, reply = self._authenticate(server, way)
            if opening.accepted(code):
                return
            if code not in sasl.NOT_THIS_WAY:
                break
        words = sasl.not_let_in(code, reply, offered)
        raise ServerUnavailable(f"{self._name} {words}", kind=MailFault.SIGN_IN)

    def _authenticate(self, server: smtplib.SMTP, way: sasl.SaslMechanism) -> tuple[int, bytes]:
        username, password = self._mail.username, self._password or ""
        code, words = server.docmd("AUTH", way.command(username, password))
        number = 0
        while code == _ASKS_ON:
            answer = way.answer(number, username, password, words)
            code, words = server.docmd("*" if answer is None else answer)
            number += 1
        return code, words

    def _unavailable(self, error: Exception) -> ServerUnavailable:
        kind = MailFault.UNREACHABLE
        if isinstance(error, ssl.SSLError):
            kind = MailFault.UNPROTECTED
        elif isinstance(error, smtplib.SMTPResponseException) and _for_good(error.smtp_code):
            kind = MailFault.TURNED_AWAY
        return ServerUnavailable(f"{self._name} {_why(error)}", kind=kind)

    def _refuse_bare_password(self) -> None:
        if (
            self._mail.username
            and self._mail.tls is Tls.NONE
            and not is_this_machine(self._mail.host)
        ):
            raise ConfigError(
                'mail.tls: "none" would send the password in clear text; use "starttls" or "tls"'
            )

    @property
    def _name(self) -> str:
        return f"The mail server {self._mail.host}:{self._mail.port}"


def _for_good(code: int) -> bool:
    return 500 <= code < 600  # noqa: PLR2004 - SMTP's own numbers


def _why(error: Exception) -> str:
    """Say why a server cannot be used, in words without a word of the server's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that cannot be trusted ({error.verify_message})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"turns us away ({error.smtp_code})"
    if isinstance(error.__context__, TimeoutError):  # smtplib calls it a closed connection
        error = error.__context__
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


def _wait(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)
