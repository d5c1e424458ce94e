"""Mail only if it touches own services: narrower than what is followed, and corrected all the same."""

import pytest

from monitor.notify import queries, service
from monitor.notify.announcements import fan_out
from monitor.notify.messages import outbox
from monitor.notify.readers import narrowing
from monitor.notify.tables import SubscriberState
from monitor.notify.words import Cadence


@pytest.fixture
def made(session, world):
    return world(session)


def told(made, announcement):
    found = made.messages(announcement_id=announcement.id)
    return {message.address.partition("@")[0]: message.context for message in found}


def narrowed(made, name, *slugs, to):
    reader = made.reader(name, *slugs)
    narrowing.narrow(made.session, reader.address, to, at=made.at)
    return reader


def test_what_does_not_touch_the_services_is_not_told(made):
    narrowed(made, "buys", "cos", "ddp", "vig", to={"cos", "vig"})
    narrowed(made, "does-not-buy", "cos", "ddp", to={"ddp"})
    narrowed(made, "buys-more-than-follows", "ddp", to={"cos", "ddp"})
    narrowed(made, "buys-nothing", "cos", to=())
    made.reader("everything", "cos", "ddp", "vig")
    announcement = made.accept_and_announce()
    assert told(made, announcement) == {
        "buys": {"slugs": ["cos"], "following": 2},
        "everything": {"slugs": ["cos"], "following": 3},
    }


def test_mail_follows_the_services_from_then_on(session, made, now):
    reader = narrowed(made, "board", "cos", "ddp", to={"ddp"})
    narrowing.follow(session, reader.address, {"cos"}, at=now)
    assert "board" in told(made, made.accept_and_announce())
    narrowing.follow(session, reader.address, {"ddp"}, at=now)
    assert told(made, made.accept_and_announce(made.study("B", doi="10.1000/b"))) == {}
    narrowing.widen(session, reader.address, at=now)
    assert "board" in told(made, made.accept_and_announce(made.study("C", doi="10.1000/c")))
    narrowing.follow(session, reader.address, {"ddp"}, at=now)
    assert reader.narrowed_to is None, "mail that is not narrowed does not follow"


def test_what_is_still_being_told_goes_by_the_services_of_then(session, made, now, monkeypatch):
    monkeypatch.setattr(fan_out, "AT_ONCE", 1)
    made.reader("first", "cos")
    buys, not_yet = (
        narrowed(made, name, "cos", to=to) for name, to in (("buys", {"cos"}), ("not-yet", {"ddp"}))
    )
    announcement = made.accept_and_announce()
    assert set(told(made, announcement)) == {"first"}
    narrowing.follow(session, buys.address, {"ddp"}, at=now)
    narrowing.follow(session, not_yet.address, {"cos"}, at=now)
    while fan_out.tell_next(session, at=now):
        pass
    assert set(told(made, announcement)) == {"first", "buys"}


def test_who_was_told_is_corrected_whatever_the_services_are_now_and_nobody_else(
    session, made, now
):
    bought = narrowed(made, "bought", "cos", to={"cos"})
    narrowed(made, "buys-since", "cos", to={"ddp"})
    study = made.study()
    made.accept_and_announce(study)
    for claimed in outbox.claim(session, at=now, limit=9, lease_seconds=60):
        outbox.sent(session, claimed, reply="250", at=now)
    narrowing.follow(session, bought.address, {"vig"}, at=now)
    correction = made.withdraw_and_announce(study)
    assert set(told(made, correction)) == {"bought"}


def test_the_count_of_who_would_be_told_is_the_count_of_who_is(session, made):
    narrowed(made, "buys", "cos", "ddp", to={"cos"})
    narrowed(made, "does-not", "cos", "ddp", to={"ddp"})
    narrowed(made, "nothing", "cos", to=())
    made.reader("everything", "cos")
    session.flush()
    assert queries.followers(session, ["cos"]) == 2
    assert queries.followers(session, ["ddp"]) == 1
    assert queries.followers(session, ["cos", "ddp"]) == 3
    assert sum(queries.followers_by_cadence(session, ["cos", "ddp"]).values()) == 3
    made.digested("monthly", "cos")
    assert queries.followers_by_cadence(session, ["cos"]) == {
        Cadence.AT_ONCE: 2,
        Cadence.MONTHLY: 1,
    }
    assert len(told(made, made.accept_and_announce())) == 2


def test_leaving_and_asking_anew_end_it(session, made, settings, now):
    reader = narrowed(made, "board", "cos", to={"cos"})
    made.accept_and_announce()
    (mail,) = made.messages()
    found = narrowing.of_message(session, mail.uuid)
    assert found
    assert found.id == reader.id
    service.unsubscribe(session, mail.uuid, now)
    assert (reader.state, reader.narrowed_to) == (SubscriberState.UNSUBSCRIBED, None)
    assert narrowing.of_message(session, mail.uuid) is None
    narrowing.narrow(session, reader.address, {"cos"}, at=now)
    assert reader.narrowed_to is None, "nobody is narrowed who gets no mail"
    other = narrowed(made, "other", "cos", to={"cos"})
    service.subscribe(
        session, settings, address=other.address, interventions=["vig"], purpose="news", at=now
    )
    session.flush()
    service.confirm(session, made.messages()[-1].uuid, now)
    assert other.hears_of == ["vig"]


def test_addresses_that_nobody_subscribed_are_left_alone(session, made, now):
    for step in (
        lambda: narrowing.follow(session, "nobody@reader.example", {"cos"}, at=now),
        lambda: narrowing.narrow(session, "nobody@reader.example", {"cos"}, at=now),
        lambda: narrowing.widen(session, "nobody@reader.example", at=now),
        lambda: narrowing.stop(session, "nobody@reader.example", at=now),
    ):
        step()
    assert narrowing.reader(session, "nobody@reader.example") is None
