"""The envelope sender of each message: where a bounce of it goes, and proof that it is of it (VERP).

``bounces+TOKEN@example.org``, where the token holds the message's uuid and a MAC of it. Nobody makes
one without our secret. It is lower case and shorter than the 64 octets of a local part (RFC 5321,
4.5.3.1.1), since servers on the way may change the case, and cut nothing shorter. Pure.
"""

import base64
import hmac
import re
from uuid import UUID

_UUID_BYTES, _MAC_BYTES = 16, 10
_LENGTH = 42  # base32 characters of both
_PURPOSE = b"envelope:"


def sender_of(secret: bytes, bounce_address: str, uuid: str) -> str:
    """Give the envelope sender of one message.

    >>> sender_of(b"key", "bounces@example.org", "12345678-1234-4234-8234-123456789abc")
    'bounces+ci2fm6asgrbdjaruci2fm6e2xtfvvkmkd6siwkujxi@example.org'
    """
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{_token(secret, UUID(uuid).bytes)}@{domain}"


def uuids_in(secret: bytes, bounce_address: str, text: str) -> frozenset[str]:
    """Find the messages whose envelope sender stands in a text; what we did not sign is passed over."""
    local, _, domain = bounce_address.lower().rpartition("@")
    pattern = rf"{re.escape(local)}\+([a-z2-7]{{{_LENGTH}}})@{re.escape(domain)}(?![\w.-])"
    uuids = (_read(secret, match) for match in re.findall(pattern, text.lower()))
    return frozenset(uuid for uuid in uuids if uuid)


def _read(secret: bytes, token: str) -> str | None:
    """Give the uuid of a token that we made."""
    try:
        raw = base64.b32decode(_padded(token.upper()))[:_UUID_BYTES]
    except ValueError:
        return None
    return str(UUID(bytes=raw)) if hmac.compare_digest(_token(secret, raw), token) else None


def _token(secret: bytes, uuid: bytes) -> str:
    mac = hmac.digest(secret, _PURPOSE + uuid, "sha256")[:_MAC_BYTES]
    return base64.b32encode(uuid + mac).decode("ascii").rstrip("=").lower()


def _padded(token: str) -> str:
    return token + "=" * (-len(token) % 8)
