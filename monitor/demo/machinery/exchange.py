"""What goes over a stand-in's wire: requests, replies, and the log of both. Knows no dialect."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from monitor.demo.machinery.faults import Fault
from monitor.kernel.clock import utcnow


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received, and what was sent to it.

    ``params`` joins the query string and a form body. ``at`` is when it came. ``status`` is None,
    and ``sent`` (bytes of the body) 0, until something is sent; a reset connection keeps them so.
    """

    endpoint: str
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    fault: Fault | None = None
    number: int = 0
    at: datetime | None = None
    status: int | None = None
    sent: int = 0


@dataclass(frozen=True, slots=True)
class StandInReply:
    """What goes back."""

    body: bytes
    media_type: str = "text/html; charset=UTF-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Moment(StrEnum):
    """When a hook runs."""

    BEFORE = "before"  # the request was read, nothing was sent
    MIDDLE = "middle"  # half of the body was sent


def json_reply(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> StandInReply:
    """Make a JSON reply."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return StandInReply(body, "application/json; charset=UTF-8", status, headers or {})


def below(endpoint: str, prefix: str) -> bool:
    """Whether an endpoint is the one named, or one below it; "" names all.

    >>> below("pubmed/efetch", "pubmed"), below("pubmed/efetch", "pub")
    (True, False)
    """
    return not prefix or endpoint == prefix or endpoint.startswith(prefix + "/")


class Log:
    """Every exchange of one stand-in, in the order of their requests. Safe for threads.

    An entry states all bytes of a reply before its last byte leaves, so that who got the reply
    finds it in the log.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, Request] = {}
        self._count = 0

    def add(self, request: Request) -> Request:
        """Note a request; gives it with its number and time."""
        with self._lock:
            self._count += 1
            noted = replace(request, number=self._count, at=utcnow())
            self._entries[noted.number] = noted
        return noted

    def sending(self, request: Request, status: int, more: int) -> None:
        """Note a status and ``more`` bytes; fewer than none takes back what did not leave."""
        with self._lock:
            entry = self._entries.get(request.number)
            if entry is not None:
                noted = replace(entry, status=status, sent=entry.sent + more)
                self._entries[request.number] = noted

    def below(self, prefix: str) -> list[Request]:
        """List the exchanges with an endpoint, or with all below it."""
        with self._lock:
            return [entry for entry in self._entries.values() if below(entry.endpoint, prefix)]

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._entries.clear()
