"""What an admin does with mail: hold, let go, stop, send again, approve; on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.feeds import incidents
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.kernel.settings import parse
from monitor.literature.tables import Study
from monitor.notify import service
from monitor.notify.digests import making, releasing
from monitor.notify.digests.making import Workshop
from monitor.notify.incidents import incident_mail, mail_trouble
from monitor.notify.messages import outbox, postmaster, whole_digests
from monitor.notify.tables import HeldNews, MessageKind, MessageState, Reason
from monitor.notify.writing import trying, viewing

DAY = timedelta(days=1)


@pytest.fixture
def w(session, world, now):
    made = world(session)
    made.why = {"reason": "The board asked for it.", "by": "user:1", "at": now + DAY}
    return made


@pytest.fixture
def made(w, session, catalogue, tmp_path):
    """Make the digests that are due so many days later; those of monthly readers."""

    def make(days, *, approved=False):
        data = {"mail": {"from_address": "news@example.org", "approve_digests": not approved}}
        settings, at = parse(data, folder=tmp_path), w.at + days * DAY
        releasing.release_next(session, at=at)
        shop = Workshop(settings, catalogue)
        while making.make_next(session, shop, at=at)[0]:
            pass
        return w.messages(kind=MessageKind.DIGEST)

    return make


@pytest.fixture
def change(w):
    """A change that waits for its reader, who takes each at once."""
    w.reader("anna", "cos")
    w.accept_and_announce()
    return w.messages(kind=MessageKind.CHANGE)[0]


def claim(w, days=1):
    w.session.flush()
    return outbox.claim(w.session, at=w.at + days * DAY, limit=50, lease_seconds=60)


def ledger(w):
    newest = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    return w.session.scalars(newest).one()


def test_what_is_on_hold_never_goes_until_it_is_let_go(w, change):
    postmaster.hold(w.session, change.uuid, **w.why)
    assert (change.state, claim(w, days=400)) == (MessageState.ON_HOLD, [])
    entry = ledger(w)
    assert (entry.action, entry.actor) == ("message.put_on_hold", "user:1")
    assert entry.details == {"reason": "The board asked for it."}
    change.reply = "said in other words"  # people read it; nothing goes by it
    postmaster.hold(w.session, change.uuid, **w.why)  # again, it changes nothing
    assert ledger(w).seq == entry.seq
    postmaster.let_go(w.session, change.uuid, **w.why)
    assert [one.uuid for one in claim(w)] == [change.uuid]
    w.session.refresh(change)
    assert (change.reason, change.reply) == (None, None)
    with pytest.raises(Conflict, match="not on hold"):
        postmaster.let_go(w.session, change.uuid, **w.why)


@pytest.mark.parametrize("step", ["hold", "let_go", "send_again", "stop"])
def test_no_step_without_a_reason(w, change, step):
    with pytest.raises(InvalidInput, match="Say why"):
        getattr(postmaster, step)(w.session, change.uuid, reason=" \n", by="user:1", at=w.at)


def test_what_may_have_left_is_not_held(w, change):
    claim(w)
    w.session.refresh(change)
    with pytest.raises(Conflict, match="certainly never left"):
        postmaster.hold(w.session, change.uuid, **w.why)
    with pytest.raises(Conflict, match="no longer waits"):
        postmaster.stop(w.session, change.uuid, **w.why)


def test_who_leaves_while_it_is_on_hold_gets_nothing(w, change):
    postmaster.hold(w.session, change.uuid, **w.why)
    service.unsubscribe(w.session, change.uuid, w.at)
    postmaster.let_go(w.session, change.uuid, **w.why)
    assert claim(w) == []
    w.session.refresh(change)
    assert change.state is MessageState.CANCELLED


def test_a_message_sent_again_keeps_its_number_and_its_reader_is_corrected(w, change):
    study_told = change.announcement_id
    (one,) = claim(w)
    outbox.sent(w.session, one, reply="250", at=w.at)
    w.session.refresh(change)
    number = change.message_id
    postmaster.send_again(w.session, change.uuid, **w.why)
    w.withdraw_and_announce(w.session.get_one(Study, 1))
    w.session.flush()
    again, correction = sorted(claim(w), key=lambda one: one.id)
    assert (again.message_id, again.announcement_id) == (number, study_told)
    assert correction.content["correction"]
    assert correction.context["told"]["said"]


def test_what_was_taken_back_is_not_sent_again(w, change):
    (one,) = claim(w)
    outbox.sent(w.session, one, reply="250", at=w.at)
    w.withdraw_and_announce(w.session.get_one(Study, 1))
    w.session.refresh(change)
    with pytest.raises(Conflict, match="no longer so"):
        postmaster.send_again(w.session, change.uuid, **w.why)


def test_a_digest_waits_for_approval_and_then_goes_to_all_also_to_those_made_later(w, made, now):
    for name in ("anna", "berta"):
        w.digested(name, "cos")
    w.accept_and_announce()
    first = made(30)
    assert {(m.state, m.reason) for m in first} == {(MessageState.ON_HOLD, Reason.AWAITS_APPROVAL)}
    for message in first:
        message.reply = "said in other words"  # people read it; nothing goes by it
    assert claim(w, 60) == []
    (digest,) = whole_digests.newest(w.session)
    assert (digest.awaits, digest.readers) == (True, 2)
    assert whole_digests.awaiting(w.session) == [digest.id]
    with pytest.raises(Conflict, match="approve it"):
        whole_digests.let_go(w.session, digest.id, **w.why)
    assert whole_digests.approve(w.session, digest.id, **w.why) == 2
    assert len(claim(w, 31)) == 2
    with pytest.raises(Conflict, match="does not wait"):
        whole_digests.approve(w.session, digest.id, **w.why)


def test_admins_are_told_while_a_digest_waits_for_approval(w, made):
    w.digested("anna", "cos")
    w.accept_and_announce()
    made(30)
    at, settings = w.at + 30 * DAY, w.settings
    assert mail_trouble.needs_a_look(w.session, at)
    mail_trouble.looked_at(w.session, settings, at)
    (told,) = incidents.open_incidents(w.session)
    assert (told.topic, told.headline) == (
        "approval",
        "Mail waits for approval: a digest goes when an admin says so",
    )
    for phase in (incident_mail.Phase.OPENED, incident_mail.Phase.RECOVERED):
        facts = incident_mail.facts(told, phase, at)
        assert facts["under_mail"] == (phase is incident_mail.Phase.OPENED), "where it ends"
    assert not mail_trouble.needs_a_look(w.session, at)
    (digest,) = whole_digests.awaiting(w.session)
    whole_digests.stop(w.session, digest, **w.why)
    mail_trouble.looked_at(w.session, settings, at)
    assert incidents.open_incidents(w.session) == []


def test_what_a_stopped_digest_would_have_told_waits_for_the_next(w, made):
    reader = w.digested("anna", "cos")
    w.accept_and_announce()
    (message,) = made(30)
    (digest,) = whole_digests.newest(w.session)
    assert whole_digests.stop(w.session, digest.id, **w.why) == 1
    w.session.expire_all()
    held = w.session.scalars(select(HeldNews).where(HeldNews.subscriber_id == reader.id)).all()
    assert [one.message_id for one in held] == [None]
    _, again = made(70, approved=True)
    assert (message.state, again.state) == (MessageState.CANCELLED, MessageState.PENDING)
    assert again.context["since"] == message.context["since"]
    assert {one.message_id for one in held} == {again.id}


def test_a_digest_on_hold_is_made_anew_when_a_correction_comes(w, made):
    w.digested("anna", "cos")
    study = w.study()
    w.accept_and_announce(study)
    (message,) = made(30)
    w.withdraw_and_announce(study)
    made(31)
    w.session.refresh(message)
    assert (message.state, message.reason) == (MessageState.CANCELLED, Reason.OVERTAKEN)
    (digest, *_) = whole_digests.newest(w.session)[-1:]
    assert (digest.overtaken, digest.awaits) == (True, False)
    with pytest.raises(Conflict, match="no longer so"):
        whole_digests.approve(w.session, digest.id, **w.why)


def test_a_digest_is_held_let_go_and_sent_again_for_all_of_its_readers(w, made, tmp_path):
    for name in ("anna", "berta"):
        w.digested(name, "cos")
    w.accept_and_announce()
    messages = made(30, approved=True)
    settings = parse({}, folder=tmp_path)
    trying.send_copy(
        w.session, settings, messages[0].uuid, "boss@team.example", by="user:1", at=w.at
    )
    (digest,) = whole_digests.newest(w.session)
    assert digest.readers == 2, "a test is nobody's digest"
    assert whole_digests.hold(w.session, digest.id, **w.why) == 2
    test = claim(w, 31)
    assert [one.address for one in test] == ["boss@team.example"]
    outbox.sent_many(w.session, [(one, "250") for one in test], at=w.at + 31 * DAY)
    assert claim(w, 31) == []
    assert whole_digests.let_go(w.session, digest.id, **w.why) == 2
    sent = claim(w, 31)
    outbox.sent_many(w.session, [(one, "250") for one in sent], at=w.at + 31 * DAY)
    w.session.expire_all()
    assert whole_digests.send_again(w.session, digest.id, **w.why) == 2
    assert {one.message_id for one in claim(w, 32)} == {m.message_id for m in messages}
    assert ledger(w).action == "digest.requeued"
    assert ledger(w).details["readers"] == 2


def take_back(w):
    """Take back what the first study told, and give what its reader gets of it."""
    w.withdraw_and_announce(w.session.get_one(Study, 1))
    w.session.expire_all()
    (correction,) = [m for m in w.messages() if m.announcement_id == 2]
    return correction


def greylisted(session, claimed, at):
    outbox.deferred(session, claimed, reply="451 come back later", at=at)


TRIES = {
    "refused for now": greylisted,
    "released": lambda session, claimed, at: outbox.released(session, claimed, at=at),
    "held": lambda session, claimed, at: outbox.held(session, claimed, reply="554", at=at),
    "not begun": lambda session, claimed, at: outbox.untried(session, claimed),
}


@pytest.mark.parametrize("ends", TRIES)
@pytest.mark.parametrize("first", ["sent", "uncertain"])
def test_what_may_have_arrived_counts_as_told_however_the_next_try_ends(w, change, first, ends):
    (one,) = claim(w)
    getattr(outbox, first)(w.session, one, reply="no reply after DATA", at=w.at)
    w.session.refresh(change)
    if first == "sent":
        postmaster.send_again(w.session, change.uuid, **w.why)
    (again,) = claim(w)
    TRIES[ends](w.session, again, w.at + DAY)
    w.session.refresh(change)
    assert change.state is MessageState.UNCERTAIN
    assert take_back(w).context["told"]["said"]
    assert {one.announcement_id for one in claim(w, 2)} == {1, 2}


@pytest.mark.parametrize("first", ["sent", "uncertain"])
def test_what_may_have_arrived_and_is_stopped_goes_no_more_and_is_corrected(w, change, first):
    (one,) = claim(w)
    getattr(outbox, first)(w.session, one, reply="250", at=w.at)
    w.session.refresh(change)
    if first == "sent":
        postmaster.send_again(w.session, change.uuid, **w.why)
    postmaster.stop(w.session, change.uuid, **w.why)
    w.session.flush()
    expected = {"sent": MessageState.SENT, "uncertain": MessageState.DEAD}
    assert change.state is expected[first]
    assert claim(w, 2) == []
    assert viewing.for_reader(w.session, w.settings, b"s" * 32, change.uuid).html
    assert take_back(w).context["told"]["said"]
    assert [one.announcement_id for one in claim(w, 2)] == [2]


def test_none_of_a_digest_goes_alone_before_it_is_approved(w, made):
    w.digested("anna", "cos")
    w.accept_and_announce()
    (message,) = made(30)
    with pytest.raises(Conflict, match="waits for approval"):
        postmaster.let_go(w.session, message.uuid, **w.why)
    assert claim(w, 31) == []


def test_what_is_held_of_a_digest_stays_when_it_is_approved(w, made):
    for name in ("anna", "berta"):
        w.digested(name, "cos")
    w.accept_and_announce()
    held, other = made(30)
    postmaster.hold(w.session, held.uuid, **w.why)
    assert ledger(w).action == "message.put_on_hold"
    (digest,) = whole_digests.newest(w.session)
    assert whole_digests.approve(w.session, digest.id, **w.why) == 1
    assert [one.uuid for one in claim(w, 31)] == [other.uuid]
    postmaster.let_go(w.session, held.uuid, **w.why)
    assert [one.uuid for one in claim(w, 31)] == [held.uuid]


def test_who_left_and_came_back_gets_nothing_of_before(w, change):
    postmaster.hold(w.session, change.uuid, **w.why)
    comes_back(w, change)
    postmaster.let_go(w.session, change.uuid, **w.why)
    assert [one.kind for one in claim(w, 3)] == [MessageKind.CONFIRM]
    w.at += 2 * DAY
    w.accept_and_announce(w.study("LATER", doi="10.1000/later"))
    making.make_next(w.session, Workshop(w.settings, w.catalogue), at=w.at + 40 * DAY)
    assert MessageKind.DIGEST in {one.kind for one in claim(w, 40)}


def test_what_was_sent_before_its_reader_left_is_not_sent_again_when_they_are_back(w, change):
    (one,) = claim(w)
    outbox.sent(w.session, one, reply="250", at=w.at)
    comes_back(w, change)
    w.session.refresh(change)
    with pytest.raises(Conflict, match="left since"):
        postmaster.send_again(w.session, change.uuid, **w.why)


def comes_back(w, message):
    """Let the reader of a message leave, ask again and confirm."""
    service.unsubscribe(w.session, message.uuid, w.at + DAY)
    at = w.at + 2 * DAY
    service.subscribe(
        w.session,
        w.settings,
        address=message.address,
        interventions=["cos"],
        purpose="news",
        at=at,
    )
    (asked,) = w.messages(kind=MessageKind.CONFIRM)
    service.confirm(w.session, asked.uuid, at)
    w.session.flush()


def test_a_test_of_a_digest_is_none_of_its_messages(w, made):
    w.digested("anna", "cos")
    w.accept_and_announce()
    (message,) = made(30, approved=True)
    at = w.at + 30 * DAY
    trying.send_copy(w.session, w.settings, message.uuid, "admin@team.example", by="x", at=at)
    w.session.flush()
    for one in claim(w, 30):
        outbox.sent(w.session, one, reply="250", at=at)
    w.session.expire_all()
    (digest,) = whole_digests.newest(w.session)
    assert digest.readers == 1
    assert whole_digests.send_again(w.session, digest.id, **w.why) == 1
    assert [one.uuid for one in claim(w, 31)] == [message.uuid]
