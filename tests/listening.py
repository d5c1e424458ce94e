"""A mail server for tests of sending: it takes connections on loopback; what it says is its test's own."""

import contextlib
import socket
import threading
from typing import BinaryIO, Self


class MailServer:
    """Use as a context, with a ``talk`` of the test's own. Meets one connection after another."""

    def __init__(self) -> None:
        self.connections = 0  # taken so far
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def talk(self, connection: socket.socket, lines: BinaryIO) -> None:
        """Answer one client, line by line; the connection is closed when this returns."""
        raise NotImplementedError

    def meet(self, connection: socket.socket) -> None:
        """Talk with a client until it has gone."""
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            self.talk(connection, lines)

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self.meet(connection)


class BusyMailServer(MailServer):
    """Meets all connections at once, each in a thread of its own."""

    def meet(self, connection: socket.socket) -> None:
        """Talk with a client beside the others."""
        threading.Thread(target=super().meet, args=(connection,), daemon=True).start()
