"""The order of the queue: every paper ranked, its parts shown, and decisions heeded."""

import csv
import gzip
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature.ranking.features import features
from monitor.literature.ranking.model import RATIO, TRUST, Rows, fit
from monitor.literature.ranking.order import WORDS, Candidate, rank, trust_in_prior
from monitor.literature.ranking.prior import PARTS

NOTHING = dict.fromkeys(PARTS, 0.0)
TOPICS = {
    "video": "video feedback sensitivity mothers infants",
    "play": "play therapy school children teacher",
    "sleep": "sleep training bedtime routines toddlers",
}


def _paper(text, **prior):
    return Candidate(features(text, text), NOTHING | prior)


def _papers():
    """Six of each topic, in turns; no two alike."""
    return [
        _paper(f"{topic} {TOPICS[topic]} sample{number} cohort{number % 3}")
        for number in range(6)
        for topic in TOPICS
    ]


def _words(ranked):
    return {one.position: one.parts[WORDS] for one in ranked}


def test_without_labels_the_prior_alone_orders():
    papers = [_paper("one", design=0.1), _paper("two", names=0.3), _paper("three", design=0.2)]
    ranked = rank(papers, {})
    assert [one.position for one in ranked] == [1, 2, 0]
    assert [one.score for one in ranked] == [0.3, 0.2, 0.1]
    assert all(one.parts[WORDS] == 0 and one.label is None for one in ranked)


def test_nothing_to_rank_is_ranked():
    assert rank([], {}) == []


def test_equal_scores_stay_in_the_order_given():
    assert [one.position for one in rank([_paper("same")] * 5, {})] == [0, 1, 2, 3, 4]


def test_an_included_paper_raises_those_like_it_and_an_excluded_one_lowers_them():
    papers = _papers()
    words = _words(rank(papers, {0: True, 1: False}))
    videos, plays, sleeps = (
        [words[at] for at in range(3 + first, len(papers), 3)] for first in range(3)
    )
    assert min(videos) > max(sleeps) >= min(sleeps) > max(plays)


def test_a_further_label_raises_papers_like_it():
    papers = _papers()
    before = _words(rank(papers, {0: True, 1: False}))
    after = _words(rank(papers, {0: True, 1: False, 2: True}))
    assert all(after[at] > before[at] for at in range(5, len(papers), 3))


def test_labelled_papers_are_not_hidden_but_come_last_with_what_was_decided():
    ranked = rank(_papers(), {4: True, 0: False, 7: False})
    assert sorted(one.position for one in ranked) == list(range(18))
    assert {one.position: one.label for one in ranked[-3:]} == {4: True, 0: False, 7: False}
    assert all(one.label is None for one in ranked[:-3])


@pytest.mark.parametrize("label", [True, False])
def test_labels_of_one_kind_alone_order_too(label):
    words = _words(rank(_papers(), {0: label, 3: label}))
    assert (words[6] > words[7]) is label
    assert words[6] != words[7]


def test_the_order_of_the_labels_does_not_matter():
    labels = {0: True, 1: False, 3: True, 5: False, 8: False}
    other_way = dict(reversed(labels.items()))
    assert list(other_way) != list(labels)
    assert rank(_papers(), other_way) == rank(_papers(), labels)


def test_a_score_is_the_sum_of_its_parts():
    papers = [_paper("video feedback", design=0.35), _paper("video feedback trial", recent=0.1)]
    for one in rank(papers, {0: True}):
        assert one.score == sum(one.parts.values())
        assert set(one.parts) == {WORDS, *PARTS}


def test_each_label_of_the_scarcer_kind_halves_the_prior():
    excluded = dict.fromkeys(range(90), False)
    assert trust_in_prior({}) == trust_in_prior(excluded) == 1
    assert trust_in_prior(excluded | {100: True}) == 0.5
    assert trust_in_prior(excluded | {100: True, 101: True}) == 0.25
    assert trust_in_prior(dict(enumerate([True, False] * 5_000))) == 0


def test_papers_without_a_word_are_ranked_by_their_prior():
    papers = [Candidate(b"", NOTHING), Candidate(b"", NOTHING | {"names": 0.3}), *_papers()]
    ranked = rank(papers, {2: True, 0: False})
    assert {one.position: one.parts[WORDS] for one in ranked}[1] == 0
    assert len(ranked) == len(papers)


def test_the_fit_is_that_of_the_system_solved_outright():
    rows = Rows.of([one.features for one in _papers()])
    dense = np.zeros((18, rows.width))
    for at, (start, end) in enumerate(pairwise(rows.starts)):
        dense[at, rows.columns[start:end]] = rows.weights[start:end]
    labels = {0: True, 1: False, 2: False, 4: False, 6: True}
    learned, targets = dense[list(labels)], np.where(list(labels.values()), 1.0, -1.0)
    weights = np.where(targets > 0, 1.0, 2 / (RATIO * 3))
    system = learned @ learned.T + 1 + np.diag(weights.mean() / (2 * TRUST * weights))
    outright = dense @ learned.T @ np.linalg.solve(system, targets)
    assert np.abs(rows.times(fit(rows, labels)) - outright).max() < 0.01


@given(
    st.lists(st.tuples(st.text(max_size=60), st.none() | st.booleans()), min_size=1, max_size=12)
)
def test_any_texts_and_labels_rank_every_paper_once(papers):
    labels = {at: label for at, (_, label) in enumerate(papers) if label is not None}
    ranked = rank([_paper(text) for text, _ in papers], labels)
    assert sorted(one.position for one in ranked) == list(range(len(papers)))
    assert all(abs(one.score) < 10 for one in ranked)


def test_ten_labels_already_find_more_than_chance(recordings):
    """The first quarter of a recorded set's reading holds three quarters of what is relevant."""
    path = recordings / "screening_labelled" / "systematic-review-datasets__NSAIDS.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    relevant = [row["label_included"] == "1" for row in rows]
    papers = [
        Candidate(features(row["title"], row["abstract"], row["keywords"].split(";")), NOTHING)
        for row in rows
    ]
    yes = [at for at, one in enumerate(relevant) if one][::14]
    no = [at for at, one in enumerate(relevant) if not one][::51]
    assert (len(yes), len(no)) == (3, 7)
    ranked = rank(papers, dict.fromkeys(yes, True) | dict.fromkeys(no, False))
    unread = [relevant[one.position] for one in ranked if one.label is None]
    assert sum(unread[: len(unread) // 4]) > 0.75 * sum(unread)
