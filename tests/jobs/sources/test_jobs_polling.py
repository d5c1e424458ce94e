"""Polls over the demonstration's stand-ins: real dialects on loopback HTTP."""

import pytest

from monitor.feeds import queries as feeds
from monitor.jobs.sources.polling import poll_source
from monitor.ops import exports


@pytest.fixture
def settings_data(running, nobody_asked):
    dead = {"name": "A dead feed", "url": f"{running.feeds.root}/feeds/no-such.xml"}
    journal = {"name": "Journal of Invented Trials", "url": running.feeds.journals_url}
    return {
        "sources": {
            **nobody_asked,
            "allow_loopback": True,
            "europepmc": {"base_url": running.europepmc.base_url},
            "journals": {"feeds": [dead, journal]},
        }
    }


def _source(service, name):
    with service.database.read() as session:
        all_of_them = feeds.sources(session, service.settings, service.clock())
    return next(one for one in all_of_them if one.name == name)


def test_one_dead_feed_does_not_silence_the_others_and_is_still_a_failure(service):
    report = poll_source(service, "journals")
    assert report.error
    assert _source(service, "journals").state == "failing"
    with service.database.read() as session:
        queued = exports.queue(session)
    assert queued, "the feed after the dead one was read"
    assert all(row["sources"] == ["journals"] for row in queued)


def test_a_source_that_is_down_is_left_alone_after_the_first_question(service, running):
    running.europepmc.fault("europepmc", "503", times=None)
    report = poll_source(service, "europepmc")
    assert report.error
    status = _source(service, "europepmc")
    assert (status.state, status.last_success) == ("failing", None)
    asked = {request.params["query"] for request in running.europepmc.requests()}
    assert len(asked) == 1


def test_a_second_poll_of_the_same_thing_changes_nothing(service, clock):
    first = poll_source(service, "europepmc")
    assert first.error is None
    assert first.queued > 0
    with service.database.read() as session:
        before = exports.queue(session)
    clock.pass_by(minutes=1)
    second = poll_source(service, "europepmc")
    assert (second.error, second.new, second.queued) == (None, 0, 0)
    with service.database.read() as session:
        assert exports.queue(session) == before
