"""SSRF: whatever an address says, and whatever its name answers, nothing inside is reached."""

import select
import socket
from collections.abc import Iterator

import pytest

from monitor.kernel.errors import SourceError, SourceFault

# every way of writing an address inside that has been seen to slip through somewhere
INSIDE = [
    "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0",  # noqa: S104 - an address to refuse
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "169.254.169.254", "[::ffff:a9fe:a9fe]",
    "10.0.0.1", "192.168.0.1", "100.64.0.1", "[fd00::1]", "[fe80::1]", "224.0.0.1",
]  # fmt: skip


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port inside that would take any connection: a database, say."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def knocked(server: socket.socket) -> bool:
    """Tell whether anybody connected, if only for a moment."""
    return bool(select.select([server], [], [], 0)[0])


def refused(http, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        http.get(url)
    assert caught.value.kind is SourceFault.REFUSED
    return caught.value


def resolve(monkeypatch, **names: list[list[str]]) -> list[str]:
    """Let ``name.test`` have these addresses, answer by answer; gives the names looked up."""
    real, asked = socket.getaddrinfo, []

    def look_up(name, *args, **kwargs):
        answers = names.get(name.removesuffix(".test"))
        if answers is None:
            return real(name, *args, **kwargs)
        asked.append(name)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for one in answer for found in real(one, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


class Posing(socket.socket):
    """A connection to this machine that says it leads to a public one."""

    def getpeername(self):
        return ("8.8.8.8", 80)


@pytest.fixture
def public(monkeypatch, upstream) -> str:
    """The address of the scripted server as if it stood on the internet."""
    real = socket.create_connection
    port = int(upstream.url.rpartition(":")[2])

    def connect(address, *args, **kwargs):
        if address[0] != "8.8.8.8":
            return real(address)
        return Posing(fileno=real(("127.0.0.1", port)).detach())

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return "http://8.8.8.8"


@pytest.mark.parametrize("host", INSIDE)
def test_no_spelling_of_an_address_inside_is_called(host, make_http, listener):
    port = listener.getsockname()[1]
    error = refused(make_http(allow_loopback=False), f"http://{host}:{port}/x?token=T0")
    assert "only public addresses" in str(error)
    assert "T0" not in str(error)
    assert not knocked(listener), "nothing may be told apart by whether a port is open"


@pytest.mark.parametrize("port", [22, 5432, 8080, 8443])
def test_a_public_address_is_called_on_web_ports_only(port, make_http):
    # the tests' guard would turn a call into "cannot be reached"
    refused(make_http(allow_loopback=False), f"http://8.8.8.8:{port}/")


def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch, make_http, listener):
    """Public when looked up first, inside when looked up again: one look-up decides."""
    resolve(monkeypatch, rebinding=[["8.8.8.8"], ["127.0.0.1"]])
    port = listener.getsockname()[1]
    # first: the public address is called (and no test leaves this machine); second: refused
    refused(make_http(allow_loopback=False), "http://rebinding.test/")
    refused(make_http(allow_loopback=False), f"http://rebinding.test:{port}/")
    assert not knocked(listener)


def test_of_several_addresses_only_the_permitted_are_called(monkeypatch, upstream, http):
    resolve(monkeypatch, mixed=[["10.0.0.1", "169.254.169.254", "127.0.0.1"]])
    upstream.answer = lambda asked: upstream.says(b"here")
    port = upstream.url.rpartition(":")[2]
    assert http.get(f"http://mixed.test:{port}/").body == b"here"
    assert upstream.asked[0].headers["host"] == f"mixed.test:{port}"


def test_the_next_address_is_called_when_one_does_not_answer(monkeypatch, upstream, http):
    asked = resolve(monkeypatch, two=[["127.0.0.9", "127.0.0.1"]])
    upstream.answer = lambda asked: upstream.says(b"here")
    assert http.get(f"http://two.test:{upstream.url.rpartition(':')[2]}/").body == b"here"
    assert asked == ["two.test"]


def test_only_a_few_addresses_of_a_name_are_called(monkeypatch, make_http):
    called = []

    def connect(address, *args, **kwargs):
        called.append(address[0])
        raise OSError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    resolve(monkeypatch, many=[[f"8.8.8.{number}" for number in range(1, 200)]])
    with pytest.raises(SourceError) as caught:
        make_http(allow_loopback=False).get("http://many.test/")
    assert caught.value.kind is SourceFault.UNREACHABLE
    assert len(called) == 2 * 4  # two tries


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254"]
)
def test_a_redirect_inside_is_refused(host, public, upstream, make_http, listener):
    port = listener.getsockname()[1]
    inside = f"http://{host}:{port}/latest/meta-data"
    upstream.script = [upstream.says(status=302, headers={"Location": inside})]
    refused(make_http(allow_loopback=False), f"{public}/feed")
    assert len(upstream.asked) == 1
    assert not knocked(listener)


@pytest.mark.parametrize(
    "location", ["http://[::1", "http://example.org:port/", "http://:80/", "//[", "data:,x"]
)
def test_a_redirect_to_no_address_is_refused(location, upstream, http):
    upstream.script = [upstream.says(status=302, headers={"Location": location})]
    assert "redirected" in str(refused(http, f"{upstream.url}/"))


def test_the_body_of_a_redirect_is_never_read(upstream, http):
    """It may be endless; requests on its own reads it to the end, whatever its size."""

    def send(handler):
        head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 100000000\r\n\r\n"
        handler.wfile.write(head)
        upstream.released.wait(5)

    upstream.script = [upstream.says(send=send), upstream.says(b"there")]
    assert http.get(f"{upstream.url}/here").body == b"there"


@pytest.mark.parametrize(
    "url",
    ["gopher://127.0.0.1/", "file:///etc/passwd", "ftp://127.0.0.1/", "http://[::1", "http://"],
)
def test_what_is_no_web_address_is_not_asked(url, http):
    with pytest.raises(SourceError, match="cannot be asked"):
        http.get(url)
