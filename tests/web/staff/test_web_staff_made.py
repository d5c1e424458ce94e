"""Large pages of those signed in, handed out again: one session's alone, never outdated, bounded."""

import re
import threading

import pytest
from flask import redirect, render_template_string
from sqlalchemy import event, text
from test_web_staff_access import EXPECTED, filled_in  # type: ignore[import-not-found]  # beside this file

from monitor.accounts import service as accounts
from monitor.kernel.persistence.database import Database, affected
from monitor.review.words import ExclusionReason
from monitor.web import made, shared

KEPT = {
    "/agreement",
    "/alerts",
    "/alerts/<int:alert_id>",
    "/certainty",
    "/certainty/<slug>/<kind>",
    "/compare",
    "/compare/<int:link_id>",
    "/mail",
    "/papers",
    "/papers/<int:paper_id>",
    "/queue",
    "/status",
    "/studies/<int:study_id>",
    "/trials",
}
TOKENS = re.compile(r'name="(?:csrf_token|token)"\s+value="([^"]*)"')
EXCLUDED = {"verdict": "exclude", "reason": ExclusionReason.NOT_A_STUDY.value}
FORM = '<input name="csrf_token" value="{{ csrf_token() }}">'


@pytest.fixture
def statements(begun):
    """All that reaches the database beside the question whether anything was committed."""
    sent: list[str] = []

    def note(_c, _u, statement, *_):
        if "pg_current_snapshot" not in statement:
            sent.append(statement)

    event.listen(begun.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(begun.database.engine, "before_cursor_execute", note)


def shown(answer):
    assert answer.status_code == 200, answer.request.path
    return TOKENS.sub("", answer.text)


def elsewhere(world, *changes):
    """Commit as another process would: by a connection that this application knows nothing of."""
    other = Database(world.database.url.render_as_string(hide_password=False))
    with other.write() as session:
        for change in changes:
            assert affected(session.execute(text(change)))
    other.dispose()


def test_a_page_is_the_same_kept_and_made(world, staff_app, browse, statements):
    """Every page that is kept: its bytes and head, but for the tokens, which are new each time."""
    kept = {
        rule.rule
        for rule in staff_app.url_map.iter_rules()
        if made.is_kept(staff_app.view_functions[rule.endpoint])
    }
    assert {re.sub(r"<int\([^)]*\):", "<int:", rule) for rule in kept} == KEPT
    browser = browse(world.ada)
    browser.csrf()  # the cookie of its forms is there
    for rule in sorted(KEPT):
        assert EXPECTED["GET", rule][3] == 200, rule
        address = filled_in(world)(rule)
        first = browser.get(address)
        statements.clear()
        again = browser.get(address)
        assert statements == [], rule
        staff_app.extensions["monitor.made"] = made.Pages(largest=0)
        staff_app.extensions["monitor.shared"] = shared.Store()
        anew = browser.get(address)
        assert statements, rule
        staff_app.extensions["monitor.made"] = made.Pages()
        assert shown(first) == shown(again) == shown(anew), rule
        heads = [{**one.headers, "Content-Length": ""} for one in (first, again, anew)]
        assert heads[0] == heads[1] == heads[2], rule
        assert again.headers["Cache-Control"] == "no-store"
        assert "Content-Encoding" not in again.headers, "it holds a token"
        for once in set(re.findall(r'name="token"\s+value="([^"]*)"', first.text)):
            assert once not in again.text, "a form sent from each of two pages is two"


def test_what_anybody_commits_is_on_the_page_at_once(world, browse):
    browser = browse(world.ann)
    addresses = ("/queue", "/papers", f"/papers/{world.papers['cosp']}")
    before = [shown(browser.get(address)) for address in addresses]
    elsewhere(world, "UPDATE paper SET title = 'Invented: another title'")
    for address, page in zip(addresses, before, strict=True):
        now = shown(browser.get(address))
        assert now != page
        assert now == shown(browser.get(address))
        assert "Invented: another title" in now


def test_after_a_decision_the_next_page_and_the_one_before_show_it(world, browse):
    browser, paper = browse(world.ann), f"/papers/{world.papers['cosp']}"
    lane = shown(browser.get("/queue"))
    assert paper in lane
    answer = browser.client.post(
        paper, data={**browser.fields(browser.get(paper), paper), **EXCLUDED}
    )
    assert answer.status_code == 303
    assert "Recorded: excluded" in browser.get(answer.location).text
    assert f'href="{paper}"' not in shown(browser.get("/queue")).partition("<ol")[2]
    assert 'name="verdict"' not in browser.get(paper).text, "back, and read again: it is decided"
    assert "Recorded: excluded" in browser.get(answer.location).text, (
        "and so is the next, read again"
    )


def test_a_form_of_a_kept_page_can_be_sent_and_of_two_only_one_counts(world, browse):
    """Opened twice, each has a token of its own: the second is refused, not taken for the first."""
    browser, paper = browse(world.ann), f"/papers/{world.papers['cosp']}"
    one, other = browser.get(paper), browser.get(paper)
    sent = browser.client.post(paper, data={**browser.fields(one, paper), **EXCLUDED})
    assert sent.status_code == 303
    late = browser.client.post(paper, data={**browser.fields(other, paper), "verdict": "unsure"})
    assert late.status_code == 409


def test_nobody_gets_what_was_made_for_another(world, browse, statements):
    ann, ada, ben = browse(world.ann), browse(world.ada), browse(world.ben)
    again = browse(world.ann)
    for browser, name in ((ann, "Ann"), (ada, "Ada"), (ben, "Ben"), (again, "Ann")):
        statements.clear()
        page = browser.get("/queue").text
        assert statements, "made for this session"
        bar = page.partition("gm-signout")[2].partition("</form>")[0]
        assert name in bar
        assert page.count("/waves") == (1 if name == "Ada" else 0)
    tokens = [set(TOKENS.findall(browser.get("/queue").text)) for browser in (ann, ada, ben)]
    assert not tokens[0] & tokens[1] | tokens[1] & tokens[2]
    assert browse(world.rob).get("/queue").status_code == 403
    assert browse().get("/queue").status_code == 303


def test_how_all_stands_is_told_once_for_all_admins_and_their_forms_are_their_own(
    world, browse, statements
):
    one, other = browse(world.ada), browse(world.ada)
    first = one.get("/status")
    statements.clear()
    second = other.get("/status")
    assert shown(first) == shown(second)
    assert not [said for said in statements if "FROM source" in said or "FROM job" in said]
    button = "/status/sources/pubmed/poll"
    tokens = [browser.fields(page, button) for browser, page in ((one, first), (other, second))]
    assert tokens[0] != tokens[1]
    wrong = other.client.post(button, data=tokens[0])
    assert wrong.status_code == 400, "shown again, with tokens of its own"
    third = one.get("/status")
    for token in (*TOKENS.findall(wrong.text), *TOKENS.findall(second.text)):
        assert token not in third.text
    assert other.client.post(button, data=tokens[1]).status_code == 303


def _signed_out(world, browser, clock):
    browser.send("/sign-out", page="/queue")
    browser.client.set_cookie("session", browser.token)


def _disabled(world, browser, clock):
    with world.database.write() as session:
        accounts.disable_user(session, user_id=world.ben.id, by="cli", at=clock())


def _another_password(world, browser, clock):
    with world.database.write() as session:
        accounts.change_password(session, user_id=world.ben.id, hashed="x", at=clock(), stays=None)


def _reset(world, browser, clock):
    with world.database.write() as session:
        accounts.new_link(session, user_id=world.ben.id, by="cli", at=clock())


def _ended_elsewhere(world, browser, clock):
    elsewhere(world, "UPDATE sign_in SET ended_at = started_at")


def _idle(world, browser, clock):
    clock.advance(minutes=31)


ENDS = (_signed_out, _another_password, _reset, _ended_elsewhere, _idle, _disabled)


def test_a_session_that_ends_gets_nothing_that_was_kept_for_it(world, browse, clock):
    """However it ends: each of these is a commit, or a matter of the clock."""
    for end in ENDS:
        browser = browse(world.ben)
        browser.token = browser.client.get_cookie("session").value
        for _ in range(2):
            assert browser.get("/queue").status_code == 200, end.__name__
        end(world, browser, clock)
        assert browser.get("/queue").status_code == 303, end.__name__


def test_a_session_kept_in_use_still_ends_after_twelve_hours(begun, browse, clock):
    browser, asked = browse(begun.ann), 0
    while browser.get("/queue").status_code == 200:
        clock.advance(minutes=29)
        asked += 1
    assert asked == 12 * 60 // 29 + 1


def test_another_role_holds_for_the_next_page(world, browse):
    browser = browse(world.ben)
    assert browser.get("/agreement").status_code == 403
    assert "Agreement" not in browser.get("/queue").text
    elsewhere(world, "UPDATE \"user\" SET role = 'lead reviewer' WHERE name LIKE 'Ben%'")
    assert browser.get("/agreement").status_code == 200
    assert "Agreement" in browser.get("/queue").text
    elsewhere(world, "UPDATE \"user\" SET role = 'commissioner' WHERE name LIKE 'Ben%'")
    for address in ("/agreement", "/queue", "/papers"):
        assert browser.get(address).status_code == 403


def test_ages_go_on_though_nothing_happens(world, browse, clock):
    browser = browse(world.ann)
    before = shown(browser.get("/queue"))
    clock.advance(minutes=1)
    browser.get("/queue")
    clock.advance(hours=0, minutes=25)
    assert shown(browser.get("/queue")) != before


def test_what_is_no_page_is_never_kept(staff_app, begun, browse):
    """An error, a page that leads elsewhere, one with a status; and each has its own tokens."""
    answers = iter([("gone " + FORM, 410), redirect("/queue"), "made " + FORM])

    def view():
        given = next(answers)
        if isinstance(given, tuple):
            return render_template_string(given[0]), given[1]
        return render_template_string(given) if isinstance(given, str) else given

    staff_app.add_url_rule("/odd", "odd", made.for_one_reader(view))
    browser = browse(begun.ann)
    gone = browser.get("/odd")
    assert gone.status_code == 410
    assert browser.post("/sign-out", {}, csrf=TOKENS.findall(gone.text)[0]).status_code == 303
    browser = browse(begun.ann)
    assert browser.get("/odd").status_code == 302
    assert browser.get("/odd").text.startswith("made ")
    assert browser.get("/odd").text.startswith("made "), "the first that is kept"
    assert browser.get("/papers/2147483647").status_code == 404
    assert len(staff_app.extensions["monitor.made"]) == 1


def test_what_queries_ask_for_cannot_fill_memory(staff_app, begun, browse):
    browser = browse(begun.ann)
    pages = staff_app.extensions["monitor.made"] = made.Pages(largest=100_000)
    for number in range(40):
        browser.get(f"/queue?crawled={number}")
        assert pages._size <= 100_000
    assert 0 < len(pages) < 40
    before = len(pages)
    browser.get("/queue?crawled=" + "x" * 2_000)
    assert len(pages) == before, "nor can an address"


def test_a_session_is_read_once_and_what_strangers_show_is_not_kept(
    staff_app, begun, browse, statements
):
    browser, sessions = browse(begun.ann), staff_app.extensions["monitor.sessions"]
    browser.get("/account")
    statements.clear()
    browser.get("/account")
    assert not any("token_hash = " in one for one in statements if "sign_in.user_id" not in one)
    for number in range(5):
        stranger = browse()
        stranger.client.set_cookie("session", f"{number}" * 43)
        assert stranger.get("/queue").status_code == 303
    assert len(sessions._answers) == 1


def test_one_who_asks_often_at_once_has_it_made_once_more(staff_app, begun, browse):
    """Whatever is committed while they wait: what is made then is as new as each of them."""
    started, let_go, times = threading.Event(), threading.Event(), []

    def slow() -> str:
        times.append(1)
        started.set()
        assert let_go.wait(30)
        return "made"

    staff_app.add_url_rule("/slow", "slow", made.for_one_reader(slow))
    token, answers = begun.sign_in(begun.ann), []

    def ask():
        client = staff_app.test_client()
        client.set_cookie("session", token)
        answers.append(client.get("/slow").status_code)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
        assert started.wait(30)
        elsewhere(begun, "UPDATE job SET took_seconds = coalesce(took_seconds, 0) + 1")
    let_go.set()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 6
    assert len(times) <= 3, "the first, one for those who waited, one for who came only then"
