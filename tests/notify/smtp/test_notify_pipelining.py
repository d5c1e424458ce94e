"""MAIL, RCPT and DATA in one write (RFC 2920), where the mail server offers it and nowhere else."""

import pytest
from listening import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    MailServer,
)
from listening import ScriptedMailServer as Scripted

from monitor.kernel.errors import (
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUncertain,
    SenderRefused,
    ServerUnavailable,
)
from monitor.kernel.settings import parse
from monitor.notify.smtp.transport import open_transport

UUID = "3f2b8c1e-0000-4000-8000-0123456789ab"
MESSAGE = b"Subject: x\r\n\r\nHello\r\n.dot\r\n"
SENDER = "news@example.org"
OFFERED = {"EHLO": "250-here\r\n250-PIPELINING\r\n250 DSN"}


@pytest.fixture
def send(tmp_path):
    """Send one message to each over one connection, to a server; gives the replies or errors."""

    def send(server, *recipients):
        section = {"transport": "smtp", "host": "127.0.0.1", "port": server.port, "tls": "none"}
        settings = parse({"mail": section | {"from_address": SENDER}}, folder=tmp_path)
        fates: list[object] = []
        with open_transport(settings) as transport:
            for recipient in recipients or ("a@x.example", "b@x.example"):
                try:
                    fates.append(transport.send(MESSAGE, SENDER, recipient, UUID))
                except (
                    DeliveryRefused,
                    DeliveryDeferred,
                    DeliveryUncertain,
                    ServerUnavailable,
                ) as error:
                    fates.append(error)
        return fates

    return send


class Writes(MailServer):  # type: ignore[misc]  # found by path, so mypy does not know it
    """Takes what it is sent as it comes, and notes each write."""

    def __init__(self, offers):
        super().__init__()
        self.offers, self.writes = offers, []

    def talk(self, connection, lines):
        connection.sendall(b"220 here\r\n")
        content = False
        while written := connection.recv(2**16):
            self.writes.append(written)
            for line in written.splitlines(keepends=True):
                verb = line[:4].upper()
                if content and line != b".\r\n":
                    continue
                content = verb == b"DATA"
                answers = {b"EHLO": f"250-here\r\n250 {self.offers}", b"DATA": "354 go on"}
                connection.sendall(f"{answers.get(verb, '250 ok')}\r\n".encode())


@pytest.mark.parametrize(("offers", "at_once"), [("PIPELINING", True), ("SIZE", False)])
def test_commands_go_in_one_write_only_where_that_is_offered(send, offers, at_once):
    with Writes(offers) as server:
        assert send(server) == ["250 ok", "250 ok"]
    commands = [b"MAIL FROM:<news@example.org>\r\n", b"RCPT TO:<a@x.example>\r\n", b"DATA\r\n"]
    first = server.writes[1:-1]
    assert first[: 2 if at_once else 4] == [
        *([b"".join(commands)] if at_once else commands),
        MESSAGE.replace(b"\r\n.", b"\r\n..") + b".\r\n",
    ]


def test_nothing_is_sent_of_a_message_before_the_server_asks_for_it(send):
    with Scripted(**OFFERED) as server:
        assert send(server) == ["250 kept", "250 kept"]
    sent = MESSAGE.replace(b"\r\n.", b"\r\n..")
    assert server.letters == [sent, sent]
    assert server.connections == 1


REPLIES: dict[str, list[str | None]] = {
    "MAIL": ["250 ok", "552 too big", "452 4.3.1 no storage", "550 5.7.1 not you", "421 closing"],
    "RCPT": ["250 ok", "550 5.1.1 no such user", "451 4.7.1 greylisted", "421 busy", None],
    "DATA": ["354 go on", "250 ok", "503 no recipients", "554 no valid recipients", "421 x", None],
}


@pytest.mark.parametrize(
    "replies",
    [(m, r, d) for m in REPLIES["MAIL"] for r in REPLIES["RCPT"] for d in REPLIES["DATA"]],
)
def test_every_three_replies_mean_what_they_mean_one_by_one(send, replies):
    """The first refusal counts, whatever else is said; nothing is handed over but what was taken."""
    said = dict(zip(REPLIES, replies, strict=True))
    fates = []
    for offered in ({}, OFFERED):
        with Scripted(**said, **offered) as server:
            (fate,) = send(server, "a@x.example")
        fates.append((type(fate), str(fate)))
        assert [letter for letter in server.letters if letter] == (
            [MESSAGE.replace(b"\r\n.", b"\r\n..")] if fate == "250 kept" else []
        )
        if said["MAIL"] != "250 ok" and said["RCPT"] == "250 ok":
            assert server.letters == [], "no empty message to a recipient who was taken"
    assert fates[0][0] is fates[1][0]
    assert _without_port(fates[0][1]) == _without_port(fates[1][1])


def _without_port(words):
    return " ".join(word for word in words.split() if not word.startswith("127."))


@pytest.mark.parametrize("data", ["354 go on", "503 no recipients", "554 no valid recipients"])
@pytest.mark.parametrize(
    ("rcpt", "kind"),
    [("550 5.1.1 no such user", DeliveryRefused), ("450 4.2.0 busy", DeliveryDeferred)],
)
def test_after_a_refused_recipient_the_connection_serves_the_next(send, rcpt, kind, data):
    """Where DATA was accepted all the same, a dot alone ends it: nothing goes to anybody."""

    class OneRefused(Scripted):  # type: ignore[misc]  # found by path
        def _answer(self, connection, word):
            bad = [line for line in self.told if line.startswith("RCPT")][-1:] == [BAD]
            self.replies["RCPT"] = rcpt if bad else "250 ok"
            self.replies["DATA"] = data if bad else "354 go on"
            return super()._answer(connection, word)

    BAD = "RCPT TO:<bad@x.example> NOTIFY=FAILURE"  # noqa: N806 - what it hears
    with OneRefused(**OFFERED) as server:
        first, bad, last = send(server, "a@x.example", "bad@x.example", "c@x.example")
    assert (first, last) == ("250 kept", "250 kept")
    assert isinstance(bad, kind)
    assert str(bad) == rcpt
    sent = MESSAGE.replace(b"\r\n.", b"\r\n..")
    assert server.letters == [sent, *([b""] if data.startswith("354") else []), sent]
    assert server.connections == 1


def test_a_server_that_refuses_and_hangs_up_has_refused(send):
    with Scripted(**OFFERED, RCPT="550 5.1.1 no such user", DATA=None) as server:
        first, second = send(server)
    assert [type(first), type(second)] == [DeliveryRefused, DeliveryRefused]
    assert first.no_mailbox
    assert server.connections == 2


def test_a_server_that_hangs_up_before_it_refuses_charges_nobody(send):
    with Scripted(**OFFERED, DATA=None) as server:
        (fate,) = send(server, "a@x.example")
    assert type(fate) is ServerUnavailable
    assert server.connections == 2, "tried once more"
    assert server.letters == []


def test_a_closing_server_is_met_again_once(send):
    with Scripted(**OFFERED, MAIL="421 closing") as server:
        (fate,) = send(server, "a@x.example")
    assert isinstance(fate, SenderRefused)
    assert fate.code == 421
    assert server.connections == 2


def test_what_is_no_reply_is_no_mail_server(send):
    with Scripted(**OFFERED, RCPT="what?") as server:
        (fate,) = send(server, "a@x.example")
    assert "does not speak SMTP" in str(fate)
    assert server.letters == []


@pytest.mark.parametrize("address", ["a@x> <b@y", "a@x\r\nRCPT TO:<b@y>", "é@x.example", "a b@x"])
def test_an_address_never_becomes_a_command(send, address):
    with Scripted(**OFFERED) as server:
        (fate,) = send(server, address)
    assert isinstance(fate, DeliveryRefused)
    assert not any("RCPT" in line or "MAIL" in line for line in server.told)


def test_a_lost_reply_to_the_message_is_uncertain(send):
    with Scripted(**OFFERED, **{".": None}) as server:
        fates = send(server)
    assert [type(fate) for fate in fates] == [DeliveryUncertain] * 2
