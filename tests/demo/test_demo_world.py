"""The invented world is plainly invented, and covers what the demonstration tells."""

import re
from datetime import date

import pytest

from monitor.demo import world

PAPERS = world.load(date(2026, 11, 23)).papers


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.key)
def test_every_paper_is_plainly_invented(paper):
    assert re.search(r"invented|example|imaginary", paper.title, re.IGNORECASE)
    assert "Invented" in paper.journal
    assert paper.doi.startswith("10.5555/")
    assert int(paper.pmid) > 90_000_000
    assert all(re.fullmatch(r"(NCT|ISRCTN)000000\d\d", r) for r in paper.registrations)
    assert 1 <= len(paper.abstract) <= 6


def test_keys_and_numbers_are_unique():
    assert len({paper.key for paper in PAPERS}) == len(PAPERS)
    assert len({paper.number for paper in PAPERS}) == len(PAPERS)
    assert all(paper.retracts in {None, *(p.key for p in PAPERS)} for paper in PAPERS)


def test_sources_are_ones_the_stand_ins_know():
    known = {"pubmed", "europepmc", "pubmed_rss", "journals", "atom"}
    assert set().union(*(paper.sources for paper in PAPERS)) == known


def test_labelled_sections_are_read():
    paper = world.load(date(2026, 11, 23)).paper("cos-trial")
    assert [label for label, _ in paper.sections] == [
        "BACKGROUND",
        "METHODS",
        "RESULTS",
        "CONCLUSIONS",
    ]
    assert paper.entered == date(2026, 11, 11)


def test_an_unknown_paper_is_a_key_error():
    with pytest.raises(KeyError):
        world.load(date(2026, 11, 23)).paper("nosuch")
