"""Every form that is sent can be shown again, whatever happened, and is then never sent.

The forms are read from the application's own routes, so that a new one is held to it too.
"""

from contextlib import contextmanager

import pytest
from sqlalchemy import text
from test_web_staff_access import EXPECTED, filled_in  # type: ignore[import-not-found]  # beside it

from monitor.kernel.errors import Unavailable
from monitor.web import posting

# Takes a button alone from any page's head; without a token it does nothing.
WITHOUT_A_FORM = {"account.sign_out"}
TYPED = {"note": "AN HOUR OF WORDS", "reason": "OF REASONS", "name": "Typed Before", "verdict": "x"}


def _posts(app):
    return sorted(
        rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())
    )


def test_every_address_that_takes_a_form_can_show_it(staff_app):
    without = {
        endpoint
        for endpoint in _posts(staff_app)
        if not hasattr(staff_app.view_functions[endpoint], posting._SHOWS)
    }
    assert without == WITHOUT_A_FORM


def test_restoring_sends_nothing_anywhere(world, staff_app, browse):
    browser, before = browse(world.ada), world.contents()
    csrf = browser.csrf()
    filled = filled_in(world)
    for method, rule in EXPECTED:
        if method != "POST" or rule == "/sign-out":
            continue
        answer = browser.post(filled(rule), {**TYPED, "action": "restore"}, csrf=csrf)
        # 409, 404: what it is about is settled, or is not there; 303: it leads to what became of it;
        # 401: a private view that is not open here
        assert answer.status_code in {200, 303, 401, 404, 409}, (
            f"{rule} answered {answer.status_code}"
        )
        assert world.contents() == before, f"{rule} did something"
    assert browser.post("/sign-out", {"action": "restore"}, csrf=csrf).status_code == 400
    assert browser.get("/queue").status_code == 200, "still signed in"


def _paper(world):
    return f"/papers/{world.papers['cosp']}"


def test_signing_out_and_in_elsewhere_loses_no_word(world, staff_app, browse):
    browser, before = browse(world.ann), world.contents()
    fields = browser.fields(browser.get(_paper(world)), _paper(world))
    browser.client.delete_cookie("form")  # another tab signed out; so does a browser's restart
    answer = browser.client.post(_paper(world), data={**fields, **TYPED, "verdict": "exclude"})
    assert answer.status_code == 400
    assert "AN HOUR OF WORDS" in answer.text
    assert "Nothing was recorded" in answer.text
    assert world.contents() == before
    again = browser.fields(answer, _paper(world)) | {"reason": "another intervention"}
    assert browser.client.post(_paper(world), data=again).status_code == 303, "it can be sent"


def test_all_cookies_lost_loses_no_word(world, staff_app, browse):
    browser = browse(world.ann)
    fields = browser.fields(browser.get(_paper(world)), _paper(world))
    stranger = browse()
    answer = stranger.client.post(_paper(world), data={**fields, **TYPED})
    assert answer.status_code == 401
    entered = stranger.client.post(
        "/sign-in",
        data={
            **stranger.fields(answer, "/sign-in"),
            "address": "ann@example.org",
            "password": world.password,
        },
    )
    back = stranger.fields(entered, _paper(world))
    shown = stranger.client.post(_paper(world), data={**back, "action": "restore"})
    assert "AN HOUR OF WORDS" in shown.text


def test_a_form_as_long_as_its_fields_allow_is_carried_over(world, staff_app, browse):
    path = f"/studies/{world.studies['ddp']}/withdraw"
    long = {f"text{n}": "ü🙂x" * 1666 for n in range(6)}
    answer = browse().post(path, long, csrf=browse().csrf())
    assert "What you typed is kept" in answer.text
    with staff_app.test_request_context(path, method="POST", data=long):
        draft = posting.draft_of_request()
    assert draft
    assert dict(posting.unpack(draft) or []) == long


def test_what_is_too_long_is_said_to_be(browse, world):
    answer = browse().post(_paper(world), {"note": "x" * 200_000}, csrf=browse().csrf())
    assert answer.status_code in {400, 401}
    assert "too long to be carried over" in answer.text


def test_a_button_alone_comes_back_to_its_page(world, browse):
    stranger = browse()
    asked = stranger.post(f"/people/{world.cat.id}/disable", {}, csrf=stranger.csrf())
    entered = stranger.client.post(
        "/sign-in",
        data={
            **stranger.fields(asked, "/sign-in"),
            "address": "ada@example.org",
            "password": world.password,
        },
    )
    assert "Nothing was done yet" in entered.text
    path = f"/people/{world.cat.id}/disable"
    back = stranger.client.post(path, data={**stranger.fields(entered, path), "action": "restore"})
    assert f"Disable {world.cat.name}?" in back.text


def test_passwords_are_never_carried(world, browse):
    stranger = browse()
    secret = {"current": "SECRET-ONE", "password": "SECRET-TWO", "again": "SECRET-TWO"}
    answer = stranger.post("/account/password", secret, csrf=stranger.csrf())
    assert answer.status_code == 401
    assert "SECRET" not in answer.text


def test_whoever_may_not_is_shown_nothing(world, browse):
    """A refused token is answered before the guards of a page: it must not get round them."""
    commissioner = browse(world.rob)
    answer = commissioner.post(_paper(world), TYPED, csrf="stale")
    assert answer.status_code == 403
    assert "Your decision" not in answer.text
    assert "Abstract" not in answer.text


def test_a_page_that_breaks_gives_back_what_was_typed(world, staff_app, browse, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError

    staff_app.testing = False
    staff_app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = browse(world.ann)
    fields = browser.fields(browser.get(_paper(world)), _paper(world))
    monkeypatch.setattr("monitor.web.staff.papers.story_of_papers.screen", broken)
    sent = {**fields, **TYPED, "verdict": "unsure", "reason": ""}
    answer = browser.client.post(_paper(world), data=sent)
    assert answer.status_code == 500
    assert "AN HOUR OF WORDS" in answer.text
    back = browser.fields(answer, _paper(world)) | {"action": "restore"}
    shown = browser.client.post(_paper(world), data=back)
    assert browser.fields(shown, _paper(world))["token"] == fields["token"], "still one form"
    assert "AN HOUR OF WORDS" in shown.text


@contextmanager
def locked(world):
    """Let somebody else hold SQLite's write lock."""
    with world.database.engine.connect() as other:
        other.exec_driver_sql("COMMIT")
        other.exec_driver_sql("BEGIN IMMEDIATE")
        yield other
        other.exec_driver_sql("ROLLBACK")


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr("monitor.web.app.PATIENCE_SECONDS", 0.05)


def test_a_busy_database_gives_the_form_back(hasty, world, browse):
    if not world.database.is_sqlite:
        pytest.skip("PostgreSQL has no one lock for all writers")
    before, browser = world.contents(), browse(world.ann)
    client = browser.client
    fields = browser.fields(browser.get(_paper(world)), _paper(world))
    sent = {**fields, **TYPED, "verdict": "unsure", "reason": ""}
    with locked(world):
        answer = client.post(_paper(world), data=sent)
        pages = ("/", "/queue", "/healthz", "/changes")
        read = {page: client.get(page).status_code for page in pages}
    assert answer.status_code == 503
    assert set(read.values()) == {200}, read
    assert answer.headers["Retry-After"]
    assert "AN HOUR OF WORDS" in answer.text
    assert "Nothing was recorded" in answer.text
    assert world.contents() == before


def test_reading_notes_its_use_only_where_it_can(hasty, world, staff_app, browse, clock):
    if not world.database.is_sqlite:
        pytest.skip("PostgreSQL has no one lock for all writers")
    browser = browse(world.ann)
    seen = "SELECT max(last_seen_at) FROM sign_in"
    clock.advance(minutes=5)
    with locked(world) as other:
        before = other.exec_driver_sql(seen).scalar()
        assert browser.get("/queue").status_code == 200
        assert other.exec_driver_sql(seen).scalar() == before
    browser.get("/queue")
    with world.database.read() as session:
        assert session.scalar(text(seen)) != before


def test_the_overview_stays_when_the_database_cannot_be_asked(
    world, staff_app, browse, monkeypatch
):
    browser = browse()
    known = browser.get("/")
    assert "The database is busy" not in known.text

    def gone(*_, **__):
        raise Unavailable("gone")

    monkeypatch.setattr("monitor.kernel.persistence.database.Database.read", gone)
    monkeypatch.setattr("monitor.kernel.persistence.database.Database.commits", lambda _: None)
    shown = browser.get("/")
    assert shown.status_code == 200
    assert "This is how things stood at" in shown.text
    assert browser.get("/changes").status_code == 503
    assert browser.get("/healthz").status_code == 503
    browser.client.set_cookie("session", "whatever")
    assert browser.get("/").status_code == 200, "not knowing who asks keeps nobody out"
    asked = browser.get("/queue")
    assert asked.status_code == 503, "and nobody is told that they were signed out"
