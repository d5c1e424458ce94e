"""A mail server that keeps nothing, and the plain path: what mail is measured against.

The plain path is what a simple script would do: one connection, one message after the other over
smtplib, and a commit for each that was accepted. It claims nothing, enters nothing into a ledger,
and would send everything again after a crash before its commit. Its messages are rendered before
the clock starts (``plain``), or one by one as they are sent (``plain_with_rendering``).

    python bench/mail_yardstick.py serve        prints its port, and serves until it is ended
"""

import asyncio
import contextlib
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monitor.kernel.persistence.database import Database

_ANSWERS = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while line := await reader.readline():
            verb = line[:4].upper()
            writer.write(_ANSWERS.get(verb, b"250 ok\r\n"))
            if verb == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 2.0.0 kept\r\n")
            if verb == b"QUIT":
                break
    writer.close()


async def _serve() -> None:
    server = await asyncio.start_server(_talk, "127.0.0.1", 0, limit=2**22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Run the server in a process of its own; gives its port."""
    command = [sys.executable, str(Path(__file__).resolve()), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ourselves
        try:
            yield int(server.stdout.readline() if server.stdout else 0)
        finally:
            server.terminate()


def plain(
    database: Database, port: int, letters: Sequence[tuple[int, str, Callable[[], bytes]]]
) -> float:
    """Send these (number, address, how to get the bytes) the plain way; gives messages a second."""
    accept = text("UPDATE message SET state = 'sent', sent_at = next_at, reply = :r WHERE id = :i")
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.ehlo()
        for number, address, letter in letters:
            server.sendmail("news@example.org", [address], letter())
            with database.write() as session:
                session.execute(accept, {"r": "250 2.0.0 kept", "i": number})
    return len(letters) / (time.perf_counter() - began)


if __name__ == "__main__" and sys.argv[1:] == ["serve"]:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve())
