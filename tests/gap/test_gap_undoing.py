"""The smallest sets without which something is otherwise: all of them, none larger, honest where it stops."""

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from monitor.gap.explaining.undoing import WEIGHED, Smallest, in_words, smallest

NAMES = "ABCDEFG"


@given(st.integers(0, 7), st.lists(st.sets(st.integers(0, 6), min_size=1), max_size=4))
def test_what_is_found_is_every_set_of_the_smallest_size(count, does):
    """``does`` lists sets that do it; so does whatever holds one of them."""

    def without(gone):
        return any(one <= set(gone) for one in does)

    found = smallest(NAMES[:count], without)
    sizes = [
        size
        for size in (1, 2, 3)
        if any(without(some) for some in itertools.combinations(range(count), size))
    ]
    if not sizes:
        assert (found.sets, found.tried) == ((), min(3, count))
        return
    assert found.tried == sizes[0]
    assert set(found.sets) == {
        tuple(NAMES[at] for at in some)
        for some in itertools.combinations(range(count), sizes[0])
        if without(some)
    }


def test_a_size_that_costs_too_much_is_not_begun_and_that_is_said():
    tried = []
    names = [f"S{number}" for number in range(40)]

    def without(gone):
        tried.append(gone)
        return False

    found = smallest(names, without)
    assert math.comb(40, 2) * 40 > WEIGHED
    assert (found.tried, len(tried)) == (1, 40)
    assert in_words(found, does="it would move", stays="it would stay") == (
        "Without any one of the 40 studies since the review that count, it would stay. "
        "Larger sets were not tried, being too many."
    )


def test_each_answer_has_its_sentence():
    def told(sets, tried=1, of=9):
        return in_words(Smallest(sets, tried, of), does="it moves", stays="it stays")

    assert told((("A",),)) == "Without A, it moves."
    assert told((("A",), ("B",))) == "Without any one of A or B, it moves."
    six = tuple((name,) for name in "ABCDEF")
    assert told(six) == "Without any one of A, B, C, D or two more, it moves."
    assert told((("A", "B"),)) == "Without A and B together, it moves."
    assert told((("A", "B"), ("A", "C"))) == (
        "Without A and B together (or one other such set), it moves."
    )
    assert (
        told((), tried=0, of=0)
        == "No study since the review counts here, so none can fall away: it stays."
    )
    assert told((), tried=0, of=5_000).startswith("Which of the 5,000 studies decide this was not")
    assert (
        told((), tried=1, of=1) == "Without the one study since the review that counts, it stays."
    )
    assert (
        told((), tried=3, of=3)
        == "Without any or all of the three studies since the review that count, it stays."
    )
    assert told((), tried=3) == (
        "Without any one, two or three of the nine studies since the review that count, it stays. "
        "Larger sets were not tried."
    )
