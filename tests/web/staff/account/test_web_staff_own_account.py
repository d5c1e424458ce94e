"""One's own account: another password, one's sessions; and a reset by an admin."""

import re

import pytest

from monitor.accounts import service as accounts

NEW = "fennel on the window sill"
KEY = re.compile(r"/account/sessions/(\w+)/end")


def change(browser, world, **more):
    sent = {"current": world.password, "password": NEW, "again": NEW} | more
    return browser.send("/account/password", sent, page="/account")


def test_somebody_changes_their_password(begun, browse):
    here, there = browse(begun.ann), browse(begun.ann)
    answer = change(here, begun)
    assert (answer.status_code, answer.location) == (303, "/account?done=password")
    assert "Your password is changed" in here.get(answer.location).text
    assert there.get("/queue").status_code == 303, "other sessions have ended"
    form = {"address": "ann@example.org"}
    assert browse().send("/sign-in", {**form, "password": begun.password}).status_code == 400
    assert browse().send("/sign-in", {**form, "password": NEW}).status_code == 303


def test_everything_to_mend_is_told_at_once_in_the_order_of_the_form(begun, browse):
    answer = change(browse(begun.ann), begun, current="wrong", password="short", again="other")
    assert answer.status_code == 400
    summary = answer.text.partition("There is a problem")[2].partition("</ul>")[0]
    assert re.findall(r'href="#(\w+)"', summary) == ["current", "password", "again"]
    assert "short" not in answer.text.partition("<main")[2]


def test_an_open_session_is_no_way_to_guess(begun, browse):
    browser = browse(begun.ann)
    for _ in range(10):
        assert change(browser, begun, current="wrong words of mine").status_code == 400
    held = change(browser, begun)
    assert "Too many tries" in held.text
    assert change(browse(begun.ben), begun).status_code == 303, "others are not held up"


def test_sessions_are_seen_and_ended(begun, browse):
    here, there, third = (browse(begun.ann) for _ in range(3))
    page = here.get("/account")
    assert page.text.count("(this one)") == 1
    first, second = KEY.findall(page.text)
    answer = here.send(f"/account/sessions/{first}/end", page="/account")
    assert (answer.status_code, answer.location) == (303, "/account?done=ended")
    alive = [one.get("/queue").status_code == 200 for one in (here, there, third)]
    assert sorted(alive) == [False, True, True]
    assert alive[0]
    stranger = browse(begun.ben)
    refused = stranger.post(f"/account/sessions/{second}/end", {}, csrf=stranger.csrf())
    assert refused.status_code == 404, "nobody ends another's"
    browse(begun.ann)
    here.send("/account/sessions/end", page="/account")
    assert [one.get("/queue").status_code for one in (here, there, third)] == [200, 303, 303]


def test_a_commissioner_has_an_account_too(begun, browse):
    assert browse(begun.rob).get("/account").status_code == 200


def test_a_reset_says_first_what_it_does(begun, browse):
    admin, ann = browse(begun.ada), browse(begun.ann)
    path = f"/people/{begun.ann.id}/link"
    asked = admin.get(path)
    assert "one hour" in asked.text
    assert ann.get("/queue").status_code == 200, "asking does nothing"
    shown = admin.send(path)
    assert "for one hour" in shown.text
    assert ann.get("/queue").status_code == 303
    assert "Waits for a new password" in admin.get("/people").text
    link = re.search(r"/welcome/[\w-]+", shown.text)
    assert link
    set_ = browse().send(link[0], {"name": "Ann Example", "password": NEW, "again": NEW})
    assert set_.status_code == 303


@pytest.mark.parametrize("minutes", [59, 61])
def test_a_reset_link_lives_an_hour(begun, browse, clock, minutes):
    with begun.database.write() as session:
        token = accounts.new_link(session, user_id=begun.ann.id, by="cli", at=clock())
    clock.advance(minutes=minutes)
    assert browse().get(f"/welcome/{token}").status_code == (200 if minutes < 60 else 404)


def test_the_first_page_tells_everything_to_mend(begun, browse):
    with begun.database.write() as session:
        token = accounts.new_link(session, user_id=begun.ann.id, by="cli", at=begun.at)
    sent = {"name": " ", "password": "password1234", "again": "x"}
    answer = browse().send(f"/welcome/{token}", sent)
    summary = answer.text.partition("There is a problem")[2].partition("</ul>")[0]
    assert re.findall(r'href="#(\w+)"', summary) == ["name", "password", "again"]
