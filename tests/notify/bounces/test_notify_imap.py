"""Opening a mailbox over IMAP: what a server may do wrong, and what is said of it. No database."""

import ssl

import pytest
from imap_server import ImapServer  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.kernel.errors import MailboxUnavailable, MailFault
from monitor.kernel.mailbox_settings import ImapSettings
from monitor.notify.bounces import imap

MAIL = b"Subject: hello\r\n\r\nHello"


def read(server, **wishes):
    """Read all that is in the mailbox."""
    usual = {"host": "127.0.0.1", "port": server.port, "tls": "none", "username": server.secret[0]}
    settings = ImapSettings.model_validate(usual | {"password_file": "file"} | wishes)
    with imap.opened(settings, server.secret[1]) as mailbox:
        return [mailbox.mail(uid) for uid in mailbox.after(0, 100)]


def refused(server, **wishes):
    """Say why it could not be read."""
    with pytest.raises(MailboxUnavailable) as told:
        read(server, **wishes)
    assert "canary" not in str(told.value)
    return told.value


@pytest.mark.parametrize(
    ("wrong", "wishes", "kind", "words"),
    [
        ("endless", {}, MailFault.BOX_NONSENSE, "sends more than was asked for"),
        ("silent", {}, MailFault.BOX_UNREACHABLE, "does not answer in time"),
        (
            "smtp",
            {},
            MailFault.BOX_NONSENSE,
            "does not answer as IMAP has it: check mail.imap.host",
        ),
        ("", {"tls": "starttls"}, MailFault.BOX_UNPROTECTED, "does not offer STARTTLS"),
        ("preauth", {"tls": "starttls"}, MailFault.BOX_UNPROTECTED, "does not offer STARTTLS"),
        (
            "",
            {"tls": "tls"},
            MailFault.BOX_UNPROTECTED,
            "does not speak TLS here: check mail.imap.",
        ),
        ("", {"username": "nobody"}, MailFault.BOX_SIGN_IN, "sign-in of nobody: check mail.imap."),
        (
            "",
            {"folder": "Bounces"},
            MailFault.BOX_FOLDER,
            "opens no folder Bounces: check mail.imap",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_to_look_at(monkeypatch, wrong, wishes, kind, words):
    monkeypatch.setattr(imap, "COMMAND_SECONDS", 1)
    with ImapServer(MAIL, wrong=wrong) as server:
        error = refused(server, **wishes)
    assert (error.kind, words in str(error)) == (kind, True), error
    assert f"127.0.0.1:{server.port}" in str(error)
    assert not [said for said in server.told if said.startswith("UID FETCH")]


def test_a_server_that_takes_no_connection_or_has_no_such_name_is_told_so():
    with ImapServer() as server:
        pass
    assert "refuses connections: check mail.imap.host and mail.imap.port" in str(refused(server))
    assert refused(server).kind is MailFault.BOX_UNREACHABLE


@pytest.mark.parametrize(
    ("offers", "takes"),
    [("AUTH=PLAIN", True), ("", True), ("LOGINDISABLED AUTH=XOAUTH2", False), ("LOGINDISABLED", 0)],
)
def test_it_signs_in_as_the_server_offers(offers, takes):
    with ImapServer(MAIL, offers=offers) as server:
        server.secret = ("bounces of ours", 's3"c\\ret')
        if takes:
            assert read(server) == [MAIL]
            return
        error = refused(server)
    assert error.kind is MailFault.BOX_SIGN_IN
    assert "takes no password on this connection" in str(error)
    assert ("XOAUTH2" in str(error)) is ("XOAUTH2" in offers)
    assert not [said for said in server.told if said.startswith("LOGIN ")]


@pytest.mark.parametrize(("offers", "takes"), [("AUTH=PLAIN", True), ("", False)])
def test_a_password_beyond_ascii_goes_where_the_server_can_take_it(offers, takes):
    with ImapServer(MAIL, offers=offers) as server:
        server.secret = ("bounces", "pässword")
        if takes:
            assert read(server) == [MAIL]
        else:
            assert "in ASCII alone, and ours are not" in str(refused(server))


def test_what_the_server_cannot_do_is_told_before_a_mail_is_read():
    with ImapServer(MAIL, offers="AUTH=PLAIN") as server:
        error = refused(server, then="move", move_to="Done")
        assert 'set mail.imap.then to "seen" or "keep"' in str(error)
        server.read_only = True
        assert 'set mail.imap.then = "keep"' in str(refused(server, then="seen"))
        assert read(server) == [MAIL]


def test_the_next_mails_are_found_whatever_gaps_their_numbers_have():
    with ImapServer() as server:
        for uid in (3, 4, 90, 4_294_967_294):
            server.next = uid
            server.arrives(MAIL)
        usual = {"host": "127.0.0.1", "port": server.port, "tls": "none", "username": "bounces"}
        settings = ImapSettings.model_validate(usual | {"password_file": "file"})
        with imap.opened(settings, server.secret[1]) as mailbox:
            assert mailbox.after(0, 2) == [3, 4]
            assert mailbox.after(3, 9) == [4, 90, 4_294_967_294]
            assert mailbox.after(50, 1) == [90]
            assert mailbox.after(4_294_967_294, 9) == []
            assert mailbox.mail(50) is None


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_is_checked_before_the_password_is_told(
    certificate, monkeypatch, first, trusted
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with ImapServer(MAIL, tls=context, starttls=not first) as server:
        wishes = {"tls": "tls" if first else "starttls"}
        if trusted:
            assert read(server, **wishes) == [MAIL]
            return
        error = refused(server, **wishes)
    assert error.kind is MailFault.BOX_UNPROTECTED
    assert "certificate that cannot be trusted" in str(error)
    assert not [said for said in server.told if said.startswith("AUTHENTICATE")]
