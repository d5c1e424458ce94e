"""Large pages take turns, end in time, and end for readers who left; everybody else is answered."""

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from flask import request
from sqlalchemy import event, text
from test_web_staff_access import OWN_PAGES  # type: ignore[import-not-found]  # beside this file
from waitress import wasyncore

from monitor.cli import serving
from monitor.kernel.clock import monotonic
from monitor.kernel.errors import NoTurn
from monitor.kernel.persistence.limits import Limit
from monitor.web import turns
from monitor.web.app import WRITERS
from monitor.web.current import service
from monitor.web.public import rendered
from monitor.web.turns import Turns

# Pages behind a sign-in that read a fixed number of rows, however much there is (of one buyer's
# services there are at most 300).
SMALL = {
    "/account",
    "/mail/<uuid>",
    "/mail/<uuid>/do",
    "/mail/<uuid>/html",
    "/mail/digests/<int:digest_id>",
    "/mail/next",
    *(f"/mine{page}" for page in OWN_PAGES if page != "/memo.pdf"),
    "/papers/<int:paper_id>/records/<int:record_id>",
    "/people",
    "/people/<int:user_id>/disable",
    "/people/<int:user_id>/link",
    "/status/days",
    "/status/feeds",
    "/status/feeds/<int:feed_id>/remove",
    "/waves/blank/<file>",
}
ENDLESS = """
    WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < 100000000000)
    SELECT count(*) FROM one
"""
SOON = 30  # seconds that nothing here comes near to, unless something waits for ever


def test_every_page_for_staff_takes_its_turn_or_is_known_to_be_small(staff_app):
    closed = {name for name, guards in staff_app.before_request_funcs.items() if name and guards}
    small = {
        rule.rule
        for rule in staff_app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and rule.endpoint.partition(".")[0] in closed
        and not turns.is_large(staff_app.view_functions[rule.endpoint])
    }
    assert small == SMALL


class Slow:
    """Large pages that are made until they are let go."""

    def __init__(self) -> None:
        self.let_go, self.begun = threading.Event(), threading.Semaphore(0)

    def __call__(self) -> str:
        self.begun.release()
        assert self.let_go.wait(SOON)
        return "made"

    def __enter__(self) -> "Slow":
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()

    def wait_for(self, many: int) -> None:
        for _ in range(many):
            assert self.begun.acquire(timeout=SOON)


@contextmanager
def served(app, web):
    """Serve as the command does, with the jobs left out."""
    server = serving.server_of(app, web)
    loop = threading.Thread(target=server.run)
    loop.start()
    try:
        yield server.effective_port
    finally:
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=SOON)
        # closed by the thread that reads them: it ends once there is none left
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        loop.join(SOON)


def ask(port, path, answers, session=""):
    connection = HTTPConnection("127.0.0.1", port, timeout=SOON)
    connection.request("GET", path, headers={"Cookie": f"session={session}"} if session else {})
    answers.append(connection.getresponse().status)
    connection.close()


def asking(port, path, many, session=""):
    """Ask at once for so many; ``{}`` in the path is another number each time."""
    answers: list[int] = []
    threads = [
        threading.Thread(target=ask, args=(port, path.format(number), answers, session))
        for number in range(many)
    ]
    for thread in threads:
        thread.start()
    return answers, threads


@pytest.fixture
def web(settings):
    return settings.web.model_copy(update={"port": 0})


def test_slow_pages_leave_everybody_else_answered(begun, staff_app, web):
    """However many ask for them: forty hold the few turns there are, and no more threads."""
    slow = Slow()
    staff_app.add_url_rule("/slow", "slow", turns.large(slow))
    with served(staff_app, web) as port, slow:
        answers, threads = asking(port, "/slow", 40)
        slow.wait_for(web.large_pages_at_once)
        others: list[int] = []
        for path in ("/healthz", "/", "/interventions/cos", "/changes", "/privacy", "/sign-in"):
            ask(port, path, others)
        assert others == [200] * 6
        slow.let_go.set()
        for thread in threads:
            thread.join(SOON)
    assert set(answers) <= {200, 503}
    assert answers.count(200) >= web.large_pages_at_once
    assert answers.count(503) >= 40 - 4 * web.large_pages_at_once, "and nobody waited for ever"


def test_who_follows_every_filter_leaves_everybodys_pages_answered(begun, staff_app, web):
    slow = Slow()
    staff_app.add_url_rule("/slow/<int:number>", "numbered", rendered.once()(lambda number: slow()))
    staff_app.add_url_rule("/slow", "narrowed", rendered.once(by=_number)(slow))
    with served(staff_app, web) as port, slow:
        crowds = [
            asking(port, "/slow/{}", 20),
            asking(port, "/slow?number={}", 20),
        ]
        slow.wait_for(turns._SINGLE)
        others: list[int] = []
        for path in ("/healthz", "/", "/interventions/cos", "/changes", "/method", "/sign-in"):
            ask(port, path, others)
        assert others == [200] * 6
        slow.let_go.set()
        for _, threads in crowds:
            for thread in threads:
                thread.join(SOON)
    answers = [status for told, _ in crowds for status in told]
    assert set(answers) <= {200, 503}
    assert answers.count(503) >= 40 - turns._SINGLE - turns._SINGLE_WAITING


def test_a_reader_who_is_signed_in_takes_turns_at_public_pages(begun, staff_app, web):
    slow, staff = Slow(), begun.sign_in(begun.ann)
    staff_app.add_url_rule("/slow", "narrowed", rendered.once(by=_number)(slow))
    with served(staff_app, web) as port, slow:
        answers, threads = asking(port, "/slow?number={}", 40, staff)
        slow.wait_for(turns._SINGLE)
        others: list[int] = []
        for path in ("/healthz", "/", "/interventions/cos"):
            ask(port, path, others)
        assert others == [200] * 3
        slow.let_go.set()
        for thread in threads:
            thread.join(SOON)
    assert answers.count(503) >= 40 - turns._SINGLE - turns._SINGLE_WAITING


def _number() -> str:
    return request.args.get("number", "")


def test_there_are_threads_for_all_turns_at_once(web):
    for at_once in (1, 4, 16):
        chosen = web.model_copy(update={"large_pages_at_once": at_once})
        public = turns._PUBLIC + turns._PUBLIC_WAITING + turns._SINGLE + turns._SINGLE_WAITING
        taken = 2 * at_once + public + WRITERS
        assert turns.threads(chosen, WRITERS) > taken


def test_a_reader_who_hangs_up_is_worked_for_no_longer(begun, staff_app, web):
    """The page is in the midst of a statement that would take hours."""
    if not begun.database.is_sqlite:
        pytest.skip("PostgreSQL is asked between statements, and stopped by its own limit")
    ended = threading.Event()

    def endless() -> str:
        try:
            with service().database.read() as session:
                session.execute(text(ENDLESS))
        finally:
            ended.set()
        return "made"

    begins = threading.Event()
    event.listen(
        begun.database.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: begins.set() if "RECURSIVE" in statement else None,
    )
    staff_app.add_url_rule("/endless", "endless", turns.large(endless))
    let_pages_take_an_hour(staff_app)
    with served(staff_app, web) as port:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert begins.wait(SOON)
        client.close()
        assert ended.wait(SOON)


def let_pages_take_an_hour(app):
    """What ends one then is that its reader has gone."""
    before = app.extensions["monitor"]
    web = before.settings.web.model_copy(update={"longest_page_seconds": 3600.0})
    settings = before.settings.model_copy(update={"web": web})
    app.extensions["monitor"] = replace(before, settings=settings)


def test_one_who_waits_for_a_turn_and_hangs_up_gives_its_place_back(begun, staff_app, web):
    slow = Slow()
    staff_app.add_url_rule("/slow", "slow", turns.large(slow))
    waiting = staff_app.extensions["monitor.turns"].large._places
    with served(staff_app, web) as port, slow:
        answers, threads = asking(port, "/slow", web.large_pages_at_once)
        slow.wait_for(web.large_pages_at_once)
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until = monotonic() + SOON
        while waiting._value == web.large_pages_at_once and monotonic() < until:
            time.sleep(0.01)
        client.close()
        while waiting._value < web.large_pages_at_once and monotonic() < until:
            time.sleep(0.01)
        assert waiting._value == web.large_pages_at_once
        slow.let_go.set()
        for thread in threads:
            thread.join(SOON)
    assert answers == [200] * web.large_pages_at_once


def test_a_page_that_takes_too_long_says_so_and_what_helps(begun, staff_app, browse, monkeypatch):
    database = staff_app.extensions["monitor"].database
    monkeypatch.setattr(database, "_limit", lambda: Limit.of(0.2))

    def endless() -> str:
        with service().database.read() as session:
            return str(session.scalar(text(ENDLESS)))

    staff_app.add_url_rule("/endless", "endless", turns.large(endless))
    answer = browse().get("/endless")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "That page takes too long" in answer.text
    assert "a narrower filter" in answer.text
    assert "Nothing was recorded" in answer.text
    assert "database is busy" not in answer.text
    monkeypatch.undo()
    assert browse(begun.ann).get("/queue").status_code == 200, "and the next is answered"


def test_all_statements_of_one_page_share_its_time(staff_app):
    with staff_app.test_request_context("/"):
        assert turns.limit() is turns.limit()
        first = turns.limit()
    with staff_app.test_request_context("/"):
        assert turns.limit() is not first
    assert turns.limit() is None, "jobs and commands are nobody's page"


def test_whoever_comes_when_all_places_are_taken_is_told_at_once():
    two = Turns(at_once=1, waiting=0)
    with two.taken():
        began = monotonic()
        with pytest.raises(NoTurn, match="too many"), two.taken():
            pass
        assert monotonic() - began < SOON
    with two.taken():
        pass


def test_a_turn_comes_back_when_its_page_breaks():
    one = Turns(at_once=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), one.taken():
            raise ZeroDivisionError


def test_too_many_at_once_is_said_in_other_words_than_a_busy_database(staff_app, browse, begun):
    full = replace(staff_app.extensions["monitor.turns"], large=Turns(at_once=0, waiting=0))
    staff_app.extensions["monitor.turns"] = full
    answer = browse(begun.ann).get("/queue")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Too many large pages are being read" in answer.text
    assert browse(begun.ann).get("/account").status_code == 200
    assert browse().get("/queue").status_code == 303, "who may not read it takes no turn"
