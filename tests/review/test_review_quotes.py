"""A quote that does not stand in what is held is marked: which do, and which do not."""

import pytest

from monitor.review.reading.quotes import stands_in

TEXT = (
    "The groups did not differ at 12 months (d = 0.4, 95% CI −0.1 to 0.9; p < 0.05). "
    "Mothers’ sensitivity—rated blind—was “higher”  in the programme group. Change was -3.2 points."
)


@pytest.mark.parametrize(
    "quote",
    [
        "The groups did not differ at 12 months",
        "the GROUPS did  not\tdiffer",
        "“Mothers' sensitivity - rated blind - was 'higher'”",
        "The groups did not differ … (d = 0.4",
        "The groups did not differ [...] p<0.05",
        "The groups . . . in the programme group.",
        "d=0·4, 95% CI -0.1 to 0.9",
        "Change was −3.2 points",
        "The groups did not differ at 12 months\nwas higher in the programme group",
        "",
    ],
)
def test_what_stands_there(quote):
    assert stands_in(quote, ["A title", TEXT])


@pytest.mark.parametrize(
    "quote",
    [
        "The groups differed at 12 months",
        "The groups did differ",
        "Change was 3.2 points",  # the sign is a word
        "p > 0.05",
        "he groups did not differ",
        "The groups did not differ … at 24 months",
        "CI 0.1 to 0.9",
    ],
)
def test_what_does_not(quote):
    assert not stands_in(quote, ["A title", TEXT])


def test_nothing_held_holds_nothing():
    assert not stands_in("Anything", [])
