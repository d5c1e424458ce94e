"""How many took part is looked for by signs first, and nothing is lost by it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.design import count_ways, counts

WAYS = [way for ways in count_ways.ways().values() for way in ways]
BEHIND = [way for way in WAYS if isinstance(way, count_ways.SaidBehind)]
# Pieces of which sentences about a sample are made, in any order.
PIECES = (
    "We recruited", "We randomly assigned", "a total of", "30", "one hundred and five", "1,024",
    "one hundred five", "families", "mothers,", "mother-infant dyads", "small boys", "and", "study",
    "the other", "INCLUDED", "(included", "to usual care", "to A (n = 12)", "were randomised", "(N = 40)",
    "by lot", "took part", "were analysed", "were recruited,", "interviews with", "participants were",
    ".", "sample:", "in each group",
)  # fmt: skip
CLAUSES = st.lists(st.sampled_from(PIECES), min_size=2, max_size=14).map(" ".join)


@given(CLAUSES, st.sampled_from(BEHIND))
def test_words_behind_their_sign_are_found_as_one_pattern_finds_them(clause, way):
    whole = re.compile(f"{way.sign.pattern}(?:{way.words})", re.IGNORECASE)
    assert [(begin, met.end(), met["n"], met["who"]) for begin, met in way.met_in(clause)] == [
        (met.start(), met.end(), met["n"], met["who"]) for met in whole.finditer(clause)
    ]


@given(CLAUSES, st.sampled_from([way for way in WAYS if way not in BEHIND]))
def test_a_sign_stands_wherever_the_whole_does(clause, way):
    if re.search(way.words, clause, re.IGNORECASE):
        assert way.sign.search(clause)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("40 families were randomly assigned to A and 41 to B.", "81 families"),
        ("40 families were assigned to A, 41 to B, and 42 to C by lot.", "123 families"),
        ("Ten mothers were randomised to A, 11 to B, 12 to C, 13 to D, 14 to E, 15 to F.", "60 mothers"),
        ("30 of the boys were randomised.", None),
        ("40 families drew lots and 41 waited.", "81 families"),
    ],
)  # fmt: skip
def test_arms_are_added(sentence, told):
    assert counts._both_arms(sentence) == told


def test_a_sentence_without_a_sign_compiles_no_more_than_signs():
    count_ways.sieve()
    compiled = count_ways.compiled.cache_info().currsize
    assert not list(counts.sample_sizes(["There were 30 mothers of no other kind."]))
    assert count_ways.compiled.cache_info().currsize == compiled


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
def test_what_is_looked_for_first_stands_in_whatever_is_found(clause):
    for way in WAYS:
        if count_ways.compiled(way.words).search(clause):
            assert count_ways.may_count(way.words, clause)
    if counts._two_arms().search(clause):
        assert counts._may_be_two_arms().search(clause)
    if counts._another_arm().search(clause):
        assert counts._and_number().search(clause)
