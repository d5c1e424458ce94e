"""What refusals are about, in the words of Postfix, Exim, Exchange, Google and others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.notify.smtp.refusals import Refusal, RefusalCause, RefusedCommand, judge, same

ABOUT_US = [
    "554 5.7.1 <reader@example.org>: Relay access denied",
    "554 Relay access denied",
    "454 4.7.1 <reader@example.org>: Relay access denied",
    "550 relay not permitted",
    "550-relaying to <reader@example.org> prohibited by administrator",
    "550 5.7.64 TenantAttribution; Relay Access Denied",
    "550 5.1.1 we do not relay <reader@example.org>",
    "553 sorry, that domain isn't in my list of allowed rcpthosts; you are not allowed to relay",
    "551 5.7.1 Unable to relay for reader@example.org",
    "530 5.7.0 Authentication required",
    "530 Authentication is required",
    "550 5.7.1 Client was not authenticated",
    "550 Please authenticate first",
    "503 5.5.1 you must sign in first",
    "553 5.7.1 <gap@example.org>: Sender address rejected: not owned by user gap",
    "550 5.1.1 <gap@example.org>: Sender address rejected: User unknown in local recipient table",
    "450 4.1.8 <gap@example.org>: Sender address rejected: Domain not found",
    "550 5.1.8 bad sender",
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    "554 5.2.252 SendAsDenied; gap@example.org not allowed to send as news@example.org",
    "550 5.4.5 Daily user sending limit exceeded",
    "452 4.5.3 daily sending quota exceeded",
    "550 Message rate limit exceeded, try later",
    "550 Too many messages from you today",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "550 Your IP is on a block list",
    "550 5.7.1 rejected by policy",
    "550 5.7.26 unauthenticated: SPF and DKIM did not pass",
    "554 5.7.1 spam",
    "550 Too many invalid recipients",
    "550 5.1.1 Too many unknown users from you",
    "550 POP before SMTP is required",
    "550 You must check your mail before sending mail",
    "554 Message rejected: Email address is not verified. The following identities failed: a@b.org",
    "550 The from address does not match a verified Sender Identity",
    "550 Sender address does not match the authenticated user",
    "550 Domain example.org has exceeded the max emails per hour (100/100) allowed",
    "451 Maximum credits exceeded",
    "554 Sending paused for this account",
    "450 4.7.25 Client host rejected: cannot find your hostname",
    "452 4.3.1 Insufficient system storage",
    "452 insufficient system storage",
    "451 4.3.2 system not accepting messages",
    "454 4.7.0 TLS not available",
    "523 encryption needed",
    "421 4.7.0 closing",
    "554 5.1.1 the recipient's domain is not in relay domains",
    "550 Administrative prohibition",
    "550 Verification failed for <gap@example.org>",
    "502 5.5.2 command not recognised",
    "550 5.7.0 Must issue a STARTTLS command first",
]
NO_SUCH_MAILBOX = [
    "550 5.1.1 no such user",
    "550-5.1.1 The email account that you tried to reach does not exist",
    "550 5.1.1 <relay@denied.org>: Recipient address rejected: User unknown in virtual mailbox table",
    "550 5.1.1 user unknown, see https://example.org/relay-denied",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "556 5.1.10 null MX",
    "550 5.1.2 bad domain",
    "550 5.1.1 <a@b.org>: Recipient address rejected: User unknown in relay recipient table",
    "550 No such user here",
    "550 Unknown user",
    "550 <blocked@policy.org>: user unknown",
    "550 5.1.0 Recipient unknown",
    "551 no mailbox here by that name",
    "550 The recipient does not exist",
]
ABOUT_THE_MESSAGE = [
    "550 5.2.1 The email account that you tried to reach is disabled",
    "552 5.3.4 too big",
    "550 5.4.1 Recipient address rejected: Access denied",
    "554 5.6.0 cannot be converted",
    "550 Requested action not taken: mailbox unavailable",
    "554 Transaction failed",
    "550 5.0.0 rejected",
    "550 15.1.1.9 nonsense",
]
FOR_NOW = [
    "451 4.7.1 greylisted",
    "450 4.2.0 <reader@example.org>: Recipient address rejected: Greylisted, your host is new",
    "451 4.7.1 please try again later",
    "452 4.2.2 mailbox full",
    "552 5.2.2 full",
    "552 Mailbox quota exceeded",
    "550 user is over quota",
    "450 4.1.1 unverified recipient",
    "452 4.5.3 too many recipients",
    "999 nonsense",
]


@pytest.mark.parametrize("step", [RefusedCommand.RECIPIENT, RefusedCommand.CONTENT])
@pytest.mark.parametrize("reply", ABOUT_US)
def test_a_refusal_of_us_is_none_of_the_reader(reply, step):
    assert judge(step, int(reply[:3]), reply) is RefusalCause.US


@pytest.mark.parametrize("reply", NO_SUCH_MAILBOX)
def test_only_no_such_mailbox_ends_a_reader(reply):
    assert judge(RefusedCommand.RECIPIENT, int(reply[:3]), reply) is RefusalCause.MAILBOX


@pytest.mark.parametrize("reply", ABOUT_THE_MESSAGE)
def test_another_refusal_for_good_ends_a_message_at_most(reply):
    assert judge(RefusedCommand.RECIPIENT, int(reply[:3]), reply) is RefusalCause.MESSAGE


@pytest.mark.parametrize("reply", FOR_NOW)
def test_a_refusal_for_now_is_tried_again(reply):
    assert judge(RefusedCommand.RECIPIENT, int(reply[:3]), reply) is RefusalCause.LATER


@pytest.mark.parametrize(
    "reply", [r for r in NO_SUCH_MAILBOX + ABOUT_THE_MESSAGE + FOR_NOW if "too big" not in r]
)
def test_before_a_reader_is_named_every_refusal_is_of_us(reply):
    assert judge(RefusedCommand.SENDER, int(reply[:3]), reply) is RefusalCause.US


def test_a_message_may_be_too_big_before_its_reader_is_named():
    assert judge(RefusedCommand.SENDER, 552, "552 too big") is RefusalCause.MESSAGE
    assert judge(RefusedCommand.SENDER, 552, "552 5.7.0 daily quota exceeded") is RefusalCause.US


@given(st.sampled_from(RefusedCommand), st.integers(-1, 999), st.text(max_size=60))
def test_every_reply_has_one_meaning_and_only_the_fifties_end_anything(step, code, words):
    about = judge(step, code, f"{code} {words}")
    if about in {RefusalCause.MAILBOX, RefusalCause.MESSAGE}:
        assert 500 <= code < 600
    assert about is not RefusalCause.MAILBOX or step is not RefusedCommand.SENDER


def test_the_same_is_said_whoever_is_named():
    one = "550 5.0.0 <a@x.org>: no thanks"
    assert same(one, "550 5.0.0 <b@y.org>: No  thanks")
    assert not same(one, "550 5.0.0 <a@x.org>: disabled")
    assert not same(one, "554 5.0.0 <a@x.org>: no thanks")


def test_a_refusal_of_us_is_told_in_our_own_words():
    for reply in ABOUT_US:
        told = Refusal(RefusedCommand.RECIPIENT, int(reply[:3]), reply)
        assert told.status in told.reason
        assert "@" not in told.reason
    assert Refusal(RefusedCommand.DATA, 554, "554 secret words").status == "554"
