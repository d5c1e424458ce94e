"""Public pages that are shown again: never outdated, never another's, bounded. Both databases."""

import contextlib
import gzip
import threading
from dataclasses import replace

import pytest
from flask import render_template_string
from sqlalchemy import event, text

from monitor.kernel.errors import NoTurn
from monitor.kernel.persistence.database import Database
from monitor.web import turns
from monitor.web.made import Page, Pages, Stands
from monitor.web.public import rendered

KEPT = ("/", "/interventions", "/changes", "/method", "/interventions/cos", "/changes/1")


class Asked:
    """The statements that reach a database, by any handle on it."""

    def __init__(self, database: Database) -> None:
        self.statements: list[str] = []
        event.listen(database.engine, "before_cursor_execute", self._note)

    def _note(self, _c, _u, statement, *_) -> None:
        self.statements.append(statement)

    def about(self, word: str) -> int:
        return sum(word in statement for statement in self.statements)


@pytest.fixture
def asked(published) -> Asked:
    return Asked(published)


@pytest.mark.parametrize("path", KEPT)
def test_a_page_is_read_and_rendered_once_while_nothing_happens(client, asked, path):
    first = client.get(path)
    asked.statements.clear()
    again = client.get(path)
    assert again.status_code == 200
    assert asked.about("change") + asked.about("source") + asked.about("grade") == 0
    assert len(asked.statements) <= 1  # whether anything was committed
    strip = str.maketrans("", "", "0123456789")
    assert len(again.text.translate(strip)) == pytest.approx(
        len(first.text.translate(strip)), abs=99
    )


def test_what_was_decided_is_on_every_page_at_once(client, evidence, clock):
    for path in KEPT:
        client.get(path)
    study = evidence.decided("cos")
    assert "9–18" in client.get("/").text.replace("</b>", "")
    assert "with 1 study accepted since added" in client.get("/").text
    assert client.get("/changes").text.count("What changed and why") == 1
    assert "Positive to 2021" in client.get("/interventions/cos").text
    evidence.withdrawn(study)
    assert "accepted since added" not in client.get("/").text
    assert client.get("/changes").text.count("What changed and why") == 2


def test_what_another_process_wrote_is_on_the_page_at_once(client, published, database_url):
    """Nothing in this process is told: it is the database that knows."""
    assert client.get("/changes/1").status_code == 200
    other = Database(database_url)
    with other.write() as session:
        session.execute(text("UPDATE change SET cause = 'Invented: written elsewhere'"))
        session.execute(text("UPDATE change SET sentence = 'Invented: written elsewhere'"))
    other.dispose()
    with published.read() as session:
        assert session.scalar(text("SELECT sentence FROM change WHERE id = 1"))
    for path in ("/changes/1", "/changes/1"):
        assert "Invented: written elsewhere" in client.get(path).text


def test_what_two_services_on_one_database_show_is_the_same(make_app, evidence):
    one, two = make_app().test_client(), make_app().test_client()
    for browser in (one, two):
        browser.get("/interventions")
    evidence.decided("vipp")
    pages = [browser.get("/interventions").text for browser in (one, two)]
    assert pages[0] == pages[1]


def test_ages_go_on_though_nothing_happens(client, evidence, clock):
    evidence.arrives("cos")  # PubMed has answered
    assert "today, 06:10" in client.get("/").text
    clock.advance(hours=17, minutes=49)
    assert "today, 06:10" in client.get("/").text
    clock.advance(minutes=1)  # midnight in the United Kingdom
    assert "yesterday, 06:10" in client.get("/").text


def test_pages_of_the_ledger_are_told_apart_by_where_they_begin(client, evidence):
    evidence.decided("cos")
    assert "Every time a tier" in client.get("/changes").text
    assert "Nothing has changed" in client.get("/changes?before=1").text
    assert "Every time a tier" in client.get("/changes?before=999").text
    assert "Every time a tier" in client.get("/changes?before=nonsense").text


def test_a_readers_own_copy_is_not_sent_again_until_it_differs(client, evidence):
    for path in KEPT:
        first = client.get(path)
        tag = first.headers["ETag"]
        unchanged = client.get(path, headers={"If-None-Match": tag})
        assert (unchanged.status_code, unchanged.data) == (304, b""), path
        assert unchanged.headers["Content-Security-Policy"], "a header of every answer"
        assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200
    tags = {
        path: client.get(path).headers["ETag"] for path in ("/", "/changes", "/interventions/cos")
    }
    evidence.decided("cos")
    for path, tag in tags.items():
        answer = client.get(path, headers={"If-None-Match": tag})
        assert answer.status_code == 200, path
        assert answer.headers["ETag"] != tag


def test_a_restart_or_another_process_keeps_readers_copies(make_app):
    one, two = make_app().test_client(), make_app().test_client()
    tag = one.get("/changes").headers["ETag"]
    assert two.get("/changes", headers={"If-None-Match": tag}).status_code == 304


def test_a_kept_page_is_everybodys_and_sets_no_cookie(app):
    one, two = app.test_client(), app.test_client()
    page = one.get("/")
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-cache"
    assert "Cookie" in page.headers["Vary"]
    assert two.get("/", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


def test_a_page_with_a_form_cannot_be_kept(app):
    """Its token is one browser's: kept for all, it would be everybody's."""
    form = '<input name="csrf_token" value="{{ csrf_token() }}">'
    view = rendered.once()(lambda: render_template_string(form))
    with (
        app.test_request_context("/with-a-form"),
        pytest.raises(RuntimeError, match="/with-a-form"),
    ):
        view()


def test_an_error_is_never_kept(client, evidence):
    assert client.get("/interventions/nope").status_code == 404
    assert client.get("/changes/2147483647").status_code == 404
    study = evidence.arrives("cos")
    address = f"/interventions/cos/studies/{study}"
    assert client.get(address).status_code == 404
    for person in (0, 1):
        evidence.judged(study, person)
    assert client.get(address).status_code == 200


def test_many_who_come_at_once_wait_for_one(app, asked):
    """While one renders, nobody renders the same; and all get the page."""
    statuses = []

    def ask():
        statuses.append(app.test_client().get("/changes").status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert asked.about("FROM change") <= 2  # the entries, and where it started


def _page(html: str) -> Page:
    return Page(Stands("word", 1, 0.0), html.encode(), None, "digest")


def test_what_is_kept_is_bounded_and_the_longest_unasked_goes_first():
    pages = Pages(largest=1000)
    for number in range(100):
        pages.put(("/changes", number), _page("x" * 300))
        pages.get(("/changes", 0), Stands("word", 1, 0.0))
    assert len(pages) == 3
    assert pages.get(("/changes", 0), Stands("word", 1, 0.0)), "asked for all the time"
    assert pages.get(("/changes", 99), Stands("word", 1, 0.0))
    assert pages.get(("/changes", 50), Stands("word", 1, 0.0)) is None
    pages.put(("/changes", 0), _page("y" * 2000))
    assert len(pages) == 0, "what is larger than all there may be is not kept"


def test_what_no_longer_stands_is_replaced_and_not_counted_twice():
    pages = Pages(largest=1000)
    for number in range(50):
        pages.put(("/",), Page(Stands("word", number, 0.0), b"x" * 400, None, "digest"))
        assert pages.get(("/",), Stands("word", number - 1, 0.0)) is None
        assert pages.get(("/",), Stands("word", number, 0.0))
    assert len(pages) == 1


def test_one_slow_public_page_keeps_nobody_from_the_others(app):
    """However many ask for it: one renders, a few wait a moment, the rest are told at once."""
    begun, let_go, answers = threading.Event(), threading.Event(), []

    @rendered.once()
    def slow() -> str:
        begun.set()
        assert let_go.wait(30)
        return "made"

    app.add_url_rule("/slow", "slow", slow)
    threads = [
        threading.Thread(target=lambda: answers.append(app.test_client().get("/slow").status_code))
        for _ in range(30)
    ]
    try:
        for thread in threads:
            thread.start()
        assert begun.wait(30)
        for path in KEPT:
            assert app.test_client().get(path).status_code == 200, path
    finally:
        let_go.set()
        for thread in threads:
            thread.join(30)
    assert set(answers) <= {200, 503}
    assert answers.count(503) >= 30 - 1 - turns._SAME_WAITING


def test_no_two_pages_share_a_turn_and_none_is_kept_when_nobody_wants_it():
    """However many different pages are asked for at once, a crowd at one is in nobody's way."""
    own = turns.EachItsOwn(waiting=0)
    with contextlib.ExitStack() as held:
        for number in range(1000):
            held.enter_context(held.enter_context(own.of(("/slow", number))).taken())
        with pytest.raises(NoTurn), own.of(("/slow", 7)) as same, same.place():
            pass
    assert own._turns == {}


def test_a_crowd_at_one_page_never_takes_the_places_of_another(app):
    """Nor for the moment in which it is turned away."""
    tried = []

    class Counted(turns.Turns):
        def place(self):
            tried.append("public")
            return super().place()

    of_the_app = app.extensions["monitor.turns"]
    app.extensions["monitor.turns"] = replace(of_the_app, public=Counted(4, 20))
    with contextlib.ExitStack() as crowd:
        crowd.enter_context(app.test_request_context("/slow"))
        own = crowd.enter_context(of_the_app.same.of("slow"))
        for _ in range(1 + turns._SAME_WAITING):
            crowd.enter_context(own.place())
        with pytest.raises(NoTurn), turns.public("slow"):
            pass
    assert tried == []


FILES = (
    "/changes/feed.atom",
    "/interventions/cos/changes.atom",
    "/interventions/table.csv",
    "/interventions/cos/findings.csv",
    "/interventions/compare.csv?one=cos&other=vipp",
    "/interventions/cos/memo/2026-11-23/memo.pdf",
    "/history/table.csv?on=2026-11-23",
    "/priorities.csv",
    "/sitemap.xml",
)


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_made_once_and_not_sent_again_to_who_has_it(client, asked, path):
    first = client.get(path)
    asked.statements.clear()
    again = client.get(path)
    assert len(asked.statements) <= 1  # whether anything was committed
    assert (again.data, again.content_type) == (first.data, first.content_type)
    disposition = "Content-Disposition"
    assert again.headers.get(disposition) == first.headers.get(disposition)
    kept = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (kept.status_code, kept.data) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/glossary", FILES[2], "/static/gapmonitor.css"])
def test_who_unpacks_gets_it_packed_and_it_is_the_same(client, path):
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    for not_asked in ({}, {"Accept-Encoding": "gzip;q=0"}):
        with client.get(path, headers=not_asked) as plain:
            assert "Content-Encoding" not in plain.headers
            assert gzip.decompress(packed.data) == plain.data
            assert len(packed.data) < len(plain.data)
            assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_page_with_a_form_is_never_packed(client):
    page = client.get("/subscribe", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page.headers
