"""What an upstream can do instead of answering well: the kinds of faults, and their making.

Some can happen on any wire; others only where a dialect has what they spoil, and each stand-in
names those of its own.
"""

import functools
import gzip
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

BOMB_BLOCK = 1 << 20  # bytes of one gzip member of the bomb, unpacked
BOMB_BLOCKS = 10_240  # members: 10 MB on the wire, 10 GB unpacked


class Fault(StrEnum):
    """What an upstream can do instead of answering."""

    # on any wire
    HTML = "html200"  # a maintenance page with status 200
    EMPTY = "empty200"
    TRUNCATED = "truncated"  # half a document, complete as HTTP
    SERVER_ERROR = "500"  # an HTML page of the server's own trouble
    UNAVAILABLE = "503"  # with Retry-After
    RATE_LIMITED = "429"  # as the dialect says it
    RETRY_SECONDS = "429-seconds"  # with Retry-After: a number,
    RETRY_DATE = "429-date"  # a date in a minute,
    RETRY_NEGATIVE = "429-negative"  # a negative number,
    RETRY_HUGE = "429-huge"  # and thirty years
    HANG = "hang"  # accepts, then says nothing
    DRIP = "slow-drip"  # one byte a second
    DROP = "drop"  # resets the connection
    BOMB = "gzip-bomb"  # 10 MB that unpack to 10 GB
    CHARSET = "wrong-charset"  # bytes of Windows-1252, called UTF-8
    UTF16 = "utf-16"  # bytes of UTF-16 with their mark, called UTF-8
    REDIRECT_LOOP = "redirect-loop"  # to itself
    REDIRECT_ELSEWHERE = "redirect-elsewhere"  # to where the stand-in was told

    # where the dialect has what they spoil
    ERROR_JSON = "error-json"  # the dialect's own error object with status 200
    SHORT = "short-count"  # declares more than it sends
    FEWER = "fewer-ids"  # lists every second record only, and declares so
    CHANGED_TOTAL = "changed-total"  # declares one more than before
    REPEATED = "repeated-page"  # the first page again, whatever page was asked for
    EXPIRED = "expired-cursor"  # knows no cursor, token or history any more
    REWRITTEN = "rewritten-query"  # says that it understood another query
    NEW_DATA = "changed-timestamp"  # new data were loaded at this very moment


ANY_WIRE = frozenset(list(Fault)[: list(Fault).index(Fault.ERROR_JSON)])
# of a search that is answered in pages
IN_PAGES = frozenset({Fault.SHORT, Fault.FEWER, Fault.CHANGED_TOTAL, Fault.REPEATED, Fault.EXPIRED})


class Senseless(ValueError):  # noqa: N818 - what was asked for
    """A fault was asked of an endpoint that is not there, or cannot have it."""


@dataclass(slots=True)
class Scripted:
    """A fault that waits for ``left`` requests to one of ``endpoints``; None: for all."""

    endpoints: str
    kind: Fault
    left: int | None

    def use(self) -> Fault:
        """Give the fault, one time fewer."""
        if self.left is not None:
            self.left -= 1
        return self.kind


def retry_after(kind: Fault, now: datetime) -> str:
    """Give the Retry-After header of a fault that has one."""
    if kind is Fault.RETRY_DATE:
        return format_datetime(now + timedelta(minutes=1), usegmt=True)
    return {Fault.RETRY_NEGATIVE: "-5", Fault.RETRY_HUGE: "1000000000"}.get(kind, "1")


@functools.cache
def bomb() -> bytes:
    """Give a gzip stream of ``BOMB_BLOCKS`` members, a thousand times as long when unpacked."""
    return gzip.compress(bytes(BOMB_BLOCK), mtime=0) * BOMB_BLOCKS


def recoded(body: bytes, kind: Fault) -> bytes:
    """Write a UTF-8 body in another encoding; what that one lacks becomes a question mark."""
    text = body.decode(errors="replace")
    return text.encode("utf-16" if kind is Fault.UTF16 else "cp1252", errors="replace")
