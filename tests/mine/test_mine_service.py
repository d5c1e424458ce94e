"""Entering, changing, bringing and erasing own services, on both databases; one's own alone."""

import pytest
from offers import (  # type: ignore[import-not-found]  # beside this file
    CARE,
    FOUR,
    HUB,
    NORTH,
    SLUGS,
    SOUTH,
)

from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.mine import mail, queries, service
from monitor.mine.mail import Choice
from monitor.mine.rules import ServiceEntry
from monitor.mine.tables import Buyer, OwnOffer, OwnService, Sitting
from monitor.notify import service as notify
from monitor.notify.tables import Message, MessageState, Subscriber, SubscriberState

PURPOSE = "news"


def kept(session, key):
    return [held.entry for held in queries.services(session, key)]


def seen(session, key, service_id):
    return queries.service(session, key, service_id).changed_at.isoformat()


def choose(views, key, choice):
    mail.choose(views.session, key, choice, every=SLUGS, purpose=PURPOSE, at=views.at)


def reader(session, name="board"):
    return session.query(Subscriber).filter_by(address=f"{name}@buyer.example").one()


def test_services_are_entered_changed_and_taken_out(views, session, now):
    key = views.open("board")
    first = service.add(session, key, NORTH, now)
    service.add(session, key, HUB, now)
    later = views.later(days=1)
    moved = ServiceEntry("North team", "Inpatient", {"vig": 5})
    service.change(session, key, first, moved, seen=seen(session, key, first), at=later)
    assert kept(session, key) == [moved, HUB]
    assert queries.service(session, key, first).changed_at == later
    service.remove(session, key, first, later)
    assert kept(session, key) == [HUB]
    with pytest.raises(NotFound):
        service.remove(session, key, first, later)


def test_two_windows_do_not_write_over_each_other(views, session, now):
    key = views.open("board")
    first = service.add(session, key, NORTH, now)
    opened = seen(session, key, first)
    later = views.later(minutes=1)
    service.change(session, key, first, SOUTH, seen=opened, at=later)
    with pytest.raises(Conflict, match="changed since"):
        service.change(session, key, first, HUB, seen=opened, at=later)
    assert kept(session, key) == [SOUTH]


def test_no_two_services_have_one_name(views, session, now):
    key = views.open("board")
    service.add(session, key, NORTH, now)
    second = service.add(session, key, SOUTH, now)
    alike = ServiceEntry("NORTH  team", "", {})
    with pytest.raises(InvalidInput):
        service.add(session, key, alike, now)
    with pytest.raises(InvalidInput):
        service.change(session, key, second, alike, seen=seen(session, key, second), at=now)
    other = views.open("other")
    service.add(session, other, NORTH, now)
    assert kept(session, key) == [NORTH, SOUTH]


def test_nobody_reaches_what_is_somebody_elses(views, session, now):
    key, other = views.open("board"), views.open("other")
    first = service.add(session, key, NORTH, now)
    when = seen(session, key, first)
    for reach in (
        lambda: queries.service(session, other, first),
        lambda: service.remove(session, other, first, now),
        lambda: service.change(session, other, first, HUB, seen=when, at=now),
    ):
        with pytest.raises(NotFound):
            reach()
    assert (kept(session, key), kept(session, other)) == ([NORTH], [])


def test_a_table_replaces_what_it_names_and_twice_is_as_once(views, session, now):
    key = views.open("board")
    service.bring(session, key, (NORTH, CARE), now)
    later = views.later(days=1)
    told = [ServiceEntry("north TEAM", "Acute", {"www": 3}), HUB]
    assert service.bring(session, key, told, later) == service.BroughtServices(1, 1, 0)
    assert service.bring(session, key, told, views.later(days=1)) == service.BroughtServices(
        0, 0, 2
    )
    assert kept(session, key) == [told[0], CARE, HUB]
    held = queries.services(session, key)
    assert [one.changed_at for one in held] == [later, now, later]
    assert queries.slugs_of(session, "board@buyer.example") == {
        *("www", "ddp", "theraplay", "icp", "vipp", "vig")
    }


def test_only_so_many_can_be_entered(views, session, now):
    key = views.open("board")
    many = [ServiceEntry(f"Service {n}", "", {"ddp": n}) for n in range(300)]
    service.bring(session, key, many, now)
    with pytest.raises(InvalidInput):
        service.add(session, key, NORTH, now)
    with pytest.raises(InvalidInput):
        service.bring(session, key, [NORTH], now)


def test_admins_see_how_many_views_there_are_and_the_ledger_says_no_more(views, session, now):
    key, other = views.open("board"), views.open("other")
    views.open("empty")
    assert queries.views(session) == 0
    for entry in FOUR:
        service.add(session, key, entry, now)
    service.add(session, other, NORTH, now)
    choose(views, key, Choice.ONLY)
    assert queries.views(session) == 2
    service.erase(session, key, now)
    assert queries.views(session) == 1
    told = [
        f"{one.actor} {one.action} {one.subject} {one.details}"
        for one in session.query(audit.AuditEntry)
        if one.action.startswith(("own_services", "subscriber"))
    ]
    assert len(told) == 3 + 5 + 1 + 2
    assert f"buyer:{key} own_services.erased buyer:{key} {{}}" in told
    for word in ("team", "Acute", "board@", "hub", "families"):
        assert not any(word in line for line in told), word
    assert audit.broken_link(session) is None


def test_mail_begins_narrows_follows_and_stops_as_chosen(views, session, now):
    key = views.open("board")
    assert mail.of_buyer(session, "board@buyer.example", SLUGS).choice is Choice.NEVER
    service.add(session, key, HUB, now)
    choose(views, key, Choice.ONLY)
    told = mail.of_buyer(session, "board@buyer.example", SLUGS)
    assert (told.choice, told.interventions, told.purpose) == (Choice.ONLY, tuple(SLUGS), PURPOSE)
    assert reader(session).state is SubscriberState.ACTIVE
    assert set(reader(session).hears_of) == {"vipp", "vig", "icp"}
    service.add(session, key, SOUTH, now)
    assert set(reader(session).hears_of) == {"vipp", "vig", "icp", "ddp", "theraplay"}
    choose(views, key, Choice.ALL)
    assert reader(session).hears_of == list(SLUGS)
    service.add(session, key, CARE, now)
    assert reader(session).narrowed_to is None, "only mail that is narrowed follows"
    choose(views, key, Choice.ONLY)
    choose(views, key, Choice.NEVER)
    assert reader(session).state is SubscriberState.UNSUBSCRIBED
    assert reader(session).narrowed_to is None
    choose(views, key, Choice.ONLY)
    assert reader(session).state is SubscriberState.ACTIVE


def test_mail_chosen_elsewhere_stays_as_chosen_until_something_else_is(views, session, now):
    key = views.open("board")
    notify.subscribe(
        session, views.settings,
        address="board@buyer.example", interventions=["cos", "vig"], purpose="other", at=now,
    )  # fmt: skip
    session.flush()
    asked = session.query(Message).order_by(Message.id.desc()).first()
    notify.confirm(session, asked.uuid, now)
    assert mail.of_buyer(session, "board@buyer.example", SLUGS).choice is Choice.CHOSEN
    choose(views, key, Choice.CHOSEN)
    assert reader(session).interventions == ["cos", "vig"]
    service.add(session, key, HUB, now)
    mail.narrow_choices(session, "board@buyer.example", only=True, at=now)
    assert reader(session).hears_of == ["vig"], "narrowed, never more than was chosen"
    mail.narrow_choices(session, "board@buyer.example", only=False, at=now)
    assert reader(session).hears_of == ["cos", "vig"]


def test_without_services_there_is_nothing_to_narrow_to(views, session, now):
    key = views.open("board")
    choose(views, key, Choice.ALL)
    mail.narrow_choices(session, "board@buyer.example", only=True, at=now)
    assert reader(session).narrowed_to is None
    choose(views, key, Choice.ONLY)
    assert reader(session).hears_of == [], "they asked for nothing else"


def test_erasing_leaves_no_row_and_the_subscription_without_a_trace_of_services(
    views, session, now
):
    key, other = views.open("board"), views.open("other")
    for entry in FOUR:
        service.add(session, key, entry, now)
    service.add(session, other, NORTH, now)
    choose(views, key, Choice.ONLY)
    views.ask("board", views.later(hours=2))
    service.erase(session, key, views.at)
    session.expire_all()
    assert [buyer.key for buyer in session.query(Buyer)] == [other]
    assert {sitting.buyer_key for sitting in session.query(Sitting)} == {other}
    assert {row.buyer_key for row in session.query(OwnService)} == {other}
    assert session.query(OwnOffer).count() == 3
    assert [m.address for m in views.mailed()] == ["other@buyer.example"]
    assert (reader(session).state, reader(session).narrowed_to) == (SubscriberState.ACTIVE, None)
    with pytest.raises(NotFound):
        service.erase(session, key, now)
    with pytest.raises(NotFound):
        service.add(session, key, NORTH, now)


def test_a_link_in_a_senders_hands_outlives_erasing_and_opens_an_empty_view(views, session, now):
    key = views.open("board")
    views.mailed()[0].state = MessageState.CLAIMED
    service.add(session, key, NORTH, now)
    service.erase(session, key, now)
    assert len(views.mailed()) == 1
    assert kept(session, views.open("board")) == []
