"""A mail server that keeps nothing, and the plain path: what mail is measured against.

The plain path is what a simple script would do: one connection, one message after the other over
smtplib, and a commit for each that was accepted. It claims nothing, enters nothing into a ledger,
and would send everything again after a crash before its commit. What it sends may be bytes that
were ready before the clock started, or made as they are sent: an ``EmailMessage``, or all of a mail.

    python bench/parts/mail_yardstick.py serve [FILE]        prints its port, and serves until it is ended
"""

import asyncio
import contextlib
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TextIO, cast

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitor.kernel.persistence.database import Database

_ANSWERS = {
    b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_END = b"\r\n.\r\n"
SENDER = "news@example.org"


class _Sink(asyncio.Protocol):
    """Takes mail; one answer to all that came together, as RFC 2920 asks. Notes whom it was for."""

    def __init__(self, kept: TextIO | None) -> None:
        self.kept, self.got, self.to, self.content = kept, bytearray(), b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.out = cast("asyncio.Transport", transport)
        self.out.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.got += data
        said = bytearray()
        while (answer := self._next()) is not None:
            said += answer
        if said:
            self.out.write(said)
        if said.endswith(_ANSWERS[b"QUIT"]):
            self.out.close()

    def _next(self) -> bytes | None:
        """Answer the next command or message that came whole."""
        end = _END if self.content else b"\r\n"
        taken, found, rest = self.got.partition(end)
        if not found:
            return None
        self.got = rest
        if self.content:
            self.content = False
            if self.kept:
                print(self.to.decode(), file=self.kept, flush=True)
            return b"250 2.0.0 kept\r\n"
        verb = bytes(taken[:4].upper())
        self.content = verb == b"DATA"
        self.to = bytes(taken) if verb == b"RCPT" else self.to
        return _ANSWERS.get(verb, b"250 ok\r\n")


async def _serve(path: str | None) -> None:
    kept = open(path, "a") if path else None  # noqa: SIM115, PTH123 - open until it is ended
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Sink(kept), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def sink(kept: Path | None = None) -> Iterator[int]:
    """Run the server in a process of its own, noting in a file whom mail was for; gives its port."""
    command = [
        sys.executable,
        str(Path(__file__).resolve()),
        "serve",
        *([str(kept)] if kept else []),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ourselves
        try:
            yield int(server.stdout.readline() if server.stdout else 0)
        finally:
            server.terminate()


@dataclass(slots=True)
class Rate:
    """How many messages went in how many seconds, and at how many of this process's processor."""

    messages: int = 0
    seconds: float = 0.0
    work: float = 0.0

    @property
    def a_second(self) -> float:
        """How many go in a second."""
        return self.messages / self.seconds

    @property
    def work_each(self) -> float:
        """Microseconds of the processor for each."""
        return 1e6 * self.work / self.messages

    @contextlib.contextmanager
    def of(self, messages: int) -> Iterator[None]:
        """Add so many, sent meanwhile."""
        began, worked = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - began
        self.work += time.process_time() - worked
        self.messages += messages


Letter = tuple[int, str, Callable[[], bytes | EmailMessage]]


def plain(database: Database, port: int, letters: Sequence[Letter], rate: Rate) -> None:
    """Send these (number, address, how to get it) the plain way, and add them to a rate."""
    accept = text("UPDATE message SET state = 'sent', sent_at = next_at, reply = :r WHERE id = :i")
    with rate.of(len(letters)), smtplib.SMTP("127.0.0.1", port) as server:
        server.ehlo()
        for number, address, made in letters:
            letter = made()
            if isinstance(letter, bytes):
                server.sendmail(SENDER, [address], letter)
            else:
                server.send_message(letter, SENDER, [address])
            with database.write() as session:
                session.execute(accept, {"r": "250 2.0.0 kept", "i": number})


def written(port: int, letters: Sequence[Callable[[], EmailMessage]]) -> tuple[float, float]:
    """Write and send these, one after the other; gives messages a second, and seconds at work.

    Nothing is noted of what was sent: after a crash all would be sent again.
    """
    began, worked = time.perf_counter(), time.process_time()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for letter in letters:
            server.send_message(letter())
    return len(letters) / (time.perf_counter() - began), time.process_time() - worked


if __name__ == "__main__" and sys.argv[1:2] == ["serve"]:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(sys.argv[2] if sys.argv[2:] else None))
