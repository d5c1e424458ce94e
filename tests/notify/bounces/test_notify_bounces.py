"""Bounces that are believed, and forged ones that do nothing; on both databases."""

from datetime import timedelta

import pytest
from bounce_mails import FORGED_ID, dsn, exim, qmail  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import func, select

from monitor.feeds import incidents
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.kernel.settings import parse
from monitor.notify import service as notify
from monitor.notify.bounces import queries, taking
from monitor.notify.incidents import mail_trouble
from monitor.notify.messages import outbox, postmaster
from monitor.notify.smtp import envelopes
from monitor.notify.tables import (
    Message,
    MessageState,
    ReturnedMail,
    Subscriber,
    SubscriberState,
)
from monitor.notify.words import BounceWeight, Cadence

SECRET = b"s" * 32
ANNA, BERTA = "anna@reader.example", "berta@reader.example"


@pytest.fixture
def post(session, world, settings, now):
    """Two confirmed readers, each with a change that was handed over."""
    return Post(session, world(session), settings, now)


class Post:
    def __init__(self, session, world, settings, now):
        self.session, self.world, self.settings, self.now = session, world, settings, now
        self.studies = 0
        for address in (ANNA, BERTA):
            self.asks(address)
        self.hand_over()
        self.now += timedelta(hours=2)
        self.world.at = self.now
        self.tell()

    def asks(self, address):
        notify.subscribe(
            self.session,
            self.settings,
            address=address,
            interventions=["cos"],
            purpose="news",
            at=self.now,
            cadence=Cadence.AT_ONCE,
            budget=None,
        )
        self.session.flush()
        asked = self.of(address)
        notify.confirm(self.session, asked.uuid, self.now + timedelta(minutes=5))

    def tell(self):
        self.announce()
        self.hand_over()

    def announce(self):
        """Tell of a study that nobody was told of before."""
        self.studies += 1
        number = self.studies
        self.world.accept_and_announce(self.world.study(f"COSI {number}", doi=f"10.1000/{number}"))

    def hand_over(self):
        self.session.flush()
        for claimed in outbox.claim(self.session, at=self.now, limit=50, lease_seconds=60):
            outbox.sent(self.session, claimed, reply="250 ok", at=self.now)

    def of(self, address):
        newest = select(Message).where(Message.address == address).order_by(Message.id.desc())
        return self.session.scalars(newest).first()

    def take(self, raw, settings=None):
        at = self.now + timedelta(hours=1)
        return taking.take(self.session, settings or self.settings, SECRET, raw, at=at)

    def state(self, address):
        self.session.expire_all()
        return self.session.scalars(select(Subscriber).where(Subscriber.address == address)).one()


@pytest.mark.parametrize("mail", [dsn, exim, qmail])
def test_a_hard_bounce_of_a_message_of_ours_lets_its_reader_go_once(post, mail):
    message = post.of(ANNA)
    verdict = post.take(mail(ANNA, message.message_id))
    assert (verdict.believed, verdict.weight, verdict.let_go) == (True, BounceWeight.GONE, ANNA)
    anna = post.state(ANNA)
    assert anna.state is SubscriberState.DEAD
    assert anna.dead_at == post.now + timedelta(hours=1)
    assert "550" in anna.dead_because or "5.1.1" in anna.dead_because
    assert post.state(BERTA).state is SubscriberState.ACTIVE
    again = post.take(mail(ANNA, message.message_id))
    assert (again.believed, again.let_go) == (True, None)
    assert post.session.scalar(select(func.count()).select_from(ReturnedMail)) == 1
    assert [one.address for one in queries.let_go(post.session)] == [ANNA]
    assert [one.uuid for one in queries.returned(post.session, post.now)] == [message.uuid]


def test_the_ledger_says_that_it_came_back_and_names_no_address(post):
    post.take(dsn(ANNA, post.of(ANNA).message_id))
    entries = post.session.scalars(
        select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(2)
    ).all()
    assert {entry.action for entry in entries} == {"message.returned", "subscriber.dead"}
    assert "reader.example" not in str([(e.subject, e.details) for e in entries])


FORGED = [
    (lambda post: dsn(ANNA, FORGED_ID), "no message with that Message-ID"),
    (lambda post: dsn(ANNA, post.of(BERTA).message_id), "sent to another address"),
    (lambda post: dsn(ANNA, "no id at all"), "nothing in it shows"),
    (lambda post: dsn(ANNA, post.of(ANNA).message_id, action="delayed"), "no failure"),
    (
        lambda post: dsn(ANNA, post.of(ANNA).message_id, envid=post.of(BERTA).uuid),
        "several messages",
    ),
    (lambda post: b"Subject: bounce\n\nanna@reader.example does not exist\n", "no notice"),
    (
        lambda post: dsn(
            ANNA, "none", to="bounces+" + "a" * 42 + "@example.org"
        ),  # a token that nobody signed
        "nothing in it shows",
    ),
]


@pytest.mark.parametrize(("forge", "why"), FORGED)
def test_a_forged_bounce_does_nothing_and_it_is_said_why(post, forge, why):
    settings = _with_bounces(post)
    entries = post.session.scalar(select(func.count()).select_from(AuditEntry))
    verdict = post.take(forge(post), settings)
    assert (verdict.believed, verdict.let_go) == (False, None)
    assert why in verdict.words
    assert post.state(ANNA).state is post.state(BERTA).state is SubscriberState.ACTIVE
    assert post.session.scalar(select(func.count()).select_from(ReturnedMail)) == 0
    assert post.session.scalar(select(func.count()).select_from(AuditEntry)) == entries


def test_a_message_that_never_left_cannot_come_back(post):
    post.announce()
    waiting = post.of(ANNA)
    assert waiting.state is MessageState.PENDING
    assert "not handed over" in post.take(dsn(ANNA, waiting.message_id)).words


def _with_bounces(post):
    mail = {"from_address": "news@example.org", "bounce_address": "bounces@example.org"}
    return parse({"mail": mail}, folder=post.settings.folder)


def test_the_signed_envelope_proves_it_without_the_original(post):
    settings = _with_bounces(post)
    sender = envelopes.sender_of(SECRET, "bounces@example.org", post.of(ANNA).uuid)
    bare = dsn(ANNA, "cut off", to=sender)
    assert post.take(bare, settings).let_go == ANNA
    other = envelopes.sender_of(b"another secret", "bounces@example.org", post.of(BERTA).uuid)
    assert not post.take(dsn(BERTA, "cut off", to=other), settings).believed


def test_soft_ones_let_nobody_go_until_five_in_a_row_over_weeks(post):
    full = {"status": "5.2.2", "diagnostic": "smtp; 552 mailbox full"}
    for week in range(5):
        assert post.take(dsn(ANNA, post.of(ANNA).message_id, **full)).weight is BounceWeight.FOR_NOW
        assert post.state(ANNA).state is (
            SubscriberState.DEAD if week == 4 else SubscriberState.ACTIVE
        )
        post.now += timedelta(days=8)
        post.world.at = post.now
        post.tell()
    assert post.state(ANNA).dead_because.startswith("5 messages in a row came back")


def test_one_that_arrived_between_begins_the_count_anew(post):
    for week in range(7):
        if week != 3:
            post.take(dsn(ANNA, post.of(ANNA).message_id, status="4.4.7"))
        post.now += timedelta(days=8)
        post.world.at = post.now
        post.tell()
    assert post.state(ANNA).state is SubscriberState.ACTIVE


def test_a_refusal_of_us_lets_nobody_go_and_tells_the_admins_until_it_is_quiet(post):
    blocked = {"status": "5.7.1", "diagnostic": "smtp; 554 5.7.1 blocked using a list"}
    verdict = post.take(dsn(ANNA, post.of(ANNA).message_id, **blocked))
    assert (verdict.weight, verdict.let_go) == (BounceWeight.OURS, None)
    assert post.state(ANNA).state is SubscriberState.ACTIVE
    (wrong,) = incidents.open_incidents(post.session)
    assert (wrong.topic, wrong.headline) == (
        "returned",
        "Mail comes back: others’ servers refuse it for a reason of ours",
    )
    assert "anna" not in wrong.message
    later = post.now + timedelta(days=9)
    assert mail_trouble.needs_a_look(post.session, later)
    mail_trouble.looked_at(post.session, post.settings, later)
    assert incidents.open_incidents(post.session) == []


def test_who_confirms_anew_is_written_to_again_and_old_bounces_say_nothing(post):
    old = post.of(ANNA)
    post.take(dsn(ANNA, old.message_id))
    post.now += timedelta(days=1)
    post.asks(ANNA)
    assert post.state(ANNA).state is SubscriberState.ACTIVE
    late = post.take(dsn(ANNA, old.message_id, status="5.2.1", diagnostic="smtp; 550 off"))
    assert "Known already" in late.words
    full = post.take(dsn(ANNA, old.message_id, status="5.2.2", diagnostic="smtp; 552 full"))
    assert "before its reader confirmed" in full.words
    assert post.state(ANNA).state is SubscriberState.ACTIVE


def test_an_admin_writes_again_with_a_reason_that_stays(post):
    post.take(dsn(ANNA, post.of(ANNA).message_id))
    reader, later = post.state(ANNA), post.now + timedelta(days=1)
    with pytest.raises(InvalidInput, match="Say why"):
        postmaster.write_again(post.session, reader.id, reason=" ", by="user:1", at=later)
    why = {"reason": "Her IT says that it was a mistake.", "by": "user:1", "at": later}
    postmaster.write_again(post.session, reader.id, **why)
    assert post.state(ANNA).state is SubscriberState.ACTIVE
    entry = post.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, entry.details["reason"]) == ("subscriber.written_again", why["reason"])
    with pytest.raises(Conflict):
        postmaster.write_again(post.session, reader.id, **why)


def test_a_dead_address_gets_no_more_until_then(post):
    post.take(dsn(ANNA, post.of(ANNA).message_id))
    post.announce()
    claimed = outbox.claim(post.session, at=post.now, limit=50, lease_seconds=60)
    assert {one.address for one in claimed} == {BERTA}


NEVER_OURS = (
    "<a\x00b@example.org>",
    "<\x00\x01\x02>",
    "<" + "é" * 100 + "@example.org>",
    "<>" * 500,
)


@pytest.mark.parametrize("never_ours", NEVER_OURS)
def test_a_number_that_no_message_can_have_is_nobodys(post, never_ours):
    assert not post.take(dsn(ANNA, never_ours)).believed
    assert not post.take(dsn(ANNA, "cut off", envid=never_ours)).believed


def test_signs_that_no_text_holds_are_not_kept(post):
    said = {"status": "5.1.1\x00", "diagnostic": "smtp; 550 \x00\x1b no such user" + "x" * 5000}
    assert post.take(dsn(ANNA, post.of(ANNA).message_id, **said)).let_go == ANNA
    assert "\x00" not in post.state(ANNA).dead_because


def test_addresses_of_ours_may_be_written_in_capitals(post):
    mail = {"from_address": "News@Example.ORG", "bounce_address": "Bounces@Example.ORG"}
    settings = parse({"mail": mail}, folder=post.settings.folder)
    post.world.settings = settings
    post.tell()
    message = post.of(ANNA)
    assert message.message_id.endswith("@Example.ORG>")
    sender = envelopes.sender_of(SECRET, settings.mail.bounce_address, message.uuid)
    assert post.take(dsn(ANNA, "cut off", to=sender), settings).let_go == ANNA
    assert post.take(dsn(BERTA, post.of(BERTA).message_id.lower()), settings).let_go == BERTA


def test_the_number_of_a_message_at_another_domain_is_not_its_message_id(post):
    number = f"<{post.of(ANNA).uuid}@elsewhere.example>"
    assert not post.take(dsn(ANNA, number)).believed
