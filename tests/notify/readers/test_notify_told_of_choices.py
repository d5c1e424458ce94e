"""Who has a mail that was passed on can change what its reader gets: their next mail says that it was done."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.mine import mail as own_mail
from monitor.notify.digests import making
from monitor.notify.digests.making import Workshop
from monitor.notify.messages import outbox
from monitor.notify.readers import subscribing
from monitor.notify.tables import MessageKind, MessageState, Subscriber
from monitor.notify.terms import Terms
from monitor.notify.words import USUAL, Cadence
from monitor.notify.writing import trying, viewing
from monitor.notify.writing.rendering import write

SECRET = b"s" * 32
WEEK = timedelta(days=7)
SAID = "Until then you got news of two interventions, once a month."


@pytest.fixture
def w(session, world):
    return world(session)


def choose(w, uuid, *slugs, cadence=Cadence.AT_ONCE):
    terms = Terms(cadence, frozenset(USUAL), None if cadence is Cadence.AT_ONCE else 1)
    own_mail.choose_by_link(w.session, uuid, slugs, terms, only=False, asked=False, at=w.at)
    w.session.flush()


@pytest.fixture
def anna(w, settings, catalogue):
    """Give a mail of a reader of two interventions once a month, and let a link of it change that."""
    w.digested("anna", "cos", "ddp")
    w.accept_and_announce()
    w.at += 5 * WEEK
    making.make_next(w.session, Workshop(settings, catalogue), at=w.at)
    (digest,) = w.messages()
    w.at += WEEK
    choose(w, digest.uuid, "cos")
    return digest.uuid


def news(w, doi):
    w.at += WEEK
    w.accept_and_announce(w.study(doi, doi=f"10.1000/{doi}"))
    return w.messages(kind=MessageKind.CHANGE)[-1]


def words(w, settings):
    claimed = outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60)[-1]
    written = write(claimed, settings, SECRET)
    return " ".join(written.text.split()), written.html


def test_the_next_mail_says_what_was_before_and_the_one_after_says_nothing(w, anna, settings):
    first = news(w, "one")
    text, html = words(w, settings)
    for said in (text, html):
        assert SAID in said
        assert "changed by the link in an e-mail of ours" in said
    second = news(w, "two")
    assert "chose" in first.context
    assert "chose" not in second.context


def test_it_is_said_again_where_the_mail_that_said_it_never_goes(w, anna):
    news(w, "one").state = MessageState.CANCELLED
    w.session.flush()
    assert news(w, "two").context["chose"]["following"] == 2


def test_of_two_changes_what_was_before_the_first_is_told(w, anna):
    w.at += WEEK
    choose(w, anna, "cos", "vipp", "ddp")
    chose = news(w, "one").context["chose"]
    assert (chose["following"], chose["cadence"]) == (2, "monthly")


def test_the_same_again_is_no_change(w, settings):
    reader = w.reader("ben", "cos")
    w.accept_and_announce()
    (change,) = w.messages()
    own_mail.choose_by_link(
        w.session, change.uuid, ["cos"], None, only=False, asked=False, at=w.at + WEEK
    )
    assert reader.chose is None


def test_a_digest_says_it_too(w, anna, settings, catalogue):
    choose(w, anna, "cos", cadence=Cadence.WEEKLY)
    news_for_digest = w.study("wk", doi="10.1000/wk")
    w.accept_and_announce(news_for_digest)
    w.at += 2 * WEEK
    making.make_next(w.session, Workshop(settings, catalogue), at=w.at)
    assert SAID in words(w, settings)[0]


def test_no_copy_says_it(w, anna, settings):
    mail = news(w, "one")
    found = viewing.frozen(w.session, mail.uuid)
    assert found is not None
    assert SAID not in viewing.for_admin(w.session, settings, SECRET, found).text
    test = trying.send_copy(
        w.session, settings, mail.uuid, "admin@team.example", by="user:1", at=w.at
    )
    assert "chose" not in test.context


def test_who_confirms_anew_is_told_of_no_change_before(w, anna, settings):
    """Whatever a mail's link changed, what they confirm by their own mail is what they want."""
    w.at += WEEK
    asked = {"interventions": ["cos", "ddp"], "purpose": "News.", "at": w.at}
    subscribing.subscribe(w.session, settings, address="anna@reader.example", **asked)
    w.session.flush()
    (confirm,) = w.messages(kind=MessageKind.CONFIRM)
    subscribing.confirm(w.session, confirm.uuid, w.at)
    (reader,) = w.session.scalars(select(Subscriber))
    assert reader.chose is None
