"""Faults, hooks and the log that every stand-in has."""

import threading

import pytest
import requests


def get(running, timeout=5.0):
    return requests.get(running.feeds.journals_url, timeout=timeout)


@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [
        ("html200", 200, b"<!doctype html>"),
        ("empty200", 200, b""),
        ("error-json", 200, b'{"error"'),
        ("truncated", 200, b"<?xml"),
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
    assert requests.get(url, params=params, timeout=5).status_code == 200


def test_the_log_tells_what_was_asked(running):
    url = running.pubmed.base_url + "/esearch.fcgi?db=pubmed"
    requests.post(url, data={"term": "a & b"}, headers={"User-Agent": "us"}, timeout=5)
    (seen,) = running.pubmed.requests("pubmed/esearch")
    assert (seen.method, dict(seen.params)) == ("POST", {"db": "pubmed", "term": "a & b"})
    assert seen.headers["user-agent"] == "us"
    running.pubmed.forget()
    assert running.pubmed.requests() == []


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
        go_on.wait(5)

    running.feeds.on_request("feeds/journals", wait, "middle")
    with requests.get(running.feeds.journals_url, stream=True, timeout=5) as reply:
        size = int(reply.headers["Content-Length"])
        got.append(reply.raw.read(size // 2))
        assert reached.wait(5)
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
