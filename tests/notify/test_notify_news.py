"""What is mailed at once, and what only the page of changes shows."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Direction, Tier
from monitor.gap.words import ChangeKind
from monitor.literature.tables import Paper, StudyPaper
from monitor.notify import news
from monitor.notify.news import CausingStudy
from monitor.notify.tables import Announcement
from monitor.review.words import DecisionVerdict

kinds = st.sets(st.sampled_from(ChangeKind))
causes = st.builds(CausingStudy, *[st.booleans()] * 5)


@given(kinds, causes)
def test_nothing_moved_is_no_news_and_a_retraction_always_is(moved, cause):
    if not moved:
        assert not news.is_news(moved, cause)
    elif cause.retracted:
        assert news.is_news(moved, cause)


@given(kinds.filter(bool))
def test_a_count_alone_waits(moved):
    assert news.is_news(moved) == (moved != {ChangeKind.STUDIES})
    assert news.why_silent(moved, in_review=False) == (
        "" if news.is_news(moved) else news.ONLY_A_COUNT
    )


@given(kinds)
def test_a_study_that_may_be_in_the_review_is_no_news_and_a_label_that_moves_with_it_is(moved):
    unsure = {ChangeKind.STUDIES, ChangeKind.SETTLED}
    assert news.is_news(moved, CausingStudy(in_review=True)) == bool(moved - unsure)
    silent = news.why_silent(moved, in_review=True)
    assert silent == ("" if moved - unsure else news.OF_THE_REVIEW)


@given(kinds)
def test_who_was_told_of_a_study_is_told_what_moves_as_it_turns_out_to_be_the_reviews(moved):
    assert news.is_news(moved, CausingStudy(in_review=True, told=True)) == news.moves(moved)


@given(kinds.filter(bool), st.booleans())
def test_who_may_have_been_told_is_told_of_the_end(moved, in_review):
    for cause in (
        CausingStudy(in_review, leaves=True, told=True),
        CausingStudy(in_review, returns=True, told=True),
    ):
        assert news.is_news(moved, cause)


@pytest.fixture
def w(world, session):
    made = world(session)
    made.reader("cos", "cos")
    return made


def count_only(w, slug="cos"):
    return {
        "before": w.state(slug, Direction.MIXED, (8, 17)),
        "after": w.state(slug, Direction.MIXED, (9, 18)),
    }


def may_be_another_tier(w):
    return {
        "before": w.state("cos", Direction.MIXED, (1, 2), tier=Tier.WEAK),
        "after": w.state("cos", Direction.MIXED, (2, 3), tier=Tier.WEAK, high=Tier.INTERMEDIATE),
    }


def dated(w, study, **when):
    """Give the study's report a date."""
    paper = w.session.query(Paper).join(StudyPaper).filter(StudyPaper.study_id == study.id).one()
    for name, value in when.items():
        setattr(paper, name, value)
    w.session.flush()
    return study


def test_a_count_that_moved_is_not_mailed(w):
    decision = w.decide(w.study())
    assert w.announce(w.change(decision, **count_only(w))) is None
    assert w.messages() == []


@pytest.mark.parametrize(
    ("when", "mailed"),
    [
        ({"year": 2025}, True),
        ({"year": 2021, "published": date(2021, 6, 1)}, True),
        ({"year": 2021}, False),  # perhaps before May
        ({"year": 2021, "published": date(2021, 4, 1)}, False),
        ({"year": 2015}, False),
        ({"year": None}, False),
    ],
)
def test_a_study_of_the_reviews_time_is_mailed_only_where_more_moves_than_what_it_may_add(
    w, when, mailed
):
    study = dated(w, w.study(), **({"published": None} | when))
    decision = w.decide(study)
    made = w.announce(w.change(decision, **may_be_another_tier(w)))
    assert (made is not None, len(w.messages())) == (mailed, int(mailed))
    assert w.announce(w.change(decision)) is not None, "the findings moved with it"


def test_only_the_interventions_that_moved_are_told_and_only_their_followers(w):
    w.reader("vipp", "vipp")
    both = w.reader("both", "cos", "vipp")
    decision = w.decide(w.study(), slugs=("cos", "vipp"))
    made = w.announce(
        w.change(decision, "cos"), w.change(decision, "vipp", **count_only(w, "vipp"))
    )
    assert made.slugs == ["cos"]
    assert [m.context["slugs"] for m in w.messages(subscriber_id=both.id)] == [["cos"]]
    assert {m.address for m in w.messages()} == {"cos@reader.example", "both@reader.example"}


def test_who_was_told_is_corrected_even_where_only_a_count_moves_back(w):
    study = w.study()
    w.announce(w.change(w.decide(study)))
    for message in w.messages():
        message.state = "sent"
    w.reader("late", "cos")  # follows since, and was told nothing
    decision = w.decide(study, DecisionVerdict.WITHDRAW, "A mistake.")
    before, after = count_only(w)["after"], count_only(w)["before"]
    made = w.announce(w.change(decision, before=before, after=after))
    told = [m.address for m in w.messages(announcement_id=made.id)]
    assert told == ["cos@reader.example"]


def test_a_withdrawal_of_what_nobody_was_told_of_is_no_mail(w):
    study = dated(w, w.study(), year=2015)
    w.announce(w.change(w.decide(study), **count_only(w)))
    decision = w.decide(study, DecisionVerdict.WITHDRAW, "A mistake.")
    back = count_only(w)
    assert w.announce(w.change(decision, before=back["after"], after=back["before"])) is None
    assert w.session.query(Announcement).count() == 0


def test_a_retraction_is_news_even_so(w):
    study = dated(w, w.study(), year=2015)
    assert w.announce(w.change(w.decide(study), **count_only(w))) is None
    decision = w.decide(study, DecisionVerdict.WITHDRAW, "Retracted: x.", retraction=True)
    before, after = count_only(w)["after"], count_only(w)["before"]
    assert w.announce(w.change(decision, before=before, after=after)) is not None
    assert len(w.messages()) == 1


def test_a_tier_that_may_now_be_another_is_news(w):
    assert w.announce(w.change(w.decide(w.study()), **may_be_another_tier(w))) is not None


@given(kinds, causes)
def test_what_is_listed_is_no_news_and_of_no_study_told_before(moved, cause):
    added = news.is_added(moved, cause, "decision")
    assert added == (moved == {ChangeKind.STUDIES} and not cause.in_review and not cause.told)
    assert not news.is_added(moved, cause, "policy"), "only decisions on studies are listed"


def test_a_decision_on_a_new_study_that_moves_a_count_is_listed():
    for kind in ("decision", "withdrawal", "retraction", "reinstatement"):
        assert news.is_added({ChangeKind.STUDIES}, CausingStudy(), kind)
    for kind in ("policy", "baseline", "certainty"):
        assert not news.is_added({ChangeKind.STUDIES}, CausingStudy(), kind)
