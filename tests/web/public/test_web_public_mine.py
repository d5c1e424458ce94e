"""A commissioner's private view through the pages, on both databases: in by a mailed link, out whole."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import event, func, select, text

from monitor.kernel import audit
from monitor.mine.tables import Buyer, OwnOffer, OwnService, Sitting
from monitor.notify.readers import tokens
from monitor.notify.tables import Message, MessageKind, Subscriber, SubscriberState

NORTH = {"name": "North team", "group": "Acute", "interventions": ["ddp", "icp", "vig"],
         "families-ddp": "60", "families-vig": "1,030"}  # fmt: skip
PAGES = (
    *("/mine", "/mine/erase", "/mine/services/new", "/mine/services/1", "/mine/table"),
    *("/mine/gap.csv", "/mine/services.csv", "/mine/everything.json"),
    *("/mine/memo", "/mine/memo.pdf"),
)


@pytest.fixture
def link(app, published, post):
    """Ask for a link as a browser does; gives its path."""

    def ask(address="board@buyer.example"):
        post(app.test_client(), "/my-services", {"email": address})
        with published.read() as session:
            newest = select(Message.uuid).where(
                Message.kind == MessageKind.MY_SERVICES, Message.address == address
            )
            uuid = session.scalars(newest.order_by(Message.id.desc())).first()
        assert uuid
        secret = app.extensions["monitor"].secret
        return f"/mine/open/{tokens.my_services_token(secret, uuid)}"

    return ask


@pytest.fixture
def opened(app, link, post):
    """Open the view of an address in a browser of its own."""

    def open_view(address="board@buyer.example"):
        browser = app.test_client()
        assert post(browser, link(address), {}).status_code == 303
        return browser

    return open_view


@pytest.fixture
def entered(opened, post):
    """A view with one service in it."""
    browser = opened()
    assert post(browser, "/mine/services/new", NORTH).status_code == 303
    return browser


def count(database, table):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def bring(browser, token_of, table):
    token = token_of(browser.get("/mine/table"))
    file = (io.BytesIO(table), "services.csv")
    return browser.post("/mine/table", data={"csrf_token": token, "table": file})


def test_from_an_address_to_the_gap_in_what_one_buys(app, client, link, post, published):
    assert client.get("/mine").location == "/my-services"
    asked = post(client, "/my-services", {"email": "board@buyer.example"})
    assert "Check your e-mail" in asked.text
    path = link()
    for _ in range(2):
        looked = client.get(path)
        assert "Open My services" in looked.text
        assert (
            "Set-Cookie" not in looked.headers or "my-services" not in looked.headers["Set-Cookie"]
        )
    assert count(published, Buyer) == 0, "opening the link starts nothing"
    done = post(client, path, {})
    assert (done.status_code, done.location) == (303, "/mine")
    cookie = done.headers["Set-Cookie"]
    assert re.match(r"my-services=\S+; .*HttpOnly; Path=/; SameSite=Lax", cookie)
    assert "What do your services offer?" in client.get("/mine").text
    assert client.get("/my-services").location == "/mine"

    assert post(client, "/mine/services/new", NORTH).location == "/mine?done=added"
    page = client.get("/mine?done=added").text
    assert "The service is entered." in page
    assert "You buy 2 of the 3 under-researched and none of the 4 under-used" in page
    assert "follows the national pattern" in page
    assert "1 of 1</b> service" in page
    assert "1,030 families" in page
    assert "families not known" in page
    assert "How many families is not known for 1 of the 3 offers you entered." in page


def test_the_answer_is_the_same_for_everybody_and_mail_goes_once_an_hour(
    published, client, post, entered, clock
):
    known = post(client, "/my-services", {"email": "BOARD@buyer.example"})
    stranger = post(client, "/my-services", {"email": "stranger@buyer.example"})
    again = post(client, "/my-services", {"email": "stranger@buyer.example"})
    assert known.text == stranger.text == again.text
    assert count(published, Message) == 2
    clock.advance(minutes=61)
    post(client, "/my-services", {"email": "stranger@buyer.example"})
    assert count(published, Message) == 3


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: x"]
)
def test_an_address_that_cannot_be_one_is_told_so(published, client, post, address):
    page = post(client, "/my-services", {"email": address})
    assert page.status_code == 400
    assert 'href="#email"' in page.text
    assert count(published, Message) == 0


def test_too_many_requests_are_turned_away(client, post):
    answers = [post(client, "/my-services", {"email": "x"}).status_code for _ in range(21)]
    assert answers == [400] * 20 + [429]


def test_a_link_that_is_none_or_over_opens_nothing(app, client, link, published, clock):
    path = link()
    secret = app.extensions["monitor"].secret
    with published.read() as session:
        uuid = session.scalars(select(Message.uuid)).one()
    for wrong in (
        f"/mine/open/{tokens.choices_token(secret, uuid)}",
        f"/mine/open/{tokens.my_services_token(b'another secret', uuid)}",
        path[:-1],
        "/mine/open/x",
    ):
        assert client.get(wrong).status_code == 404, wrong
    token = path.rpartition("/")[2]
    for other in ("confirm", "choices", "u"):
        assert client.get(f"/{other}/{token}").status_code == 404, other
    clock.advance(days=31)
    over = client.get(path)
    assert over.status_code == 404
    assert "expired" in over.text


def test_nobody_sees_what_is_somebody_elses(opened, entered, post, token_of, published):
    other = opened("other@buyer.example")
    page = other.get("/mine")
    assert "North team" not in page.text
    token = token_of(page)
    assert other.get("/mine/services/1").status_code == 404
    for path in ("/mine/services/1", "/mine/services/1/remove"):
        answer = other.post(path, data={"csrf_token": token, **NORTH, "seen": "x"})
        assert answer.status_code == 404
    assert json.loads(other.get("/mine/everything.json").text)["services"] == []
    assert count(published, OwnService) == 1


def test_a_view_closes_by_itself_and_when_told_and_typed_text_is_not_lost(
    entered, link, post, token_of, clock, published
):
    token = token_of(entered.get("/mine/services/new"))
    clock.advance(hours=12)
    assert entered.get("/mine").location == "/my-services"
    assert entered.get("/mine/services.csv").status_code == 303
    typed = {"csrf_token": token, "name": "South team", "interventions": ["cos"]}
    late = entered.post("/mine/services/new", data=typed)
    assert late.status_code == 401
    assert "South team" in late.text
    assert count(published, OwnService) == 1
    post(entered, link(), {})
    back = entered.post("/mine/services/new", data={**typed, "action": "restore"})
    assert 'value="South team"' in back.text
    assert count(published, OwnService) == 1, "shown again, never sent"
    stolen = entered.get_cookie("my-services").value
    assert post(entered, "/mine/close", {}, page="/mine").location == "/my-services"
    thief = entered.application.test_client()
    thief.set_cookie("my-services", stolen)
    assert thief.get("/mine").status_code == 303


def test_a_service_is_changed_and_taken_out(entered, post, published):
    page = entered.get("/mine/services/1").text
    assert 'value="North team"' in page
    assert page.count(" checked") == 3
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    moved = {"name": "North team", "group": "", "interventions": ["vig"], "seen": seen[1]}
    assert post(entered, "/mine/services/1", moved).location == "/mine?done=changed"
    assert "You buy none of the 3 under-researched" in entered.get("/mine").text
    gone = post(entered, "/mine/services/1/remove", {}, page="/mine/services/1")
    assert gone.location == "/mine?done=removed"
    assert count(published, OwnOffer) == 0


def test_another_window_does_not_write_over_what_was_changed_meanwhile(entered, post, clock):
    seen = re.search(r'name="seen" value="([^"]+)"', entered.get("/mine/services/1").text)
    assert seen
    clock.advance(minutes=1)
    form = {"name": "North team", "group": "", "interventions": ["vig"], "seen": seen[1]}
    assert post(entered, "/mine/services/1", form).status_code == 303
    late = post(entered, "/mine/services/1", {**form, "interventions": ["cos"]})
    assert late.status_code == 409
    assert "changed since you opened the page" in late.text


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"name": ""}, "name", "Give the service a name"),
        ({"name": "north TEAM"}, "name", "Another of your services has this name"),
        ({"group": "x" * 121}, "group", "Use at most 120 characters"),
        ({"interventions": ["nonsense"]}, "interventions", "Tick interventions from the list"),
        ({"families-cos": "5"}, "families-cos", "Tick the box too"),
        ({"families-ddp": "many"}, "families-ddp", "Type the families a year"),
        ({"families-ddp": "999999"}, "families-ddp", "Type the families a year"),
    ],
)
def test_what_must_be_mended_stands_by_its_field(entered, post, published, form, field, said):
    page = post(entered, "/mine/services/new", {**NORTH, "name": "South", **form})
    assert page.status_code == 400
    assert f'href="#{field}"' in page.text
    assert said in page.text
    assert count(published, OwnService) == 1


def test_a_table_comes_in_whole_or_not_at_all(entered, token_of, published):
    good = "Service;Group;Intervention;Families\nNorth team;Acute;VIPP;20\nHub;;Theraplay;\n"
    done = bring(entered, token_of, good.encode("utf-8-sig"))
    assert done.location == "/mine?new=1&replaced=1&same=0"
    assert "Brought in: 1 new, 1 replaced, 0 as they were." in entered.get(done.location).text
    wrong = bring(entered, token_of, b"service,intervention\nEast,circles\nWest,ddp\n")
    assert wrong.status_code == 400
    assert "line 2, East: &#39;circles&#39; is none of the ten" in wrong.text
    assert count(published, OwnService) == 2
    none = entered.post("/mine/table", data={"csrf_token": token_of(entered.get("/mine/table"))})
    assert "Choose the table" in none.text


def test_what_is_taken_away_is_all_there_is_and_no_spreadsheet_runs_it(entered, post, token_of):
    hostile = {"name": "=cmd|' /C calc'!A0", "group": "", "interventions": ["cos"]}
    post(entered, "/mine/services/new", hostile)
    answer = entered.get("/mine/services.csv")
    assert (
        "attachment; filename=my-services-services-2026-11-23.csv"
        in answer.headers["Content-Disposition"]
    )
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["service", "group", "intervention", "families_a_year"]
    assert (
        rows[1:4]
        == [
            ["North team", "Acute", "vig", "1030"],
            ["North team", "Acute", "ddp", "60"],
            ["North team", "Acute", "icp", ""],
        ]
        or len(rows) == 5
    )
    assert rows[4][0] == "'=cmd|' /C calc'!A0"
    again = bring(entered, token_of, answer.data)
    assert again.location == "/mine?new=0&replaced=0&same=2", "what was written is read back"
    gap = list(csv.DictReader(io.StringIO(entered.get("/mine/gap.csv").text)))
    assert len(gap) == 10
    ddp = next(row for row in gap if row["intervention"] == "ddp")
    national = ddp["national_use"]
    assert ddp["in_words"] == (
        f"You buy it in 1 of your 2 services; nationally: {national[:1].lower()}{national[1:]}"
    )
    assert (ddp["your_gap"], ddp["national_gap"]) == ("under-researched", "under-researched")
    told = json.loads(entered.get("/mine/everything.json").text)
    assert [one["name"] for one in told["services"]] == ["North team", hostile["name"]]
    assert told["services"][0]["offers"][0]["families_a_year"] in {60, 1030}
    assert told["mail"]["choice"] == "never"
    assert "token" not in json.dumps(told)


def test_mail_is_chosen_on_the_page(entered, post, published):
    assert post(entered, "/mine/mail", {"mail": "only"}, page="/mine").status_code == 303
    with published.read() as session:
        reader = session.scalars(select(Subscriber)).one()
    assert (reader.state, set(reader.hears_of)) == (SubscriberState.ACTIVE, {"ddp", "icp", "vig"})
    assert re.search(r'value="only" checked', entered.get("/mine").text)
    nothing = post(entered, "/mine/mail", {"mail": "sometimes"}, page="/mine")
    assert nothing.status_code == 400
    assert 'href="#mail"' in nothing.text


def test_a_subscriber_narrows_what_they_chose_by_the_link_in_any_mail(
    app, entered, client, post, published
):
    form = {"full": "yes", "email": "board@buyer.example", "interventions": ["cos", "vig"]}
    post(client, "/subscribe", form)
    with published.read() as session:
        asked = select(Message.uuid).where(Message.kind == MessageKind.CONFIRM)
        uuid = session.scalars(asked).one()
    secret = app.extensions["monitor"].secret
    post(client, f"/confirm/{tokens.confirm_token(secret, uuid)}", {})
    path = f"/choices/{tokens.choices_token(secret, uuid)}"
    page = client.get(path).text
    assert "Of these, only what touches my services" in page
    assert "North team" not in page
    choice = {"interventions": ["cos", "vig"], "only": "yes"}
    assert "those of these that your services offer" in post(client, path, choice).text
    assert re.search(r'name="only"[^>]* checked', client.get(path).text)
    assert re.search(r'value="only" checked', entered.get("/mine").text)

    def hears_of():
        with published.read() as session:
            return session.scalars(select(Subscriber)).one().hears_of

    assert hears_of() == ["vig"]
    post(client, path, {"interventions": ["cos", "vig"]})
    assert hears_of() == ["cos", "vig"]
    post(entered, "/mine/services/1/remove", {}, page="/mine/services/1")
    assert "tell us what they offer" in client.get(path).text
    assert "those of these" not in post(client, path, choice).text
    assert hears_of() == ["cos", "vig"]


def test_erasing_leaves_nothing_and_ends_the_mail_where_asked(entered, post, link, published):
    path = link()
    post(entered, "/mine/mail", {"mail": "only"}, page="/mine")
    page = entered.get("/mine/erase").text
    assert "Stop the e-mails too" in page
    erased = post(entered, "/mine/erase", {"stop": "yes"})
    assert "Everything is erased" in erased.text
    for table in (Buyer, OwnService, OwnOffer, Sitting):
        assert count(published, table) == 0, table
    with published.read() as session:
        reader = session.scalars(select(Subscriber)).one()
        assert session.scalar(select(func.count()).select_from(Message)) == 0
    assert (reader.state, reader.narrowed_to) == (SubscriberState.UNSUBSCRIBED, None)
    assert entered.get("/mine").status_code == 303
    assert entered.get(path).status_code == 404


def test_nothing_of_it_stands_in_the_ledger_the_logs_or_any_page_for_others(
    app, client, entered, post, published, capsys
):
    post(entered, "/mine/mail", {"mail": "only"}, page="/mine")
    secret = "Confidential unit"
    post(entered, "/mine/services/new", {**NORTH, "name": secret, "group": "Secret group"})
    post(entered, "/mine/services/new", {**NORTH, "name": secret})
    told = capsys.readouterr()
    with published.read() as session:
        for entry in session.scalars(select(audit.AuditEntry)):
            line = f"{entry.actor} {entry.action} {entry.subject} {entry.details}"
            assert "onfidential" not in line
            assert "@" not in line
    for words in ("onfidential", "Secret group", "board@"):
        assert words not in told.out + told.err
        for path in ("/", "/use", "/changes", "/interventions/ddp", "/my-services"):
            assert words not in client.get(path).text


@pytest.mark.parametrize("path", PAGES)
def test_private_pages_are_kept_by_nobody_and_reading_them_writes_nothing(published, entered, path):
    sent: list[str] = []
    event.listen(
        published.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: sent.append(statement),
    )
    answer = entered.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    words = "" if path.endswith(".pdf") else answer.text
    assert not re.search(r" style=| on[a-z]+=|<script(?! src)", words)
    assert not any(re.match(r"\s*(INSERT|UPDATE|DELETE)", statement) for statement in sent)


def test_the_view_asks_the_database_as_often_however_much_is_entered(published, entered, token_of):
    def statements():
        sent: list[str] = []

        def note(_c, _u, statement, *_):
            sent.append(statement)

        event.listen(published.engine, "before_cursor_execute", note)
        entered.get("/mine")
        event.remove(published.engine, "before_cursor_execute", note)
        return len(sent)

    statements()
    few = statements()
    many = "".join(f"Service {n},Group {n % 7},ddp,{n}\n" for n in range(250))
    bring(entered, token_of, b"service,group,intervention,families\n" + many.encode())
    assert statements() == few
    assert few <= 24
    assert "250 of your 251 services" not in entered.get("/mine").text
    assert "251 of 251" in entered.get("/mine").text


def test_hostile_words_stay_words(entered, post):
    name = "<script>alert(1)</script>{{7*7}}"
    post(entered, "/mine/services/new", {**NORTH, "name": name, "group": name})
    page = entered.get("/mine").text
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_it_is_told_what_changed_since_the_view_was_opened_before(
    entered, link, post, evidence, clock
):
    clock.advance(days=3)
    post(entered, link(), {})
    assert "Nothing changed since you last looked" in entered.get("/mine").text
    clock.advance(hours=1)
    evidence.decided("ddp")
    clock.advance(days=1)
    post(entered, link(), {})
    page = entered.get("/mine").text
    assert "Since you last looked, 26 November 2026" in page
    assert "You buy it in your one service." in page


def test_a_database_that_was_restored_without_the_buyer_says_so(entered, published):
    with published.write() as session:
        session.execute(text("DELETE FROM buyer_sitting"))
    assert entered.get("/mine").location == "/my-services"
