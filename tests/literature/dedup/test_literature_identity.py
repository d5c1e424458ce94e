import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Citation, Identifier, Link, LinkKind
from monitor.literature.dedup.identity import (
    identifiers_conflict,
    own_and_named,
    same_title,
    strongest_first,
)
from monitor.literature.papers.precedence import Version, best, clean, cleaned

TITLE = "An invented trial of parenting in the town of Nowhere"


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


def version(source, number, citation):
    return Version(source, "key", number, citation)


def test_each_field_comes_from_the_best_source_that_gives_it():
    records = [
        version("journals", 9, FEED),
        version("europepmc", 3, EUROPE),
        version("pubmed", 1, PUBMED),
    ]
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
    read = best([version("europepmc", 3, EUROPE), version("europepmc", 8, newer)])
    assert (read.title, read.abstract) == ("Newer", "It was tried.")


def test_a_source_that_takes_its_word_back_no_longer_says_it():
    link = Link(LinkKind.RETRACTED_BY, Identifier("doi", "10.1/notice"))
    said = dataclasses.replace(PUBMED, links=(link,))
    taken_back = [version("pubmed", 1, said), version("pubmed", 2, PUBMED)]
    assert best(taken_back).links == ()
    assert best([*taken_back, version("crossref", 3, said)]).links == (link,)


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_cleaned_text_can_be_stored_and_shown(text):
    kept = clean(text)
    kept.encode()
    assert not set(kept) & {"\x00", "\x1b", "\u202e", "\u2067", "\r"}
    assert clean(kept) == kept
    # what Windows wrote where others have control characters is read as it meant it
    meant = (
        text
        + " "
        + "".join(
            c.encode("latin-1").decode("cp1252", "replace") for c in text if "\x80" <= c <= "\x9f"
        )
    )
    assert all(character in meant for character in kept)


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
    chosen = best([version("openalex", 2, lookup), version("journals", 1, feed)])
    assert (chosen.title, chosen.abstract, chosen.year) == (
        "The title of a feed", "What it says.", 2023,
    )  # fmt: skip
    deposited = Citation("The title at Crossref")
    assert (
        best([version("journals", 1, feed), version("crossref", 3, deposited)]).title
        == deposited.title
    )
