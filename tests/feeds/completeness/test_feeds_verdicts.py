"""Whether anything of a day is missing: what is not proved is never called quiet."""

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.completeness import verdicts, wording
from monitor.feeds.completeness.verdicts import (
    DayOfAsking,
    Look,
    Missing,
    ProofBasis,
    QueryReading,
    SourceFacts,
)
from monitor.kernel.language.uk import uk_day

DAY = uk_day(date(2026, 11, 20))
NEXT = DAY.end + timedelta(hours=6, minutes=10)
LATER = DAY.end + timedelta(days=3)
SIX, NOON = (DAY.start + timedelta(hours=hours, minutes=10) for hours in (6, 12))


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Moments so many hours after the day began."""
    return st.integers(first * 60, last * 60).map(lambda some: DAY.start + timedelta(minutes=some))


MOMENTS, ON_THE_DAY, AFTER = moments(-72, 96), moments(0, 23), moments(24, 96)
READINGS = st.builds(
    QueryReading,
    name=st.sampled_from(["VIPP", "DDP", "A journal"]),
    basis=st.sampled_from(ProofBasis),
    position=st.none() | st.dates(date(2026, 11, 19), date(2026, 11, 23)),
    looks=st.lists(st.builds(Look, ON_THE_DAY, st.booleans()), max_size=2).map(
        lambda looks: tuple(sorted(looks, key=lambda look: look.at))
    ),
    failed=st.lists(ON_THE_DAY, max_size=2).map(lambda some: tuple(sorted(some))),
    after=st.none() | st.builds(Look, AFTER, st.booleans(), st.booleans()),
    first=st.none() | MOMENTS,
    last=st.none() | MOMENTS,
    misread_since=st.none() | MOMENTS,
    unheld=st.integers(0, 2),
    compared_at=st.none() | MOMENTS,
)
FACTS = st.builds(
    SourceFacts,
    title=st.sampled_from(["PubMed", "Europe PMC", "Journal feeds"]),
    asked=st.sampled_from(DayOfAsking),
    readings=st.lists(READINGS, max_size=4).map(tuple),
    set_aside=st.integers(0, 2),
)


def search(**more) -> QueryReading:
    plain = {"position": date(2026, 11, 21), "after": Look(NEXT), "first": SIX, "last": NEXT}
    return QueryReading("VIPP", ProofBasis.SEARCH, **(plain | more))  # type: ignore[arg-type]  # fields by name


def feed(**more) -> QueryReading:
    plain = {"after": Look(NEXT), "first": SIX - timedelta(days=9), "last": NEXT}
    return QueryReading("A journal", ProofBasis.FEED, **(plain | more))  # type: ignore[arg-type]  # fields by name


def said(*given_: QueryReading, asked=DayOfAsking.COMPLETE, now=LATER, **more) -> tuple[str, str]:
    verdict = wording.judge_source(DAY, SourceFacts("PubMed", asked, given_, **more), now)
    return verdict.word.value, verdict.sentence


def test_read_in_full_after_the_day_is_the_proof():
    assert said(search(), search()) == (
        "nothing",
        "Read in full to the end of the day: nothing is missing.",
    )


def test_a_failure_made_good_the_same_day_says_so():
    mended = search(failed=(SIX,), looks=(Look(NOON),))
    assert said(mended) == ("nothing", "Failed at 06:10, made good at 12:10: nothing is missing.")
    assert said(mended, search())[1].startswith("1 of 2 queries (VIPP) failed at 06:10, made good")
    whole = mended._replace(basis=ProofBasis.SOURCE)
    assert said(whole, search())[1].startswith("It failed at 06:10, made good")


def test_a_failure_made_good_on_another_day_says_when():
    assert said(search(failed=(SIX,)))[1] == (
        "Failed at 06:10, made good on 21 November 2026 at 06:10: nothing is missing."
    )


def test_a_day_on_which_nobody_asked_is_made_good_by_a_later_poll():
    assert said(search(), asked=DayOfAsking.NOT_ASKED) == (
        "nothing",
        "Not asked that day, and read in full on 21 November 2026 at 06:10: nothing is missing.",
    )


def test_a_watermark_of_the_day_itself_proves_only_its_beginning():
    early = search(position=DAY.date, after=None, last=SIX, looks=(Look(SIX),))
    assert said(early) == (
        "not known",
        "Not known yet: VIPP was last read in full on 20 November 2026 at 06:10.",
    )
    assert said(early, now=NOON) == (
        "nothing so far",
        "Read in full up to 06:10 today: nothing is missing up to then.",
    )


def test_a_failure_since_is_told_on_the_day():
    early = search(position=DAY.date, after=None, last=SIX, looks=(Look(SIX),), failed=(NOON,))
    assert said(early, now=NOON + timedelta(hours=1))[1] == (
        "Read in full up to 06:10 today: nothing is missing up to then. "
        "Failed since, at 12:10; it is tried again."
    )


def test_one_query_that_failed_leaves_the_source_unknown():
    never = search(position=None, after=None, first=None, last=None, failed=(SIX,))
    assert said(search(), never) == (
        "not known",
        "Not known yet: 1 of 2 queries (VIPP) was never read in full.",
    )


def test_an_answer_that_left_something_out_is_no_proof():
    """PubMed named articles and did not send them: the watermark stays where it was."""
    behind = date(2026, 11, 19)
    assert said(search(position=behind, after=Look(NEXT, partial=True))) == (
        "not known",
        "Not known yet: VIPP was only answered in part since, and will be asked again.",
    )
    today = uk_day(NEXT.date())
    for partial, word in ((True, "not known"), (False, "nothing so far")):
        reading = search(position=behind, looks=(Look(NEXT, partial=partial),), last=NEXT)
        assert verdicts.of_query(today, reading, NEXT) == word


def test_a_source_whose_own_data_lag_is_not_known_until_they_reach_the_day():
    """ClinicalTrials.gov says how old its data are; what it has not loaded it cannot show."""
    assert said(search(position=date(2026, 11, 19), after=Look(NEXT))) == (
        "not known",
        (
            "Not known yet: VIPP was read since, but the source’s own data do not go beyond that "
            "day yet."
        ),
    )


def test_a_watermark_from_a_clock_that_ran_ahead_proves_nothing():
    ahead = search(position=date(2099, 1, 1), after=None, last=SIX, looks=(Look(SIX),))
    assert said(ahead)[0] == "not known"


def test_a_source_that_confirms_that_nothing_changed_has_been_read():
    assert said(search(position=DAY.date, after=Look(NEXT, unchanged=True)))[0] == "nothing"


def test_a_feed_is_proved_by_readings_that_overlap():
    assert said(feed())[0] == "nothing"
    assert said(feed(after=None))[0] == "not known"
    lost = said(feed(after=Look(NEXT, all_new=True)))
    assert lost == (
        "suspected",
        (
            "Something may be missing: every item of A journal was new, "
            "so others may have gone by unseen."
        ),
    )
    assert said(feed(looks=(Look(SIX, all_new=True),)))[0] == "suspected"


def test_what_a_feed_showed_before_its_first_reading_is_not_known():
    assert said(feed(first=NEXT)) == (
        "not known",
        (
            "Not known: A journal was first read on 21 November 2026 at 06:10, "
            "and a feed shows its latest items only."
        ),
    )
    assert said(feed(first=SIX, looks=(Look(SIX),)))[1].endswith(
        "nothing is missing. First read that day, so what was shown earlier is not known: A journal."
    )


def test_records_listed_and_not_held_are_missing():
    assert said(search(unheld=2, compared_at=NEXT)) == (
        "missing",
        "It lists 2 records that could not be fetched, for VIPP.",
    )
    # the list was made before the day: it says nothing about it
    assert said(search(unheld=2, compared_at=DAY.start - timedelta(days=1)))[0] == "nothing"


def test_a_query_read_in_another_way_is_doubted():
    word, sentence = said(search(misread_since=NOON))
    assert word == "suspected"
    assert "reads the query in another way than before, for VIPP" in sentence
    assert said(search(misread_since=NEXT))[0] == "nothing"


def test_what_could_not_be_read_is_told():
    assert said(search(), set_aside=2) == (
        "set aside",
        "Everything came, but 2 records could not be read.",
    )
    assert said(asked=DayOfAsking.BY_HAND, set_aside=1)[0] == "set aside"


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (DayOfAsking.OFF, "off"),
        (DayOfAsking.ABSENT, "before"),
        (DayOfAsking.FUTURE, "future"),
        (DayOfAsking.BY_HAND, "by hand"),
    ],
)
def test_who_was_not_to_be_asked_is_told_apart(asked, word):
    assert said(search(position=None, after=None), asked=asked)[0] == word


def test_a_source_judged_by_its_polls():
    polls = QueryReading("all it is asked", ProofBasis.SOURCE, first=SIX, last=SIX, failed=(NOON,))
    assert said(polls) == (
        "not known",
        "Not known yet: it was last read in full on 20 November 2026 at 06:10.",
    )


def day(*facts: SourceFacts, began=SIX, now=LATER) -> tuple[str, str]:
    judged = [(one, wording.judge_source(DAY, one, now)) for one in facts]
    verdict = wording.judge_day(DAY, judged, began, now)
    return verdict.word.value, verdict.sentence


def whole(title="PubMed", asked=DayOfAsking.COMPLETE, **more) -> SourceFacts:
    return SourceFacts(title, asked, (search(**more),))


UNREAD = {"position": None, "after": None, "last": None}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([whole()], ("nothing", "Nothing is missing for 20 November 2026.")),
        (
            [whole(failed=(SIX,)), whole("Europe PMC")],
            (
                "nothing",
                "PubMed failed and was made good: nothing is missing for 20 November 2026.",
            ),
        ),
        (
            [whole(asked=DayOfAsking.NOT_ASKED)],
            (
                "nothing",
                "No source was asked on 20 November 2026. Nothing is missing for 20 November 2026.",
            ),
        ),
        (
            [whole(), whole("Europe PMC", **UNREAD)],
            (
                "not known",
                (
                    "Not known yet whether anything is missing: Europe PMC has not been read in "
                    "full since 20 November 2026 ended."
                ),
            ),
        ),
        (
            [whole(), whole("Europe PMC", asked=DayOfAsking.OFF)],
            ("nothing", "Nothing is missing for 20 November 2026."),
        ),
        (
            [whole(asked=DayOfAsking.OFF)],
            ("off", "No source was switched on on 20 November 2026."),
        ),
        (
            [whole(asked=DayOfAsking.ABSENT)],
            ("before", "20 November 2026 was before the service began, on 20 November 2026."),
        ),
        ([whole(asked=DayOfAsking.FUTURE)], ("future", "20 November 2026 has not come yet.")),
    ],
)
def test_the_day_is_told_by_its_worst_source(facts, expected):
    assert day(*facts) == expected


@given(READINGS, MOMENTS)
def test_nothing_is_missing_only_after_the_day_and_with_proof(reading, now):
    if verdicts.of_query(DAY, reading, now) is not Missing.NOTHING:
        return
    assert now >= DAY.end
    read_since = [reading.after.at] if reading.after else []
    read_since += [reading.last] if reading.last else []
    assert any(at >= DAY.end for at in read_since)
    if reading.basis is ProofBasis.SEARCH and not (reading.after and reading.after.unchanged):
        assert reading.position is not None
        assert reading.position > DAY.date


@given(READINGS, moments(96, 120), AFTER)
def test_reading_on_never_makes_it_worse(reading, now, at):
    more = reading._replace(
        last=max(reading.last or at, at),
        position=max(reading.position or at.date(), at.date()),
        after=reading.after or Look(at),
    )
    before = verdicts.of_query(DAY, reading, now)
    assert verdicts.worst([before, verdicts.of_query(DAY, more, now)]) is before


@given(FACTS, MOMENTS)
def test_a_source_is_as_its_worst_query(facts, now):
    word = verdicts.of_source(DAY, facts, now)
    if word is Missing.NOTHING:
        assert facts.readings
        assert {verdicts.of_query(DAY, one, now) for one in facts.readings} == {Missing.NOTHING}
        assert not facts.set_aside


@given(st.lists(FACTS, min_size=1, max_size=4), MOMENTS)
def test_every_day_gets_a_sentence_that_claims_no_more_than_its_word(facts, now):
    judged = [(one, wording.judge_source(DAY, one, now)) for one in facts]
    verdict = wording.judge_day(DAY, judged, None, now)
    for one in [verdict, *(source for _, source in judged)]:
        assert re.fullmatch(r"[A-Z0-9].*\.", one.sentence)
        assert "nothing new" not in one.sentence
        claims = "nothing is missing" in one.sentence.lower()
        assert claims == (one.word in {Missing.NOTHING, Missing.SO_FAR})
