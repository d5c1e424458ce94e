"""A mail server for tests of sending: it takes connections on loopback; what it says is its test's own."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import BinaryIO, Self

_NEVER = 10**9


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


class ScriptedMailServer(MailServer):
    """A server that answers each command by its first word, and notes what it was told.

    A reply of None closes the connection. ``.`` is the end of the message; ``letters`` is what came
    before it.
    """

    def __init__(self, *, wait: float = 0.0, **replies: str | None) -> None:
        super().__init__()
        self.wait = wait
        usual: dict[str, str | None] = {
            "EHLO": "250-here\r\n250 SIZE",
            "MAIL": "250 ok",
            "RCPT": "250 ok",
            "DATA": "354 go on",
            ".": "250 kept",
            "RSET": "250 ok",
            "QUIT": "221 bye",
        }
        self.replies = usual | replies
        self.told: list[str] = []
        self.letters: list[bytes] = []

    def talk(self, connection: socket.socket, lines: BinaryIO) -> None:
        """Answer line by line, whatever else has come by then."""
        if self.replies.get("greeting", "") is None:
            return
        time.sleep(self.wait)
        connection.sendall(b"220 here\r\n")
        for line in lines:
            word = line.split()[0].decode("latin-1").upper() if line.strip() else ""
            self.told.append(line.decode("latin-1").strip())
            if not self._answer(connection, word):
                return
            if word == "DATA" and str(self.replies[word]).startswith("354"):
                content = _up_to_the_dot(lines)
                if content is None:
                    return
                self.letters.append(content)
                self.told.append(".")
                if not self._answer(connection, "."):
                    return

    def _answer(self, connection: socket.socket, word: str) -> bool:
        """Give the reply to a word; False where it ends the connection."""
        reply = self.replies.get(word, "500 what")
        if reply is not None:
            connection.sendall(reply.encode() + b"\r\n")
        return reply is not None and word != "QUIT"


class BusyMailServer(MailServer):
    """Meets all connections at once, each in a thread of its own."""

    def meet(self, connection: socket.socket) -> None:
        """Talk with a client beside the others."""
        threading.Thread(target=super().meet, args=(connection,), daemon=True).start()


class CountingMailServer(BusyMailServer):
    """Takes connections at once, and keeps recipients and Message-IDs in the order they came.

    ``most``: further connections are turned away with 421. ``on_mail`` is called after each mail.
    """

    def __init__(
        self,
        most: int = _NEVER,
        on_mail: Callable[[list[str]], object] = lambda kept: None,
        ends_after: int = _NEVER,
        offers: str = "SIZE",
    ) -> None:
        super().__init__()
        self.offers = offers
        self.most, self.on_mail, self.ends_after = most, on_mail, ends_after
        self.kept: list[str] = []
        self.ids: list[bytes] = []
        self.at_once = self.highest = 0
        self.lock = threading.Lock()

    def talk(self, connection: socket.socket, lines: BinaryIO) -> None:
        """Take what one client brings, or turn it away."""
        with self.lock:
            self.at_once += 1
            turned_away = self.at_once > self.most
            if not turned_away:
                self.highest = max(self.highest, self.at_once)
        try:
            if turned_away:
                connection.sendall(b"421 4.7.0 too many connections\r\n")
            else:
                self._take(connection, lines)
        finally:
            with self.lock:
                self.at_once -= 1

    def _take(self, connection: socket.socket, lines: BinaryIO) -> None:
        recipient, mails = "", 0
        connection.sendall(b"220 here\r\n")
        for line in lines:
            verb = line.split()[0].upper()
            if verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if verb == b"DATA":
                connection.sendall(b"354 go on\r\n")
                content = _up_to_the_dot(lines)
                if content is None:
                    return
                mails += 1
                with self.lock:
                    self.kept.append(recipient)
                    self.ids.append(content.partition(b"Message-ID: ")[2].partition(b"\r\n")[0])
                    self.on_mail(self.kept)
            answers = {b"QUIT": "221 bye", b"EHLO": f"250-here\r\n250 {self.offers}"}
            connection.sendall(answers.get(verb, "250 ok").encode() + b"\r\n")
            if verb == b"QUIT" or mails >= self.ends_after:
                return


def _up_to_the_dot(lines: BinaryIO) -> bytes | None:
    """Read a message; None where the client hangs up before its end: it was never handed over."""
    content = list[bytes]()
    for line in lines:
        if line == b".\r\n":
            return b"".join(content)
        content.append(line)
    return None
