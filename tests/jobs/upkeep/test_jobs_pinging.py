"""The dead man's switch: asked while all is well, silent or told of trouble while it is not."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from monitor.feeds import incidents
from monitor.feeds.http.client import Patience
from monitor.feeds.incidents import APPROVAL, DELIVERY, MAIL, POLL
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import Service
from monitor.jobs.upkeep import pinging
from monitor.jobs.upkeep.pinging import ping
from monitor.kernel.errors import ConfigError, MailFault, SourceError, SourceFault
from monitor.kernel.settings import parse
from monitor.ops import service as ops


@pytest.fixture
def outside():
    """An address outside that keeps what it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path != "/down" else 500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.asked = asked  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def make(database, tmp_path, clock, outside):
    made = []

    def make(**paths):
        base = f"http://127.0.0.1:{outside.server_address[1]}"
        data = {
            "database": {"url": database.url.render_as_string(hide_password=False)},
            "sources": {"allow_loopback": True},
            "watch": {name: base + path for name, path in paths.items()},
        }
        service = replace(Service.open(parse(data, folder=tmp_path)), clock=clock)
        made.append(service)
        with service.database.write() as session:
            ops.sync_jobs(session, SCHEDULE, at=clock())
        return service

    yield make
    for service in made:
        service.database.dispose()


def wrong(service, source, topic, fault):
    with service.database.write() as session:
        incidents.open_or_update(session, source, topic, fault, "why", service.clock())


def test_while_all_is_well_the_address_is_asked(make, outside):
    service = make(ping_url="/well", trouble_url="/wrong")
    ping(service)
    # admins hear of these by mail
    wrong(service, "pubmed", POLL, SourceFault.UNREACHABLE)
    wrong(service, MAIL, APPROVAL, MailFault.APPROVAL)
    ping(service)
    assert outside.asked == ["/well", "/well"]


def test_while_mail_cannot_leave_the_other_is_asked_or_none(make, outside):
    service = make(ping_url="/well", trouble_url="/wrong")
    wrong(service, MAIL, DELIVERY, MailFault.UNREACHABLE)
    ping(service)
    assert outside.asked == ["/wrong"]
    assert ping(make(ping_url="/well")) is None
    assert outside.asked == ["/wrong"]


def test_a_job_that_does_not_run_is_trouble_save_this_one(make, outside, clock):
    service = make(ping_url="/well", trouble_url="/wrong")
    with service.database.write() as session:
        ops.finished(session, "ping", at=clock(), took=0, error="it did not answer")
    ping(service)
    with service.database.write() as session:
        ops.finished(session, "deliver", at=clock(), took=0, error="no room on the disk")
    ping(service)
    assert outside.asked == ["/well", "/wrong"]


def test_without_an_address_nobody_is_asked(make, outside):
    assert ping(make()) is None
    assert outside.asked == []


def test_an_address_that_does_not_answer_makes_the_job_fail(make, outside, monkeypatch):
    monkeypatch.setattr(pinging, "PATIENCE", Patience(tries=1))
    service = make(ping_url="/down")
    with pytest.raises(SourceError):
        ping(service)


@pytest.mark.parametrize("url", ["http://elsewhere.example/ping", "ftp://a.example", "hc-ping"])
def test_an_address_that_is_none_stops_the_start(tmp_path, url):
    with pytest.raises(ConfigError, match=r"watch\.ping_url"):
        parse({"watch": {"ping_url": url}}, folder=tmp_path)
