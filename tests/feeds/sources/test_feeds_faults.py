"""Faults of upstreams that no other test shows, numbered as in docs/faults.md, at the HTTP boundary."""

import gzip
import re
import shutil
import socket
import ssl
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from monitor.feeds import service
from monitor.feeds.http.client import FEED_LIMIT, Http
from monitor.feeds.records import Answer
from monitor.feeds.sources import SourceContext, rss
from monitor.feeds.sources.rss import Feeds
from monitor.kernel.clock import utcnow
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import parse

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
NOTHING: Any = None  # feeds ask nothing of the catalogue


def feed(*items: str, encoding: str = "UTF-8") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    head = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel>'
    return f"{head}<title>Inventions</title>{inside}</channel></rss>"


@pytest.fixture
def feeds(make_http, tmp_path) -> Callable[..., Feeds]:
    """Make journals' feeds ready, each at the address given; a test has no time to be slow."""

    def ready(*urls: str) -> Feeds:
        listed = [{"name": f"Journal {n}", "url": url} for n, url in enumerate(urls, 1)]
        settings = parse({"sources": {"journals": {"feeds": listed}}}, folder=tmp_path)
        http = make_http()
        built = rss.build_journals(SourceContext(settings, NOTHING, http, NOW.date()))
        for url in urls:
            http.pace(url, 1000)
        return built

    return ready


def ask(source: Feeds, number: int = 0) -> Answer:
    return source.ask(source.queries[number], None, NOW)


def refused(http: Http, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        http.get(url)
    return caught.value


@pytest.mark.parametrize(
    ("declared", "written", "header"),
    [
        ("UTF-8", "utf-8-sig", None),
        ("UTF-16", "utf-16", None),
        ("UTF-8", "windows-1252", None),
        ("ISO-8859-1", "iso-8859-1", "utf-8"),
        ("UTF-8", "utf-8", "iso-8859-1"),
        ("UTF-8", "utf-8", "no-such-code"),
    ],
)
def test_fault_30_text_comes_out_right_whatever_the_encoding_is_called(
    feeds, upstream, declared, written, header
):
    body = feed("<title>Café</title><guid>g</guid>", encoding=declared)
    kind = f"application/rss+xml; charset={header}" if header else "application/rss+xml"
    upstream.answer = lambda asked: upstream.says(
        body.encode(written), headers={"Content-Type": kind}
    )
    (record,) = ask(feeds(upstream.url)).records
    assert record.citation.title == "Café"


@pytest.mark.parametrize("written", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32"])
@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0'?>", "<?xml encoding='utf-8'?>"])
@pytest.mark.parametrize("header", ["", "; charset=utf-16", "; charset=utf-8"])
def test_fault_30_wide_letters_are_read_whatever_is_declared(
    feeds, upstream, written, declaration, header
):
    """With a byte-order mark or without one, and with a declaration that is wrong or missing."""
    body = feed("<title>Café Ω 親</title><guid>g</guid>")
    body = declaration + re.sub(r"^<\?xml.*?\?>\s*", "", body)
    upstream.answer = lambda asked: upstream.says(
        body.encode(written), headers={"Content-Type": f"application/rss+xml{header}"}
    )
    (record,) = ask(feeds(upstream.url)).records
    assert record.citation.title == "Café Ω 親"


def test_fault_33_a_million_items_in_wide_letters_are_counted_too(feeds, upstream):
    body = feed(*[""] * 6_000).encode("utf-16-le")
    upstream.answer = lambda asked: upstream.says(body)
    with pytest.raises(SourceError, match="more than 5000 items"):
        ask(feeds(upstream.url))


def test_fault_31_nothing_that_is_packed_twice_is_unpacked(feeds, upstream):
    bomb = gzip.compress(gzip.compress(b"\0" * 2**28))
    for encoding in ("gzip, gzip", "gzip"):  # told, or hidden
        headers = {"Content-Encoding": encoding}
        upstream.answer = lambda asked, headers=headers: upstream.says(bomb, headers=headers)
        source = feeds(upstream.url)
        tracemalloc.start()
        try:
            with pytest.raises(SourceError) as caught:
                ask(source)
            assert tracemalloc.get_traced_memory()[1] < FEED_LIMIT
        finally:
            tracemalloc.stop()
        assert caught.value.kind is SourceFault.MALFORMED


def test_fault_31_a_bomb_of_ten_gigabytes_costs_a_few_megabytes(feeds, upstream):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b"")
    block = packer.compress(b"\0" * 2**26) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb = head + block * 160
    assert len(bomb) < FEED_LIMIT  # what crosses the wire is no more than a feed may have
    upstream.answer = lambda asked: upstream.says(bomb, headers={"Content-Encoding": "gzip"})
    source = feeds(upstream.url)
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="more than 15 MiB") as caught:
            ask(source)
        assert tracemalloc.get_traced_memory()[1] < 8 * FEED_LIMIT
    finally:
        tracemalloc.stop()
    assert caught.value.kind is SourceFault.MALFORMED


def test_fault_33_a_million_items_are_incomplete_and_soon_told(feeds, upstream):
    body = feed(*[""] * 1_000_000).encode()
    upstream.answer = lambda asked: upstream.says(body)
    began = process_time()
    with pytest.raises(SourceError, match="more than 5000 items") as caught:
        ask(feeds(upstream.url))
    assert caught.value.kind is SourceFault.INCOMPLETE
    assert process_time() - began < 5


def test_fault_34_one_guid_for_two_papers_keeps_both_and_says_so(feeds, upstream):
    same = "<guid isPermaLink='false'>g-1</guid>"
    items = [f"<title>One</title>{same}", f"<title>Two</title>{same}", f"<title>ONE.</title>{same}"]
    upstream.answer = lambda asked: upstream.says(feed(*items).encode())
    answer = ask(feeds(upstream.url))
    assert sorted(one.citation.title for one in answer.records) == ["ONE.", "Two"]
    assert answer.notes == ("1 name (guid) is used for different items: every item was kept",)
    upstream.answer = lambda asked: upstream.says(feed(items[0]).encode())
    assert ask(feeds(upstream.url)).notes == ()


def test_fault_35_items_without_guid_and_link_keep_their_names(feeds, upstream):
    items = ["<title>One</title>", "<title>Two</title><description>x</description>"]
    upstream.answer = lambda asked: upstream.says(feed(*items).encode())
    source = feeds(upstream.url)
    first, again = ask(source), ask(source)
    assert len({one.key for one in first.records}) == 2
    assert [one.key for one in first.records] == [one.key for one in again.records]


def test_fault_36_a_guid_that_changes_with_every_fetch_is_still_one_record(
    feeds, upstream, session, tmp_path
):
    def answer(asked):
        n = len(upstream.asked)
        link = f"https://journal.example/a?id=7&amp;utm_source=rss{n}&amp;sid={n}"
        item = f"<title>One</title><guid>{link}</guid><link>{link}</link>"
        return upstream.says(feed(item).encode())

    upstream.answer = answer
    source = feeds(upstream.url)
    values = {"journals": {"feeds": [{"name": "J", "url": upstream.url}]}}
    service.sync_sources(session, parse({"sources": values}, folder=tmp_path), NOW)
    lease = service.lease(session, "journals", NOW, 60, take_over=True)
    poll_id = service.start_poll(session, lease, NOW)
    assert len(service.store(session, lease, poll_id, [ask(source)], NOW)) == 1
    assert service.store(session, lease, poll_id, [ask(source)], NOW) == []
    assert len(upstream.asked) == 2


def test_fault_37_unbelievable_dates_are_unknown_and_lose_no_item(feeds, upstream):
    dates = ["Fri, 01 Jan 2099 00:00:00 GMT", "0000-00-00", "", "Spring 2019", "2023 Mar-Apr"]
    items = [f"<title>{n}</title><pubDate>{said}</pubDate>" for n, said in enumerate(dates)]
    upstream.answer = lambda asked: upstream.says(feed(*items).encode())
    answer = ask(feeds(upstream.url))
    assert [(one.citation.title, one.citation.published) for one in answer.records] == [
        (str(number), None) for number in range(len(dates))
    ]


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [
        ("7200", 7200, 7200),
        (lambda: format_datetime(utcnow() + timedelta(hours=2), usegmt=True), 7100, 7200),
        (lambda: format_datetime(utcnow() - timedelta(hours=2), usegmt=True), 0, 0),
        ("-5", 0, 0),
        ("1000000000", 86_400, 86_400),
        (None, None, None),
    ],
)
def test_fault_38_a_wait_asked_for_is_bounded_and_left_to_the_schedule(
    feeds, upstream, after, least, most
):
    asked_for = after() if callable(after) else after
    headers = {"Retry-After": asked_for} if asked_for else {}
    upstream.answer = lambda asked: upstream.says(b"{}", 429, headers)
    with pytest.raises(SourceError) as caught:
        ask(feeds(upstream.url))
    assert caught.value.kind is SourceFault.RATE_LIMITED
    found = caught.value.retry_after
    assert found is None if least is None else least <= (found or 0) <= most
    assert len(upstream.asked) == (1 if least else 2)


def test_fault_39_a_host_in_trouble_is_left_alone_and_another_is_not(
    feeds, upstream, make_upstream
):
    other = make_upstream()
    upstream.answer = lambda asked: upstream.says(status=503)
    other.answer = lambda asked: other.says(feed("<title>T</title>").encode())
    troubled = [f"{upstream.url}/{n}" for n in range(5)]
    source = feeds(*troubled, f"{other.url}/rss")
    for number in range(5):
        with pytest.raises(SourceError, match=f"Journal {number + 1}: "):
            ask(source, number)
    assert len(upstream.asked) == 2 * 2  # two feeds, two tries each; then it is left alone
    assert len(ask(source, 5).records) == 1


def certificate(folder: Path, *, days: int) -> ssl.SSLContext:
    """Make an invented certificate for 127.0.0.1; with negative days it has expired."""
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    for command in (
        "openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -out new.csr -subj /CN=invented",
        f"openssl x509 -req -in new.csr -signkey key.pem -days {days} -extfile ext -out cert.pem",
    ):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.fixture
def protected(tmp_path, make_upstream) -> Callable[..., tuple[Any, str]]:
    """Run the scripted server inside TLS; gives it and its address."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on this machine")

    def run(*, days: int = 2) -> tuple[Any, str]:
        server = make_upstream(certificate(tmp_path, days=days))
        return server, server.url.replace("http:", "https:")

    return run


def test_fault_40_a_protected_address_never_leads_to_an_unprotected_one(
    upstream, http, protected, tmp_path
):
    upstream.answer = lambda asked: upstream.says(b"read on the way")
    server, url = protected()
    http._session.verify = str(tmp_path / "cert.pem")
    server.script = [
        server.says(b"here"),
        server.says(status=302, headers={"Location": f"{upstream.url}/"}),
    ]
    assert http.get(url).body == b"here"
    assert "unprotected" in str(refused(http, url))
    assert upstream.asked == []


def test_fault_40_a_redirect_takes_no_parameters_along(upstream, http):
    """A key in the query stays with the host it was meant for."""
    upstream.script = [
        upstream.says(status=302, headers={"Location": "/elsewhere"}),
        upstream.says(b"ok"),
    ]
    http.get(f"{upstream.url}/here", {"token": "T0"})
    first, second = upstream.asked
    assert (first.fields, second.fields) == ({"token": "T0"}, {})


@pytest.mark.parametrize("days", [2, -1], ids=["nobody vouches for it", "expired"])
def test_fault_48_a_server_that_cannot_prove_itself_is_not_asked(http, protected, tmp_path, days):
    server, url = protected(days=days)
    if days < 0:  # trusted once: only its date is wrong
        http._session.verify = str(tmp_path / "cert.pem")
    error = refused(http, f"{url}/x?token=T0")
    assert error.kind is SourceFault.REFUSED
    assert "certificate is not valid" in str(error)
    assert "T0" not in str(error)
    assert server.asked == []


@pytest.mark.parametrize(
    ("number", "words"),
    [(socket.EAI_NONAME, "a name that nobody knows"), (socket.EAI_AGAIN, "cannot be looked up")],
)
def test_fault_49_an_unknown_name_and_a_silent_name_service_are_told_apart(
    http, monkeypatch, number, words
):
    """Both are tried again, now and by the schedule: a name may come back."""
    looked_up = []

    def look_up(name, *args, **kwargs):
        looked_up.append(name)
        raise socket.gaierror(number, "in the resolver's words")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    error = refused(http, "https://journal.test/rss?token=T0")
    assert error.kind is SourceFault.UNREACHABLE
    assert str(error).startswith(f"journal.test {'is ' if 'nobody' in words else ''}{words}")
    assert looked_up == ["journal.test"] * 2
