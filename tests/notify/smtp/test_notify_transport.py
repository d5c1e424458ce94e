"""Against real servers on loopback: aiosmtpd, and a scripted one for what a good server never does."""

import asyncio
import base64
import contextlib
import hmac
import socket
import ssl

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from listening import ScriptedMailServer as Scripted  # type: ignore[import-not-found]  # on the path

from monitor.kernel.errors import (
    ConfigError,
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUncertain,
    MailFault,
    SenderRefused,
    ServerUnavailable,
)
from monitor.kernel.settings import parse
from monitor.notify.smtp import transport as module
from monitor.notify.smtp.mailbox import MailboxTransport, mailbox_path
from monitor.notify.smtp.transport import SmtpTransport, open_transport

UUID = "3f2b8c1e-0000-4000-8000-0123456789ab"
MESSAGE = b"Subject: x\r\nMessage-ID: <1@example.org>\r\n\r\nHello\r\n.dot\r\n..two\r\n"
SENDER = "news@example.org"
READER = "anna@reader.example"
REFUSALS = [
    ("550 5.1.1 no such user", DeliveryRefused, 550),
    ("552 5.3.4 too big", DeliveryRefused, 552),
    ("451 4.7.1 greylisted", DeliveryDeferred, 451),
    ("452 4.2.2 mailbox full", DeliveryDeferred, 452),
]


class Handler:
    """Keeps messages; ``rcpt`` and ``data`` are what it answers to one recipient."""

    def __init__(self, rcpt=None, data=None, mail=None, slow=0.0, drop=False):
        self.rcpt, self.data, self.mail = rcpt or {}, data or {}, mail
        self.slow, self.drop, self.kept, self.sessions = slow, drop, [], set()

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.mail:
            return self.mail
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.sessions.add(session.peer)
        await asyncio.sleep(self.slow)
        (recipient,) = envelope.rcpt_tos
        if recipient in self.data:
            return self.data[recipient]
        self.kept.append((envelope.mail_from, recipient, bytes(envelope.content)))
        if self.drop:
            server.transport.abort()
            raise ConnectionResetError
        return "250 2.0.0 kept"


class FreePort(Controller):
    def _trigger_server(self):
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def serving(handler, **options):
    controller = FreePort(handler, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
def mail(tmp_path):
    """Make settings for a server: ``mail(port, tls="none", …)``."""

    def make(port, **settings):
        if password := settings.pop("password", None):
            (tmp_path / "password").write_text(password)
            (tmp_path / "password").chmod(0o600)
            settings["password_file"] = "password"
        section = {
            "transport": "smtp",
            "host": "127.0.0.1",
            "port": port,
            "tls": "none",
            "from_address": SENDER,
        } | settings
        return parse({"mail": section}, folder=tmp_path)

    return make


def send(settings, *recipients, message=MESSAGE):
    """Send one message to each, over one connection; give the replies or errors."""
    fates: list[object] = []
    with open_transport(settings) as transport:
        for recipient in recipients or (READER,):
            try:
                fates.append(transport.send(message, SENDER, recipient, UUID))
            except (DeliveryRefused, DeliveryDeferred, DeliveryUncertain) as error:
                fates.append(error)
    return fates


def test_a_message_arrives_as_it_was_written(mail):
    with serving(handler := Handler()) as port:
        assert send(mail(port)) == ["250 2.0.0 kept"]
    assert handler.kept == [(SENDER, READER, MESSAGE)]


def test_lines_end_as_smtp_wants(mail):
    with serving(handler := Handler()) as port:
        send(mail(port), message=b"Subject: x\n\n.one\rtwo\r\n.")
    assert handler.kept[0][2] == b"Subject: x\r\n\r\n.one\r\ntwo\r\n.\r\n"


def test_one_connection_serves_a_pass(mail):
    with serving(handler := Handler()) as port:
        send(mail(port), "a@x.example", "b@x.example", "c@x.example")
    assert [kept[1] for kept in handler.kept] == ["a@x.example", "b@x.example", "c@x.example"]
    assert len(handler.sessions) == 1


@pytest.mark.parametrize(("reply", "kind", "code"), REFUSALS)
@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_refusal_concerns_one_message(mail, reply, kind, code, where):
    handler = Handler(**{where: {"bad@x.example": reply}})
    with serving(handler) as port:
        first, bad, last = send(mail(port), "a@x.example", "bad@x.example", "c@x.example")
    assert isinstance(bad, kind)
    assert (bad.code, str(bad)) == (code, reply)
    assert (first, last) == ("250 2.0.0 kept", "250 2.0.0 kept")
    assert len(handler.kept) == 2
    assert len(handler.sessions) == 1


def test_a_lost_reply_is_uncertain(mail):
    with serving(handler := Handler(drop=True)) as port:
        (fate,) = send(mail(port))
    assert isinstance(fate, DeliveryUncertain)
    assert len(handler.kept) == 1, "the server had it"


def test_no_reply_in_time_is_uncertain(mail, monkeypatch):
    monkeypatch.setattr(module, "REPLY_SECONDS", 0.2)
    with serving(Handler(slow=1)) as port:
        (fate,) = send(mail(port))
    assert isinstance(fate, DeliveryUncertain)


def test_a_slow_server_is_waited_for(mail, monkeypatch):
    monkeypatch.setattr(module, "COMMAND_SECONDS", 2)
    with serving(handler := Handler(slow=2.5)) as port:
        assert send(mail(port)) == ["250 2.0.0 kept"]
    assert len(handler.kept) == 1
    assert module.REPLY_SECONDS == 600


def test_after_an_uncertain_one_the_pass_goes_on(mail):
    with Scripted(**{".": None}) as server:
        fates = send(mail(server.port), "a@x.example", "b@x.example")
    assert [type(fate) for fate in fates] == [DeliveryUncertain] * 2
    assert server.connections == 2


def test_no_server_charges_nobody(mail):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ServerUnavailable, match=f"127.0.0.1:{port} refuses connections"):
        send(mail(port))


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ({"greeting": None}, "closed the connection"),
        ({"EHLO": "554 go away", "HELO": "554 go away"}, "turns us away"),
        ({"MAIL": None}, "closed the connection"),
        ({"MAIL": "550 5.7.1 not you"}, r"takes no mail from us \(550 5\.7\.1\)"),
        ({"MAIL": "553 5.7.1 Sender address rejected"}, r"mail\.from_address"),
        ({"MAIL": "530 sign in first"}, r"sign in first \(530\): check mail\.username"),
        ({"MAIL": "421 closing"}, r"takes no mail for now \(421\)"),
        ({"MAIL": "452 4.3.1 no storage"}, "cannot take mail now"),
        ({"RCPT": "554 5.7.1 Relay access denied"}, "does not pass mail on for us"),
        ({"RCPT": "454 4.7.1 Relay access denied"}, "does not pass mail on for us"),
        ({"RCPT": "421 busy"}, r"takes no mail for now \(421\)"),
        ({"DATA": "550 5.4.5 daily limit exceeded"}, "sent too much for now"),
        ({"RCPT": None}, "closed the connection"),
        ({"DATA": None}, "closed the connection"),
    ],
)
def test_what_fails_before_the_message_charges_nobody(mail, replies, words):
    with Scripted(**replies) as server, pytest.raises(ServerUnavailable, match=words):
        send(mail(server.port))
    assert "." not in server.told


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({"MAIL": "552 too big"}, DeliveryRefused),
        ({"RCPT": "450 4.2.0 busy mailbox"}, DeliveryDeferred),
        ({"DATA": "554 no valid recipients"}, DeliveryRefused),
        ({".": "451 4.7.1 greylisted"}, DeliveryDeferred),
        ({".": "554 5.6.0 not readable"}, DeliveryRefused),
        ({".": "999 nonsense"}, DeliveryDeferred),
    ],
)
def test_each_reply_has_one_meaning(mail, replies, kind):
    with Scripted(**replies) as server:
        fates = send(mail(server.port), "a@x.example", "b@x.example")
    assert [type(fate) for fate in fates] == [kind, kind]


@pytest.mark.parametrize("reply", ["554 5.7.1 spam", "421 closing"])
def test_a_message_refused_for_us_was_not_judged(mail, reply):
    with Scripted(**{".": reply}) as server, pytest.raises(SenderRefused) as refused:
        send(mail(server.port))
    assert refused.value.reply == reply
    named = not reply.startswith("421")
    assert refused.value.kind is (MailFault.REFUSED if named else MailFault.TURNED_AWAY)
    assert "spam" not in str(refused.value), "not a word of the server's"


@pytest.mark.parametrize(
    ("reply", "gone"), [("550 5.1.1 no such user", True), ("550 5.2.1 disabled", False)]
)
def test_a_refusal_tells_whether_there_is_no_such_mailbox(mail, reply, gone):
    with Scripted(RCPT=reply) as server:
        (fate,) = send(mail(server.port))
    assert isinstance(fate, DeliveryRefused)
    assert fate.no_mailbox is gone


def test_a_server_may_take_its_time_to_greet(mail, monkeypatch):
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.3)
    with Scripted(wait=0.9) as server:
        assert send(mail(server.port)) == ["250 kept"]
    assert module.GREETING_SECONDS == 300


def test_a_server_that_never_greets_is_left(mail, monkeypatch):
    monkeypatch.setattr(module, "GREETING_SECONDS", 0.2)
    with Scripted(wait=1) as server, pytest.raises(ServerUnavailable, match="in time"):
        send(mail(server.port))


def test_a_server_that_ends_idle_connections_is_met_again(mail):
    with Scripted() as server, open_transport(mail(server.port)) as transport:
        transport.send(MESSAGE, SENDER, READER, UUID)
        assert isinstance(transport, SmtpTransport)
        server_side = transport._server
        assert server_side is not None
        assert server_side.sock is not None
        server_side.sock.shutdown(socket.SHUT_RDWR)
        assert transport.send(MESSAGE, SENDER, READER, UUID) == "250 kept"
    assert server.connections == 2
    assert server.told.count(".") == 2


@pytest.mark.parametrize("offered", [True, False])
def test_a_failure_notice_is_asked_for_only_where_offered(mail, offered):
    ehlo = "250-here\r\n250 DSN" if offered else "250 here"
    with Scripted(EHLO=ehlo) as server:
        send(mail(server.port))
    assert (f"MAIL FROM:<{SENDER}> RET=HDRS ENVID={UUID}" in server.told) is offered
    assert (f"RCPT TO:<{READER}> NOTIFY=FAILURE" in server.told) is offered
    assert (f"RCPT TO:<{READER}>" in server.told) is not offered


@pytest.mark.parametrize("address", ["a@x> <b@y", "a@x\r\nRCPT TO:<b@y>", "é@x.example", "a b@x"])
def test_an_address_never_becomes_a_command(mail, address):
    with Scripted() as server:
        (fate,) = send(mail(server.port), address)
    assert isinstance(fate, DeliveryRefused)
    assert not any("RCPT" in line for line in server.told)


def test_a_servers_words_are_kept_short_and_on_one_line(mail):
    reply = "550-5.1.1 gone\r\n550-" + "x" * 900 + "\r\n550 end"
    with Scripted(RCPT=reply) as server:
        (fate,) = send(mail(server.port))
    assert str(fate).startswith("550 5.1.1 gone xxx")
    assert len(str(fate)) <= 400


def test_without_starttls_nothing_is_sent(mail):
    with serving(handler := Handler()) as port, pytest.raises(ServerUnavailable, match="STARTTLS"):
        send(mail(port, tls="starttls", username="u", password="canary"))
    assert handler.kept == []


def test_a_password_is_never_sent_in_the_clear(mail):
    settings = mail(25, host="mail.example.org", username="u", password="canary")
    with pytest.raises(ConfigError, match=r"mail\.tls"):
        send(settings)


def test_a_refused_sign_in_names_the_settings_and_hides_the_password(mail):
    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == b"right", handled=False)

    options = {"authenticator": authenticate, "auth_require_tls": False}
    with serving(handler := Handler(), **options) as port:
        with pytest.raises(ServerUnavailable, match=r"mail\.username") as refused:
            send(mail(port, username="u", password="canary"))
        assert "canary" not in str(refused.value)
        assert send(mail(port, username="u", password="right")) == ["250 2.0.0 kept"]
    assert len(handler.kept) == 1


def test_no_sign_in_offered_is_said_so(mail):
    with Scripted() as server, pytest.raises(ServerUnavailable, match="offers no sign-in"):
        send(mail(server.port, username="u", password="canary"))


NAMES = ["gap", "gäp@example.org", "гэп"]
PASSWORDS = ["right", "pässwörd€", "密码 with a space", "e\u0301 apart", "x" * 300]


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN", "LOGIN PLAIN XOAUTH2"])
@pytest.mark.parametrize("username", NAMES)
@pytest.mark.parametrize("password", PASSWORDS)
def test_a_name_and_a_password_are_sent_as_utf_8(mail, mechanisms, username, password):
    seen = []

    def authenticate(server, session, envelope, mechanism, data):
        seen.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    left_out = {"PLAIN", "LOGIN"} - set(mechanisms.split())
    options = {"auth_exclude_mechanism": left_out, "auth_require_tls": False}
    with serving(Handler(), authenticator=authenticate, **options) as port:
        assert send(mail(port, username=username, password=password)) == ["250 2.0.0 kept"]
    assert seen == [(username, password)]


def test_a_challenge_is_answered(mail):
    question = base64.b64encode(b"<1896.697@here>").decode()
    answer = base64.b64encode(
        b"tim " + hmac.new("tänz".encode(), b"<1896.697@here>", "md5").hexdigest().encode()
    )
    replies = {"EHLO": "250-here\r\n250 AUTH CRAM-MD5", "AUTH": f"334 {question}"}
    with Scripted(**replies, **{answer.decode().upper(): "235 in"}) as server:
        assert send(mail(server.port, username="tim", password="tänz")) == ["250 kept"]


@pytest.mark.parametrize(
    ("offered", "reply", "words"),
    [
        ("XOAUTH2", "", "by XOAUTH2 only, which Gap Monitor does not speak"),
        ("OAUTHBEARER XOAUTH2", "", "by XOAUTH2 or OAUTHBEARER only"),
        ("GSSAPI NTLM", "", "by GSSAPI or NTLM only"),
        ("SOMETHING", "", "offers no sign-in"),
        ("PLAIN", "535 5.7.139 basic authentication is disabled", "switch SMTP AUTH on"),
        ("PLAIN", "454 4.7.0 try later", "cannot check our sign-in now"),
        ("LOGIN PLAIN", "504 5.5.4 not so", "in no way that it offers"),
        ("PLAIN", "535 5.7.8 canary", "refused the sign-in"),
        ("PLAIN", "334 again", "in no way that it offers"),
    ],
)
def test_who_is_not_let_in_is_told_why(mail, offered, reply, words):
    replies = {"EHLO": f"250-here\r\n250 AUTH {offered}", "AUTH": reply, "*": "535 no"}
    refused = pytest.raises(ServerUnavailable, match=words)
    with Scripted(**replies) as server, refused as told:
        send(mail(server.port, username="u", password="canary"))
    assert told.value.kind is MailFault.SIGN_IN
    assert "canary" not in str(told.value)


def test_a_wrong_password_is_tried_once_a_connection(mail):
    replies = {"EHLO": "250-here\r\n250 AUTH LOGIN PLAIN CRAM-MD5", "AUTH": "535 no"}
    with Scripted(**replies) as server, pytest.raises(ServerUnavailable):
        send(mail(server.port, username="u", password="p"))
    assert len([line for line in server.told if line.startswith("AUTH")]) == 1


def test_a_missing_password_file_names_it(mail):
    with pytest.raises(ConfigError, match="nowhere"):
        send(mail(25, username="u", password_file="nowhere"))


@pytest.fixture
def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


@pytest.mark.parametrize("trusted", [True, False])
def test_starttls_checks_the_certificate(mail, certificate, server_tls, monkeypatch, trusted):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with serving(handler := Handler(), tls_context=server_tls, require_starttls=True) as port:
        if trusted:
            assert send(mail(port, tls="starttls")) == ["250 2.0.0 kept"]
        else:
            with pytest.raises(ServerUnavailable, match="certificate that cannot be trusted"):
                send(mail(port, tls="starttls"))
    assert len(handler.kept) == trusted


@pytest.mark.parametrize("trusted", [True, False])
def test_tls_checks_the_certificate(mail, certificate, server_tls, monkeypatch, trusted):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with Tunnel(server_tls) as server:
        if trusted:
            assert send(mail(server.port, tls="tls")) == ["250 kept"]
        else:
            with pytest.raises(ServerUnavailable, match="certificate that cannot be trusted"):
                send(mail(server.port, tls="tls"))
    assert (READER in " ".join(server.told)) is trusted


class Tunnel(Scripted):  # type: ignore[misc]  # found by path, so mypy does not know it
    """The scripted server inside TLS."""

    def __init__(self, context):
        super().__init__()
        self.context = context

    def meet(self, connection):
        with (
            contextlib.suppress(OSError),
            self.context.wrap_socket(connection, server_side=True) as protected,
        ):
            super().meet(protected)


def test_tls_against_a_server_that_speaks_none(mail):
    with Scripted() as server, pytest.raises(ServerUnavailable, match="does not speak TLS"):
        send(mail(server.port, tls="tls"))


def test_the_mailbox_keeps_one_file_however_often(tmp_path):
    settings = parse({"mail": {"from_address": SENDER}}, folder=tmp_path)
    for message in (b"first", MESSAGE):
        with open_transport(settings) as transport:
            assert transport.send(message, SENDER, READER, UUID) == f"Written to {UUID}.eml"
    folder = tmp_path / "var" / "mail"
    assert [path.name for path in folder.iterdir()] == [f"{UUID}.eml"]
    assert (folder / f"{UUID}.eml").read_bytes() == MESSAGE
    assert (folder / f"{UUID}.eml").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("uuid", ["../x", "", UUID + "/../y", UUID.upper()])
def test_only_a_uuid_names_a_file(tmp_path, uuid):
    with pytest.raises(ValueError, match="uuid"):
        mailbox_path(tmp_path, uuid)


def test_a_mailbox_that_cannot_be_written_charges_nobody(tmp_path):
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(ServerUnavailable, match="cannot be written"):
        MailboxTransport(tmp_path / "mail").send(MESSAGE, SENDER, READER, UUID)
