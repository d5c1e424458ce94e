"""Feeds that admins add: taken on, listed with how they stand, let go of. On both databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.feeds import queries, service
from monitor.feeds.added import queries as feed_list
from monitor.feeds.added import service as subscriptions
from monitor.feeds.added.queries import FeedState
from monitor.feeds.queries import SourceState
from monitor.feeds.records import Answer, Citation, FetchedRecord
from monitor.feeds.service import Effort
from monitor.feeds.tables import FeedRow, Record, SourceRow
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import InvalidInput, NotFound, SourceError, SourceFault
from monitor.kernel.settings import parse

CONFIGURED = {"name": "Configured", "url": "https://Journal.example:443/configured"}
URL = "https://journal.example/rss?token=T0"


@pytest.fixture
def settings(tmp_path, nobody_asked):
    return parse({"sources": nobody_asked}, folder=tmp_path)


@pytest.fixture
def configured(tmp_path):
    return parse({"sources": {"journals": {"feeds": [CONFIGURED]}}}, folder=tmp_path)


@pytest.fixture
def ready(session, settings, now):
    service.sync_sources(session, settings, now)
    return session


def add(session, settings, at, url=URL, name="A journal", source="journals"):
    return subscriptions.add(
        session, settings, source=source, name=name, url=url, by="user:3", at=at
    )


def ask(session, at, url=URL, *, records=(), error=None):
    """Poll the journals: one feed is asked, and answers with ``records`` or fails."""
    lease = service.lease(session, "journals", at, 900)
    assert lease is not None
    poll_id = service.start_poll(session, lease, at)
    query, effort = Query(url, url), Effort(at, 0.1, 1)
    if error is None:
        answer = Answer(query, tuple(records), Watermark())
        service.store(session, lease, poll_id, [answer], at, effort=effort)
        service.finish(session, lease, poll_id, at=at, next_due_at=at + timedelta(hours=12))
    else:
        service.note_failure(session, lease, poll_id, query, error, at, effort=effort)
        service.fail(session, lease, poll_id, error, at=at)


def record(key="1"):
    return FetchedRecord(key, b"<item/>", "application/xml", Citation(f"Title {key}"))


def test_the_first_feed_makes_its_source_due_at_once(ready, settings, now):
    assert service.due(ready, now + timedelta(days=9)) == []
    later = now + timedelta(days=1)
    feed_id = add(ready, settings, later, "HTTPS://Journal.example/rss?token=T0#x")
    assert service.due(ready, later) == ["journals"]
    assert [(one.name, one.url) for one in service.added_feeds(ready, "journals")] == [
        ("A journal", URL)
    ]
    assert service.asked_sources(ready, settings) == {"journals"}
    states = {one.name: one.state for one in queries.sources(ready, settings, later)}
    assert states["journals"] is SourceState.NEVER
    # a restart changes nothing
    service.sync_sources(ready, settings, later + timedelta(minutes=1))
    assert service.due(ready, later) == ["journals"]
    assert ready.get_one(FeedRow, feed_id).added_by == "user:3"


def test_a_further_feed_is_asked_at_once_too(ready, settings, now):
    add(ready, settings, now)
    ask(ready, now)
    assert service.due(ready, now + timedelta(hours=1)) == []
    add(ready, settings, now + timedelta(hours=1), "https://other.example/rss")
    assert service.due(ready, now + timedelta(hours=1)) == ["journals"]


def test_who_added_and_removed_what_is_kept_without_the_key(ready, settings, now):
    feed_id = add(ready, settings, now)
    subscriptions.remove(ready, settings, feed_id, by="user:4", at=now)
    of_feeds = select(AuditEntry).where(AuditEntry.action.startswith("feed."))
    entries = ready.scalars(of_feeds.order_by(AuditEntry.seq))
    told = [(entry.action, entry.actor, entry.details) for entry in entries]
    details = {"feed": feed_id, "name": "A journal"}
    details["address"] = "https://journal.example/rss?token=…"
    assert told == [("feed.added", "user:3", details), ("feed.removed", "user:4", details)]


def test_what_is_known_already_is_refused(ready, settings, configured, now):
    add(ready, settings, now)
    for source in ("journals", "pubmed_rss"):
        with pytest.raises(InvalidInput, match="among those added, as “A journal”") as caught:
            add(ready, settings, now, source=source)
        assert caught.value.field == "url"
    with pytest.raises(InvalidInput, match="in the settings, as “Configured”"):
        add(ready, configured, now, "https://journal.example/configured")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("source", {"source": "pubmed"}),
        ("source", {"source": "nonsense"}),
        ("name", {"name": " \n"}),
        ("name", {"name": "n" * 81}),
        ("url", {"url": "https://user:word@journal.example/"}),
    ],
)
def test_each_field_is_held_to_its_rule(ready, settings, now, field, values):
    with pytest.raises(InvalidInput) as caught:
        add(ready, settings, now, **values)
    assert caught.value.field == field
    assert ready.scalars(select(FeedRow)).all() == []


def test_a_name_becomes_one_plain_line(ready, settings, now):
    feed_id = add(ready, settings, now, name=" A\n\x07 <b>journal</b> ")
    assert ready.get_one(FeedRow, feed_id).name == "A <b>journal</b>"


def test_a_feed_let_go_of_is_asked_no_more_and_what_it_brought_stays(ready, settings, now):
    feed_id = add(ready, settings, now)
    ask(ready, now, records=[record()])
    subscriptions.remove(ready, settings, feed_id, by="user:3", at=now + timedelta(days=1))
    assert service.added_feeds(ready, "journals") == ()
    assert feed_list.feeds(ready, settings) == []
    assert not ready.get_one(SourceRow, "journals", populate_existing=True).enabled
    assert len(ready.scalars(select(Record)).all()) == 1
    assert ready.get_one(FeedRow, feed_id).removed_at == now + timedelta(days=1)
    for _ in range(2):
        with pytest.raises(NotFound):
            subscriptions.remove(ready, settings, feed_id, by="user:3", at=now)
    assert add(ready, settings, now) != feed_id, "it can be added again"


def test_a_source_switched_off_stays_off_whoever_adds(ready, now, tmp_path, nobody_asked):
    values = {**nobody_asked, "journals": {"enabled": False}}
    settings = parse({"sources": values}, folder=tmp_path)
    add(ready, settings, now)
    assert service.due(ready, now) == []
    (feed,) = feed_list.feeds(ready, settings)
    assert feed.state is FeedState.DISABLED


def test_every_feed_is_listed_with_how_it_stands(ready, configured, now):
    add(ready, configured, now)
    add(ready, configured, now, "https://other.example/rss", "Other")
    at = [now + timedelta(hours=hours) for hours in range(4)]
    ask(ready, at[0], records=[record()])
    ask(ready, at[1], records=[record()])
    ask(ready, at[2], error=SourceError(SourceFault.UNREACHABLE, "A journal: it is down"))
    ask(ready, at[3], "https://other.example/rss", records=[record("2")])
    settings_feed, first, other = feed_list.feeds(ready, configured)
    assert (settings_feed.id, settings_feed.state) == (None, FeedState.NEVER)
    assert settings_feed.url == CONFIGURED["url"]
    assert (first.state, first.error) == (FeedState.FAILING, "A journal: it is down")
    assert (first.last_heard, first.last_new) == (at[1], at[0])
    assert (other.state, other.error, other.last_heard) == (FeedState.OK, None, at[3])
    assert (other.added_by, other.added_at) == ("user:3", now)


def test_two_admins_who_add_the_same_feed_at_once_make_one(database, settings, now):
    with database.write() as session:
        service.sync_sources(session, settings, now)
    start, refused = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        try:
            with database.write() as session:
                add(session, settings, now)
        except InvalidInput as error:
            refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with database.read() as session:
        assert len(session.scalars(select(FeedRow)).all()) == 1
