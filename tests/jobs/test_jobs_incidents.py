"""A source that fails, from the first failure to the recovery, on real databases and loopback HTTP."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor import workflow
from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.catalogue import service as catalogue_service
from monitor.demo import standins
from monitor.feeds import incidents
from monitor.feeds import service as feeds
from monitor.feeds.tables import PollQuery, SetAside, WatermarkRow
from monitor.feeds.watermarks import Query
from monitor.jobs.mail.delivery import deliver_due
from monitor.jobs.mail.reminding import remind_due
from monitor.jobs.sources.polling import poll_source
from monitor.kernel import audit
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse
from monitor.notify.tables import Message, MessageKind, MessageState
from monitor.service import Service

DAY = timedelta(days=1)
VIPP = Query("vipp", "a query", "vipp")


@pytest.fixture
def running():
    with standins.running(None) as running:
        yield running


@pytest.fixture
def feed(running):
    return running.feeds.add_recorded("a.xml", rss("One", "Two"))


@pytest.fixture
def settings_data(feed, nobody_asked):
    return {
        "sources": {
            **nobody_asked,
            "allow_loopback": True,
            "journals": {"feeds": [{"name": "Invented Trials", "url": feed}]},
        }
    }


@pytest.fixture
def service(database, tmp_path, clock, settings_data):
    """A service on the tables as they are: nothing here needs the migrations or the baseline."""
    url = database.url.render_as_string(hide_password=False)
    settings = parse({"database": {"url": url}, **settings_data}, folder=tmp_path)
    service = replace(Service.open(settings), clock=clock)
    with service.database.write() as session:
        catalogue_service.sync(session, service.catalogue, at=clock())
        feeds.sync_sources(session, settings, at=clock())
    yield service
    service.database.dispose()


@pytest.fixture
def admins(service):
    """Ada and Abe, admins both."""
    return [_person(service, name) for name in ("ada", "abe")]


def _person(service, name, role=Role.ADMIN):
    with service.database.write() as session:
        address = f"{name}@team.example"
        return accounts.create_user(
            session, address=address, name=name, role=role, by="cli", at=service.clock()
        )[0]


def rss(*titles):
    """Write a small feed; an item without a title cannot be read."""
    items = "".join(
        f"<item><title>{title}</title><link>http://a.test/{n}</link></item>"
        for n, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>A</title>{items}</channel></rss>'.encode()


def mails(service, *states):
    """List the incidents' mails as (address, subject), oldest first."""
    with service.database.read() as session:
        found = session.scalars(
            select(Message).where(Message.kind == MessageKind.INCIDENT).order_by(Message.id)
        )
        return [(m.address, m.context["subject"]) for m in found if not states or m.state in states]


def open_ones(service):
    with service.database.read() as session:
        return incidents.open_incidents(session)


def mark(service, feed):
    """How far the feed was read: its validator."""
    with service.database.read() as session:
        return session.get_one(WatermarkRow, ("journals", feed)).etag


def fails(service, kind=SourceFault.UNREACHABLE, source="journals"):
    with service.database.write() as session:
        error = SourceError(kind, f"it was {kind}")
        workflow.source_failed(session, service.settings, source, error, service.clock())


def recovers(service, source="journals"):
    with service.database.write() as session:
        workflow.source_recovered(session, service.settings, source, service.clock())


def test_a_failing_source_from_the_first_failure_to_the_recovery(service, admins, running, clock):
    running.feeds.fault("feeds", "html200", times=None)
    assert poll_source(service, "journals").error
    (one,) = open_ones(service)
    assert (one.source, one.topic, one.kind, one.told_at) == (
        "journals",
        "poll",
        "malformed",
        clock.now,
    )
    assert one.message.startswith("Invented Trials: ")
    assert one.next_try > clock.now
    subject = f"{one.title} sent what cannot be read"
    assert mails(service) == [("ada@team.example", subject), ("abe@team.example", subject)]
    assert deliver_due(service).counts == {"sent": 2}

    clock.pass_by(hours=1)
    assert poll_source(service, "journals").error
    assert [one.times for one in open_ones(service)] == [2]
    assert len(mails(service)) == 2

    running.feeds.clear()
    clock.pass_by(hours=1)
    assert poll_source(service, "journals").error is None
    assert open_ones(service) == []
    subject = f"{one.title}: full answers again"
    assert mails(service)[2:] == [("ada@team.example", subject), ("abe@team.example", subject)]
    assert deliver_due(service).counts == {"sent": 2}
    assert poll_source(service, "journals").error is None
    assert len(mails(service)) == 4


def test_most_records_unreadable_is_a_change_of_form(service, running, feed):
    assert poll_source(service, "journals").error is None
    before = mark(service, feed)
    running.feeds.add_recorded("a.xml", rss("Three", "", "", ""))
    report = poll_source(service, "journals")
    assert report.error
    assert report.error.startswith("3 of 4 records of one answer could not be read")
    (one,) = open_ones(service)
    assert (one.kind, one.urgent) == ("schema changed", True)
    assert mark(service, feed) is None, "it is asked anew, whatever it says of changes"
    with service.database.read() as session:
        rows = session.scalars(select(PollQuery).order_by(PollQuery.id)).all()
        aside = session.scalars(select(SetAside)).all()
    assert [(row.state, row.records, row.unreadable) for row in rows] == [
        ("complete", 2, 0),
        ("failed", 1, 3),
    ]
    assert len(aside) == 3
    running.feeds.add_recorded("a.xml", rss("Three", "Four", "Five", "Six"))
    assert poll_source(service, "journals").error is None, "it was asked again from before"
    assert open_ones(service) == []
    assert mark(service, feed) != before


def test_another_kind_of_failure_is_no_second_mail(service, admins, clock):
    fails(service)
    for hour in range(20):
        clock.pass_by(hours=1)
        fails(service, SourceFault.REFUSED if hour % 2 else SourceFault.INCOMPLETE)
    assert [(one.times, one.kind) for one in open_ones(service)] == [(21, "refused")]
    assert len(mails(service)) == 2


def test_a_reminder_a_day_and_never_given_up(service, admins, clock):
    fails(service)
    deliver_due(service)
    assert remind_due(service) == 0
    reminders = 0
    for _ in range(24 * 4):
        clock.pass_by(hours=1)
        reminders += remind_due(service)
    assert reminders == 4
    waiting = mails(service, MessageState.PENDING)
    assert [subject.partition(":")[0] for _, subject in waiting] == ["For 4 days now"] * 2, (
        "a mail server that was down brings the latest alone"
    )


def test_an_admins_word_and_an_attempt_do_not_wait_for_each_other(service, admins, clock):
    def too_few(session):
        workflow.fewer_ids(session, service.settings, "journals", VIPP, clock())

    with service.database.write() as session:
        too_few(session)
    (one,) = open_ones(service)
    begun = threading.Event()

    def settle() -> None:
        begun.wait()
        with service.database.write() as session:
            workflow.settle_incident(session, service.settings, one.id, by=admins[0], at=clock())

    thread = threading.Thread(target=settle)
    thread.start()
    with service.database.write() as session:
        feeds.lease(session, "journals", clock(), 60)
        audit.record(session, at=clock(), actor="job:poll", action="test", subject="source:x")
        begun.set()
        time.sleep(0.3)  # the word has come as far as it can
        too_few(session)
    thread.join()
    with service.database.read() as session:
        (ended,) = incidents.closed_since(session, clock())
    assert (ended.times, ended.closed_by) == (2, f"user:{admins[0].id}")


def test_one_source_says_nothing_of_another(service, admins):
    fails(service)
    fails(service, source="pubmed")
    recovers(service, source="europepmc")
    recovers(service)
    assert [one.source for one in open_ones(service)] == ["pubmed"]
    subjects = [subject for _, subject in mails(service, MessageState.PENDING)]
    assert subjects.count("PubMed cannot be reached") == 2


def test_without_an_admin_it_stays_open_and_the_first_one_is_told(service, clock):
    _person(service, "rita", Role.REVIEWER)
    fails(service)
    assert remind_due(service) == 1
    assert mails(service) == []
    assert [one.told_at for one in open_ones(service)] == [None]
    clock.pass_by(days=3)
    _person(service, "ada")
    assert remind_due(service) == 1
    (one,) = open_ones(service)
    assert mails(service) == [("ada@team.example", one.headline)]
    assert one.told_at == clock.now
    assert remind_due(service) == 0


def test_who_was_not_told_of_the_beginning_is_not_told_of_the_end(service):
    fails(service)
    _person(service, "ada")
    recovers(service)
    assert mails(service) == []


def test_a_query_read_in_another_way_lasts_until_an_admin_says_so(service, admins, clock):
    for _ in range(2):
        with service.database.write() as session:
            workflow.query_rewritten(session, service.settings, "pubmed", VIPP, clock())
    (one,) = open_ones(service)
    assert (one.topic, one.kind, one.times) == ("query:vipp", "query changed upstream", 2)
    assert one.message == "it reads the query for vipp in another way than before"
    assert len(mails(service)) == 2
    recovers(service, "pubmed")
    assert open_ones(service) == [one], "an answered poll does not make it right"
    for by in admins:
        with service.database.write() as session:
            workflow.settle_incident(session, service.settings, one.id, by=by, at=clock())
    assert open_ones(service) == []
    subjects = [subject for _, subject in mails(service, MessageState.PENDING)]
    assert subjects == [f"Settled: {one.headline}"] * 2, "told once, though two pressed"


def test_fewer_ids_end_by_a_better_comparison_too(service, admins, clock):
    address = Query("http://a.test/feed?key=K123", "http://a.test/feed?key=K123")
    with service.database.write() as session:
        workflow.fewer_ids(session, service.settings, "pubmed", VIPP, clock())
        workflow.fewer_ids(session, service.settings, "pubmed", address, clock())
    (one,) = open_ones(service)
    assert (one.topic, one.kind, one.times) == ("comparison", "fewer ids than before", 2)
    assert one.message == "it lists far fewer records than before for one of its queries"
    with service.database.write() as session:
        workflow.source_recovered(
            session, service.settings, "pubmed", clock(), topic=incidents.COMPARISON
        )
    assert open_ones(service) == []
    assert mails(service)[-1][1] == "Over: PubMed listed fewer records than before"
