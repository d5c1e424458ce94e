import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.notify import queries, service
from monitor.notify.messages import outbox
from monitor.notify.tables import Message, MessageState, Subscriber, SubscriberState

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def queued(session, world):
    """Three messages of one announcement, to anna, berta and clara."""
    made = world(session)
    for name in ("anna", "berta", "clara"):
        made.reader(name, "cos")
    made.accept_and_announce()
    return made


def claim(session, at, limit=10):
    return outbox.claim(session, at=at, limit=limit, lease_seconds=900)


def the(session, claimed):
    session.expire_all()
    return session.get_one(Message, claimed.id)


def test_a_claim_carries_all_that_rendering_needs(session, queued, now):
    first, second = claim(session, now, limit=2)
    message = the(session, first)
    assert (message.state, message.attempts) == (MessageState.CLAIMED, 1)
    assert message.lease_until == now + timedelta(seconds=900)
    assert (first.address, second.address) == ("anna@reader.example", "berta@reader.example")
    assert (first.uuid, first.message_id) == (message.uuid, message.message_id)
    assert first.content["study"]["label"] == "COSI"
    assert first.context["slugs"] == ["cos"]


def test_nothing_is_claimed_twice_while_its_lease_runs(session, queued, now):
    assert len(claim(session, now)) == 3
    assert claim(session, now + 14 * MINUTE) == []
    again = claim(session, now + 15 * MINUTE)
    assert [c.attempt for c in again] == [2, 2, 2]


def test_a_claim_keeps_to_its_limit(session, queued, now):
    assert [len(claim(session, now, limit=2)) for _ in range(3)] == [2, 1, 0]


def test_who_left_before_the_claim_gets_nothing(session, queued, now):
    anna = queued.messages(address="anna@reader.example")[0]
    service.unsubscribe(session, anna.uuid, now)
    session.flush()
    (only,) = claim(session, now, limit=1)
    assert only.address == "berta@reader.example", "a cancelled one does not end the pass"
    session.expire_all()
    assert (anna.state, anna.reply, anna.attempts) == (MessageState.CANCELLED, outbox.LEFT, 0)
    assert anna.lease_until is None
    assert anna.message_id not in {c.message_id for c in claim(session, now + 24 * HOUR)}


def test_who_left_before_a_retry_gets_nothing(session, queued, now):
    first, *_ = claim(session, now)
    outbox.deferred(session, first, reply="451 later", at=now)
    service.unsubscribe(session, first.uuid, now)
    session.flush()
    assert first.id not in {c.id for c in claim(session, now + HOUR)}
    assert the(session, first).state is MessageState.CANCELLED


def test_who_leaves_while_it_is_being_sent_has_it_recorded(session, queued, now):
    first, *_ = claim(session, now)
    service.unsubscribe(session, first.uuid, now)
    session.flush()
    outbox.sent(session, first, reply="250 ok", at=now)
    assert the(session, first).state is MessageState.SENT


def test_a_confirmation_goes_to_who_asked_and_not_to_who_left_since(session, world, settings, now):
    world(session)
    ask: dict[str, Any] = {
        "address": "anna@reader.example",
        "interventions": ["cos"],
        "purpose": "news",
    }
    service.subscribe(session, settings, **ask, at=now)
    session.flush()
    first = session.query(Message).one()
    service.unsubscribe(session, first.uuid, now)
    session.flush()
    assert claim(session, now) == []
    service.subscribe(session, settings, **ask, at=now + 2 * HOUR)
    session.flush()
    (again,) = claim(session, now + 2 * HOUR)
    assert again.id != first.id


def test_an_accepted_message_is_done(session, queued, now):
    first, *_ = claim(session, now)
    outbox.sent(session, first, reply="250 2.0.0\r\nkept  as 17", at=now)
    message = the(session, first)
    assert (message.state, message.sent_at) == (MessageState.SENT, now)
    assert (message.reply, message.lease_until) == ("250 2.0.0 kept as 17", None)
    last = session.query(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc()).first()
    assert (last.action, last.subject) == ("message.sent", f"message:{first.id}")


def test_many_are_recorded_at_once_each_with_its_own_words_if_its_claim_is_held(
    session, queued, now
):
    late, *_ = claim(session, now)
    first, second, third = sorted(claim(session, now + HOUR), key=lambda one: one.id)
    odd = '250 2.0.0 it\'s "kept": 100% \\ :so [1] {€}'
    heard = [(third, odd), (late, "250 late"), (second, "250 null")]
    assert outbox.sent_many(session, heard, at=now) == [late]
    for one, said in ((second, "250 null"), (third, odd)):
        kept = the(session, one)
        assert (kept.state, kept.reply, kept.sent_at) == (MessageState.SENT, said, now)
        assert kept.lease_until is None
    assert the(session, first).state is MessageState.CLAIMED
    assert audit.broken_link(session) is None


def test_a_refusal_for_now_waits_longer_each_time(session, queued, now):
    first, second, third = claim(session, now)
    outbox.sent(session, second, reply="250", at=now)
    outbox.sent(session, third, reply="250", at=now)
    at, waits = now, []
    for _ in range(6):
        assert outbox.deferred(session, first, reply="451 busy", at=at) is MessageState.DEFERRED
        message = the(session, first)
        waits.append((message.next_at - at) // MINUTE)
        assert claim(session, message.next_at - MINUTE / 2) == []
        at = message.next_at
        (first,) = claim(session, at)
    assert waits == [1, 5, 15, 60, 60, 60]
    assert the(session, first).message_id == first.message_id, "the same for life"


@pytest.mark.parametrize("fate", [outbox.deferred, outbox.uncertain])
def test_after_72_hours_of_tries_it_is_given_up_with_the_reason(session, queued, now, fate):
    first = only_anna(session, now)
    at = now
    while fate(session, first, reply="451 busy", at=at) is not MessageState.DEAD:
        at = the(session, first).next_at
        (first,) = claim(session, at)
    assert timedelta(hours=71) < at - now < timedelta(hours=73)
    assert the(session, first).reply == "Given up after 72 hours and 75 tries. 451 busy"
    assert session.get_one(Subscriber, first.subscriber_id).state is SubscriberState.ACTIVE


@pytest.mark.parametrize("away", [timedelta(days=4), timedelta(days=400), -timedelta(days=2)])
@pytest.mark.parametrize("tries", [1, 5])
def test_a_sleep_or_a_jump_of_the_clock_ends_nothing(session, queued, now, away, tries):
    first = only_anna(session, now)
    at = now
    for _ in range(tries - 1):
        outbox.deferred(session, first, reply="451 busy", at=at)
        at = the(session, first).next_at
        (first,) = claim(session, at)
    assert outbox.deferred(session, first, reply="451", at=at + away) is MessageState.DEFERRED


def test_a_relay_that_was_away_for_days_charges_nothing(session, queued, now):
    at = now
    for _ in range(80):
        first, *_ = claim(session, at, limit=1)
        outbox.released(session, first, at=at)
        at += HOUR
    (first,) = claim(session, at, limit=1)
    assert first.attempt == 1
    assert outbox.deferred(session, first, reply="451 busy", at=at) is MessageState.DEFERRED


def test_times_from_the_future_delay_nothing(session, queued, now):
    ahead = now + timedelta(days=1)
    first, second, third = claim(session, ahead)
    outbox.deferred(session, first, reply="451", at=ahead)
    outbox.held(session, second, reply="554", at=ahead, until=ahead + HOUR)
    assert the(session, third).state is MessageState.CLAIMED, "by a sender with that clock"
    assert len(claim(session, now)) == 3


def test_a_message_queued_by_a_clock_that_ran_ahead_is_sent_at_once(session, queued, now):
    for early in (now - timedelta(days=1), now - 6 * MINUTE):
        assert len(outbox.due(session, at=early)) == 3
    assert outbox.due(session, at=now - 4 * MINUTE) == [], "clocks of two machines differ a little"


def test_a_wait_is_kept_where_the_clock_is_right(session, queued, now):
    first, second, third = claim(session, now)
    outbox.sent(session, third, reply="250", at=now)
    outbox.held(session, second, reply="554", at=now, until=now + HOUR)
    for _ in range(3):
        outbox.deferred(session, first, reply="451", at=now)
        (first,) = [c for c in claim(session, the(session, first).next_at) if c.id == first.id]
    outbox.deferred(session, first, reply="451", at=now)  # an hour
    assert claim(session, now + 59 * MINUTE) == []
    assert len(claim(session, now + HOUR)) == 2


def only_anna(session, now):
    """Claim all, and let only the first be there still."""
    first, *others = claim(session, now)
    for other in others:
        outbox.sent(session, other, reply="250", at=now)
    return first


def test_what_is_held_is_not_charged_and_says_what_the_server_said(session, queued, now):
    at, first = now, claim(session, now, limit=1)[0]
    outbox.released(session, first, at=now)
    for _ in range(80):
        (first,) = claim(session, at, limit=1)
        outbox.held(session, first, reply="554 5.7.1 Relay access denied", at=at)
        at += HOUR
    message = the(session, first)
    assert (message.state, message.attempts) == (MessageState.PENDING, 0)
    assert message.reply == "554 5.7.1 Relay access denied"
    assert message.held_since is not None
    again = [c for c in claim(session, at) if c.id == first.id]
    outbox.sent(session, again[0], reply="250", at=at)
    assert the(session, first).held_since is None


def test_a_deferred_message_may_turn_out_to_be_refused(session, queued, now):
    first, second, _ = claim(session, now)
    outbox.deferred(session, first, reply="550 no", at=now)
    outbox.deferred(session, second, reply="550 no", at=now)
    outbox.refused(session, first, code=550, reply="550 no", at=now)
    outbox.spared(session, second, reply="550 no", at=now)
    assert the(session, first).state is MessageState.DEAD
    assert session.get_one(Subscriber, first.subscriber_id).state is SubscriberState.ACTIVE
    spared = the(session, second)
    assert (spared.state, spared.attempts) == (MessageState.PENDING, 0)
    assert spared.held_since == now
    (again,) = [c for c in claim(session, now) if c.id == second.id]
    outbox.deferred(session, again, reply="451", at=now)
    for late in (
        lambda: outbox.refused(session, second, code=550, reply="550", at=now),
        lambda: outbox.spared(session, first, reply="550", at=now),
    ):
        with pytest.raises(Conflict):
            late()


def test_a_lost_reply_is_sent_again_with_the_same_message_id(session, queued, now):
    first, *_ = claim(session, now, limit=1)
    outbox.uncertain(session, first, reply="no reply", at=now)
    assert the(session, first).state is MessageState.UNCERTAIN
    again = [c for c in claim(session, now + MINUTE) if c.id == first.id]
    assert [c.message_id for c in again] == [first.message_id]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("550 5.1.1 no such user", SubscriberState.DEAD),
        ("550 5.7.1 not from you", SubscriberState.ACTIVE),
        ("552 message too big", SubscriberState.ACTIVE),
    ],
)
def test_a_refusal_for_good_ends_one_message(session, queued, now, reply, state):
    first, second, _ = claim(session, now)
    gone = state is SubscriberState.DEAD
    outbox.dead(session, first, code=550, reply=reply, at=now, no_mailbox=gone)
    assert (the(session, first).state, the(session, first).reply) == (MessageState.DEAD, reply)
    assert session.get_one(Subscriber, first.subscriber_id).state is state
    assert the(session, second).state is MessageState.CLAIMED
    assert claim(session, now + 14 * MINUTE) == []


def test_a_dead_address_does_not_undo_leaving(session, queued, now):
    first, *_ = claim(session, now)
    service.unsubscribe(session, first.uuid, now)
    reply = "550 5.1.1 no such user"
    outbox.dead(session, first, code=550, reply=reply, at=now, no_mailbox=True)
    session.expire_all()
    reader = session.get_one(Subscriber, first.subscriber_id)
    assert reader.state is SubscriberState.UNSUBSCRIBED


def test_a_claim_given_back_is_not_charged(session, queued, now):
    first, *_ = claim(session, now, limit=1)
    outbox.released(session, first, at=now)
    message = the(session, first)
    assert (message.state, message.attempts) == (MessageState.PENDING, 0)
    assert [c.attempt for c in claim(session, now)] == [1, 1, 1]


def test_what_the_server_trips_over_goes_behind_the_others(session, queued, now):
    first, *_ = claim(session, now + HOUR, limit=1)
    outbox.released(session, first, at=now + HOUR)
    assert claim(session, now + HOUR, limit=3)[-1].id == first.id


def test_a_late_word_of_another_sender_is_refused(session, queued, now):
    slow, *_ = claim(session, now, limit=1)
    (quick,) = [c for c in claim(session, now + HOUR) if c.id == slow.id]
    for late in (
        lambda: outbox.sent(session, slow, reply="250", at=now),
        lambda: outbox.deferred(session, slow, reply="451", at=now),
        lambda: outbox.uncertain(session, slow, reply="", at=now),
        lambda: outbox.dead(session, slow, code=550, reply="550", at=now),
        lambda: outbox.released(session, slow, at=now),
    ):
        with pytest.raises(Conflict):
            late()
    outbox.sent(session, quick, reply="250", at=now)
    with pytest.raises(Conflict):
        outbox.sent(session, quick, reply="250", at=now)


def test_a_dead_senders_claims_are_taken_over(session, queued, now):
    claimed = claim(session, now)
    assert outbox.anything_due(session, at=now)
    assert outbox.take_over(session, at=now + MINUTE) == 3
    message = the(session, claimed[0])
    assert (message.state, message.next_at) == (MessageState.UNCERTAIN, now + MINUTE)
    again = claim(session, now + MINUTE)
    assert {c.message_id for c in again} == {c.message_id for c in claimed}
    with pytest.raises(Conflict):
        outbox.sent(session, claimed[0], reply="250", at=now)


def test_a_message_that_kills_its_sender_lets_the_others_go_first(session, queued, now):
    poison, *_ = claim(session, now, limit=1)
    outbox.take_over(session, at=now)
    *others, last = claim(session, now)
    assert (last.id, last.attempt) == (poison.id, 2)
    for other in others:
        outbox.sent(session, other, reply="250", at=now)
    outbox.take_over(session, at=now)
    assert the(session, poison).next_at == now + MINUTE
    (third,) = claim(session, now + MINUTE)
    outbox.take_over(session, at=now)
    assert the(session, third).next_at == now + 5 * MINUTE


def test_what_is_due_is_listed_and_left_alone(session, queued, now):
    anna = queued.messages(address="anna@reader.example")[0]
    service.unsubscribe(session, anna.uuid, now)
    session.flush()
    listed = outbox.due(session, at=now)
    assert [d.address for d in listed] == ["berta@reader.example", "clara@reader.example"]
    assert outbox.due(session, at=now - MINUTE) == []
    assert not outbox.anything_due(session, at=now - MINUTE)
    assert {m.state for m in queued.messages()} == {MessageState.PENDING}


def test_the_outbox_tells_how_it_stands(session, queued, now):
    first, *_ = claim(session, now, limit=1)
    outbox.sent(session, first, reply="250 ok", at=now + MINUTE)
    status = queries.outbox(session)
    assert status.counts == {MessageState.SENT: 1, MessageState.PENDING: 2}
    assert (status.last_sent_at, status.oldest_waiting_at) == (now + MINUTE, now)
    newest, *rest = queries.messages(session, limit=2)
    assert (newest.address, len(rest)) == ("clara@reader.example", 1)
    assert queries.message(session, first.uuid).reply == "250 ok"
    assert queries.readers(session) == {SubscriberState.ACTIVE: 3}
    assert (queries.followers(session, ["cos"]), queries.followers(session, ["vig"])) == (3, 0)


def test_eight_senders_never_claim_the_same_message(database, world, now):
    readers, left = 60, 6
    with database.write() as session:
        made = world(session)
        for number in range(readers):
            made.reader(f"reader{number}", "cos")
        made.accept_and_announce()
        for message in made.messages()[:left]:
            service.unsubscribe(session, message.uuid, now)
    claimed: list[int] = []
    problems: list[Exception] = []
    threads = [
        threading.Thread(target=send, args=(database, now, claimed, problems)) for _ in "12345678"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(Counter(claimed).values()) == [1] * (readers - left)
    with database.read() as session:
        assert queries.outbox(session).counts == {
            MessageState.SENT: readers - left,
            MessageState.CANCELLED: left,
        }
        assert audit.broken_link(session) is None


def send(database, now, claimed, problems):
    """Claim and "send" until nothing is left, as one of several senders."""
    try:
        while True:
            with database.write() as session:
                found = claim(session, now, limit=3)
            if not found:
                return
            claimed.extend(one.id for one in found)
            for one in found:
                with database.write() as session:
                    outbox.sent(session, one, reply="250", at=now)
    except Exception as error:  # noqa: BLE001 - shown by the assertion
        problems.append(error)
