"""A thousand services answer at 20 a second: no error, none lost, and what a return costs.

    python bench/returns.py [--returns 1000] [--rate 20]

Serves the application with waitress as shipped, on SQLite, with as many services asked as answer. Each
answers as a browser does: it opens its link, sends the three pages and reads what it said, by a
connection and a cookie of its own; a new one begins every 1/20 s, whether the others are done or not.
Then the collection is closed, and its wave counted. Prints the times of a whole return, by how much the
last one was late, the server's processor time for a return, and its ratio to as many requests for a page
that is a template and nothing else. Ends with status 1 where anything was answered wrongly, a return
is missing, or the ratio is above the budget.
"""

import argparse
import http.client
import logging
import queue
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import structlog
from flask import Response

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor import workflow  # noqa: E402 - found through the path set above
from monitor.catalogue import loader  # noqa: E402 - the same
from monitor.catalogue import service as catalogue_service  # noqa: E402 - the same
from monitor.cli import serving  # noqa: E402 - the same
from monitor.kernel import settings as settings_module  # noqa: E402 - the same
from monitor.kernel.clock import utcnow  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same
from monitor.literature.matching.matcher import Matcher  # noqa: E402 - the same
from monitor.ops import schema  # noqa: E402 - the same
from monitor.service import Service  # noqa: E402 - the same
from monitor.usage.returns import inviting, service, services_list  # noqa: E402 - the same
from monitor.web.app import create_app  # noqa: E402 - the same

BUDGET = 8.0  # times what as many requests for a template take
REQUESTS, YARDSTICK = 7, "/accessibility"  # the link, and three times a form and what follows
CROWD = 60  # returns at once, at most
_HIDDEN = re.compile(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"')


@dataclass
class Said:
    """What came of all returns: how long each took, in s, and what went wrong."""

    took: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)  # how long after its turn each ended
    wrong: list[str] = field(default_factory=list)


class Browser:
    """One service's browser: keeps its connection and its cookie."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""
        self.processor = 0.0

    def ask(self, path: str, data: list[tuple[str, str]] | None = None) -> tuple[int, str, str]:
        """Give status, text and where it leads."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(
            "GET" if data is None else "POST",
            path,
            body=urlencode(data) if data is not None else None,
            headers=headers,
        )
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        self.processor = float(answer.getheader("X-Processor", "0"))
        return answer.status, text, answer.getheader("Location") or ""

    def returns(self, path: str) -> None:
        """Answer whole.

        Raises:
            ValueError: an answer was not what a browser expects.
        """
        status, text, _ = self.ask(path)
        pages: tuple[list[tuple[str, str]], ...] = (
            [("offered", "ddp"), ("offered", "vig")],
            [("families-ddp", "about 40"), ("trained-ddp", "3")],
            [("measures", "not measured"), ("may_show_area", "yes")],
        )
        at = f"{path}/offered"
        for fields in pages:
            if status != 200:  # noqa: PLR2004 - that it is well
                raise ValueError(f"{at}: {status}")
            status, text, leads = self.ask(at, [*_HIDDEN.findall(text), *fields])
            if status != 303:  # noqa: PLR2004 - saved, go on
                raise ValueError(f"{at}: {status}")
            at = leads
            status, text, _ = self.ask(at)
        if "your answers are in" not in text:
            raise ValueError(f"{at}: {status}")


def begin(folder: Path, services: int) -> tuple[Service, int]:
    """Make a database in which so many services are asked; gives its collection."""
    database = Database(f"sqlite:///{folder}/returns.sqlite3")
    schema.migrate(database)
    made, at = _service(database, folder), utcnow()
    lines = "\n".join(
        f"Service {n},NHS,England,London,{n}@service.example" for n in range(services)
    )
    read = services_list.read(
        f"name,kind,nation,area,address\n{lines}".encode(), made.catalogue.areas
    )
    day = (at + timedelta(days=30)).date()
    with database.write() as session:
        catalogue_service.sync(session, made.catalogue, at)
        service.bring_list(session, read, by="cli", at=at)
        opening = service.Opening("A bench", "Invented", (), day)
        found = service.open_collection(session, opening, by="cli", at=at)
        asked = inviting.invite(session, found.id, by="cli", at=at, limit=services)
        mailed = [(one, f"token-{n}", f"mail-{n}") for n, one in enumerate(asked)]
        inviting.note_links(session, mailed, at=at)
    return made, found.id


def _service(database: Database, folder: Path) -> Service:
    catalogue = loader.load()
    settings = settings_module.parse({}, folder=folder)
    (folder / "var").mkdir(exist_ok=True)
    return Service(
        settings, database, catalogue, Matcher(catalogue), b"a secret of a bench, 32 byte"
    )


def serve(folder: Path) -> None:
    """Serve the database of a folder in this process; prints the port."""
    made = _service(Database(f"sqlite:///{folder}/returns.sqlite3"), folder)
    app = create_app(made)

    @app.after_request
    def _told(answer: Response) -> Response:
        answer.headers["X-Processor"] = f"{time.process_time():.4f}"
        return answer

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    web = made.settings.web.model_copy(update={"host": "127.0.0.1", "port": 0})
    server = serving.server_of(app, web)
    print(server.effective_port, flush=True)
    serving.answer(server)


def crowd(port: int, returns: int, rate: float) -> Said:
    """Let services answer, one beginning every 1/rate s."""
    said, waiting = Said(), queue.SimpleQueue[int | None]()
    start = time.monotonic() + 0.2

    def work() -> None:
        while (number := waiting.get()) is not None:
            due = start + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            began = time.monotonic()
            try:
                Browser(port).returns(f"/returns/token-{number}")
            except (ValueError, OSError) as error:
                said.wrong.append(f"{number}: {error}")
            ended = time.monotonic()
            said.took.append(ended - began)
            said.late.append(ended - due)

    workers = [threading.Thread(target=work) for _ in range(CROWD)]
    for number in range(returns):
        waiting.put(number)
    for worker in workers:
        waiting.put(None)
        worker.start()
    for worker in workers:
        worker.join()
    return said


def processor(port: int) -> float:
    """Tell how much processor time the server has taken so far, in s."""
    browser = Browser(port)
    browser.ask("/healthz")
    return browser.processor


def template(port: int, requests: int) -> float:
    """Ask for a template so often; gives the server's processor time for one, in s."""
    browser, before = Browser(port), processor(port)
    for _ in range(requests):
        browser.ask(YARDSTICK)
    return (processor(port) - before) / requests


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--returns", type=int, default=1000)
    arguments.add_argument("--rate", type=float, default=20.0)
    arguments.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
    if chosen.serve:
        serve(chosen.serve)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), chosen.returns, chosen.rate)


def measure(folder: Path, returns: int, rate: float) -> int:
    made, collection = begin(folder, returns)
    command = [sys.executable, __file__, "--serve", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        port = int(process.stdout.readline())
        template(port, 50)  # the first finds nothing warm
        one_page = template(port, 300)
        before = processor(port)
        said = crowd(port, returns, rate)
        cost = (processor(port) - before) / returns
    finally:
        process.kill()
        process.wait()
    began = time.process_time()
    with made.database.write() as session:
        wave = workflow.close_collection(
            session, made, collection_id=collection, by="cli", at=utcnow()
        )
        counted = wave.services if wave else 0
    closing = time.process_time() - began
    made.database.dispose()
    print(f"{returns:,} returns of {REQUESTS} requests, begun {rate:g} a second")
    print(f"  closing, the wave made: {closing:.2f} s of processor")
    return _tell(said, cost, cost / (REQUESTS * one_page), counted or 0)


def _tell(said: Said, cost: float, ratio: float, counted: int) -> int:
    took = sorted(said.took)
    late = took[int(0.95 * (len(took) - 1))]
    returns = len(took)
    print(f"  answered wrongly: {len(said.wrong)}; in the wave: {counted:,} of {returns:,}")
    print(
        f"  a whole return: median {1000 * statistics.median(took):.0f} ms, p95 {1000 * late:.0f} ms"
    )
    print(f"  the slowest ended {max(said.late):.1f} s after its turn")
    print(
        f"  the server's processor: {1000 * cost:.1f} ms a return, {ratio:.1f} × {REQUESTS} "
        f"template pages; at most {BUDGET:g}"
    )
    for one in said.wrong[:10]:
        print(f"  WRONG {one}")
    missed = bool(said.wrong) or counted != returns or ratio > BUDGET
    if missed:
        print("MISSED: 1,000 returns at 20 a second without an error, at the budget's cost")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
