"""Why there was no reply, in our own words: a library's text may hold the address asked, and a key.

Knows which failures may be over in a moment, and are worth asking again for. Asks nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from requests import RequestException
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from monitor.feeds.http.connections import ForbiddenAddress, NamesUnavailable, UnknownName
from monitor.feeds.http.unpacking import CutOff, Damaged
from monitor.kernel.errors import OwnTrouble, SourceError, SourceFault
from monitor.kernel.process.own_trouble import exhausted


class Passing(Exception):  # noqa: N818 - wraps an error, is none itself
    """Carries a failure that may be over in a moment."""

    def __init__(self, error: SourceError) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True, slots=True)
class _Failure:
    kinds: tuple[type[Exception], ...]
    fault: SourceFault
    words: str
    passing: bool = False


# the first that fits is told: several are kinds of a later one
_FAILURES = (
    _Failure(
        (ForbiddenAddress,),
        SourceFault.REFUSED,
        "may not be asked: only public addresses are, on ports 80 and 443",
    ),
    _Failure((UnknownName,), SourceFault.UNREACHABLE, "is a name that nobody knows", passing=True),
    _Failure(
        (NamesUnavailable,),
        SourceFault.UNREACHABLE,
        "cannot be looked up: the name service does not answer",
        passing=True,
    ),
    _Failure(
        (requests.exceptions.SSLError,),
        SourceFault.REFUSED,
        "cannot prove who it is (its certificate is not valid)",
    ),
    _Failure(
        (requests.exceptions.Timeout, ReadTimeoutError),
        SourceFault.UNREACHABLE,
        "did not answer in time",
        passing=True,
    ),
    _Failure(
        (Damaged,),
        SourceFault.MALFORMED,
        "sent a reply whose compression is damaged, or not one we asked for",
    ),
    _Failure(
        (CutOff, ProtocolError),
        SourceFault.INCOMPLETE,
        "ended the connection before the whole reply",
        passing=True,
    ),
    _Failure(
        (requests.exceptions.ConnectionError,),
        SourceFault.UNREACHABLE,
        "cannot be reached",
        passing=True,
    ),
    _Failure(
        (RequestException, HTTPError, OSError, ValueError),
        SourceFault.UNREACHABLE,
        "cannot be asked: check its address",
    ),
)
_EVERY_KIND = tuple(kind for failure in _FAILURES for kind in failure.kinds)


@contextmanager
def failures_named(host: str) -> Iterator[None]:
    """Turn whatever the libraries raise into a failure of ``host``.

    Raises:
        SourceError: there is no reply, and asking again at once is useless.
        Passing: there is none, but there may be in a moment.
        OwnTrouble: this machine ran out of files or memory: the host is not to blame.
    """
    try:
        yield
    except _EVERY_KIND as problem:
        words = exhausted(problem)
        if words is not None:
            raise OwnTrouble(words) from None
        failure = next(entry for entry in _FAILURES if isinstance(problem, entry.kinds))
        error = SourceError(failure.fault, f"{host} {failure.words}")
    else:
        return
    raise Passing(error) if failure.passing else error
