"""A loopback server that answers as scripted, faults included; and the clients that ask it."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from monitor.feeds.http.client import Http, Patience
from monitor.feeds.sources import SourceContext
from monitor.feeds.watermarks import Query
from monitor.kernel.settings import parse
from monitor.kernel.source_settings import SourcesSettings

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


class Handler(BaseHTTPRequestHandler):
    """Answers one connection as ``upstream`` says."""

    protocol_version = "HTTP/1.1"

    def __init__(self, upstream: "Upstream", *args: Any) -> None:
        self.upstream = upstream
        with contextlib.suppress(OSError):  # the client may have left: that is what is tested
            super().__init__(*args)

    def do_GET(self) -> None:
        scripted = self.upstream.next_answer(self._asked())
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

    def do_POST(self) -> None:
        self.do_GET()

    def _asked(self) -> Asked:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Asked(self.command, split.path, dict(parse_qsl(body or split.query)), headers)

    def log_message(self, *args: object) -> None:
        return


class Upstream:
    """The server: answers from a list, then from ``answer`` for the rest."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.script: list[Scripted] = []
        self.answer: Callable[[Asked], Scripted] = lambda asked: Scripted(status=404)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, self))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
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

    def next_answer(self, asked: Asked) -> Scripted:
        self.asked.append(asked)
        return self.script.pop(0) if self.script else self.answer(asked)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def make_upstream() -> Iterator[Callable[..., Upstream]]:
    made: list[Upstream] = []

    def make(tls: ssl.SSLContext | None = None) -> Upstream:
        made.append(Upstream(tls))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def upstream(make_upstream: Callable[..., Upstream]) -> Upstream:
    return make_upstream()


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
def http(make_http: Callable[..., Http]) -> Http:
    return make_http()


@pytest.fixture
def make_registry(upstream, make_http, tmp_path):
    """Build a registry's source over the scripted server, for one intervention's query."""

    def make(registry: Any, path: str, query: Query, today: date) -> Any:
        name = registry.__name__.rpartition(".")[2]
        values = {"allow_loopback": True, name: {"base_url": f"{upstream.url}/{path}"}}
        settings = parse({"sources": values}, folder=tmp_path)
        interventions = [SimpleNamespace(slug=query.key, queries={name: query.text})]
        catalogue: Any = SimpleNamespace(interventions=interventions)
        http = make_http()
        built = registry.build(SourceContext(settings, catalogue, http, today))
        http.pace(upstream.url, 10_000)
        return built

    return make
