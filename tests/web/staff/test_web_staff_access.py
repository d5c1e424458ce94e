"""Who may see what: every route, for everybody. A route that is not in the table fails the test."""

import html
import re
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from monitor.accounts import service as accounts
from monitor.accounts.tables import User
from monitor.gap.tables import Change
from monitor.kernel import audit
from monitor.literature.tables import Study
from monitor.mine import links
from monitor.notify import queries as mail

NO_PAGE = {
    "/waves/blank/<file>",
    "/changes/changes.csv",
    "/history/table.csv",
    "/interventions/compare.csv",
    "/interventions/table.csv",
    "/interventions/<slug>/studies.csv",
    "/use/table.csv",
    "/changes/feed.atom",
    "/interventions/<slug>/changes.atom",
    "/interventions/<slug>/memo/<day>/memo.pdf",
    "/interventions/<slug>/findings.csv",
    "/interventions/<slug>/findings/<key>.csv",
    "/interventions/<slug>/findings/<key>.png",
    "/interventions/<slug>/findings/<key>.svg",
    "/priorities.csv",
    "/healthz",
    "/robots.txt",
    "/sitemap.xml",
    "/coverage/studies.csv",
    "/static/<path:filename>",
    "/mail/<uuid>/html",  # has a policy of its own
    "/mail/next/<int:reader>/html",  # the same
    "/papers/<int:paper_id>/records/<int:record_id>",
}
# Without a form's token: one click (RFC 8058), and what keeps nothing.
TOKENLESS = {"/u/<token>", "/returns/<token>/stop", "/subscribe/begin"}
ROLES = ("anonymous", "commissioner", "reviewer", "admin")
# What each of them is answered. Anonymous readers of staff pages are sent to sign in (303), and
# asked on the spot (401) when they send a form; a wrong role is 403; a token nobody made is 404.
PUBLIC = (200, 200, 200, 200)
NO_SUCH = (404, 404, 404, 404)
STAFF = (303, 403, 200, 200)
ADMIN = (303, 403, 403, 200)
OWN_PAGES = (
    *("", "/erase", "/table", "/services/new", "/services/<int:service_id>"),
    *("/gap.csv", "/services.csv", "/everything.json", "/memo", "/memo.pdf"),
)
OWN_FORMS = (
    *("/mail", "/close", "/erase", "/table", "/services/new"),
    *("/services/<int:service_id>", "/services/<int:service_id>/remove"),
)
EXPECTED = {
    ("GET", "/"): PUBLIC,
    ("GET", "/accessibility"): PUBLIC,
    ("GET", "/changes"): PUBLIC,
    ("GET", "/changes/<int:change_id>"): PUBLIC,
    ("GET", "/changes/changes.csv"): PUBLIC,
    ("GET", "/changes/feed.atom"): PUBLIC,
    ("GET", "/interventions/<slug>/changes.atom"): PUBLIC,
    ("GET", "/interventions/<slug>/studies.csv"): PUBLIC,
    ("GET", "/interventions/compare"): PUBLIC,
    ("GET", "/interventions/compare.csv"): (400, 400, 400, 400),  # nothing is chosen
    ("GET", "/interventions/table.csv"): PUBLIC,
    ("GET", "/history/table.csv"): PUBLIC,
    ("GET", "/use/table.csv"): PUBLIC,
    ("GET", "/glossary"): PUBLIC,
    ("GET", "/who-uses-this"): PUBLIC,
    ("GET", "/sitemap.xml"): PUBLIC,
    ("GET", "/m/<token>"): NO_SUCH,
    ("GET", "/helped/<token>"): NO_SUCH,
    ("POST", "/helped/<token>"): NO_SUCH,
    ("GET", "/choices/<token>/own-data"): (303, 303, 303, 303),  # back to the choices
    ("POST", "/choices/<token>/own-data"): NO_SUCH,
    ("GET", "/own-data"): PUBLIC,
    ("POST", "/own-data"): (400, 400, 400, 400),  # it wants an address
    ("GET", "/own-data/<token>"): NO_SUCH,
    ("GET", "/own-data/<token>/data"): NO_SUCH,
    ("GET", "/own-data/<token>/erase"): NO_SUCH,
    ("POST", "/own-data/<token>/erase"): NO_SUCH,
    ("POST", "/subscribe/begin"): PUBLIC,
    ("GET", "/confirm/<token>"): NO_SUCH,
    ("POST", "/confirm/<token>"): NO_SUCH,
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/interventions"): PUBLIC,
    ("GET", "/interventions/<slug>"): PUBLIC,
    ("GET", "/interventions/<slug>/memo"): PUBLIC,
    ("GET", "/interventions/<slug>/memo/<day>"): PUBLIC,
    ("GET", "/interventions/<slug>/memo/<day>/memo.pdf"): PUBLIC,
    ("GET", "/interventions/<slug>/findings"): PUBLIC,
    ("GET", "/interventions/<slug>/findings.csv"): PUBLIC,
    ("GET", "/interventions/<slug>/findings/<key>.csv"): PUBLIC,
    ("GET", "/interventions/<slug>/findings/<key>.png"): PUBLIC,
    ("GET", "/interventions/<slug>/findings/<key>.svg"): PUBLIC,
    ("GET", "/interventions/<slug>/studies/<int:study_id>"): PUBLIC,
    ("GET", "/history"): PUBLIC,
    ("GET", "/attachment"): PUBLIC,
    ("GET", "/priorities"): PUBLIC,
    ("GET", "/priorities.csv"): PUBLIC,
    ("GET", "/method"): PUBLIC,
    ("GET", "/coverage"): PUBLIC,
    ("GET", "/coverage/studies.csv"): PUBLIC,
    ("GET", "/privacy"): PUBLIC,
    ("GET", "/robots.txt"): PUBLIC,
    ("GET", "/subscribe"): PUBLIC,
    ("POST", "/subscribe"): (400, 400, 400, 400),  # it wants an address
    ("GET", "/my-services"): PUBLIC,
    ("POST", "/my-services"): (400, 400, 400, 400),
    ("GET", "/mine/open/<token>"): NO_SUCH,
    ("POST", "/mine/open/<token>"): NO_SUCH,
    # nobody's role opens a private view: only a mailed link does
    **dict.fromkeys((("GET", f"/mine{page}") for page in OWN_PAGES), (303, 303, 303, 303)),
    **dict.fromkeys((("POST", f"/mine{form}") for form in OWN_FORMS), (401, 401, 401, 401)),
    ("GET", "/choices/<token>"): NO_SUCH,
    ("POST", "/choices/<token>"): NO_SUCH,
    ("GET", "/account"): (303, 200, 200, 200),
    ("POST", "/account/password"): (401, 400, 400, 400),
    ("POST", "/account/sessions/<key>/end"): (401, 404, 404, 404),
    ("POST", "/account/sessions/end"): (401, 303, 303, 303),
    ("GET", "/u/<token>"): NO_SUCH,
    ("POST", "/u/<token>"): NO_SUCH,
    ("GET", "/static/<path:filename>"): PUBLIC,
    ("GET", "/sign-in"): (200, 303, 303, 303),
    ("POST", "/sign-in"): (400, 400, 400, 400),
    ("POST", "/sign-out"): (303, 303, 303, 303),
    ("GET", "/welcome/<token>"): NO_SUCH,
    ("POST", "/welcome/<token>"): NO_SUCH,
    ("GET", "/queue"): STAFF,
    ("GET", "/papers"): STAFF,
    ("GET", "/trials"): STAFF,
    ("GET", "/papers/<int:paper_id>"): STAFF,
    ("POST", "/papers/<int:paper_id>"): (401, 403, 400, 400),
    ("POST", "/papers/<int:paper_id>/reopen"): (401, 403, 400, 400),
    ("POST", "/papers/<int:paper_id>/take-back"): (401, 403, 400, 400),
    ("GET", "/papers/<int:paper_id>/records/<int:record_id>"): STAFF,
    ("GET", "/studies/<int:study_id>"): STAFF,
    ("GET", "/studies/<int:study_id>/appraise"): (303, 403, 303, 303),
    ("POST", "/studies/<int:study_id>/appraise"): (401, 403, 409, 409),
    ("GET", "/studies/<int:study_id>/appraise/groups"): (303, 403, 303, 303),
    ("POST", "/studies/<int:study_id>/appraise/groups"): (401, 403, 409, 409),
    ("GET", "/studies/<int:study_id>/appraise/results"): (303, 403, 303, 303),
    ("POST", "/studies/<int:study_id>/appraise/results"): (401, 403, 409, 409),
    ("GET", "/studies/<int:study_id>/appraise/results/<key>"): (303, 403, 303, 303),
    ("POST", "/studies/<int:study_id>/appraise/results/<key>"): (401, 403, 409, 409),
    ("GET", "/studies/<int:study_id>/appraise/results/<key>/risk"): (303, 403, 303, 303),
    ("GET", "/studies/<int:study_id>/appraise/results/<key>/risk/<part>"): (303, 403, 303, 303),
    ("POST", "/studies/<int:study_id>/appraise/results/<key>/risk/<part>"): (401, 403, 409, 409),
    ("GET", "/studies/<int:study_id>/appraise/hand-in"): (303, 403, 303, 303),
    ("POST", "/studies/<int:study_id>/appraise/hand-in"): (401, 403, 400, 400),
    ("GET", "/agreement"): (303, 403, 403, 200),
    ("GET", "/studies/<int:study_id>/compared"): STAFF,
    ("POST", "/studies/<int:study_id>/compared"): (401, 403, 303, 303),
    ("GET", "/studies/<int:study_id>/counting"): (303, 403, 303, 303),
    ("POST", "/studies/<int:study_id>/counting"): (401, 403, 400, 400),
    ("POST", "/studies/<int:study_id>/rounds"): (401, 403, 409, 400),
    ("GET", "/studies/<int:study_id>/papers"): STAFF,
    ("GET", "/studies/<int:study_id>/papers/<int:paper_id>"): STAFF,
    ("POST", "/studies/<int:study_id>/papers/<int:paper_id>"): (401, 403, 400, 400),
    ("GET", "/studies/<int:study_id>/split"): STAFF,
    ("POST", "/studies/<int:study_id>/split"): (401, 403, 400, 400),
    ("GET", "/studies/<int:study_id>/merge/<int:other_id>"): STAFF,
    ("POST", "/studies/<int:study_id>/merge/<int:other_id>"): (401, 403, 400, 400),
    ("GET", "/regroupings/<int:regrouping_id>/undo"): (303, 403, 404, 404),
    ("POST", "/regroupings/<int:regrouping_id>/undo"): (401, 403, 404, 404),
    ("GET", "/studies/<int:study_id>/withdraw"): STAFF,
    ("POST", "/studies/<int:study_id>/withdraw"): (401, 403, 400, 400),
    ("GET", "/compare"): STAFF,
    ("GET", "/compare/<int:link_id>"): STAFF,
    ("POST", "/compare/<int:link_id>"): (401, 403, 400, 400),
    ("POST", "/compare/<int:link_id>/merge"): (401, 403, 409, 409),
    ("GET", "/merges/<int:merge_id>/undo"): (303, 403, 404, 404),
    ("POST", "/merges/<int:merge_id>/undo"): (401, 403, 404, 404),
    ("GET", "/alerts"): STAFF,
    ("GET", "/alerts/<int:alert_id>"): STAFF,
    ("POST", "/alerts/<int:alert_id>"): (401, 403, 400, 400),
    ("GET", "/certainty"): STAFF,
    ("GET", "/certainty/<slug>/<kind>"): STAFF,
    ("POST", "/certainty/<slug>/<kind>"): (401, 403, 400, 400),
    ("GET", "/import"): STAFF,
    ("POST", "/import"): (401, 403, 400, 400),
    ("GET", "/import/<int:file_id>"): STAFF,
    ("POST", "/import/<int:file_id>/bring-in"): (401, 403, 303, 303),
    ("POST", "/import/<int:file_id>/discard"): (401, 403, 409, 409),  # being brought in by then
    ("GET", "/queries"): STAFF,
    ("GET", "/status"): ADMIN,
    ("GET", "/status/days"): (303, 403, 403, 303),
    ("GET", "/status/days/<written>"): ADMIN,
    ("POST", "/status/sources/<name>/poll"): (401, 403, 403, 303),
    ("POST", "/status/incidents/<int:incident_id>/settle"): (401, 403, 403, 409),  # a poll's
    ("GET", "/status/baseline"): ADMIN,
    ("POST", "/status/baseline"): (401, 403, 403, 400),
    ("POST", "/status/baseline/withdraw"): (401, 403, 403, 409),
    ("GET", "/status/feeds"): ADMIN,
    ("POST", "/status/feeds"): (401, 403, 403, 400),
    ("GET", "/status/feeds/<int:feed_id>/remove"): (303, 403, 403, 404),
    ("POST", "/status/feeds/<int:feed_id>/remove"): (401, 403, 403, 404),
    ("GET", "/use"): PUBLIC,
    ("GET", "/use/<slug>"): PUBLIC,
    ("GET", "/waves"): ADMIN,
    ("POST", "/waves"): (401, 403, 403, 400),
    ("GET", "/waves/blank/<file>"): ADMIN,
    ("GET", "/waves/<int:wave_id>"): ADMIN,
    ("POST", "/waves/<int:wave_id>/publish"): (401, 403, 403, 400),
    ("POST", "/waves/<int:wave_id>/discard"): (401, 403, 403, 409),
    # the published review's own: it stands
    ("GET", "/waves/<int:wave_id>/withdraw"): (303, 403, 403, 303),
    ("POST", "/waves/<int:wave_id>/withdraw"): (401, 403, 403, 409),
    ("GET", "/returns/<token>"): NO_SUCH,
    ("GET", "/returns/<token>/<step>"): NO_SUCH,
    ("POST", "/returns/<token>/<step>"): NO_SUCH,
    ("GET", "/returns/<token>/stop"): NO_SUCH,
    ("POST", "/returns/<token>/stop"): NO_SUCH,
    ("GET", "/services"): ADMIN,
    ("POST", "/services"): (401, 403, 403, 400),
    ("GET", "/collections"): ADMIN,
    ("POST", "/collections"): (401, 403, 403, 400),
    # nobody opened one
    ("GET", "/collections/<int:collection_id>"): (303, 403, 403, 404),
    ("POST", "/collections/<int:collection_id>/invite"): (401, 403, 403, 404),
    ("POST", "/collections/<int:collection_id>/remind"): (401, 403, 403, 404),
    ("POST", "/collections/<int:collection_id>/close"): (401, 403, 403, 404),
    ("POST", "/collections/<int:collection_id>/last-day"): (401, 403, 403, 404),
    ("GET", "/mail"): ADMIN,
    ("GET", "/mail/<uuid>"): ADMIN,
    ("POST", "/mail/<uuid>/copy"): (401, 403, 403, 303),
    ("GET", "/mail/next"): ADMIN,
    ("POST", "/mail/next"): (401, 403, 403, 400),  # it wants an address
    ("GET", "/mail/next/<int:reader>"): ADMIN,
    # nothing waits for that reader
    ("GET", "/mail/next/<int:reader>/html"): (303, 403, 403, 404),
    ("POST", "/mail/next/<int:reader>/test"): (401, 403, 403, 409),
    ("GET", "/mail/<uuid>/html"): ADMIN,
    ("POST", "/mail/again"): (401, 403, 403, 400),  # it wants a reason
    ("POST", "/mail/seen"): (401, 403, 403, 303),
    ("GET", "/mail/<uuid>/do"): ADMIN,
    ("POST", "/mail/<uuid>/do"): (401, 403, 403, 400),
    # nothing was made
    ("GET", "/mail/digests/<int:digest_id>"): (303, 403, 403, 404),
    ("POST", "/mail/digests/<int:digest_id>"): (401, 403, 403, 404),
    ("POST", "/mail/readers/<int:reader_id>/write-again"): (401, 403, 403, 400),
    ("POST", "/mail/<uuid>/seen"): (401, 403, 403, 303),
    ("GET", "/people"): ADMIN,
    ("POST", "/people"): (401, 403, 403, 400),
    ("GET", "/people/<int:user_id>/link"): ADMIN,
    ("POST", "/people/<int:user_id>/link"): (401, 403, 403, 200),
    ("GET", "/people/<int:user_id>/disable"): ADMIN,
    ("POST", "/people/<int:user_id>/disable"): (401, 403, 403, 303),
}


def _routes(app):
    return {
        (method, re.sub(r"<int\([^)]*\):", "<int:", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def filled_in(world):
    """Give the function that fills in a rule with what there is in this world."""
    with world.database.read() as session:
        letter = next(m for m in mail.messages(session) if m.kind == "change" and m.sent_at)
    fields = (
        ("<int:change_id>", "11"),  # the first after the ten of the baseline
        ("<slug>", "ddp"),
        ("findings/<key>", "findings/usual-care-attachment"),
        ("<kind>", "attachment"),
        ("<int:paper_id>", world.papers["cosp"]),
        ("<int:record_id>", "1"),
        ("<int:study_id>", world.studies["ddp"]),
        ("<int:other_id>", world.studies["ddp2"]),
        ("<int:regrouping_id>", "1"),  # nobody moved a paper
        ("<int:alert_id>", "1"),
        ("<int:user_id>", world.cat.id),
        ("<int:incident_id>", "1"),
        ("<int:link_id>", "1"),  # two reports that name one trial
        ("<int:merge_id>", "1"),
        ("<int:feed_id>", "1"),  # nobody added one
        ("<int:file_id>", next(iter(world.files.values()))),
        ("<int:wave_id>", "1"),  # what the review published
        ("<int:service_id>", "1"),  # nobody entered one
        ("<int:collection_id>", "1"),
        ("<int:digest_id>", "1"),  # none was made
        ("<int:reader_id>", "1"),
        ("<int:reader>", "1"),
        ("<step>", "offered"),
        ("<file>", "wave.csv"),
        ("<uuid>", letter.uuid),
        ("<name>", "pubmed"),
        ("<written>", "2026-11-23"),
        ("<day>", "2026-11-23"),
        ("<token>", "not-a-token"),
        ("<path:filename>", "gapmonitor.css"),
    )

    def address(rule):
        for field, value in fields:
            rule = rule.replace(field, str(value))
        return rule

    return address


def test_every_route_answers_everybody_as_expected(world, staff_app, browse):
    apart = _routes(staff_app) ^ set(EXPECTED)
    assert not apart, f"missing from the table, or gone: {sorted(apart)}"
    people = dict(zip(ROLES, (None, world.rob, world.ann, world.ada), strict=True))
    address, signed_in, wrong = filled_in(world), {}, []
    for (method, rule), answers in EXPECTED.items():
        for role, expected in zip(ROLES, answers, strict=True):
            if role not in signed_in:
                browser = browse(people[role])
                signed_in[role] = browser, browser.csrf()
            given = _answer(*signed_in[role], method, address(rule))
            if given != expected:
                wrong.append(f"{method} {rule} as {role}: {given}, not {expected}")
            if method == "POST" and given < 400:
                del signed_in[role]  # it may have ended the session, or the token
    assert not wrong, "\n".join(wrong)


def _answer(browser, csrf, method, address):
    if method == "GET":
        answer = browser.get(address)
        # a machine may have no font to write a picture with, and says so
        is_blind = address.endswith(".png") and b"no font" in answer.data
        return 200 if is_blind else answer.status_code
    return browser.post(address, {}, csrf=csrf).status_code


@dataclass
class Read:
    """One page that was read: who asked, by which rule, the answer, and the statements it took."""

    reader: User | None
    rule: str
    answer: TestResponse
    sent: list[str]


@dataclass
class Walk:
    """Every page that is read, once as nobody and once as the administrator; nothing was sent."""

    before: dict[str, object]
    pages: list[Read]
    after: dict[str, object]


_walks: dict[bool, Walk] = {}


@pytest.fixture
def walk(world, browse, clock):
    """Read every page, once a kind of database: what it left and what it was are asked of one walk."""
    kind = world.database.is_sqlite
    if kind not in _walks:
        address, pages = filled_in(world), []
        sent: list[str] = []
        before = world.contents()
        event.listen(
            world.database.engine,
            "before_cursor_execute",
            lambda _c, _u, statement, *_: sent.append(" ".join(statement.split())),
        )
        for reader in (None, world.ada):
            browser = browse(reader)
            for method, rule in EXPECTED:
                if method == "GET":
                    clock.advance(minutes=2)  # so that each page notes that they were here
                    sent.clear()
                    pages.append(Read(reader, rule, browser.get(address(rule)), list(sent)))
        _walks[kind] = Walk(before, pages, world.contents())
    return _walks[kind]


def test_reading_changes_nothing(walk):
    assert walk.after == walk.before


def test_what_was_refused_for_its_role_stands_in_the_ledger(world, browse):
    def refusals():
        with world.database.read() as session:
            told = select(audit.AuditEntry).where(audit.AuditEntry.action == "access.refused")
            return [
                (one.actor, one.details["needs"], one.details["method"], one.details["path"])
                for one in session.scalars(told.order_by(audit.AuditEntry.seq))
            ]

    before = refusals()
    assert browse(world.ann).get("/people?x=secret").status_code == 403
    assert browse(None).get("/people").status_code == 303
    assert browse(world.ada).get("/people").status_code == 200
    assert refusals()[len(before) :] == [(f"user:{world.ann.id}", "admin", "GET", "/people")]


def test_a_form_without_its_token_is_refused(world, staff_app, browse):
    browser = browse(world.ada)
    stolen = browse(world.ben).csrf()  # another browser's
    browser.client.set_cookie("my-services", _own_view(world))
    before, address = world.contents(), filled_in(world)
    for method, rule in EXPECTED:
        if method == "POST" and rule not in TOKENLESS:
            for csrf in ("", stolen):
                answer = browser.post(address(rule), {}, csrf=csrf)
                assert answer.status_code == 400, rule
    assert world.contents() == before


def test_signed_in_pages_are_guarded_never_stored_and_hold_nothing_inline(walk):
    for page in walk.pages:
        if page.reader is not None and page.rule not in NO_PAGE:
            answer, rule = page.answer, page.rule
            policy = answer.headers["Content-Security-Policy"]
            assert "no-store" in answer.headers["Cache-Control"], rule
            assert "default-src 'self'" in policy, rule
            assert "unsafe" not in policy, rule
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.content_type == "text/html; charset=utf-8", rule
            assert not re.search(r" style=| on[a-z]+=|<script(?! src)", answer.text), rule


def test_hostile_text_of_a_source_stays_text(world, browse):
    for address in (
        "/queue",
        f"/papers/{world.papers['hostile']}",
        "/alerts/1",
        "/papers?lane=notice",
    ):
        page = browse(world.ann).get(address).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
        assert "{{7*7}}" in page
        assert "javascript:" not in page


@pytest.mark.parametrize("role", ["reviewer", "commissioner"])
def test_somebody_disabled_is_out_at_once(world, browse, role):
    user = {"reviewer": world.cat, "commissioner": world.rob}[role]
    browser = browse(user)
    page = "/queue" if role == "reviewer" else "/"
    assert user.name in browser.get(page).text
    with world.database.write() as session:
        accounts.disable_user(session, user_id=user.id, by=f"user:{world.ada.id}", at=world.at)
    assert user.name not in browser.get("/").text
    assert browser.get("/queue").status_code == 303


def test_an_error_is_a_sentence_and_names_what_it_is(begun, browse):
    browser = browse(begun.ada)
    assert "There is no paper 99999." in browser.get("/papers/99999").text
    own = browser.get(f"/people/{begun.ada.id}/disable")
    assert (own.status_code, "That cannot be done now" in own.text) == (409, True)
    assert "Somebody else was first" not in own.text
    for path in (
        "/welcome/used",
        "/confirm/cut-short",
        "/u/x",
        "/choices/x",
        "/returns/x",
        "/returns/x/stop",
    ):
        over = browser.get(path)
        assert over.status_code == 404
        assert "<h1>This link does not work</h1>" in over.text
        assert "Check the address" not in over.text


def test_what_is_missing_to_sign_in_is_asked_for(begun, browse):
    stranger = browse()
    told = stranger.send("/sign-in", {"address": "", "password": ""})
    assert told.status_code == 400
    assert "Type your e-mail address" in told.text
    assert "Type your password" in told.text
    assert "do not belong together" not in told.text


def test_problems_of_a_new_person_stand_in_the_order_of_the_form(begun, browse):
    told = browse(begun.ada).send("/people", {}).text
    places = [told.index(f'<a href="#{name}">') for name in ("name", "address", "role")]
    assert places == sorted(places)


def _own_view(world):
    """Open a private view; gives its cookie's token."""
    with world.database.write() as session:
        links.ask(session, world.service.settings, address="own@buyer.example", at=world.at)
        session.flush()
        return links.open_view(session, mail.messages(session, limit=1)[0].uuid, world.at)


# What a page that only reads may write, and why.
NOTED = {
    # when somebody was last here ends what was left open (ASVS 7.3.1): once a minute, and a page
    # never waits for it
    "UPDATE sign_in SET last_seen_at": "whoever is signed in",
}


def test_pages_that_read_send_no_writes(walk):
    """Neither kept nor rolled back: a write, even of nothing, waits for everybody else's."""
    written = []
    for page in walk.pages:
        is_noted = any(map(_is_noted, page.sent))
        assert page.reader is None or page.rule in UNASKED or is_noted, page.rule
        written += [f"{page.rule}: {s}" for s in page.sent if _writes(s) and not _is_noted(s)]
    assert written == []


UNASKED = {"/healthz", "/static/<path:filename>"}  # nobody is looked up there


def _is_noted(statement):
    return any(statement.startswith(beginning) for beginning in NOTED)


def _writes(statement):
    """Tell whether a statement changes rows, also where it begins with WITH."""
    return bool(re.search(r"\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM|REPLACE INTO)\b", statement))


def test_a_crawler_without_a_session_comes_to_an_end_and_writes_nothing(world, browse):
    """It follows every link, with every filter in it. What it finds grows with what was decided."""
    browser, before = browse(None), world.contents()
    found, ahead = {"/"}, ["/"]
    while ahead:
        answer = browser.get(ahead.pop())
        assert answer.status_code == 200, answer.request.path
        if answer.mimetype != "text/html":
            continue  # a table or a drawing to take away
        for link in re.findall(r' href="(/[^"]*)"', answer.text):
            address = html.unescape(link).partition("#")[0]
            if address not in found:
                found.add(address)
                ahead.append(address)
        assert len(found) < 500, "without end"
    with world.database.read() as session:
        changes = session.scalar(select(func.count()).select_from(Change))
        studies = session.scalar(select(func.count()).select_from(Study))
    # of each of the ten: its page, findings, use, files, memo, feed, filter; its memo as of each day
    ten, pages, styles, of_each = 10, 20, 6, 12
    assert len(found) <= of_each * ten + pages + styles + changes * 51 // 50 + ten * studies
    asked = {address for address in found if "?" in address} - set(_kept_for_good(found))
    assert asked <= {
        f"{place}={slug}" for slug in world.service.catalogue.slugs for place in ASKED_OF_EACH
    } | {"/history/table.csv?on=2026-11-23"}
    assert world.contents() == before


ASKED_OF_EACH = (
    *("/subscribe?follow", "/changes?intervention", "/changes/changes.csv?intervention"),
)


def _kept_for_good(addresses):
    return [address for address in addresses if address.startswith("/static/")]


def test_crawlers_are_told_what_is_not_for_them(world, staff_app, browse):
    """Every page that asks who you are, holds a link of one reader, or only carries a filter."""
    answer = browse(None).get("/robots.txt")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    kept_out = re.findall(r"^Disallow: (\S+)$", answer.text, re.MULTILINE)
    filled = filled_in(world)
    for (method, rule), expected in EXPECTED.items():
        if method != "GET" or rule == "/robots.txt":
            continue
        address = filled(rule)
        # nobody looks for the second, and what follows it is one person's
        is_open = expected == PUBLIC and rule not in {"/healthz", "/own-data"}
        assert any(address.startswith(one) for one in kept_out) is not is_open, rule
    for address in ("/changes?before=7", "/subscribe?follow=cos", "/interventions/compare?one=a"):
        assert any(address.startswith(one) for one in kept_out), address


@pytest.mark.parametrize("word", ["a", "z", "é", "1", "%", "_", "'", '"', "*", "-", "(", "a b c d"])
def test_a_word_of_one_letter_is_no_dearer_than_a_long_one(world, browse, word):
    """Counted in statements and in SQLite's own steps: no clock has a say."""
    browser = browse(world.ann)
    long = _cost(world, lambda: browser.get("/papers?words=unmentionable"))
    short = _cost(world, lambda: browser.get("/papers?" + urlencode({"words": word})))
    assert short[0] <= long[0] + 12, "statements"
    assert short[1] <= 4 * long[1] + 20, "thousands of steps"


def _cost(world, ask):
    """Count the statements and, on SQLite, the thousands of steps that ``ask`` takes."""
    counted = {"statements": 0, "steps": 0}

    def step():
        counted["steps"] += 1
        return 0

    def begun(connection, *_):
        counted["statements"] += 1
        if world.database.is_sqlite:
            connection.connection.driver_connection.set_progress_handler(step, 1000)

    event.listen(world.database.engine, "before_cursor_execute", begun)
    try:
        assert ask().status_code == 200
    finally:
        event.remove(world.database.engine, "before_cursor_execute", begun)
    return counted["statements"], counted["steps"]
