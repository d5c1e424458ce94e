"""The only way out: polite, bounded, checked. One client for one poll; not for several threads.

Never logs, raises or keeps text from upstream, nor an address with its query: a reply may echo
a key. Never follows a redirect for a request that carries one.
"""

import random
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit

import requests
import structlog
from requests import RequestException
from urllib3.exceptions import HTTPError

from monitor.feeds import rules
from monitor.feeds.connections import ForbiddenAddress, Guard, GuardedAdapter
from monitor.kernel.clock import monotonic, utcnow
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import SourcesSettings

log = structlog.get_logger()

FEED_LIMIT = 15 * 1024 * 1024  # bytes after decompression
API_LIMIT = 64 * 1024 * 1024

_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole reply: 2xx, 304, or a status that was to be accepted. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds."""

    connect: float = 10
    read: float = 30  # between two bytes
    whole: float = 120  # one request and its whole reply, whatever the server does
    tries: int = 3
    pause: float = 1.0  # before the second try; doubles
    longest_pause: float = 20  # a source that asks for more is asked again in a later poll


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    limit: int
    follow: bool
    params: Mapping[str, str] | None = None
    data: Mapping[str, str] | None = None
    accept: Collection[int] = ()

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2]


class Http:
    """A client for the sources. Close it when the poll is over."""

    def __init__(self, settings: SourcesSettings, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._guard = Guard(allow_loopback=settings.allow_loopback)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = _user_agent(settings.contact)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, GuardedAdapter(self._guard))
        self.requests = 0  # sent so far, redirects and further tries included
        self._gaps: dict[str, float] = {}
        self._next_turn: dict[str, float] = {}

    def close(self) -> None:
        """Close every connection."""
        self._session.close()
        self._guard.sweep(everything=True)

    def pace(self, url: str, per_second: float) -> None:
        """Ask the host of ``url`` at most so often; 5 times a second where nothing was said."""
        self._gaps[urlsplit(url).netloc] = 1 / per_second

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        limit: int = API_LIMIT,
        follow: bool = True,
        accept: Collection[int] = (),
    ) -> Reply:
        """Fetch, following at most 5 redirects. ``follow`` must be false where a key goes along.

        ``limit`` is in bytes after decompression. ``accept`` are further statuses that may be
        answers: the caller looks at the body.

        Raises:
            SourceError: there is no whole, acceptable reply.
        """
        return self._patiently(
            _Request("GET", url, headers or {}, limit, follow, params=params, accept=accept)
        )

    def post(
        self,
        url: str,
        data: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        *,
        limit: int = API_LIMIT,
    ) -> Reply:
        """Send a form that only asks, so that it may be sent again. Follows no redirect.

        Raises:
            SourceError: there is no whole, acceptable reply.
        """
        return self._patiently(_Request("POST", url, headers or {}, limit, False, data=data))  # noqa: FBT003 - a field

    def _patiently(self, request: _Request) -> Reply:
        """Ask again after a failure that may pass, a few times, ever later."""
        for attempt in range(1, self._patience.tries + 1):
            try:
                return self._follow(request)
            except _Passing as passing:
                error, asked = passing.error, passing.error.retry_after
            pause = self._patience.pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing
            pause = max(pause, asked or 0)
            if attempt == self._patience.tries or pause > self._patience.longest_pause:
                raise error
            log.info("http.retry", host=request.host, fault=error.kind.value, seconds=round(pause))
            time.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def _follow(self, request: _Request) -> Reply:
        url, params = request.url, request.params
        for _ in range(_MAX_REDIRECTS + 1):
            status, headers, body = self._once(request, url, params)
            if status not in _REDIRECTS:
                return _accepted(request, status, headers, body)
            url, params = _next_address(request, url, headers.get("location")), None
        raise SourceError(SourceFault.REFUSED, f"{request.host} redirected more than 5 times")

    def _once(
        self, request: _Request, url: str, params: Mapping[str, str] | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Make one exchange, within its deadline."""
        self._wait_for_turn(urlsplit(url).netloc)
        self.requests += 1
        with _failures_named(request.host), self._deadline(request.host):
            reply = self._session.request(
                request.method,
                url,
                params=params,
                data=request.data,
                headers={**request.headers},
                timeout=(self._patience.connect, self._patience.read),
                allow_redirects=False,
                stream=True,
            )
            with reply:
                body = b"" if reply.status_code in _REDIRECTS else _read(reply, request)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return reply.status_code, headers, body

    def _wait_for_turn(self, netloc: str) -> None:
        wait = self._next_turn.get(netloc, 0.0) - monotonic()
        if wait > 0:
            time.sleep(wait)
        self._next_turn[netloc] = monotonic() + self._gaps.get(netloc, 0.2)

    @contextmanager
    def _deadline(self, host: str) -> Iterator[None]:
        """Cut the connection off when the whole exchange takes too long."""
        passed = threading.Event()

        def cut() -> None:
            passed.set()
            self._guard.cut()

        timer = threading.Timer(self._patience.whole, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (RequestException, HTTPError, OSError):
            if not passed.is_set():
                raise
        finally:
            timer.cancel()
            self._guard.sweep()
        # a reply of unstated length that was cut off looks whole: it is not
        if passed.is_set():
            seconds = round(self._patience.whole)
            raise SourceError(
                SourceFault.UNREACHABLE, f"{host} did not finish its reply within {seconds} seconds"
            )


class _Passing(Exception):  # noqa: N818 - wraps an error, is none itself
    """Carries a failure that may be over in a moment."""

    def __init__(self, error: SourceError) -> None:
        super().__init__()
        self.error = error


def _accepted(request: _Request, status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Give the reply if its status says that it is one."""
    if 200 <= status < 300 or status in {_NOT_MODIFIED, *request.accept}:  # noqa: PLR2004 - the range of success
        return Reply(status, headers, body)
    host = request.host
    after = rules.retry_after(headers.get("retry-after"), utcnow())
    if status == 429:  # noqa: PLR2004 - too many requests
        message = f"{host} says that it was asked too often (status 429)"
        raise _Passing(SourceError(SourceFault.RATE_LIMITED, message, retry_after=after))
    message = f"{host} answered with status {status}"
    if status in {502, 503, 504}:
        raise _Passing(SourceError(SourceFault.UNREACHABLE, message, retry_after=after))
    kind = SourceFault.UNREACHABLE if status >= 500 else SourceFault.REFUSED  # noqa: PLR2004 - the server's own fault
    raise SourceError(kind, message, retry_after=after)


def _next_address(request: _Request, here: str, location: str | None) -> str:
    """Check where a redirect leads; the connection to it is checked when it is made."""
    if not request.follow:
        raise SourceError(
            SourceFault.REFUSED,
            f"{request.host} redirected a request that must not be; check base_url",
        )
    there = urlsplit(urljoin(here, location or ""))
    if not location or there.scheme not in {"http", "https"} or not there.netloc:
        raise SourceError(SourceFault.REFUSED, f"{request.host} redirected to no usable address")
    if urlsplit(here).scheme == "https" and there.scheme == "http":
        raise SourceError(
            SourceFault.REFUSED, f"{request.host} redirected to an unprotected address"
        )
    return there.geturl()


def _read(reply: requests.Response, request: _Request) -> bytes:
    """Read the body up to the limit, counted after decompression.

    Raises:
        SourceError: it is longer; the rest is never fetched.
    """
    parts, size = [], 0
    for part in reply.iter_content(_CHUNK):
        size += len(part)
        if size > request.limit:
            mebibytes = request.limit / (1024 * 1024)
            raise SourceError(
                SourceFault.MALFORMED, f"{request.host} sent more than {mebibytes:g} MiB"
            )
        parts.append(part)
    return b"".join(parts)


@contextmanager
def _failures_named(host: str) -> Iterator[None]:
    """Say in our own words why there is no reply; the library's text may hold the address asked."""
    try:
        yield
    except ForbiddenAddress:
        message = f"{host} has an address or port that may not be reached"
        raise SourceError(SourceFault.REFUSED, message) from None
    except requests.exceptions.SSLError:
        message = f"{host} cannot prove who it is (its certificate is not valid)"
        raise SourceError(SourceFault.REFUSED, message) from None
    except requests.exceptions.Timeout:
        message = f"{host} did not answer in time"
        raise _Passing(SourceError(SourceFault.UNREACHABLE, message)) from None
    except requests.exceptions.ContentDecodingError:
        message = f"{host} sent a reply whose compression is damaged"
        raise SourceError(SourceFault.MALFORMED, message) from None
    except requests.exceptions.ChunkedEncodingError:
        message = f"{host} ended the connection before the whole reply"
        raise _Passing(SourceError(SourceFault.INCOMPLETE, message)) from None
    except requests.exceptions.ConnectionError:
        message = f"{host} cannot be reached"
        raise _Passing(SourceError(SourceFault.UNREACHABLE, message)) from None
    except (RequestException, HTTPError, OSError, ValueError):
        message = f"{host} cannot be asked: check its address in the settings"
        raise SourceError(SourceFault.UNREACHABLE, message) from None


def _user_agent(contact: str) -> str:
    """Name the tool and whom to write to, as the sources ask of polite clients."""
    plain = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()")[:200]
    tool = f"gap-monitor/{version('gap-monitor')}"
    return f"{tool} (mailto:{plain})" if plain else tool
