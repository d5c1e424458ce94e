"""A feed whose items vanish, or whose form is not known: not heard, an incident, and read after."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from test_jobs_incidents import (  # type: ignore[import-not-found]  # tests/jobs is on pytest's path
    admins,
    feed,
    mails,
    mark,
    open_ones,
    rss,
    running,
    service,
    settings_data,
)

from monitor.feeds.tables import AskedState, PollQuery, Record
from monitor.jobs.sources.polling import poll_source
from monitor.kernel.errors import SourceFault

__all__ = ["admins", "feed", "running", "service", "settings_data"]

EMPTY = rss()
UNTITLED = rss("", "")  # two items of which none can be read
OTHER_FORM = b'<rss version="2.0"><channel><title>A</title>' + b"".join(
    b"<article><title>%d</title></article>" % n for n in range(5)
) + b"</channel></rss>"  # fmt: skip
OTHER_VERSION = b'<?xml version="1.0"?><articles><article><title>One</title></article></articles>'


def _titles(service):
    with service.database.read() as session:
        return {row.citation["title"] for row in session.scalars(select(Record))}


def _last_asked(service):
    with service.database.read() as session:
        return session.scalars(select(PollQuery).order_by(PollQuery.id.desc())).first()


@pytest.mark.parametrize("body", [EMPTY, UNTITLED, OTHER_FORM, OTHER_VERSION])
def test_a_feed_without_items_where_it_had_some_is_not_heard(
    service, admins, running, clock, feed, body
):
    assert not poll_source(service, "journals").error
    running.feeds.add_recorded("a.xml", body)
    clock.pass_by(days=1)
    assert "Invented Trials" in (poll_source(service, "journals").error or "")
    assert _last_asked(service).state is AskedState.FAILED
    assert mark(service, feed) is None, (
        "what it shows now was not read: it is no mark to go on from"
    )
    assert [one.kind for one in open_ones(service)] in (
        [SourceFault.SCHEMA_CHANGED], [SourceFault.MALFORMED],
    )  # fmt: skip
    running.feeds.add_recorded("a.xml", rss("One", "Two", "Three"))
    clock.pass_by(days=1)
    assert not poll_source(service, "journals").error
    assert _titles(service) == {"One", "Two", "Three"}
    assert mark(service, feed)
    assert open_ones(service) == []


def test_not_modified_stays_an_answer(service, clock, feed):
    assert not poll_source(service, "journals").error
    before = mark(service, feed)
    assert before
    clock.pass_by(days=1)
    assert not poll_source(service, "journals").error
    assert _last_asked(service).state is AskedState.UNCHANGED
    assert mark(service, feed) == before


def test_a_feed_that_never_had_an_item_may_be_empty(service, running, clock):
    running.feeds.add_recorded("a.xml", EMPTY)
    assert not poll_source(service, "journals").error
    clock.pass_by(days=1)
    running.feeds.add_recorded("a.xml", EMPTY + b" ")
    assert not poll_source(service, "journals").error
    assert open_ones(service) == []


def test_a_feed_in_a_form_that_is_not_known_is_no_empty_one(service, running):
    running.feeds.add_recorded("a.xml", OTHER_FORM)
    assert "form" in (poll_source(service, "journals").error or "")


def test_the_admins_are_told_at_once(service, admins, running, clock):
    poll_source(service, "journals")
    running.feeds.add_recorded("a.xml", EMPTY)
    clock.pass_by(days=1)
    poll_source(service, "journals")
    assert [address for address, _ in mails(service)] == ["ada@team.example", "abe@team.example"]


def test_it_stays_an_incident_while_it_lasts(service, running, clock):
    poll_source(service, "journals")
    running.feeds.add_recorded("a.xml", EMPTY)
    for _ in range(2):
        clock.pass_by(days=1)
        assert poll_source(service, "journals").error
    (one,) = open_ones(service)
    assert clock() - one.opened_at >= timedelta(days=1)
