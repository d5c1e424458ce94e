"""The machinery under every stand-in: a loopback HTTP server with scripted faults and a log.

Listens on 127.0.0.1 only. Knows no dialect; the stand-ins of the sources are built on it.
"""

import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

_MAX_REQUEST = 1 << 20  # bytes of a request body


class Fault(StrEnum):
    """What an upstream can do instead of answering."""

    HTML = "html200"  # a maintenance page with status 200
    EMPTY = "empty200"
    ERROR_JSON = "error-json"  # the dialect's own error object with status 200
    TRUNCATED = "truncated"  # half a document, complete as HTTP
    UNAVAILABLE = "503"  # with Retry-After
    RATE_LIMITED = "429"
    HANG = "hang"  # accepts, then says nothing
    DROP = "drop"  # resets the connection
    SHORT = "short-count"  # declares more than it sends


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received. ``params`` joins the query string and a form body."""

    endpoint: str
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    body: bytes
    media_type: str = "text/html; charset=UTF-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


_CANNED = {
    Fault.HTML: Reply(b"<!doctype html><title>Maintenance</title><h1>Back soon</h1>"),
    Fault.EMPTY: Reply(b""),
    Fault.UNAVAILABLE: Reply(b"<h1>503</h1>", status=503, headers={"Retry-After": "1"}),
}

Hook = Callable[[Request], None]


class Moment(StrEnum):
    """When a hook runs."""

    BEFORE = "before"  # the request was read, nothing was sent
    MIDDLE = "middle"  # half of the body was sent


def json_reply(value: object, *, status: int = 200) -> Reply:
    """Make a JSON reply."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Reply(body, "application/json; charset=UTF-8", status)


class StandIn:
    """A source's stand-in. Subclasses name their endpoints and answer them.

    Use as a context manager, or call ``start`` and ``stop``. The port survives a stop, so that a
    source can go away and come back at the same address.
    """

    name = "stand-in"

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0
        self._lock = threading.Lock()
        self._faults: list[_Scripted] = []
        self._hooks: list[tuple[str, Moment, Hook]] = []
        self._released = threading.Event()
        self.log: list[Request] = []

    @property
    def root(self) -> str:
        """Scheme, host and port, without a path."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen on the port of before, or on any free one."""
        self._released.clear()
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port and let every hanging request go."""
        self._released.set()
        if self._server and self._thread:
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

        ``endpoint`` as in the log ("pubmed/efetch"); a part of it ("pubmed") means all below.
        """
        with self._lock:
            self._faults.append(_Scripted(endpoint, Fault(kind), times))

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
        """Give the requests to an endpoint so far."""
        with self._lock:
            return [request for request in self.log if _below(request.endpoint, endpoint)]

    def forget(self) -> None:
        """Empty the log."""
        with self._lock:
            self.log.clear()

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path; None where there is none."""
        raise NotImplementedError

    def answer(self, request: Request) -> Reply:
        """Answer in the source's dialect."""
        raise NotImplementedError

    def error(self) -> Reply:
        """Give the dialect's own error object, sent with status 200."""
        return json_reply({"error": "the stand-in was told to fail"})

    def rate_limited(self, request: Request) -> Reply:  # noqa: ARG002 - a dialect may echo it
        """Give the dialect's answer to too many requests."""
        return Reply(b"Too many requests", "text/plain", 429)

    def record(self, request: Request) -> Request:
        """Log a request, with the fault that awaits it."""
        with self._lock:
            waiting = [script for script in self._faults if script.awaits(request.endpoint)]
            kind = waiting[0].use() if waiting else None
            noted = replace(request, fault=kind)
            self.log.append(noted)
        return noted

    def run_hooks(self, request: Request, moment: Moment) -> None:
        """Call the hooks of one moment of one request."""
        with self._lock:
            due = [
                hook
                for where, when, hook in self._hooks
                if when is moment and _below(request.endpoint, where)
            ]
        for hook in due:
            hook(request)

    def reply(self, request: Request) -> Reply | None:
        """Answer, or fail as scripted; None: never answer."""
        match request.fault:
            case Fault.ERROR_JSON:
                return self.error()
            case Fault.RATE_LIMITED:
                return self.rate_limited(request)
            case Fault.HANG:
                self._released.wait()
            case Fault.TRUNCATED:
                whole = self.answer(request)
                return replace(whole, body=whole.body[: len(whole.body) // 2])
            case None | Fault.SHORT:
                return self.answer(request)
            case _:
                pass
        return _CANNED.get(request.fault)


@dataclass(slots=True)
class _Scripted:
    endpoint: str
    kind: Fault
    left: int | None

    def awaits(self, endpoint: str) -> bool:
        return self.left != 0 and _below(endpoint, self.endpoint)

    def use(self) -> Fault:
        if self.left is not None:
            self.left -= 1
        return self.kind


def _below(endpoint: str, prefix: str) -> bool:
    return not prefix or endpoint == prefix or endpoint.startswith(prefix + "/")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a hanging request must not keep the test

    def __init__(self, address: tuple[str, int], stand_in: StandIn) -> None:
        super().__init__(address, _Handler)
        self.stand_in = stand_in

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client was killed in mid-answer; let every other error be seen."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed's private union


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        self._handle({})

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _MAX_REQUEST)
        self._handle(dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)))

    def _handle(self, form: dict[str, str]) -> None:
        stand_in, parts = self.server.stand_in, urlsplit(self.path)
        endpoint = stand_in.endpoint(parts.path)
        if endpoint is None:
            self._send(Reply(b"<h1>404</h1>", status=404), None)
            return
        params = dict(parse_qsl(parts.query, keep_blank_values=True)) | form
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Request(endpoint, self.command, parts.path, params, headers)
        request = stand_in.record(seen)
        stand_in.run_hooks(request, Moment.BEFORE)
        reply = stand_in.reply(request)
        if reply is None:
            self._reset()
        else:
            self._send(reply, request)

    def _send(self, reply: Reply, request: Request | None) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 304:  # noqa: PLR2004 - a 304 has no body
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        half = len(reply.body) // 2
        self.wfile.write(reply.body[:half])
        self.wfile.flush()
        if request:
            self.server.stand_in.run_hooks(request, Moment.MIDDLE)
        self.wfile.write(reply.body[half:])

    def _reset(self) -> None:
        """Close with a TCP reset: linger on, for no time."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        # the base class flushes these after the handler: they must not mind
        self.wfile = _Nowhere()  # type: ignore[assignment]  # only flush and close are called

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the request log is ``StandIn.log``."""


class _Nowhere:
    closed = True

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
