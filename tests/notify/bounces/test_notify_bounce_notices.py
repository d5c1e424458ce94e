"""What a mail that came back says; whatever is sent, reading it ends in a notice or in a reason."""

import contextlib
import time

import pytest
from bounce_mails import dsn, exim, global_dsn, qmail  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st

from monitor.kernel.errors import InvalidInput
from monitor.notify.bounces import mbox, notices, rules
from monitor.notify.smtp import envelopes
from monitor.notify.words import BounceWeight

ADDRESS, ID = "anna@reader.example", "<0e0a7a42-0000-4000-8000-000000000001@example.org>"
UUID = "12345678-1234-4234-8234-123456789abc"


@pytest.mark.parametrize("mail", [dsn, global_dsn, exim, qmail])
def test_each_known_form_says_who_why_and_of_what(mail):
    for raw in (mail(ADDRESS, ID), mail(ADDRESS, ID).replace(b"\n", b"\r\n")):
        notice = notices.read(raw)
        (failure,) = notice.failures
        assert ADDRESS in failure.recipients
        assert notice.originals == {ID}
        assert rules.weigh(failure.status, failure.diagnostic) is BounceWeight.GONE


def test_headers_alone_and_the_envelope_id_are_read():
    notice = notices.read(dsn(ADDRESS, ID, envid=UUID, original="text/rfc822-headers"))
    assert notice.originals == {ID}
    assert notice.envids == {UUID}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (dsn(ADDRESS, ID, action="delayed"), "no failure"),
        (dsn(ADDRESS, ID, action="delivered"), "no failure"),
        (dsn(ADDRESS, ID).replace(b"message/delivery-status", b"text/plain"), "without a delivery"),
        (b"Subject: I am on holiday\n\nBack in August.\n", "no notice"),
        (b"Subject: undeliverable\n\n<anna@reader.example>: 550 no such user\n", "no notice"),
        (exim(ADDRESS, ID).replace(b"a permanent error", b"a warning"), "for good"),
        (b"", "no notice"),
    ],
)
def test_what_is_no_notice_of_failure_is_said_so(raw, why):
    with pytest.raises(InvalidInput, match=why):
        notices.read(raw)


def test_a_mail_made_to_be_hard_to_read_is_left():
    bomb = b"".join(
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="%d"\n\n--%d\n'
        % (number, number)
        for number in range(5000)
    )
    began = time.monotonic()
    with pytest.raises(InvalidInput, match="nested"):
        notices.read(bomb)
    with pytest.raises(InvalidInput):
        notices.read(b"Content-Type: multipart/report;report-type=x\n" * 20_000)
    assert time.monotonic() - began < 30  # far from quadratic


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_notice_or_a_reason(raw):
    _ends(raw)


@given(
    st.sampled_from([dsn, global_dsn, exim, qmail]),
    st.integers(0, 1500),
    st.integers(0, 60),
    st.binary(max_size=30),
)
def test_any_mangled_bounce_ends_in_a_notice_or_a_reason(mail, where, cut, put):
    raw = mail(ADDRESS, ID)
    _ends(raw[:where] + put + raw[where + cut :])


def _ends(raw):
    with contextlib.suppress(InvalidInput):
        assert notices.read(raw).failures


CODES = st.builds("{}.{}.{}".format, st.sampled_from("45"), st.integers(0, 9), st.integers(0, 20))


@given(CODES, st.text(max_size=80))
def test_every_failure_has_a_weight_and_one_for_now_lets_nobody_go(status, words):
    weight = rules.weigh(status, words)
    assert weight in BounceWeight
    if status.startswith("4"):
        # only the other server's own words say more
        assert weight is not BounceWeight.GONE or words


@pytest.mark.parametrize(
    ("status", "said", "weight"),
    [
        ("5.1.1", "", BounceWeight.GONE),
        ("5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", BounceWeight.GONE),
        ("5.2.1", "smtp; 550 5.2.1 account disabled", BounceWeight.GONE),
        ("5.0.0", "smtp; 550 No such user here", BounceWeight.GONE),
        ("5.2.2", "smtp; 552 mailbox full", BounceWeight.FOR_NOW),
        ("4.4.7", "smtp; 451 4.7.1 greylisted", BounceWeight.FOR_NOW),
        ("5.4.4", "dns; host not found", BounceWeight.FOR_NOW),
        ("5.0.0", "", BounceWeight.FOR_NOW),
        ("5.7.1", "smtp; 554 5.7.1 blocked using a list", BounceWeight.OURS),
        ("5.1.1", "smtp; 550 5.1.1 relay access denied", BounceWeight.OURS),
        ("5.1.8", "smtp; 553 sender's domain does not exist", BounceWeight.OURS),
        ("5.3.4", "smtp; 552 5.3.4 too large", BounceWeight.MESSAGE),
        ("5.6.0", "smtp; 554 5.6.0 conversion failed", BounceWeight.MESSAGE),
    ],
)
def test_a_failure_is_of_the_mailbox_the_moment_the_message_or_us(status, said, weight):
    assert rules.weigh(status, said) is weight


@given(st.uuids(version=4), st.binary(min_size=1, max_size=40))
def test_an_envelope_sender_is_read_whatever_the_case_and_only_by_its_secret(uuid, secret):
    made = envelopes.sender_of(secret, "bounces@example.org", str(uuid))
    assert len(made.partition("@")[0]) <= 64
    for text in (made, made.upper(), f"To: <{made}>"):
        assert envelopes.uuids_in(secret, "bounces@example.org", text) == {str(uuid)}
    assert not envelopes.uuids_in(secret + b"x", "bounces@example.org", made)
    assert not envelopes.uuids_in(secret, "bounces@example.org", f"{made}.evil.example")
    forged = made.replace("+", "+a", 1)[:-1]
    assert not envelopes.uuids_in(secret, "bounces@example.org", forged)


def test_an_mbox_is_cut_into_its_mails_and_no_mail_grows_without_end():
    one, two = dsn(ADDRESS, ID), exim(ADDRESS, ID)
    many = b"From MAILER-DAEMON Mon Nov 23\n" + one + b"\nFrom x Mon Nov 23\n" + two
    assert [raw.strip() for raw in mbox.mails(many.splitlines(keepends=True))] == [
        one.strip(),
        two.strip(),
    ]
    assert [*mbox.mails(one.splitlines(keepends=True))] == [one]
    endless = (b"x" * 60_000 + b"\n" for _ in range(100))
    (kept,) = mbox.mails(endless)
    assert len(kept) < notices.LARGEST + 60_002
    assert [*mbox.mails([b"\n", b"\n"])] == []


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_what_is_a_line_end_to_some_breaks_nothing(odd):
    """One such character in a server's words raised an error of which nobody had thought: it stopped them all."""
    said = f"smtp; 550 5.1.1 no{odd}such: user"
    notice = notices.read(dsn("anna@reader.example", "<x@example.org>", diagnostic=said))
    (failure,) = notice.failures
    assert "anna@reader.example" in failure.recipients
    assert failure.status == "5.1.1"
    assert "no" in failure.diagnostic
    assert "user" in failure.diagnostic
