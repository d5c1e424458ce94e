"""When a message is tried again, when it is given up, and what may stand in one. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

# RFC 5321 4.5.4.1 asks for retries over days; greylisting lets a message in after minutes.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
GIVE_UP_AFTER = timedelta(hours=72)  # of being tried
# A message that the server takes from others and not from us is tried again after this.
HELD_FOR = timedelta(hours=1)
# Mail that has waited for so long is told of, whatever the reason.
MAY_WAIT = timedelta(hours=4)

CLOCKS_DIFFER = timedelta(minutes=5)  # between machines; a time further ahead is from a wrong one

CONFIRM_EVERY = timedelta(hours=1)  # nobody is mailed more often on a stranger's request
CONFIRM_LASTS = timedelta(days=7)
MAILED_A_DAY = 5  # of each kind, to one address, on strangers' requests
OWN_LINK_EVERY = timedelta(hours=1)  # as ``CONFIRM_EVERY``
OWN_LINK_LASTS = timedelta(
    hours=1
)  # one by which its reader sees, takes away and erases all that is held
OWN_LINK_KEPT = timedelta(days=1)  # the message that carried it
PRIVATE_LINK_LASTS = timedelta(days=30)  # one that opens what its reader told of their services

_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ELLIPSIS = "…"
_LINE_END = re.compile(rb"\r\n|\r|\n")


def retry_at(attempts: int, *, at: datetime) -> datetime | None:
    """Say when a message is tried again after its ``attempts``-th try; None: give it up.

    Tries are counted, not days: a machine that slept, a clock that jumped or a server that was
    away brings no message nearer to its end.

    >>> from datetime import UTC
    >>> t = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    >>> retry_at(2, at=t).minute
    5
    """
    return at + wait_after(attempts) if tried_for(attempts) <= GIVE_UP_AFTER else None


def wait_after(attempts: int) -> timedelta:
    """Say how long a message waits after its ``attempts``-th try."""
    return BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]


def tried_for(attempts: int) -> timedelta:
    """Add up the waits after so many tries: how long a message was at least tried.

    >>> tried_for(3), tried_for(4)
    (datetime.timedelta(seconds=1260), datetime.timedelta(seconds=4860))
    """
    tries = max(attempts, 0)
    longest = max(tries - len(BACKOFF), 0) * BACKOFF[-1]
    return sum(BACKOFF[:tries], timedelta()) + longest


def asked_enough(newest: Sequence[datetime], *, every: timedelta, at: datetime) -> bool:
    """Tell whether an address was mailed of late, or often enough today, on somebody's request.

    ``newest``: when, of the last day.

    >>> from datetime import UTC
    >>> t = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    >>> asked_enough([t - CONFIRM_EVERY], every=CONFIRM_EVERY, at=t)
    False
    """
    return len(newest) >= MAILED_A_DAY or any(moment > at - every for moment in newest)


def own_link_ends(queued_at: datetime, sent_at: datetime | None) -> datetime:
    """Say when a link to all that is held of an address ends: so long after its mail was handed over.

    Of one of which nobody knows whether it was: after it was asked for.

    >>> from datetime import UTC
    >>> own_link_ends(datetime(2026, 3, 2, 9, 0, tzinfo=UTC), None).hour
    10
    """
    return (sent_at or queued_at) + OWN_LINK_LASTS


def message_id(uuid: str, from_address: str) -> str:
    """Give a message's Message-ID: fixed when it is queued, the same however often it is sent."""
    return f"<{uuid}@{domain(from_address)}>"


def domain(address: str) -> str:
    """Give the part after the @."""
    return address.rpartition("@")[2]


def dotted(message: bytes) -> bytes:
    """Make a message ready for DATA: CRLF lines, leading dots doubled, the final dot."""
    body = message
    if not message.count(b"\r\n") == message.count(b"\r") == message.count(b"\n"):
        body = _LINE_END.sub(b"\r\n", message)
    body = body.replace(b"\r\n.", b"\r\n..")
    body = b"." + body if body.startswith(b".") else body
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"


def plain(text: str, limit: int = 300) -> str:
    """Make text from outside fit for one line of a mail: at most ``limit`` characters.

    Every run of white space and control characters becomes one space, so nothing can start a
    header or a line of its own; marks that turn the reading order round go, and what no
    encoding can carry becomes U+FFFD.

    >>> plain("a\\r\\nBcc: x\\u202e")
    'a Bcc: x'
    """
    kept = text[: limit * 4]
    if not (kept.isascii() and kept.isprintable()):
        kept = "".join(_character(character) for character in kept)
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + _ELLIPSIS


def _character(character: str) -> str:
    if character in _BIDI:
        return ""
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return " " if category in {"Cc", "Zl", "Zp"} else character
