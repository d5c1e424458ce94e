"""What a sieve passes over cannot match; what may match is searched as the pattern does."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.literature.design import asides, counts, rules, trial_cues
from monitor.literature.text.sieve import Sieve, words_needed

PATTERNS = [
    *trial_cues._SIEVE._bits,
    *rules._SIEVE._bits,
    *asides._SIEVE._bits,
    *counts._sieve()._bits,
]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\brandomi[sz]ed?\b", {"randomi"}),
        (r"(?:at|by) chance", {" chance"}),
        (r"coin|dice", {"coin", "dice"}),
        (r"RCT|a trial of", {"rct", "a trial of"}),
        (r"trials?|trial register", {"trial"}),  # where the shorter stands, the longer does
        (r"(?:very )?large", {"large"}),
        (r"(?:was|were){1,2} seen", {" seen"}),
        (r"(?!not )given", {"given"}),
        (r"p ?[<=]", None),
        (r"\d+|group", None),
        (r"(?:group)?", None),
        (r"größe", {"gr"}),
    ],
)
def test_the_words_that_a_pattern_needs(pattern, words):
    assert words_needed(re.compile(pattern)) == words


@settings(max_examples=20)
@given(st.data())
def test_nothing_that_matches_is_passed_over(data):
    pattern = data.draw(st.sampled_from(PATTERNS))
    try:
        text = data.draw(st.from_regex(pattern, alphabet=st.characters(max_codepoint=0x250)))
    except Exception:  # noqa: BLE001 - one that Hypothesis cannot make a text for
        return
    if pattern.search(text):
        assert Sieve([pattern]).search(pattern, text)


def test_nothing_that_matches_in_the_cases_is_passed_over():
    path = Path(__file__).with_name("design_cases.csv")
    sieve = Sieve(PATTERNS)
    for line in path.read_text(encoding="utf-8").splitlines()[::4]:
        seen = sieve.seen_in(line)
        for pattern in PATTERNS:
            assert sieve.may_match(pattern, seen) or not pattern.search(line)


@pytest.mark.parametrize("text", ["ſham", "SHAM", "Kinder", "İn a cohort", "CASE"])
def test_case_is_as_patterns_have_it(text):
    for words in ("sham", "kinder", "in a", "case"):
        pattern = re.compile(words, re.IGNORECASE)
        assert bool(Sieve([pattern]).search(pattern, text)) == bool(pattern.search(text))


def test_several_texts_are_seen_as_lines_of_one():
    coin, rct = re.compile("coin"), re.compile("RCT")
    sieve = Sieve([coin, rct])
    seen = sieve.seen_in_any(["a coin", "nothing"])
    assert sieve.may_match(coin, seen)
    assert not sieve.may_match(rct, seen)
    with pytest.raises(KeyError):
        sieve.may_match(re.compile("another"), seen)
