"""Serves a world as shipped and measures what its pages take.

python bench/parts/pages_measured.py URL FOLDER [computing]        serves it, until its input ends
"""

import compileall
import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask, Response
from sqlalchemy import event, text

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from monitor.cli import serving  # noqa: E402 - found through the path set above
from monitor.kernel.persistence.database import Database, affected  # noqa: E402 - the same
from monitor.web.app import create_app  # noqa: E402 - the same
from parts.pages_asked import Page  # noqa: E402 - the same
from parts.pages_kept import service_of  # noqa: E402 - the same
from parts.pages_world import SESSIONS, token_of  # noqa: E402 - the same

CONNECTIONS, LEAST = SESSIONS, 24
BETWEEN_COMMITS = 0.1  # seconds


@dataclass(frozen=True)
class Asking:
    """Where pages are asked for, how long to wait for one, and for how long to ask over 8 connections."""

    port: int
    patience: float
    seconds: float = 3.0

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)


@dataclass
class Anew:
    """What was measured of a page where something had been committed, in ms.

    ``made``: the processor's time where it was made wholly anew; None: it was not measured.
    """

    late: float
    statements: int
    database: float
    cpu: float
    made: float | None


@dataclass
class Figure:
    """What was measured of a page while nothing was committed, in ms; ``anew`` else."""

    page: Page
    median: float
    late: float
    alone: float
    cpu: float
    anew: Anew | None = None


def serve(url: str, folder: Path, *, computing: bool) -> None:
    """Serve a world in this process, as ``gap-monitor serve`` does; prints the port.

    ``computing``: beside pages a thread computes all the time, as a job does that reads papers anew.
    """
    if computing:
        threading.Thread(target=_compute, daemon=True).start()
    database = Database(url)
    service = service_of(database, folder)
    app = create_app(service)
    _tell_statements(app, database)
    web = service.settings.web.model_copy(update={"host": "127.0.0.1", "port": 0})
    server = serving.server_of(app, web)
    print(server.effective_port, flush=True)
    threading.Thread(target=_end_with_who_began_it, daemon=True).start()
    serving.answer(server)


def _compute() -> None:
    number = 0
    while True:
        number = (number + 1) % 1_000


def _end_with_who_began_it() -> None:
    sys.stdin.read()
    os._exit(0)


def _tell_statements(app: Flask, database: Database) -> None:
    """Put into every answer's head how many statements it took and for how long."""
    spent = threading.local()

    @event.listens_for(database.engine, "before_cursor_execute")
    def _begun(*_: object) -> None:
        spent.began = time.perf_counter()

    @event.listens_for(database.engine, "after_cursor_execute")
    def _ended(*_: object) -> None:
        spent.count = getattr(spent, "count", 0) + 1
        spent.took = getattr(spent, "took", 0.0) + time.perf_counter() - spent.began

    def _anew() -> None:
        spent.count, spent.took, spent.cpu = 0, 0.0, time.thread_time()

    # before it is found out who is asking: that is a part of each page
    app.before_request_funcs.setdefault(None, []).insert(0, _anew)

    @app.after_request
    def _told(answer: Response) -> Response:
        cpu = time.thread_time() - getattr(spent, "cpu", 0.0)
        told = (getattr(spent, "count", 0), 1000 * getattr(spent, "took", 0.0), 1000 * cpu)
        answer.headers["X-Statements"] = " ".join(f"{one:.2f}" for one in told)
        return answer


@contextlib.contextmanager
def served(url: str, folder: Path, *, computing: bool = False) -> Iterator[int]:
    """Serve a world in a process of its own, as ``serve`` does; gives the port."""
    command = [sys.executable, __file__, url, str(folder), *(["computing"] if computing else [])]
    # its input ends with this process, however that ends, and so does it
    process = subprocess.Popen(  # noqa: S603 - ourselves
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def ask(
    connection: http.client.HTTPConnection, page: Page, number: int = 0
) -> tuple[int, list[float]]:
    """Ask a page, as the session of this number; gives the status and what it took of the server."""
    headers = {"Cookie": f"session={token_of(page.who, number)}"} if page.who else {}
    if page.tag:
        headers["If-None-Match"] = page.tag
    connection.request("GET", page.path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, [float(one) for one in answer.getheader("X-Statements", "0 0 0").split()]


def measure(asking: Asking, page: Page, database: Database | None = None) -> Figure:
    """Ask one page over one connection, and then over eight; and the same while ``database`` is written to."""
    patience = asking.patience
    told: list[list[float]] = []
    alone = _times(asking, page, 1, told)
    took = _times(asking, page, CONNECTIONS, []) or [patience * 1000]
    figure = Figure(
        page,
        statistics.median(took),
        _late(took),
        statistics.median(alone) if alone else patience * 1000,
        statistics.median(cpu for _, _, cpu in told) if told else 0.0,
    )
    if database is not None:
        figure.anew = _anew(asking, page, database)
    return figure


def _anew(asking: Asking, page: Page, database: Database) -> Anew:
    told: list[list[float]] = []
    made: list[float] = []
    connection = asking.connect()
    with contextlib.suppress(OSError):
        for number in range(LEAST):
            commit(database)
            told.append(ask(connection, page)[1])
            if page.who:
                commit(database)
                made.append(ask(connection, _never_asked(page, number))[1][2])
    connection.close()
    with committing(database):
        took = _times(asking, page, CONNECTIONS, []) or [asking.patience * 1000]
    count, in_sql, cpu = (statistics.median(one) for one in zip(*told or [[0.0] * 3], strict=True))
    return Anew(_late(took), int(count), in_sql, cpu, statistics.median(made) if made else None)


def _never_asked(page: Page, number: int) -> Page:
    """Give the same page under an address of which nothing can be kept: those signed in have one each."""
    return replace(page, path=f"{page.path}{'&' if '?' in page.path else '?'}bench={number}")


def commit(database: Database) -> None:
    """Commit what a job leaves whenever it ran. (SQLite commits nothing where a row stays as it is.)"""
    ran = "UPDATE job SET took_seconds = coalesce(took_seconds, 0) + 1 WHERE name = 'deliver'"
    with database.write() as session:
        affected(session.execute(text(ran)), expected=1)


@contextlib.contextmanager
def committing(database: Database) -> Iterator[None]:
    """Commit again and again meanwhile."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(BETWEEN_COMMITS):
            commit(database)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def _late(took: list[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(0.95 * len(took)))]


def _times(asking: Asking, page: Page, connections: int, told: list[list[float]]) -> list[float]:
    took: list[float] = []
    until = time.monotonic() + asking.seconds / (1 if connections > 1 else 3)

    def work(number: int) -> None:
        connection = asking.connect()
        with contextlib.suppress(OSError):
            ask(connection, page, number)  # the first finds nothing warm
            while time.monotonic() < until or len(took) < LEAST:
                began = time.perf_counter()
                status, said = ask(connection, page, number)
                took.append(1000 * (time.perf_counter() - began))
                if status != (304 if page.tag else 200):
                    raise SystemExit(f"{page.path} answered {status}")
                told.append(said)
                if time.monotonic() > until + 2 * asking.patience:
                    break
        connection.close()

    workers = [
        threading.Thread(target=work, args=(number,), daemon=True) for number in range(connections)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return took


def command_line(url: str, folder: Path) -> Figure:
    """Time ``gap-monitor status --json``, start and all, compiled before as `make` leaves it."""
    config = folder / "bench.toml"
    config.write_text(f'[database]\nurl = "{url}"\n')
    took: list[float] = []
    compileall.compile_dir(str(ROOT / "monitor"), quiet=1)
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "monitor", "--config", str(config), "status", "--json"],
            cwd=ROOT,
            check=False,
            stdout=subprocess.DEVNULL,
        )
        took.append(1000 * (time.perf_counter() - began))
    page = Page("status --json", "", None, 500)
    return Figure(page, statistics.median(took), max(took), statistics.median(took), 0.0)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), computing=sys.argv[3:] == ["computing"])
