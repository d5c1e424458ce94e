"""What two citations say where databases write them in their own ways: all invented."""

import dataclasses

import pytest

from monitor.feeds.records import Citation
from monitor.literature.dedup.clusters import clusters
from monitor.literature.dedup.verdict import judge

TITLE = "Evening songs and the sleep of toddlers in an invented town"
ONE = Citation(
    title=TITLE,
    authors=("Alder, Pat", "Birch, Quin"),
    year=2019,
    journal="Invented Journal of Families",
    volume="7",
    issue="3",
    pages="101-128",
)
UNPLACED = {"volume": None, "issue": None, "pages": None}


def differing(**fields):
    return dataclasses.replace(ONE, **fields)


def verdict(one, other):
    """Give what both ways of asking say: two records in a file, and two papers."""
    found = clusters([one, other])
    grouped = "different" if not found else ("same" if found[0].certain else "doubtful")
    assert judge(one, other) == judge(other, one)
    assert grouped == judge(one, other).verdict
    return grouped


DIVIDED = [
    ("part A", "part B"),
    ("part one", "part two"),
    ("Part I", "Part II"),
    ("1a", "1b"),
    ("results after one year", "results after two years"),
    ("6 months", "12 months"),
    ("mothers", "fathers"),
    ("the mothers", "the fathers' side"),
    ("boys", "girls"),
    ("maternal report", "paternal report"),
    ("first report", "second report"),
    ("Study 1", "Study 2"),
    ("1st wave", "2nd wave"),
    ("2018", "2019"),
    ("infants", "toddlers"),
    ("in town", "in villages"),
    ("foster care", "kinship care"),
    ("summer", "winter"),
    ("Teil eins", "Teil zwei"),
    ("hypotension", "hypertension"),
]


@pytest.mark.parametrize("pages", ["S1-S128", "101-128"])
@pytest.mark.parametrize(("one", "other"), DIVIDED)
def test_titles_that_number_or_divide_are_never_certain_on_shared_pages(one, other, pages):
    first = differing(title=f"{TITLE}: {one}", pages=pages)
    assert verdict(first, differing(title=f"{TITLE}: {other}", pages=pages)) != "same"


@pytest.mark.parametrize("added", ["part 2", "II", "a second year", "the mothers", "2", "wave 3"])
def test_a_title_is_not_certainly_the_first_of_several(added):
    assert verdict(ONE, differing(title=f"{TITLE}: {added}")) != "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ": a randomised trial"),
        (" of 1984 families", " of 1 984 families"),
        (" and behaviour", " and behavior"),
        (" with p16 values", " with p 16 values"),
        (" in toddlers", " in todlers"),
        (" of IFN-gamma", " of IFN-"),
    ],
)
def test_a_slip_on_the_same_pages_is_no_division(one, other):
    assert verdict(differing(title=TITLE + one), differing(title=TITLE + other)) == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Theraplay®", "Theraplay(R)"),
        ("Theraplay™", "Theraplay (TM)"),
        ("Theraplay", "Theraplay<sup>TM</sup>"),
        ("COS-P(tm)", "COS-P"),
        ("songs vs. tales", "songs versus tales"),
        ("songs vs tales", "songs versus tales"),
        ("Müller's method", "Mueller's method"),
        ("Säuglinge und Väter", "Saeuglinge und Vaeter"),
        ("smørrebrød", "smoerrebroed"),
        ("Straße", "Strasse"),
        ("gå på tur", "gaa paa tur"),
    ],
)
def test_marks_versus_and_umlauts_compare_equal(one, other):
    title = "A trial of {} in foster families of an invented county"
    first = differing(title=title.format(one), **UNPLACED)
    assert verdict(first, differing(title=title.format(other), **UNPLACED)) == "same"


def test_umlauts_of_authors_compare_equal():
    one = differing(authors=("Müller J", "Bøhm K"), **UNPLACED)
    assert verdict(one, differing(authors=("Mueller J", "Boehm K"), **UNPLACED)) == "same"


TRANSLATED = ["Chansons du soir et sommeil", "Abendlieder und Schlaf", "Вечерние песни", "[Songs]"]


@pytest.mark.parametrize("title", TRANSLATED)
def test_a_title_that_may_be_translated_is_asked(title):
    assert verdict(ONE, differing(title=title)) == "doubtful"
    assert verdict(ONE, differing(title=title, issue=None)) == "doubtful"


@pytest.mark.parametrize(
    "change",
    [
        {"volume": "8"},
        {"issue": "4"},
        {"year": 2018},
        {"pages": "129-140"},
        {"pages": "101-102"},
        {"authors": ("Clover S",)},
        {"authors": ()},
        {"journal": "Family Letters"},
    ],
)
def test_another_title_elsewhere_is_another_paper(change):
    assert verdict(ONE, differing(title="Abendlieder und Schlaf", **change)) == "different"


NOTES = ["[Abstract]", "[abstract].", "(Abstract)", "[Conference abstract]", "[Meeting Abstracts]",
    "[Abstract P12]", "[abstract only]", "[Abstract No. 14]", "[Abstr.]", "[Poster]",
    "[Abstract] [in German]"]  # fmt: skip


@pytest.mark.parametrize("note", NOTES)
def test_a_note_that_it_is_an_abstract_is_no_title(note):
    noted = differing(title=f"{TITLE} {note}", pages="S33")
    assert verdict(differing(pages="S33"), noted) == "same"
    assert verdict(ONE, noted) != "same"  # the article, perhaps
    bare = dataclasses.replace(noted, issue=None, pages=None)
    assert verdict(differing(issue=None, pages=None), bare) == "doubtful"


def test_a_title_may_speak_of_abstracts():
    title = "How abstracts (abstract concepts) of toddlers grow in an invented town"
    assert verdict(differing(title=title), differing(title=title)) == "same"


@pytest.mark.parametrize("title", ["Baby songs", "Play at home", "Fathers"])
def test_a_short_title_in_a_journal_named_otherwise_is_asked(title):
    one = differing(title=title)
    assert verdict(one, differing(title=title, journal="Family Letters")) == "doubtful"
    for change in ({"volume": "9"}, {"year": 2009}, {"authors": ("Clover S",)}):
        other = differing(title=title, journal="Family Letters", **change)
        assert verdict(one, other) == "different"


@pytest.mark.parametrize("title", ["Baby songs", TITLE])
@pytest.mark.parametrize("pages", [None, "101-128"])
def test_a_volume_in_the_issues_place_is_asked_at_least(title, pages):
    one = differing(title=title)
    assert verdict(one, differing(title=title, volume=None, issue="7", pages=pages)) != "different"
    assert verdict(one, differing(title=title, volume="3", issue="7", pages=pages)) != "different"
    strange = differing(title=title, volume=None, issue="7", pages=pages, authors=("Clover S",))
    assert verdict(one, strange) == "different"


def test_an_issue_in_the_volumes_place_is_asked_at_least():
    one = differing(title="Clay bowls")
    assert verdict(one, differing(title="Clay bowls", volume="3", issue=None)) == "doubtful"
    assert verdict(one, differing(title="Clay bowls", volume="4", issue=None)) == "different"


def test_two_pages_are_a_range_and_one_is_none():
    one = differing(pages="45-46")
    assert verdict(one, differing(title="Abendlieder und Schlaf", pages="45-46")) == "doubtful"
    one = differing(pages="45")
    assert verdict(one, differing(title="Abendlieder und Schlaf", pages="45")) == "different"


def test_an_editorial_on_the_same_page_of_another_journal_is_another():
    one = differing(title="Editorial", pages="3-4")
    assert verdict(one, differing(title="Editorial", pages="3-4", journal="Letters")) == "different"


def test_an_issue_is_no_volume_of_another_number():
    one = differing(title="Baby songs")
    other = differing(title="Baby songs", volume="3", issue="8", pages="9-10")
    assert verdict(one, other) == "different"
