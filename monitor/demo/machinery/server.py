"""The machinery under every stand-in: scripted faults, hooks, rate limits and a log of requests.

Listens on 127.0.0.1 only. Knows no dialect; the stand-ins of the sources are built on it.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import urlencode

from monitor.demo.machinery import faults
from monitor.demo.machinery.exchange import Log, Moment, Request, StandInReply, below, json_reply
from monitor.demo.machinery.faults import Fault, Scripted, Senseless
from monitor.demo.machinery.limits import Allowance, Limiter
from monitor.demo.machinery.wire import StandInServer
from monitor.kernel.clock import utcnow

Hook = Callable[[Request], None]

_CANNED = {
    Fault.HTML: StandInReply(b"<!doctype html><title>Maintenance</title><h1>Back soon</h1>"),
    Fault.EMPTY: StandInReply(b""),
    Fault.SERVER_ERROR: StandInReply(b"<h1>500 Internal Server Error</h1>", status=500),
    Fault.UNAVAILABLE: StandInReply(b"<h1>503</h1>", status=503, headers={"Retry-After": "1"}),
}
_NOT_FOUND = StandInReply(b"<h1>404</h1>", status=404)


class StandIn:
    """A source's stand-in. Subclasses name their endpoints and answer them.

    Use as a context manager, or call ``start`` and ``stop``. The port survives a stop, so that a
    source can go away and come back at the same address. With ``limited`` it refuses who asks
    faster than the real one lets.
    """

    name = "stand-in"
    methods: ClassVar[frozenset[str]] = frozenset({"GET"})
    # by endpoint, the faults that this dialect can have there beside those of any wire
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {}

    def __init__(self) -> None:
        self.limited = False
        self.drip_seconds = 1.0
        self.elsewhere = "http://169.254.169.254/latest/meta-data/"  # where a redirect may lead
        self.log = Log()
        self._server: StandInServer | None = None
        self._thread: threading.Thread | None = None
        self._port = 0
        self._lock = threading.Lock()
        self._limiter = Limiter()
        self._faults: list[Scripted] = []
        self._hooks: list[tuple[str, Moment, Hook]] = []
        self._released = threading.Event()

    @property
    def root(self) -> str:
        """Scheme, host and port, without a path."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen on the port of before, or on any free one."""
        self._released.clear()
        self._server = StandInServer(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port and let every hanging request go."""
        self._released.set()
        if self._server and self._thread:
            with suppress(OSError):  # where a listening socket cannot be shut: it polls
                self._server.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread at once
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def fault(self, endpoint: str, kind: Fault | str, times: int | None = 1) -> None:
        """Let the next ``times`` requests to an endpoint fail; None: until cleared.

        ``endpoint`` as in the log ("pubmed/efetch"); a part of it ("pubmed") means all below
        that can have such a fault.

        Raises:
            Senseless: no endpoint there can have it; says which ones can.
        """
        kind = Fault(kind)
        can = [place for place in self.endpoints() if kind in self._faults_of(place)]
        if not any(below(place, endpoint) for place in can):
            having = ", ".join(can) or "none of this stand-in's endpoints"
            raise Senseless(f"{endpoint!r} cannot have the fault {kind.value!r}; {having} can")
        with self._lock:
            self._faults.append(Scripted(endpoint, kind, times))

    def clear(self) -> None:
        """Forget every fault and hook not used up."""
        with self._lock:
            self._faults.clear()
            self._hooks.clear()

    def on_request(self, endpoint: str, hook: Hook, moment: Moment | str = Moment.BEFORE) -> None:
        """Call ``hook`` at a moment of every request to an endpoint, in the request's thread."""
        with self._lock:
            self._hooks.append((endpoint, Moment(moment), hook))

    def requests(self, endpoint: str = "") -> list[Request]:
        """Give the requests to an endpoint so far, each with what was sent to it."""
        return self.log.below(endpoint)

    def forget(self) -> None:
        """Empty the log."""
        self.log.clear()

    def endpoints(self) -> tuple[str, ...]:
        """Name every endpoint there is."""
        return tuple(self.own_faults)

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path; None where there is none."""
        raise NotImplementedError

    def answer(self, request: Request) -> StandInReply:
        """Answer in the source's dialect."""
        raise NotImplementedError

    def error(self) -> StandInReply:
        """Give the dialect's own error object, sent with status 200."""
        return json_reply({"error": "the stand-in was told to fail"})

    def rate_limited(self, request: Request) -> StandInReply:  # noqa: ARG002 - a dialect may echo it
        """Give the dialect's answer to too many requests."""
        return StandInReply(b"Too many requests", "text/plain", 429)

    def allowance(self, request: Request) -> Allowance | None:  # noqa: ARG002 - depends on it in some
        """Tell how often the real one lets this caller ask; None: it states no limit."""
        return None

    def headers(self, request: Request) -> Mapping[str, str]:  # noqa: ARG002 - depends on it in some
        """Give what the dialect puts on top of every reply, refusals included."""
        return {}

    def record(self, request: Request) -> Request:
        """Log a request, with the fault that awaits it."""
        possible = self._faults_of(request.endpoint)
        with self._lock:
            waiting = (
                script
                for script in self._faults
                if script.left != 0
                and script.kind in possible
                and below(request.endpoint, script.endpoints)
            )
            script = next(waiting, None)
            return self.log.add(replace(request, fault=script.use() if script else None))

    def turn(self, request: Request) -> AbstractContextManager[bool]:
        """Hold a request's turn; gives whether the caller may ask now."""
        return self._limiter.turn(self.allowance(request) if self.limited else None)

    def run_hooks(self, request: Request, moment: Moment) -> None:
        """Call the hooks of one moment of one request."""
        with self._lock:
            due = [
                hook
                for where, when, hook in self._hooks
                if when is moment and below(request.endpoint, where)
            ]
        for hook in due:
            hook(request)

    def wait(self, seconds: float) -> bool:
        """Pause; gives whether the stand-in was stopped meanwhile."""
        return self._released.wait(seconds)

    def reply(self, request: Request) -> StandInReply | None:
        """Answer, or fail as scripted; None: never answer."""
        if request.fault in {Fault.HANG, Fault.DROP}:
            if request.fault is Fault.HANG:
                self._released.wait()
            return None
        instead = self._instead(request)
        return _damaged(self._answered(request), request.fault) if instead is None else instead

    def _instead(self, request: Request) -> StandInReply | None:
        """Give what a fault sends in the place of any answer; None: the answer is made."""
        kind = request.fault
        if kind is None:
            return None
        if kind.value.startswith("429"):
            return self._refused(request, kind)
        if kind in {Fault.REDIRECT_LOOP, Fault.REDIRECT_ELSEWHERE}:
            return self._redirected(request)
        return self.error() if kind is Fault.ERROR_JSON else _CANNED.get(kind)

    def _answered(self, request: Request) -> StandInReply:
        if request.endpoint == f"{self.name}/unknown":
            return _NOT_FOUND
        if request.method not in self.methods:
            return StandInReply(b"<h1>405</h1>", status=405)
        return self.answer(request)

    def _refused(self, request: Request, kind: Fault) -> StandInReply:
        reply = self.rate_limited(request)
        if kind is Fault.RATE_LIMITED:
            return reply
        after = {"Retry-After": faults.retry_after(kind, utcnow())}
        return replace(reply, headers={**reply.headers, **after})

    def _redirected(self, request: Request) -> StandInReply:
        there = self.elsewhere
        if request.fault is Fault.REDIRECT_LOOP:
            there = f"{self.root}{request.path}?{urlencode(request.params)}"
        return StandInReply(b"", status=302, headers={"Location": there})

    def _faults_of(self, endpoint: str) -> frozenset[Fault]:
        own = (kinds for place, kinds in self.own_faults.items() if below(endpoint, place))
        return faults.ANY_WIRE.union(*own)


def _damaged(reply: StandInReply, kind: Fault | None) -> StandInReply:
    """Spoil a good reply as a fault of the wire does; any other leaves it as it is."""
    if kind is Fault.TRUNCATED:
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if kind is Fault.BOMB:
        headers = {**reply.headers, "Content-Encoding": "gzip"}
        return replace(reply, body=faults.bomb(), headers=headers)
    if kind in {Fault.CHARSET, Fault.UTF16}:
        return replace(reply, body=faults.recoded(reply.body, kind))
    return reply
