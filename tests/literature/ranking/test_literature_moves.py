"""Which scores of a new order are written: the head of the queue exactly, the rest where it shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.ranking import worth_writing as ranking
from monitor.literature.ranking.worth_writing import HEAD, UNSEEN, Moves, is_seen


@pytest.mark.parametrize(
    ("before", "now", "seen"),
    [
        ({"words": 0.1}, {"words": 0.1}, False),
        ({"words": 0.1}, {"words": 0.1049}, False),
        ({"words": 0.1}, {"words": 0.105}, True),
        ({"words": 0.1}, {"words": 0.0949}, True),
        ({"words": 0.1, "names": 0.2}, {"words": 0.103, "names": 0.203}, True),  # together
        (
            {"words": 0.1, "names": 0.2},
            {"words": 0.11, "names": 0.19},
            True,
        ),  # each, though not both
        ({"words": 0.1, "names": 0.2}, {"words": 0.103, "names": 0.198}, False),
        ({}, {"words": 0.0}, True),  # a part that it had not
        ({"words": 0.0, "old": 0.0}, {"words": 0.0}, True),
        ({}, {}, False),
    ],
)
def test_a_move_is_seen_in_a_part_or_in_the_sum(before, now, seen):
    assert is_seen(before, now) is seen


def _written(before, now):
    moves = Moves()
    for paper_id, parts in now.items():
        moves.add(paper_id, before[paper_id], parts)
    return moves.worth_writing()


def test_the_head_is_exact_and_deeper_down_a_hair_moves_nothing():
    papers = range(HEAD + 50)
    before = {one: {"words": round(1 - one / 1000, 4)} for one in papers}
    now = {one: {"words": round(before[one]["words"] + 0.0001, 4)} for one in papers}
    assert sorted(_written(before, now)) == list(range(HEAD))


def test_what_only_seemed_to_stand_at_the_head_is_written_too():
    """Else it would stand among those that are exact, by a score that is not its own."""
    before = {one: {"words": 0.5} for one in range(HEAD)} | {HEAD: {"words": 0.503}}
    now = {one: {"words": 0.5} for one in range(HEAD)} | {HEAD: {"words": 0.4999}}
    assert _written(before, now) == {HEAD: {"words": 0.4999}}


def test_what_moves_far_is_written_wherever_it_stands():
    before = {one: {"words": 0.9} for one in range(HEAD)} | {HEAD: {"words": -0.4}}
    now = {one: {"words": 0.9} for one in range(HEAD)} | {HEAD: {"words": -0.39}}
    assert list(_written(before, now)) == [HEAD]


SCORES = st.integers(-400, 400).map(lambda whole: whole / 1000)


@given(st.lists(st.tuples(SCORES, SCORES), max_size=30), st.integers(1, 8), st.randoms())
def test_after_any_move_the_head_is_exact_and_no_score_is_off_by_what_shows(pairs, head, chance):
    before = {one: {"words": pair[0]} for one, pair in enumerate(pairs)}
    now = {one: {"words": pair[1]} for one, pair in enumerate(pairs)}
    order = list(now)
    chance.shuffle(order)
    kept, ranking.HEAD = ranking.HEAD, head
    try:
        written = _written(before, {one: now[one] for one in order})
    finally:
        ranking.HEAD = kept
    stands = before | written
    assert all(abs(stands[one]["words"] - now[one]["words"]) < UNSEEN for one in now)
    assert all(written[one] == now[one] != before[one] for one in written)
    scores = [[-parts[one]["words"] for one in parts] for parts in (stands, now)]
    assert sorted(scores[0])[:head] == sorted(scores[1])[:head]
