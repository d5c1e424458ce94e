"""No question asked of the outbox reads it whole, however much was ever sent; on both databases."""

import contextlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from letters import claimed  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import event, insert, text, update

from monitor.notify import queries
from monitor.notify.announcements import fan_out
from monitor.notify.incidents import mail_trouble
from monitor.notify.messages import outbox, outbox_status
from monitor.notify.messages.claiming import Contents
from monitor.notify.tables import (
    Announcement,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)

SENT, WAITING = 6000, 1500


NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def filled(lasting_database):
    """Mail of a year: most of it sent, some waiting, a few in every other state."""
    with lasting_database.write() as session:
        reader = {"interventions": ["cos"], "purpose": "", "asked_at": NOW, "left_at": None}
        readers = [
            {"address": f"r{n}@reader.example", "state": SubscriberState.ACTIVE, **reader}
            for n in range(50)
        ]
        session.execute(insert(Subscriber), [{"confirmed_at": NOW, **one} for one in readers])
        session.execute(insert(Message), list(_messages(NOW)))
        session.execute(text("ANALYZE"))
    return lasting_database


@pytest.fixture
def session(filled):
    """A transaction that writes, and is taken back: all tests here ask the same outbox."""
    with transaction(filled) as session:
        yield session


@contextlib.contextmanager
def transaction(database):
    with database._sessions() as session:
        session.connection(execution_options={"monitor_write": True})
        yield session
        session.rollback()


def _messages(now):
    others = [MessageState.DEAD, MessageState.DEFERRED, MessageState.UNCERTAIN] * 10
    states = [MessageState.SENT] * SENT + [MessageState.PENDING] * WAITING + others
    for number, state in enumerate(states):
        tried = state is not MessageState.PENDING
        at = now - timedelta(minutes=len(states) - number)
        yield {
            "uuid": f"uuid-{number}",
            "message_id": f"<{number}@example.org>",
            "kind": MessageKind.CHANGE,
            "address": f"r{number % 50}@reader.example",
            "subscriber_id": 1 + number % 50,
            "context": {},
            "state": state,
            "queued_at": at,
            "next_at": at,
            "attempts": int(tried),
            "lease_token": int(tried),
            "sent_at": at if state is MessageState.SENT else None,
        }


class Watch:
    """The plans of what a transaction asks of the database."""

    def __init__(self, session):
        self.session, self.plans, self.statements = session, [], []
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"

    def __enter__(self):
        event.listen(self.session.get_bind(), "before_cursor_execute", self._note)
        return self

    def __exit__(self, *error):
        event.remove(self.session.get_bind(), "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, executemany):
        self.statements.append(statement)
        if executemany or not re.match(r"(WITH|SELECT|UPDATE|DELETE)", statement.lstrip()):
            return
        how = "EXPLAIN QUERY PLAN " if self.is_sqlite else "EXPLAIN (FORMAT JSON) "
        with (
            connection.connection.cursor()
            if not self.is_sqlite
            else Closing(connection.connection.cursor()) as other
        ):
            other.execute(how + statement, parameters)
            self.plans += [
                str(row[3]) if self.is_sqlite else json.dumps(row[0]) for row in other.fetchall()
            ]

    @property
    def scans(self):
        """Where the table of messages is read whole."""
        if self.is_sqlite:
            return [
                plan for plan in self.plans if re.search(r"\bSCAN message\b(?! USING INDEX)", plan)
            ]
        # how many were ever sent is counted where most were: an index would be no shorter
        whole = r'"Node Type": "Seq Scan"[^{}]*"Relation Name": "message"(?![^{}]*\'sent\'::text)'
        return [plan for plan in self.plans if re.search(whole, plan)]


class Closing:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, *error):
        self.thing.close()


def _one(at):
    return claimed(MessageKind.CHANGE, at=at)


ASKED = {
    "anything due": lambda session, at: outbox.anything_due(session, at=at),
    "nothing due": lambda session, at: outbox.anything_due(session, at=at - timedelta(days=90)),
    "a claim": lambda session, at: outbox.claim(session, at=at, limit=16, lease_seconds=60),
    "all claims": lambda session, at: outbox.claim(session, at=at, limit=1000, lease_seconds=60),
    "taking over": lambda session, at: outbox.take_over(session, at=at),
    "what was sent": lambda session, at: outbox.sent_many(
        session, [(_one(at), "250 ok"), (replace(_one(at), id=2), "250 ok")], at=at
    ),
    "accepted since": outbox.accepted_since,
    "waiting long": queries.waiting_long,
    "held": lambda session, at: queries.anything_held(session),
    "refused": lambda session, at: queries.refused(session),
    "a look": mail_trouble.needs_a_look,
    "telling": lambda session, at: fan_out.tell_next(session, at=at),
    "how it stands": lambda session, at: queries.outbox(session),
}


@pytest.mark.parametrize("what", ASKED)
def test_nothing_reads_the_outbox_whole(session, now, what):
    with Watch(session) as watch:
        ASKED[what](session, now)
        session.flush()
    assert watch.plans
    assert watch.scans == []


def test_what_is_held_is_found_without_what_waits(session, now):
    """Nothing is held, as usual: statistics tell SQLite nothing of an index that is empty."""
    with Watch(session) as watch:
        queries.anything_held(session)
        outbox_status.count(session, outbox_status.HELD)
    assert len(watch.plans) == 2
    assert all("ix_message_held" in plan for plan in watch.plans), watch.plans


def test_a_message_that_is_delivered_costs_few_statements(session, now):
    with Watch(session) as watch:
        first = outbox.claim(session, at=now, limit=16, lease_seconds=60)
        watch.statements.clear()
        assert outbox.sent_many(session, [(one, "250 ok") for one in first], at=now) == []
        assert len(outbox.claim(session, at=now, limit=16, lease_seconds=60)) == 16
    # recorded, entered into the ledger (locked on PostgreSQL, its head read, its first entries and
    # head written), found, claimed
    assert len(watch.statements) <= 8, watch.statements
    assert watch.scans == []


def test_what_many_messages_tell_is_read_once_for_many_claims(session, now):
    content = {"changes": ["of an invented study"]}
    told = Announcement(change_ids=[], slugs=["cos"], content=content, at=now)
    session.add(told)
    session.flush()
    one_each = Message.id.between(SENT + 1, SENT + 50)
    session.execute(update(Message).where(one_each).values(announcement_id=told.id))
    contents, read = Contents(), []
    for _ in range(3):
        with Watch(session) as watch:
            claims = outbox.claim(session, at=now, limit=10, lease_seconds=60, contents=contents)
        assert [one.content for one in claims] == [content] * 10
        read.append(sum("announcement.content" in one for one in watch.statements))
    assert read == [1, 0, 0]


def test_a_claim_asks_the_same_however_many_wait(filled, now):
    asked = []
    for limit in (1, 16, 64):
        with transaction(filled) as session, Watch(session) as watch:
            assert len(outbox.claim(session, at=now, limit=limit, lease_seconds=60)) == limit
        asked.append(len(watch.statements))
    assert asked == [asked[0]] * 3
