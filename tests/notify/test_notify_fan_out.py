"""An announcement to more readers than one transaction tells; on both databases."""

import contextlib
from typing import Any

import pytest
from sqlalchemy import insert

from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.notify import queries, service
from monitor.notify.announcements import fan_out
from monitor.notify.messages import outbox, postmaster
from monitor.notify.tables import Announcement, Message, MessageState, Subscriber, SubscriberState
from monitor.notify.words import Cadence

PIECE = 5


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(fan_out, "AT_ONCE", PIECE)


@pytest.fixture
def made(session, world):
    """Twelve readers: two pieces and a rest."""
    made = world(session)
    for number in range(12):
        made.reader(f"reader{number}", "cos")
    return made


def told(made, announcement):
    return [m.address.partition("@")[0] for m in made.messages(announcement_id=announcement.id)]


def finish(session, at):
    pieces = 0
    while fan_out.tell_next(session, at=at):
        pieces += 1
    return pieces


def readers(*numbers):
    return [f"reader{number}" for number in numbers]


def test_a_decision_tells_the_first_readers_and_the_jobs_the_others(session, made, now):
    announcement = made.accept_and_announce()
    assert told(made, announcement) == readers(*range(PIECE))
    assert (announcement.complete_at, announcement.reached) == (None, PIECE)
    assert fan_out.anybody_left(session)
    assert finish(session, now) == 2
    assert told(made, announcement) == readers(*range(12))
    assert (announcement.complete_at, announcement.readers) == (now, 12)
    assert not fan_out.anybody_left(session)
    entries = session.query(audit.AuditEntry).filter(
        audit.AuditEntry.subject == f"announcement:{announcement.id}"
    )
    assert [(e.action, e.details.get("readers")) for e in entries] == [
        ("announcement.made", None),
        ("announcement.told", 12),
    ]


def test_few_readers_are_all_told_with_the_decision(session, world, now):
    made = world(session)
    made.reader("anna", "cos")
    announcement = made.accept_and_announce()
    assert (announcement.complete_at, announcement.readers) == (now, 1)
    last = session.query(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc()).first()
    assert (last.action, last.details["readers"]) == ("announcement.made", 1)


def test_a_piece_that_is_done_twice_tells_nobody_twice(session, made, now):
    announcement = made.accept_and_announce()
    finish(session, now)
    before = [m.message_id for m in made.messages()]
    announcement.reached, announcement.complete_at = 0, None
    finish(session, now)
    assert [m.message_id for m in made.messages()] == before
    assert announcement.readers == 12


def test_who_left_before_their_turn_gets_nothing(session, made, now):
    announcement = made.accept_and_announce()
    for number, state in ((7, SubscriberState.UNSUBSCRIBED), (8, SubscriberState.DEAD)):
        reader = session.query(Subscriber).filter_by(address=f"reader{number}@reader.example").one()
        reader.state = state
    session.delete(session.query(Subscriber).filter_by(address="reader9@reader.example").one())
    finish(session, now)
    assert told(made, announcement) == readers(*range(7), 10, 11)


def test_who_subscribes_after_it_gets_nothing_of_it(session, made, settings, now):
    made.reader("asked", state=SubscriberState.PENDING)
    announcement = made.accept_and_announce()
    for name in ("asked", "new"):
        ask: dict[str, Any] = {
            "address": f"{name}@reader.example",
            "interventions": ["cos"],
            "purpose": "news",
            "cadence": Cadence.AT_ONCE,
            "budget": None,
        }
        service.subscribe(session, settings, **ask, at=now)
        session.flush()
        service.confirm(session, made.messages()[-1].uuid, now)
    made.reader("later", "cos")
    finish(session, now)
    changes = set(told(made, announcement))
    assert changes == set(readers(*range(12)))
    other = made.accept_and_announce(made.study("OTHER", doi="10.1000/other"))
    finish(session, now)
    assert set(told(made, other)) == {*readers(*range(12)), "asked", "new", "later"}


@pytest.mark.parametrize("number", [2, 9])
def test_a_choice_changed_meanwhile_counts_for_what_comes_later(
    session, made, settings, now, number
):
    chooser = session.query(Subscriber).filter_by(address=f"reader{number}@reader.example").one()
    adds = made.reader("adds", "vig")
    first = made.messages  # what their links are made of
    for reader in (chooser, adds):
        ask: dict[str, Any] = {
            "address": reader.address,
            "interventions": ["cos"],
            "purpose": "news",
            "cadence": Cadence.AT_ONCE,
            "budget": None,
        }
        service.subscribe(session, settings, **ask, at=now)
    session.flush()
    links = {m.subscriber_id: m.uuid for m in first()}
    announcement = made.accept_and_announce()
    service.choose(session, links[chooser.id], ["vig"], now)
    service.choose(session, links[chooser.id], ["ddp"], now)
    service.choose(session, links[adds.id], ["cos"], now)
    finish(session, now)
    assert sorted(told(made, announcement)) == sorted(readers(*range(12)))
    other = made.accept_and_announce(made.study("OTHER", doi="10.1000/other"))
    finish(session, now)
    names = {*readers(*range(12)), "adds"} - {f"reader{number}"}
    assert set(told(made, other)) == names


def test_a_correction_overtakes_what_is_still_being_told(session, made, now):
    study = made.study()
    announcement = made.accept_and_announce(study)
    sent, uncertain, *_ = outbox.claim(session, at=now, limit=2, lease_seconds=60)
    outbox.sent(session, sent, reply="250", at=now)
    outbox.uncertain(session, uncertain, reply="", at=now)
    correction = made.withdraw_and_announce(study)
    assert announcement.overtaken_by == correction.id
    assert announcement.complete_at == now, "it is told no further"
    finish(session, now)
    assert told(made, announcement) == readers(*range(PIECE))
    assert sorted(told(made, correction)) == sorted(readers(*range(12)))
    session.expire_all()
    states = [m.state for m in made.messages(announcement_id=announcement.id)]
    assert states == [MessageState.SENT, MessageState.UNCERTAIN, *[MessageState.CANCELLED] * 3]


def test_nothing_known_to_be_wrong_leaves_before_the_correction_has_come_so_far(session, made, now):
    study = made.study()
    announcement = made.accept_and_announce(study)
    finish(session, now)
    made.withdraw_and_announce(study)
    untouched = made.messages(announcement_id=announcement.id, state=MessageState.PENDING)
    assert len(untouched) == 12 - PIECE, "the correction has come to the first five"
    claimed = outbox.claim(session, at=now, limit=100, lease_seconds=60)
    assert announcement.id not in {c.announcement_id for c in claimed}
    session.expire_all()
    assert {(m.state, m.reply) for m in untouched} == {
        (MessageState.CANCELLED, "Not sent: what it tells of the study is no longer so")
    }


def test_who_was_told_and_follows_it_no_more_is_corrected_in_a_later_piece(session, made, now):
    study = made.study()
    made.accept_and_announce(study)
    finish(session, now)
    for claimed in outbox.claim(session, at=now, limit=100, lease_seconds=60):
        outbox.sent(session, claimed, reply="250", at=now)
    moved = session.query(Subscriber).filter_by(address="reader10@reader.example").one()
    moved.interventions = ["ddp"]
    correction = made.withdraw_and_announce(study)
    finish(session, now)
    (message,) = made.messages(announcement_id=correction.id, subscriber_id=moved.id)
    told = message.context.pop("told")
    assert message.context == {"slugs": ["cos"], "following": 1}
    assert told["at"] == now.isoformat()
    assert told["said"][0].startswith("Circle of Security: findings moved")


def test_two_announcements_are_told_in_their_order(session, made, now):
    first = made.accept_and_announce()
    second = made.accept_and_announce(made.study("OTHER", doi="10.1000/other"))
    assert fan_out.tell_next(session, at=now)
    assert (first.reached, second.reached) == (2 * PIECE, PIECE)
    finish(session, now)
    assert (first.readers, second.readers) == (12, 12)


def test_a_message_that_was_overtaken_is_not_sent_again(session, made, now):
    study = made.study()
    made.accept_and_announce(study)
    (claimed,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    outbox.dead(session, claimed, code=550, reply="550", at=now)
    made.withdraw_and_announce(study)
    with pytest.raises(Conflict, match="no longer so"):
        postmaster.send_again(session, claimed.uuid, reason="It was wrong.", by="user:1", at=now)


def test_a_crash_between_two_pieces_leaves_nobody_out(database, world, now):
    with database.write() as session:
        made = world(session)
        for number in range(12):
            made.reader(f"reader{number}", "cos")
        made.accept_and_announce()

    with contextlib.suppress(ZeroDivisionError), database.write() as session:
        fan_out.tell_next(session, at=now)
        _ = 1 / 0
    left = True
    while left:
        with database.write() as session:
            left = fan_out.tell_next(session, at=now)
    with database.read() as session:
        assert session.query(Message).count() == 12
        assert session.query(Announcement).one().readers == 12


@pytest.mark.parametrize("slugs", [["cos"], ["vig"], ["cos", "vig"], ["co"], ["%"], []])
def test_the_preview_counts_who_would_be_told(session, made, now, slugs):
    made.reader("other", "vig", "ddp")
    made.reader("both", "vig", "cos")
    made.reader("gone", "cos", state=SubscriberState.UNSUBSCRIBED)
    active = session.query(Subscriber).filter_by(state=SubscriberState.ACTIVE)
    expected = sum(1 for reader in active if set(reader.interventions) & set(slugs))
    assert queries.followers(session, slugs) == expected


def test_the_memory_for_a_decision_does_not_grow_with_its_followers(session, world, now):
    """What is held of readers at once is one piece, whoever many follow."""
    made = world(session)
    row = {
        "state": SubscriberState.ACTIVE,
        "interventions": ["cos"],
        "purpose": "",
        "asked_at": now,
    }
    row |= {"confirmed_at": now, "left_at": None}
    session.execute(
        insert(Subscriber), [{"address": f"r{n}@reader.example", **row} for n in range(500)]
    )
    session.expunge_all()
    made.accept_and_announce()
    assert sum(isinstance(one, Subscriber) for one in session.identity_map.values()) <= PIECE
