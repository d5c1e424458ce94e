"""Signing in and out, the one-time link, and what happens to typed text when a session ends."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from monitor.accounts import service as accounts
from monitor.accounts.tables import FailedSignIn, Role, User
from monitor.kernel import settings as settings_module
from monitor.web.app import create_app
from monitor.web.auth import local_path


def enter(browser, world, **more):
    form = {"address": "ann@example.org", "password": world.password} | more
    return browser.send("/sign-in", form)


def test_signing_in_opens_the_queue(begun, browse):
    answer = enter(browse(), begun)
    assert (answer.status_code, answer.location) == (303, "/queue")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_a_commissioner_comes_to_the_public_pages(begun, browse):
    assert enter(browse(), begun, address="rob@example.org").location == "/"


@pytest.fixture
def over_https(begun, tmp_path, clock):
    """A browser on the service behind TLS."""
    settings = settings_module.parse(
        {"web": {"public_url": "https://gap.example.org"}}, folder=tmp_path
    )
    app = create_app(replace(begun.service, settings=settings, clock=clock))
    return app.test_client()


def test_over_https_the_cookie_is_bound_to_the_host(begun, over_https):
    host = "https://gap.example.org"
    page = over_https.get("/sign-in", base_url=host)
    csrf = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"csrf_token": csrf, "address": "ann@example.org", "password": begun.password}
    answer = over_https.post("/sign-in", data=form, base_url=host)
    cookies = answer.headers.getlist("Set-Cookie")
    (ours,) = [c for c in cookies if c.startswith("__Host-session=")]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(ours.split("; "))
    assert "Domain" not in ours
    assert over_https.get("/queue", base_url=host).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("session", 303), ("__Host-session", 200)])
def test_over_https_a_cookie_without_the_prefix_is_worthless(begun, over_https, name, status):
    over_https.set_cookie(name, begun.sign_in(begun.ann), domain="gap.example.org", secure=True)
    answer = over_https.get("/queue", base_url="https://gap.example.org")
    assert answer.status_code == status


def test_a_wrong_password_and_an_unknown_address_look_alike(begun, browse):
    wrong = enter(browse(), begun, password="not the password at all")
    unknown = enter(browse(), begun, address="nobody@example.org")
    assert wrong.status_code == unknown.status_code == 400

    def plain(page, address):
        main = page.text.partition("<main")[2].replace(address, "ADDRESS")
        return main.partition('name="csrf_token"')[0] + main.partition('name="next"')[2]

    assert plain(wrong, "ann@example.org") == plain(unknown, "nobody@example.org")
    assert "not the password" not in wrong.text
    with begun.database.read() as session:
        assert session.scalar(select(func.count()).select_from(FailedSignIn)) == 2


def test_guessing_is_slowed_but_other_accounts_are_not_locked(begun, browse):
    for _ in range(10):
        assert enter(browse(), begun, password="wrong wrong wrong").status_code == 400
    assert enter(browse(), begun).status_code == 429
    assert enter(browse(), begun, address="ben@example.org").status_code == 303


def test_one_place_cannot_try_every_account(begun, browse):
    browser = browse()
    csrf = browser.csrf()
    answers = [
        browser.post("/sign-in", {"address": f"a{n}", "password": "x"}, csrf=csrf).status_code
        for n in range(31)
    ]
    assert answers[-1] == 429


def test_signing_out_ends_the_session_on_the_server(begun, browse, staff_app):
    browser = browse(begun.ann)
    old = browser.client.get_cookie("session").value
    answer = browser.post("/sign-out", {}, csrf=browser.csrf())
    assert answer.status_code == 303
    replay = staff_app.test_client()
    replay.set_cookie("session", old)
    assert replay.get("/queue").status_code == 303


@pytest.mark.parametrize(("minutes", "alive"), [(29, True), (31, False)])
def test_a_session_ends_after_half_an_hour_without_use(begun, browse, clock, minutes, alive):
    browser = browse(begun.ann)
    clock.advance(minutes=minutes)
    assert (browser.get("/queue").status_code == 200) is alive


def test_a_session_in_use_ends_after_twelve_hours(begun, browse, clock):
    browser = browse(begun.ann)
    for _ in range(35):
        clock.advance(minutes=20)
        assert browser.get("/queue").status_code == 200
    clock.advance(minutes=25)
    assert browser.get("/queue").status_code == 303


def test_the_way_back_is_kept_and_stays_on_this_host(begun, browse):
    asked = browse().get("/queue?stage=to+appraise")
    assert asked.location == "/sign-in?next=/queue?stage%3Dto%2Bappraise"
    browser = browse()
    page = browser.get(asked.location)
    assert 'name="next" value="/queue?stage=to+appraise"' in page.text
    answer = enter(browser, begun, next="/queue?stage=to+appraise")
    assert answer.location == "/queue?stage=to+appraise"


ELSEWHERE = (
    "//evil.example",
    "https://evil.example/",
    "https:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "%2f%2fevil.example",
    "javascript:alert(1)",
    "queue",
    "",
)


def test_an_address_elsewhere_is_never_followed(begun, browse):
    for evil in ELSEWHERE:
        assert local_path(evil) == "/queue", evil
        assert enter(browse(), begun, next=evil).location == "/queue", evil
    assert browse(begun.ann).get("/sign-in?next=//evil.example").location == "/queue"


def test_what_was_typed_survives_an_ended_session(world, browse, clock):
    browser = browse(world.ann)
    paper = f"/papers/{world.papers['cosp']}"
    clock.advance(minutes=10)
    page = browser.get(paper)
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    clock.advance(minutes=40)
    typed = {
        "verdict": "exclude",
        "reason": "another intervention",
        "note": 'Kept <b>"as typed"</b>',
        "interventions": ["cos", "vig"],
        "token": token,
        "version": "1",
    }
    before = world.contents()
    csrf = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    asked = browser.post(paper, typed, csrf=csrf)
    assert asked.status_code == 401
    assert "What you typed is kept" in asked.text
    assert world.contents() == before
    form = browser.fields(asked, "/sign-in")
    given_back = browser.client.post(
        "/sign-in", data={**form, "address": "ann@example.org", "password": world.password}
    )
    assert given_back.status_code == 200
    assert "Set-Cookie" in given_back.headers
    fields = browser.fields(given_back, paper)
    again = browser.client.post(paper, data={**fields, "action": "restore"})
    assert again.status_code == 200
    assert "Kept &lt;b&gt;&#34;as typed&#34;&lt;/b&gt;" in again.text
    assert 'value="exclude" checked' in again.text
    assert 'value="another intervention" selected' in again.text
    assert 'value="vig" checked' in again.text


def test_the_first_admin_makes_themselves_once(published, make_app, clock):
    with published.write() as session:
        token = accounts.first_admin_link(session, at=clock())
    client = make_app().test_client()
    page = client.get(f"/welcome/{token}")
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    csrf = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {
        "csrf_token": csrf,
        "address": "First@Example.org",
        "name": "First Admin",
        "password": "several plain words of mine",
        "again": "several plain words of mine",
        "role": "commissioner",  # nobody asked for it
    }
    short = client.post(f"/welcome/{token}", data=form | {"password": "short", "again": "short"})
    assert short.status_code == 400
    assert "Use at least 12 characters" in short.text
    assert "First@Example.org" in short.text
    different = client.post(f"/welcome/{token}", data=form | {"again": "another one entirely"})
    assert different.status_code == 400
    assert "several plain words" not in different.text
    answer = client.post(f"/welcome/{token}", data=form)
    assert (answer.status_code, answer.location) == (303, "/queue")
    assert client.get("/people").status_code == 200
    assert client.get(f"/welcome/{token}").status_code == 404
    assert client.post(f"/welcome/{token}", data=form).status_code == 404
    with published.read() as session:
        assert [u.role for u in session.scalars(select(User))] == [Role.ADMIN]


def test_somebody_invited_sets_name_and_password_and_cannot_change_the_rest(begun, browse):
    with begun.database.write() as session:
        _, token = accounts.create_user(
            session,
            address="dora@example.org",
            name="Dora",
            role=Role.REVIEWER,
            by="cli",
            at=begun.at,
        )
    browser = browse()
    form = {
        "name": "Dora Example",
        "password": "some unrelated words here",
        "again": "some unrelated words here",
        "address": "other@example.org",
        "role": "admin",
    }
    answer = browser.send(f"/welcome/{token}", form)
    assert answer.status_code == 303
    assert "Dora Example" in browser.get("/queue").text
    assert browser.get("/people").status_code == 403
    with begun.database.read() as session:
        user = session.scalars(select(User).where(User.name == "Dora Example")).one()
        assert (user.address, user.role) == ("dora@example.org", Role.REVIEWER)
