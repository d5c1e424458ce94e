"""Feeds as an admin adds them; and the addresses that lead nowhere, the whole way through the page."""

import select
import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from sqlalchemy import select as select_rows

from monitor.feeds.tables import FeedRow, SourceRow
from monitor.kernel import settings as settings_module
from monitor.web.app import create_app

PAGE = "/status/feeds"
FEED = b"""<rss version="2.0"><channel><title>J</title>
<item><title>An invented trial of Theraplay &lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}</title>
<guid>1</guid><pubDate>Fri, 20 Nov 2026 06:00:00 GMT</pubDate></item>
<item><title>Second</title><guid>2</guid><pubDate>Thu, 19 Nov 2026 06:00:00 GMT</pubDate></item>
<item><title>Third</title><guid>3</guid><pubDate>Wed, 18 Nov 2026 06:00:00 GMT</pubDate></item>
<item><title>Fourth</title><guid>4</guid><pubDate>Tue, 17 Nov 2026 06:00:00 GMT</pubDate></item>
</channel></rss>"""


class Journal(ThreadingHTTPServer):
    """A journal's server on this machine; ``heard`` are the paths it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = FEED
        self.heard: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/rss?token=T0"


class Handler(BaseHTTPRequestHandler):
    server: Journal

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def journal() -> Iterator[Journal]:
    with Journal() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(request, tmp_path):
    """As delivered, but for tests that may reach this machine: those that ask for ``permitted``."""
    values = {"journals": {"feeds": [{"name": "In the file", "url": "https://j.example/file"}]}}
    sources = {**values, "allow_loopback": "permitted" in request.fixturenames}
    return settings_module.parse({"sources": sources}, folder=tmp_path)


@pytest.fixture
def permitted() -> None:
    """Sources on this machine may be asked, as in the demo."""


def form(url, name="A journal", source="journals", **more):
    return {"name": name, "url": url, "source": source, **more}


def rows(begun) -> list[FeedRow]:
    with begun.database.read() as session:
        return list(session.scalars(select_rows(FeedRow).order_by(FeedRow.id)))


def test_a_feed_is_tried_seen_added_and_removed(begun, browse, journal, permitted):
    browser = browse(begun.ada)
    before = browser.get(PAGE).text
    assert "In the file" in before
    assert "the settings: change it there" in before
    tried = browser.send(PAGE, form(journal.url, step="try"))
    assert tried.status_code == 200
    assert "“A journal” can be read: 4 items" in tried.text
    shown = [title in tried.text for title in ("Theraplay", "Second", "Third", "Fourth")]
    assert shown == [True, True, True, False]
    assert "<b>Theraplay</b> in 1 item" in tried.text
    assert "<script>alert" not in tried.text
    assert "{{7*7}}" in tried.text
    assert rows(begun) == [], "nothing is added before it was seen"
    fields = browser.fields(tried, PAGE)
    assert fields["step"] == ["add"]
    added = browser.client.post(PAGE, data=fields)
    assert added.status_code == 303
    assert "“A journal” is added" in browser.get(added.location).text
    (row,) = rows(begun)
    assert (row.url, row.added_by) == (journal.url, f"user:{begun.ada.id}")
    with begun.database.read() as session:
        source = session.get_one(SourceRow, "journals")
        assert source.enabled
        assert source.next_due_at <= begun.service.clock()


def test_a_feed_that_was_added_is_known_and_can_be_removed(begun, browse, journal, permitted):
    browser = browse(begun.ada)
    browser.send(PAGE, form(journal.url, step="add"))
    (row,) = rows(begun)
    again = browser.send(PAGE, form(journal.url, step="try"))
    assert again.status_code == 400
    assert "This feed is there already" in again.text
    removal = f"{PAGE}/{row.id}/remove"
    assert "Remove “A journal”?" in browser.get(removal).text
    assert browser.send(removal).status_code == 303
    assert "A journal" not in browser.get(PAGE).text
    assert browser.get(removal).status_code == 404
    assert rows(begun)[0].removed_at is not None


@pytest.mark.parametrize("step", ["try", "add"])
def test_what_cannot_be_read_is_never_added(begun, browse, journal, permitted, step):
    journal.body = b"<html>Down for maintenance</html>"
    refused = browse(begun.ada).send(PAGE, form(journal.url, step=step))
    assert refused.status_code == 400
    assert (
        "This feed cannot be read: the address gives something that is not a feed" in refused.text
    )
    assert 'value="A journal"' in refused.text, "what was typed stays"
    assert rows(begun) == []


@pytest.mark.parametrize("step", ["try", "add"])
def test_an_address_inside_is_refused_and_hears_nothing(begun, browse, journal, step):
    """Through the page, without the switch that the demo has: not even a connection is made."""
    browser = browse(begun.ada)
    csrf = browser.csrf()
    with socket.create_server(("127.0.0.1", 0)) as database:
        ports = (journal.server_port, database.getsockname()[1])
        hosts = (
            "127.0.0.1",
            "localhost",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0",
            "169.254.169.254",
        )
        for url in (f"http://{host}:{port}/" for host in hosts for port in ports):
            refused = browser.post(PAGE, form(url, step=step), csrf=csrf)
            assert refused.status_code == 400, url
            assert "only public addresses are, on ports 80 and 443" in refused.text, url
        assert not select.select([database], [], [], 0)[0]
    assert journal.heard == []
    assert rows(begun) == []


def test_what_is_wrong_is_said_at_the_address(begun, browse):
    browser = browse(begun.ada)
    csrf = browser.csrf()
    for url, words in (
        ("gopher://127.0.0.1/", "must start with https"),
        ("http://[64:ff9b::7f00:1]/", "only public addresses"),
        ("http://[2002:7f00:1::]/", "only public addresses"),
        ("https://user:word@journal.example/", "user name or password"),
        ("https://j.example/file", "already, in the settings"),
        ("", "Give the feed’s address"),
    ):
        refused = browser.post(PAGE, form(url), csrf=csrf)
        assert refused.status_code == 400
        assert 'id="url-error"' in refused.text
        assert words in refused.text


def test_what_is_missing_is_asked_for(begun, browse):
    browser = browse(begun.ada)
    csrf = browser.csrf()
    assert 'id="name-error"' in browser.post(PAGE, form("https://a.example/", ""), csrf=csrf).text
    no_kind = browser.post(PAGE, form("https://a.example/", source="pubmed"), csrf=csrf)
    assert 'id="source-error"' in no_kind.text
    nothing = browser.post(PAGE, {}, csrf=csrf).text
    places = [nothing.index(f'<a href="#{name}">') for name in ("name", "url", "source")]
    assert places == sorted(places), "all at once, in the order of the form"


def test_a_redirect_inside_is_refused_on_the_page(begun, clock, tmp_path, monkeypatch, journal):
    """The first address is public, as far as anybody can tell; where it leads is not."""
    app = create_app(
        replace(begun.service, settings=settings_module.parse({}, folder=tmp_path), clock=clock),
        testing=True,
    )
    real = socket.create_connection
    monkeypatch.setattr(
        "urllib3.util.connection.create_connection",
        lambda address, *a, **k: Posing(fileno=real(("127.0.0.1", journal.server_port)).detach()),
    )
    with socket.create_server(("127.0.0.1", 0)) as database:
        location = f"http://127.0.0.1:{database.getsockname()[1]}/"
        monkeypatch.setattr(Handler, "do_GET", redirect_to(location))
        client = app.test_client()
        client.set_cookie("session", begun.sign_in(begun.ada))
        token = client.get("/subscribe").text.partition('name="csrf_token" value="')[2]
        data = {"csrf_token": token.partition('"')[0], **form("http://8.8.8.8/rss")}
        refused = client.post(PAGE, data=data)
        assert refused.status_code == 400
        assert "only public addresses are" in refused.text
        assert not select.select([database], [], [], 0)[0]


class Posing(socket.socket):
    """A connection to this machine that says it leads to a public one."""

    def getpeername(self):
        return ("8.8.8.8", 80)


def redirect_to(location):
    def do_GET(self) -> None:  # noqa: N802 - the name http.server looks for
        self.send_response(302)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    return do_GET
