"""One day of the sources, on both databases: what was asked, what came, what is missing."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import event, text

from monitor.catalogue import loader
from monitor.feeds import service
from monitor.feeds.completeness import days
from monitor.feeds.completeness.verdicts import DayOfAsking
from monitor.feeds.records import Answer, Citation, FetchedRecord, UnreadableRecord
from monitor.feeds.service import Effort
from monitor.feeds.sources.contract import catalogue_queries
from monitor.feeds.tables import Comparison, Incident, PollKind
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

ON = date(2026, 11, 20)
SIX = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
NOON = SIX + timedelta(hours=6)
NEXT = SIX + timedelta(days=1)
NOW = SIX + timedelta(days=3)
FEED = {"name": "A journal", "url": "https://j.test/feed"}
DOWN = SourceError(SourceFault.UNREACHABLE, "PubMed is down")
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def database(lasting_database):
    """One database for all tests here: each of them is rolled back at its end."""
    return lasting_database


@pytest.fixture(scope="module")
def catalogue():
    """Three of the ten: enough queries to tell them apart."""
    whole = loader.load()
    return whole.model_copy(update={"interventions": whole.interventions[:3]})


@pytest.fixture
def settings(tmp_path, nobody_asked):
    return parse({"sources": {**nobody_asked, "pubmed": {}}}, folder=tmp_path)


@pytest.fixture
def ready(session, settings):
    """Only PubMed is on, from a week before."""
    service.sync_sources(session, settings, SIX - timedelta(days=7))
    return session


def poll(  # one attempt as jobs make it
    session,
    catalogue,
    at,
    *,
    fails=(),
    keys=(),
    name="pubmed",
    kind=PollKind.POLL,
    unreadable=(),
    only=None,
):
    """Put every query; those in ``fails`` fail, the first answer brings records of ``keys``."""
    lease = service.lease(session, name, at, 900, take_over=True)
    poll_id = service.start_poll(session, lease, at, kind)
    effort = Effort(at, 1.5, 2)
    records = tuple(FetchedRecord(key, b"", "text/xml", Citation(f"About {key}")) for key in keys)
    for query in only or catalogue_queries(catalogue, name):
        if query.key in fails:
            service.note_failure(session, lease, poll_id, query, DOWN, at, effort=effort)
            continue
        answer = Answer(
            query,
            records,
            Watermark(at.date().isoformat()),
            declared=len(records),
            unreadable=unreadable,
            window=(at.date() - timedelta(days=7), at.date()),
        )
        service.store(
            session, lease, poll_id, [answer], at, effort=effort, move=kind is PollKind.POLL
        )
        records, unreadable = (), ()
    if fails:
        service.fail(session, lease, poll_id, DOWN, at=at + timedelta(minutes=2))
    else:
        due = at + timedelta(days=1) if kind is PollKind.POLL else None
        service.finish(session, lease, poll_id, at=at + timedelta(minutes=2), next_due_at=due)
    return poll_id


@pytest.fixture
def look(ready, settings, catalogue):
    def report(on=ON, now=NOW, chosen=settings):
        return days.report(ready, chosen, catalogue, on, now)

    return report


@pytest.fixture
def ask(ready, catalogue):
    def put(at, **more):
        return poll(ready, catalogue, at, **more)

    return put


def only(report, name="pubmed"):
    return next(one for one in report.sources if one.name == name)


def told(report):
    return report.verdict.word.value, report.verdict.sentence


def test_a_day_read_in_full_since(ask, look):
    ask(SIX, keys=("1", "2"))
    ask(NEXT)
    report = look()
    assert told(report) == ("nothing", "Nothing is missing for 20 November 2026.")
    assert report.verdict.read_to == NEXT
    pubmed = only(report)
    assert (pubmed.asked, pubmed.records, pubmed.new_records) == (DayOfAsking.COMPLETE, 2, 2)
    assert [(one.key, one.title) for one in pubmed.came] == [("1", "About 1"), ("2", "About 2")]
    (attempt,) = pubmed.attempts
    assert (attempt.poll.kind, len(attempt.queries)) == (PollKind.POLL, 3)
    first = attempt.queries[0]
    assert (first.intervention, first.requests, first.declared) == ("vipp", 2, 2)
    assert (first.window_first, first.window_last) == (ON - timedelta(days=7), ON)
    assert report.names["vipp"] == "VIPP"


def test_each_source_says_what_was_the_matter(ask, look):
    ask(SIX)
    states = {one.name: (one.asked, one.verdict.word.value) for one in look().sources}
    assert states["pubmed"] == (DayOfAsking.COMPLETE, "not known")
    assert states["europepmc"] == (DayOfAsking.OFF, "off")


def test_a_failure_made_good(ask, look):
    ask(SIX - timedelta(days=1))
    ask(SIX, fails={"vipp", "abc"})
    ask(NOON)
    ask(NEXT)
    pubmed = only(look())
    assert pubmed.asked is DayOfAsking.COMPLETE
    assert pubmed.verdict.sentence == (
        "2 of 3 queries (VIPP and ABC) failed at 06:10, made good at 12:10: nothing is missing."
    )
    assert [(one.query_key, one.error) for one in pubmed.failed] == [
        ("vipp", "PubMed is down"),
        ("abc", "PubMed is down"),
    ]


def test_a_query_that_keeps_failing_is_not_known(ask, look):
    ask(SIX - timedelta(days=1))
    ask(SIX, fails={"vipp"})
    ask(NEXT, fails={"vipp"})
    report = look()
    assert only(report).asked is DayOfAsking.PARTLY
    assert only(report).verdict.sentence == (
        "Not known yet: 1 of 3 queries (VIPP) was last read in full on 19 November 2026 at 06:10."
    )
    assert told(report)[1] == (
        "Not known yet whether anything is missing: PubMed has not been read in full "
        "since 20 November 2026 ended."
    )
    ask(NEXT + timedelta(days=1))
    assert told(look())[0] == "nothing"


def test_a_poll_that_reached_no_query_failed_for_all(ready, catalogue, ask, look):
    lease = service.lease(ready, "pubmed", SIX, 900, take_over=True)
    poll_id = service.start_poll(ready, lease, SIX)
    service.fail(ready, lease, poll_id, DOWN, at=SIX)
    assert only(look()).asked is DayOfAsking.FAILED
    ask(NEXT)
    assert only(look()).verdict.sentence == (
        "Failed at 06:10, made good on 21 November 2026 at 06:10: nothing is missing."
    )


def test_a_day_without_any_poll(ask, look):
    ask(SIX - timedelta(days=1))
    assert only(look()).asked is DayOfAsking.NOT_ASKED
    assert told(look())[0] == "not known"
    ask(NEXT)
    assert told(look()) == (
        "nothing",
        "No source was asked on 20 November 2026. Nothing is missing for 20 November 2026.",
    )


def test_a_source_asked_weekly_is_not_due_every_day(ask, look, tmp_path):
    ask(SIX - timedelta(days=1))
    weekly = parse(
        {"sources": {"europepmc": {"enabled": False}, "pubmed": {"every_hours": 168}}},
        folder=tmp_path,
    )
    assert only(look(chosen=weekly)).asked is DayOfAsking.NOT_DUE


def test_today_is_told_as_far_as_it_goes(ask, look):
    ask(SIX - timedelta(days=1))
    early = look(now=SIX - timedelta(hours=1))
    assert told(early)[1].startswith("No source was asked yet today. Not known yet whether")
    ask(SIX)
    report = look(now=NOON)
    assert told(report) == (
        "nothing so far",
        "Nothing is missing so far today, as last read from each source.",
    )
    assert report.verdict.read_to == SIX


def test_days_before_the_service_and_days_to_come(ask, look):
    ask(SIX)
    before = look(on=date(2026, 11, 12))
    assert told(before) == (
        "before",
        "12 November 2026 was before the service began, on 13 November 2026.",
    )
    assert only(before).asked is DayOfAsking.ABSENT
    assert told(look(on=date(2026, 12, 24))) == ("future", "24 December 2026 has not come yet.")


def test_a_database_never_opened_for_work(session, settings, catalogue):
    report = days.report(session, settings, catalogue, ON, NOW)
    assert told(report) == ("before", "20 November 2026 was before the service began.")
    assert all(one.attempts == () for one in report.sources)


def test_a_source_switched_off_and_on_again(ready, ask, look, tmp_path, settings, nobody_asked):
    ask(SIX)
    off = parse({"sources": nobody_asked}, folder=tmp_path)
    service.sync_sources(ready, off, NOON)
    next_day, day_after = ON + timedelta(days=1), ON + timedelta(days=2)
    assert only(look(chosen=off)).asked is DayOfAsking.COMPLETE
    assert told(look(on=next_day, chosen=off)) == (
        "off",
        "No source was switched on on 21 November 2026.",
    )
    service.sync_sources(ready, settings, SIX + timedelta(days=2))
    assert only(look(on=next_day)).asked is DayOfAsking.OFF
    assert only(look(on=day_after)).asked is DayOfAsking.NOT_ASKED


@pytest.mark.parametrize(
    ("on", "inside", "outside"),
    [
        # 23 hours, from midnight to 23:00 UTC; 25 hours, from 23:00 UTC the day before
        (date(2026, 3, 29), (0, 22.99), (-0.01, 23)),
        (date(2026, 10, 25), (-1, 23.99), (-1.01, 24)),
    ],
)
def test_attempts_belong_to_the_uks_day(session, settings, catalogue, on, inside, outside):
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    service.sync_sources(session, settings, midnight - timedelta(days=3))
    for hours in sorted((*inside, *outside)):
        poll(session, catalogue, midnight + timedelta(hours=hours), keys=(f"r{hours}",))
    report = days.report(session, settings, catalogue, on, midnight + timedelta(days=2))
    started = [one.poll.started_at for one in only(report).attempts]
    assert started == [midnight + timedelta(hours=hours) for hours in inside]
    assert [one.key for one in only(report).came] == [f"r{hours}" for hours in inside]


def test_a_poll_just_after_midnight_in_summer_reads_its_own_day(session, settings, catalogue):
    """It is half past midnight in London, and still yesterday in UTC."""
    on = date(2026, 7, 2)
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    service.sync_sources(session, settings, at - timedelta(days=3))
    poll(session, catalogue, at)
    now = at + timedelta(hours=2)
    assert told(days.report(session, settings, catalogue, on, now))[0] == "nothing so far"
    # an hour of UTC's day was still to come: it is no proof of the day before, but the next is
    yesterday = on - timedelta(days=1)
    assert told(days.report(session, settings, catalogue, yesterday, now))[0] == "not known"
    poll(session, catalogue, at + timedelta(days=1))
    later = at + timedelta(days=1, hours=2)
    assert told(days.report(session, settings, catalogue, yesterday, later))[0] == "nothing"


def test_a_changed_record_is_not_new(ready, catalogue, look):
    query = catalogue_queries(catalogue, "pubmed")[:1]
    poll(ready, catalogue, SIX - timedelta(days=1), keys=("1",))
    lease = service.lease(ready, "pubmed", SIX, 900, take_over=True)
    poll_id = service.start_poll(ready, lease, SIX)
    changed = FetchedRecord("1", b"", "text/xml", Citation("Another title"))
    answer = Answer(query[0], (changed,), Watermark("2026-11-20"), declared=1)
    service.store(ready, lease, poll_id, [answer], SIX)
    assert only(look()).came == ()
    assert only(look()).records == 1


def test_records_set_aside_are_told_until_they_can_be_read(ask, look):
    ask(SIX, unreadable=(UnreadableRecord("bad", b"?", "has no title"),))
    ask(NEXT)
    report = look()
    assert told(report) == (
        "set aside",
        "Everything came on 20 November 2026, but 1 record from PubMed could not be read.",
    )
    assert [(one.key, one.reason) for one in only(report).unread] == [("bad", "has no title")]
    ask(NEXT + timedelta(hours=3), keys=("bad",))
    assert told(look())[0] == "nothing"
    assert [one.is_read_now for one in only(look()).unread] == [True]


def test_comparisons_count(ready, catalogue, ask, look):
    ask(SIX)
    ask(NEXT)
    query = catalogue_queries(catalogue, "pubmed")[0]
    poll_id = ask(NEXT + timedelta(hours=1), kind=PollKind.COMPARISON, only=[query])
    numbers = {"listed": 12, "older": 2, "held": 7, "missed": 3, "fetched": 3, "vanished": 0}
    row = Comparison(
        poll_id=poll_id,
        source="pubmed",
        query_key=query.key,
        query_hash=query.hash,
        at=NEXT + timedelta(hours=1),
        **numbers,
    )
    ready.add(row)
    ready.flush()
    assert told(look())[0] == "nothing"
    assert [one.missed for one in only(look(on=ON + timedelta(days=1))).comparisons] == [3]
    row.fetched = 1
    ready.flush()
    assert told(look()) == (
        "missing",
        "Records are missing from PubMed: listed there, and not held here.",
    )
    assert only(look()).verdict.sentence == (
        "It lists 2 records that could not be fetched, for VIPP."
    )
    row.query_hash = "of another text"
    ready.flush()
    assert told(look())[0] == "nothing"


def test_incidents_open_that_day_are_shown(ready, ask, look):
    def incident(topic, opened, closed=None):
        ready.add(
            Incident(
                source="pubmed",
                topic=topic,
                kind="unreachable",
                message="PubMed is down",
                opened_at=opened,
                last_seen_at=opened,
                reminded_at=opened,
                closed_at=closed,
            )
        )

    ask(SIX)
    ask(NEXT)
    incident("poll", SIX - timedelta(days=2), SIX - timedelta(days=1))
    incident("poll", SIX, NOON)
    incident("comparison", SIX - timedelta(days=1))
    incident("query:cos", NEXT)
    ready.flush()
    assert [one.topic for one in only(look()).incidents] == ["comparison", "poll"]
    assert told(look())[0] == "nothing"
    assert told(look(on=ON + timedelta(days=1)))[0] == "suspected"


def test_other_attempts_are_no_polls(ask, look):
    ask(SIX - timedelta(days=1))
    ask(SIX, kind=PollKind.BACKFILL)
    pubmed = only(look())
    assert [one.poll.kind for one in pubmed.attempts] == [PollKind.BACKFILL]
    assert pubmed.asked is DayOfAsking.NOT_ASKED
    ask(NEXT, kind=PollKind.COMPARISON)
    assert told(look())[0] == "not known"


def test_files_that_people_bring_are_shown(ready, ask, look):
    ask(SIX)
    ask(NEXT)
    service.ensure_manual_source(ready, "import", SIX)
    ask(NOON, name="import", kind=PollKind.IMPORT, only=[Query("sha256:1", "RIS")], keys=("x",))
    report = look()
    brought = only(report, "import")
    assert (brought.asked, brought.new_records) == (DayOfAsking.BY_HAND, 1)
    assert told(report)[0] == "nothing"


@pytest.fixture
def journals(session, tmp_path, catalogue):
    chosen = parse(
        {
            "sources": {
                "pubmed": {"enabled": False},
                "europepmc": {"enabled": False},
                "journals": {"feeds": [FEED]},
            }
        },
        folder=tmp_path,
    )
    service.sync_sources(session, chosen, SIX - timedelta(days=7))
    query = Query(FEED["url"], FEED["url"])

    def show(at, *keys):
        lease = service.lease(session, "journals", at, 900, take_over=True)
        poll_id = service.start_poll(session, lease, at)
        records = tuple(FetchedRecord(key, b"", "text/xml", Citation(key)) for key in keys)
        answer = Answer(query, records, Watermark(etag='"1"'), unchanged=not keys)
        service.store(session, lease, poll_id, [answer], at, effort=Effort(at, 1, 1))
        service.finish(session, lease, poll_id, at=at, next_due_at=at + timedelta(days=1))

    def see(on=ON):
        return only(days.report(session, chosen, catalogue, on, NOW), "journals").verdict

    return show, see


def test_a_feed_is_read_while_its_items_overlap(journals):
    show, see = journals
    show(SIX - timedelta(days=1), *"abcde")
    show(SIX, *"bcdef")
    assert see().word == "not known"
    show(NEXT)  # not modified: that is an answer too
    assert see().sentence == "Read in full to the end of the day: nothing is missing."
    show(NEXT + timedelta(days=1), *"vwxyz")
    assert see().word == "nothing"
    assert see(ON + timedelta(days=1)).sentence == (
        "Something may be missing: every item of A journal was new, so others may have gone by "
        "unseen."
    )


def test_a_feed_has_no_past(journals):
    show, see = journals
    show(NEXT, *"abcde")
    show(NEXT + timedelta(days=1), *"abcde")
    assert see().sentence.startswith("Not known: A journal was first read on 21 November 2026")
    assert see(ON + timedelta(days=1)).word == "nothing"


def test_a_query_in_other_words_is_read_anew(ready, ask, look, catalogue):
    ask(SIX)
    vipp, *others = catalogue_queries(catalogue, "pubmed")
    ask(NEXT, only=[vipp._replace(text="other words"), *others])
    assert only(look()).verdict.sentence == (
        "Not known yet: 1 of 3 queries (VIPP) was last read in full on 20 November 2026 at 06:10."
    )


def test_hostile_watermarks_and_titles_prove_nothing_and_break_nothing(ready, ask, look):
    ask(SIX)
    ask(NEXT, keys=("<script>\x7f",))
    ready.execute(text("UPDATE watermark SET position = '2099-99-99' WHERE query_key = 'vipp'"))
    assert told(look())[0] == "not known"
    assert len(look(on=ON + timedelta(days=1)).sources[0].came) == 1


@pytest.fixture
def statements(ready):
    """Note what the database is asked, from now on."""
    seen: list[tuple[str, object]] = []

    def note(connection, cursor, statement, parameters, *rest) -> None:
        seen.append((statement, parameters))

    event.listen(ready.get_bind(), "before_cursor_execute", note)
    yield seen
    event.remove(ready.get_bind(), "before_cursor_execute", note)


def test_one_day_costs_as_many_statements_however_much_it_holds(ready, ask, look, statements):
    def cost() -> int:
        ready.expire_all()
        statements.clear()
        look()
        return len(statements)

    ask(SIX, keys=("1",))
    few = cost()
    for number in range(8):
        ask(SIX + timedelta(minutes=number * 10 + 10), fails={"abc"}, keys=(f"k{number}",))
    assert cost() == few <= 16


def _steps(session, statements):
    """Give the steps in which SQLite would take each statement, for the values it was asked with."""
    return [
        str(step.detail)
        for statement, parameters in list(statements)
        for step in session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statement}", parameters
        )
    ]


LARGE = ("SCAN poll", "SCAN poll_query", "SCAN record", "SCAN record_1", "SCAN audit_entry")


def test_no_large_table_is_read_from_end_to_end(ready, ask, look, statements):
    if ready.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the table's size")
    ask(SIX, keys=("1",))
    ask(NEXT)
    statements.clear()
    look()
    plans = _steps(ready, statements)
    assert any("USING INDEX ix_poll_started_at" in step for step in plans)
    assert not [step for step in plans if step.startswith(LARGE)]


def test_nor_where_one_answer_brought_most_of_what_is_held(ready, ask, look, statements):
    """The first reading of a source does: by its statistics SQLite would read all for any day."""
    if ready.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the values of the one statement")
    first = ask(SIX - timedelta(days=1), keys=("1",))
    ask(SIX, keys=("2",))
    earlier = {"at": (SIX - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.%f"), "poll": first}
    for table, columns, values in (
        (
            "poll",
            "source, started_at, state, records, new_records, unreadable, notes, kind",
            "'pubmed', :at, 'complete', 0, 0, 0, '[]', 'poll'",
        ),
        (
            "record",
            "source, key, content_hash, media_type, raw, citation, fetched_at, poll_id",
            "'pubmed', 'k' || i, i, 'text/xml', '', '{}', :at, :poll",
        ),
    ):
        numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        ready.execute(
            text(f"INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM n"),  # noqa: S608 - written above
            {name: value for name, value in earlier.items() if f":{name}" in values},
        )
    ready.execute(text("ANALYZE"))
    for on, brought in ((ON, ["2"]), (ON + timedelta(days=2), [])):
        statements.clear()
        (source, *_) = look(on=on).sources
        assert [came.key for came in source.came] == brought
        assert not [step for step in _steps(ready, statements) if step.startswith("SCAN record")]
