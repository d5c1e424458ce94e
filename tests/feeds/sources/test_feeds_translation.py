"""How PubMed says that it reads a query: comparable from poll to poll, and a change is noticed."""

import json
import re
import tarfile
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import service
from monitor.feeds.records import Answer
from monitor.feeds.sources import pubmed_search
from monitor.feeds.sources.pubmed import PubMed
from monitor.feeds.sources.pubmed_search import translation
from monitor.feeds.tables import Poll, WatermarkRow
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.settings import parse

QUERY = Query("vipp", "VIPP[tiab]", "vipp")
READ = '"vipp"[Title/Abstract]'


@pytest.mark.parametrize(
    "dated",
    [
        f"{READ} AND 2025/09/27:2025/11/26[Date - Entry]",
        f"({READ}) AND 2025/09/27:2025/11/26[Date - Create]",
        f"({READ}) AND 2025/09/27 : 3000/12/31[Date - Modification]",
        f'({READ}) AND ("2025/09/27"[Date - Create] : "2025/11/26"[Date - Create])',
        f'({READ}) AND "2025/09/27"[CRDT] : "2025/11/26"[CRDT]',
        f"({READ}) AND 2025:2026[Date - Entry]",
        f"  (({READ}))\n AND\t2025/9/7:2025/11/26[mdat] ",
        READ,
    ],
)
def test_dates_that_were_asked_for_are_no_part_of_the_reading(dated):
    assert translation(dated) == READ


def test_what_does_not_enclose_the_whole_stays():
    both = '("a"[tiab]) OR ("b"[tiab])'
    assert translation(both) == both
    assert translation('("a)"[tiab] OR "(b"[tiab])') == '"a)"[tiab] OR "(b"[tiab]'
    inside = '("a"[tiab] AND 2020:2021[pdat]) OR "b"[tiab]'
    assert translation(inside) == inside


@pytest.mark.parametrize("raw", [None, 3, True, [], {}, "", " \n", "\x00"])
def test_a_source_that_does_not_say_has_no_reading(raw):
    assert translation(raw) is None


@given(st.text(alphabet='ab ()":/[]0129AND\x00\n', max_size=80))
def test_any_text_is_read_and_reading_it_again_changes_nothing_that_is_stored(raw):
    found = translation(raw)
    assert found is None or ("\x00" not in found and found == found.strip())


def test_the_recorded_readings_lose_their_dates_and_nothing_else(recordings):
    """Recorded esearch replies: one was asked with reldate, and says so in its translation."""
    raw = []
    with tarfile.open(recordings / "pubmed_xml" / "biopython-entrez.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            text = file.read().decode("utf-8", "replace") if file is not None else ""
            raw += re.findall(r"<QueryTranslation>(.*)</QueryTranslation>", text)
    assert len(raw) >= 7
    dated = [text for text in raw if "[Date - Entry]" in text]
    assert len(dated) == 1
    for text in raw:
        plain = text.replace(" AND 2025/09/27:2025/11/26[Date - Entry]", "")
        assert translation(text) in {plain, plain[1:-1]}


def test_recorded_replies_in_json_give_their_reading(recordings):
    body = (recordings / "multi_api" / "fastpaper-cli__pubmed_esearch.json").read_bytes()
    page = pubmed_search.read(body)
    assert page.translation == json.loads(body)["esearchresult"]["querytranslation"]
    bare = (recordings / "pubmed_xml" / "biomcp__esearch_braf.json").read_bytes()
    assert pubmed_search.read(bare).translation is None


@pytest.fixture
def ready(session, tmp_path, now):
    service.sync_sources(session, parse({}, folder=tmp_path), now)
    return session


def answer(read, query=QUERY):
    return Answer(query, (), Watermark("2026-11-23"), declared=0, translation=read)


def poll(session, at, given):
    """One whole poll; gives whether the query was read in another way, and what was noted."""
    lease = service.lease(session, "pubmed", at, 60, take_over=True)
    poll_id = service.start_poll(session, lease, at)
    changed = service.rewritten(session, "pubmed", given)
    service.store(session, lease, poll_id, [given], at)
    service.finish(session, lease, poll_id, at=at, next_due_at=at)
    return changed, session.get_one(Poll, poll_id).notes


def test_a_query_that_is_read_in_another_way_is_noticed_once(ready, now):
    assert poll(ready, now, answer(READ)) == (False, [])
    assert poll(ready, now, answer(READ)) == (False, [])
    changed, notes = poll(ready, now, answer('"vipp"[All Fields]'))
    assert changed
    assert notes == ["the source reads the query 'vipp' in another way than before"]
    assert poll(ready, now, answer('"vipp"[All Fields]')) == (False, [])


def test_a_query_rewritten_silently_is_noticed_over_http(ready, upstream, make_http, now):
    """Fault 47: a whole, well-formed answer to another query than the one that was sent."""
    read = [f"({READ}) AND 2020/01/01:2026/11/24[Date - Create]"]

    def say(asked):
        result = {"count": "0", "idlist": [], "querytranslation": read[0]}
        return upstream.says(json.dumps({"esearchresult": result}).encode())

    upstream.answer = say
    http = make_http()
    http.pace(upstream.url, 10_000)
    source = PubMed(http, upstream.url, date(2020, 1, 1), {}, (QUERY,))
    assert poll(ready, now, source.ask(QUERY, None, now))[0] is False
    read[0] = f"({READ}) AND 2026/11/10:2026/11/25[Date - Modification]"
    assert poll(ready, now, source.ask(QUERY, None, now))[0] is False, "only the dates differ"
    read[0] = '("vipp"[All Fields]) AND 2026/11/10:2026/11/25[Date - Modification]'
    assert poll(ready, now, source.ask(QUERY, None, now))[0] is True


def test_case_and_spaces_are_no_other_way(ready, now):
    poll(ready, now, answer(READ))
    assert poll(ready, now, answer(READ.upper().replace('"[', '"  [').replace(" ", "")))[0] is False


def test_a_reading_that_is_not_given_tells_nothing(ready, now):
    assert poll(ready, now, answer(None))[0] is False
    poll(ready, now, answer(READ))
    assert poll(ready, now, answer(None))[0] is False
    assert ready.get_one(WatermarkRow, ("pubmed", "vipp")).translation == READ
    assert poll(ready, now, answer("other"))[0] is True


def test_a_query_that_we_changed_is_no_rewriting(ready, now):
    poll(ready, now, answer(READ))
    ours = Query("vipp", "VIPP-SD[tiab]", "vipp")
    assert poll(ready, now, answer(None, ours))[0] is False
    assert poll(ready, now, answer('"vipp-sd"[Title/Abstract]', ours))[0] is False
    later = now + timedelta(days=1)
    assert poll(ready, later, answer(READ, ours))[0] is True
