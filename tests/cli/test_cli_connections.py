"""Connections that are only held open keep nobody out, and who is being answered is answered."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from monitor.cli import connections
from monitor.cli.serving import server_of
from monitor.kernel.settings import WebSettings

MOST, SECONDS = 4, 30.0
ASK = b"GET %s HTTP/1.1\r\nHost: here.example\r\n"


class Application:
    """Answers at once; what is asked at /slow when it is let go of."""

    def __init__(self) -> None:
        self.asked, self.may_end = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, str], start: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            self.asked.set()
            self.may_end.wait(SECONDS)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    yield made
    made.may_end.set()


@pytest.fixture
def opened(application, monkeypatch) -> Iterator[Callable[[], socket.socket]]:
    """Open a connection to a server on which few find room."""
    monkeypatch.setattr(connections, "MOST", MOST)
    server = server_of(application, WebSettings(port=0))
    loop = threading.Thread(target=server.run, daemon=True)
    loop.start()
    with contextlib.ExitStack() as held:

        def opening() -> socket.socket:
            where = ("127.0.0.1", int(server.effective_port))
            return held.enter_context(socket.create_connection(where, timeout=SECONDS))

        yield opening
    server.close()
    server.task_dispatcher.shutdown()
    loop.join(SECONDS)


def answer(connection: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"ok") and (more := connection.recv(1_000)):
        got += more
    return got


def is_closed(connection: socket.socket) -> bool:
    try:
        return answer(connection) == b""
    except ConnectionError:  # what was sent last was not read any more
        return True


def asked(connection: socket.socket, path: bytes = b"/") -> bytes:
    connection.sendall(ASK % path + b"\r\n")
    return answer(connection)


def test_whoever_comes_is_answered_however_many_hold_theirs_open(opened):
    held = [opened() for _ in range(3 * MOST)]
    for connection in held[::2]:
        with contextlib.suppress(OSError):  # it has made room already
            connection.sendall(ASK % b"/")  # and never the rest

    assert asked(opened()).endswith(b"ok")
    assert is_closed(held[0])  # the longest idle made room


def test_who_is_being_answered_keeps_their_place(opened, application):
    slow = opened()
    slow.sendall(ASK % b"/slow" + b"\r\n")
    assert application.asked.wait(SECONDS)

    for _ in range(3 * MOST):
        assert asked(opened()).endswith(b"ok")
    application.may_end.set()

    assert answer(slow).endswith(b"ok")


def test_a_letter_now_and_then_is_no_reason_to_stay(opened):
    slow, other = opened(), opened()
    assert asked(other).endswith(b"ok")  # so both are accepted, and this one is idle since later

    for _ in range(MOST - 1):
        with contextlib.suppress(OSError):  # the last finds it closed, as it may
            slow.sendall(b"G")
        assert asked(opened()).endswith(b"ok")

    assert is_closed(slow)
    assert asked(other).endswith(b"ok")
