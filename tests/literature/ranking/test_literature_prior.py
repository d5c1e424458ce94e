"""What a paper is worth by its prior, before anybody decided: each part by itself, none beyond its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.feeds.records import Citation
from monitor.literature.matching.matcher import Matcher
from monitor.literature.ranking.prior import PARTS, PriorFeatures, prior, prior_features

YEAR = 2026


@pytest.fixture(scope="module")
def matcher():
    return Matcher(loader.load())


def _total(paper):
    return sum(prior(paper, YEAR).values())


def test_a_new_randomised_trial_of_a_named_intervention_has_the_highest_prior():
    best = PriorFeatures(design="randomised", named="title", attachment=True, year=YEAR)
    assert prior(best, YEAR) == {"design": 0.35, "names": 0.35, "outcome": 0.2, "recent": 0.1}


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (PriorFeatures(design="randomised"), PriorFeatures(design="single-group")),
        (PriorFeatures(design="single-group"), PriorFeatures()),
        (PriorFeatures(), PriorFeatures(design="review")),
        (PriorFeatures(design="review"), PriorFeatures(design="notice")),
        (PriorFeatures(named="title"), PriorFeatures(named="elsewhere")),
        (PriorFeatures(named="elsewhere"), PriorFeatures()),
        (PriorFeatures(attachment=True), PriorFeatures()),
        (PriorFeatures(year=YEAR), PriorFeatures(year=YEAR - 3)),
        (PriorFeatures(year=YEAR - 3), PriorFeatures()),
        (PriorFeatures(), PriorFeatures(year=YEAR - 20)),
    ],
)
def test_each_part_says_what_comes_first(more, less):
    assert _total(more) > _total(less)


def test_a_year_that_cannot_be_right_is_as_good_as_none():
    assert prior(PriorFeatures(year=9999), YEAR) == prior(PriorFeatures(year=None), YEAR)
    assert prior(PriorFeatures(year=YEAR + 1), YEAR) == prior(PriorFeatures(year=YEAR), YEAR)


@given(
    st.none() | st.text(max_size=20),
    st.sampled_from([None, "title", "elsewhere", "nowhere"]),
    st.booleans(),
    st.none() | st.integers(),
)
def test_no_part_is_negative_and_all_together_are_at_most_one(design, named, attachment, year):
    parts = prior(PriorFeatures(design, named, attachment, year), YEAR)
    assert tuple(parts) == PARTS
    assert all(value >= 0 for value in parts.values())
    assert sum(parts.values()) <= 1 + 1e-9


def read(citation, matcher):
    hits = matcher.match(
        title=citation.title, abstract=citation.abstract, keywords=citation.keywords
    )
    return prior_features(citation, hits)


def test_traits_are_read_from_what_the_record_says(matcher):
    trial = Citation(
        title="VIPP-SD for parents: a randomised controlled trial",
        abstract="Attachment security was observed.",
        year=2025,
    )
    assert read(trial, matcher) == PriorFeatures("randomised", "title", attachment=True, year=2025)


def test_a_name_in_the_abstract_or_a_keyword_is_one_elsewhere(matcher):
    told = Citation(title="Support for parents", abstract="We tested Theraplay with parents.")
    listed = Citation(title="Support for parents", keywords=("Theraplay",))
    assert read(told, matcher).named == read(listed, matcher).named == "elsewhere"
    assert read(Citation(title="File attachments in e-mail"), matcher) == PriorFeatures()
