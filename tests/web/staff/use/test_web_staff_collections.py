"""A wave collected by an admin: the list, opening, inviting, who is missing, reminding, closing."""

import io

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import event

from monitor.notify import queries as mail
from monitor.notify.readers.tokens import survey_token
from monitor.usage.returns import queries, service

OPENING = {
    "name": "Services <i>2029</i>",
    "closes_on": "2027-01-31",
    "frame": "An invented list",
    "promoters": "First Network\r\nSecond Network\r\n",
}


@pytest.fixture
def admin(begun, browse):
    return browse(begun.ada)


def bring(admin, data):
    return admin.post("/services", {"list": (io.BytesIO(data), "list.csv")}, csrf=admin.csrf())


def links(begun):
    """The token of each service's newest link, by the name before its address's @."""
    with begun.database.read() as session:
        asked = [one for one in mail.messages(session) if one.kind == "survey"]
    secret = begun.service.secret
    return {
        one.address.partition("@")[0]: survey_token(secret, one.uuid)
        for one in sorted(asked, key=lambda one: one.queued_at)
    }


def test_a_list_is_brought_and_told_and_a_wrong_one_is_named_row_by_row(begun, admin):
    assert "No service is on the list yet" in admin.get("/services").text
    wrong = bring(admin, returns.listing("Ash") + b"\nBirch,NHS,England,<b>,birch@a.example")
    assert wrong.status_code == 400
    assert "line 3, Birch: area: there is no" in wrong.text
    assert "<b>,birch" not in wrong.text
    came = bring(admin, returns.listing("Ash", "Birch"))
    assert "2 added, 0 changed, 0 as before" in admin.get(came.location).text
    assert "2 services on the list" in admin.get("/services").text
    assert admin.send("/services", {}).status_code == 400


def test_a_collection_is_opened_with_who_promotes_it_and_only_one_at_a_time(begun, admin):
    refused = admin.send("/collections", {**OPENING, "closes_on": "31/01/2027"})
    assert refused.status_code == 400
    assert "Choose the last day, such as 2029-04-30" in refused.text
    empty = admin.send("/collections", {}).text
    for told in ("Give the wave a name", "Choose the last day", "Say who can answer"):
        assert told in empty
    assert "First Network" in refused.text, "what was typed is kept"
    opened = admin.get(admin.send("/collections", OPENING).location)
    assert "Promoted by" in opened.text
    assert "First Network and Second Network" in opened.text
    assert "&lt;i&gt;2029&lt;/i&gt;" in opened.text
    assert "Bring the list of services first" in opened.text
    assert "no service is asked yet" in opened.text
    assert "First Network and Second Network ask services in the UK" in opened.text
    other = {**OPENING, "name": "Another"}
    again = admin.post("/collections", other, csrf=admin.csrf())
    assert again.status_code == 409
    assert "is open: close it first" in again.text


def test_services_are_invited_counted_reminded_and_the_wave_makes_itself(
    begun, admin, clock, browse
):
    bring(admin, returns.listing("Ash", "Birch", "Cedar"))
    place = admin.send("/collections", OPENING).location
    assert "Invite 3 services" in admin.get(place).text
    admin.post(f"{place}/invite", {}, csrf=admin.csrf())
    admin.post(f"{place}/invite", {}, csrf=admin.csrf())  # twice is once
    assert sorted(links(begun)) == ["ash", "birch", "cedar"]
    bring(admin, returns.listing("Elm"))  # a service added meanwhile
    assert "Invite 1 service" in admin.get(place).text
    admin.post(f"{place}/invite", {}, csrf=admin.csrf())
    with begun.database.write() as session:
        returns.answer(session, links(begun)["ash"], begun.at, "ddp")
    page = " ".join(admin.get(place).text.split())
    assert "1 of 4 services have answered so far (25%)" in page
    assert "3 services have not answered" in page
    assert "Nobody is to be reminded now: 7 days lie between two mails" in page
    assert "What they offer is added up here once it is closed, from 10 answers on" in page
    silent = admin.get(f"{place}?only=not+answered").text
    assert "Birch" in silent
    assert "Ash" not in silent.partition("Services asked")[2]
    refused = admin.post(f"{place}/close", {}, csrf=admin.csrf())
    assert refused.status_code == 400
    assert "Tick that you have seen who has not answered" in refused.text
    closed = admin.post(f"{place}/close", {"read": "yes"}, csrf=admin.csrf())
    wave = " ".join(admin.get(closed.location).text.split())
    assert "cannot be published</h1>" in wave, "one answered, of the ten that it takes"
    assert "1 of 4 invited (25%)" in wave
    assert f'href="{place}">from services’ own returns' in wave
    assert "Promoted by First Network and Second Network" in wave
    assert "The wave it made" in admin.get(place).text
    assert admin.post(f"{place}/invite", {}, csrf=admin.csrf()).status_code == 409


def test_the_last_day_is_moved_on_and_what_cannot_be_is_said_beside_it(begun, admin):
    bring(admin, returns.listing("Ash"))
    place = admin.send("/collections", OPENING).location
    admin.post(f"{place}/invite", {}, csrf=admin.csrf())
    assert 'value="2027-01-31"' in admin.get(place).text
    sooner = admin.post(f"{place}/last-day", {"closes_on": "2027-01-30"}, csrf=admin.csrf())
    assert sooner.status_code == 400
    assert "Services were told that they may answer until 31 January 2027" in sooner.text
    assert (
        admin.post(f"{place}/last-day", {"closes_on": "soon"}, csrf=admin.csrf()).status_code == 400
    )
    unread = admin.post(f"{place}/close", {}, csrf=admin.csrf())
    assert 'value="2027-01-31"' in unread.text, "another form sent leaves this one as it is"
    moved = admin.post(f"{place}/last-day", {"closes_on": "2027-02-28"}, csrf=admin.csrf())
    assert "open to 28 February 2027" in admin.get(moved.location).text


def test_a_closed_collection_without_answers_says_so(begun, admin):
    bring(admin, returns.listing("Ash"))
    place = admin.send("/collections", OPENING).location
    closed = admin.post(f"{place}/close", {"read": "yes"}, csrf=admin.csrf())
    assert closed.location == place
    assert "Nobody answered: it made no wave." in admin.get(place).text


def test_sums_are_shown_from_ten_answers_on_and_no_services_own_answers(begun, admin):
    names = [f"S{n}" for n in range(10)]
    bring(admin, returns.listing(*names))
    place = admin.send("/collections", OPENING).location
    admin.post(f"{place}/invite", {}, csrf=admin.csrf())
    with begun.database.write() as session:
        for token in links(begun).values():
            returns.answer(session, token, begun.at, "ddp", families={"ddp": 1234})
    assert "12,340" not in admin.get(place).text, "who looks before and after one learns of it"
    admin.post(f"{place}/close", {"read": "yes"}, csrf=admin.csrf())
    page = " ".join(admin.get(place).text.split())
    assert "12,340, from 10 of 10" in page
    assert "1,234," not in page.replace("12,340,", "")
    with begun.database.write() as session:
        service.forget(session, 1, by="cli", at=begun.at)
    assert "11,106" not in admin.get(place).text, "nor who looks before and after one is forgotten"


def test_the_page_asks_as_few_things_for_many_services_as_for_few(begun, admin):
    place = admin.send("/collections", OPENING).location
    counts = []
    sent: list[str] = []
    event.listen(
        begun.database.engine, "before_cursor_execute", lambda _c, _u, one, *_: sent.append(one)
    )
    for names in (["Ash"], [f"S{n}" for n in range(120)]):
        bring(admin, returns.listing(*names))
        admin.post(f"{place}/invite", {}, csrf=admin.csrf())
        sent.clear()
        admin.get(place)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert "More services" in admin.get(place).text
    with begun.database.read() as session:
        assert queries.on_the_list(session).services == 121
