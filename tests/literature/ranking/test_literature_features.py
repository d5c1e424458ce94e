"""Hashed features: the same everywhere, bounded, and blind to case, accents and dashes."""

import re
import struct
import zlib
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.ranking import features as ranking_features
from monitor.literature.ranking.features import features
from monitor.literature.text.folding import fold

LARGEST = 24 * 1024


def _numbers(packed):
    return struct.unpack(f"<{len(packed) // 4}I", packed)


def test_they_are_the_same_on_every_machine_and_in_every_run():
    assert features("Secure base", None).hex() == ("012d39280161feb401e38aba01fad1db01045ade")


def test_a_feature_tells_how_often_it_occurs():
    once, often = features("", "attachment"), features("", "attachment " * 400)
    assert [number >> 8 for number in _numbers(once)] == [number >> 8 for number in _numbers(often)]
    assert [number & 0xFF for number in _numbers(once)] == [1]
    assert [number & 0xFF for number in _numbers(often)] == [255]


def test_case_accents_dashes_and_plurals_do_not_matter():
    plain = features("Video feedback therapy", "Mothers of infants", ["Parenting"])
    assert features("VIDEO‑FEEDBACK THÉRAPIES", "mother of\ninfant", ["parenting"]) == plain


def test_a_titles_words_count_as_such_too():
    in_title, in_abstract = features("sensitivity", None), features("", "sensitivity")
    assert set(_numbers(in_abstract)) < set(_numbers(in_title))


def test_neighbours_are_paired_within_a_title_and_within_each_keyword():
    together = features("", None, ["foster care"])
    apart = features("", None, ["foster", "care"])
    assert set(_numbers(apart)) < set(_numbers(together))
    assert features("", None, ["care", "foster"]) == apart


def test_a_text_without_words_has_none():
    assert features("", None) == features("— \x00 !", "", ["", "?"]) == b""


def test_a_text_without_end_stays_small():
    endless = " ".join(f"w{number}" for number in range(50_000))
    assert len(features(endless, endless, [endless] * 20)) <= LARGEST
    assert len(features("", None, [f"k{number}" for number in range(50_000)])) <= LARGEST
    assert len(features("x" * 5_000_000, None)) <= LARGEST


@given(st.text(max_size=80), st.none() | st.text(max_size=200), st.lists(st.text(max_size=20)))
def test_any_text_has_features_in_order_without_repeats(title, abstract, keywords):
    packed = features(title, abstract, keywords)
    hashes = [number >> 8 for number in _numbers(packed)]
    assert hashes == sorted(set(hashes))
    assert packed == features(title, abstract, keywords)


def test_a_word_without_end_is_one_feature():
    assert len(features("", "x" * 5_000 + " y" * 5)) == 4


@given(st.text(max_size=80), st.text(max_size=200), st.lists(st.text(max_size=20), max_size=4))
def test_each_word_and_pair_counts_under_its_own_hash(title, abstract, keywords):
    fields = [ranking_features._words(text) for text in (title, *keywords, abstract)]
    words = [word for field in fields for word in field]
    words += [b"title: " + word for word in fields[0]]
    words += [b" ".join(pair) for field in fields[:-1] for pair in pairwise(field)]
    expected = Counter(zlib.crc32(word) & 0xFFFFFF for word in words)
    packed = _numbers(features(title, abstract, keywords))
    assert {number >> 8: number & 0xFF for number in packed} == expected


@given(st.text(max_size=200) | st.text(alphabet="aAbsS_09 .,-&'éαµ日\x1c\x1f\n", max_size=60))
def test_words_are_parted_alike_whether_ascii_or_not(text):
    words = [_singular(word) for word in re.findall(r"\w\w+", fold(text))]
    assert list(ranking_features._words(text)) == [word.encode() for word in words]


def _singular(word):
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]
