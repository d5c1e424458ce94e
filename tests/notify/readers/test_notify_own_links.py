"""The short-lived link to what is held: once an hour to any address, an hour long, of one use to erase."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.kernel.errors import Conflict, InvalidInput, LinkOver
from monitor.notify.messages import copies, outbox, postmaster
from monitor.notify.readers import own_data, own_links, subscribing
from monitor.notify.smtp.mailbox import mailbox_path
from monitor.notify.tables import MessageKind, ReturnedMail, SubscriberState
from monitor.notify.words import BounceWeight

ANNA = "anna@reader.example"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def w(session, world):
    return world(session)


@pytest.fixture
def ask(w, settings):
    return lambda address=ANNA, at=None: own_links.ask(
        w.session, settings, address=address, at=at or w.at
    )


def links(w):
    w.session.flush()
    return w.messages(kind=MessageKind.OWN_DATA)


def test_any_address_is_mailed_one_link_an_hour_known_or_not(w, ask):
    w.reader("anna", "cos")
    for address in ("Anna@Reader.example", "nobody@else.example"):
        for minutes in (0, 1, 59):
            ask(address, w.at + minutes * MINUTE)
    assert [one.address for one in links(w)] == [ANNA, "nobody@else.example"]
    ask(at=w.at + 60 * MINUTE)
    assert len(links(w)) == 3
    with pytest.raises(InvalidInput):
        ask("no address")


def test_nobody_is_mailed_by_strangers_all_day(w, ask, settings):
    """Five of each kind in any day, however often somebody else types the address."""
    for hours in range(24):
        ask(at=w.at + hours * HOUR)
        subscribing.subscribe(
            w.session,
            settings,
            address=ANNA,
            interventions=["cos"],
            purpose="News.",
            at=w.at + hours * HOUR,
        )
        w.session.flush()
    asked = w.messages(kind=MessageKind.CONFIRM)
    assert len(links(w)) == len(asked) == 5
    assert max(one.queued_at for one in asked) == w.at + 4 * HOUR
    ask(at=w.at + 24 * HOUR)
    assert len(links(w)) == 6, "the first is a day ago"


@pytest.mark.parametrize("state", SubscriberState)
def test_a_link_goes_out_whatever_the_reader_is(w, ask, state):
    """Who left may want to be erased; who never confirmed too."""
    w.reader("anna", "cos", state=state)
    ask()
    (claimed,) = outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60)
    assert (claimed.kind, claimed.address) == (MessageKind.OWN_DATA, ANNA)


def test_it_works_for_an_hour_from_when_it_was_handed_over(w, ask):
    ask()
    (link,) = links(w)
    assert own_links.opened(w.session, link.uuid, w.at + HOUR).address == ANNA
    with pytest.raises(LinkOver, match="Ask for another"):
        own_links.opened(w.session, link.uuid, w.at + HOUR + MINUTE)
    (claimed,) = outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60)
    outbox.sent(w.session, claimed, reply="250", at=w.at + 20 * MINUTE)
    w.session.expire_all()
    assert own_links.opened(w.session, link.uuid, w.at + 80 * MINUTE).address == ANNA
    with pytest.raises(LinkOver):
        own_links.opened(w.session, link.uuid, w.at + 81 * MINUTE)
    why = {"reason": "They asked for it.", "by": "user:1"}
    with pytest.raises(Conflict, match="ended"):
        postmaster.send_again(w.session, link.uuid, at=w.at + 2 * HOUR, **why)


def test_no_other_mail_opens_it(w):
    w.reader("anna", "cos")
    w.accept_and_announce()
    (change,) = w.messages()
    with pytest.raises(LinkOver):
        own_links.opened(w.session, change.uuid, w.at)


def test_used_to_erase_it_opens_nothing_more(w, ask):
    w.reader("anna", "cos")
    ask()
    (link,) = links(w)
    own_data.erase(w.session, ANNA, w.at)
    assert own_links.opened(w.session, link.uuid, w.at).address is None
    assert links(w)[0].address == "erased:1"


def test_what_has_ended_is_let_go_of_even_if_it_came_back(w, ask):
    ask()
    (link,) = links(w)
    w.session.add(
        ReturnedMail(
            message_id=link.id, weight=BounceWeight.GONE, status="5.1.1", words="no", at=w.at
        )
    )
    w.session.flush()
    assert own_links.drop_old(w.session, at=w.at + 23 * HOUR) == 0
    assert own_links.drop_old(w.session, at=w.at + 25 * HOUR) == 1
    assert (links(w), w.session.scalars(select(ReturnedMail)).all()) == ([], [])


def test_copies_in_a_folder_go_with_their_messages(w, ask, tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir()
    w.reader("ben", "cos")
    w.accept_and_announce()
    ask()
    (change,), (link,) = w.messages(kind=MessageKind.CHANGE), links(w)
    gone = "00000000-0000-4000-8000-000000000000"
    for uuid in (change.uuid, link.uuid, gone):
        mailbox_path(folder, uuid).write_text("To: somebody")
    (folder / "notes.eml").write_text("not ours")
    assert copies.drop_left_over(w.session, folder) == 1
    own_data.erase(w.session, ANNA, w.at)
    assert copies.drop_left_over(w.session, folder) == 1
    left = {path.name for path in folder.iterdir()}
    assert left == {f"{change.uuid}.eml", "notes.eml"}
    assert copies.drop_left_over(w.session, tmp_path / "nowhere") == 0
