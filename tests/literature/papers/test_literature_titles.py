"""A word finds the same titles on either database: its beginning, whole if it is short, in any case."""

import doctest
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from monitor.kernel.persistence.bulk import add_numbered
from monitor.literature.papers import title_index, titled, unqueued
from monitor.literature.tables import Paper, PaperQuery
from monitor.literature.words import Lane

TITLES = (
    "An invented study of library opening hours",
    "Opening a library: what parents say",
    "Prés-verts and the openness of Müller's nurseries",
    "Vitamin D in children, a cohort",
    "日本の親子 study",
    "Erratum: opening hours",
    "100% of <script>x</script>",
    "ΨΥΧΉ and child-parent bonds",
)


def _add(session, now, lane=Lane.NONE):
    blank = {
        "authors": [],
        "publication_types": [],
        "keywords": [],
        "first_seen_at": now,
        "changed_at": now,
        "version": 1,
        "read_by": 1,
    }
    rows = [
        blank | {"title": one, "title_words": title_index.words_of(one), "lane": lane}
        for one in TITLES
    ]
    rows[5]["lane"] = Lane.NOTICE
    return add_numbered(session, Paper, rows)


def _found(session, ids, *words, **more):
    return sorted(ids.index(paper.id) for paper in unqueued.kept(session, words=words, **more))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("opening",), [0, 1, 5]),
        (("OPEN",), [0, 1, 2, 5]),
        (("opening", "hours"), [0, 5]),
        (("hours", "opening", "hours"), [0, 5]),
        (("pening",), []),
        (("a",), [1, 3]),
        (("an",), [0]),
        (("d",), [3]),
        (("muller",), [2]),
        (("MÜLLER",), [2]),
        (("pres-verts",), [2]),
        (("child-parent",), [7]),
        (("child",), [3, 7]),
        (("ψυχη",), [7]),
        (("日本の親子",), [4]),
        (("日本の",), [4]),
        (("100%",), [6]),
        (("<script>",), [6]),
        (("zzqxj",), []),
        (("%",), []),
        (("'",), []),
        (('"opening" OR',), []),
        (("lane_none",), []),
        (("lane",), []),
        (("none",), []),
        (("_none",), []),
        (("_",), []),
        (("opening", "%"), [0, 1, 5]),
        (("x" * 200,), []),
    ],
)
def test_a_word_means_the_same_on_both(session, now, words, found):
    ids = _add(session, now)
    assert _found(session, ids, *words) == found


def test_words_are_narrowed_and_paged(session, now):
    ids = _add(session, now)
    assert _found(session, ids, "opening", lane=Lane.NOTICE) == [5]
    assert _found(session, ids, "opening", lane=Lane.NONE) == [0, 1]
    assert _found(session, ids, "opening", limit=1) == [5]
    assert _found(session, ids, "opening", limit=1, after=ids[5]) == [1]
    assert _found(session, ids, "opening", query="cos") == []


def test_the_words_follow_a_paper(session, now):
    ids = _add(session, now)

    def change(number, **values):
        session.execute(update(Paper).where(Paper.id == ids[number]).values(**values))

    change(0, title_words="another thing")
    change(1, lane=Lane.EVALUATED)
    change(2, merged_into_id=ids[3])
    assert _found(session, ids, "open") == [5]
    assert _found(session, ids, "another") == [0]
    change(1, lane=Lane.NONE)
    change(2, merged_into_id=None)
    change(5, lane=Lane.NONE)
    assert _found(session, ids, "open") == [1, 2, 5]
    assert _found(session, ids, "open", lane=Lane.NOTICE) == []


_WORDS = ("attachment", "attached", "att", "a", "an", "child", "children", "rare", "lane", "none")
_TAILS = [("attachment",), ("att",), ("a",), ("child", "attachment"), ("rare",), ("lane",), ("zz",)]


def _random_papers(session, now):
    """Papers of every kind in any order; gives what each is: number, words, lane, merged, queries."""
    choose = random.Random(29)  # noqa: S311 - the same in every run
    lanes = (Lane.NONE, Lane.NONE, Lane.NOTICE, Lane.EVALUATED)
    rows = [
        {
            "authors": [], "publication_types": [], "keywords": [], "first_seen_at": now,
            "changed_at": now, "version": 1, "read_by": 1, "lane": choose.choice(lanes),
            "title": (title := " ".join(choose.sample(_WORDS, choose.randint(0, 4)))),
            "title_words": title_index.words_of(title),
        }
        for _ in range(120)
    ]  # fmt: skip
    ids = add_numbered(session, Paper, rows)
    for number in choose.sample(ids[1:], 10):
        session.execute(update(Paper).where(Paper.id == number).values(merged_into_id=ids[0]))
    merged = set(session.scalars(select(Paper.id).where(Paper.merged_into_id.is_not(None))))
    kept = [
        (number, row["title_words"].split(), row["lane"], choose.choice(("cos", "vipp", "")))
        for number, row in zip(ids, rows, strict=True)
        if row["lane"] in title_index.LANES and number not in merged
    ]
    session.add_all(
        PaperQuery(query_key=query, lane=lane.value, paper_id=number)
        for number, _, lane, query in kept
        if query
    )
    session.flush()
    return kept


def _by_hand(kept, words, lane, query, before):
    """Find the same by going through all titles."""

    def has(title, word):
        return word in title if len(word) <= 2 else any(one.startswith(word) for one in title)

    return [
        number
        for number, title, its_lane, its_query in reversed(kept)
        if all(has(title, word) for word in words)
        and lane in {None, its_lane}
        and query in {None, its_query}
        and (before is None or number < before)
    ]


@pytest.mark.parametrize(
    ("through", "rare"), [((1, 3), 3), ((5, 20), 100), ((1_000, 10_000), 2_000)]
)
def test_every_way_finds_what_going_through_all_finds(session, now, monkeypatch, through, rare):
    """Some papers are looked through, the index is asked, and then all are: nobody can tell."""
    monkeypatch.setattr(titled, "_LOOKED_THROUGH", through)
    monkeypatch.setattr(titled, "_RARE", rare)
    kept = _random_papers(session, now)
    middle = kept[len(kept) // 2][0]
    asked = itertools.product(_TAILS, (None, Lane.NOTICE), (None, "cos"), (5, 200), (None, middle))
    for words, lane, query, limit, before in asked:
        sought = titled.Sought(words, lane, query)
        numbers = titled.found(session, sought, limit=limit, before=before)
        assert numbers == _by_hand(kept, words, lane, query, before)[:limit], sought


@given(st.text())
def test_words_are_folded_once_and_for_all(text):
    words = title_index.words_of(text)
    assert title_index.words_of(words) == words
    assert "_" not in words
    assert words == " ".join(words.split(" "))
    assert len(set(words.split())) == len(words.split())


def test_examples():
    assert doctest.testmod(title_index).failed == 0
