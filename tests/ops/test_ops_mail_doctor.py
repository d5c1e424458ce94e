"""`doctor mail`: what records say, what a name server and a mail server answer; offline is not known."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listening import MailServer  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.kernel.settings import parse
from monitor.ops.mail_doctor import rules
from monitor.ops.mail_doctor.examining import examine
from monitor.ops.mail_doctor.lookups import Resolver
from monitor.ops.mail_doctor.rules import LineVerdict

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
OK, NOT_OK, UNKNOWN = LineVerdict.OK, LineVerdict.NOT_OK, LineVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("texts", "verdict", "words"),
    [
        (["v=spf1 include:_spf.relay.net ~all"], OK, "include:_spf.relay.net"),
        (["other", "v=spf1 redirect=_spf.relay.net"], OK, "redirect="),
        ([], NOT_OK, "add a TXT record"),
        (["v=spf1 mx ~all", "v=spf1 a -all"], NOT_OK, "several"),
        (["v=spf1 mx +all"], NOT_OK, "anybody"),
        (["v=spf1 mx ?all"], NOT_OK, "forbids nobody"),
        (["v=spf1 -all"], NOT_OK, "permits nobody"),
        (["v=spf1 mx -all exp=why.news.org"], OK, "permits mx"),
        (["v=spf1 exp=why.news.org -all"], NOT_OK, "permits nobody"),
        (["v=spf1 " + "include:x " * 11 + "-all"], NOT_OK, "more than 10"),
        (["v=spf1 " + "ip4:192.0.2.1 " * 11 + "-all"], OK, "ip4"),
        (None, UNKNOWN, "no answer"),
    ],
)
def test_spf(texts, verdict, words):
    line = rules.spf("news.org", texts, "no answer")
    assert (line.verdict, words in line.words) == (verdict, True)


@pytest.mark.parametrize(
    ("texts", "verdict", "words"),
    [
        (["v=DMARC1; p=reject; rua=mailto:a@b.org"], OK, "p=reject"),
        (["v=DMARC1;p=none"], OK, "only watches"),
        (["v=DMARC1; p=maybe"], NOT_OK, "cannot be read"),
        (["v=DMARC10; p=none"], NOT_OK, "there is none"),
        (["V = dmarc1 ; p = none"], OK, "only watches"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], NOT_OK, "several"),
        ([], NOT_OK, "_dmarc.news.org"),
        (None, UNKNOWN, "no answer"),
    ],
)
def test_dmarc(texts, verdict, words):
    line = rules.dmarc("news.org", texts, "no answer")
    assert (line.verdict, words in line.words) == (verdict, True)


@pytest.mark.parametrize(
    ("texts", "ours", "verdict", "words"),
    [
        (["v=DKIM1; k=rsa; p=AAAA"], None, OK, "published"),
        (["v=DKIM1; p=AAAA"], True, OK, "signed with"),
        (["v=DKIM1; p=AAAA"], False, NOT_OK, "another key"),
        (["v=DKIM1; p="], None, NOT_OK, "revoked"),
        (["v=DKIM1; t=y:s; p=AAAA"], None, NOT_OK, "test"),
        (["v=DKIM1; p=AAAA", "p=BBBB"], None, NOT_OK, "several"),
        (["v=DKIM2; p=AAAA"], None, NOT_OK, "none"),
        ([], None, NOT_OK, "none"),
        (None, None, UNKNOWN, "no answer"),
    ],
)
def test_dkim(texts, ours, verdict, words):
    is_ours = None if ours is None else (lambda _: ours)
    line = rules.dkim("mail._domainkey.news.org", texts, is_ours, "no answer")
    assert (line.verdict, words in line.words) == (verdict, True)


@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_record_has_a_verdict_and_what_is_not_ok_says_what_to_do(texts):
    for line in (
        rules.spf("news.org", texts),
        rules.dmarc("news.org", texts),
        rules.dkim("s._domainkey.news.org", texts, None),
    ):
        assert line.words


@given(st.sampled_from(["spf", "dmarc"]))
def test_what_could_not_be_looked_up_is_never_ok(kind):
    assert getattr(rules, kind)("news.org", None, "offline").verdict is UNKNOWN


def test_a_certificate_about_to_end_is_told():
    assert rules.certificate(NOW + timedelta(days=60), NOW).verdict is OK
    assert rules.certificate(NOW + timedelta(days=3), NOW).verdict is NOT_OK


class NameServer:
    """Answers TXT and MX by name over UDP on loopback; what is not named does not exist."""

    def __init__(self, records, *, fails=False):
        self.records, self.fails = records, fails
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return Resolver("127.0.0.1", self.port)

    def __exit__(self, *problem):
        self.socket.close()

    def _serve(self):
        try:
            while True:
                asked, peer = self.socket.recvfrom(4096)
                self.socket.sendto(self._answer(asked), peer)
        except OSError:
            return

    def _answer(self, asked):
        query = dns.message.from_wire(asked)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
        found = self.records.get((name, kind))
        if self.fails:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


class Relay(MailServer):  # type: ignore[misc]  # found by path, so mypy does not know it
    """Greets, and says what it offers."""

    offers = "250 ok"

    def talk(self, connection, lines):
        connection.sendall(b"220 here\r\n")
        for line in lines:
            verb = line.split()[0].upper()
            reply = self.offers if verb == b"EHLO" else "221 bye" if verb == b"QUIT" else "250 ok"
            connection.sendall(reply.encode() + b"\r\n")
            if verb == b"QUIT":
                return


def settings(port, **mail):
    web = {"public_url": "https://gap.news.org", "contact": "help@news.org"}
    sends = {"transport": "smtp", "host": "127.0.0.1", "port": port, "tls": "none"}
    data = {"web": web, "mail": {**sends, "from_address": "digest@mail.news.org", **mail}}
    return parse(data, folder=Path())


RECORDS = {
    ("mail.news.org", "MX"): ["10 mx.news.org."],
    ("mail.news.org", "TXT"): ['"v=spf1 include:relay" ".net -all"'],  # in two strings
    ("r1._domainkey.mail.news.org", "TXT"): ['"v=DKIM1; p=AAAA"'],
    ("_dmarc.news.org", "TXT"): ['"v=DMARC1; p=quarantine"'],  # of the domain above
}


def test_all_is_well_where_everything_is_seen_to_be():
    with NameServer(RECORDS) as names, Relay() as relay:
        lines = examine(settings(relay.port, dkim_selector="r1"), names, NOW)
    assert {line.verdict for line in lines} == {OK}, lines


def test_each_missing_record_is_told_with_what_to_add():
    with NameServer({}) as names, Relay() as relay:
        lines = examine(settings(relay.port, dkim_selector="r1"), names, NOW)
    wrong = {line.what: line.words for line in lines if line.verdict is NOT_OK}
    assert {*wrong} == {
        "bounces to mail.news.org",
        "SPF of mail.news.org",
        "DKIM key r1._domainkey.mail.news.org",
        "DMARC of mail.news.org",
    }
    assert all("add" in words or "give" in words for words in wrong.values())


def test_a_domain_with_an_address_of_ipv6_alone_takes_mail_and_no_record_moves_a_cursor():
    records = {
        ("news.org", "AAAA"): ["2001:db8::1"],
        ("news.org", "TXT"): ['"v=spf1 \\027[2Jmx \\255 -all"'],
    }
    with NameServer(records) as names:
        assert names.mail_servers("news.org").answers == ("2001:db8::1",)
        assert names.texts("news.org").answers == ("v=spf1 [2Jmx \ufffd -all",)


def test_where_no_name_server_answers_nothing_is_ok_or_wrong():
    with NameServer({}, fails=True) as names, Relay() as relay:
        lines = examine(settings(relay.port, dkim_selector="r1"), names, NOW)
    assert {line.verdict for line in lines if " " in line.what and "." in line.what} == {UNKNOWN}


@pytest.mark.parametrize(
    ("mail", "what", "words"),
    [
        ({"tls": "starttls"}, "TLS", "does not offer STARTTLS"),
        ({"username": "gap", "password_file": "none"}, "sign-in", "cannot read the secret file"),
        ({"bounce_address": "b@other.net"}, "bounce address", "says nothing for mail.news.org"),
        ({"from_address": "gap@localhost"}, "From", "nobody’s address"),
    ],
)
def test_what_is_wrong_here_names_what_to_set(mail, what, words):
    with NameServer(RECORDS) as names, Relay() as relay:
        lines = examine(settings(relay.port, **mail), names, NOW)
    (line,) = [line for line in lines if line.what == what]
    assert (line.verdict, words in line.words) == (NOT_OK, True)


def test_a_mail_server_that_refuses_is_wrong_and_what_it_would_say_is_not_known():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with NameServer(RECORDS) as names:
        found = {line.what: line.verdict for line in examine(settings(port), names, NOW)}
    assert (found["mail server"], found["TLS"], found["sign-in"]) == (NOT_OK, UNKNOWN, UNKNOWN)
