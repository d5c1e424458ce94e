import threading
from datetime import timedelta

import pytest

from monitor.catalogue.words import Direction
from monitor.gap.tables import Change
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.notify import service
from monitor.notify.messages import outbox
from monitor.notify.tables import (
    Announcement,
    Message,
    MessageKind,
    MessageState,
    Subscriber,
    SubscriberState,
)

HOUR = timedelta(hours=1)


def ask(session, settings, at, address="Reader@Example.org", slugs=("ddp", "cos"), purpose="news"):
    service.subscribe(
        session, settings, address=address, interventions=slugs, purpose=purpose, at=at
    )
    session.flush()


def readers(session):
    return session.query(Subscriber).order_by(Subscriber.id).all()


def test_asking_changes_nothing_until_it_is_confirmed(session, world, settings, now):
    world(session)
    ask(session, settings, now)
    (reader,) = readers(session)
    (message,) = session.query(Message)
    assert (reader.address, reader.state) == ("reader@example.org", SubscriberState.PENDING)
    assert (message.kind, message.address) == (MessageKind.CONFIRM, "reader@example.org")
    assert message.message_id == f"<{message.uuid}@example.org>"
    assert message.context["interventions"] == ["cos", "ddp"]  # in the catalogue's order

    confirmed = service.confirm(session, message.uuid, now)
    assert confirmed.state is SubscriberState.ACTIVE
    assert (confirmed.interventions, confirmed.purpose) == (["cos", "ddp"], "news")
    assert confirmed.confirmed_at == now


def test_at_most_one_mail_an_hour_whoever_asks(session, world, settings, now):
    world(session)
    for minutes in (0, 1, 59):
        ask(session, settings, now + timedelta(minutes=minutes), slugs=["vig"])
    ask(session, settings, now, address="READER@example.ORG ")
    assert session.query(Message).count() == 1
    ask(session, settings, now + HOUR)
    assert session.query(Message).count() == 2
    assert len(readers(session)) == 1


def test_a_stranger_cannot_change_what_somebody_gets(session, world, settings, now):
    world(session).reader("known", "cos")
    ask(session, settings, now, address="known@reader.example", slugs=["www"])
    (reader,) = readers(session)
    assert (reader.state, reader.interventions) == (SubscriberState.ACTIVE, ["cos"])
    (message,) = session.query(Message)
    service.confirm(session, message.uuid, now)
    assert reader.interventions == ["www"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "ü@b.example",
        "a b@c.example",
    ],
)
def test_only_one_plain_address_is_taken(session, world, settings, now, address):
    world(session)
    with pytest.raises(InvalidInput) as refused:
        ask(session, settings, now, address=address)
    assert refused.value.field == "address"
    assert not readers(session)


@pytest.mark.parametrize("slugs", [(), ("cos", "nonsense")])
def test_only_known_interventions_are_taken(session, world, settings, now, slugs):
    world(session)
    with pytest.raises(InvalidInput) as refused:
        ask(session, settings, now, slugs=slugs)
    assert refused.value.field == "interventions"


def test_the_same_link_again_changes_nothing(session, world, settings, now):
    world(session)
    ask(session, settings, now)
    (message,) = session.query(Message)
    assert not service.awaiting(session, message.uuid, now).confirmed
    service.confirm(session, message.uuid, now)
    again = service.confirm(session, message.uuid, now + HOUR)
    assert again.confirmed_at == now
    assert service.awaiting(session, message.uuid, now).confirmed


def test_links_that_lead_nowhere(session, world, settings, now):
    made = world(session)
    made.reader("known", "cos")
    made.accept_and_announce()
    (change,) = made.messages()
    for uuid in ("nonsense", change.uuid):
        with pytest.raises(NotFound):
            service.confirm(session, uuid, now)


def test_a_link_expires(session, world, settings, now):
    world(session)
    ask(session, settings, now)
    (message,) = session.query(Message)
    with pytest.raises(Conflict):
        service.confirm(session, message.uuid, now + timedelta(days=7, seconds=1))
    with pytest.raises(Conflict):
        service.awaiting(session, message.uuid, now + timedelta(days=8))


def test_who_left_is_not_brought_back_by_an_old_link(session, world, settings, now):
    world(session)
    ask(session, settings, now)
    (message,) = session.query(Message)
    service.confirm(session, message.uuid, now)
    service.unsubscribe(session, message.uuid, now + HOUR)
    with pytest.raises(Conflict):
        service.confirm(session, message.uuid, now + HOUR)

    ask(session, settings, now + 2 * HOUR)
    newest = session.query(Message).order_by(Message.id.desc()).first()
    assert service.confirm(session, newest.uuid, now + 2 * HOUR).state is SubscriberState.ACTIVE


def test_leaving_twice_is_leaving_once(session, world, now):
    made = world(session)
    reader = made.reader("known", "cos")
    made.accept_and_announce()
    (message,) = made.messages()
    service.unsubscribe(session, message.uuid, now)
    entries = audit.count(session)
    service.unsubscribe(session, message.uuid, now + HOUR)
    service.unsubscribe(session, "no such message", now)
    assert (reader.state, reader.left_at) == (SubscriberState.UNSUBSCRIBED, now)
    assert audit.count(session) == entries


def test_every_step_is_audited_without_an_address(session, world, settings, now):
    world(session)
    ask(session, settings, now)
    (message,) = session.query(Message)
    service.confirm(session, message.uuid, now)
    service.unsubscribe(session, message.uuid, now)
    entries = [
        e
        for e in session.query(audit.AuditEntry).order_by(audit.AuditEntry.seq)
        if e.subject.startswith("subscriber")
    ]
    assert [e.action for e in entries] == [
        "subscriber.asked",
        "subscriber.confirmed",
        "subscriber.left",
    ]
    assert not any("@" in f"{e.subject}{e.actor}{e.details}" for e in entries)


def test_two_who_ask_at_once_for_one_address_make_one_reader(database, world, settings, now):
    with database.write() as session:
        world(session)
    problems = []

    def asks():
        try:
            with database.write() as session:
                ask(session, settings, now)
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            problems.append(error)

    threads = [threading.Thread(target=asks) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert (problems, len(readers(session))) == ([], 1)
        assert session.query(Message).count() == 1


def test_those_who_follow_are_told_once(session, world):
    made = world(session)
    follows, other = made.reader("follows", "cos", "ddp"), made.reader("other", "vig")
    made.reader("pending", "cos", state=SubscriberState.PENDING)
    made.reader("gone", "cos", state=SubscriberState.UNSUBSCRIBED)
    decision = made.decide(made.study())
    change = made.change(decision)
    announcement = made.announce(change)
    assert made.announce(change) is announcement
    (message,) = made.messages()
    assert message.subscriber_id == follows.id != other.id
    assert message.context == {"slugs": ["cos"], "following": 2}
    assert (announcement.change_ids, announcement.slugs) == ([change.id], ["cos"])


def test_a_decision_on_two_interventions_is_one_mail(session, world):
    made = world(session)
    made.reader("both", "cos", "vipp")
    made.reader("one", "vipp")
    decision = made.decide(made.study(), slugs=("cos", "vipp"))
    made.announce(made.change(decision), made.change(decision, "vipp"))
    assert [m.context["slugs"] for m in made.messages()] == [["cos", "vipp"], ["vipp"]]


def test_nothing_to_tell_is_no_mail(session, world, now):
    made = world(session)
    made.reader("follows", "cos")
    state = made.state("cos", Direction.MIXED, (8, 17)).to_dict()
    baseline = Change(
        slug="cos",
        kinds=[],
        before=None,
        after=state,
        sentence="Published.",
        cause_kind="baseline",
        cause_id=None,
        cause="Published",
        at=now,
    )
    session.add(baseline)
    session.flush()
    assert made.announce(baseline) is None
    assert made.announce() is None
    assert not made.messages()


def test_what_is_told_is_frozen_with_its_facts(session, world, settings, now):
    made = world(session)
    made.heard(pubmed=2, europepmc=30, failing="europepmc")
    made.accept_and_announce()
    content = session.query(Announcement).one().content
    study = content["study"]
    assert (study["label"], study["year"], study["title"]) == ("COSI", 2025, "An invented trial")
    assert (study["participants"], study["direction"]) == (371, "no difference")
    assert study["identifiers"] == {"doi": "10.1000/invented"}
    assert (study["decided_at"], study["decided_by"]) == (now.isoformat(), 2)
    assert (study["withdrawn"], content["correction"]) == (None, False)
    (change,) = content["changes"]
    assert (change["name"], change["usage"]["wave"]) == ("Circle of Security", "2020")
    assert (change["before"]["direction"], change["after"]["direction"]) == (
        "generally positive",
        "mixed",
    )
    states = {source["title"]: source["state"] for source in content["sources"]}
    assert states["PubMed"] == "ok"
    assert states["Europe PMC"] == "failing"
    assert content["of"] == 10


def test_what_is_not_known_stays_unknown(session, world):
    made = world(session)
    unknown = dict.fromkeys(("participants", "uk", "developer_led", "risk_of_bias"), None)
    made.accept_and_announce(**unknown)
    study = session.query(Announcement).one().content["study"]
    assert {name: study[name] for name in unknown} == unknown


def test_a_correction_reaches_the_same_people(session, world, now):
    made = world(session)
    stays, moved = made.reader("stays", "cos"), made.reader("moved", "cos")
    left = made.reader("left", "cos")
    made.reader("never", "vig")
    study = made.study()
    made.accept_and_announce(study)
    for claimed in outbox.claim(session, at=now, limit=10, lease_seconds=60):
        outbox.sent(session, claimed, reply="250 ok", at=now)
    moved.interventions = ["ddp"]
    service.unsubscribe(session, made.messages(subscriber_id=left.id)[0].uuid, now)
    late = made.reader("late", "cos")

    announcement = made.withdraw_and_announce(study)
    told = made.messages(announcement_id=announcement.id)
    assert {m.subscriber_id for m in told} == {stays.id, moved.id, late.id}
    assert all(m.context["slugs"] == ["cos"] for m in told)
    content = announcement.content
    assert content["correction"] is True
    assert content["study"]["withdrawn"]["reason"] == "Its paper was retracted."
    assert content["study"]["participants"] == 371


def test_what_is_known_to_be_wrong_is_not_sent_any_more(session, world, now):
    made = world(session)
    reader = made.reader("follows", "cos")
    study = made.study()
    other = made.study("OTHER", doi="10.1000/other")
    made.accept_and_announce(study)
    made.accept_and_announce(other)
    made.withdraw_and_announce(study)
    states = [m.state for m in made.messages(subscriber_id=reader.id)]
    assert states == [MessageState.CANCELLED, MessageState.PENDING, MessageState.PENDING]


def test_what_may_have_been_sent_is_corrected_not_cancelled(session, world, now):
    made = world(session)
    made.reader("follows", "cos")
    study = made.study()
    made.accept_and_announce(study)
    (claimed,) = outbox.claim(session, at=now, limit=1, lease_seconds=60)
    made.withdraw_and_announce(study)
    session.expire_all()
    assert [m.state for m in made.messages()] == [MessageState.CLAIMED, MessageState.PENDING]
    outbox.sent(session, claimed, reply="250 ok", at=now)
