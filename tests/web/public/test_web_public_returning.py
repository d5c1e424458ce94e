"""A service answers by its link: three pages, a draft, changes, two people, a scanner, a closed wave."""

import re
from datetime import date

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import event, func, select

from monitor.catalogue import loader
from monitor.kernel.audit import AuditEntry
from monitor.usage.returns import queries, service
from monitor.usage.returns.tables import Return

PLACE = "/returns/Ash-0"


@pytest.fixture
def asked(published, now):
    """Two services, asked in one collection; the tokens of their links are known."""
    with published.write() as session:
        returns.bring(session, now, "Ash", "Birch")
        found = returns.open_one(session, now)
        returns.invite(session, found, now)
    return found


class Phone:
    """A browser that opens a page, changes what is in its form, and sends it."""

    def __init__(self, client):
        self.client = client

    def get(self, path):
        return self.client.get(path)

    def send(self, path, page=None, **fields):
        """Send the form of a page, opened now or before, with these fields."""
        page = page or self.get(path)
        hidden = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.text))
        return self.client.post(path, data={**hidden, **fields})


@pytest.fixture
def phone(app, asked):
    return Phone(app.test_client())


def kept(database):
    with database.read() as session:
        return session.scalars(select(Return).order_by(Return.id)).first()


def answer(phone, *offered):
    phone.send(f"{PLACE}/offered", offered=list(offered))
    phone.send(f"{PLACE}/counts", **{f"families-{slug}": "about 40" for slug in offered})
    return phone.send(f"{PLACE}/measures", measures=["not measured"], may_show_area="yes")


def test_a_service_answers_on_three_pages_and_sees_what_it_said(phone, published):
    first = phone.get(PLACE)
    assert first.status_code == 200
    assert "<h1>Which of these did your service offer in the last 12 months?</h1>" in first.text
    assert "Ash, London · Services 2029 · open to 31 January 2027" in first.text
    assert "Who asked you: Example Network of Services" in first.text
    went = phone.send(f"{PLACE}/offered", page=first, offered=["ddp", "vig"])
    assert (went.status_code, went.location) == (303, f"{PLACE}/counts")
    counts = phone.get(went.location)
    assert "Dyadic Developmental Psychotherapy (DDP)" in counts.text
    assert "Circle of Security" not in counts.text
    went = phone.send(
        f"{PLACE}/counts", page=counts, **{"families-ddp": "about 40", "trained-vig": "3"}
    )
    assert went.location == f"{PLACE}/measures"
    asked_area = "May we show your area, “London”, with 10 or more others?"
    assert asked_area in phone.get(went.location).text
    done = phone.send(f"{PLACE}/measures", measures=["not measured"], may_show_area="no")
    assert done.location == PLACE
    told = " ".join(phone.get(PLACE).text.split())
    for words in (
        "Thank you: your answers are in",
        "1 of 2 services have answered so far (50%).",
        "VIG and DDP",
        "VIG not known, DDP about 40",
        "VIG about 3, DDP not known",
        "Not measured",
    ):
        assert words in told, words
    assert kept(published).answers["families"] == {"ddp": 40}


def test_who_offers_none_is_asked_no_numbers(phone, published):
    assert 'value="none"' in phone.get(PLACE).text
    went = phone.send(f"{PLACE}/offered", offered=["none"])
    assert re.search(r'value="none" checked', phone.get(PLACE).text)
    assert phone.get(went.location).location == f"{PLACE}/measures"
    done = phone.send(f"{PLACE}/measures", measures=["not known"], may_show_area="yes")
    assert "None of the ten" in phone.get(done.location).text


def test_opening_a_link_changes_nothing_however_often(phone, published):
    before = kept(published)
    for path in (
        PLACE,
        f"{PLACE}/offered",
        f"{PLACE}/counts",
        f"{PLACE}/measures",
        f"{PLACE}/stop",
    ):
        for method in ("get", "head", "options"):
            assert getattr(phone.client, method)(path).status_code < 400
    after = kept(published)
    assert (after.version, after.draft, after.answers) == (0, None, None)
    assert after.last_asked_at == before.last_asked_at
    with published.read() as session:
        assert not session.scalar(
            select(func.count()).where(AuditEntry.subject.startswith("return:"))
        )


def test_a_draft_is_kept_and_filled_in_by_whoever_has_the_link(phone, app, published):
    phone.send(f"{PLACE}/offered", offered=["ddp"])
    other = Phone(app.test_client())  # another browser: nothing but the link
    page = other.get(PLACE)
    assert "What was saved 23 November 2026 is filled in." in page.text
    assert re.search(r'value="ddp" checked', page.text)
    assert kept(published).answers is None
    answer(other, "ddp")
    assert "Thank you" in phone.get(PLACE).text
    change = phone.send(f"{PLACE}/offered", offered=["theraplay"])
    assert change.status_code == 303
    assert "Your answers of 23 November 2026 count until you send these." in phone.get(PLACE).text


def test_what_must_be_mended_stands_beside_its_field_with_all_that_was_typed(phone):
    empty = phone.send(f"{PLACE}/offered")
    assert empty.status_code == 400
    assert "Tick what your service offered" in empty.text
    phone.send(f"{PLACE}/offered", offered=["ddp"])
    wrong = phone.send(f"{PLACE}/counts", **{"families-ddp": "<b>many</b>", "trained-ddp": "7"})
    assert wrong.status_code == 400
    assert "is no number: type one, such as 40" in wrong.text
    assert 'value="&lt;b&gt;many&lt;/b&gt;"' in wrong.text
    assert 'value="7"' in wrong.text
    last = phone.send(f"{PLACE}/measures")
    for words in ("Tick what you use", "Say whether we may show your area"):
        assert words in last.text
    assert phone.send(f"{PLACE}/offered", offered=["emdr"]).status_code == 400


def test_the_last_page_leads_back_to_a_first_one_that_is_empty(phone):
    sent = phone.send(f"{PLACE}/measures", measures=["not known"], may_show_area="yes")
    assert sent.status_code == 400
    assert "The first page is still empty" in sent.text
    assert f'href="{PLACE}/offered"' in sent.text


def test_of_two_people_at_once_the_second_sees_both_and_decides(phone, app, published):
    mine, theirs = phone.get(f"{PLACE}/offered"), Phone(app.test_client())
    theirs.send(f"{PLACE}/offered", offered=["vig"])
    told = phone.send(f"{PLACE}/offered", page=mine, offered=["ddp"])
    assert told.status_code == 409
    assert "Somebody with the same link saved other answers" in told.text
    assert re.search(r'value="ddp" checked', told.text), "what was typed is still there"
    assert "<dt>Offered</dt><dd>VIG</dd>" in told.text, "and what was saved stands beside it"
    assert kept(published).draft["offered"] == ["vig"]
    again = phone.send(f"{PLACE}/offered", page=told, offered=["ddp"])
    assert again.status_code == 303
    assert kept(published).draft["offered"] == ["ddp"]


def test_a_page_that_must_be_mended_does_not_hide_what_somebody_saved_meanwhile(phone, app):
    mine, theirs = phone.get(f"{PLACE}/offered"), Phone(app.test_client())
    theirs.send(f"{PLACE}/offered", offered=["vig"])
    wrong = phone.send(f"{PLACE}/offered", page=mine, offered=["ddp", "none"])
    assert wrong.status_code == 400
    assert phone.send(f"{PLACE}/offered", page=wrong, offered=["ddp"]).status_code == 409


def test_a_wave_that_closes_while_somebody_types_keeps_and_shows_it(phone, clock, asked, published):
    answer(phone, "vig")
    page = phone.get(f"{PLACE}/offered")
    clock.now = asked.closes_at
    late = phone.send(f"{PLACE}/offered", page=page, offered=["ddp"])
    told = " ".join(late.text.split())
    assert late.status_code == 409
    for words in (
        "This wave closed on 31 January 2027",
        "Your answers of 23 November 2026 count.",
        "What you typed and did not send in time",
        "It counts nowhere.",
        "We will ask again in the next wave.",
    ):
        assert words in told, words
    assert (kept(published).draft["offered"], kept(published).answers["offered"]) == (
        ["ddp"],
        ["vig"],
    )
    assert "What you typed and did not send in time" in phone.get(PLACE).text, "and is there again"
    numbers = phone.send(f"{PLACE}/counts", page=page, **{"families-ddp": "many"})
    assert "This wave closed" in numbers.text


def test_a_link_after_closing_says_what_counts_and_takes_nothing(phone, clock, asked, published):
    with published.write() as session:
        service.close(session, loader.load(), asked.id, by="admin:1", at=clock.advance(days=3))
    page = phone.get(PLACE)
    assert "This wave closed on 26 November 2026" in page.text
    assert "No answers had been sent by this link" in page.text
    assert "<form" not in page.text.partition("<main")[2].partition("</main>")[0]


def test_a_link_gives_no_session_and_stays_to_itself(phone, app):
    page = phone.get(PLACE)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert phone.get("/collections").status_code == 303
    cookies = [one.split("=")[0] for one in page.headers.getlist("Set-Cookie")]
    assert "session" not in cookies
    for path in ("/returns/nobody", "/returns/nobody/offered", f"{PLACE}/elsewhere"):
        assert phone.get(path).status_code == 404


def test_not_to_be_asked_again_takes_one_press_without_a_cookie(phone, app, published):
    assert "Do not ask us again?" in phone.get(f"{PLACE}/stop").text
    one_click = app.test_client().post(f"{PLACE}/stop", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert "We will not ask you again" in one_click.text
    assert "We will not ask you again" in app.test_client().post(f"{PLACE}/stop").text
    with published.read() as session:
        assert queries.on_the_list(session).left == 1


def test_last_answers_are_shown_beside_the_new_ones(phone, clock, asked, published):
    answer(phone, "ddp")
    at = clock.advance(days=900)
    with published.write() as session:
        service.close(session, loader.load(), asked.id, by="admin:1", at=at)
        second = returns.open_one(session, at, name="Services 2030", closes_on=date(2030, 1, 1))
        (ash, _) = returns.inviting.invite(session, second.id, by="admin:1", at=at, limit=9)
        returns.inviting.note_links(session, [(ash, "second", "u2")], at=at)
    page = phone.get("/returns/second").text
    assert "Your last answers, from “Services 2029”, are shown." in page
    assert page.count("last time: yes") == 1
    assert page.count("last time: no") == 9
    assert "checked" not in page, "nothing is pre-chosen"
    phone.send("/returns/second/offered", offered=["ddp"])
    assert "Last time: about 40" in phone.get("/returns/second/counts").text


def test_a_page_asks_the_database_few_things_whatever_others_answered(phone, published):
    sent: list[str] = []
    event.listen(
        published.engine, "before_cursor_execute", lambda _c, _u, one, *_: sent.append(one)
    )
    phone.get(f"{PLACE}/offered")
    selects = [one for one in sent if one.startswith("SELECT service_return")]
    assert len(selects) == 2, selects
    assert not [one for one in sent if re.match("INSERT|UPDATE|DELETE", one)]
