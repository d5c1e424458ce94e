"""DKIM signatures (RFC 6376), where the settings name a key: dkimpy signs, RSA with SHA-256.

A signature covers what says who writes, to whom, what, and how to stop it: RFC 8058 wants one over
List-Unsubscribe and List-Unsubscribe-Post.
"""

import base64
from collections.abc import Callable

from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import Settings
from monitor.notify.rules import domain

_SIGNED = (
    b"from",
    b"to",
    b"date",
    b"message-id",
    b"subject",
    b"auto-submitted",
    b"mime-version",
    b"content-type",
    b"list-id",
    b"list-help",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
_SAMPLE = b"From: a@example.org\r\n\r\nA sample.\r\n"

Sign = Callable[[bytes], bytes]


def signer(settings: Settings) -> Sign | None:
    """Give what signs a message, ready to be sent; None where mail is not signed here.

    Raises:
        ConfigError: the key or its selector cannot be used; names the setting.
    """
    mail = settings.mail
    if mail.dkim_key_file is None:
        return None
    if not mail.dkim_selector:
        raise ConfigError(
            "mail.dkim_selector: must name the record of the public key where mail.dkim_key_file is set"
        )
    try:
        key = (settings.secret(mail.dkim_key_file) or "").encode()
    except ConfigError as error:
        raise ConfigError(f"mail.dkim_key_file: {error}") from error
    selector, own = mail.dkim_selector.encode(), domain(mail.from_address).encode()

    def sign(message: bytes) -> bytes:
        import dkim  # noqa: PLC0415 - only where mail is signed

        there = dkim.DKIM(message)
        present = {name.lower() for name, _ in there.headers}
        covered = [name for name in _SIGNED if name in present]
        header: bytes = there.sign(selector, own, key, include_headers=covered)
        return header + message

    _try(sign)
    return sign


def is_of_our_key(settings: Settings, public: str) -> bool:
    """Tell whether a public key, as its record has it, is that of the key we sign with.

    Raises:
        ConfigError: our key cannot be read.
    """
    from dkim import crypto  # noqa: PLC0415 - only where mail is signed

    key = (settings.secret(settings.mail.dkim_key_file) or "").encode()
    try:
        published = crypto.parse_public_key(base64.b64decode(public))["modulus"]
    except _unreadable():
        return False  # whatever stands there, it is not ours
    return bool(published == crypto.parse_pem_private_key(key)["modulus"])


def _try(sign: Sign) -> None:
    """Sign a sample.

    Raises:
        ConfigError: the key is none.
    """
    try:
        sign(_SAMPLE)
    except ModuleNotFoundError as error:
        raise ConfigError("mail.dkim_key_file: the library dkimpy is not installed") from error
    except _unreadable() as error:
        raise ConfigError(
            "mail.dkim_key_file: is no RSA private key in PEM form; "
            "`openssl genrsa -traditional -out FILE 2048` makes one"
        ) from error


def _unreadable() -> tuple[type[Exception], ...]:
    """Give what dkimpy raises over what is no key."""
    import dkim  # noqa: PLC0415 - only where mail is signed
    from dkim import crypto  # noqa: PLC0415 - the same

    own = (dkim.DKIMException, crypto.ASN1FormatError, crypto.UnparsableKeyError)
    return (*own, ValueError, LookupError, TypeError, AttributeError)
