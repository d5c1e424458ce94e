"""The page of the question: opening it answers nothing; one press does, once, and may be changed."""

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.notify import chosen
from monitor.notify.messages.queueing import queue
from monitor.notify.readers import tokens
from monitor.notify.tables import (
    HelpQuestion,
    Message,
    MessageKind,
    ReaderTerms,
)
from monitor.notify.terms import OF_NEW
from monitor.notify.words import Helped

TOLD = "Circle of Security: findings moved."


@pytest.fixture
def link(app, published, settings, now):
    """Ask one reader; gives the link of the question."""
    with published.write() as session:
        reader = rows.reader(session, "anna", "cos", at=now)
        chosen.keep(session, reader.id, OF_NEW, at=now, begins=True)
        context = {"told": TOLD, "told_at": now.isoformat()}
        message = queue(
            session, settings, MessageKind.HELPED, reader.address, context=context, at=now
        )
        message.subscriber_id = reader.id
        session.flush()
        session.add(
            HelpQuestion(
                subscriber_id=reader.id, told_id=None, message_id=message.id, asked_at=now,
                answer=None, answered_at=None,
            )
        )  # fmt: skip
        return f"/helped/{tokens.helped_token(app.extensions['monitor'].secret, message.uuid)}"


@pytest.fixture
def kept(published):
    def kept():
        with published.read() as session:
            return session.scalar(select(HelpQuestion.answer))

    return kept


def test_a_scanner_answers_nothing_and_one_press_does(client, link, post, kept):
    for path in (link, f"{link}?answer=no"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    page = client.get(link)
    assert TOLD in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert kept() is None
    for said in ("discussed", "discussed", "changed something"):
        assert post(client, link, {"answer": said}).status_code == 200
    assert kept() is Helped.CHANGED
    assert "You answered: it changed something." in client.get(link).text


def test_anything_else_is_refused(client, link, post, kept, clock):
    assert post(client, link, {"answer": "yes"}).status_code == 400
    assert post(client, link, {}).status_code == 400
    assert client.post(link, data={"answer": "no"}).status_code == 400  # without the page's token
    assert client.get(f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}").status_code == 404
    clock.advance(days=200)
    assert "This question closed on 31 March 2027" in client.get(link).text
    token = {"answer": "no"}
    assert client.post(link, data=token).status_code in {400, 409}
    assert kept() is None


def test_a_reader_agrees_and_takes_it_back(app, client, link, post, published):
    with published.read() as session:
        uuid = session.scalars(select(Message.uuid)).one()
    choices = f"/choices/{tokens.choices_token(app.extensions['monitor'].secret, uuid)}"
    chosen_ = {"interventions": ["cos"], "often": "monthly", "kinds": ["tier"]}
    for more, agreed in (({"helped": "yes"}, True), ({}, False)):
        assert post(client, choices, {**chosen_, **more}).status_code == 200
        with published.read() as session:
            assert session.scalars(select(ReaderTerms.may_be_asked)).one() is agreed
        ticked = (
            'id="helped" value="yes" aria-describedby="helped-hint" checked'
            in client.get(choices).text
        )
        assert ticked is agreed
