"""What a sieve passes over cannot match; what may match is searched as the pattern does."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.literature.design import asides, count_ways, rules, trial_cues
from monitor.literature.text import sieve
from monitor.literature.text.sieve import Sieve, words_needed

PATTERNS = [
    *trial_cues._SIEVE.patterns,
    *rules._SIEVE.patterns,
    *asides._SIEVE.patterns,
    *count_ways.sieve().patterns,
]
AROUND = ("", " ", "\n", "a random trial of İn ", "We randomised 10 groups. ", "not ", "non-", "—ẞ")


def _told(found):
    return found and (found.span(), found.groups())


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
        (r"p ?[<=]", {"<", "="}),
        (r"p ?[<=)]", None),
        (r"p ?[^<=]", None),
        (r"p ?[<-=]", None),
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
    before, after = data.draw(st.sampled_from(AROUND)), data.draw(st.sampled_from(AROUND))
    for whole in (text, before + text + after, f"{text} {before}{text}"):
        assert _told(Sieve([pattern]).search(pattern, whole)) == _told(pattern.search(whole))


def test_nothing_that_matches_in_the_cases_is_passed_over():
    path = Path(__file__).with_name("design_cases.csv")
    every = Sieve(PATTERNS)
    for line in path.read_text(encoding="utf-8").splitlines()[::4]:
        seen = every.seen_in(line)
        for pattern in PATTERNS:
            found = pattern.search(line)
            assert every.may_match(pattern, seen) or not found
            assert _told(every.search(pattern, line)) == _told(found)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\w+ trial", "a trial, our trial", "a trial"),  # the beginning may be anywhere before
        (r"(?:un)?blinded", "so blinded, unblinded", "blinded"),
        (r"(?<!un)blinded", "unblinded, then blinded", "blinded"),
        (
            r"at least one of(?: the)? groups",
            "one at least one of the groups",
            "at least one of the groups",
        ),
        (r"(?:one|two|a one)\b", "someone has a one", "one"),
        (r"^pilot", "a pilot", None),
        (r"(?:pre-)?test(?:s|ing) of", "tests; pre-tests of", "pre-tests of"),
        (r"(?:the ){1,3}end", "the end at the the end", "the end"),
        (r"[^.]{0,30}\bdone", "It is so. Was it done", " Was it done"),
        (r"\bp ?[<=] ?\d", "p, then up = 4 and p = 5", "p = 5"),
        # what is rarest stands anywhere, what tells of a place is frequent
        (
            r"(?:and|was) (?:\w+ly )?drawn by lot",
            "and was, and duly drawn by lot",
            "and duly drawn by lot",
        ),
        (r"(?:and|was) (?:\w+ly )?drawn by lot", "and was, and duly drawn", None),
    ],
)
def test_the_first_match_is_found_where_it_begins(pattern, text, found):
    words = re.compile(pattern)
    met = Sieve([words]).search(words, text)
    assert _told(met) == _told(words.search(text))
    assert (met and met[0]) == found


def test_a_text_keeps_its_places_in_small_letters():
    every = "".join(map(chr, range(0x110000)))
    assert len(sieve._in_small_letters(every)) == len(every)


@pytest.mark.parametrize("text", ["ſham", "SHAM", "Kinder", "İn a cohort", "CASE"])
def test_case_is_as_patterns_have_it(text):
    for words in ("sham", "kinder", "in a", "case"):
        pattern = re.compile(words, re.IGNORECASE)
        assert bool(Sieve([pattern]).search(pattern, text)) == bool(pattern.search(text))


def test_several_texts_are_seen_as_lines_of_one():
    coin, rct = re.compile("coin"), re.compile("RCT")
    both = Sieve([coin, rct])
    seen = both.seen_in_any(["a coin", "nothing"])
    assert both.may_match(coin, seen)
    assert not both.may_match(rct, seen)
    with pytest.raises(KeyError):
        both.may_match(re.compile("another"), seen)
