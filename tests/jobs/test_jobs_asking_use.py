"""Feeds of use on real databases and loopback HTTP: drafts, never published; a failure is never quiet."""

import json
import threading
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import waves  # type: ignore[import-not-found]  # on pytest's path
from letters import text_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.catalogue import service as catalogue_service
from monitor.demo import standins
from monitor.feeds import incidents, of_use
from monitor.feeds.queries import SourceState
from monitor.feeds.tables import UseFeed
from monitor.jobs.use import asking_use
from monitor.kernel.errors import ConfigError, NotFound
from monitor.kernel.settings import parse
from monitor.notify.messages import claiming
from monitor.notify.tables import Message, MessageState
from monitor.notify.writing.rendering import render
from monitor.ops.queries import status as read_status
from monitor.service import Service
from monitor.usage import service as usage
from monitor.usage.tables import Wave, WaveState

NAME = "Invented network"
TABLE, ABOUT = waves.table(), waves.about()


def as_json(counts=None, **changes) -> bytes:
    """Write the wave of ``waves`` as a feed of JSON has it."""
    said = {**waves._ABOUT, **changes}
    rows = [
        {"intervention": slug, "numerator": count, "denominator": 734, "unit": "services"}
        for slug, count in (counts or waves.BEFORE).items()
    ]
    return json.dumps({"about": said, "rows": rows}, default=date.isoformat).encode()


@pytest.fixture
def running():
    with standins.running(None) as running:
        yield running


@pytest.fixture
def network(running):
    """One feed of JSON, as a stand-in serves it."""
    return running.feeds.add_recorded("wave.json", as_json(), "application/json")


@pytest.fixture
def settings_data(network, nobody_asked):
    return {
        "sources": {**nobody_asked, "allow_loopback": True},
        "usage": {"feeds": [{"name": NAME, "url": network}]},
    }


@pytest.fixture
def opened(database, tmp_path, clock):
    """Opens a service by its settings, with an admin."""
    made = []

    def open_(data) -> Service:
        url = database.url.render_as_string(hide_password=False)
        settings = parse({"database": {"url": url}, **data}, folder=tmp_path)
        service = replace(Service.open(settings), clock=clock)
        made.append(service)
        with service.database.write() as session:
            catalogue_service.sync(session, service.catalogue, at=clock())
            of_use.sync(session, settings, at=clock())
        return service

    yield open_
    for service in made:
        service.database.dispose()


@pytest.fixture
def service(opened, settings_data):
    service = opened(settings_data)
    with service.database.write() as session:
        accounts.create_user(
            session,
            address="ada@team.example",
            name="Ada",
            role=Role.ADMIN,
            by="cli",
            at=service.clock(),
        )
    return service


def stand(service):
    """Give each wave as (name, state, origin), the oldest first."""
    with service.database.read() as session:
        found = session.scalars(select(Wave).order_by(Wave.id))
        return [(wave.name, wave.state.value, wave.origin) for wave in found]


def row(service) -> UseFeed:
    with service.database.read() as session:
        found: UseFeed = session.get_one(UseFeed, NAME)
        return found


def again(service, clock, hours=24):
    clock.pass_by(hours=hours)
    return asking_use.ask_due(service)


def subjects(service):
    with service.database.read() as session:
        return [m.context["subject"] for m in session.scalars(select(Message).order_by(Message.id))]


def answered(running):
    """Give the status of each answer of the stand-in so far."""
    return [request.status for request in running.feeds.requests()]


def test_what_a_feed_sends_becomes_a_draft_and_is_never_published(service, clock):
    (report,) = asking_use.ask_due(service)
    assert report.wave
    assert stand(service) == [("Services 2026", "draft", f"feed: {NAME}")]
    assert asking_use.ask_due(service) == [], "it is asked once a day"
    with service.database.read() as session:
        assert usage.latest(session, "vipp") is None, "nothing follows from a draft"
    assert (row(service).last_new_at, row(service).failures) == (clock.now, 0)


def test_the_admins_are_told_of_each_draft_once_and_not_of_one_that_gave_way(
    service, running, clock
):
    asking_use.ask_due(service)
    assert subjects(service) == ["A wave of use waits to be looked over: Services 2026"]
    again(service, clock)
    assert len(subjects(service)) == 1, "nothing new, no mail"
    mended = as_json({**waves.BEFORE, "vipp": 159})
    running.feeds.add_recorded("wave.json", mended, "application/json")
    (report,) = again(service, clock)
    with service.database.read() as session:
        first, second = session.scalars(select(Message).order_by(Message.id))
        states = [first.state, second.state]
        (claimed,) = claiming.read(session, [second.id])
    assert states == [MessageState.CANCELLED, MessageState.PENDING]
    text = " ".join(text_of(render(claimed, service.settings, service.secret)).split())
    assert claimed.address == "ada@team.example"
    for words in (
        f"From: the feed “{NAME}”",
        "In the field: May to July 2026",
        "Answered: 734 services in 625 responses",
        "a draft counts nowhere, and nobody else hears of it, until an admin publishes it",
        f"Look the wave over: {service.settings.web.public_url}/waves/{report.wave}",
        "You get this because you are an admin",
    ):
        assert words in text, words


def test_the_same_file_makes_no_second_draft_whatever_became_of_the_first(service, running, clock):
    (first,) = asking_use.ask_due(service)
    (second,) = again(service, clock)
    assert (second.wave, second.error) == (None, None)
    assert answered(running) == [200, 304], "asked with the kept ETag"
    assert first.wave
    with service.database.write() as session:
        usage.discard(session, first.wave, by="user:1", at=clock())
    # written in another way, and so sent whole: it says the same
    spaced = json.dumps(json.loads(as_json()), indent=2).encode()
    running.feeds.add_recorded("wave.json", spaced, "application/json")
    (third,) = again(service, clock)
    assert (third.wave, third.error) == (None, None)
    assert [state for _, state, _ in stand(service)] == ["discarded"]
    assert row(service).last_success_at == clock.now


def test_a_table_with_the_file_about_it_is_one_wave_with_what_came_by_hand(
    opened, settings_data, running, clock
):
    feeds = [
        {
            "name": NAME,
            "url": running.feeds.add_recorded("wave.csv", TABLE, "text/csv"),
            "about_url": running.feeds.add_recorded("wave.toml", ABOUT, "text/plain"),
        }
    ]
    service = opened({**settings_data, "usage": {"feeds": feeds}})
    with service.database.write() as session:
        waves.first(session, clock())
    (report,) = asking_use.ask_due(service)
    assert (report.wave, report.error) == (None, None)
    assert [origin for _, _, origin in stand(service)] == ["file"]
    # one of the two changes: the other is fetched again, or half a wave would be read
    running.feeds.add_recorded("wave.toml", waves.about(name="Services 2026 b"), "text/plain")
    assert [one.wave for one in again(service, clock)] == [2]
    assert answered(running) == [200, 200, 304, 200, 200]


def test_a_newer_version_takes_the_place_of_its_own_draft_and_never_of_a_published_wave(
    service, running, clock
):
    (first,) = asking_use.ask_due(service)
    mended = as_json({**waves.BEFORE, "vipp": 159})
    running.feeds.add_recorded("wave.json", mended, "application/json")
    (second,) = again(service, clock)
    assert second.wave != first.wave
    assert [state for _, state, _ in stand(service)] == ["discarded", "draft"]
    with service.database.write() as session:
        usage.publish(session, second.wave, by="user:1", at=clock())
    running.feeds.add_recorded("wave.json", as_json(), "application/json")
    (known,) = again(service, clock)
    assert (known.wave, known.error) == (None, None), "a version that was here before"
    other = as_json({**waves.BEFORE, "vipp": 160})
    running.feeds.add_recorded("wave.json", other, "application/json")
    (third,) = again(service, clock)
    assert third.error
    assert "there is a wave “Services 2026” already, and it is published" in third.error
    assert [state for _, state, _ in stand(service)] == ["discarded", "published"]
    with service.database.write() as session:
        usage.withdraw(session, second.wave, reason="mended", by="user:1", at=clock())
    assert [one.wave for one in again(service, clock, hours=1)] == [3]
    with service.database.read() as session:
        assert incidents.open_incidents(session) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>down for maintenance</html>", "it is no JSON that can be read"),
        (b"", "it is no JSON that can be read"),
        (b"[" * 100_000, "it is no JSON that can be read"),
        (b"[]", "it has another shape than a wave"),
        (as_json(responses=0), "about the wave: responses:"),
        (as_json({"vipp": 900}), "row 1, vipp: numerator: 900 of 734 is a share above 1"),
        (as_json({"vip": 90}), "row 1, vip: 'vip' is none of the ten"),
    ],
)
def test_a_file_that_is_no_wave_is_a_failure_and_never_nothing_new(
    service, running, clock, body, said
):
    running.feeds.add_recorded("wave.json", body, "application/json")
    (report,) = asking_use.ask_due(service)
    assert report.error == "1 thing in it is wrong"
    assert report.problems[0].startswith(said)
    assert stand(service) == []
    with service.database.read() as session:
        (one,) = incidents.open_incidents(session)
        told = read_status(session, service.settings, service.database, clock())
    assert one.headline == f"The feed of use “{NAME}” sent a wave that cannot be kept"
    assert (one.urgent, one.needs_person, one.last_heard) == (True, False, None)
    assert one.next_try == row(service).next_due_at
    assert subjects(service) == [one.headline]
    assert one.headline in told.verdict
    (feed,) = told.use_feeds
    assert (feed.state, feed.last_success) == (SourceState.FAILING, None)
    assert feed.problems[0].startswith(said)
    # the same again is the same failure, though the server would say that nothing changed
    (second,) = again(service, clock, hours=1)
    assert second.problems == report.problems
    running.feeds.add_recorded("wave.json", as_json(), "application/json")
    assert [one.error for one in again(service, clock)] == [None]
    assert subjects(service)[-1] == f"The feed of use “{NAME}”: full answers again"
    assert (row(service).problems, row(service).failures) == ([], 0)


def test_one_that_fails_keeps_no_other_waiting(opened, settings_data, running, network, clock):
    feeds = [
        {"name": "Gone", "url": running.feeds.root + "/feeds/gone.json"},
        {"name": NAME, "url": network},
    ]
    service = opened({**settings_data, "usage": {"feeds": feeds}})
    gone, there = asking_use.ask_due(service)
    assert gone.error
    assert "404" in gone.error
    assert there.wave
    with service.database.read() as session:
        assert [one.source for one in incidents.open_incidents(session)] == ["use:Gone"]


def test_a_file_without_end_and_an_address_inside_are_refused(
    opened, settings_data, running, network, monkeypatch
):
    service = opened(settings_data)
    monkeypatch.setattr(of_use, "LIMIT", 100)
    (report,) = asking_use.ask_due(service)
    assert report.error
    assert "sent more than" in report.error
    guarded = opened({**settings_data, "sources": {"allow_loopback": False}})
    asking_use.ask_now(guarded, NAME)
    before = len(answered(running))
    (report,) = asking_use.ask_due(guarded)
    assert report.error
    assert len(answered(running)) == before, "not one byte was asked of this machine"


class _Part(BaseHTTPRequestHandler):
    """Answers with the first rows of a table that go on elsewhere."""

    def do_GET(self):
        status, body = (206, TABLE[:200]) if self.path == "/part.csv" else (200, ABOUT)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


def test_a_part_of_a_file_is_never_taken_for_the_whole(opened, settings_data):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Part)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    feeds = [{"name": NAME, "url": f"{root}/part.csv", "about_url": f"{root}/about.toml"}]
    service = opened({**settings_data, "usage": {"feeds": feeds}})
    (report,) = asking_use.ask_due(service)
    server.shutdown()
    server.server_close()
    assert report.error
    assert "something else than a whole file (206)" in report.error
    assert stand(service) == []


def test_one_that_leaves_the_settings_is_let_go_of_and_one_that_moves_is_asked_anew(
    service, opened, settings_data, running, clock
):
    running.feeds.add_recorded("wave.json", b"{}", "application/json")
    asking_use.ask_due(service)
    without = opened({**settings_data, "usage": {}})
    with without.database.read() as session:
        assert incidents.open_incidents(session) == []
        assert of_use.due(session, clock()) == []
        assert of_use.statuses(session, clock(), without.settings) == []
    with pytest.raises(NotFound, match="no feed of use"):
        asking_use.ask_now(without, NAME)
    there = running.feeds.add_recorded("moved.json", as_json(), "application/json")
    moved = opened({**settings_data, "usage": {"feeds": [{"name": NAME, "url": there}]}})
    assert [one.wave for one in asking_use.ask_due(moved)] == [1]
    with moved.database.read() as session:
        wave = session.get_one(Wave, 1)
        assert (wave.state, wave.drafted_by) == (WaveState.DRAFT, "job:use")


@pytest.mark.parametrize(
    "url", ["http://survey.example/a.json", "file:///etc/passwd", "//survey.example", "https://a b"]
)
def test_an_address_that_is_not_over_https_stops_the_start(tmp_path, url):
    with pytest.raises(ConfigError, match=r"usage.feeds.0.url: must be an address that starts wi"):
        parse({"usage": {"feeds": [{"name": "A", "url": url}]}}, folder=tmp_path)


def test_two_of_one_name_stop_the_start(tmp_path):
    feeds = [{"name": name, "url": "https://a.example/w.json"} for name in ("A", "a")]
    with pytest.raises(ConfigError, match="two are called 'a'"):
        parse({"usage": {"feeds": feeds}}, folder=tmp_path)
