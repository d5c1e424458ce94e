"""A service made ready on a fresh database of each kind, with a clock the test moves."""

import os
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from postgres_server import drop, duplicate, named, run  # type: ignore[import-not-found]  # tests/ is on pytest's path
from published import publish  # type: ignore[import-not-found]  # tests/ is on pytest's path
from sqlalchemy import make_url

from monitor.demo import standins, world
from monitor.feeds.http.client import Http
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.kernel.settings import parse
from monitor.ops.schema import migrate
from monitor.service import Service

_NUMBERS = count()


@dataclass
class Clock:
    """Tells the time it was set to."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.fixture
def clock(now):
    return Clock(now)


@pytest.fixture(autouse=True)
def _unhurried_sources(monkeypatch):
    """Stand-ins need no politeness here: what pacing does is tested where it is made."""
    pace = Http.pace
    monkeypatch.setattr(Http, "pace", lambda self, url, per_second: pace(self, url, 10_000))


@pytest.fixture
def settings_data(nobody_asked):
    """What the configuration file says; a test module may override it."""
    return {"sources": nobody_asked}


@pytest.fixture
def running(now):
    """The demonstration's stand-ins, up."""
    with standins.running(world.load(now.date())) as running:
        yield running


@pytest.fixture
def one_journal(running, nobody_asked):
    """One source, asked once a day: a journal's feed."""
    journal = {"name": "Journal of Invented Trials", "url": running.feeds.journals_url}
    return {
        "sources": {
            **nobody_asked,
            "allow_loopback": True,
            "journals": {"feeds": [journal], "every_hours": 24},
        }
    }


@pytest.fixture(scope="session")
def originals(tmp_path_factory, request):
    """Databases by kind, each brought up to this version and published once a worker."""
    return Originals(tmp_path_factory.mktemp("originals"), request)


class Originals:
    """Makes each when it is first wanted; a service that is made ready on a copy has little to do."""

    def __init__(self, folder, request):
        self.folder, self.request, self.made = folder, request, {}

    def copy(self, kind, folder, at):
        """Make a copy of the one of a kind, a file in ``folder`` or a database; gives its address."""
        if kind not in self.made:
            self.made[kind] = self._make(kind == "sqlite", at)
        if kind == "sqlite":
            path = folder / "var" / "new.sqlite3"
            path.parent.mkdir(exist_ok=True)
            shutil.copy(self.made[kind], path)
            return f"sqlite:///{path}"
        server = self.request.getfixturevalue("postgres_server")
        return duplicate(server, self.made[kind], f"jobs_{os.getpid()}_{next(_NUMBERS)}")

    def _make(self, is_sqlite, at):
        path, name = self.folder / "original.sqlite3", f"original_{os.getpid()}"
        url = f"sqlite:///{path}"
        if not is_sqlite:
            server = self.request.getfixturevalue("postgres_server")
            run(server, f"CREATE DATABASE {name}")
            url = named(server, name)
        service = Service.open(parse({"database": {"url": url}}, folder=self.folder))
        migrate(service.database)
        with service.database.write() as session:
            publish(session, service, at)
        service.database.shorten_log()
        service.database.dispose()
        return path if is_sqlite else name


@pytest.fixture
def service(request, database_url, tmp_path, clock, settings_data, originals):
    url = originals.copy(make_url(database_url).get_backend_name(), tmp_path, clock())
    settings = parse({"database": {"url": url}, **settings_data}, folder=tmp_path)
    service = replace(Service.open(settings), clock=clock)
    prepare(service, SCHEDULE)
    yield service
    service.database.dispose()
    if not service.database.is_sqlite:
        drop(request.getfixturevalue("postgres_server"), service.database.url.database)
