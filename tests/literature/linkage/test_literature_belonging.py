"""Why a paper may belong to a study: told with its reason, and nothing where too little agrees."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue import loader
from monitor.feeds.records import Citation, Identifier, Trial
from monitor.literature.linkage.belonging import Others, outline, reasons
from monitor.literature.linkage.facts import PaperFacts
from monitor.literature.matching.matcher import Matcher

MATCHER = Matcher(loader.load())


def facts(title, abstract=None, **more):
    citation = Citation(title=title, abstract=abstract, **more)
    return PaperFacts.of(citation, MATCHER.match(title=title, abstract=abstract))


def test_a_shared_registration_is_a_reason():
    number = Identifier("isrctn", "ISRCTN00000002")
    one = facts("An invented trial", registrations=(number,), authors=("Alder P",))
    other = facts("Two years on", registrations=(number,), authors=("Birch Q",))
    assert reasons(one, other) == ["both name ISRCTN00000002"]


def test_a_shared_name_and_an_author_are_a_reason():
    one = facts(
        "LANTERN: an invented trial", "The LANTERN trial began.", authors=("Alder P", "Elm R")
    )
    other = facts("Later outcomes", "We followed the LANTERN trial.", authors=("Pat Alder",))
    assert reasons(one, other) == ["both are called LANTERN and share the author Alder"]


def test_a_shared_name_alone_is_no_reason():
    one = facts("LANTERN: an invented trial", "The LANTERN trial began.", authors=("Alder P",))
    other = facts("Another one", "We read of the LANTERN trial.", authors=("Birch Q",))
    assert reasons(one, other) == []


@pytest.mark.parametrize("title", ["An invented survey", "A study of libraries"])
def test_authors_alone_are_no_reason(title):
    team = ("Alder P", "Birch Q", "Elm R")
    assert reasons(facts("An invented trial", authors=team), facts(title, authors=team)) == []


def test_a_review_belongs_to_no_trial():
    number = Identifier("isrctn", "ISRCTN00000002")
    one = facts("An invented trial", registrations=(number,))
    other = facts("A systematic review and meta-analysis of trials", registrations=(number,))
    assert reasons(one, other) == []


some_facts = st.builds(
    lambda title, abstract, authors, numbers, trial: PaperFacts(
        Citation(
            title=title, abstract=abstract, authors=authors, registrations=numbers, trial=trial
        ),
        hits=MATCHER.match(title=title, abstract=abstract),
    ),
    st.sampled_from(
        [
            "LANTERN: an invented trial",
            "Another paper of the LANTERN trial",
            "Circle of Security: an invented trial of evening groups",
        ]
    ),
    st.none() | st.sampled_from(["We randomised 62 families.", "In all, 62 mothers took part."]),
    st.lists(st.sampled_from(["Alder P", "Birch Q", "Elm R", "Fir S"]), max_size=4).map(tuple),
    st.lists(
        st.sampled_from([Identifier("nct", f"NCT0000000{n}") for n in range(3)]), max_size=2
    ).map(tuple),
    st.none() | st.just(Trial()),
)


def in_outline(paper):
    said = paper.citation
    return outline(
        json.dumps(said.authors),
        json.dumps(said.publication_types),
        is_trial=paper.trial is not None,
    )


@given(some_facts, st.lists(some_facts, max_size=6))
def test_whatever_there_is_a_reason_for_is_near(one, others):
    known = dict(enumerate(others))
    told = {number for number, other in known.items() if reasons(one, other)}
    sharing = {number for number, other in known.items() if one.numbers & other.numbers}
    outlines = {number: in_outline(other) for number, other in known.items()}
    assert told <= Others(outlines).near(one) | sharing


def test_two_that_share_an_author_and_no_more_are_not_read():
    other = facts("An invented survey", "In all, 62 mothers took part.", authors=("Alder P",))
    near = Others({7: in_outline(other)}).near
    assert near(facts("An invented trial", authors=("Alder P",))) == set()
    assert near(facts("LANTERN: an invented trial", authors=("Alder P",))) == {7}
