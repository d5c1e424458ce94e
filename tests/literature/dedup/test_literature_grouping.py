import csv
import dataclasses
import gzip
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Citation, Identifier
from monitor.literature.dedup.clusters import _pairs, clusters, stored_keys
from monitor.literature.dedup.fingerprint import fingerprint
from monitor.literature.dedup.verdict import judge

TITLE = "An invented trial of parenting in the town of Nowhere"
ONE = Citation(
    title=TITLE,
    authors=("Doe JA", "Roe B"),
    journal="Infant Mental Health Journal",
    year=2024,
    volume="45",
    issue="2",
    pages="123-137",
)
OTHER = Citation(title="Quite another matter, told at length", authors=("Poe C",), year=2020)


def differing(**fields):
    return dataclasses.replace(ONE, **fields)


POOL = [
    ONE,
    differing(title=TITLE.upper(), journal="Infant Ment Health J"),
    differing(pages=None, volume=None),
    differing(journal="Child Development", volume="8", pages="1144-1160"),
    Citation(title=TITLE, authors=("Jane Doe", "Bo Roe"), year=2024),
    differing(title="Editorial", pages="3"),
    differing(title="Editorial", pages="7"),
    differing(title=TITLE + ": a comparative study"),
    differing(title=TITLE + ". Part II", pages="140-155"),
    differing(identifiers=(Identifier("pmid", "1"),)),
    differing(identifiers=(Identifier("pmid", "2"),)),
    OTHER,
]
FILES = st.lists(st.sampled_from(POOL), max_size=14)


def said(records):
    """Give what grouping says, in a form that does not depend on the order of the records."""
    return sorted(
        (
            sorted(map(repr, (records[index] for index in group.indices))),
            group.certain,
            group.reason,
        )
        for group in clusters(records)
    )


def test_groups_say_which_and_why():
    (certain,) = clusters([ONE, OTHER, POOL[1]])
    assert certain.indices == (0, 2)
    assert certain.certain
    assert certain.reason == "same title; authors, year, journal, volume and pages agree"


def test_a_doubt_is_a_group_that_does_not_merge():
    (found,) = clusters([ONE, differing(pages="140-155")])
    assert (found.indices, found.certain) == ((0, 1), False)
    assert found.reason == "same title, but pages differ"


def test_a_thin_record_does_not_bridge_two_papers():
    thin = Citation(title=TITLE, authors=ONE.authors, year=2024)
    other = POOL[3]
    assert judge(ONE, thin).verdict == judge(thin, other).verdict == "same"
    assert [(group.indices, group.certain) for group in clusters([ONE, thin, other])] == [
        ((0, 1, 2), False)
    ]
    copies = [ONE, differing(title=TITLE.upper()), thin, other]
    assert [(group.indices, group.certain) for group in clusters(copies)] == [
        ((0, 1), True),
        ((0, 1, 2, 3), False),
    ]


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_the_records_is_no_matter(records, chance):
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert said(shuffled) == said(records)


@given(FILES)
def test_once_merged_there_is_nothing_left_to_merge(records):
    certain = [group.indices for group in clusters(records) if group.certain]
    merged = [index for indices in certain for index in indices]
    assert len(merged) == len(set(merged))
    fullest = [
        max((records[i] for i in indices), key=lambda one: len(repr(one))) for indices in certain
    ]
    left = [one for index, one in enumerate(records) if index not in set(merged)]
    assert not [group for group in clusters([*fullest, *left]) if group.certain]


@given(FILES, st.data())
def test_a_copy_joins_its_group(records, data):
    index = data.draw(st.integers(0, len(records)))
    before = clusters([*records, ONE])
    after = clusters([*records[:index], ONE, *records[index:], ONE])
    assert any(g.certain for g in after)
    assert sum(len(g.indices) for g in after if g.certain) >= 1 + sum(
        len(g.indices) for g in before if g.certain
    )


@given(st.lists(st.integers(1, 400), min_size=2, max_size=8, unique=True), st.booleans())
def test_editorials_of_one_title_never_merge(pages, dated):
    editorials = [
        differing(title="Editorial", pages=f"{page}", issue=f"{page}", year=2024 if dated else None)
        for page in pages
    ]
    assert not [group for group in clusters(editorials) if group.certain]


@given(st.sampled_from(POOL), st.sampled_from(POOL))
def test_what_may_be_one_paper_shares_a_key_or_an_identifier(one, other):
    if judge(one, other).verdict == "same":
        keys = stored_keys(fingerprint(one)) & stored_keys(fingerprint(other))
        assert keys or {*one.identifiers} & {*other.identifiers}


def test_keys_are_few_and_fit_a_column_of_64_bits():
    identifiers = (Identifier("doi", "10.1/" + "y" * 290),)
    keys = stored_keys(fingerprint(differing(title="x" * 5_000, identifiers=identifiers)))
    assert len(keys) <= 10
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_very_many_records_of_one_title_are_compared_with_their_neighbours_alone():
    many = [
        differing(pages=f"{page}-{page + 9}", volume=str(page)) for page in range(100, 1_100, 5)
    ]
    assert not [group for group in clusters(many) if group.certain]
    compared = _pairs([fingerprint(one) for one in many])
    assert len(compared) <= len(many) * 40  # all with all would be 19,900


def labelled(recordings, name):
    """Read one of bib-dedupe's sets: its citations, and the pairs that are one paper."""
    folder = recordings / "dedup_labelled"
    with gzip.open(folder / f"bibdedupe-{name}-records_pre_merged.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    with gzip.open(folder / f"bibdedupe-{name}-merged_record_ids.csv.gz", "rt") as file:
        merged = [row["merged_ids"].split(";") for row in csv.DictReader(file)]
    citations = [
        Citation(
            title=row["title"],
            authors=tuple(row["author"].split(" and ")),
            journal=row["journal"] or None,
            year=int(row["year"]),
            volume=row["volume"] or None,
            issue=row["number"] or None,
            pages=row["pages"] or None,
        )
        for row in rows
    ]
    places = {row["ID"]: index for index, row in enumerate(rows)}
    return citations, pairs([[places[one] for one in ids] for ids in merged])


def pairs(grouped):
    return {
        (min(one, other), max(one, other))
        for indices in grouped
        for at, one in enumerate(indices)
        for other in indices[at + 1 :]
    }


@pytest.mark.parametrize(
    ("name", "recall"), [("cytology_screening", 895 / 909), ("stroke", 477 / 479)]
)
def test_labelled_duplicates_are_found_and_nothing_else(recordings, name, recall):
    citations, true = labelled(recordings, name)
    found = pairs([group.indices for group in clusters(citations) if group.certain])
    assert not found - true
    assert len(found & true) / len(true) >= recall  # bib-dedupe's own on this set


def test_real_records_in_another_order_are_grouped_alike(recordings):
    citations, _ = labelled(recordings, "stroke")
    order = list(range(len(citations)))
    random.Random(4).shuffle(order)  # noqa: S311 - an order, not a secret
    shuffled = clusters([citations[index] for index in order])
    assert {frozenset(order[i] for i in g.indices) for g in shuffled if g.certain} == {
        frozenset(g.indices) for g in clusters(citations) if g.certain
    }
