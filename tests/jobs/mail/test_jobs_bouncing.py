"""A mailbox of bounces, read over IMAP from a server on loopback that may misbehave; on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from bounce_mails import FORGED_ID, dsn  # type: ignore[import-not-found]  # tests/support is on pytest's path
from imap_server import ImapServer  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.feeds import incidents
from monitor.jobs.mail import bouncing
from monitor.jobs.mail.bouncing import read_mailbox_due, read_mailbox_now
from monitor.kernel.errors import Conflict, InvalidInput, MailFault
from monitor.kernel.persistence.locks import exclusive
from monitor.kernel.settings import parse
from monitor.notify.bounces import imap, notices, remembered
from monitor.notify.tables import (
    BounceMailbox,
    Message,
    MessageKind,
    MessageState,
    ReturnedMail,
    Subscriber,
    SubscriberState,
)
from monitor.ops import queries as ops

QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _brisk(monkeypatch):
    """Wait for a hostile server a second, not a minute."""
    monkeypatch.setattr(imap, "COMMAND_SECONDS", 1)


@pytest.fixture
def box(service, clock):
    return Box(service, clock)


class Box:
    """A service with readers who were written to, and what it reads in its mailbox."""

    def __init__(self, service, clock):
        self.service, self.clock = service, clock
        self.heard: list[int] = []

    def reads(self, server, **wishes):
        """Let the service read this server's mailbox."""
        folder = self.service.settings.folder
        (folder / "imap").write_text(f"{server.secret[1]}\n")
        (folder / "imap").chmod(0o600)
        usual = {
            "host": "127.0.0.1",
            "port": server.port,
            "tls": "none",
            "username": server.secret[0],
            "password_file": "imap",
        }
        data = self.service.settings.model_dump(exclude={"folder"}, exclude_unset=True)
        data["mail"] = {"imap": usual | wishes}
        self.service = replace(self.service, settings=parse(data, folder=folder))

    def bounce_of(self, name, **said):
        """Give the bounce of a message that was sent to a new reader."""
        address, uuid, at = f"{name}@reader.example", str(uuid4()), self.clock()
        before = at - timedelta(days=1)
        with self.service.database.write() as session:
            reader = rows.reader(session, name, "cos", at=before)
            message = Message(
                uuid=uuid,
                message_id=f"<{uuid}@example.org>",
                kind=MessageKind.CHANGE,
                address=address,
                subscriber_id=reader.id,
                context={},
                state=MessageState.SENT,
                queued_at=at,
                next_at=at,
                sent_at=at,
                attempts=1,
                lease_token=1,
            )
            session.add(message)
        return dsn(address, f"<{uuid}@example.org>", **said)

    def run(self):
        return read_mailbox_now(self.service, lambda uid, verdict: self.heard.append(uid))

    def runs_when_due(self):
        reading = read_mailbox_due(self.service)
        assert reading is not None
        return reading

    def let_go(self):
        dead = select(Subscriber.address).where(Subscriber.state == SubscriberState.DEAD)
        with self.service.database.read() as session:
            return sorted(one.partition("@")[0] for one in session.scalars(dead))

    def row(self):
        with self.service.database.read() as session:
            return session.scalars(select(BounceMailbox)).one()

    def trouble(self):
        with self.service.database.read() as session:
            return incidents.open_one(session, incidents.MAIL, incidents.BOUNCES)


def test_each_mail_is_looked_at_once_and_none_is_touched(box):
    forged = dsn("x@reader.example", FORGED_ID)
    with ImapServer(box.bounce_of("anna"), b"Subject: hello\r\n\r\nHello", forged) as server:
        box.reads(server)
        first = box.run()
        assert (first.looked_at, first.believed, first.whole, first.trouble) == (3, 1, True, None)
        assert (box.let_go(), box.heard) == (["anna"], [1, 2, 3])
        assert box.run().looked_at == 0
        server.arrives(box.bounce_of("berta"))
        assert (box.run().looked_at, box.let_go()) == (1, ["anna", "berta"])
        assert set(server.mails) == {1, 2, 3, 4}
        assert not any(server.flags.values())
        assert not [said for said in server.told if said.startswith(("SELECT", "UID STORE"))]


def test_a_mailbox_that_was_rebuilt_is_read_again_and_does_nothing_twice(box):
    with ImapServer(box.bounce_of("anna"), box.bounce_of("berta")) as server:
        box.reads(server)
        box.run()
        server.rebuild()
        again = box.run()
    assert (again.looked_at, again.believed) == (2, 2)
    with box.service.database.read() as session:
        assert len(session.scalars(select(ReturnedMail)).all()) == 2
    assert (box.row().uid_validity, box.row().last_uid) == (8, 2)


def test_bounces_alone_are_marked_or_moved_where_that_is_asked_for(box):
    mails = [box.bounce_of("anna"), b"Subject: a question\r\n\r\nWho are you?"]
    with ImapServer(*mails) as server:
        box.reads(server, then="seen")
        box.run()
        assert server.flags == {1: {"seen"}, 2: set()}
        server.arrives(box.bounce_of("berta"))
        box.reads(server, then="move", move_to="Done")
        box.run()
        assert (set(server.mails), set(server.folders["Done"])) == ({1, 2}, {3})
    assert box.row().to_mark == []


def test_what_was_taken_in_before_a_kill_is_marked_by_the_next_reading(box, monkeypatch):
    with ImapServer(box.bounce_of("anna"), box.bounce_of("berta")) as server:
        box.reads(server, then="move", move_to="Done")

        def killed(self, uids):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(imap.Mailbox, "mark", killed)
            with pytest.raises(KeyboardInterrupt):
                box.run()
        assert (box.let_go(), box.row().to_mark) == (["anna", "berta"], [1, 2])
        box.run()
        assert (set(server.mails), set(server.folders["Done"])) == (set(), {1, 2})
    assert box.row().to_mark == []


def test_trouble_with_marking_stops_no_bounce_and_is_told(box):
    with ImapServer(box.bounce_of("anna")) as server:
        box.reads(server, then="move", move_to="Gone")
        assert "see that mail.imap.move_to is there" in box.run().trouble
        server.arrives(box.bounce_of("berta"))
        box.run()
        assert box.let_go() == ["anna", "berta"]
        server.folders["Gone"] = {}
        assert box.run().trouble is None
        assert set(server.folders["Gone"]) == {1, 2}
    assert box.trouble() is None


def test_a_reading_takes_so_many_and_the_next_goes_on_at_once(box, monkeypatch):
    monkeypatch.setattr(bouncing, "MOST", 2)
    with ImapServer(*(box.bounce_of(name) for name in ("a", "b", "c"))) as server:
        del server.mails[1]  # numbers have gaps
        server.arrives(box.bounce_of("d"))
        box.reads(server)
        assert not box.runs_when_due().whole
        assert box.runs_when_due().whole
        assert box.let_go() == ["b", "c", "d"]
        assert read_mailbox_due(box.service) is None, "not due before a quarter of an hour is over"
        box.clock.now += QUARTER
        assert box.runs_when_due().looked_at == 0
        box.clock.now -= timedelta(days=3)  # it had run ahead
        assert read_mailbox_due(box.service) is not None


def test_a_server_that_takes_its_time_is_left_after_a_while_and_read_on(box, monkeypatch):
    monkeypatch.setattr(bouncing, "LONGEST", -1)
    with ImapServer(box.bounce_of("anna"), box.bounce_of("berta")) as server:
        box.reads(server)
        assert [box.run().whole for _ in range(3)] == [False, False, True]
    assert box.let_go() == ["anna", "berta"]


def test_a_mail_too_big_or_malformed_stops_no_other(box):
    huge = box.bounce_of("anna") + b"x" * (notices.LARGEST + 10)
    odd = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=\xff\r\n\r\n\0\xfe"
    )
    folded = dsn("x@else.example", FORGED_ID, diagnostic="smtp; 550 no\x0bsuch: user")
    with ImapServer(odd, b"", huge, folded, box.bounce_of("berta")) as server:
        box.reads(server)
        assert box.run().looked_at == 5
    assert box.let_go() == ["anna", "berta"]


@pytest.mark.parametrize("wrong", ["huge", "drops", "floods", "no", "drips"])
def test_a_mail_that_cannot_be_fetched_is_told_and_passed_over_after_three_readings(box, wrong):
    mails = [box.bounce_of("anna"), b"Subject: poison\r\n\r\n", box.bounce_of("berta")]
    with ImapServer(*mails, wrong=wrong, at=2) as server:
        box.reads(server)
        first = box.run()
        assert "(at its mail 2)" in first.trouble
        assert box.trouble().kind.startswith("mailbox ")
        assert (box.let_go(), box.row().last_uid) == (["anna"], 1)
        assert box.run().passed_over == []
        third = box.run()
        assert third.passed_over == [2]
        assert "passed over" in box.trouble().message
        assert box.run().trouble is None
    assert (box.let_go(), box.trouble()) == (["anna", "berta"], None)


@pytest.mark.parametrize(
    ("wrong", "wishes", "kind", "words"),
    [
        ("smtp", {}, MailFault.BOX_NONSENSE, "does not answer as IMAP has it"),
        ("", {"password_file": "none"}, MailFault.BOX_SETTINGS, "cannot read the secret file"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_an_incident_and_never_nothing_came_back(
    box, wrong, wishes, kind, words
):
    with ImapServer(box.bounce_of("anna"), wrong=wrong) as server:
        box.reads(server, **wishes)
        reading = box.run()
    assert (reading.whole, words in reading.trouble) == (False, True), reading
    told = box.trouble()
    assert (told.kind, told.message) == (kind, reading.trouble)
    assert told.headline.startswith("Mail that came back is not read: ")
    assert "gap-monitor bounce" in told.remedy
    with box.service.database.read() as session:
        assert remembered.last_read(session, box.service.settings.mail.imap) is None
        wrong = ops.mail_problems(session, box.clock())
        assert wrong == [f"{told.headline}: {told.message}"]
        assert wrong[0] not in ops.cannot_tell(session, box.clock())


def test_a_server_that_is_not_there_is_tried_again_and_its_return_ends_the_incident(box):
    with ImapServer() as server:
        box.reads(server)
    assert "refuses connections: check mail.imap.host" in box.runs_when_due().trouble
    assert read_mailbox_due(box.service) is None
    assert box.trouble().times == 1
    with ImapServer(box.bounce_of("anna")) as server:
        box.reads(server)
        assert box.runs_when_due().whole
    assert (box.trouble(), box.let_go()) == (None, ["anna"])


def test_switching_it_off_ends_its_incident(box):
    with ImapServer(wrong="smtp") as server:
        box.reads(server)
        box.run()
        box.reads(server, host="")
    assert read_mailbox_due(box.service) is None
    assert box.trouble() is None
    with pytest.raises(InvalidInput, match=r"set mail\.imap\.host"):
        box.run()


def test_two_do_not_read_at_once(box):
    with ImapServer(box.bounce_of("anna")) as server:
        box.reads(server)
        with exclusive(box.service.database, box.service.settings.var, "bounces"):
            assert read_mailbox_due(box.service) is None
            with pytest.raises(Conflict, match="another process reads the mailbox now"):
                box.run()
