"""When to ask again, from which day on; plain text; citations there and back."""

import doctest
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import plain, rules
from monitor.feeds.records import Citation, FetchedRecord, Identifier, Trial
from monitor.feeds.storage import citations
from monitor.feeds.watermarks import Query, Watermark

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
SINCE = date(2020, 1, 1)


def test_the_examples_hold():
    assert doctest.testmod(rules).failed == 0
    assert doctest.testmod(plain).failed == 0


@given(st.integers(0, 10_000), st.none() | st.floats(0, 1e12))
def test_backoff_grows_and_stays_within_a_day(failures, asked):
    wait = rules.backoff(failures, asked)
    assert timedelta(minutes=5) <= wait <= timedelta(days=1)
    assert rules.backoff(failures + 1, asked) >= wait
    if asked is not None:
        assert wait >= timedelta(seconds=min(asked, rules.DAY_SECONDS))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("120", 120), ("1.5", 1.5), ("-1", 0), ("1000000000", 86400),
        ("inf", 86400), ("nan", None), ("tomorrow", None), ("9" * 100, None),
        ("Mon, 23 Nov 2026 06:20:00 GMT", 600), ("Mon, 23 Nov 2020 06:20:00 GMT", 0),
        ("Fri, 23 Nov 2096 06:20:00 GMT", 86400), ("Mon, 23 Nov 2026 06:20:00 -0000", 600),
        ("Mon, 99 Nov 2026 06:20:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after(header, seconds):
    assert rules.retry_after(header, NOW) == seconds


def test_a_window_starts_at_the_watermark_less_the_overlap():
    today = NOW.date()
    assert rules.window_start(None, 7, SINCE, today) == SINCE
    assert rules.window_start("2026-11-20", 7, SINCE, today) == date(2026, 11, 13)
    assert rules.window_start("2020-01-02", 7, SINCE, today) == SINCE
    # the clock was wrong once: nothing is skipped for it
    assert rules.window_start("2099-01-01", 14, SINCE, today) == date(2026, 11, 9)
    assert rules.window_start("garbage", 7, SINCE, today) == SINCE


def test_the_earlier_of_two_clocks_is_believed():
    today = NOW.date()
    assert rules.reached(today, "Sat, 21 Nov 2026 23:00:00 GMT") == "2026-11-21"
    assert rules.reached(today, "Thu, 21 Nov 2126 23:00:00 GMT") == "2026-11-23"
    assert rules.reached(today, None) == rules.reached(today, "no date") == "2026-11-23"


def test_a_watermark_is_for_its_own_query_only():
    query, other = Query("vipp", "a"), Query("vipp", "b")
    assert Watermark(position="2026-01-01").continues(query)
    assert Watermark(query_hash=query.hash).continues(query)
    assert not Watermark(query_hash=other.hash).continues(query)


@given(st.text())
def test_a_plain_line_is_one_clean_bounded_line(raw):
    made = plain.line(raw, 20)
    assert len(made) <= 20
    assert made == " ".join(made.split())
    assert not any(
        ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c in "\x7f\u202e\ufeff" for c in made
    )
    made.encode()
    assert plain.line(made, 20) == made


@given(st.text())
def test_html_never_fails_and_comes_out_plain(raw):
    plain.html_text(raw).encode()
    assert "\n" not in plain.html_line(raw)


@given(
    st.lists(st.text(alphabet="ab <&;lti>\n", max_size=6) | st.sampled_from(["Alder P", "x" * 12])),
    st.sampled_from((8, 500)),
)
def test_many_lines_are_read_as_each_of_them_alone(raws, limit):
    assert plain.html_lines(raws, limit) == [plain.html_line(raw, limit) for raw in raws]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<h4>Background</h4>One <i>two</i>.<h4>Results:</h4><p>p &lt; 0.05</p>",
         "BACKGROUND: One two.\n\nRESULTS: p < 0.05"),
        ("<p>A</p><script>alert(1)</script><p>B<br>C</p>", "A\n\nB\n\nC"),
        ("p < 0.05 and q > 2", "p < 0.05 and q > 2"),
        ("h<sub>2</sub>o &amp; more", "h2o & more"),
        ("<b>never closed", "never closed"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_becomes_paragraphs(raw, text):
    assert plain.html_text(raw) == text


def test_long_texts_are_cut_visibly():
    assert plain.line("x" * 100, 10) == "x" * 9 + "…"
    assert len(plain.html_text("<p>" + "word " * 100_000)) <= plain.MAX_ABSTRACT
    assert plain.lines(["a", "a", None, 3, " "]) == ("a",)
    assert plain.lines("not a list") == ()


@given(told=st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_the_next_reminder_is_never_more_than_a_day_away(told):
    assert rules.next_reminder(NOW + told, NOW) <= NOW + timedelta(days=1)
    assert rules.next_reminder(None, NOW) == NOW


@given(readable=st.integers(0, 500), unreadable=st.integers(0, 500))
def test_more_unreadable_records_never_look_better(readable, unreadable):
    changed = rules.shape_changed(readable, unreadable)
    assert not changed or rules.shape_changed(readable, unreadable + 1)
    assert not changed or rules.shape_changed(max(readable - 1, 0), unreadable)
    assert not rules.shape_changed(readable, 2)
    assert not rules.shape_changed(readable, readable)


CITATION = Citation(
    title="An invented trial",
    identifiers=(Identifier("pmid", "1"), Identifier("doi", "10.1000/x")),
    registrations=(Identifier("nct", "NCT00000001"),),
    authors=("Doe J",),
    published=date(2026, 1, 2),
    year=2026,
)


def test_a_citation_comes_back_from_json():
    assert citations.from_json(citations.to_json(CITATION)) == CITATION
    assert citations.from_json(citations.to_json(Citation("t"))) == Citation("t")
    for trial in (
        Trial(),
        Trial("completed", date(2020, 1, 31), date(2022, 2, 28), True, 0, False),
    ):
        registered = Citation("t", trial=trial)
        said = json.loads(json.dumps(citations.to_json(registered)))
        assert citations.from_json(said) == registered


def test_a_record_that_knows_no_links_and_no_trial_keeps_its_hash():
    assert not {"links", "trial"} & citations.to_json(CITATION).keys()


def test_what_changes_a_record_and_what_does_not():
    record = FetchedRecord("1", b"raw", "application/xml", CITATION)
    stamped = FetchedRecord("1", b"raw, fetched at noon", "application/xml", CITATION, stable=b"")
    again = FetchedRecord("1", b"raw, fetched at one", "application/xml", CITATION, stable=b"")
    changed = FetchedRecord("1", b"raw", "application/xml", Citation("Another title"))
    hashes = [citations.content_hash(one) for one in (record, stamped, again, changed)]
    assert hashes[1] == hashes[2]
    assert len(set(hashes)) == 3
