import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Citation, Identifier
from monitor.literature.identity import (
    identifiers_conflict,
    own_and_named,
    same_paper,
    same_title,
    strongest_first,
)
from monitor.literature.wording import best, clean, cleaned

TITLE = "An invented trial of parenting in the town of Nowhere"
ONE = Citation(
    title=TITLE,
    authors=("Doe JA", "Invented Trial Group"),
    journal="Infant Mental Health Journal",
    year=2024,
    pages="12-30",
)


def differing(**fields):
    return dataclasses.replace(ONE, **fields)


@pytest.mark.parametrize(
    "other",
    [
        ONE,
        differing(title=TITLE.upper() + "."),
        differing(year=2025),  # printed a year after
        differing(journal="Infant Ment Health J"),
        differing(journal="The Infant Mental Health Journal", authors=()),
        differing(authors=("Jane Doe",), year=None, journal=None, pages=None),
        differing(pages="12-130"),
        Citation(title=TITLE, year=2024),
    ],
)
def test_one_title_and_nothing_against_it_is_one_paper(other):
    assert same_paper(ONE, other)
    assert same_paper(other, ONE)


@pytest.mark.parametrize(
    "other",
    [
        differing(title=TITLE + " again"),
        differing(year=2022),
        differing(journal="Child Development"),
        differing(authors=("Roe JA",)),
        differing(pages="77-90"),
        Citation(title=TITLE),  # nothing agrees but the title
    ],
)
def test_one_contradiction_makes_two_papers(other):
    assert not same_paper(ONE, other)
    assert not same_paper(other, ONE)


def test_an_untelling_title_is_never_enough():
    assert not same_paper(differing(title="Editorial"), differing(title="Editorial"))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("", True),
        ("An invented trial of parenting", True),
        (TITLE + ": results after a year", True),
        (TITLE.replace("invented", "imagined"), True),
        ("Something about railway bridges", False),
        ("Railway bridges of the town of Nowhere and an invented river", False),
    ],
)
def test_titles_that_could_be_one_papers(other, same):
    assert same_title(TITLE, other) is same
    assert same_title(other, TITLE) is same


def test_different_identifiers_of_one_kind_conflict():
    one, other = Identifier("pmid", "1"), Identifier("pmid", "2")
    assert identifiers_conflict([one], [other])
    assert not identifiers_conflict([one], [one, other])
    assert not identifiers_conflict([one], [Identifier("doi", "10.1/x")])
    assert not identifiers_conflict([], [one])


def test_a_registration_is_never_its_article_though_all_else_agrees():
    registration = differing(publication_types=("Clinical Trial Registration", "Interventional"))
    assert not same_paper(ONE, registration)
    assert not same_paper(registration, ONE)
    assert same_paper(registration, differing(publication_types=("Registration",)))


def test_a_registration_is_an_articles_pointer_and_a_registrations_name():
    nct, isrctn = Identifier("nct", "NCT00000001"), Identifier("isrctn", "ISRCTN00000001")
    pmid, doi = Identifier("pmid", "1"), Identifier("doi", "10.1186/isrctn00000001")
    article = Citation(title="", identifiers=(nct, pmid), registrations=(isrctn, nct))
    assert own_and_named(article) == ([pmid], [nct, isrctn])
    registration = Citation(title="", identifiers=(doi, isrctn), registrations=(nct, isrctn))
    assert own_and_named(registration) == ([doi, isrctn], [nct])


@given(st.permutations([Identifier(s, "1") for s in ("pmid", "pmcid", "doi", "nct", "other")]))
def test_the_most_telling_identifier_comes_first(identifiers):
    assert [i.scheme for i in strongest_first(identifiers + identifiers)] == [
        "pmid",
        "pmcid",
        "doi",
        "nct",
        "other",
    ]


PUBMED = Citation(title="As PubMed has it", abstract=None, year=2024, publication_types=("A",))
EUROPE = Citation(title="As Europe PMC has it", abstract="It was tried.", year=2023, volume="3")
FEED = Citation(
    title="As the feed has it", abstract="Buy now", issue="4", url="https://example.org"
)


def test_each_field_comes_from_the_best_source_that_gives_it():
    records = [("journals", 9, FEED), ("europepmc", 3, EUROPE), ("pubmed", 1, PUBMED)]
    read = {best(list(order)) for order in itertools.permutations(records)}
    assert read == {
        Citation(
            title="As PubMed has it",
            abstract="It was tried.",
            year=2024,
            volume="3",
            issue="4",
            publication_types=("A",),
            url="https://example.org",
        )
    }


def test_the_newer_record_of_a_source_counts_but_never_replaces_by_nothing():
    newer = dataclasses.replace(EUROPE, title="Newer", abstract=None)
    read = best([("europepmc", 3, EUROPE), ("europepmc", 8, newer)])
    assert (read.title, read.abstract) == ("Newer", "It was tried.")


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_cleaned_text_can_be_stored_and_shown(text):
    kept = clean(text)
    kept.encode()
    assert not set(kept) & {"\x00", "\x1b", "\u202e", "\u2067", "\r"}
    assert clean(kept) == kept
    assert all(character in text for character in kept)


def test_what_no_record_may_say_is_dropped():
    read = cleaned(
        Citation(
            title="A\x00 title\u202e",
            identifiers=(Identifier("doi", "\x00"), Identifier("pmid", "1")),
            abstract="\x00",
            year=99_999,
            authors=("\x00", "Doe J"),
            url="javascript:alert(1)",
            journal=" J ",
        )
    )
    assert read == Citation(
        title="A title", identifiers=(Identifier("pmid", "1"),), authors=("Doe J",), journal="J"
    )


def test_openalex_fills_what_nobody_else_gives_and_replaces_nothing():
    feed = Citation("The title of a feed", abstract=None, year=2023)
    lookup = Citation("The title at OpenAlex", abstract="What it says.", year=2022)
    chosen = best([("openalex", 2, lookup), ("journals", 1, feed)])
    assert (chosen.title, chosen.abstract, chosen.year) == (
        "The title of a feed", "What it says.", 2023,
    )  # fmt: skip
    deposited = Citation("The title at Crossref")
    assert best([("journals", 1, feed), ("crossref", 3, deposited)]).title == deposited.title
