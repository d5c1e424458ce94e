"""Erasing reaches every column that may hold an address: a new one has to say here what becomes of it."""

from datetime import timedelta

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import JSON, String, select, update

from monitor.kernel.persistence.database import Base
from monitor.mine import everything
from monitor.mine import service as mine
from monitor.mine.rules import ServiceEntry
from monitor.mine.tables import Buyer
from monitor.notify import chosen
from monitor.notify.messages.queueing import queue
from monitor.notify.tables import (
    Announcement,
    HeldNews,
    HelpQuestion,
    Message,
    MessageKind,
    ReturnedMail,
)
from monitor.notify.terms import Terms
from monitor.notify.words import USUAL, BounceWeight, Cadence

ANNA = "anna@reader.example"

# Tables that hold something of one reader or address, directly or by what they point at.
OF_READERS = {
    *("subscriber", "reader_terms", "message", "held_news", "help_question", "returned_mail"),
    *("buyer", "buyer_sitting", "own_service", "own_offer"),
}
# Of these, every column of text or JSON: it may hold an address and is erased …
ERASED = {
    *("subscriber.address", "subscriber.purpose", "subscriber.interventions", "subscriber.chose"),
    *("subscriber.dead_because", "subscriber.narrowed_to"),
    *("message.address", "message.reply", "returned_mail.words"),
    *("buyer.address", "own_service.name", "own_service.folded", "own_service.group"),
    "held_news.slugs",  # of what waits; what was told stays
}
# … or cannot: it holds our own words and numbers.
OURS = {
    *("subscriber.state", "reader_terms.cadence", "reader_terms.kinds"),
    *("message.uuid", "message.message_id", "message.kind", "message.state", "message.reason"),
    "message.context",
    *("help_question.answer", "returned_mail.weight", "returned_mail.status"),
    *("buyer.key", "buyer_sitting.token_hash", "buyer_sitting.buyer_key", "own_service.buyer_key"),
    "own_offer.slug",
}
# Elsewhere an address is somebody's in another part; the page of what is held says so.
OF_OTHERS = {
    "user.address",  # a colleague's account
    "failed_sign_in.address",  # typed to sign in: a day
    "listed_service.address",  # a service's, on a list that an admin brought
}


def texts(table):
    return {f"{table.name}.{c.name}" for c in table.columns if isinstance(c.type, (String, JSON))}


def test_every_column_that_may_hold_an_address_says_what_becomes_of_it():
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    known = {name for name in OF_READERS if name in tables}
    assert known == OF_READERS
    for table in tables.values():
        names = {key.column.table.name for key in table.foreign_keys}
        assert table.name in OF_READERS or not names & OF_READERS, f"{table.name} is of readers"
        assert table.name in OF_READERS or not {column.name for column in table.columns} & {
            "subscriber_id",
            "buyer_key",
        }, f"{table.name} names a reader"
    columns = set().union(*(texts(tables[name]) for name in OF_READERS))
    assert columns == ERASED | OURS, "say whether a new column is erased"
    named = {
        f"{table.name}.{column.name}"
        for table in tables.values()
        for column in table.columns
        if any(word in column.name for word in ("address", "mail", "recipient"))
        and isinstance(column.type, (String, JSON))
    }
    assert named - ERASED - OURS == OF_OTHERS, "somebody's address: erased, or said to stay"


@pytest.fixture
def anna(session, views, now):
    """Let everything be held of one address that can be."""
    settings = views.settings
    chose = {"at": now.isoformat(), "following": 1, "cadence": "weekly"}
    reader = rows.reader(
        session, "anna", "cos", at=now, address=ANNA, narrowed_to=["cos"], chose=chose
    )
    told = Announcement(change_ids=[], slugs=["cos"], content={"changes": []}, at=now)
    buyer = Buyer(key="a key", address=ANNA, began_at=now, looked_at=now, looked_before=None)
    session.add_all([told, buyer])
    session.flush()
    terms = Terms(Cadence.WEEKLY, frozenset(USUAL), 1)
    chosen.keep(session, reader.id, terms, at=now, begins=True)
    kinds = (MessageKind.CONFIRM, MessageKind.HELPED, MessageKind.CHANGE, MessageKind.OWN_DATA)
    messages = [queue(session, settings, kind, ANNA, context={}, at=now) for kind in kinds]
    for message in messages[:2]:
        message.subscriber_id = reader.id
    messages[2].context = {"copy": "test", "slugs": []}
    session.flush()
    session.add_all(
        [
            HeldNews(subscriber_id=reader.id, announcement_id=told.id, slugs=["cos"]),
            HelpQuestion(
                subscriber_id=reader.id, told_id=messages[0].id, message_id=messages[1].id,
                asked_at=now, answer=None, answered_at=None,
            ),
            *(
                ReturnedMail(message_id=one.id, weight=BounceWeight.FOR_NOW, status="", words="", at=now)
                for one in messages
            ),
        ]
    )  # fmt: skip
    session.flush()
    return reader


@pytest.fixture
def filled(session, anna, now):
    """Let every column that may hold an address hold it."""
    mine.add(session, "a key", ServiceEntry("A service", "A group", {"cos": None}), now)
    for name in sorted(ERASED):
        table, column = Base.metadata.tables[name.split(".")[0]], name.split(".")[1]
        held = table.c[column]
        value = [ANNA] if isinstance(held.type, JSON) else ANNA
        session.execute(update(table).values({column: value}))
    session.expire_all()
    return anna


def holding(session):
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if ANNA in repr(session.execute(select(column)).all())
    }


def test_no_column_holds_the_address_after_erasing(session, filled, now):
    assert holding(session) == ERASED
    later = now + timedelta(minutes=5)
    assert len(everything.erase(session, ANNA, later)) == 4
    assert holding(session) == set()
    assert everything.erase(session, ANNA, later) == []
    assert session.scalar(select(HelpQuestion.subscriber_id)) is None
    assert {*session.scalars(select(Message.address))} == {f"erased:{filled.id}"}
    assert session.scalars(select(Buyer)).all() == []
