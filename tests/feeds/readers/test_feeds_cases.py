"""The cases that public bug reports describe, each file in place: ../shared/cases/input/README."""

import io
from datetime import date
from pathlib import Path

import pytest

from monitor.catalogue import loader
from monitor.feeds import files
from monitor.feeds.readers import rss_document, rss_item
from monitor.feeds.records import Citation, FetchedRecord, UnreadableRecord
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers.reading import CitationReading
from monitor.literature.words import TO_SCREEN

CASES = Path(__file__).parents[4] / "shared" / "cases" / "input"
TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def matcher():
    return Matcher(loader.load())


def case(name: str) -> bytes:
    path = CASES / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    return path.read_bytes()


def read(name: str) -> list[FetchedRecord | UnreadableRecord]:
    return list(files.read(io.BytesIO(case(name))).found)


def citations(name: str) -> list[Citation]:
    return [one.citation for one in read(name) if isinstance(one, FetchedRecord)]


def items(name: str) -> list[Citation]:
    read = (rss_item.read(item, TODAY) for item in rss_document.read(case(name), None))
    return [one.citation for one in read if isinstance(one, FetchedRecord)]


def named(citation: Citation, matcher: Matcher) -> set[str]:
    """Name the interventions by which a paper is queued; none where it is not."""
    reading = CitationReading(citation, matcher)
    return {hit.slug for hit in reading.hits} if reading.lane in TO_SCREEN else set()


@pytest.mark.parametrize(
    ("name", "title", "abstract", "slugs"),
    [
        ("lt-le-sign.ris", "Parents' views of a home-visiting programme in Northmere",
         ("Scores fell in both arms (P</=.05). VIPP-SD was given to 56 families; 112 families were "
         "randomly assigned. Trial registration ISRCTN12345678."), {"vipp"}),
        ("lt-word.nbib",
         "Families with sensitivity <median in Northmere: a randomised trial of Theraplay.",
         ("BACKGROUND: Mothers with sensitivity <median (n=40) took part. METHODS: We randomised "
         "them to Theraplay or waiting. RESULTS: Security rose."), {"theraplay"}),
        ("lt-or-sign.ciw", "Parents' views of a home-visiting programme in Southmere",
         ("Scores fell (P <or= .05) in both arms; Circle of Security was given to 50 of 101 "
         "families, who were randomly assigned."), {"cos"}),
        ("not-available-title.xml", "Enfants et familles: un essai randomise du Theraplay.", None,
         {"theraplay"}),
        ("nbib-tab.nbib", ("Families in Northmere and its neighbouring towns: a randomised trial of "
         "Theraplay."), None, {"theraplay"}),
        ("nbib-flush.nbib", ("Families in Northmere and its neighbouring towns: a trial of Circle "
         "of Security."), "BACKGROUND: First line and the second: 112 families were randomised.",
         {"cos"}),
    ],
)  # fmt: skip
def test_text_of_a_file_comes_in_whole(name, title, abstract, slugs, matcher):
    (cited,) = citations(name)
    assert (cited.title, cited.abstract) == (title, abstract)
    assert named(cited, matcher) == slugs


def test_a_registration_behind_a_sign_is_read():
    (cited,) = citations("lt-le-sign.ris")
    assert [one.value for one in cited.registrations] == ["ISRCTN12345678"]


@pytest.mark.parametrize(
    ("name", "title", "abstract", "slugs"),
    [
        ("lt-feed-title.xml",
         "Children <five years in foster care and Theraplay: a randomised trial", "A trial.",
         {"theraplay"}),
        ("lt-atom-text.xml",
         "Sensitivity <median in mothers: Video Interaction Guidance in Eastmere",
         "Score <median in 112 families, all randomised", {"vig"}),
    ],
)  # fmt: skip
def test_text_of_a_feed_comes_in_whole(name, title, abstract, slugs, matcher):
    (cited,) = items(name)
    assert (cited.title, cited.abstract) == (title, abstract)
    assert named(cited, matcher) == slugs


def test_names_are_not_glued_to_their_neighbours(matcher):
    found = citations("glued-italics.csv")
    assert [cited.title for cited in found] == [
        "Evaluating the effects of Circle of Security on families in Northmere",
        "The Theraplay programme: a randomised trial",
        "Theraplay™ for families in Northmere: a randomised trial",
    ]
    assert [named(cited, matcher) for cited in found] == [{"cos"}, {"theraplay"}, {"theraplay"}]


def test_fields_before_ty_belong_to_the_reference_that_ends_behind_it():
    found = citations("ty-not-first.ris")
    assert [(c.title, c.abstract, c.authors, c.year, c.volume, c.pages) for c in found] == [
        ("Theraplay in Northmere: a cluster trial", "Families were randomised.", ("Alder, P.",),
         2019, "49", "67-76"),
        ("Video Interaction Guidance in Southmere: a pilot trial", "Ten families took part.",
         ("Cedar, R.",), 2020, "50", "12-20"),
    ]  # fmt: skip


def test_fields_behind_er_belong_to_the_reference_before(matcher):
    first, second = citations("text-after-er.ris")
    assert first.title == "A programme for families in Northmere"
    assert first.abstract == "We randomised 90 families to Theraplay or to nothing."
    assert [one.value for one in first.identifiers] == ["10.5555/case.er1"]
    assert named(first, matcher) == {"theraplay"}
    assert (second.title, second.abstract, second.year) == (
        "Second paper on foster care in Southmere", None, 2015,
    )  # fmt: skip


def test_a_row_with_more_cells_than_the_header_is_set_aside():
    aside, record = read("csv-unquoted-comma.csv")
    assert isinstance(aside, UnreadableRecord)
    assert aside.reason.startswith("the row has 5 cells and the header 4")
    assert isinstance(record, FetchedRecord)
    assert (record.citation.title, record.citation.year) == ("Second paper", 2021)


@pytest.mark.parametrize(
    ("name", "second", "abstract"),
    [
        ("endnote-control-character.xml", "Theraplay in Southmere: two", "We randomised."),
        ("endnote-form-feed.xml", "Theraplay benefits in Southmere: two", None),
    ],
)
def test_one_control_character_costs_nothing_else(name, second, abstract):
    found = citations(name)
    assert [cited.title for cited in found] == [
        "Theraplay in Northmere: one", second, "Theraplay in Eastmere: three",
    ]  # fmt: skip
    assert found[1].abstract == abstract


@pytest.mark.parametrize(
    ("name", "authors"),
    [
        ("pubmed-two-authors.csv",
         [("Alder P", "Birch Q"), ("Alder P",), ("Alder P", "Birch Q", "Cedar R")]),
        ("publish-or-perish.csv", [("P Alder", "Q Birch")]),
        ("rayyan-and.csv", [("Alder, Pat", "Birch, Quin"), ("Alder, P.", "Birch, Q.", "Cedar, R.")]),
    ],
)  # fmt: skip
def test_authors_in_one_cell(name, authors):
    assert [cited.authors for cited in citations(name)] == authors


def test_pages_in_columns_of_their_own_and_in_a_citation():
    (perish,) = citations("publish-or-perish.csv")
    pubmed = citations("pubmed-two-authors.csv")[0]
    for cited in (perish, pubmed):
        assert (cited.year, cited.volume, cited.issue, cited.pages) == (2021, "5", "2", "101-110")


def test_a_joined_date_has_a_year():
    (cited,) = citations("ebsco-joined-date.csv")
    assert (cited.year, cited.authors) == (2021, ("Alder, Pat", "Birch, Quin"))
