"""The way out: what it refuses, bounds, repeats and never tells."""

import errno
import gzip
import io
import logging
import socket
import time
import tracemalloc
import zlib
from functools import cache, partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.http import unpacking
from monitor.feeds.http.addresses import permitted
from monitor.feeds.http.client import Patience
from monitor.kernel.errors import OwnTrouble, SourceError, SourceFault

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::",  # noqa: S104 - an address to refuse
    "224.0.0.1", "ff02::1", "fe80::1", "fc00::1", "fec0::1", "255.255.255.255",
    "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "::7f00:1",
    "2002:7f00:1::", "2002:a00:1::", "2001:0:808:808::", "not an address", "",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_on_web_ports_only(address):
    assert permitted(address, 443, allow_loopback=False)
    assert permitted(address, 80, allow_loopback=True)
    assert not permitted(address, 8080, allow_loopback=True)
    assert not permitted(address, 5432, allow_loopback=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_never(address):
    assert not permitted(address, 443, allow_loopback=False)
    assert not permitted(address, 443, allow_loopback=True)


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_only_where_allowed(address):
    assert not permitted(address, 80, allow_loopback=False)
    assert permitted(address, 40123, allow_loopback=True)


@given(st.ip_addresses(v=4))
def test_wrapping_a_private_address_never_makes_it_public(address):
    value = int(address)
    wrapped = [f"::ffff:{address}", f"64:ff9b::{value >> 16:x}:{value & 0xFFFF:x}"]
    wrapped.append(f"2002:{value >> 16:x}:{value & 0xFFFF:x}::")
    for text in wrapped:
        if permitted(text, 443, allow_loopback=False):
            assert permitted(str(address), 443, allow_loopback=False)


def fault(http, url, **kwargs) -> SourceError:
    with pytest.raises(SourceError) as caught:
        http.get(url, **kwargs)
    return caught.value


def test_a_status_may_be_an_answer_where_the_caller_says_so(http, upstream):
    upstream.answer = lambda asked: upstream.says(b"Resource not found.", 404)
    assert fault(http, upstream.url).kind is SourceFault.REFUSED
    reply = http.get(upstream.url, accept={404})
    assert (reply.status, reply.body) == (404, b"Resource not found.")
    assert fault(http, upstream.url, accept={410}).kind is SourceFault.REFUSED


def test_a_loopback_source_hears_nothing_unless_allowed(upstream, make_http):
    upstream.answer = lambda asked: upstream.says(b"secret")
    names = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
    port = upstream.url.rpartition(":")[2]
    for name in names:
        error = fault(make_http(allow_loopback=False), f"http://{name}:{port}/x")
        assert error.kind in {SourceFault.REFUSED, SourceFault.UNREACHABLE}
    assert upstream.asked == []


def test_a_get_brings_the_body_and_says_who_asks(upstream, http):
    upstream.answer = lambda asked: upstream.says(b"hello", headers={"ETag": '"1"'})
    reply = http.get(f"{upstream.url}/a", {"q": "x y"}, {"Accept": "text/xml"})
    assert (reply.status, reply.body, reply.headers["etag"]) == (200, b"hello", '"1"')
    asked = upstream.asked[0]
    assert asked.fields == {"q": "x y"}
    assert asked.headers["user-agent"].startswith("gap-monitor/")
    assert "curator@example.org" in asked.headers["user-agent"]


def test_the_environment_has_no_say(upstream, make_http, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    upstream.answer = lambda asked: upstream.says(b"direct")
    assert make_http().get(f"{upstream.url}/").body == b"direct"


def test_not_modified_is_an_answer(upstream, http):
    upstream.script = [upstream.says(status=304)]
    assert http.get(f"{upstream.url}/").status == 304


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        (400, SourceFault.REFUSED, 1),
        (401, SourceFault.REFUSED, 1),
        (404, SourceFault.REFUSED, 1),
        (410, SourceFault.REFUSED, 1),
        (500, SourceFault.UNREACHABLE, 1),
        (429, SourceFault.RATE_LIMITED, 2),
        (502, SourceFault.UNREACHABLE, 2),
        (503, SourceFault.UNREACHABLE, 2),
        (504, SourceFault.UNREACHABLE, 2),
    ],
)
def test_a_status_that_is_no_answer_fails(upstream, http, status, kind, tries):
    upstream.answer = lambda asked: upstream.says(b"<h1>api-key=K123 10.1.2.3</h1>", status)
    error = fault(http, f"{upstream.url}/x?api_key=K123")
    assert error.kind is kind
    assert len(upstream.asked) == tries
    assert "K123" not in str(error)
    assert "10.1.2.3" not in str(error)
    assert error.__cause__ is None


def test_a_failure_that_passes_is_no_failure(upstream, http):
    upstream.script = [upstream.says(status=503), upstream.says(b"ok")]
    assert http.get(f"{upstream.url}/").body == b"ok"


@pytest.mark.parametrize(
    ("header", "expected"),
    [("7200", 7200.0), ("1000000000", 86400.0), ("-5", 0.0), ("soon", None), ("nan", None)],
)
def test_retry_after_is_bounded_and_passed_on(upstream, http, header, expected):
    upstream.answer = lambda asked: upstream.says(status=429, headers={"Retry-After": header})
    assert fault(http, f"{upstream.url}/").retry_after == expected
    # a long wait is left to the schedule, not slept through
    assert len(upstream.asked) == (1 if expected and expected > 1 else 2)


def test_redirects_are_followed_a_few_times(upstream, http):
    upstream.script = [
        upstream.says(status=301, headers={"Location": "/b"}),
        upstream.says(status=307, headers={"Location": f"{upstream.url}/c"}),
        upstream.says(b"there"),
    ]
    assert http.get(f"{upstream.url}/a", {"q": "1"}).body == b"there"
    assert [asked.path for asked in upstream.asked] == ["/a", "/b", "/c"]


def test_a_redirect_loop_ends(upstream, http):
    upstream.answer = lambda asked: upstream.says(status=302, headers={"Location": "/again"})
    assert fault(http, f"{upstream.url}/").kind is SourceFault.REFUSED
    assert len(upstream.asked) == 6


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.org/", "", "javascript:alert(1)"],
)
def test_a_redirect_leads_to_the_web_only(upstream, http, location):
    upstream.script = [upstream.says(status=302, headers={"Location": location})]
    assert fault(http, f"{upstream.url}/").kind is SourceFault.REFUSED
    assert len(upstream.asked) == 1


def test_a_post_is_never_redirected(upstream, http):
    upstream.answer = lambda asked: upstream.says(status=307, headers={"Location": "/b"})
    with pytest.raises(SourceError) as caught:
        http.post(f"{upstream.url}/a", {"api_key": "K123"})
    assert caught.value.kind is SourceFault.REFUSED
    assert [asked.path for asked in upstream.asked] == ["/a"]
    assert upstream.asked[0].fields == {"api_key": "K123"}
    assert "K123" not in str(caught.value)


def test_a_redirect_to_a_private_address_is_refused(upstream, http, monkeypatch):
    # looked up, the name is public; the connection leads inside all the same
    real = socket.create_connection
    lan = socket.socketpair()
    resolve(monkeypatch, {"evil.test": ["8.8.8.8"]})
    monkeypatch.setattr(
        "urllib3.util.connection.create_connection",
        lambda address, *a, **k: _Posing(lan[0]) if address[0] == "8.8.8.8" else real(address),
    )
    upstream.script = [upstream.says(status=302, headers={"Location": "http://evil.test/"})]
    assert fault(http, f"{upstream.url}/").kind is SourceFault.REFUSED
    lan[1].setblocking(False)
    assert lan[1].recv(10) == b""  # closed without a byte
    lan[1].close()


def resolve(monkeypatch, names) -> list[str]:
    """Let names have these addresses, one answer after the other; gives the names asked for."""
    real, asked = socket.getaddrinfo, []

    def look_up(name, *args, **kwargs):
        if name not in names:
            return real(name, *args, **kwargs)
        asked.append(name)
        answer = names[name]
        if isinstance(answer, OSError):
            raise answer
        return real(answer.pop(0) if len(answer) > 1 else answer[0], *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


class _Posing:
    """A connected socket that turns out to lead to an address inside the network."""

    def __init__(self, sock):
        self._socket = sock

    def getpeername(self):
        return ("169.254.169.254", 80)

    def close(self):
        self._socket.close()


def test_a_body_over_the_limit_is_refused(upstream, http):
    upstream.answer = lambda asked: upstream.says(b"x" * 2048)
    assert http.get(f"{upstream.url}/", limit=2048).body == b"x" * 2048
    assert fault(http, f"{upstream.url}/", limit=2047).kind is SourceFault.MALFORMED


def test_a_compressed_body_is_counted_unpacked(upstream, http):
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    upstream.answer = lambda asked: upstream.says(bomb, headers={"Content-Encoding": "gzip"})
    began = time.process_time()
    assert fault(http, f"{upstream.url}/", limit=1_000_000).kind is SourceFault.MALFORMED
    assert time.process_time() - began < 5
    upstream.answer = lambda asked: upstream.says(
        gzip.compress(b"small"), headers={"Content-Encoding": "gzip"}
    )
    assert http.get(f"{upstream.url}/").body == b"small"


def packed_in(layers, size):
    body = b"\0" * size
    for _ in range(layers):
        body = gzip.compress(body)
    return body


@cache
def bomb(kind):
    """Give bytes that are little when packed and much too much when not."""
    many = b"\0" * 60_000_000
    return {
        "gzip": lambda: gzip.compress(many),
        "deflate": lambda: zlib.compress(many),
        "bare deflate": lambda: zlib.compress(many)[2:-4],
        "members": lambda: gzip.compress(b"\0" * 900_000) * 40,
        "twice": lambda: packed_in(2, 60_000_000),
        "three times": lambda: packed_in(3, 60_000_000),
        "not unpacked": lambda: b"\0" * 1000,
    }[kind]()


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", "deflate"),
        ("deflate", "bare deflate"),
        ("gzip", "members"),
        ("gzip, gzip", "twice"),
        ("gzip,gzip,gzip", "three times"),
        ("br", "not unpacked"),
        ("zstd", "not unpacked"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_no_reply_is_unpacked_beyond_its_limit(upstream, http, encoding, kind, chunked):
    """Neither at once, nor in many members, nor one compression packed into another."""
    body = bomb(kind)
    headers = {"Content-Encoding": encoding}
    upstream.answer = lambda asked: upstream.says(body, headers=headers)
    if chunked:
        upstream.answer = lambda asked: upstream.says(send=partial(in_chunks, body, encoding))
    tracemalloc.start()
    try:
        assert fault(http, f"{upstream.url}/", limit=1_000_000).kind is SourceFault.MALFORMED
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def in_chunks(body, encoding, handler):
    handler.send_response(200)
    handler.send_header("Content-Encoding", encoding)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(body), 10_000):
        part = body[start : start + 10_000]
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
    handler.wfile.write(b"0\r\n\r\n")


PLAIN = b"<feed>" + bytes(range(256)) * 2_000 + b"</feed>"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PLAIN)),
        ("GZIP", gzip.compress(PLAIN)),
        (" x-gzip ", gzip.compress(PLAIN)),
        ("gzip", gzip.compress(PLAIN[:70_000]) + gzip.compress(PLAIN[70_000:])),
        ("gzip", gzip.compress(PLAIN) + b"\0" * 100),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)[2:-4]),
        ("identity", PLAIN),
        ("", PLAIN),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000, 10**9])
def test_what_is_packed_comes_out_whole_however_it_is_cut(encoding, body, size):
    chunks = [body[start : start + size] for start in range(0, min(len(body), 10**6), size)]
    pieces = list(unpacking.unpacked(chunks, encoding))
    assert (b"".join(pieces) == PLAIN) is True  # a difference shown would take minutes
    assert encoding.strip() in {"", "identity"} or max(map(len, pieces)) <= 65_536


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("left", [1, 5, 30, 1000])
def test_packed_bytes_that_end_too_soon_are_no_whole_reply(upstream, http, encoding, left):
    body = gzip.compress(PLAIN) if encoding == "gzip" else zlib.compress(PLAIN)
    headers = {"Content-Encoding": encoding}
    upstream.answer = lambda asked: upstream.says(body[:left], headers=headers)
    assert fault(http, f"{upstream.url}/").kind is SourceFault.INCOMPLETE


@pytest.mark.parametrize("body", [b"", b"not packed"])
def test_a_failure_counts_by_its_status_however_its_page_is_packed(upstream, http, body):
    headers = {"Content-Encoding": "br"}
    upstream.answer = lambda asked: upstream.says(body, 503, headers)
    assert fault(http, f"{upstream.url}/").kind is SourceFault.UNREACHABLE


def test_only_what_can_be_unpacked_is_asked_for(upstream, http):
    upstream.answer = lambda asked: upstream.says(b"", headers={"Content-Encoding": "gzip"})
    assert http.get(f"{upstream.url}/").body == b""
    assert upstream.asked[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS])
def test_what_this_machine_ran_out_of_is_not_the_hosts_fault(http, monkeypatch, number):
    """As when too many files are open: the socket cannot even be made."""

    def none_left(*args, **kwargs):
        raise OSError(number, "none left")

    monkeypatch.setattr(socket, "socket", none_left)
    with pytest.raises(OwnTrouble, match=r"open|used up"):
        http.get("http://127.0.0.1:9/")


def test_a_host_that_is_down_is_its_own_fault(http):
    assert fault(http, "http://127.0.0.1:9/").kind is SourceFault.UNREACHABLE


def test_damaged_compression_fails(upstream, http):
    upstream.answer = lambda asked: upstream.says(b"not gzip", headers={"Content-Encoding": "gzip"})
    assert fault(http, f"{upstream.url}/").kind is SourceFault.MALFORMED


def cut_off(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")


def test_a_body_cut_off_is_incomplete(upstream, http):
    upstream.answer = lambda asked: upstream.says(send=cut_off)
    assert fault(http, f"{upstream.url}/").kind is SourceFault.INCOMPLETE


def test_a_chunked_body_cut_off_is_incomplete(upstream, http):
    def send(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")

    upstream.answer = lambda asked: upstream.says(send=send)
    assert fault(http, f"{upstream.url}/").kind is SourceFault.INCOMPLETE


def test_no_answer_at_all_is_unreachable(upstream, http):
    upstream.answer = lambda asked: upstream.says(send=lambda handler: None)
    assert fault(http, f"{upstream.url}/").kind is SourceFault.UNREACHABLE


def test_a_closed_port_is_unreachable(http):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = fault(http, f"http://127.0.0.1:{port}/?token=T0")
    assert error.kind is SourceFault.UNREACHABLE
    assert "T0" not in str(error)


@pytest.mark.parametrize("where", ["headers", "body", "endless body"])
def test_a_server_that_drips_is_cut_off(upstream, make_http, where):
    """Every byte renews a read timeout: only a deadline for the whole ends this."""

    def send(handler):
        if where == "body":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        elif where == "endless body":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
        while not upstream.released.wait(0.05):
            handler.wfile.write(b"x")

    upstream.answer = lambda asked: upstream.says(send=send)
    http = make_http(Patience(connect=30, read=30, whole=1.0, tries=2, pause=0.01))
    began = time.monotonic()
    error = fault(http, f"{upstream.url}/")
    assert error.kind is SourceFault.UNREACHABLE
    assert "did not finish" in str(error)
    assert time.monotonic() - began < 60  # the server would go on for an hour
    assert (
        len(upstream.asked) <= 1
    )  # never twice; on a busy machine it may be cut off before it is heard


def test_the_client_works_on_after_a_cut(upstream, make_http):
    def stall(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        upstream.released.wait(30)

    upstream.script = [upstream.says(send=stall)]
    upstream.answer = lambda asked: upstream.says(b"fine")
    http = make_http(Patience(connect=30, read=30, whole=2, tries=1))
    fault(http, f"{upstream.url}/")
    assert http.get(f"{upstream.url}/").body == b"fine"


def test_no_library_logs_an_address(upstream, http, capfd):
    """Of headers that cannot be read urllib3 warns, with the whole address asked."""

    def send(handler):
        head = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nno header\r\nContent-Length: 2\r\n\r\nok"
        handler.wfile.write(head)

    upstream.answer = lambda asked: upstream.says(send=send)
    heard = io.StringIO()
    listener = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        http.get(f"{upstream.url}/?token=T0")
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
    assert "T0" not in heard.getvalue() + "".join(capfd.readouterr())


def test_a_host_is_asked_no_faster_than_its_pace(upstream, make_http):
    upstream.answer = lambda asked: upstream.says(b"ok")
    http = make_http()
    http.pace(upstream.url, 20)
    began = time.monotonic()
    for _ in range(5):
        http.get(f"{upstream.url}/")
    assert time.monotonic() - began >= 4 / 20


def test_connections_are_kept_and_closed(upstream, make_http):
    upstream.answer = lambda asked: upstream.says(b"ok")
    http = make_http()
    http.get(f"{upstream.url}/")
    http.get(f"{upstream.url}/")
    assert len(http._guard._handles) == 1
    http.close()
    assert not http._guard._handles


def test_deflate_is_understood(upstream, http):
    body = io.BytesIO(zlib.compress(b"deflated")).getvalue()
    upstream.answer = lambda asked: upstream.says(body, headers={"Content-Encoding": "deflate"})
    assert http.get(f"{upstream.url}/").body == b"deflated"
