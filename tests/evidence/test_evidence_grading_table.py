"""A table of studies becomes counts and tiers: what each answer adds, and one sample once."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.catalogue.words import InReview, Tier
from monitor.evidence.grading_table import grades, read_row
from monitor.kernel.errors import InvalidInput

CATALOGUE = loader.load()
TRIAL = {
    "intervention": "ddp",
    "design": "randomised",
    "risk_of_bias": "low",
    "outcome_class": "attachment",
    "in_review": "no",
}


def _row(study, **other):
    return read_row({"study": study, **TRIAL, **other}, CATALOGUE.slugs)


def _facts(*rows, slug="ddp"):
    graded = grades(rows, CATALOGUE)[slug]
    return {name: (count.lo, count.hi) for name, count in graded.facts.items()}


@pytest.mark.parametrize(
    ("answer", "studies", "sound"),
    [
        ("no", (2, 3), (1, 1)),
        ("yes", (1, 2), (1, 1)),  # adds nothing; the one in hand is there all the same
        ("unknown", (1, 3), (1, 1)),
        ("", (1, 3), (1, 1)),
    ],
)
def test_what_each_answer_adds_to_the_reviews_range(answer, studies, sound):
    found = _facts(_row("a", in_review=answer))
    assert (found["studies"], found["sound"]) == (studies, sound)


def test_the_lower_end_is_never_below_the_studies_in_hand():
    known = [_row(name, in_review="yes") for name in "ab"]
    unsure = [_row(name, in_review="unknown") for name in "cd"]
    assert _facts(*known)["studies"] == (2, 2)
    assert _facts(*known, *unsure)["studies"] == (4, 4)
    assert _facts(*known, *unsure, _row("e"))["studies"] == (5, 5)


def test_rows_of_one_sample_are_one_study():
    once = _facts(_row("Ash 2025"))
    assert _facts(_row("Ash 2025"), _row(" ash  2025 ", outcome_class="proximal")) == once
    assert _facts(_row("Ash 2025"), _row("Ash 2025", outcome_class="harm")) == once
    worse = _row("Ash 2025", risk_of_bias="high")
    assert _facts(worse, _row("Ash 2025")) == once, "it has a sound result"
    assert _facts(worse)["sound"] == (0, 0)


def test_a_later_report_of_an_old_trial_is_no_new_study():
    assert _facts(_row("a", in_review="yes"), _row("a", in_review="no")) == _facts(
        _row("a", in_review="yes")
    )
    assert _facts(_row("a", in_review="unknown"), _row("a")) == _facts(
        _row("a", in_review="unknown")
    )


@pytest.mark.parametrize(
    ("other", "met"),
    [
        ({"risk_of_bias": "some concerns"}, (1, 1, 1)),
        ({"risk_of_bias": "high"}, (0, 0, 0)),
        ({"risk_of_bias": ""}, (0, 0, 0)),
        ({"risk_of_bias": "no information"}, (0, 0, 0)),
        ({"design": "cluster"}, (1, 1, 1)),
        ({"design": "quasi"}, (1, 1, 0)),
        ({"design": "Non–randomised", "risk_of_bias": "Moderate"}, (1, 0, 0)),
        ({"design": "non-randomised", "risk_of_bias": "serious"}, (0, 0, 0)),
        ({"design": "single-group"}, (0, 0, 0)),
        ({"design": "case series", "risk_of_bias": ""}, (0, 0, 0)),
    ],
)
def test_design_and_risk_say_which_counts_a_study_meets(other, met):
    found = _facts(_row("a", **other))
    assert found["studies"] == (2, 3)
    assert tuple(found[name][0] for name in ("sound", "high_quality", "randomised")) == met


@pytest.mark.parametrize("kind", ["child, other", "parent, other", "harm", "other"])
def test_another_outcome_is_not_counted(kind):
    assert _facts(_row("a", outcome_class=kind))["studies"] == (1, 2)


def test_a_settled_move_and_one_that_is_not():
    graded = grades([_row("a")], CATALOGUE)["ddp"]
    assert (graded.tier, graded.low, graded.high) == (Tier.WEAK, Tier.WEAK, Tier.INTERMEDIATE)
    graded = grades([_row("a"), _row("b")], CATALOGUE)["ddp"]
    assert (graded.tier, graded.low, graded.high) == (Tier.INTERMEDIATE,) * 3


def test_each_intervention_that_has_a_row_is_graded_in_the_catalogues_order():
    rows = [_row("a"), _row("a", intervention="VIPP"), _row("b", intervention="cos")]
    assert list(grades(rows, CATALOGUE)) == ["vipp", "cos", "ddp"]
    assert _facts(*rows, slug="cos")["studies"] == (9, 18)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"study": " "}, "study: is missing"),
        ({"intervention": "xyz"}, "intervention: 'xyz' is none of vipp; abc"),
        ({"intervention": ""}, "intervention: is missing"),
        ({"design": "survey"}, "design: 'survey' is none of randomised"),
        ({"design": ""}, "design: is missing"),
        ({"risk_of_bias": "lowish"}, "risk_of_bias: 'lowish' is none of low"),
        ({"outcome_class": ""}, "outcome_class: is missing"),
        ({"outcome_class": "height"}, "outcome_class: 'height' is none of attachment"),
        (
            {"in_review": "maybe"},
            "in_review: 'maybe' is none of yes; no; unknown; true; 1; false; 0; not known$",
        ),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_column(other, said):
    with pytest.raises(InvalidInput, match=f"^{said}"):
        read_row({"study": "a", **TRIAL, **other}, CATALOGUE.slugs)


_ROWS = st.lists(
    st.builds(
        _row,
        st.sampled_from("abcdefghij"),
        design=st.sampled_from(["randomised", "non-randomised", "single-group", "case"]),
        risk_of_bias=st.sampled_from(["low", "some concerns", "high", "moderate", ""]),
        outcome_class=st.sampled_from(["attachment", "proximal", "harm"]),
        in_review=st.sampled_from(["yes", "no", "unknown"]),
        intervention=st.sampled_from(["ddp", "cpp", "icp"]),
    ),
    min_size=1,
    max_size=14,
)


@given(_ROWS, st.randoms(use_true_random=False))
def test_order_and_copies_make_no_difference_and_ends_stay_in_order(rows, chance: random.Random):
    graded = grades(rows, CATALOGUE)
    mixed = [*rows, *chance.sample(rows, len(rows) // 2)]
    chance.shuffle(mixed)
    assert grades(mixed, CATALOGUE) == graded
    for slug, one in graded.items():
        published = CATALOGUE.intervention(slug).baseline.facts
        for name, count in one.facts.items():
            assert published[name][0] <= count.lo <= count.hi


@given(_ROWS)
def test_one_more_new_trial_adds_one_to_both_ends_of_every_count(rows):
    before = grades([*rows, _row("z", in_review="yes", outcome_class="harm")], CATALOGUE)["ddp"]
    after = grades([*rows, _row("z")], CATALOGUE)["ddp"]
    for name, count in after.facts.items():
        assert (count.lo, count.hi) == (before.facts[name].lo + 1, before.facts[name].hi + 1)


def test_what_people_said_of_the_review_goes_before_dates_and_the_page_says_so():
    graded = grades([_row("Known", in_review="yes"), _row("Unsure", in_review="")], CATALOGUE)
    said = " ".join(graded["ddp"].reasons)
    assert "Among the review's own studies, so in its count already: known." in said
    assert "Possibly among the review's studies already, as its readers say: unsure." in said
    assert set(InReview) == {"yes", "no", "unknown"}
