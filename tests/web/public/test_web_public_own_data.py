"""What is held of an address: only a link mailed to it shows, gives out and erases it; other links lead no further."""

import re

import pytest
from sqlalchemy import select

from monitor.kernel.persistence.database import Base
from monitor.notify.messages import outbox
from monitor.notify.readers import tokens
from monitor.notify.tables import Message, MessageKind, MessageState, Subscriber, SubscriberState
from monitor.web.public.readers import asking

ADDRESS = "anna@reader.example"
ASK = {"full": "yes", "interventions": ["cos", "ddp"], "email": ADDRESS}
MASKED = "a…@r….example"
SENT = "We have sent a link to that address"


@pytest.fixture
def secret(app):
    return app.extensions["monitor"].secret


@pytest.fixture
def mailed(client, post, published, secret):
    """Subscribe and confirm as a browser does; gives the link *Change what you get*."""
    post(client, "/subscribe", ASK)
    with published.read() as session:
        uuid = session.scalars(select(Message.uuid)).one()
    post(client, f"/confirm/{tokens.confirm_token(secret, uuid)}", {})
    return f"/choices/{tokens.choices_token(secret, uuid)}"


@pytest.fixture
def fresh(client, mailed, post, published, secret):
    """Ask for the short-lived link by the page of a mail; gives where it leads."""
    assert SENT in post(client, f"{mailed}/own-data", {}, page=mailed).text
    return own_link(published, secret)


def own_link(published, secret):
    with published.read() as session:
        wanted = select(Message).where(Message.kind == MessageKind.OWN_DATA)
        message = session.scalars(wanted.order_by(Message.id.desc())).first()
        return f"/own-data/{tokens.own_data_token(secret, message.uuid)}"


def everything(published):
    with published.read() as session:
        return {
            table.name: repr(session.execute(select(table)).all())
            for table in Base.metadata.sorted_tables
        }


def addressed(published):
    return {name for name, rows in everything(published).items() if ADDRESS in rows}


def test_a_mail_that_was_passed_on_shows_no_address_and_gives_out_and_erases_nothing(
    client, mailed, post, published, secret
):
    """Every link of every mail that lives long, opened by whoever got it."""
    page = client.get(mailed).text
    assert MASKED in page
    assert ADDRESS not in page
    for old in ("data", "erase"):
        assert client.get(f"{mailed}/{old}").status_code == 404
        assert client.post(f"{mailed}/{old}").status_code in {404, 405}
    with published.read() as session:
        uuid = session.scalars(select(Message.uuid)).one()
    made = (
        ("/u/", tokens.unsubscribe_token),
        ("/confirm/", tokens.confirm_token),
        ("/choices/", tokens.choices_token),
        ("/m/", tokens.view_token),
        ("/helped/", tokens.helped_token),
    )
    for path, token in made:
        answer = client.get(path + token(secret, uuid))
        assert ADDRESS not in answer.text, path
        assert client.get(f"/own-data/{token(secret, uuid)}").status_code == 404
    asked = post(client, f"{mailed}/own-data", {}, page=mailed)
    assert ADDRESS not in asked.text
    assert addressed(published) == {"message", "subscriber"}
    assert (
        client.get(own_link(published, secret).replace("/own-data", "/choices")).status_code == 404
    )


def test_the_answer_is_the_same_whatever_address_is_typed(client, mailed, post, published):
    said = {
        re.sub(r'value="[^"]*"', "", post(client, "/own-data", {"email": address}).text)
        for address in (ADDRESS, ADDRESS, "Nobody@else.example", "nobody@else.example")
    }
    assert len(said) == 1
    assert SENT in said.pop()
    with published.read() as session:
        asked = select(Message.address).where(Message.kind == MessageKind.OWN_DATA)
        assert sorted(session.scalars(asked)) == [ADDRESS, "nobody@else.example"]
    wrong = post(client, "/own-data", {"email": "no address"})
    assert (wrong.status_code, "Type one e-mail address" in wrong.text) == (400, True)


def test_a_reader_takes_away_all_that_is_held(client, fresh):
    page = client.get(fresh)
    assert ADDRESS in page.text
    assert "works for another 60 minutes" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    answer = client.get(f"{fresh}/data")
    told = answer.json
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=gap-monitor-2026")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (told["address"], told["e_mails"]["state"]) == (ADDRESS, "active")
    assert told["e_mails"]["interventions"] == ["cos", "ddp"]
    assert told["e_mails"]["terms"]["how_often"] == "monthly"
    assert told["e_mails"]["agreed_to"].startswith("E-mail me about")
    assert [one["kind"] for one in told["e_mails"]["messages"]] == ["confirm"]
    assert [one["kind"] for one in told["other_messages"]] == ["own_data"]
    assert (told["my_services"], told["held_elsewhere"]) == (None, [])
    assert [one["what"] for one in told["e_mails"]["ledger"]] == [
        "subscriber.asked",
        "subscriber.confirmed",
    ]


def test_erased_is_gone_from_every_row_and_the_link_is_used(client, fresh, mailed, published, post):
    page = client.get(f"{fresh}/erase").text
    assert "What stays, and why" in page
    assert "you are not told" in page
    assert ADDRESS in page
    done = post(client, f"{fresh}/erase", {})
    assert (done.status_code, "Your address is erased" in done.text) == (200, True)
    assert addressed(published) == set()
    with published.read() as session:
        reader = session.scalars(select(Subscriber)).one()
        assert (reader.state, reader.interventions) == (SubscriberState.UNSUBSCRIBED, [])
    for path in ("", "/data", "/erase"):
        assert "Your address is erased" in client.get(fresh + path).text
    assert "already stopped" in client.get(mailed).text
    post(client, "/subscribe", ASK)  # somebody asks anew
    again = post(client, f"{fresh}/erase", {}, page="/subscribe")
    assert "Your address is erased" in again.text
    assert ADDRESS in everything(published)["subscriber"]


def test_what_was_told_of_own_services_goes_too(client, fresh, published, post, secret):
    post(client, "/my-services", {"email": ADDRESS})
    with published.read() as session:
        wanted = select(Message.uuid).where(Message.kind == MessageKind.MY_SERVICES)
        uuid = session.scalars(wanted).one()
    post(client, f"/mine/open/{tokens.my_services_token(secret, uuid)}", {})
    post(client, "/mine/services/new", {"name": "An invented service", "group": ""})
    assert "1 service" in client.get(fresh).text
    assert client.get(f"{fresh}/data").json["my_services"]["services"]
    post(client, f"{fresh}/erase", {})
    assert addressed(published) == set()
    assert "invented service" not in everything(published)["own_service"]


def test_opening_changes_nothing_and_a_forged_or_ended_link_leads_nowhere(
    client, fresh, published, clock
):
    for path in ("", "/data", "/erase"):
        client.get(fresh + path)
        client.head(fresh + path)
        forged = f"{fresh[:-1]}{'A' if fresh[-1] != 'A' else 'B'}{path}"
        assert client.get(forged).status_code == 404
    assert addressed(published) == {"message", "subscriber"}
    clock.advance(minutes=61)
    for path in ("", "/data", "/erase"):
        ended = client.get(fresh + path)
        assert (ended.status_code, "Ask for another" in ended.text) == (404, True)
        assert '<a href="/own-data">Ask for another link</a>' in ended.text
        assert ADDRESS not in ended.text


def test_nothing_that_waits_is_sent_to_somebody_who_was_erased(client, fresh, published, post, app):
    with published.write() as session:
        for message in session.scalars(select(Message)):
            message.state = MessageState.PENDING
    post(client, f"{fresh}/erase", {})
    with published.write() as session:
        at = app.extensions["monitor"].clock()
        claimed = outbox.claim(session, at=at, limit=9, lease_seconds=60)
        assert [one.address for one in claimed] == ["erased:1"], (
            "no address: it is never handed over"
        )


def test_who_was_erased_may_ask_again(client, fresh, published, post):
    post(client, f"{fresh}/erase", {})
    post(client, "/subscribe", ASK)
    with published.read() as session:
        addresses = session.scalars(select(Subscriber.address).order_by(Subscriber.id)).all()
    assert addresses == ["erased:1", ADDRESS]


def test_an_address_of_which_nothing_is_held_is_told_so(client, post, published, secret):
    post(client, "/own-data", {"email": "nobody@else.example"})
    link = own_link(published, secret)
    page = " ".join(client.get(link).text.split())
    assert "gets no e-mails of ours" in page
    assert "There is nothing to erase" in page


def test_who_lost_all_mails_is_led_there(client, mailed, post, secret, published):
    assert 'href="/own-data"' in client.get("/subscribe").text
    with published.read() as session:
        uuid = session.scalars(select(Message.uuid)).one()
    stopped = client.post(f"/u/{tokens.unsubscribe_token(secret, uuid)}")
    assert 'href="/own-data"' in stopped.text


def test_the_privacy_page_says_who_left_is_told_only_if_they_ask(client):
    page = " ".join(client.get("/privacy").text.split())
    assert "who left is told only if they ask" in page
    assert "take away everything we hold of you" in page
    assert 'href="/own-data"' in page


def test_one_mailbox_is_not_flooded_by_its_tags_nor_by_another_form(client, post):
    """Ten a day, counted by what is typed: alike for whom we know and whom we do not."""
    typed = [f"Anna+{n}@reader.example" for n in range(8)]
    codes = [post(client, "/own-data", {"email": one}).status_code for one in typed]
    codes.append(post(client, "/my-services", {"email": ADDRESS}).status_code)
    codes.append(post(client, "/subscribe", ASK).status_code)
    assert codes == [200] * 10
    assert post(client, "/own-data", {"email": " ANNA+x@reader.example"}).status_code == 429
    assert post(client, "/own-data", {"email": "ann@reader.example"}).status_code == 200


def test_all_who_type_addresses_together_mail_so_many_and_no_more(
    client, mailed, post, published, monkeypatch
):
    """What is typed wrong costs nobody anything; the link in a reader's mail still leads to theirs."""
    monkeypatch.setattr(asking, "OF_ALL", "3 per hour")
    for n in range(3):
        assert post(client, "/own-data", {"email": f"r{n}@else.example"}).status_code == 200
        assert post(client, "/own-data", {"email": "nobody"}).status_code in {400, 429}
    for where in ("/own-data", "/my-services"):
        assert post(client, where, {"email": "r9@else.example"}).status_code == 429
    assert post(client, "/subscribe", ASK | {"email": "r9@else.example"}).status_code == 429
    assert SENT in post(client, f"{mailed}/own-data", {}, page=mailed).text
