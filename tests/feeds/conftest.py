"""A loopback server that answers as scripted, faults included; and the clients that ask it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from monitor.feeds.http import Http, Patience
from monitor.kernel.settings import SourcesSettings

IMPATIENT = Patience(connect=2, read=2, whole=5, tries=2, pause=0.01, longest_pause=0.5)


@dataclass
class Asked:
    """One request the server got."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]


@dataclass
class Scripted:
    """One answer: ``send`` replaces the ordinary way of sending, to misbehave."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    send: Callable[[BaseHTTPRequestHandler], None] | None = None


class Upstream:
    """The server: answers from a list, then from ``answer`` for the rest."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: list[Scripted] = []
        self.answer: Callable[[Asked], Scripted] = lambda asked: Scripted(status=404)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.released = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def says(
        self,
        body: bytes = b"",
        status: int = 200,
        headers: dict[str, str] | None = None,
        send: Callable[[BaseHTTPRequestHandler], None] | None = None,
    ) -> Scripted:
        return Scripted(body, status, headers or {}, send)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                split = urlsplit(self.path)
                asked = Asked(
                    self.command,
                    split.path,
                    dict(parse_qsl(body or split.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                )
                upstream.asked.append(asked)
                scripted = upstream.script.pop(0) if upstream.script else upstream.answer(asked)
                if scripted.send:
                    scripted.send(self)
                    self.close_connection = True
                    return
                self.send_response(scripted.status)
                for name, value in scripted.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(scripted.body)))
                self.end_headers()
                self.wfile.write(scripted.body)

            do_POST = do_GET

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def finish(self) -> None:
                try:
                    super().finish()
                except OSError:
                    self.close_connection = True

            def log_message(self, *args: object) -> None:
                return

        return Handler


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.close()


@pytest.fixture
def make_http() -> Iterator[Callable[..., Http]]:
    made: list[Http] = []

    def make(patience: Patience = IMPATIENT, **settings: object) -> Http:
        values = {"allow_loopback": True, "contact": "curator@example.org", **settings}
        client = Http(SourcesSettings.model_validate(values), patience)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def http(make_http) -> Http:
    return make_http()
