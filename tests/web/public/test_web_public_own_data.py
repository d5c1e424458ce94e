"""What is held of a reader: taken away by their mail's link, and erased so that no row has their address."""

import pytest
from sqlalchemy import select

from monitor.kernel.persistence.database import Base
from monitor.notify.messages import outbox
from monitor.notify.readers import tokens
from monitor.notify.tables import Message, MessageState, Subscriber, SubscriberState

ADDRESS = "anna@reader.example"
ASK = {"full": "yes", "interventions": ["cos", "ddp"], "email": ADDRESS}


@pytest.fixture
def link(app, client, post, published):
    """Subscribe and confirm as a browser does; gives the link *Change what you get*."""
    post(client, "/subscribe", ASK)
    with published.read() as session:
        uuid = session.scalars(select(Message.uuid)).one()
    secret = app.extensions["monitor"].secret
    post(client, f"/confirm/{tokens.confirm_token(secret, uuid)}", {})
    return f"/choices/{tokens.choices_token(secret, uuid)}"


def everything(published):
    with published.read() as session:
        return {
            table.name: repr(session.execute(select(table)).all())
            for table in Base.metadata.sorted_tables
        }


def test_a_reader_takes_away_all_that_is_held(client, link, published):
    assert f'href="{link}/data"' in client.get(link).text
    answer = client.get(f"{link}/data")
    told = answer.json
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=gap-monitor-2026")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (told["address"], told["state"]) == (ADDRESS, "active")
    assert told["interventions"] == ["cos", "ddp"]
    assert told["terms"]["how_often"] == "monthly"
    assert told["agreed_to"].startswith("E-mail me about")
    assert [one["kind"] for one in told["messages"]] == ["confirm"]
    assert [one["what"] for one in told["ledger"]] == [
        "subscriber.asked",
        "subscriber.confirmed",
    ]


def test_erased_is_gone_from_every_row_and_the_same_again(client, link, published, post):
    page = client.get(f"{link}/erase").text
    assert "What stays, and why" in page
    assert "you are not told" in page
    before = everything(published)
    assert any(ADDRESS in rows for rows in before.values())
    done = post(client, f"{link}/erase", {})
    assert done.status_code == 200
    assert "Your address is erased" in done.text
    after = everything(published)
    assert not [name for name, rows in after.items() if ADDRESS in rows]
    with published.read() as session:
        reader = session.scalars(select(Subscriber)).one()
        assert (reader.state, reader.interventions) == (SubscriberState.UNSUBSCRIBED, [])
    assert client.get(f"{link}/data").status_code == 404
    assert client.get(f"{link}/erase").status_code == 404
    assert "already stopped" in client.get(link).text


def test_opening_the_page_erases_nothing_and_a_forged_link_leads_nowhere(client, link, published):
    client.get(f"{link}/erase")
    client.head(f"{link}/erase")
    assert ADDRESS in everything(published)["subscriber"]
    for path in ("data", "erase"):
        assert client.get(f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}/{path}").status_code == 404


def test_nothing_that_waits_is_sent_to_somebody_who_was_erased(client, link, published, post, app):
    with published.write() as session:
        message = session.scalars(select(Message)).one()
        message.state = MessageState.PENDING
    post(client, f"{link}/erase", {})
    with published.write() as session:
        at = app.extensions["monitor"].clock()
        assert outbox.claim(session, at=at, limit=9, lease_seconds=60) == []


def test_who_was_erased_may_ask_again(client, link, published, post):
    post(client, f"{link}/erase", {})
    post(client, "/subscribe", ASK)
    with published.read() as session:
        addresses = session.scalars(select(Subscriber.address).order_by(Subscriber.id)).all()
    assert addresses == ["erased:1", ADDRESS]


def test_the_privacy_page_says_who_left_is_told_only_if_they_ask(client):
    page = " ".join(client.get("/privacy").text.split())
    assert "who left is told only if they ask" in page
    assert "take away everything we hold of you" in page
