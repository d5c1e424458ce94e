"""Delivering much mail over several connections: order, fewer connections, and a sender killed."""

import contextlib
import itertools
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from listening import CountingMailServer as Relay  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.catalogue import service as catalogue_service
from monitor.jobs.mail import delivery, sending
from monitor.jobs.mail.delivery import deliver_due
from monitor.jobs.mail.sending import ConnectionWord, TriedMessage, most_at_once
from monitor.jobs.service import Service
from monitor.kernel import audit
from monitor.kernel.settings import parse
from monitor.notify import queries
from monitor.notify.messages.queueing import queue
from monitor.notify.tables import Message, MessageKind, MessageState

MANY, CONNECTIONS = 120, 3
LIVES = 200
IN_FLIGHT = 32  # with up to four connections


@pytest.fixture
def serving(database, tmp_path, clock):
    """Give a maker of services that send to a relay, with many messages due."""

    def make(relay, addresses=None):
        mail = {"transport": "smtp", "host": "127.0.0.1", "port": relay.port, "tls": "none"}
        data = {
            "database": {"url": database.url.render_as_string(hide_password=False)},
            "mail": {**mail, "connections": CONNECTIONS},
        }
        service = replace(Service.open(parse(data, folder=tmp_path)), clock=clock)
        made.append(service)
        with service.database.write() as session:
            catalogue_service.sync(session, service.catalogue, at=clock())
            for address in addresses or [f"r{n}@reader.example" for n in range(MANY)]:
                context = {"name": "Ada", "role": "reviewer", "link": "/join/x"}
                kind = MessageKind.INVITATION
                queue(session, service.settings, kind, address, context=context, at=clock())
        return service

    made: list[Service] = []
    yield make
    for service in made:
        service.database.dispose()


def states(service):
    with service.database.read() as session:
        assert audit.broken_link(session) is None
        return queries.outbox(session).counts


def test_much_mail_goes_over_several_connections_each_message_once(serving):
    with Relay() as relay:
        service = serving(relay)
        assert deliver_due(service).counts == {"sent": MANY}
    assert sorted(Counter(relay.kept).values()) == [1] * MANY
    assert 1 < relay.highest <= CONNECTIONS
    assert states(service) == {MessageState.SENT: MANY}
    with service.database.read() as session:
        entries = session.scalars(
            select(audit.AuditEntry).where(audit.AuditEntry.action == "message.sent")
        ).all()
        assert len({entry.subject for entry in entries}) == len(entries) == MANY
        assert not any("link" in m.context for m in session.scalars(select(Message)))


def test_much_mail_goes_to_a_server_that_takes_commands_at_once(serving):
    with Relay(offers="PIPELINING") as relay:
        service = serving(relay)
        assert deliver_due(service).counts == {"sent": MANY}
    assert sorted(Counter(relay.kept).values()) == [1] * MANY
    assert states(service) == {MessageState.SENT: MANY}


@pytest.mark.parametrize("connections", range(1, 17))
def test_fewer_connections_have_no_more_in_flight_than_the_usual_four(connections):
    assert connections * most_at_once(connections) <= max(32, 8 * connections)


@pytest.mark.parametrize(("brisk", "most"), [(True, 2), (False, CONNECTIONS)])
def test_a_brisk_server_is_sent_to_over_two_connections_in_larger_lots(
    serving, monkeypatch, brisk, most
):
    """However many connections there are, no more than the usual number is in flight."""
    monkeypatch.setattr(ConnectionWord, "is_brisk", brisk)
    claimed, lots = [], set()
    give = sending.Connection.give

    def noting(self, lot):
        lots.add(len(lot))
        give(self, lot)

    monkeypatch.setattr(sending.Connection, "give", noting)
    with Relay() as relay:
        service = serving(relay)

        def count(kept):
            with service.database.read() as session:
                held = select(Message.id).where(Message.state == MessageState.CLAIMED)
                claimed.append(len(session.scalars(held).all()))

        relay.on_mail = count
        assert deliver_due(service).counts == {"sent": MANY}
    assert 1 < relay.highest <= most
    assert max(lots) <= most_at_once(2)
    assert max(lots) == most_at_once(2) or not brisk, "each has its share of what may be in flight"
    assert max(claimed) <= IN_FLIGHT


@pytest.mark.parametrize(
    ("seconds", "brisk"),
    [((0.3, 0.001, 0.02), True), ((0.003, 0.004), False), ((math.inf,), False), ((), False)],
)
def test_a_server_is_as_brisk_as_it_was_at_its_best(seconds, brisk):
    """What held up the others may have been this machine."""
    nothing: Any = None  # what was sent, and over which connection, is not asked for
    tried = [TriedMessage(nothing, seconds=each) for each in seconds]
    assert ConnectionWord(nothing, tried).is_brisk is brisk


def test_a_server_that_takes_its_time_over_each_message_is_not_brisk(serving, monkeypatch):
    heard: list[ConnectionWord] = []
    hear = sending.Connections.hear

    def noting(self):
        words = hear(self)
        heard.extend(word for word in words if word.tried)
        return words

    monkeypatch.setattr(sending.Connections, "hear", noting)
    with Relay() as relay:
        relay.on_mail = lambda _: time.sleep(0.005)
        assert deliver_due(serving(relay)).counts == {"sent": MANY}
    assert heard
    assert not any(word.is_brisk for word in heard)


class _Died(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("offers", ["SIZE", "PIPELINING"])
def test_a_pass_that_dies_at_any_commit_repeats_only_what_was_claimed_then(
    serving, clock, monkeypatch, offers
):
    """A life that ends before its first commit, one before its second, and so on to the last lot.

    Between the wire and the commit stands a whole lot that was accepted and is not recorded.
    """
    might, lost = Counter[str](), 0
    with Relay(offers=offers) as relay:
        service = serving(relay)
        dying = _dies(service.database)
        for moment in range(1, LIVES):
            if states(service).get(MessageState.SENT, 0) == MANY:
                break
            clock.pass_by(hours=6)  # what was in flight when its sender died again waits longer
            before = len(relay.kept)
            with monkeypatch.context() as life, contextlib.suppress(_Died):
                life.setattr(service.database, "write", dying(moment))
                deliver_due(service, now=True)
            lost += moment > 1 and len(relay.kept) > before
            with service.database.read() as session:
                held = select(Message.address).where(Message.state == MessageState.CLAIMED)
                in_flight = session.scalars(held).all()
            assert len(in_flight) <= IN_FLIGHT
            might.update(in_flight)
    received = Counter(relay.kept)
    assert lost > 4, "several lives ended after mail was handed over"
    assert len(received) == MANY, "nobody is left out"
    for address, times in received.items():
        assert times <= 1 + might[address], "only what was in flight is repeated"
    assert len(set(relay.ids)) == MANY, "a repeat has the Message-ID it had"


def _dies(database):
    """Give a maker of ``write`` that ends at its commit of that number, whatever comes after."""
    write = database.write

    def dying(moment):
        commits = itertools.count(1)

        @contextlib.contextmanager
        def writes(*, wait=None):
            with write(wait=wait) as session:
                yield session
                if next(commits) >= moment:
                    raise _Died

        return writes

    return dying


def test_little_mail_goes_over_one_connection(serving):
    with Relay() as relay:
        deliver_due(
            serving(relay, [f"r{n}@reader.example" for n in range(most_at_once(CONNECTIONS))])
        )
    assert relay.highest == 1


@pytest.mark.parametrize("most", [1, 2])
def test_a_server_that_takes_fewer_connections_gets_all_of_it(serving, most):
    with Relay(most=most) as relay:
        report = deliver_due(serving(relay))
    assert (report.counts, report.problems) == ({"sent": MANY}, [])
    assert sorted(Counter(relay.kept).values()) == [1] * MANY
    assert relay.highest <= most


def test_a_server_that_ends_connections_after_some_messages_gets_all_of_it(serving):
    with Relay(ends_after=7) as relay:
        service = serving(relay)
        report = deliver_due(service)
    assert (report.counts, report.problems) == ({"sent": MANY}, [])
    assert sorted(Counter(relay.kept).values()) == [1] * MANY


def test_messages_to_one_address_arrive_in_their_order(serving):
    addresses = [f"r{n % 5}@reader.example" for n in range(MANY)]
    with Relay() as relay:
        service = serving(relay, addresses)
        deliver_due(service)
    with service.database.read() as session:
        queued = session.execute(
            select(Message.address, Message.message_id).order_by(Message.id)
        ).all()
    arrived = list(zip(relay.kept, (each.decode() for each in relay.ids), strict=True))
    for address in set(addresses):
        assert [m for a, m in arrived if a == address] == [m for a, m in queued if a == address]


def test_a_server_that_is_gone_in_the_middle_charges_nobody(serving, clock):
    with Relay() as relay:
        service = serving(relay)

        def gone(kept):
            if len(kept) == 60:
                relay.__exit__()
                raise OSError

        relay.on_mail = gone
        report = deliver_due(service, now=True)
    counts = states(service)
    assert counts[MessageState.SENT] >= 60 - IN_FLIGHT
    assert counts.get(MessageState.CLAIMED, 0) == 0
    assert sum(counts.values()) == MANY
    assert counts.get(MessageState.UNCERTAIN, 0) <= CONNECTIONS
    assert len(report.problems) <= 1
    with service.database.read() as session:
        waiting = select(Message.attempts).where(Message.state == MessageState.PENDING)
        assert set(session.scalars(waiting)) <= {0}


SENDER = """
import sys
from dataclasses import replace
from pathlib import Path
from monitor.jobs.mail.delivery import deliver_due
from monitor.jobs.service import Service
from monitor.kernel.settings import load
deliver_due(Service.open(load(Path(sys.argv[1]))), now=True)
"""


@pytest.mark.waits
@pytest.mark.parametrize(
    ("after", "offers"),
    [(1, "SIZE"), (2, "PIPELINING"), (9, "SIZE"), (40, "PIPELINING"), (77, "PIPELINING")],
)
def test_a_killed_sender_repeats_only_what_was_in_flight(serving, tmp_path, clock, after, offers):
    """kill -9 while mail is handed over: what has a recorded fate is never sent again."""
    with Relay(offers=offers) as relay:
        service = serving(relay)
        config = tmp_path / "config.toml"
        config.write_text(_toml(service))
        reached = threading.Event()
        relay.on_mail = lambda kept: reached.set() if len(kept) >= after else None
        sender = subprocess.Popen([sys.executable, "-c", SENDER, str(config)])
        assert reached.wait(600)  # it is a process that starts: on a busy machine, minutes
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        relay.on_mail = lambda kept: None
        time.sleep(0.3)  # what the kernel still holds of the dead one's words arrives
        before = Counter(relay.kept)
        counts = states(service)
        in_flight = counts.get(MessageState.CLAIMED, 0)
        assert in_flight <= IN_FLIGHT
        assert max(before.values()) == 1
        _until_free(service)
    received, ids = Counter(relay.kept), dict(zip(relay.kept, relay.ids, strict=True))
    assert len(received) == MANY, "nobody is left out"
    repeated = [address for address, times in received.items() if times > 1]
    assert max(received.values()) <= 2
    assert len(repeated) <= in_flight
    assert len(set(relay.ids)) == len(ids) == MANY, "a repeat has the Message-ID it had"
    assert states(service) == {MessageState.SENT: MANY}


def _until_free(service):
    """Send the rest once the database has noticed that the dead one holds its lock no more."""
    for _ in range(100):
        if not deliver_due(service, now=True).problems:
            return
        time.sleep(0.2)
    raise AssertionError("the dead one's lock is still held")


def _toml(service):
    mail = service.settings.mail
    return f"""
[database]
url = "{service.database.url.render_as_string(hide_password=False)}"
[mail]
transport = "smtp"
host = "127.0.0.1"
port = {mail.port}
tls = "none"
connections = {mail.connections}
"""


def test_a_slow_server_is_given_one_message_at_a_time(serving, monkeypatch):
    for module in (sending, delivery):
        monkeypatch.setattr(module, "SLOW_SECONDS", -1.0)
    with Relay() as relay:
        service = serving(relay, [f"r{n}@reader.example" for n in range(20)])
        most = []

        def count(kept):
            with service.database.read() as session:
                claimed = select(Message.id).where(Message.state == MessageState.CLAIMED)
                most.append(len(session.scalars(claimed).all()))

        relay.on_mail = count
        deliver_due(service)
    assert max(most) <= 2
    assert relay.highest == 1
