"""Faults, hooks, limits and the log that every stand-in has."""

import re
import threading
import zlib
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests
from urllib3.exceptions import ProtocolError

from monitor.demo.machinery import faults
from monitor.demo.machinery.faults import Fault, Senseless
from monitor.demo.machinery.limits import Allowance, Limiter
from monitor.kernel.clock import utcnow


def get(running, timeout=30.0):
    return requests.get(running.feeds.journals_url, timeout=timeout)


@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [
        ("html200", 200, b"<!doctype html>"),
        ("empty200", 200, b""),
        ("error-json", 200, b'{"error"'),
        ("truncated", 200, b"<?xml"),
        ("500", 500, b"<h1>500"),
        ("503", 503, b"<h1>503"),
        ("429", 429, b"Too many"),
    ],
)
def test_a_fault_is_answered_once_and_then_all_is_well(running, kind, status, start):
    well = get(running).content
    running.feeds.fault("feeds/journals", kind)
    reply = get(running)
    assert (reply.status_code, reply.content[: len(start)]) == (status, start)
    assert reply.content != well
    assert get(running).content == well


def test_503_names_a_time(running):
    running.feeds.fault("feeds", "503")
    assert get(running).headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("kind", "says"), [("429-seconds", "1"), ("429-negative", "-5"), ("429-huge", "1000000000")]
)
def test_429_names_any_number(running, kind, says):
    running.feeds.fault("feeds/journals", kind)
    reply = get(running)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, says)


def test_429_names_a_date_a_minute_off(running):
    running.feeds.fault("feeds/journals", "429-date")
    named = parsedate_to_datetime(get(running).headers["Retry-After"])
    assert timedelta(seconds=50) < named - utcnow() < timedelta(seconds=61)


def test_a_bomb_is_small_until_it_is_unpacked(running):
    running.feeds.fault("feeds/journals", "gzip-bomb")
    with requests.get(running.feeds.journals_url, stream=True, timeout=30) as reply:
        assert reply.headers["Content-Encoding"] == "gzip"
        assert int(reply.headers["Content-Length"]) < 11_000_000
        first = reply.raw.read(5_000, decode_content=False)
    assert len(zlib.decompressobj(31).decompress(first)) == faults.BOMB_BLOCK
    assert len(faults.bomb()) * 900 < faults.BOMB_BLOCK * faults.BOMB_BLOCKS


def test_a_drip_comes_byte_by_byte_and_ends_with_the_stand_in(running):
    running.feeds.drip_seconds = 0.01
    running.feeds.fault("feeds/journals", "slow-drip")
    with requests.get(running.feeds.journals_url, stream=True, timeout=30) as reply:
        assert [reply.raw.read(1) for _ in range(5)] == [b"<", b"?", b"x", b"m", b"l"]
        running.feeds.stop()
        with pytest.raises(ProtocolError):
            reply.raw.read()


def test_a_wrong_charset_is_not_what_the_header_says(running):
    for kind, encoding in (("wrong-charset", "cp1252"), ("utf-16", "utf-16")):
        running.feeds.fault("feeds/journals", kind)
        reply = get(running)
        assert "utf-8" in reply.headers["Content-Type"]
        assert "Circle of Security–Parenting" in reply.content.decode(encoding)
        with pytest.raises(UnicodeDecodeError):
            reply.content.decode()


def test_redirects_lead_back_or_elsewhere(running):
    url = running.feeds.pubmed_search_url
    running.feeds.fault("feeds/search", "redirect-loop", times=None)
    with pytest.raises(requests.TooManyRedirects):
        requests.get(url, timeout=30)
    assert {request.params["limit"] for request in running.feeds.requests()} == {"50"}
    running.feeds.clear()
    running.feeds.fault("feeds/search", "redirect-elsewhere")
    reply = requests.get(url, timeout=30, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (302, running.feeds.elsewhere)


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        ("feeds/journals", "expired-cursor"),
        ("feeds", "short-count"),
        ("feeds/nosuch", "503"),
        ("pubmed", "503"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(running, endpoint, kind):
    with pytest.raises(Senseless, match=kind):
        running.feeds.fault(endpoint, kind)


def test_the_docs_name_every_fault_where_it_can_be(running):
    docs = (Path(__file__).parents[2] / "docs" / "demo.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| (`.+) \|$", docs, re.MULTILINE))
    named = {where: set(re.findall(r"`([\w-]+)`", faults)) for where, faults in rows.items()}
    assert {kind.value for kind in faults.ANY_WIRE} <= named["any wire"]
    places = {
        "esearch": running.pubmed.own_faults["pubmed/esearch"],
        "efetch": running.pubmed.own_faults["pubmed/efetch"],
        "Europe PMC": running.europepmc.own_faults["europepmc/search"],
        "ClinicalTrials.gov": running.clinicaltrials.own_faults["clinicaltrials/studies"],
        "ISRCTN": running.isrctn.own_faults["isrctn/query"],
        "Crossref's lists": running.crossref.own_faults["crossref/works"],
        "Crossref's single works": running.crossref.own_faults["crossref/work"],
        "feeds": running.feeds.own_faults["feeds"],
    }
    for where, kinds in places.items():
        assert {kind.value for kind in kinds} == named[where] & set(Fault), where


def test_a_fault_of_all_endpoints_waits_for_one_that_can_have_it(running):
    running.pubmed.fault("pubmed", "expired-cursor")
    url = running.pubmed.base_url + "/esearch.fcgi"
    params = {"db": "pubmed", "term": "a", "retmode": "json"}
    assert requests.get(url, params=params, timeout=30).status_code == 200
    assert running.pubmed.requests()[0].fault is None
    with pytest.raises(ValueError, match="nosuch"):
        running.pubmed.fault("pubmed", "nosuch")
    assert Fault.EXPIRED not in faults.ANY_WIRE


def test_a_dropped_connection_is_a_reset(running):
    running.feeds.fault("feeds/journals", "drop")
    with pytest.raises(requests.ConnectionError):
        get(running)
    assert get(running).status_code == 200


def test_a_hang_says_nothing_until_the_stand_in_stops(running):
    running.feeds.fault("feeds/journals", "hang")
    with pytest.raises(requests.Timeout):
        get(running, timeout=0.2)


def test_a_fault_without_end_lasts_until_cleared(running):
    running.feeds.fault("feeds", "503", times=None)
    assert [get(running).status_code for _ in range(3)] == [503, 503, 503]
    running.feeds.clear()
    assert get(running).status_code == 200


def test_a_fault_of_one_endpoint_leaves_the_others(running):
    running.pubmed.fault("pubmed/efetch", "503")
    url = running.pubmed.base_url + "/esearch.fcgi"
    params = {"db": "pubmed", "term": "a", "retmode": "json"}
    assert requests.get(url, params=params, timeout=30).status_code == 200


def test_the_log_tells_what_was_asked(running):
    url = running.pubmed.base_url + "/esearch.fcgi?db=pubmed"
    requests.post(url, data={"term": "a & b"}, headers={"User-Agent": "us"}, timeout=30)
    (seen,) = running.pubmed.requests("pubmed/esearch")
    assert (seen.method, dict(seen.params)) == ("POST", {"db": "pubmed", "term": "a & b"})
    assert seen.headers["user-agent"] == "us"
    running.pubmed.forget()
    assert running.pubmed.requests() == []


def test_the_log_tells_what_was_sent(running):
    size = len(get(running).content)
    running.feeds.fault("feeds/journals", "503")
    get(running)
    running.feeds.fault("feeds/journals", "drop")
    with pytest.raises(requests.ConnectionError):
        get(running)
    requests.get(running.feeds.root + "/nowhere", timeout=30)
    told = [(seen.endpoint, seen.status, seen.sent) for seen in running.feeds.requests()]
    assert told == [
        ("feeds/journals", 200, size),
        ("feeds/journals", 503, 12),
        ("feeds/journals", None, 0),
        ("feeds/unknown", 404, 12),
    ]
    times = [seen.at for seen in running.feeds.requests()]
    assert times == sorted(times)


def test_one_log_of_all_stand_ins_in_the_order_of_time(running):
    get(running)
    requests.post(running.pubmed.base_url + "/esearch.fcgi", data={"term": "a"}, timeout=30)
    get(running)
    names = [seen.endpoint for seen in running.requests()]
    assert names == ["feeds/journals", "pubmed/esearch", "feeds/journals"]
    running.forget()
    assert running.requests() == []


def test_a_form_is_refused_where_only_get_is_known(running):
    assert requests.post(running.feeds.journals_url, data={}, timeout=30).status_code == 405


def test_a_limit_counts_each_pool_by_itself_and_who_is_inside():
    limiter = Limiter()
    three = Allowance("a", per_second=3)

    def enter(allowance):
        with limiter.turn(allowance) as granted:
            return granted

    assert [enter(three) for _ in range(4)] == [True, True, True, False]
    assert enter(Allowance("b", per_second=3))
    assert enter(None)
    one_at_once = Allowance("c", per_second=9, at_once=1)
    with limiter.turn(one_at_once) as first, limiter.turn(one_at_once) as second:
        assert (first, second) == (True, False)
    assert enter(one_at_once)


def test_hooks_run_before_and_in_the_middle_of_an_answer(running):
    seen = []
    running.feeds.on_request("feeds/journals", lambda request: seen.append("before"))
    running.feeds.on_request("feeds/journals", lambda request: seen.append("middle"), "middle")
    assert get(running).status_code == 200
    assert seen == ["before", "middle"]


def test_half_an_answer_has_been_sent_in_the_middle(running):
    reached, go_on, got = threading.Event(), threading.Event(), []

    def wait(request):
        reached.set()
        go_on.wait(30)

    running.feeds.on_request("feeds/journals", wait, "middle")
    with requests.get(running.feeds.journals_url, stream=True, timeout=30) as reply:
        size = int(reply.headers["Content-Length"])
        got.append(reply.raw.read(size // 2))
        assert reached.wait(30)
        go_on.set()
        got.append(reply.raw.read())
    assert len(got[0]) == size // 2
    assert len(b"".join(got)) == size


def test_a_stopped_source_comes_back_at_the_same_address(running):
    url = running.feeds.journals_url
    running.feeds.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=1)
    running.feeds.start()
    assert running.feeds.journals_url == url
    assert get(running).status_code == 200


def test_listens_on_loopback_only(running):
    assert running.feeds.root.startswith("http://127.0.0.1:")
