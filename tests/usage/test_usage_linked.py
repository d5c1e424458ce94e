"""The same services in two waves: McNemar beside the cross-section."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_returns import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    BY,
    answer,
    bring,
    invite,
    open_one,
    token,
)

from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.usage.returns import service
from monitor.usage.returns.linked import Linked, linked, mcnemar
from monitor.web.public.usage.use_words import same_services

CATALOGUE = loader.load()
NAMES = tuple(f"Service {letter}" for letter in "ABCDEFGHIJK")
moves = st.integers(0, 400)


@given(moves, moves)
def test_p_is_the_exact_binomial_of_those_that_moved_whichever_way_round(one, other):
    from scipy.stats import binomtest

    p = binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar(one, other) == pytest.approx(p, rel=1e-9, abs=1e-12)
    assert mcnemar(other, one) == mcnemar(one, other)


def test_a_published_example():
    # Agresti 1990, p. 350, as the manual of R's exact2x2 works it out: 3.716e-05
    assert mcnemar(150, 86) == pytest.approx(3.716e-05, rel=1e-3)


def collected(session, at, name, offering):
    """Ask everybody and let those of ``offering`` answer; gives the id of the wave that is made."""
    found = open_one(session, at, name=name)
    invite(session, found, at, wave=name)
    for service_name, slugs in offering.items():
        answer(session, token(name + service_name), at, *slugs)
    wave = service.close(session, CATALOGUE, found.id, by=BY, at=at)
    assert wave is not None
    return wave.id


def test_ten_services_that_answered_twice_are_told_and_nine_are_not(session, now):
    catalogue_service.sync(session, CATALOGUE, now)
    bring(session, now, *NAMES)
    ten = NAMES[:10]
    first = collected(session, now, "First", dict.fromkeys(ten, ("ddp",)))
    later = {name: ("ddp",) if place > 2 else ("vig",) for place, name in enumerate(ten)}
    second = collected(session, now + timedelta(days=1), "Second", later)
    assert linked(session, "ddp", before=first, now=second) == Linked(10, began=0, stopped=3)
    assert linked(session, "vig", before=first, now=second) == Linked(10, began=3, stopped=0)
    assert linked(session, "ddp", before=None, now=second) is None
    assert linked(session, "ddp", before=first, now=10_000) is None, "not of returns"
    third = collected(session, now + timedelta(days=2), "Third", dict(list(later.items())[:9]))
    assert linked(session, "ddp", before=second, now=third) is None, "nine: not shown"


def test_what_one_service_answered_does_not_follow_from_both_waves_and_who_moved(session, now):
    """Ten offered it in the first wave; if 0 began and 3 stopped, the eleventh is the rest of the second."""
    catalogue_service.sync(session, CATALOGUE, now)
    more = tuple(f"More {number}" for number in range(10))
    bring(session, now, *NAMES, *more)
    first = collected(session, now, "First", dict.fromkeys(NAMES[:10], ("ddp",)))
    later = dict.fromkeys(NAMES, ("vig",))
    second = collected(session, now + timedelta(days=1), "Second", later)
    assert linked(session, "ddp", before=first, now=second) is None
    third = collected(
        session, now + timedelta(days=2), "Third", later | dict.fromkeys(more, ("ddp",))
    )
    assert linked(session, "ddp", before=second, now=third) == Linked(11, began=0, stopped=0)
    service.forget(session, 1, by=BY, at=now)
    assert linked(session, "ddp", before=second, now=third) is None, "what is gone is what it said"


def test_what_moved_is_told_beside_and_said_to_decide_nothing():
    assert same_services(None) == ""
    assert same_services(Linked(34, 5, 2)) == (
        "Of the 34 services that answered both times, 5 began to offer it and 2 stopped (McNemar’s "
        "exact test, p 0.453). They are not all that answered, so this decides nothing."
    )
