"""Getting in, on both databases: the same for everybody, by a mailed link alone, for a while."""

import threading
from datetime import timedelta

import pytest
from offers import NORTH  # type: ignore[import-not-found]  # beside this file

from monitor.kernel.errors import InvalidInput, LinkOver
from monitor.kernel.settings import parse
from monitor.mine import links, service
from monitor.mine.tables import Buyer, Sitting
from monitor.notify.rules import PRIVATE_LINK_LASTS
from monitor.notify.tables import Message, MessageState

HALF_A_DAY = timedelta(hours=12)


def test_asking_keeps_nothing_but_a_mail_and_mails_one_an_hour(views, session):
    for minutes in (0, 1, 59):
        views.ask("known", views.at + timedelta(minutes=minutes))
    assert (len(views.mailed()), views.buyers()) == (1, [])
    views.ask("other")
    views.ask("KNOWN", views.at + timedelta(minutes=60))
    assert [m.address for m in views.mailed()] == [
        *("known@buyer.example", "other@buyer.example", "known@buyer.example")
    ]
    assert views.mailed()[0].context == {}
    with pytest.raises(InvalidInput):
        views.ask("two@a.example, three")


def test_looking_at_a_link_opens_nothing(views, session, now):
    uuid = views.ask("known")
    for _ in range(3):
        assert links.may_open(session, uuid, now) == now + PRIVATE_LINK_LASTS
    assert (views.buyers(), session.query(Sitting).count()) == ([], 0)


def test_a_sitting_opens_one_view_for_half_a_day_and_its_token_is_kept_nowhere(views, session, now):
    uuid = views.ask("known")
    token = links.open_view(session, uuid, now)
    other = links.open_view(session, uuid, now)
    assert token != other
    (buyer,) = views.buyers()
    opened = links.opened(session, token, now)
    assert opened == links.OpenedView(buyer.key, "known@buyer.example", now + HALF_A_DAY)
    assert links.opened(session, token, now + HALF_A_DAY) is None
    assert links.opened(session, token + "x", now) is None
    assert token not in {sitting.token_hash for sitting in session.query(Sitting)}
    links.close(session, token)
    links.close(session, token)
    assert links.opened(session, token, now) is None
    assert links.opened(session, other, now) is not None, "open elsewhere still"


def test_two_who_press_one_link_at_once_open_one_view(database, tmp_path, now):
    with database.write() as session:
        settings = parse({"mail": {"from_address": "news@example.org"}}, folder=tmp_path)
        links.ask(session, settings, address="board@buyer.example", at=now)
        session.flush()
        uuid = session.query(Message).one().uuid
    opened = []

    def press():
        with database.write() as session:
            opened.append(links.open_view(session, uuid, now))

    pressing = [threading.Thread(target=press) for _ in range(4)]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join()
    with database.read() as session:
        assert all(links.opened(session, token, now) for token in opened)
        assert (len(opened), session.query(Buyer).count()) == (4, 1)


def test_a_link_that_is_none_or_over_opens_nothing(views, session, now):
    uuid = views.ask("known")
    with pytest.raises(LinkOver):
        links.open_view(session, "no such message", now)
    links.open_view(session, uuid, now + PRIVATE_LINK_LASTS)
    with pytest.raises(LinkOver, match="expired"):
        links.open_view(session, uuid, now + PRIVATE_LINK_LASTS + timedelta(seconds=1))


def test_it_is_known_when_the_view_was_opened_before(views, session, now):
    uuid = views.ask("known")
    links.open_view(session, uuid, now)
    (buyer,) = views.buyers()
    assert (buyer.looked_at, buyer.looked_before) == (now, None)
    links.open_view(session, uuid, now + HALF_A_DAY)
    assert (buyer.looked_at, buyer.looked_before) == (now + HALF_A_DAY, now)
    assert session.query(Sitting).count() == 1, "the one that is over is gone"


def test_what_is_over_is_let_go_of_and_what_was_entered_stays(views, session, now):
    empty, full = views.open("empty"), views.open("full")
    service.add(session, full, NORTH, now)
    for message in views.mailed():
        message.state = MessageState.SENT
    at = now + PRIVATE_LINK_LASTS
    assert links.drop_old(session, at=at) == 2, "two sittings"
    assert len(views.mailed()) == 2
    assert links.drop_old(session, at=at + timedelta(seconds=1)) == 3, "two links and a view"
    session.expire_all()
    assert [buyer.key for buyer in views.buyers()] == [full] != [empty]
    assert links.drop_old(session, at=at + timedelta(days=900)) == 0
