"""What was sent, seen again: by whoever has the link, by admins, and in tests of how mail looks."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from test_notify_rendering import SECRET, parts  # type: ignore[import-not-found]  # beside it

from monitor.kernel.errors import InvalidInput, LinkOver, NotFound
from monitor.notify.digests import making
from monitor.notify.digests.making import Workshop
from monitor.notify.messages import outbox
from monitor.notify.tables import Announcement, HeldNews, Message, MessageKind, MessageState
from monitor.notify.writing import trying, viewing
from monitor.notify.writing.rendering import render

DAY = timedelta(days=1)
DUE = 8 * DAY + timedelta(hours=1)
OWN = re.compile(r"/(u|choices|m)/[A-Za-z0-9_-]{64}")


@pytest.fixture
def w(session, world):
    made = world(session)
    made.heard(pubmed=2)
    return made


@pytest.fixture
def digest(w, settings, catalogue):
    """Make and claim the digest of one reader who follows one."""
    w.digested("anna", "cos")
    w.accept_and_announce()
    at = w.at + DUE
    making.make_next(w.session, Workshop(settings, catalogue), at=at)
    (claimed,) = outbox.claim(w.session, at=at, limit=9, lease_seconds=60)
    return claimed


@pytest.fixture
def change(w):
    """Claim the mail of one change."""
    w.reader("anna", "cos")
    w.accept_and_announce()
    (claimed,) = outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60)
    return claimed


def body(text):
    """Give what a mail says between what stands above it and its footer."""
    return " ".join(text.split()).partition(" -- ")[0]


@pytest.mark.parametrize("kind", ["digest", "change"])
def test_whoever_has_the_link_sees_what_was_sent_and_can_change_nothing(kind, request, w, settings):
    sent = request.getfixturevalue(kind)
    _, text, page = parts(render(sent, settings, SECRET))
    assert f"/m/{viewing_token(page.links)}" in text
    shown = viewing.for_reader(w.session, settings, SECRET, sent.uuid)
    above, _, rest = body(shown.text).partition("as it was sent. ")
    assert above.startswith("GAP MONITOR")
    assert rest == body(text).removeprefix("GAP MONITOR ")
    for said in (shown.text, shown.html):
        assert "anna" not in said
        assert not OWN.search(said)
        assert sent.uuid not in said


def viewing_token(links):
    (link,) = [link for link in links if "/m/" in link]
    return link.rpartition("/")[2]


def test_what_was_corrected_since_is_said_above_it(w, digest, settings):
    outbox.sent(w.session, digest, reply="250", at=w.at + DUE)
    w.at += 20 * DAY
    study = w.session.get_one(Announcement, 1).study_id
    w.withdraw_and_announce(w.session.get_one(type(w.study("X", doi="10.1000/x")), study))
    shown = viewing.for_reader(w.session, settings, SECRET, digest.uuid)
    for said in (" ".join(shown.text.split()), shown.html):
        assert "Corrected on 13 December 2026: Circle of Security" in said


def test_what_never_left_or_holds_a_link_of_ones_own_is_not_shown(w, change, settings):
    message = w.session.get_one(Message, change.id)
    message.state = MessageState.CANCELLED
    w.session.flush()
    with pytest.raises(LinkOver):
        viewing.for_reader(w.session, settings, SECRET, change.uuid)
    assert viewing.frozen(w.session, "00000000-0000-4000-8000-000000000000") is None
    for kind in set(MessageKind) - set(viewing.SHOWN):
        message.kind = kind
        w.session.flush()
        assert viewing.frozen(w.session, change.uuid) is None


def test_a_test_counts_as_told_to_nobody(w, settings, catalogue):
    reader = w.digested("anna", "cos")
    w.accept_and_announce()
    at = w.at + DUE
    shop = Workshop(settings, catalogue)
    next_ = trying.next_digest(w.session, shop, reader, at=at)
    assert next_
    before = w.session.scalars(select(HeldNews.message_id)).all()
    test = trying.send_next(w.session, settings, next_, "boss@team.example", by="user:1", at=at)
    (claimed,) = outbox.claim(w.session, at=at, limit=9, lease_seconds=60)
    raw = render(claimed, settings, SECRET)
    message, text, _ = parts(raw)
    assert (claimed.id, claimed.address) == (test.id, "boss@team.example")
    assert message["Subject"].startswith("Test: Circle of Security")
    assert message["List-Unsubscribe"] is None
    assert not OWN.search(text)
    assert "anna" not in raw.decode()
    outbox.sent(w.session, claimed, reply="250", at=at)
    assert w.session.scalars(select(HeldNews.message_id)).all() == before == [None]
    # what its reader gets is what the test said
    assert trying.written(next_, settings, SECRET).text.split() == text.split()
    making.make_next(w.session, shop, at=at)
    (own,) = outbox.claim(w.session, at=at, limit=9, lease_seconds=60)
    assert own.address == "anna@reader.example"
    _, told, _ = parts(render(own, settings, SECRET))
    assert body(told).removeprefix("GAP MONITOR ") == body(text).partition("reader’s own. ")[2]


def test_a_copy_of_a_mail_is_no_correction_and_is_never_corrected(w, change, settings):
    outbox.sent(w.session, change, reply="250", at=w.at)
    trying.send_copy(w.session, settings, change.uuid, "boss@team.example", by="user:1", at=w.at)
    study = w.session.get_one(Announcement, 1).study_id
    w.withdraw_and_announce(w.session.get_one(type(w.study("X", doi="10.1000/x")), study))
    told = w.session.scalars(select(Message.address).order_by(Message.id)).all()
    assert told == ["anna@reader.example", "boss@team.example", "anna@reader.example"]
    assert w.session.scalar(select(func.sum(Announcement.readers))) == 2


def test_a_test_of_nothing_or_to_nobody_is_refused(w, change, settings):
    with pytest.raises(NotFound, match="no such e-mail"):
        trying.send_copy(w.session, settings, "x", "boss@team.example", by="user:1", at=w.at)
    with pytest.raises(InvalidInput):
        trying.send_copy(w.session, settings, change.uuid, "a@b.c, d@e.f", by="user:1", at=w.at)
