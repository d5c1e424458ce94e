"""What is held of a reader tells each message by what it said, and what waits; erasing lets nothing be sent."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.kernel.persistence.database import Base
from monitor.notify.digests import making
from monitor.notify.digests.making import Workshop
from monitor.notify.messages import outbox
from monitor.notify.readers import own_data
from monitor.notify.tables import Message, ReturnedMail, Subscriber
from monitor.notify.words import BounceWeight

DUE = timedelta(days=8, hours=1)
ANNA = "anna@reader.example"
BRIEF = (
    "Circle of Security: findings moved from generally positive to mixed; the tier stays strong."
)


@pytest.fixture
def w(session, world):
    return world(session)


def test_each_message_is_told_by_what_it_said_and_what_waits_stands_beside(w, settings, catalogue):
    w.digested("anna", "cos")
    w.reader("ben", "cos")
    w.accept_and_announce()
    told = own_data.held(w.session, "ben@reader.example")["e_mails"]
    (sent,) = told["messages"]
    assert (sent["kind"], sent["state"]) == ("change", "pending")
    assert sent["told"][0].startswith(BRIEF)
    making.make_next(w.session, Workshop(settings, catalogue), at=w.at + DUE)
    w.at += 2 * DUE
    w.accept_and_announce(w.study("LATER", doi="10.1000/later"))
    told = own_data.held(w.session, "anna@reader.example")["e_mails"]
    assert told["messages"][0]["told"][0].startswith(BRIEF)
    assert told["waiting_for_a_digest"][0].startswith(BRIEF)
    assert told["terms"]["how_often"] == "monthly"


def test_erased_means_that_nothing_is_sent_and_nobody_is_found(w, settings, catalogue):
    anna = w.digested("anna", "cos")
    study = w.study()
    w.accept_and_announce(study)
    making.make_next(w.session, Workshop(settings, catalogue), at=w.at + DUE)
    (digest,) = w.messages()
    w.at += DUE
    said = f"550 no mailbox {anna.address}"
    digest.reply = anna.dead_because = said
    w.session.add(
        ReturnedMail(
            message_id=digest.id, weight=BounceWeight.GONE, status="5.1.1", words=said, at=w.at
        )
    )
    w.session.flush()
    assert own_data.erase(w.session, anna.address, w.at) == [digest.uuid]
    assert own_data.erase(w.session, ANNA, w.at) == []
    assert outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60) == []
    w.withdraw_and_announce(study)
    assert outbox.claim(w.session, at=w.at + DUE, limit=9, lease_seconds=60) == []
    assert w.session.get_one(Subscriber, anna.id).address == f"erased:{anna.id}"
    assert not [
        table.name
        for table in Base.metadata.sorted_tables
        if "anna@" in repr(w.session.execute(select(table)).all())
    ]
    told = own_data.held(w.session, ANNA)
    assert (told["e_mails"], told["other_messages"]) == (None, [])


def test_what_a_server_says_while_a_reader_is_erased_is_not_kept(w, settings):
    """It quotes the address, and the message was in a sender's hands."""
    anna = w.reader("anna", "cos")
    w.reader("ben", "cos")
    w.accept_and_announce()
    w.accept_and_announce(w.study("LATER", doi="10.1000/later"))
    first, of_ben, second, _ = outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60)
    assert first.address == anna.address
    said = f"550 5.1.1 <{anna.address}> no mailbox anna@reader.example"
    own_data.erase(w.session, ANNA, w.at)
    outbox.dead(w.session, first, code=550, reply=said, at=w.at, no_mailbox=True)
    outbox.sent(w.session, of_ben, reply="250 for ben@reader.example", at=w.at)
    outbox.sent(w.session, second, reply="250 for anna@reader.example", at=w.at)
    w.session.expire_all()
    assert "anna@" not in repr(w.session.execute(select(Message.__table__)).all())
    assert w.session.get_one(Message, of_ben.id).reply == "250 for ben@reader.example"
