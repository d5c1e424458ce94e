"""The service that the page of this request belongs to, its time, and what was last known of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import current_app, g, request

from monitor.kernel.clock import monotonic
from monitor.service import Service


def service() -> Service:
    """Give the service of the current app."""
    return cast(Service, current_app.extensions["monitor"])


def last_known() -> dict[str, dict[str, Any]]:
    """Give what pages showed last, by page: for when the database cannot be asked."""
    return cast(dict[str, dict[str, Any]], current_app.extensions["monitor.last_known"])


def now() -> datetime:
    """Tell the time by the service's clock; to what is made for a whole minute, when that ends."""
    return cast(datetime, g.as_of) if "as_of" in g else service().clock()


def minute() -> int:
    """Number the minute that it is now."""
    return int(now().timestamp()) // 60


@dataclass(frozen=True, slots=True)
class Committed:
    """The word of all that was committed (``Database.commits``), and since when, at the earliest.

    ``asked`` is in seconds of the machine's own clock: whatever is read later is as new as that.
    """

    word: str | None
    asked: float


def committed(*, anew: bool = False) -> Committed:
    """Tell what was committed when this request came.

    Asked once, or ``anew`` from here on; always where the request may have written itself.
    """
    if anew or "committed" not in g or request.method not in {"GET", "HEAD"}:
        g.committed = Committed(asked=monotonic(), word=service().database.commits())
    return cast(Committed, g.committed)
