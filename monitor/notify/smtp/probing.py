"""Asks the mail server how it would take our mail, and sends none."""

from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.kernel.errors import MailFault, ServerUnavailable
from monitor.kernel.settings import Settings
from monitor.notify.smtp.transport import SmtpTransport


@dataclass(frozen=True, slots=True)
class Probe:
    """How the mail server met us. ``fault``: why it cannot be used, in ``words``; None: it can.

    ``is_refused``: it is there, and takes no connection. ``certificate_ends``: of a protected one.
    """

    fault: MailFault | None
    words: str
    is_refused: bool = False
    certificate_ends: datetime | None = None


def probe(settings: Settings) -> Probe:
    """Connect, protect the connection and sign in, as for sending; then hang up.

    Raises:
        ConfigError: the password's file cannot be used, or it would be sent in clear.
    """
    password = settings.secret(settings.mail.password_file)
    transport = SmtpTransport(settings.mail, password, brisk=True)
    try:
        transport.connect()
    except ServerUnavailable as error:
        refused = isinstance(error.__cause__, ConnectionRefusedError)
        return Probe(error.kind, str(error), is_refused=refused)
    try:
        ends = transport.certificate_ends()
    finally:
        transport.close()
    return Probe(None, "", certificate_ends=datetime.fromtimestamp(ends, UTC) if ends else None)
