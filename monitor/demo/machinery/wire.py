"""The HTTP under every stand-in: sockets, headers, bytes, and those faults that are of the wire.

Listens on 127.0.0.1 only.
"""

import socket
import struct
import sys
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from monitor.demo.machinery.exchange import Moment, Request, StandInReply
from monitor.demo.machinery.faults import Fault

if TYPE_CHECKING:
    from monitor.demo.machinery.server import StandIn

_MAX_REQUEST = 1 << 20  # bytes of a request body
_NOT_MODIFIED = 304


class StandInServer(ThreadingHTTPServer):
    """Listens for one stand-in."""

    daemon_threads = True
    block_on_close = False  # a hanging request must not keep the test

    def __init__(self, address: tuple[str, int], stand_in: "StandIn") -> None:
        super().__init__(address, _Handler)
        self.stand_in = stand_in

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client was killed in mid-answer; let every other error be seen."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed's private union


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandInServer
    timeout = 30

    def do_GET(self) -> None:
        self._handle({})

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _MAX_REQUEST)
        self._handle(dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)))

    def _handle(self, form: dict[str, str]) -> None:
        stand_in = self.server.stand_in
        request = stand_in.record(self._request(form))
        with stand_in.turn(request) as granted:
            stand_in.run_hooks(request, Moment.BEFORE)
            reply = stand_in.reply(request) if granted else stand_in.rate_limited(request)
            if reply is None:
                self._reset()
            else:
                headers = {**stand_in.headers(request), **reply.headers}
                self._send(replace(reply, headers=headers), request)

    def _request(self, form: dict[str, str]) -> Request:
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True)) | form
        headers = {name.lower(): value for name, value in self.headers.items()}
        stand_in = self.server.stand_in
        endpoint = stand_in.endpoint(parts.path) or f"{stand_in.name}/unknown"
        return Request(endpoint, self.command, parts.path, params, headers)

    def _send(self, reply: StandInReply, request: Request) -> None:
        stand_in = self.server.stand_in
        stand_in.log.sending(request, reply.status, 0)
        self._send_head(reply)
        if request.fault is Fault.DRIP:
            self._drip(reply, request)
            return
        half = len(reply.body) // 2
        self._write(reply, request, reply.body[:half])
        stand_in.run_hooks(request, Moment.MIDDLE)
        self._write(reply, request, reply.body[half:])

    def _send_head(self, reply: StandInReply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != _NOT_MODIFIED:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _write(self, reply: StandInReply, request: Request, body: bytes) -> None:
        log = self.server.stand_in.log
        log.sending(request, reply.status, len(body))
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            log.sending(request, reply.status, -len(body))
            raise

    def _drip(self, reply: StandInReply, request: Request) -> None:
        """Send byte by byte, until the reader or the stand-in has had enough."""
        for at in range(len(reply.body)):
            if self.server.stand_in.wait(self.server.stand_in.drip_seconds):
                self._reset()
                return
            self._write(reply, request, reply.body[at : at + 1])

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
