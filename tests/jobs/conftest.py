"""A service made ready on a fresh database of each kind, with a clock the test moves."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from monitor.demo import standins, world
from monitor.feeds.http.client import Http
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.kernel.settings import parse
from monitor.service import Service


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


@pytest.fixture
def service(empty, tmp_path, clock, settings_data):
    url = empty.url.render_as_string(hide_password=False)
    settings = parse({"database": {"url": url}, **settings_data}, folder=tmp_path)
    service = replace(Service.open(settings), clock=clock)
    prepare(service, SCHEDULE)
    yield service
    service.database.dispose()
