"""Digests: what waits, what one mail for a period says, who is corrected; on both databases."""

from datetime import date, timedelta
from functools import partial

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue.words import Direction, Tier
from monitor.literature.tables import PaperLink, Study
from monitor.literature.words import LinkState, Relation
from monitor.notify import chosen, service
from monitor.notify.announcements import fan_out
from monitor.notify.digests import due, making, releasing, trials
from monitor.notify.digests.making import Workshop
from monitor.notify.messages import outbox
from monitor.notify.tables import (
    Digest,
    HeldNews,
    MessageKind,
    MessageState,
    ReaderTerms,
    SubscriberState,
)
from monitor.notify.terms import Terms
from monitor.notify.words import USUAL, Cadence, Kind
from monitor.notify.writing import digest_wording
from monitor.review.words import DecisionVerdict

DAY = timedelta(days=1)


@pytest.fixture
def w(session, world):
    return world(session)


@pytest.fixture
def make(session, w, settings, catalogue):
    """Make what is due so many days after the settled time; gives the messages made."""

    def make(days=30, pieces=9):
        at = w.at + days * DAY
        before = {m.id for m in w.messages(kind=MessageKind.DIGEST)}
        releasing.release_next(session, at=at)
        shop = Workshop(settings, catalogue)
        while making.make_next(session, shop, at=at)[0] and pieces:
            pieces -= 1
        return [m for m in w.messages(kind=MessageKind.DIGEST) if m.id not in before]

    return make


def content(w, message):
    return w.session.get_one(Digest, message.digest_id).content


def told_at_once(w, reader):
    return w.messages(subscriber_id=reader.id, kind=MessageKind.CHANGE)


def send_all(w, at):
    claimed = outbox.claim(w.session, at=at, limit=100, lease_seconds=60)
    for one in claimed:
        outbox.sent(w.session, one, reply="250", at=at)
    return [one.kind for one in claimed]


def moved(w, slug, before, after, study=None, **facts):
    """Announce that a study moved an intervention from one (direction, studies, tier) to another."""
    number = w.session.query(Study).count()
    study = study or w.study(f"{slug.upper()} TRIAL {number}", doi=f"10.1000/{number}")
    change = w.change(
        w.decide(study, slugs=(slug,), **facts),
        slug,
        before=w.state(slug, *before),
        after=w.state(slug, *after),
    )
    w.announce(change)
    return study


POSITIVE, MIXED = Direction.GENERALLY_POSITIVE, Direction.MIXED


def test_several_decisions_are_one_mail_and_one_change(w, make):
    reader = w.digested("anna", "cos", "vipp")
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    moved(w, "cos", (MIXED, (9, 18)), (Direction.NO_DIFFERENCE, (10, 19)))
    moved(w, "vipp", (POSITIVE, (2, 3), Tier.WEAK), (POSITIVE, (4, 5), Tier.INTERMEDIATE))
    assert told_at_once(w, reader) == []
    (message,) = make()
    assert (message.subscriber_id, message.state) == (reader.id, MessageState.PENDING)
    told = content(w, message)
    assert sorted(one["slug"] for one in told["changes"]) == ["cos", "vipp"]
    cos = next(one for one in told["changes"] if one["slug"] == "cos")
    assert (cos["before"]["direction"], cos["after"]["direction"]) == (POSITIVE, "no difference")
    assert [study["label"] for study in cos["studies"]] == ["COS TRIAL 0", "COS TRIAL 1"]
    assert make(60) == [], "nothing twice, and no mail that says nothing"
    assert w.session.query(HeldNews).filter(HeldNews.message_id.is_(None)).count() == 0


def test_what_is_urgent_comes_at_once_and_stands_in_the_digest_in_a_line(w, make):
    reader = w.digested("anna", "cos", "vipp")
    moved(w, "cos", (MIXED, (9, 18)), (MIXED, (3, 4), Tier.INTERMEDIATE))
    (urgent,) = told_at_once(w, reader)
    assert make() == [], "what was told at once is no news for a digest"
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    (message,) = make(60)
    told = content(w, message)
    assert [one["slug"] for one in told["changes"]] == ["vipp"]
    assert [one["announcements"] for one in told["told"]] == [[urgent.announcement_id]]


def test_at_once_is_within_a_budget_and_the_rest_is_in_the_digest(w, make):
    reader = w.digested("anna", "cos", "vipp", "vig", cadence=Cadence.AT_ONCE, budget=1)
    each = w.digested("each", "cos", "vipp", "vig", cadence=Cadence.AT_ONCE, budget=None)
    for slug in ("cos", "vipp", "vig"):
        moved(w, slug, (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    assert [m.context["slugs"] for m in told_at_once(w, reader)] == [["cos"]]
    assert len(told_at_once(w, each)) == 3
    (message,) = make()
    assert message.subscriber_id == reader.id
    assert {one["slug"] for one in content(w, message)["changes"]} == {"vipp", "vig"}
    w.at += 100 * DAY  # another quarter
    moved(w, "vig", (MIXED, (9, 18)), (POSITIVE, (10, 19)))
    assert [m.context["slugs"] for m in told_at_once(w, reader)] == [["cos"], ["vig"]]


def test_a_count_is_listed_and_sends_no_mail_by_itself(w, make):
    w.digested("anna", "cos", "vipp")
    old = w.reader("old", "cos", "vipp")
    moved(w, "cos", (MIXED, (8, 17)), (MIXED, (9, 18)))
    assert make() == []
    assert w.messages() == []
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    assert [m.subscriber_id for m in w.messages()] == [old.id]
    (message,) = make(60)
    told = content(w, message)
    assert [one["slug"] for one in told["changes"]] == ["vipp"]
    (added,) = told["added"]
    assert added["sentence"].startswith("Circle of Security: now 9–18 studies, was 8–17")


def test_what_moved_and_moved_back_is_told_as_such_and_is_no_news(w, make):
    w.digested("anna", "cos", "vipp")
    study = moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    w.withdraw_and_announce(study, reason="A mistake.")
    assert w.messages() == []
    assert make() == [], "no mail for it alone"
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    (message,) = make(60)
    told = content(w, message)
    assert [one["slug"] for one in told["changes"]] == ["vipp"]
    (undone,) = told["undone"]
    assert undone["sentence"].startswith("Circle of Security: moved and moved back")
    assert len(undone["announcements"]) == 2


def test_who_was_told_in_a_digest_is_corrected_at_once_whatever_they_follow_now(w, make, now):
    told = w.digested("told", "cos")
    left = w.digested("left", "cos")
    study = moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    messages = make()
    assert len(messages) == 2
    assert len({m.digest_id for m in messages}) == 1, "one digest, kept once"
    assert send_all(w, w.at + 31 * DAY) == [MessageKind.DIGEST] * 2
    service.choose(
        w.session,
        messages[0].uuid,
        ["ddp"],
        w.at,
        Terms(Cadence.QUARTERLY, frozenset({Kind.USE}), 0),
    )
    left.state = SubscriberState.UNSUBSCRIBED
    later = w.digested("later", "cos")  # never told of it
    w.at += 40 * DAY
    w.withdraw_and_announce(study, reason="A mistake.")
    (correction,) = told_at_once(w, told)
    quoted = correction.context["told"]
    change = content(w, messages[0])["changes"][0]
    assert quoted["said"] == [f"{change['name']}: {change['brief']}"]
    assert quoted["at"] == messages[0].queued_at.isoformat()
    assert told_at_once(w, left) == told_at_once(w, later) == []


def test_a_count_told_in_a_digest_is_corrected_too(w, make):
    reader = w.digested("anna", "cos", "vipp")
    study = moved(w, "cos", (MIXED, (8, 17)), (MIXED, (9, 18)))
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    assert len(make()) == 1
    send_all(w, w.at + 31 * DAY)
    decision = w.decide(study, DecisionVerdict.WITHDRAW, "A mistake.")
    before, after = w.state("cos", MIXED, (9, 18)), w.state("cos", MIXED, (8, 17))
    w.announce(w.change(decision, before=before, after=after))
    (correction,) = told_at_once(w, reader)
    assert "now 9–18 studies" in correction.context["told"]["said"][0]


def test_a_digest_overtaken_before_it_left_is_made_anew_and_says_what_became_of_it(w, make):
    reader = w.digested("anna", "cos", "vipp")
    study = moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    (first,) = make()
    w.at += 32 * DAY
    w.withdraw_and_announce(study, reason="A mistake.")
    assert told_at_once(w, reader) == [], "they were told nothing that is wrong"
    assert send_all(w, w.at) == []
    w.session.refresh(first)
    assert first.state is MessageState.CANCELLED
    (second,) = make(0)
    told = content(w, second)
    assert [one["slug"] for one in told["changes"]] == ["vipp"]
    assert [one["slug"] for one in told["undone"]] == ["cos"]
    assert send_all(w, w.at) == [MessageKind.DIGEST]
    assert make(1) == []


def test_a_retraction_is_told_at_once_even_of_what_waited(w, make):
    reader = w.digested("anna", "cos")
    study = moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    w.withdraw_and_announce(study, reason="Retracted: x.", retraction=True)
    (message,) = told_at_once(w, reader)
    assert "told" not in message.context
    assert make() == [], "what waited is undone, and no news"


@pytest.mark.parametrize("cadence", [Cadence.WEEKLY, Cadence.QUARTERLY, Cadence.AT_ONCE])
def test_a_change_of_cadence_in_mid_period_tells_nothing_twice_and_leaves_nothing_out(
    w, make, cadence
):
    reader = w.digested("anna", "cos", "vipp")
    link = w.accept_and_announce()  # held
    assert link.readers == 1
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    chosen.keep(
        w.session,
        reader.id,
        Terms(cadence, frozenset(USUAL), None),
        at=w.at + 3 * DAY,
        begins=False,
    )
    made = [*make(10), *make(38), *make(120)]
    (message,) = made
    assert {one["slug"] for one in content(w, message)["changes"]} == {"cos", "vipp"}


def test_nothing_changed_is_told_once_a_quarter_to_who_asked_for_the_proof(w, make):
    w.digested("quiet", "cos", kinds=[*USUAL, Kind.PROOF])
    w.digested("other", "cos")
    assert make(8) == [], "the quarter goes on"  # 1 December
    (message,) = make(39)  # 1 January
    told = content(w, message)
    assert told["changes"] == []
    assert told["in_step"] is None, "nothing is graded here, so it cannot be told"
    assert make(70) == []
    assert len(make(130)) == 1


def test_who_was_told_at_once_gets_no_proof_that_nothing_changed(w, make):
    w.digested("quiet", "cos", kinds=[*USUAL, Kind.PROOF])
    moved(w, "cos", (MIXED, (9, 18)), (MIXED, (3, 4), Tier.INTERMEDIATE))
    assert make(39) == []


def test_a_service_that_was_down_makes_each_due_digest_once(w, make, session):
    reader = w.digested("anna", "cos", cadence=Cadence.WEEKLY)
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    assert len(make(29)) == 1, "four Mondays went by"
    assert session.get_one(ReaderTerms, reader.id).next_digest_at > w.at + 29 * DAY
    assert make(29) == []


def test_digests_are_made_in_pieces(w, make, monkeypatch, session, settings, catalogue):
    monkeypatch.setattr(making, "AT_ONCE", 5)
    for number in range(12):
        w.digested(f"reader{number}", "cos")
    w.digested("gone", "cos").state = SubscriberState.UNSUBSCRIBED
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    while fan_out.tell_next(session, at=w.at):
        pass
    at, shop = w.at + 30 * DAY, Workshop(settings, catalogue)
    assert making.make_next(session, shop, at=at) == (5, 5)
    assert due.due_since(session, at) is not None
    assert len(make()) == 7, "whoever goes on leaves nobody out and makes none twice"
    messages = w.messages(kind=MessageKind.DIGEST)
    assert len({m.subscriber_id for m in messages}) == len(messages) == 12
    assert session.query(Digest).count() == 1
    assert due.due_since(session, at) is None


def test_what_is_previewed_is_what_is_sent(w, make, session, settings, catalogue):
    reader = w.digested("anna", "cos")
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    at = w.at + 30 * DAY
    (ready,) = making.preview(session, Workshop(settings, catalogue), [reader], at=at)
    assert w.messages() == []
    (message,) = make()
    assert content(w, message) == ready.content


def test_who_left_and_comes_again_hears_of_nothing_from_before(w, make, settings):
    reader = w.digested("anna", "cos")
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    reader.state = SubscriberState.UNSUBSCRIBED
    ask = {"address": reader.address, "interventions": ["cos"], "purpose": "news"}
    service.subscribe(w.session, settings, **ask, at=w.at + DAY)
    w.session.flush()
    service.confirm(w.session, w.messages()[-1].uuid, w.at + DAY)
    assert make() == []


def test_a_kind_that_was_not_asked_for_is_not_told(w, make):
    w.digested("use", "cos", kinds=[Kind.USE])
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    assert make() == []
    assert w.session.query(HeldNews).count() == 0


def noted(session, catalogue, at):
    return trials.note(session, trials.unnoted(session, catalogue, at))


def test_trials_are_told_once_in_a_digest_that_goes_and_by_the_kinds_chosen(
    w, make, catalogue, session
):
    old = w.trial("NCT00000001", "cos", completed=date(2026, 6, 30))
    assert noted(session, catalogue, w.at) == 0, "what was known at first is no news"
    w.digested("all", "cos", "vipp")
    w.digested("vipp", "vipp")
    w.digested("overdue", "cos", kinds=[Kind.FINDINGS, Kind.OVERDUE])
    w.trial("NCT00000002", "cos", completed=date(2031, 6, 30))
    w.trial("NCT00000003", "vipp", completed=date(2024, 1, 31), expected=False)
    assert noted(session, catalogue, w.at) == 2
    assert noted(session, catalogue, w.at + DAY) == 0
    assert make() == [], "a trial without results sends no mail"
    old.completed_expected = False
    assert noted(session, catalogue, w.at + 40 * DAY) == 1
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    told = {m.address.partition("@")[0]: content(w, m)["trials"] for m in make(70)}
    overdue, registered, ended = told["all"]
    assert overdue == (
        "VIPP: results are overdue: NCT00000003, 200 people, ended January 2024; no report is known."
    )
    assert registered == ("COS: a trial is registered: NCT00000002, 200 people, due June 2031.")
    assert ended == (
        "COS: a trial has ended: NCT00000001, 200 people, ended June 2026; no report is known yet."
    )
    assert told["vipp"] == [overdue]
    assert told["overdue"] == []
    moved(w, "cos", (MIXED, (9, 18)), (POSITIVE, (10, 19)))
    assert [content(w, m)["trials"] for m in make(110)] == [[], []], "nothing twice"


def test_nobody_is_told_that_a_trial_is_late_while_a_paper_may_be_its_report(w, catalogue, session):
    w.trial("NCT00000009", "cos", completed=date(2020, 6, 30))
    noted(session, catalogue, w.at)
    late = w.trial("NCT00000001", "cos", completed=date(2024, 1, 31), expected=False)
    article = rows.paper(session, "An invented report", at=w.at, year=2025)
    link = PaperLink(
        paper_id=late.paper_id,
        other_id=article.id,
        relation=Relation.REGISTRATION_OF,
        state=LinkState.PROPOSED,
        reason="it names the number",
        proposed_at=w.at,
    )
    session.add(link)
    session.flush()
    news = trials.unnoted(session, catalogue, w.at)
    assert [row["kind"] for row in news] == [Kind.REGISTERED, Kind.COMPLETED]
    assert news[-1]["sentence"].endswith("; a paper held here may be its report.")
    trials.note(session, news)
    link.state = LinkState.REJECTED
    session.flush()
    (overdue,) = trials.unnoted(session, catalogue, w.at + DAY)
    assert overdue["kind"] == Kind.OVERDUE
    assert overdue["at"] is not None

    trials.note(session, [overdue])
    said = {}
    for state in LinkState:  # a digest is made up to a quarter after that was noted
        link.state = state
        session.flush()
        still = partial(trials.waiting, session, w.at + 40 * DAY)
        known = trials.since(session, catalogue, w.at - DAY, still)
        said[state] = trials.lines(known, w.at - DAY, [Kind.COMPLETED, Kind.OVERDUE], ["cos"])
    assert said[LinkState.CONFIRMED] == [], "reported by now"
    (perhaps,) = said[LinkState.PROPOSED]
    assert perhaps.endswith("ended January 2024; a paper held here may be its report.")
    (late,) = said[LinkState.REJECTED]
    assert "results are overdue" in late


def test_what_came_before_an_urgent_mail_is_a_line_and_no_news(w, make):
    reader = w.digested("anna", "cos", "vipp")
    moved(w, "cos", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    moved(w, "cos", (MIXED, (9, 18)), (Direction.FAVOURS_COMPARISON, (10, 19)))
    assert len(told_at_once(w, reader)) == 1
    assert make() == [], "they were told where it stands"
    moved(w, "vipp", (POSITIVE, (8, 17)), (MIXED, (9, 18)))
    moved(w, "cos", (Direction.FAVOURS_COMPARISON, (10, 19)), (MIXED, (11, 20)))
    (message,) = make(60)
    told = content(w, message)
    (cos,) = [one for one in told["changes"] if one["slug"] == "cos"]
    assert cos["before"]["direction"] == Direction.FAVOURS_COMPARISON, "from where they were left"
    assert [study["label"] for study in cos["studies"]] == ["COS TRIAL 3"]
    assert "That came before what we wrote on 23 November 2026" in told["undone"][0]["sentence"]


def test_where_we_looked_counts_studies_not_decisions(w, make):
    w.digested("anna", "cos")
    w.accept_and_announce(study := w.study())
    w.decide(study, reason="appraised again", round=2)
    gone, mistaken = (w.study(name, doi=f"10.1000/{name}") for name in ("GONE", "MISTAKEN"))
    w.decide(gone)
    w.decide(gone, DecisionVerdict.WITHDRAW, "retracted", retraction=True)
    w.decide(mistaken)
    w.decide(mistaken, DecisionVerdict.WITHDRAW, "a mistake")
    left_out = w.study("LEFT OUT", doi="10.1000/out")
    w.decide(left_out, DecisionVerdict.EXCLUDE, "retracted", retraction=True)
    (message,) = make(30)
    facts = content(w, message)["looked"]
    assert facts["studies"] == {"accepted": 3, "withdrawn": 2, "retracted": 1}
    assert digest_wording.looked({"looked": facts})[-1] == (
        "Studies",
        "3 studies were accepted; 2 no longer count, of which 1 was retracted.",
    )
