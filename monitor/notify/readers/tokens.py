"""Links in mails that only we can make: a message's uuid and a MAC over it and its purpose.

Keeps nothing and reads nothing: a link works as long as its message and the secret live. A token
never holds an address. One made for one purpose is useless for another.
"""

import base64
import hmac
import re
from enum import StrEnum
from uuid import UUID

_UUID_BYTES = 16
_SHAPE = re.compile(r"[A-Za-z0-9_-]{64}")  # 16 bytes of uuid and 32 of MAC, in base64url


class Purpose(StrEnum):
    """What a link may be used for."""

    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    CHOICES = "choices"
    VIEW = "view"
    HELPED = "helped"
    MY_SERVICES = "my services"
    SURVEY = "survey"
    OWN_DATA = "own data"


def unsubscribe_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link that stops the mails of this message's reader."""
    return _token(secret, Purpose.UNSUBSCRIBE, UUID(uuid).bytes)


def confirm_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link that confirms what this message asks about."""
    return _token(secret, Purpose.CONFIRM, UUID(uuid).bytes)


def choices_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link that lets this message's reader change what they get."""
    return _token(secret, Purpose.CHOICES, UUID(uuid).bytes)


def view_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link that shows what this message said, to whoever has it.

    It opens nothing else: who forwards it passes on what was told, and no way to stop or change it.
    """
    return _token(secret, Purpose.VIEW, UUID(uuid).bytes)


def helped_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link that takes this message's reader to the question it asks."""
    return _token(secret, Purpose.HELPED, UUID(uuid).bytes)


def my_services_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link that opens the private view of this message's reader."""
    return _token(secret, Purpose.MY_SERVICES, UUID(uuid).bytes)


def survey_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link that opens the return of the service this message asks.

    What it opens is kept by its hash alone, and ends with the return.
    """
    return _token(secret, Purpose.SURVEY, UUID(uuid).bytes)


def own_data_token(secret: bytes, uuid: str) -> str:
    """Make the token of the link by which whom this message was mailed to sees all that is held of them."""
    return _token(secret, Purpose.OWN_DATA, UUID(uuid).bytes)


def verify(secret: bytes, purpose: Purpose, token: str) -> str | None:
    """Give the message's uuid if we made this token for this purpose; else None.

    Compares in constant time. The uuid says nothing of whether the message still exists.
    """
    if not _SHAPE.fullmatch(token):
        return None
    raw = base64.urlsafe_b64decode(token)[:_UUID_BYTES]
    if not hmac.compare_digest(_token(secret, purpose, raw), token):
        return None
    return str(UUID(bytes=raw))


def _token(secret: bytes, purpose: Purpose, uuid: bytes) -> str:
    mac = hmac.digest(secret, purpose.value.encode() + b":" + uuid, "sha256")
    return base64.urlsafe_b64encode(uuid + mac).decode()
