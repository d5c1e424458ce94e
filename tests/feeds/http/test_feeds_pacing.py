"""Turns at a host: shared by every client of the process, and kept by any number of threads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from types import SimpleNamespace

import pytest

from monitor.feeds.http import client as http_module
from monitor.feeds.http import pacing
from monitor.feeds.http.client import Patience
from monitor.feeds.http.deadline import Deadline
from monitor.feeds.http.pacing import Breaker, HostTurns, host_of
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


class Clock:
    """Time that only passes while somebody sleeps; ``late`` is by how much sleepers oversleep."""

    def __init__(self, late: float = 0.0) -> None:
        self.now = 100.0
        self.late = late
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds + self.late


def turns_of(clock: Clock) -> HostTurns:
    return HostTurns(sleep=clock.sleep, clock=clock)


@pytest.mark.parametrize("late", [0.0, 0.3, 7.0])
def test_turns_come_one_gap_apart_whoever_asks_and_however_late_they_wake(late):
    clock = Clock(late)
    turns = turns_of(clock)
    left: list[float] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        for _ in range(5):
            with turns.turn("a:443", 0.5):
                left.append(clock())

    with ThreadPoolExecutor(8) as pool:
        for task in [pool.submit(ask) for _ in range(8)]:
            task.result()
    gaps = [later - earlier for earlier, later in pairwise(left)]
    assert gaps == pytest.approx([0.5 + late] * 39)
    at = clock()
    with turns.turn("b:443", 0.5):
        assert clock() == at, "another host has turns of its own"


def test_the_gap_is_counted_from_the_end_of_a_slow_sending():
    clock = Clock()
    turns = turns_of(clock)
    with turns.turn("a:443", 0.5):
        clock.now += 3  # a form that takes long to send
        began = clock()
    with turns.turn("a:443", 0.5):
        assert clock() == began + 0.5


def test_a_request_that_failed_to_leave_has_had_its_turn():
    clock = Clock()
    turns = turns_of(clock)
    with pytest.raises(OSError, match="reset"), turns.turn("a:443", 0.5):
        raise OSError("reset")
    with turns.turn("a:443", 0.5):
        assert clock.slept == [0.5]


def test_a_host_that_wants_rest_gets_it_from_all():
    clock = Clock()
    turns = turns_of(clock)
    turns.rest("a:443", 7)
    turns.rest("a:443", 3)  # a shorter rest never ends a longer one
    for _ in range(2):
        with turns.turn("a:443", 1):
            pass
    assert clock.slept == [7, 1]
    clock.now = 200.0
    with turns.turn("a:443", 1):
        assert clock.slept == [7, 1], "a turn long past is waited for by nobody"


def test_whoever_waits_already_keeps_to_a_rest_that_is_asked_for_meanwhile():
    clock = Clock()
    rested: list[float] = []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if not rested:
            rested.append(seconds)
            turns.rest("a:443", 20)

    turns = HostTurns(sleep=sleep, clock=clock)
    turns.rest("a:443", 2)
    turns.until_free("a:443")
    assert clock.slept == [2, 20]


def test_waiting_for_a_turn_takes_none():
    clock = Clock()
    turns = turns_of(clock)
    for _ in range(3):
        turns.until_free("a:443")
    with turns.turn("a:443", 1):
        assert clock.slept == []


def test_hosts_of_the_past_are_forgotten_and_those_in_use_are_not():
    clock = Clock()
    turns = turns_of(clock)
    with turns.turn("held:80", 1):
        for number in range(1_001):
            turns.rest(f"{number}:80", 1)
        clock.now = 200.0
        turns.rest("new:80", 1)
        assert set(turns._hosts) == {"held:80", "new:80"}


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


@pytest.fixture
def log(upstream, monkeypatch):
    """What the server got, with the time of the clock the clients pace by; ``log.clock`` is it."""
    clock = Clock()
    kept = SimpleNamespace(clock=clock, turns=turns_of(clock), asked=[])
    monkeypatch.setattr(http_module, "TURNS", kept.turns)

    def answer(asked):
        kept.asked.append((asked.path, round(kept.clock(), 6)))
        return upstream.says(b"ok")

    upstream.answer = answer
    return kept


@pytest.mark.parametrize("first", ["slow to connect", "quick to connect"])
def test_two_clients_keep_one_pace_though_one_is_slow_to_connect(
    upstream, make_http, log, monkeypatch, first
):
    """What counts is when a request leaves: a poll and a comparison ask one host at once.

    The first client has waited for its turn and calls the host; before its connection stands the
    second asks twice. The server sees three requests a whole pace apart, as if nothing had been.
    """
    one, other = make_http(), make_http()
    for client in (one, other):
        client.pace(upstream.url, 5)
    calling, connected = threading.Event(), threading.Event()
    if first == "slow to connect":
        look_up = one._guard.look_up

        def slowly(name, port):
            calling.set()
            assert connected.wait(10)
            return look_up(name, port)

        monkeypatch.setattr(one._guard, "look_up", slowly)
    else:
        calling.set()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(one.get, f"{upstream.url}/one")
        assert calling.wait(10)
        if first == "quick to connect":
            slow.result()
        for _ in range(2):
            other.get(f"{upstream.url}/other")
        connected.set()
        slow.result()
    one.get(f"{upstream.url}/one")  # on a connection that stands
    paths = ["/other", "/other", "/one"] if first.startswith("slow") else ["/one", *["/other"] * 2]
    assert [path for path, _ in log.asked] == [*paths, "/one"]
    gaps = [later - earlier for (_, earlier), (_, later) in pairwise(log.asked)]
    assert gaps == pytest.approx([0.2] * 3)


def test_many_clients_at_once_never_go_beyond_the_pace(upstream, make_http, log, monkeypatch):
    """Each notes the paced time just as its request leaves, while it holds the turn."""
    left: list[float] = []
    clients = [make_http() for _ in range(6)]
    for client in clients:
        client.pace(upstream.url, 3)

    def ask(client):
        for _ in range(3):
            client.get(f"{upstream.url}/")

    taken = log.turns.turn

    @contextmanager
    def noted(host, gap):
        with taken(host, gap):
            left.append(log.clock())
            yield

    monkeypatch.setattr(log.turns, "turn", noted)
    with ThreadPoolExecutor(6) as pool:
        for task in [pool.submit(ask, client) for client in clients]:
            task.result()
    assert len(log.asked) == 18
    gaps = [later - earlier for earlier, later in pairwise(left)]
    assert min(gaps) > 1 / 3 - 1e-9


def test_redirects_and_further_tries_take_turns_of_their_own(upstream, make_http, log):
    http = make_http(Patience(connect=2, read=2, whole=5, tries=2, pause=0.01))
    http.pace(upstream.url, 1)
    at = []

    def answer(asked):
        at.append(log.clock())
        if asked.path == "/":
            return upstream.says(status=302, headers={"Location": "/there"})
        return upstream.says(status=503 if len(at) == 2 else 200)

    upstream.answer = answer
    http.get(f"{upstream.url}/")
    assert [later - earlier for earlier, later in pairwise(at)] == pytest.approx([1.0] * 3)


def test_the_deadline_stands_still_while_a_turn_is_waited_for():
    cut = threading.Event()
    deadline = Deadline(0.5, cut.set)
    with deadline.run():
        with deadline.paused():
            assert not cut.wait(0.7)
        assert cut.wait(10)
    assert deadline.passed.is_set()


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
