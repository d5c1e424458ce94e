"""What a wave did to one use, in words: a change, a new figure and why not, or one taken back."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.gap import use_changes
from monitor.gap.states import State
from monitor.usage.standing import Stated, WaveSurvey, observe

QUESTION = "Which of these has your service offered in the last 12 months?"


def wave(year, **shares):
    """Make a wave of one year, with a share of each intervention named."""
    return WaveSurvey(
        id=year, name=f"Wave of {year}", question=QUESTION, unit="services",
        field_from=date(year, 2, 1), field_to=date(year, 4, 30), dated=None, responses=None,
        services=None, citation="Invented.",
        rows={slug: Stated(None, *counts) for slug, counts in shares.items()},
    )  # fmt: skip


def after(*waves, kind=GapKind.ALIGNED):
    """Give the state of VIPP after the waves named."""
    found = observe(waves, "vipp")
    return State(
        tier=Tier.STRONG, tier_low=Tier.STRONG, tier_high=Tier.STRONG, settled=True,
        direction=Direction.MIXED, studies=(8, 17), band=UsageBand.MIDDLE, ranks=(), out_of=None,
        usage_words=None, kind=kind, sentence="A sentence.", use=found.figure if found else None,
    )  # fmt: skip


FIRST = wave(2027, vipp=(240, 800))
FELL = wave(2028, vipp=(160, 800))
ROSE = wave(2028, vipp=(320, 800))
BIT_LESS = wave(2028, vipp=(236, 800))
OTHERWISE = replace(wave(2028, vipp=(160, 800)), question="Which did it offer in two years?")
THEN = wave(2029, vipp=(159, 800))

NONE, ONE, MOVED, UP = after(), after(FIRST), after(FIRST, FELL), after(FIRST, ROSE)
NEW, ASKED_ANEW = after(FIRST, BIT_LESS), after(FIRST, OTHERWISE)
LATER = after(FIRST, FELL, THEN)
GAP = {"kind": GapKind.UNDER_USED}


def cause(before, now):
    """Say what was done with a wave: one is withdrawn where an older one, or none, tells use now."""
    newest = [state.use.now.wave if state and state.use else "" for state in (before, now)]
    return use_changes.WITHDRAWN if newest[1] < newest[0] else use_changes.PUBLISHED


@pytest.mark.parametrize(
    ("before", "now", "moved", "is_news"),
    [
        (None, MOVED, False, False),  # the first of all states changes nothing
        (MOVED, MOVED, False, False),
        (ONE, MOVED, True, True),
        (ONE, UP, True, True),
        (MOVED, ONE, True, True),  # withdrawn again
        (ONE, NEW, False, False),
        (NEW, ONE, False, False),
        (NONE, ONE, False, False),
        (ONE, NONE, False, False),
        (MOVED, NONE, True, True),  # both waves are withdrawn at once
        (NONE, MOVED, True, True),  # and put back at once
        (MOVED, LATER, False, False),  # the change was told with the wave before
        (LATER, MOVED, False, False),  # withdrawn: the change was and is another wave's
        (MOVED, replace(MOVED, use=replace(MOVED.use, p_holm=0.01)), False, False),
        # a gap that moves is news only where the two figures could not be compared
        (ONE, replace(NEW, **GAP), False, False),
        (NEW, replace(ONE, **GAP), False, False),
        (ONE, replace(ASKED_ANEW, **GAP), False, True),
        (ASKED_ANEW, replace(ONE, **GAP), False, True),
        (NONE, replace(ONE, **GAP), False, True),
        (ONE, replace(NONE, **GAP), False, True),
        (ONE, ASKED_ANEW, False, False),
        (ONE, replace(ONE, sentence="Worded anew."), False, False),
    ],
)
def test_a_change_is_of_use_and_news_is_a_change_or_a_gap_that_could_not_be_compared(
    before, now, moved, is_news
):
    assert use_changes.moved(before, now) == moved
    assert use_changes.is_news(before, now, cause(before, now)) == is_news


FIRST_SHARE = "30.0% (240 of 800 services, February to April 2027)"
LESS = "20.0% (160 of 800 services, February to April 2028)"


@pytest.mark.parametrize(
    ("before", "now", "clause"),
    [
        (None, NONE, "the share of services that use it is not known"),
        (NONE, NONE, "the share of services that use it is not known"),
        (ONE, NONE, ("the share of services that use it is not known, as the survey “Wave of 2027” "
         f"is withdrawn, which told {FIRST_SHARE}")),
        (NONE, ONE, f"new figure of use, not a change: {FIRST_SHARE}; no earlier survey gives a share"),
        (None, ONE, f"new figure of use, not a change: {FIRST_SHARE}; no earlier survey gives a share"),
        (ONE, MOVED, f"use fell from {FIRST_SHARE} to {LESS}: −10.0 points (95% interval −14.2 to −5.8)"),
        (None, UP, (f"use rose from {FIRST_SHARE} to 40.0% (320 of 800 services, February to April "
         "2028): 10.0 points (95% interval 5.3 to 14.6)")),
        (ONE, NEW, ("new figure of use, not a change: 29.5% (236 of 800 services, February to April "
         f"2028), was {FIRST_SHARE}: −0.5 points (95% interval −5.0 to 4.0); the interval holds 0, "
         "so this may be chance, the difference is under 5 points and it does not stand when all "
         "are compared at once")),
        (ONE, ASKED_ANEW, (f"new figure of use, not a change: {LESS}, was {FIRST_SHARE}; "
         "the question was not the same")),
        (MOVED, ONE, (f"use is told again as {FIRST_SHARE}, as the survey “Wave of 2028” is withdrawn, "
         f"which told {LESS}")),
    ],
)  # fmt: skip
def test_use_is_told_whole_and_as_a_change_only_where_it_is_one(before, now, clause):
    kind = cause(before, now)
    assert use_changes.use_clause(before, now, kind) == clause
    told = use_changes.sentence("VIPP", before, now, "A survey:\n was published. ", kind)
    assert told == (
        f"VIPP: {clause}; the gap stays “aligned”; the tier stays strong, findings still mixed; "
        "why: A survey: was published."
    )


BETWEEN = wave(2028, vipp=(162, 800))
LAST = wave(2029, vipp=(160, 800))
ACROSS, REPLACED, ALONE = after(FIRST, LAST), after(FIRST, BETWEEN, LAST), after(LAST)
TOLD_BEFORE = f"the change told before, from {FIRST_SHARE}, is replaced by this"


@pytest.mark.parametrize(
    ("before", "now", "kind", "moved", "is_news"),
    [
        (ALONE, ACROSS, use_changes.PUBLISHED, True, True),  # the older wave came last
        (ACROSS, ALONE, use_changes.WITHDRAWN, True, True),  # and is withdrawn
        (ACROSS, REPLACED, use_changes.PUBLISHED, True, False),  # what was told stays true
        (REPLACED, ACROSS, use_changes.WITHDRAWN, True, True),
        (ACROSS, NONE, use_changes.PUBLISHED, True, False),  # ranks alone
        (ONE, replace(NONE, **GAP), use_changes.PUBLISHED, False, False),
    ],
)
def test_a_change_comes_and_goes_with_the_wave_it_is_compared_with(
    before, now, kind, moved, is_news
):
    assert use_changes.moved(before, now) == moved
    assert use_changes.is_news(before, now, kind) == is_news


def test_a_figure_that_is_compared_with_another_wave_says_what_was_told_before():
    withdrawn = use_changes.use_clause(ACROSS, ALONE, use_changes.WITHDRAWN)
    assert withdrawn.endswith(f"no earlier survey gives a share; {TOLD_BEFORE}")
    published = use_changes.use_clause(ACROSS, REPLACED, use_changes.PUBLISHED)
    assert published.endswith(f"when all are compared at once; {TOLD_BEFORE}")
    assert use_changes.use_clause(REPLACED, ACROSS, use_changes.WITHDRAWN).startswith("use fell")
    for state in (ALONE, REPLACED):
        assert use_changes.subject(ACROSS, state).startswith("use still 20.0%, no change any more")
    assert use_changes.subject(ALONE, ACROSS).startswith("use now 20.0%, was 30.0%")
    told = use_changes.use_clause(ONE, NONE, use_changes.PUBLISHED)
    assert told == (f"the newest survey gives no share of it; the one before it told {FIRST_SHARE}")


def test_a_gap_that_moved_is_told_with_both_its_names():
    told = use_changes.sentence("VIPP", ONE, replace(MOVED, **GAP), "x", use_changes.PUBLISHED)
    assert "; the gap moved from “aligned” to “under-used”; " in told


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        (ONE, NONE, "not known"),
        (None, NONE, "not known"),
        (None, ONE, f"{FIRST_SHARE}, 95% interval 26.9% to 33.3%; a new figure, not a change"),
        (NONE, ONE, f"{FIRST_SHARE}, 95% interval 26.9% to 33.3%; a new figure, not a change"),
        (ONE, ONE, f"{FIRST_SHARE}, 95% interval 26.9% to 33.3%; unchanged"),
        (MOVED, ONE, f"again {FIRST_SHARE}, 95% interval 26.9% to 33.3%"),
        (ONE, MOVED, f"was {FIRST_SHARE}, now {LESS}, 95% interval 17.4% to 22.9%"),
        (ONE, ASKED_ANEW, f"{LESS}, 95% interval 17.4% to 22.9%; a new figure, not a change"),
    ],
)
def test_a_line_of_before_and_after_is_short(before, now, line):
    assert use_changes.in_short(before, now) == line


@pytest.mark.parametrize(
    ("before", "now", "subject", "headline"),
    [
        (ONE, MOVED, "use now 20.0%, was 30.0%", "fewer services use it, 20.0%, was 30.0%"),
        (ONE, UP, "use now 40.0%, was 30.0%", "more services use it, 40.0%, was 30.0%"),
        (None, UP, "use now 40.0%", "more services use it, 40.0%, was 30.0%"),
        (NONE, UP, "use now 40.0%", "more services use it, 40.0%, was 30.0%"),
        (ONE, NEW, "use now 29.5%", "a new figure of use, not a change"),
        (NONE, ONE, "use now 30.0%", "a new figure of use, not a change"),
        (None, ONE, "use now 30.0%", "a new figure of use, not a change"),
        (ONE, NONE, "share of use not known any more", "a new figure of use, not a change"),
        (ONE, replace(ASKED_ANEW, **GAP), "use now 20.0%",
         "the gap now reads “under-used”, on a new figure of use"),
        (ONE, replace(NONE, **GAP), "share of use not known any more",
         "the gap now reads “under-used”, on a new figure of use"),
        (MOVED, ONE, "use is again told as 30.0%, not 20.0%", "a new figure of use, not a change"),
    ],
)  # fmt: skip
def test_a_mails_subject_and_first_line_name_what_moved_and_what_did_not(
    before, now, subject, headline
):
    assert use_changes.subject(before, now) == f"{subject}, tier still strong, findings still mixed"
    assert use_changes.headline(before, now) == headline


def test_an_interval_that_ends_at_nothing_ends_at_nothing():
    told = use_changes.figure_clause(replace(NEW.use, low=0.0, high=0.0))
    assert "(95% interval 0.0 to 0.0)" in told


def test_a_wave_of_responses_is_told_in_responses():
    first, fell = (replace(one, unit="responses") for one in (FIRST, FELL))
    told = use_changes.headline(ONE, after(first, fell))
    assert told == "fewer responses use it, 20.0%, was 30.0%"
    unknown = use_changes.headline(ONE, after(replace(first, unit=None), replace(fell, unit=None)))
    assert unknown == "fewer services use it, 20.0%, was 30.0%"


@given(st.floats(-1, 1))
def test_points_have_a_true_minus_and_nothing_is_not_below_nothing(fraction):
    told = use_changes.points(fraction)
    assert "-" not in told
    assert told != "−0.0"
    assert float(told.replace("−", "-")) == pytest.approx(100 * fraction, abs=0.0501)


counts = st.integers(0, 800).map(lambda used: (used, 800))


@given(counts, counts, counts)
def test_what_a_wave_moved_its_withdrawal_moves_back(first, second, third):
    """And a wave between two others does not hide what the last of them moved."""
    waves = [wave(2027 + at, vipp=used) for at, used in enumerate((first, second, third))]
    one, two, three = after(*waves[:1]), after(*waves[:2]), after(*waves)
    for earlier, later in ((one, two), (two, three)):
        assert use_changes.moved(earlier, later) == (later.use.changed)
        assert use_changes.moved(later, earlier) == (later.use.changed)
        told = use_changes.use_clause(earlier, later, use_changes.PUBLISHED)
        assert ("not a change" in told) != later.use.changed
        assert "told again" in use_changes.use_clause(later, earlier, use_changes.WITHDRAWN)
