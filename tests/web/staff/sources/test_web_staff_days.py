"""The sources day by day: the answer first, the good folded away, nothing hostile let through."""

from datetime import timedelta

from lxml import html

from monitor.feeds import service as feeds
from monitor.feeds.records import Answer, Citation, FetchedRecord, UnreadableRecord
from monitor.feeds.sources.contract import catalogue_queries
from monitor.feeds.tables import Comparison, Incident, PollKind, PollQuery
from monitor.feeds.watermarks import Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.web.admin.days import by_reason

TODAY = "/status/days/2026-11-23"


def ask(
    world, at, *, fails=(), why="PubMed is down", text=None, title="Invented", kind=PollKind.POLL
):
    """One attempt at PubMed, query by query; the first brings a record and one that is unreadable."""
    queries = catalogue_queries(world.service.catalogue, "pubmed")
    error = SourceError(SourceFault.UNREACHABLE, why)
    effort = feeds.Effort(at, 0.5, 3)
    with world.database.write() as session:
        lease = feeds.lease(session, "pubmed", at, 60, take_over=True)
        poll_id = feeds.start_poll(session, lease, at, kind)
        for number, query in enumerate(queries):
            put = query._replace(text=text) if text and not number else query
            if query.key in fails:
                feeds.note_failure(session, lease, poll_id, put, error, at, effort=effort)
                continue
            first = number == 0
            record = FetchedRecord(f"k{at:%d%H}", b"", "text/xml", Citation(title))
            bad = UnreadableRecord(f"bad{at:%d%H}", b"?", "has no title")
            answer = Answer(
                put,
                (record,) if first else (),
                Watermark(at.date().isoformat()),
                declared=int(first),
                unreadable=(bad,) if first and kind is not PollKind.POLL else (),
                window=(at.date() - timedelta(days=7), at.date()),
            )
            feeds.store(session, lease, poll_id, [answer], at, effort=effort)
        if fails:
            feeds.fail(session, lease, poll_id, error, at=at)
        else:
            feeds.finish(session, lease, poll_id, at=at, next_due_at=at + timedelta(days=1))
    return poll_id


def page(browser, path=TODAY, status=200):
    answer = browser.get(path)
    assert answer.status_code == status
    return html.document_fromstring(answer.text)


def heading(document) -> str:
    (found,) = document.xpath("//h1")
    return " ".join(found.text_content().split())


def words(document, path) -> str:
    return " ".join(" ".join(one.text_content().split()) for one in document.xpath(path))


def test_the_chosen_day_is_opened(begun, browse):
    browser = browse(begun.ada)
    assert browser.get("/status/days").location == TODAY
    assert browser.get("/status/days?day=2026-10-25").location == "/status/days/2026-10-25"
    assert "/status/days" in browser.get("/status").text


def test_a_day_that_is_none_is_asked_for_again(begun, browse):
    browser = browse(begun.ada)
    for typed in ("2026-02-31", "abc", "", "0001-01-01", "9999-12-31", "%01", "1" * 900):
        document = page(browser, f"/status/days?day={typed}", 400)
        assert "There is no such day" in words(document, "//*[@id='day-error']"), typed
    for written in ("2026-02-31", "abc", "0001-01-01", "9999-12-31", "1999-12-31", "2026-11-23x"):
        assert browser.get(f"/status/days/{written}").status_code == 404, written


def test_the_answer_comes_first_and_the_good_is_folded(begun, browse, clock):
    ask(begun, clock())
    document = page(browse(begun.ada))
    assert heading(document) == (
        "Not known yet whether anything is missing: Europe PMC and Crossref have not been read in "
        "full today."
    )
    row = words(document, "//tr[th//a[@href='#pubmed']]")
    assert "Asked, with every answer" in row
    assert "Read in full up to 06:10 today: nothing is missing up to then." in row
    (pubmed,) = document.xpath("//details[@id='pubmed']")
    assert pubmed.get("open") is None
    told = pubmed.text_content()
    assert "10 queries answered in full" in told
    assert "16 November 2026 to 23 November 2026" in told
    assert catalogue_queries(begun.service.catalogue, "pubmed")[0].text in told
    assert "1 new record" in told


def test_what_failed_is_in_plain_sight(begun, browse, clock):
    ask(begun, clock(), fails={"vipp", "ddp"})
    (pubmed,) = page(browse(begun.ada)).xpath("//details[@id='pubmed']")
    assert pubmed.get("open") is not None
    (alert,) = pubmed.xpath(".//tr[contains(@class, 'gm-alert')]")
    told = " ".join(alert.text_content().split())
    assert told.startswith("VIPP, DDP")
    assert told.endswith("PubMed is down")
    ask(begun, clock.advance(hours=6))
    document = page(browse(begun.ada))
    assert (
        "2 of 10 queries (VIPP and DDP) failed at 06:10, made good at 12:10; "
        "read in full up to 12:10 today"
    ) in words(document, "//tr[th//a[@href='#pubmed']]")


def test_a_past_day_read_since(begun, browse, clock, tmp_path):
    ask(begun, clock())
    ask(begun, clock.advance(days=1))
    document = page(browse(begun.ada))
    row = words(document, "//tr[th//a[@href='#pubmed']]")
    assert "Read in full to the end of the day: nothing is missing." in row
    assert document.xpath("//a[@rel='next']/@href") == ["/status/days/2026-11-24"]
    assert document.xpath("//a[@rel='prev']/@href") == ["/status/days/2026-11-22"]
    assert not page(browse(begun.ada), "/status/days/2026-11-24").xpath("//a[@rel='next']")


def test_other_days_are_told_apart(begun, browse):
    browser = browse(begun.ada)
    assert heading(page(browser, "/status/days/2026-11-01")) == (
        "1 November 2026 was before the service began, on 23 November 2026."
    )
    assert heading(page(browser, "/status/days/2026-12-24")) == "24 December 2026 has not come yet."
    assert "25 hours: the clocks changed" in browser.get("/status/days/2026-10-25").text
    assert "23 hours: the clocks changed" in browser.get("/status/days/2026-03-29").text


def test_comparisons_incidents_and_what_was_set_aside_are_shown(begun, browse, clock):
    at = clock()
    poll_id = ask(begun, at, kind=PollKind.COMPARISON)
    with begun.database.write() as session:
        numbers = {"listed": 41, "older": 0, "held": 38, "missed": 3, "fetched": 1, "vanished": 2}
        query = catalogue_queries(begun.service.catalogue, "pubmed")[0]
        session.add(
            Comparison(
                poll_id=poll_id,
                source="pubmed",
                query_key="vipp",
                query_hash=query.hash,
                at=at,
                alarm="fewer ids than before",
                **numbers,
            )
        )
        session.add(
            Incident(
                source="pubmed",
                topic="comparison",
                kind="fewer ids than before",
                message="PubMed lists fewer",
                opened_at=at,
                last_seen_at=at,
                reminded_at=at,
            )
        )
    document = page(browse(begun.ada))
    assert heading(document) == "Records are missing from PubMed: listed there, and not held here."
    told = words(document, "//details[@id='pubmed']")
    assert "3, 1 fetched" in told
    assert "PubMed listed fewer records than before. PubMed lists fewer." in told
    assert "has no title" in told


def test_hostile_text_is_shown_as_text(begun, browse, clock):
    evil = "<script>alert(1)</script>{{7*7}}<img src=x onerror=alert(1)>"
    ask(begun, clock(), fails={"ddp"}, why=evil, text=evil, title=evil)
    answer = browse(begun.ada).get(TODAY)
    assert answer.status_code == 200
    assert evil not in answer.text
    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;") >= 3
    assert "{{7*7}}" in answer.text


def test_a_failure_without_words_is_not_known(begun, browse, clock):
    poll_id = ask(begun, clock(), fails={"ddp"})
    with begun.database.write() as session:
        (row,) = session.query(PollQuery).filter_by(poll_id=poll_id, query_key="ddp")
        row.error = row.fault = None
        assert by_reason([row]) == [("not known", [row])]
    assert "not known" in words(page(browse(begun.ada)), "//details[@id='pubmed']//table")
