"""Turns at a host: shared by every client of the process, and kept by any number of threads."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from monitor.feeds.http import pacing
from monitor.feeds.http.client import Patience
from monitor.feeds.http.pacing import Breaker, Turns, host_of
from monitor.kernel.errors import SourceError, SourceFault


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.org/a?token=T0", "example.org:443"),
        ("https://user:word@example.org:443", "example.org:443"),
        ("http://example.org", "example.org:80"),
        ("http://example.org:8080/", "example.org:8080"),
        ("http://[::1]:80/", "::1:80"),
        ("http://[::1", ""),
        ("http://example.org:port/", ""),
        ("nonsense", ":0"),
    ],
)
def test_one_host_however_it_is_written(url, host):
    assert host_of(url) == host


def test_turns_come_one_gap_apart_whoever_asks(monkeypatch):
    monkeypatch.setattr(pacing, "monotonic", lambda: 100.0)
    waits: list[float] = []
    turns = Turns(sleep=waits.append)
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        for _ in range(5):
            turns.wait("a:443", 0.5)

    with ThreadPoolExecutor(8) as pool:
        for task in [pool.submit(ask) for _ in range(8)]:
            task.result()
    assert sorted(waits) == [0.5 * turn for turn in range(1, 40)]
    turns.wait("b:443", 0.5)
    assert len(waits) == 39, "another host has turns of its own"


def test_a_host_that_wants_rest_gets_it_from_all(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pacing, "monotonic", lambda: now[0])
    waits: list[float] = []
    turns = Turns(sleep=waits.append)
    turns.rest("a:443", 7)
    turns.rest("a:443", 3)  # a shorter rest never ends a longer one
    turns.wait("a:443", 1)
    turns.wait("a:443", 1)
    assert waits == [7, 8]
    now[0] = 200.0
    turns.wait("a:443", 1)
    assert waits == [7, 8], "a turn long past is waited for by nobody"


def test_hosts_of_the_past_are_forgotten(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pacing, "monotonic", lambda: now[0])
    turns = Turns(sleep=lambda seconds: None)
    for number in range(1_001):
        turns.wait(f"{number}:80", 1)
    now[0] = 200.0
    turns.wait("new:80", 1)
    assert set(turns._free_at) == {"new:80"}


def test_a_host_that_fails_twice_is_left_alone_for_a_while(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pacing, "monotonic", lambda: now[0])
    breaker = Breaker(seconds=60)
    breaker.failed("a:80")
    assert not breaker.is_open("a:80")
    breaker.failed("a:80")
    assert breaker.is_open("a:80")
    assert not breaker.is_open("b:80")
    now[0] += 60
    assert not breaker.is_open("a:80"), "it is asked once more"
    breaker.failed("a:80")
    assert breaker.is_open("a:80")
    breaker.answered("a:80")
    assert not breaker.is_open("a:80")


def test_two_clients_at_once_keep_one_pace(upstream, make_http):
    """As a poll and a comparison do, which ask the same host from two threads."""
    times: list[float] = []

    def answer(asked):
        times.append(time.monotonic())
        return upstream.says(b"ok")

    upstream.answer = answer
    clients = [make_http(), make_http()]
    for client in clients:
        client.pace(upstream.url, 20)
    with ThreadPoolExecutor(2) as pool:
        for client in clients * 3:
            pool.submit(client.get, f"{upstream.url}/")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 5
    # what passes between a client's turn and the server's clock may differ a little
    assert min(gaps) > 0.03


def test_a_dead_host_costs_a_poll_two_failures_and_no_more(upstream, make_http):
    http = make_http(Patience(connect=2, read=2, whole=5, tries=1, pause=0.01))
    http.pace(upstream.url, 1000)
    upstream.answer = lambda asked: upstream.says(status=503)
    for words in ("status 503", "status 503", "left alone", "left alone"):
        with pytest.raises(SourceError, match=words) as caught:
            http.get(f"{upstream.url}/feed")
        assert caught.value.kind is SourceFault.UNREACHABLE
    assert len(upstream.asked) == 2


def test_a_page_that_is_not_there_says_nothing_of_its_host(upstream, make_http):
    http = make_http()
    http.pace(upstream.url, 1000)
    upstream.answer = lambda asked: upstream.says(status=404)
    for _ in range(4):
        with pytest.raises(SourceError):
            http.get(f"{upstream.url}/gone")
    assert len(upstream.asked) == 4
