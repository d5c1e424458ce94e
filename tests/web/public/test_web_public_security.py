"""What an outsider will try on the public pages: headers, forms, hostile text, bad addresses."""

import hashlib
import html
import re

import pytest
from sqlalchemy import select

from monitor.notify.readers import tokens
from monitor.notify.tables import Message
from monitor.ops.schema import metadata
from monitor.web import posting
from monitor.web.security import POLICY

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}{% raw %}\u202e"
PUBLIC = (
    "/",
    "/interventions",
    "/interventions/cos",
    "/attachment",
    "/priorities",
    "/changes",
    "/changes/1",
    "/method",
    "/subscribe",
    "/privacy",
    "/accessibility",
    "/healthz",
    "/sign-in",
)
BROKEN = (
    ("GET", "/nope", 404),
    ("GET", "/interventions/nope", 404),
    ("GET", "/interventions/cos/studies/1", 404),
    ("GET", "/changes/99999", 404),
    ("GET", f"/changes/{2**31}", 404),
    ("GET", f"/changes/{10**40}", 404),
    ("GET", f"/interventions/cos/studies/{2**63}", 404),
    ("GET", "/interventions/%00", 400),
    ("GET", "/changes?before=%00", 400),
    ("GET", "/.git/config", 404),
    ("GET", "/static/../app.py", 404),
    ("GET", "/console", 404),
    ("GET", "/metrics", 404),
    ("POST", "/", 405),
    ("POST", "/subscribe", 400),
    ("TRACE", "/", 405),
    ("PUT", "/interventions/cos", 405),
    ("DELETE", "/changes/1", 405),
)


def check_headers(page) -> None:
    headers = page.headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert "Cache-Control" in headers
    assert "Server" not in headers
    if headers["Content-Type"].startswith("text/"):
        assert headers["Content-Type"].endswith("charset=utf-8")


def test_the_policy_allows_nothing_inline():
    assert "unsafe" not in POLICY
    for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'"):
        assert part in POLICY
    assert "frame-ancestors 'none'" in POLICY


def test_headers_on_every_answer(make_app):
    client = make_app(testing=False).test_client()
    for path in (*PUBLIC, "/static/gapmonitor.css", "/static/nhsuk.css", "/static/icon.svg"):
        with client.get(path) as page:
            assert page.status_code == 200, path
            check_headers(page)
    for method, path, status in BROKEN:
        with client.open(path, method=method) as page:
            assert page.status_code == status, (method, path)
            check_headers(page)
            assert "Traceback" not in page.text


def test_nothing_inline_and_nothing_from_elsewhere(client, evidence):
    study = evidence.decided("cos")
    for path in (*PUBLIC, f"/interventions/cos/studies/{study}", "/nope"):
        page = client.get(path).text
        assert not re.search(r"<style|<script|\sstyle=|\son\w+=|javascript:", page), path
        # where a page's feed is, is told and not loaded
        page = re.sub(r'<link\s+rel="alternate"[^>]+>', "", page)
        loaded = re.findall(r'<(?:link|img|script|iframe)[^>]+(?:href|src)="([^"]+)"', page)
        assert all(address.startswith("/static/") for address in loaded), path


@pytest.mark.parametrize("name", ["nhsuk.css", "gapmonitor.css", "icon.svg"])
def test_static_files_ask_for_nothing(client, name):
    with client.get(f"/static/{name}") as answer:
        text = answer.text
    assert "Frutiger" not in text
    assert "@import" not in text
    assert "@font-face" not in text
    assert not re.search(r"url\((?!['\"]?data:)", text)
    addresses = set(re.findall(r"https?://[^\s)\"']+", text))
    assert addresses <= {"https://github.com/nhsuk/nhsuk-frontend", "http://www.w3.org/2000/svg"}


def test_hostile_text_stays_text_on_every_page(client, evidence, clock):
    clock.advance(days=1)
    paper = {
        "title": f"{HOSTILE} Theraplay",
        "authors": (HOSTILE,),
        "journal": HOSTILE,
        "abstract": f"Theraplay {HOSTILE}",
        "url": "javascript:alert(1)",
    }
    texts = dict.fromkeys(("outcome", "risk_reason", "quote"), HOSTILE)
    study = evidence.decided("theraplay", paper=paper, **texts)
    paths = [*PUBLIC, "/interventions/theraplay", f"/interventions/theraplay/studies/{study}"]
    paths += [f"/changes/{number}" for number in range(1, 13)]
    paths += [f"/interventions/{HOSTILE}", f"/subscribe?follow={HOSTILE}"]
    seen = 0
    for path in paths:
        page = client.get(path).text
        assert "<script>" not in page, path
        assert "<img" not in page, path
        assert ">49<" not in page, path
        assert "\u202e" not in page or "{{7*7}}" in page, path
        assert 'href="javascript' not in page, path
        seen += "&lt;script&gt;" in page
    assert seen >= 2, "what people typed is shown, as text"


def test_a_notice_and_a_broken_page_are_escaped(make_app):
    client = make_app({"web": {"notice": HOSTILE}}).test_client()
    for path in ("/", "/nope"):
        page = client.get(path).text
        assert "<script>" not in page
        assert "{{7*7}}" in page


def test_a_get_changes_nothing(app, client, evidence, post):
    study = evidence.decided("cos")
    post(client, "/subscribe", {"full": "yes", "email": "a@example.org", "interventions": ["cos"]})
    with evidence.database.read() as session:
        uuid = session.scalars(select(Message.uuid)).first()
    assert uuid
    secret = app.extensions["monitor"].secret
    links = (
        f"/u/{tokens.unsubscribe_token(secret, uuid)}",
        f"/confirm/{tokens.confirm_token(secret, uuid)}",
    )
    before = fingerprint(evidence.database)
    for path in (*PUBLIC, *links, f"/interventions/cos/studies/{study}", "/nope") * 2:
        for method in ("GET", "HEAD", "OPTIONS"):
            client.open(path, method=method)
    assert fingerprint(evidence.database) == before


def fingerprint(database) -> str:
    """Hash every row of every table."""
    digest = hashlib.sha256()
    with database.read() as session:
        for table in metadata.sorted_tables:
            rows = sorted(map(repr, session.execute(select(table))))
            digest.update(repr((table.name, rows)).encode())
    return digest.hexdigest()


def test_forms_need_their_own_browser_s_token(app, client, token_of):
    form = {"full": "yes", "email": "a@example.org", "interventions": ["cos"]}
    token = token_of(client.get("/subscribe"))
    assert client.post("/subscribe", data=form).status_code == 400
    assert client.post("/subscribe", data={**form, "csrf_token": token + "x"}).status_code == 400
    other = app.test_client()
    other.get("/subscribe")
    assert other.post("/subscribe", data={**form, "csrf_token": token}).status_code == 400
    refused = app.test_client().post("/subscribe", data={**form, "csrf_token": token})
    assert refused.status_code == 400
    assert posting.EXPIRED in html.unescape(refused.text)
    assert client.post("/subscribe", data={**form, "csrf_token": token}).status_code == 200


def test_cookies_are_closed_to_scripts_and_other_sites(make_app):
    plain = make_app().test_client().get("/subscribe").headers["Set-Cookie"]
    assert plain.startswith("form=")
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    secure = make_app({"web": {"public_url": "https://gap.example.org"}}).test_client()
    cookie = secure.get("/subscribe", base_url="https://gap.example.org").headers["Set-Cookie"]
    assert cookie.startswith("__Host-form=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_https_is_remembered_where_it_is_used(make_app):
    assert "Strict-Transport-Security" not in make_app().test_client().get("/").headers
    client = make_app({"web": {"public_url": "https://gap.example.org"}}).test_client()
    assert client.get("/").headers["Strict-Transport-Security"] == (
        "max-age=31536000; includeSubDomains"
    )


def test_forms_work_behind_https_without_a_referrer(make_app, token_of):
    client = make_app({"web": {"public_url": "https://gap.example.org"}}).test_client()
    base = "https://gap.example.org"
    token = token_of(client.get("/subscribe", base_url=base))
    form = {"csrf_token": token, "full": "yes", "email": "a@example.org", "interventions": ["cos"]}
    assert client.post("/subscribe", data=form, base_url=base).status_code == 200


def test_token_pages_tell_their_address_to_nobody(app):
    secret = app.extensions["monitor"].secret
    uuid = "5f0c0000-0000-4000-8000-000000000001"
    for path in (
        f"/u/{tokens.unsubscribe_token(secret, uuid)}",
        f"/confirm/{tokens.confirm_token(secret, uuid)}",
        "/u/nonsense",
        "/confirm/nonsense",
    ):
        headers = app.test_client().get(path).headers
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["Cache-Control"] == "no-store", path


def test_too_much_is_refused(client, token_of):
    token = token_of(client.get("/subscribe"))
    big = client.post("/subscribe", data={"csrf_token": token, "email": "x" * 2_000_000})
    assert big.status_code == 413


def test_text_no_database_can_hold_is_refused(client, token_of):
    token = token_of(client.get("/subscribe"))
    for bad in (b"%00", b"%ed%a0%80", b"%ff%fe"):
        body = b"csrf_token=" + token.encode() + b"&full=yes&interventions=cos&email=a" + bad
        answer = client.post(
            "/subscribe", data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 400, bad


def test_no_page_leads_elsewhere(client):
    for path in ("//evil.example", "/%2f%2fevil.example", "/\\evil.example", "/interventions//x"):
        page = client.get("/", environ_overrides={"PATH_INFO": path})
        assert page.status_code == 404, path
        assert "Location" not in page.headers
    for parameter in ("next", "url", "return", "follow"):
        page = client.get(f"/subscribe?{parameter}=//evil.example")
        assert page.status_code == 200
        assert "evil.example" not in page.text


def test_when_the_database_is_gone_nothing_inside_is_shown(make_app, published, monkeypatch):
    from sqlalchemy.exc import OperationalError

    app = make_app(testing=False)

    def gone(*_args: object, **_more: object):
        raise OperationalError("SELECT secret FROM inside", {}, Exception("/var/secret.sqlite3"))

    monkeypatch.setattr(published.engine, "connect", gone)
    monkeypatch.setattr(published._sessions, "__call__", gone, raising=False)
    monkeypatch.setattr(type(published), "read", gone)
    client = app.test_client()
    page = client.get("/")
    assert page.status_code == 500
    check_headers(page)
    assert "secret" not in page.text
    assert "Traceback" not in page.text
    assert "Nothing was saved" in page.text
    health = client.get("/healthz")
    assert (health.status_code, health.text) == (503, "database unreachable\n")


def test_static_files_are_kept_and_change_their_address(client):
    page = client.get("/").text
    address = re.search(r'href="(/static/gapmonitor\.css\?v=[0-9a-f]{12})"', page)
    assert address
    with client.get(address[1]) as kept:
        assert "max-age=31536000" in kept.headers["Cache-Control"]
