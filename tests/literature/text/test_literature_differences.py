import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.text.differences import Piece, items, words

texts = st.text(max_size=60) | st.lists(
    st.sampled_from(["Theraplay", "in", "Nowhere", "a", "TRIAL", "\n", "trial.", "–"]), max_size=12
).map(" ".join)


def joined(pieces):
    return "".join(piece.text for piece in pieces)


@given(texts, texts)
def test_no_letter_is_lost_and_nothing_depends_on_the_side(one, other):
    found, back = words(one, other), words(other, one)
    assert (joined(found.one), joined(found.other)) == (one, other)
    assert found.same == back.same
    assert words(one, one).same
    assert not found.same or not any(piece.only for piece in (*found.one, *found.other))


@given(texts, texts)
def test_what_is_not_marked_is_said_by_both(one, other):
    found = words(one, other)
    if not found.same:
        shared = [
            [c for c in joined(p for p in side if not p.only).casefold() if c.isalnum()]
            for side in (found.one, found.other)
        ]
        # folding may part a letter into several: ask it of plain letters only
        if all(c.isascii() for c in one + other):
            assert shared[0] == shared[1]


@pytest.mark.parametrize(
    ("one", "other", "ours", "theirs"),
    [
        ("A trial, in Nowhere", "A trial in Anywhere", ["Nowhere"], ["Anywhere"]),
        ("A trial", "A trial: two years on", [], ["two years on"]),
        ("", "A trial", [], ["A trial"]),
        ("2024", "2025", ["2024"], ["2025"]),
    ],
)
def test_words_that_only_one_has_are_marked(one, other, ours, theirs):
    found = words(one, other)
    assert [piece.text for piece in found.one if piece.only] == ours
    assert [piece.text for piece in found.other if piece.only] == theirs


def test_case_accents_and_marks_do_not_differ():
    assert words("Thérapie: a “TRIAL”.", "therapie a trial").same
    assert words("", "") == (True, (), ())


def test_a_text_of_many_like_words_takes_no_time():
    found = words("Theraplay " * 20_000, "play Theraplay " * 20_000)
    assert joined(found.one) == "Theraplay " * 20_000


def test_lists_are_compared_item_by_item_in_any_order():
    assert items(["PMID 1", "DOI a"], ["DOI a", "PMID 1"]).same
    found = items(["PMID 1", "DOI a"], ["DOI a"])
    assert found.one == (Piece("PMID 1", only=True), Piece("DOI a", only=False))
    assert not found.same
