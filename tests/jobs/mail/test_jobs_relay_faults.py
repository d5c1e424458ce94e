"""A mail server that misbehaves at message 37 of 100: each reader told once, nobody else, nothing lost."""

import time
from collections import Counter
from dataclasses import replace

import pytest
from listening import BusyMailServer  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.catalogue import service as catalogue_service
from monitor.jobs.mail.delivery import deliver_due
from monitor.jobs.service import Service
from monitor.kernel import audit
from monitor.kernel.settings import parse
from monitor.notify.messages.queueing import queue
from monitor.notify.smtp import transport
from monitor.notify.tables import Message, MessageKind, MessageState

MANY, AT = 100, 37
READERS = [f"r{number}@reader.example" for number in range(MANY)]
ODD = READERS[AT]


class Relay(BusyMailServer):  # type: ignore[misc]  # found by path, so mypy does not know it
    """Keeps what it accepts; ``fault`` names what it does wrong, most of them once."""

    def __init__(self, fault, offers="SIZE"):
        super().__init__()
        self.offers = offers
        self.fault, self.kept, self.ids, self.clear = fault, [], [], []
        self.asked = Counter[str]()
        self.done = False

    def talk(self, connection, lines):
        def say(words):
            connection.sendall(words.encode() + b"\r\n")

        if self.fault == "is away" and not self.done:
            self.done = True
            return
        to, taken = "", False
        say("220 here")
        for line in lines:
            verb = line.split()[0].upper()
            if verb in {b"MAIL", b"RCPT", b"DATA"}:
                self.clear.append(verb)
            if verb == b"RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
                answer = self._recipient(to)
                taken = answer.startswith("250")
                say(answer)
            elif verb == b"DATA" and taken:
                say("354 go on")
                if not self._take(lines, to, say):
                    return
            else:
                say(self._other(verb))

    def _other(self, verb):
        answers = {b"QUIT": "221 bye", b"DATA": "554 5.5.1 no valid recipients"}
        return answers.get(verb, f"250-here\r\n250 {self.offers}" if verb == b"EHLO" else "250 ok")

    def _recipient(self, to):
        self.asked[to] += 1
        if self.fault == "greylists" and self.asked[to] == 1:
            return "451 4.7.1 greylisted, try again later"
        if self.fault == "refuses one recipient" and to == ODD:
            return "550 5.1.1 no such user"
        if self.fault == "answers 421" and len(self.kept) == AT and not self.done:
            self.done = True
            return "421 4.3.2 closing"
        return "250 ok"

    def _take(self, lines, to, say):
        """Take one message; False where the connection ends over it."""
        if self._strikes("dies before the end"):
            return False
        content = b"".join(iter(lines.readline, b".\r\n"))
        self.kept.append(to)
        self.ids.append(content.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode())
        if self._strikes("dies after the end", kept=1):
            return False
        if self._strikes("hangs after DATA", kept=1):
            time.sleep(1)
            return False
        say("250 ok")
        return True

    def _strikes(self, fault, kept=0):
        if self.fault == fault and len(self.kept) == AT + kept and not self.done:
            self.done = True
            return True
        return False


@pytest.fixture
def make(database, tmp_path, clock):
    """Give a maker of a service with a hundred messages due at a relay."""
    made = []

    def make(relay, **mail):
        sends = {"transport": "smtp", "host": "127.0.0.1", "port": relay.port, "tls": "none"}
        data = {
            "database": {"url": database.url.render_as_string(hide_password=False)},
            "mail": {**sends, "connections": 1, **mail},
        }
        service = replace(Service.open(parse(data, folder=tmp_path)), clock=clock)
        made.append(service)
        with service.database.write() as session:
            catalogue_service.sync(session, service.catalogue, at=clock())
            for address in READERS:
                context = {"name": "Ada", "role": "reviewer", "link": "/join/x"}
                kind = MessageKind.INVITATION
                queue(session, service.settings, kind, address, context=context, at=clock())
        return service

    yield make
    for service in made:
        service.database.dispose()


def outbox(service):
    with service.database.read() as session:
        assert audit.broken_link(session) is None
        return session.scalars(select(Message).order_by(Message.id)).all()


FAULTS = {
    # what it does, and how often the one it does it to may arrive
    "dies before the end": 1,
    "dies after the end": 2,
    "hangs after DATA": 2,
    "answers 421": 1,
    "greylists": 1,
    "is away": 1,
    "refuses one recipient": 0,
}


# what is said before a message, the server takes at once
BEFORE_IT = ("dies before the end", "answers 421", "refuses one recipient")


@pytest.mark.parametrize(
    ("fault", "offers"),
    [*((each, "SIZE") for each in FAULTS), *((each, "PIPELINING") for each in BEFORE_IT)],
)
def test_each_reader_is_told_once_nobody_else_and_nothing_is_lost(
    make, clock, monkeypatch, fault, offers
):
    monkeypatch.setattr(transport, "REPLY_SECONDS", 0.3)
    with Relay(fault, offers) as relay:
        service = make(relay)
        for _ in range(6):
            deliver_due(service, now=True)
            clock.pass_by(minutes=20)
        messages = outbox(service)
    refused = {ODD} if fault == "refuses one recipient" else set()
    states = {message.address: message.state for message in messages}
    assert {one for one, state in states.items() if state is not MessageState.SENT} == refused
    received = Counter(relay.kept)
    assert set(received) == set(READERS) - refused
    often = {address: times for address, times in received.items() if times > 1}
    assert len(often) == (1 if FAULTS[fault] == 2 else 0)
    assert max(received.values()) <= max(1, FAULTS[fault])
    numbers = {message.address: message.message_id for message in messages}
    assert all(numbers[to] == id_ for to, id_ in zip(relay.kept, relay.ids, strict=True))


def test_one_bad_address_ends_itself_alone(make, clock):
    with Relay("") as relay:
        service = make(relay)
        with service.database.write() as session:
            odd = session.scalars(select(Message).where(Message.address == ODD)).one()
            odd.address = "r37@reader.example>\r\nRCPT TO:<evil@else.example"
        deliver_due(service, now=True)
        states = Counter(message.state for message in outbox(service))
    assert states == {MessageState.SENT: MANY - 1, MessageState.DEAD: 1}
    assert set(relay.asked) == set(READERS) - {ODD}


def test_without_starttls_nothing_of_any_message_is_said_in_clear(make):
    with Relay("strips STARTTLS") as relay:
        service = make(relay, tls="starttls")
        report = deliver_due(service, now=True)
        assert "does not offer STARTTLS, so nothing was sent" in report.problems[0]
        assert {message.state for message in outbox(service)} == {MessageState.PENDING}
    assert (relay.clear, relay.kept) == ([], [])


def test_no_more_are_handed_over_in_a_minute_than_the_settings_say(make, clock):
    with Relay("") as relay:
        service = make(relay, per_minute=30, connections=3)
        for minutes in range(4):
            for _ in range(3):
                deliver_due(service, now=True)
                clock.pass_by(seconds=15)
            assert len(relay.kept) == min(30 * (minutes + 1), MANY)
            clock.pass_by(seconds=20)
    assert Counter(relay.kept) == dict.fromkeys(READERS, 1)
