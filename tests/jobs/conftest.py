"""A service made ready on a fresh database of each kind, with a clock the test moves."""

import functools
import os
import re
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from factories import contents  # type: ignore[import-not-found]  # tests/support is on pytest's path
from postgres_server import drop, duplicate  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import publish  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import make_url

from monitor.demo import standins, world
from monitor.feeds.http.client import Http
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.kernel import premises
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
    """Databases of each kind, made ready once a worker as a service does, then copied."""
    return Originals(tmp_path_factory.mktemp("originals"), request)


class Originals:
    """Makes each when it is first wanted: one to a kind, and one to what is configured alike."""

    def __init__(self, folder, request):
        self.folder, self.request = folder, request
        self.published, self.prepared = {}, {}

    def copy(self, kind, configured, folder, at):
        """Copy the one of a kind that was made ready with such settings; gives the copy's address.

        Where stand-ins listen and the test's own folder are no part of what the settings come to.
        """
        own = [*re.findall(r"127\.0\.0\.1:\d+", str(configured)), str(folder)]
        alike = functools.reduce(lambda said, word: said.replace(word, "…"), own, str(configured))
        key = kind, alike, at
        if key not in self.prepared:
            self.prepared[key] = self._prepare(kind, configured, at, own)
        return self._duplicate(self.prepared[key], folder / "var")

    def _prepare(self, kind, configured, at, own):
        url = self.copy_published(kind, self.folder / f"{next(_NUMBERS)}" / "var", at)
        settings = parse({"database": {"url": url}, **configured}, folder=self.folder)
        service = replace(Service.open(settings), clock=lambda: at)
        prepare(service, SCHEDULE)
        with service.database.read() as session:
            kept = str(contents(session))
        assert not any(word in kept for word in own), "what differs from test to test is kept"
        return self._left(service)

    def copy_published(self, kind, folder, at):
        """Copy the one of a kind that was only published; gives the copy's address."""
        if kind not in self.published:
            self.published[kind] = self._publish(kind == "sqlite", at)
        return self._duplicate(self.published[kind], folder)

    def _publish(self, is_sqlite, at):
        url = f"sqlite:///{self.folder}/original.sqlite3"
        if not is_sqlite:
            server, name = (
                self.request.getfixturevalue("postgres_server"),
                f"original_{os.getpid()}",
            )
            url = duplicate(server, "template1", name)
        service = Service.open(parse({"database": {"url": url}}, folder=self.folder))
        migrate(service.database)
        with service.database.write() as session:
            publish(session, service, at)
        return self._left(service)

    def _left(self, service):
        """Leave a database so that it can be copied; gives its file, or its name."""
        service.database.shorten_log()
        service.database.dispose()
        return service.database.path or service.database.url.database

    def _duplicate(self, original, folder):
        """Copy a file into a folder, or a database by its name; gives the copy's address."""
        if isinstance(original, str):
            server = self.request.getfixturevalue("postgres_server")
            return duplicate(server, original, f"jobs_{os.getpid()}_{next(_NUMBERS)}")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(original, folder / "new.sqlite3")
        return f"sqlite:///{folder}/new.sqlite3"


@pytest.fixture
def service(request, database_url, tmp_path, clock, settings_data, originals):
    """What ``prepare`` leaves, on a copy of a database that it was done to once."""
    kind = make_url(database_url).get_backend_name()
    url = originals.copy(kind, settings_data, tmp_path, clock())
    settings = parse({"database": {"url": url}, **settings_data}, folder=tmp_path)
    service = replace(Service.open(settings), clock=clock)
    premises.note_made(settings, service.database)
    yield service
    service.database.dispose()
    if not service.database.is_sqlite:
        drop(request.getfixturevalue("postgres_server"), service.database.url.database)
