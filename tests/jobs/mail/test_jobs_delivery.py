"""Passes over the outbox against a server that answers as it is told, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from listening import MailServer  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.catalogue import service as catalogue_service
from monitor.feeds import incidents
from monitor.jobs.mail.delivery import deliver_due
from monitor.jobs.mail.reminding import remind_due
from monitor.jobs.service import Service
from monitor.kernel.settings import parse
from monitor.notify import service as notify
from monitor.notify.tables import Message, MessageKind, MessageState, Subscriber, SubscriberState
from monitor.ops.queries import mail_problems

READERS = ["anna@reader.example", "berta@reader.example", "clara@reader.example"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Relay(MailServer):  # type: ignore[misc]  # found by path, so mypy does not know it
    """Answers by verb, or by recipient; what is not named is accepted."""

    def __init__(self, **answers):
        super().__init__()
        self.answers, self.to, self.kept = answers, {}, []

    def talk(self, connection, lines):
        def say(words):
            connection.sendall(words.encode() + b"\r\n")

        recipient, content = "", False
        say("220 here")
        for line in lines:
            if content and line != b".\r\n":
                continue
            verb = "END" if content else line.split()[0].upper().decode()
            content = False
            if verb == "RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            answer = self.answers.get(
                verb, {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")
            )
            if verb == "RCPT" and recipient in self.to:
                answer = self.to[recipient]
            content = verb == "DATA" and answer.startswith("354")
            if verb == "END" and answer.startswith("250"):
                self.kept.append(recipient)
            say(answer)
            if verb == "QUIT":
                return


@pytest.fixture
def relay():
    with Relay() as relay:
        yield relay


@pytest.fixture
def service(database, tmp_path, clock, relay):
    """A service on the tables as they are, with three readers' confirmations due."""
    data = {
        "database": {"url": database.url.render_as_string(hide_password=False)},
        "mail": {"transport": "smtp", "host": "127.0.0.1", "port": relay.port, "tls": "none"},
    }
    service = replace(Service.open(parse(data, folder=tmp_path)), clock=clock)
    with service.database.write() as session:
        catalogue_service.sync(session, service.catalogue, at=clock())
    for address in READERS:
        asks(service, address)
    yield service
    service.database.dispose()


def asks(service, address):
    with service.database.write() as session:
        chosen = {"interventions": ["cos"], "purpose": "news", "at": service.clock()}
        notify.subscribe(session, service.settings, address=address, **chosen)


def admin(service):
    with service.database.write() as session:
        accounts.create_user(
            session,
            address="ada@team.example",
            name="Ada",
            role=Role.ADMIN,
            by="cli",
            at=service.clock(),
        )


def states(service, *kinds):
    with service.database.read() as session:
        found = session.scalars(select(Message).order_by(Message.id))
        return [m.state.value for m in found if m.kind in (kinds or (MessageKind.CONFIRM,))]


def wrong(service):
    with service.database.read() as session:
        return [(one.topic, one.kind) for one in incidents.open_incidents(session)]


def told(service, *states):
    """The subjects of the mails to the admins, in these states."""
    with service.database.read() as session:
        found = session.scalars(
            select(Message).where(Message.kind == MessageKind.INCIDENT).order_by(Message.id)
        )
        return [m.context["subject"] for m in found if not states or m.state in states]


OF_US = [
    ("RCPT", "554 5.7.1 <x@reader.example>: Relay access denied"),
    ("RCPT", "454 4.7.1 Relay access denied"),
    ("RCPT", "530 5.7.0 Authentication required"),
    ("MAIL", "553 5.7.1 Sender address rejected: not owned by user gap"),
    ("MAIL", "452 4.3.1 Insufficient system storage"),
    ("DATA", "550 5.4.5 Daily sending quota exceeded"),
    ("END", "554 5.7.1 blocked using a block list"),
    ("RCPT", "421 4.7.0 Too many connections"),
    ("RCPT", "554 Transaction failed"),  # nothing certain, and the same of everybody
    ("END", "550 5.6.0 cannot be delivered"),
]


@pytest.mark.parametrize(("verb", "reply"), OF_US)
def test_a_refusal_of_us_kills_nothing_and_tells_once(service, relay, clock, verb, reply):
    admin(service)
    relay.answers[verb] = reply
    for _ in range(6):
        deliver_due(service, now=True)
        clock.pass_by(hours=15)
    assert states(service) == ["pending"] * 3
    named = verb != "MAIL" and not reply.startswith("421")
    assert wrong(service) == [("delivery", "mail refused" if named else "turned away")]
    assert told(service) == ["Mail cannot leave: its server takes none from us"]
    relay.answers.clear()
    report = deliver_due(service)
    assert report.problems == []
    assert (states(service), wrong(service)) == (["sent"] * 3, [])
    assert {*relay.kept} == {"ada@team.example", *READERS}
    assert len(relay.kept) <= 5
    assert told(service, MessageState.SENT)[-1] == "Mail leaves again"
    with service.database.read() as session:
        assert mail_problems(session, clock()) == []


def test_a_server_that_lets_passes_fail_is_not_asked_all_the_time(service, relay, clock):
    relay.answers["EHLO"] = relay.answers["HELO"] = "554 no"
    for _ in range(6 * 60):
        deliver_due(service)
        clock.pass_by(seconds=10)
    assert 7 <= relay.connections <= 10  # after 1, 2, 5, 10, 10 … minutes
    relay.answers.clear()
    clock.pass_by(minutes=10)
    deliver_due(service)
    assert states(service) == ["sent"] * 3


def test_a_clock_that_ran_ahead_lets_no_pass_wait(service, relay, clock):
    relay.answers["RCPT"] = "554 5.7.1 Relay access denied"
    clock.pass_by(days=1)
    deliver_due(service)
    clock.pass_by(days=-1)
    relay.answers.clear()
    deliver_due(service)
    assert states(service) == ["sent"] * 3


def test_only_no_such_mailbox_ends_a_reader(service, relay):
    relay.to[READERS[1]] = "550 5.1.1 no such user"
    deliver_due(service)
    assert states(service) == ["sent", "dead", "sent"]
    assert wrong(service) == []
    with service.database.read() as session:
        readers = {r.address: r.state for r in session.scalars(select(Subscriber))}
    assert readers[READERS[1]] is SubscriberState.DEAD
    assert readers[READERS[0]] is SubscriberState.PENDING


@pytest.mark.parametrize("which", range(3))
def test_one_550_in_a_batch_ends_that_message_and_no_reader(service, relay, which):
    relay.to[READERS[which]] = "550 5.2.1 disabled"
    deliver_due(service)
    assert states(service)[which] == "dead"
    assert states(service).count("sent") == 2
    with service.database.read() as session:
        assert SubscriberState.DEAD not in {r.state for r in session.scalars(select(Subscriber))}
        assert mail_problems(session, service.clock()) == ["1 message was refused for good"]


def test_a_lone_refusal_that_says_nothing_certain_is_tried_again(service, relay, clock):
    deliver_due(service)
    clock.pass_by(days=1)
    asks(service, "dora@reader.example")
    relay.to["dora@reader.example"] = "550 rejected"
    deliver_due(service)
    assert states(service)[-1] == "deferred", "nothing was accepted since: it may be us"
    asks(service, "emma@reader.example")
    clock.pass_by(minutes=1)
    deliver_due(service)
    assert states(service)[-2:] == ["dead", "sent"]


def test_what_is_taken_from_us_leaves_where_some_is_refused(service, relay, clock):
    """A relay that takes mail for its own people only: the others wait, and nobody is let go."""
    relay.to[READERS[0]] = "554 5.7.1 Relay access denied"
    for _ in range(80):
        deliver_due(service)
        clock.pass_by(hours=1)
    assert states(service) == ["pending", "sent", "sent"]
    topics = wrong(service)
    assert len(topics) == 1
    assert topics[0][0] == "delivery"
    asks(service, "dora@reader.example")
    deliver_due(service, now=True)
    assert states(service)[-1] == "sent"
    assert len(wrong(service)) == 1, "it lasts while a message is held back"
    relay.to.clear()
    clock.pass_by(hours=1)
    deliver_due(service)
    assert (states(service), wrong(service)) == (["sent"] * 4, [])


def test_three_days_of_a_dead_relay_are_told(service, relay, clock):
    admin(service)
    relay.__exit__()
    for _ in range(72):
        deliver_due(service)
        remind_due(service)
        clock.pass_by(hours=1)
    assert wrong(service) == [("delivery", "mail server unreachable")]
    with service.database.read() as session:
        (problem,) = mail_problems(session, clock())
        assert problem.startswith(
            "Mail cannot leave: its server cannot be reached: The mail server"
        )
        assert {m.attempts for m in session.scalars(select(Message))} == {0}
    waiting = told(service, MessageState.PENDING)
    assert waiting == ["For 2 days now: Mail cannot leave: its server cannot be reached"]


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"tls": "starttls"}, "mail server not trusted"),
        ({"username": "gap", "password_file": "pw"}, "sign-in refused"),
        ({"username": "gap", "password_file": "gone"}, "mail settings wrong"),
        ({"host": "mail.example.org", "username": "gap"}, "mail settings wrong"),
    ],
)
def test_what_stands_in_the_way_is_told_with_its_reason(service, relay, tmp_path, settings, kind):
    (tmp_path / "pw").write_text("wrong")
    (tmp_path / "pw").chmod(0o600)
    relay.answers |= {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 no"}
    mail = service.settings.mail.model_dump() | {"tls": "none"} | settings
    other = replace(service, settings=parse({"mail": mail}, folder=tmp_path))
    report = deliver_due(other)
    assert wrong(service) == [("delivery", kind)]
    assert len(report.problems) == 1
    assert states(service) == ["pending"] * 3


def test_mail_that_waits_for_hours_is_told_and_ends_by_itself(service, relay, clock):
    relay.to = dict.fromkeys(READERS, "451 4.7.1 greylisted")
    for _ in range(6):
        deliver_due(service)
        clock.pass_by(hours=1)
    assert wrong(service) == [("waiting", "mail waits")]
    relay.to.clear()
    deliver_due(service)
    assert (states(service), wrong(service)) == (["sent"] * 3, [])


def test_four_days_of_sleep_and_one_451_kill_nothing(service, relay, clock):
    relay.answers["RCPT"] = "451 4.7.1 try again later"
    deliver_due(service)
    clock.pass_by(days=4)
    deliver_due(service)
    assert states(service) == ["deferred"] * 3


def test_a_short_trouble_that_nobody_heard_of_is_told_to_nobody(service, relay, clock):
    admin(service)
    relay.answers["MAIL"] = "451 4.3.0 restarting"
    deliver_due(service)
    relay.answers.clear()
    clock.pass_by(minutes=2)
    deliver_due(service)
    assert told(service, MessageState.SENT) == []
    assert len(told(service, MessageState.CANCELLED)) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_server_that_does_not_speak_smtp_is_told_at_once(service, relay, verb):
    relay.answers[verb] = "what do you want?"
    deliver_due(service)
    assert wrong(service) == [("delivery", "mail server unreachable")]
    assert states(service) == ["pending"] * 3
