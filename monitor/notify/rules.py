"""When a message is tried again, when it is given up, and what may stand in one. Pure."""

import re
import unicodedata
from datetime import datetime, timedelta

# RFC 5321 4.5.4.1 asks for retries over days; greylisting lets a message in after minutes.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
GIVE_UP_AFTER = timedelta(hours=72)

CONFIRM_EVERY = timedelta(hours=1)  # nobody is mailed more often on a stranger's request
CONFIRM_LASTS = timedelta(days=7)

# RFC 3463: bad mailbox, bad system, bad syntax, moved without address, null MX (RFC 7505).
_NO_SUCH_RECIPIENT = re.compile(r"(?<![\d.])5\.1\.(1|2|3|6|10)(?![\d.])")
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ELLIPSIS = "…"
_LINE_END = re.compile(rb"\r\n|\r|\n")


def retry_at(attempts: int, *, queued_at: datetime, at: datetime) -> datetime | None:
    """Say when a message is tried again after its ``attempts``-th try; None: give it up.

    >>> from datetime import UTC
    >>> t = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    >>> retry_at(2, queued_at=t, at=t).minute
    5
    """
    next_at = at + BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]
    return next_at if next_at - queued_at <= GIVE_UP_AFTER else None


def recipient_is_dead(reply: str) -> bool:
    """Tell whether a refusal says that the address does not exist (RFC 3463, class 5.1).

    >>> recipient_is_dead("550 5.1.1 no such user"), recipient_is_dead("550 5.7.1 policy")
    (True, False)
    """
    return _NO_SUCH_RECIPIENT.search(reply) is not None


def message_id(uuid: str, from_address: str) -> str:
    """Give a message's Message-ID: fixed when it is queued, the same however often it is sent."""
    return f"<{uuid}@{domain(from_address)}>"


def domain(address: str) -> str:
    """Give the part after the @."""
    return address.rpartition("@")[2]


def dotted(message: bytes) -> bytes:
    """Make a message ready for DATA: CRLF lines, leading dots doubled, the final dot."""
    body = _LINE_END.sub(b"\r\n", message)
    body = re.sub(rb"(?m)^\.", b"..", body)
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"


def plain(text: str, limit: int = 300) -> str:
    """Make text from outside fit for one line of a mail: at most ``limit`` characters.

    Every run of white space and control characters becomes one space, so nothing can start a
    header or a line of its own; marks that turn the reading order round go, and what no
    encoding can carry becomes U+FFFD.

    >>> plain("a\\r\\nBcc: x\\u202e")
    'a Bcc: x'
    """
    kept = "".join(_character(character) for character in text[: limit * 4])
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + _ELLIPSIS


def _character(character: str) -> str:
    if character in _BIDI:
        return ""
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return " " if category in {"Cc", "Zl", "Zp"} else character
