"""The only way out: polite, bounded, checked. One client for one poll; not for several threads.

Never logs, raises or keeps text from upstream, nor an address with its query: a reply may echo
a key. Never follows a redirect for a request that carries one.
"""

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests import RequestException
from urllib3.exceptions import HTTPError

from monitor.feeds import rules
from monitor.feeds.http.connections import Guard, GuardedAdapter
from monitor.feeds.http.deadline import Deadline
from monitor.feeds.http.failures import Passing, failures_named
from monitor.feeds.http.pacing import TURNS, Breaker, host_of
from monitor.feeds.http.unpacking import ACCEPTED, unpacked
from monitor.kernel.clock import utcnow
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.process.log import log
from monitor.kernel.source_settings import SourcesSettings

FEED_LIMIT = 15 * 1024 * 1024  # bytes after decompression
API_LIMIT = 64 * 1024 * 1024

_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_NOT_MODIFIED = 304
_HOST_FAULTS = frozenset({SourceFault.UNREACHABLE, SourceFault.RATE_LIMITED})
_USUAL_GAP = 0.2  # seconds between two requests to a host


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
        """The host as messages call it."""
        try:
            return urlsplit(self.url).netloc.rpartition("@")[2]
        except ValueError:
            return "an address that is none"


class Http:
    """A client for the sources. Close it when the poll is over."""

    def __init__(
        self,
        settings: SourcesSettings,
        patience: Patience | None = None,
        *,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        """``before`` is called before every request; what it raises ends the asking."""
        self._patience = patience or Patience()
        self._before = before
        self._guard = Guard(allow_loopback=settings.allow_loopback)
        self._session = _Session()
        self._session.trust_env = False
        self._session.headers["Accept-Encoding"] = ACCEPTED
        self._session.headers["User-Agent"] = _user_agent(settings.contact)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, GuardedAdapter(self._guard))
        self.requests = 0  # sent so far, redirects and further tries included
        self._gaps: dict[str, float] = {}
        self._breaker = Breaker()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()
        self._guard.sweep(everything=True)

    def pace(self, url: str, per_second: float) -> None:
        """Ask the host of ``url`` at most so often; 5 times a second where nothing was said.

        Every client of this process waits for the same turns.
        """
        self._gaps[host_of(url)] = 1 / per_second

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
        return self._ask(
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
        return self._ask(_Request("POST", url, headers or {}, limit, False, data=data))  # noqa: FBT003 - a field

    def _ask(self, request: _Request) -> Reply:
        """Ask, unless the host has failed again and again just now."""
        host = host_of(request.url)
        if self._breaker.is_open(host):
            message = f"{request.host} failed again and again: it is left alone for now"
            raise SourceError(SourceFault.UNREACHABLE, message)
        try:
            reply = self._patiently(request)
        except SourceError as error:
            if error.kind in _HOST_FAULTS:
                self._breaker.failed(host)
            else:
                self._breaker.answered(host)
            raise
        self._breaker.answered(host)
        return reply

    def _patiently(self, request: _Request) -> Reply:
        """Ask again after a failure that may pass, a few times, ever later."""
        for attempt in range(1, self._patience.tries + 1):
            try:
                return self._follow(request)
            except Passing as passing:
                error, asked = passing.error, passing.error.retry_after
            pause = self._patience.pause * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing
            pause = max(pause, asked or 0)
            if attempt == self._patience.tries or pause > self._patience.longest_pause:
                raise error
            log.info("http.retry", host=request.host, fault=error.kind.value, seconds=round(pause))
            # the next turn is waited for: every client leaves a host in trouble alone so long
            TURNS.rest(host_of(request.url), pause)
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
        host = host_of(url)
        # connected only once a turn is near; it is taken when the request leaves
        TURNS.until_free(host)
        self._before()
        self.requests += 1
        with failures_named(request.host), self._deadline(request.host, host):
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

    @contextmanager
    def _deadline(self, name: str, host: str) -> Iterator[None]:
        """Cut the connection off when the whole exchange takes too long."""
        deadline = Deadline(self._patience.whole, self._guard.cut)

        @contextmanager
        def turn() -> Iterator[None]:
            with ExitStack() as taken:
                with deadline.paused():
                    taken.enter_context(TURNS.turn(host, self._gaps.get(host, _USUAL_GAP)))
                yield

        self._guard.turn = turn
        try:
            with deadline.run():
                yield
        except (RequestException, HTTPError, OSError):
            if not deadline.passed.is_set():
                raise
        finally:
            self._guard.sweep()
        # a reply of unstated length that was cut off looks whole: it is not
        if deadline.passed.is_set():
            seconds = round(self._patience.whole)
            raise SourceError(
                SourceFault.UNREACHABLE, f"{name} did not finish its reply within {seconds} seconds"
            )


class _Session(requests.Session):
    """Leaves redirects alone: even where told not to follow one, requests reads its whole body."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that nothing leads anywhere; we follow by hand, one checked step at a time."""


def _is_answer(request: _Request, status: int) -> bool:
    return 200 <= status < 300 or status in {_NOT_MODIFIED, *request.accept}  # noqa: PLR2004 - the range of success


def _accepted(request: _Request, status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Give the reply if its status says that it is one."""
    if _is_answer(request, status):
        return Reply(status, headers, body)
    host = request.host
    after = rules.retry_after(headers.get("retry-after"), utcnow())
    if status == 429:  # noqa: PLR2004 - too many requests
        message = f"{host} says that it was asked too often (status 429)"
        raise Passing(SourceError(SourceFault.RATE_LIMITED, message, retry_after=after))
    message = f"{host} answered with status {status}"
    if status in {502, 503, 504}:
        raise Passing(SourceError(SourceFault.UNREACHABLE, message, retry_after=after))
    kind = SourceFault.UNREACHABLE if status >= 500 else SourceFault.REFUSED  # noqa: PLR2004 - the server's own fault
    raise SourceError(kind, message, retry_after=after)


def _next_address(request: _Request, here: str, location: str | None) -> str:
    """Check where a redirect leads; the connection to it is checked when it is made."""
    if not request.follow:
        raise SourceError(
            SourceFault.REFUSED,
            f"{request.host} redirected a request that must not be; check base_url",
        )
    there = _joined(here, location) if location else None
    if there is None or there.scheme not in {"http", "https"} or not there.hostname:
        raise SourceError(SourceFault.REFUSED, f"{request.host} redirected to no usable address")
    if urlsplit(here).scheme == "https" and there.scheme == "http":
        raise SourceError(
            SourceFault.REFUSED, f"{request.host} redirected to an unprotected address"
        )
    return there.geturl()


def _joined(here: str, location: str) -> SplitResult | None:
    """Make out the address that a redirect means; None where it means none."""
    try:
        there = urlsplit(urljoin(here, location))
        there.port  # noqa: B018 - raises where it is no port
    except ValueError:
        return None
    return there


def _read(reply: requests.Response, request: _Request) -> bytes:
    """Read the body up to the limit, counted after decompression.

    Raises:
        SourceError: it is longer; the rest is never fetched.
    """
    parts, size = [], 0
    # what only tells of a failure is not looked at: however it is packed, its status counts
    wanted = _is_answer(request, reply.status_code)
    packed = reply.headers.get("content-encoding") if wanted else None
    for part in unpacked(reply.raw.stream(_CHUNK, decode_content=False), packed):
        size += len(part)
        if size > request.limit:
            mebibytes = request.limit / (1024 * 1024)
            raise SourceError(
                SourceFault.MALFORMED, f"{request.host} sent more than {mebibytes:g} MiB"
            )
        parts.append(part)
    return b"".join(parts)


def _user_agent(contact: str) -> str:
    """Name the tool and whom to write to, as the sources ask of polite clients."""
    plain = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()")[:200]
    tool = f"gap-monitor/{version('gap-monitor')}"
    return f"{tool} (mailto:{plain})" if plain else tool
