"""Did it help? Asked once, of those who agreed; counted only when closed; few are never broken down."""

from datetime import UTC, datetime, timedelta

import mails  # type: ignore[import-not-found]  # on pytest's path
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kernel.errors import Conflict, LinkOver
from monitor.notify.messages import outbox
from monitor.notify.readers import answers, helping, own_data
from monitor.notify.tables import HelpQuestion, MessageKind, ReaderTerms
from monitor.notify.words import ANSWERS, Cadence, Helped
from monitor.notify.writing.rendering import write

DAY = timedelta(days=1)
START = datetime(2027, 1, 1, tzinfo=UTC)
questions = st.lists(
    st.tuples(
        st.integers(0, 900).map(lambda days: START + days * DAY),
        st.none() | st.sampled_from(Helped),
    ),
    max_size=40,
)
moments = st.integers(0, 1200).map(lambda days: START + days * DAY)


@given(questions, moments)
def test_fewer_than_five_are_never_broken_down(asked, at):
    told = answers.totals(asked, at)
    closed = [one for one in asked if answers.is_closed(one[0], at)]
    assert told.asked == len(closed)
    assert told.of <= told.answered <= told.asked
    assert told.of == 0 or told.of >= answers.LEAST
    assert sum(told.said.values()) == told.of
    assert told.answered - told.of < answers.LEAST


@given(questions, moments, moments)
def test_what_is_shown_later_adds_five_answers_or_none(asked, at, later):
    """So nobody learns one answer by looking before and after."""
    first, second = (answers.totals(asked, when) for when in sorted((at, later)))
    assert second.of == first.of or second.of - first.of >= answers.LEAST


@given(moments)
def test_a_question_is_open_for_three_months_at_least(asked):
    assert not answers.is_closed(asked + 89 * DAY, asked + 89 * DAY)
    assert not answers.is_closed(asked, asked + 89 * DAY)
    assert answers.is_closed(asked, asked + 185 * DAY)


@pytest.fixture
def w(session, world):
    return world(session)


@pytest.fixture
def told(w):
    """Tell three readers of a change: one may be asked, one has left, one never agreed."""
    names = ("anna", "ben", "cara")
    readers = [w.digested(name, "cos", cadence=Cadence.AT_ONCE, budget=None) for name in names]
    for reader in readers[:2]:
        w.session.get_one(ReaderTerms, reader.id).may_be_asked = True
    w.accept_and_announce(w.study())
    for claimed in outbox.claim(w.session, at=w.at, limit=9, lease_seconds=60):
        outbox.sent(w.session, claimed, reply="250", at=w.at)
    own_data.erase(w.session, "ben@reader.example", w.at)
    return readers


def asked(w):
    return w.messages(kind=MessageKind.HELPED)


def test_who_agreed_is_asked_once_after_ninety_days(w, told, settings):
    for days in (1, 89):
        assert helping.ask_next(w.session, settings, w.at + days * DAY) == 0
    assert helping.ask_next(w.session, settings, w.at + 91 * DAY) == 1
    for days in (91, 95, 200, 400):
        assert helping.ask_next(w.session, settings, w.at + days * DAY) == 0
    (question,) = asked(w)
    assert question.address == "anna@reader.example"
    assert question.context["told"].startswith("Circle of Security: findings moved")
    (claimed,) = outbox.claim(w.session, at=w.at + 91 * DAY, limit=9, lease_seconds=60)
    assert claimed.uuid == question.uuid


def test_who_could_not_be_asked_in_time_and_what_was_corrected_is_not_asked(w, told, settings):
    assert helping.ask_next(w.session, settings, w.at + 121 * DAY) == 0
    study = w.session.get_one(type(w.study("X", doi="10.1000/x")), 1)
    w.at += 10 * DAY
    w.withdraw_and_announce(study)
    assert helping.ask_next(w.session, settings, w.at + 85 * DAY) == 0
    assert asked(w) == []


def test_an_answer_is_kept_once_changed_and_closed(w, told, settings):
    at = w.at + 91 * DAY
    helping.ask_next(w.session, settings, at)
    uuid = asked(w)[0].uuid
    assert helping.question(w.session, uuid, at).answer is None
    for said in (Helped.NO, Helped.NO, Helped.DISCUSSED):
        helping.answer(w.session, uuid, said, at)
    row = w.session.query(HelpQuestion).one()
    assert row.answer is Helped.DISCUSSED
    open_ = helping.question(w.session, uuid, at)
    assert (open_.answer, open_.closed, str(open_.last_day)) == (
        Helped.DISCUSSED, False, "2027-06-30",
    )  # fmt: skip
    late = datetime(2027, 7, 1, tzinfo=UTC)
    assert helping.shown(w.session, late - DAY).asked == 0
    with pytest.raises(Conflict, match="closed"):
        helping.answer(w.session, uuid, Helped.NO, late)
    shown = helping.shown(w.session, late)
    assert (shown.asked, shown.answered, shown.of, shown.said) == (1, 1, 0, {})
    told_of = own_data.held(w.session, "anna@reader.example")["e_mails"]
    assert told_of["asked_whether_it_helped"][0]["answer"] == "discussed"
    own_data.erase(w.session, "anna@reader.example", late)
    assert (row.subscriber_id, row.message_id, row.answer) == (None, None, Helped.DISCUSSED)
    with pytest.raises(LinkOver):
        helping.question(w.session, uuid, late)
    assert helping.shown(w.session, late) == shown


def test_many_that_ask_nothing_stand_in_nobodys_way(w, settings, monkeypatch):
    """Corrections are not asked about; however many were sent, what was told after them is."""
    monkeypatch.setattr(helping, "AT_ONCE", 2)
    study = w.study()
    for number in range(5):
        reader = w.digested(f"r{number}", "cos", cadence=Cadence.AT_ONCE, budget=None)
        w.session.get_one(ReaderTerms, reader.id).may_be_asked = True
    told = (
        lambda: w.accept_and_announce(study),
        lambda: w.withdraw_and_announce(study),
        lambda: w.accept_and_announce(w.study("LATER", doi="10.1000/later")),
    )
    for tell in told:
        tell()
        w.session.flush()
        for claimed in outbox.claim(w.session, at=w.at, limit=99, lease_seconds=60):
            outbox.sent(w.session, claimed, reply="250", at=w.at)
        w.at += DAY
    pieces = [helping.ask_next(w.session, settings, w.at + 91 * DAY) for _ in range(4)]
    assert pieces == [2, 2, 1, 0]
    assert len({question.address for question in asked(w)}) == 5


def test_a_mail_offers_the_answers_in_the_words_of_the_buttons(settings):
    letter = write(mails.every()["helped"], settings, b"s" * 32)
    for said in ANSWERS.values():
        assert f"* {said}\n" in letter.text
        assert f"{said}<" in letter.html
