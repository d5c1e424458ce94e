"""Cutting a document into its articles must never change what is read of it."""

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.readers import pubmed_slices, pubmed_xml
from monitor.feeds.readers.pubmed_slices import Slices
from monitor.feeds.records import FetchedRecord
from monitor.kernel.errors import SourceError

HEAD = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" '
    b'"https://dtd.example/pubmed.dtd">\n'
)


def article(number: int, title: str = "An invented title") -> bytes:
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{number}</PMID><Article>'
        f"<ArticleTitle>{title}</ArticleTitle><AuthorList><Author><LastName>Alder</LastName>"
        "<Initials>P</Initials><AffiliationInfo><Affiliation>Invented Street</Affiliation>"
        "</AffiliationInfo><AffiliationInfo><Affiliation>Elsewhere</Affiliation></AffiliationInfo>"
        "</Author><Author><LastName>Birch</LastName><AffiliationInfo/></Author><Author>"
        "<AffiliationInfo><Affiliation>A town</Affiliation></AffiliationInfo><CollectiveName>The "
        "Cedars</CollectiveName></Author></AuthorList></Article><ChemicalList><Chemical>"
        "<NameOfSubstance>Oxytocin</NameOfSubstance></Chemical></ChemicalList></MedlineCitation>"
        "<PubmedData><History><PubMedPubDate><Year>2020</Year></PubMedPubDate></History>"
        "<ReferenceList><Reference><Citation>Another paper</Citation></Reference>"
        "<ReferenceList><Title>More</Title></ReferenceList></ReferenceList>"
        "<ReferenceList></ReferenceList></PubmedData></PubmedArticle>"
    ).encode()


def document(*parts: bytes, root: str = "PubmedArticleSet", head: bytes = HEAD) -> bytes:
    return head + f"<{root}>".encode() + b"".join(parts) + f"</{root}>".encode()


def outcome(reader, body: bytes) -> tuple[list[tuple[str, object]], bool]:
    """What a reader makes of a document: names and citations in order, and whether it is whole."""
    found: list[tuple[str, object]] = []
    try:
        found.extend(
            (one.key, one.citation if isinstance(one, FetchedRecord) else one.reason)
            for one in reader(io.BytesIO(body))
        )
    except SourceError:
        return found, False
    return found, True


def same(body: bytes) -> tuple[list[tuple[str, object]], bool]:
    by_slices, by_walking = outcome(pubmed_xml.read, body), outcome(pubmed_xml._walked, body)
    assert by_slices == by_walking
    return by_slices


ODD = (
    b"<!-- <PubmedArticle></PubmedArticle> -->",
    b"<?target <PubmedArticle>?>",
    b"<DeleteCitation><PMID>7</PMID></DeleteCitation>",
    b"<![CDATA[<PubmedArticle></PubmedArticle>]]>",
    b"words",
    (
        b"<PubmedBookArticle><BookDocument><PMID>5</PMID><ArticleTitle>A book</ArticleTitle>"
        b"</BookDocument></PubmedBookArticle>"
    ),
    b'<PubmedArticle Note="x"><MedlineCitation><PMID>6</PMID></MedlineCitation></PubmedArticle>',
    article(8, "A &alpha; that the DTD would explain"),
    article(9, "<![CDATA[</PubmedArticle><ReferenceList>]]> in a title"),
    article(10, "<!-- </PubmedArticle> --> in a title"),
    article(12, "<![CDATA[A <History>of</History> tags]]> in a title"),
    article(13, "A <!-- <ChemicalList> --> title"),
    article(14, "A history <History/>of what has no end <ChemicalList/>"),
    article(15, "A <!-- <AffiliationInfo> --> title"),
    article(16, "An <AffiliationInfo/> of nobody"),
    article(17, "<![CDATA[An <AffiliationInfo>of</AffiliationInfo> tags]]> in a title"),
    article(11, "Ünïcödé — and &#x3b1;"),
)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_whatever_stands_between_articles_nothing_is_passed_over(odd, place):
    parts = [article(1), article(2)]
    parts.insert(place, odd)
    found, whole = same(document(*parts))
    assert whole
    assert {"1", "2"} <= {key for key, _ in found}


@given(
    parts=st.lists(
        st.sampled_from([*ODD, article(1), article(2), b"\n  ", b" " * 100]), max_size=6
    ),
    chunk=st.integers(min_value=1, max_value=400),
)
def test_chunks_make_no_difference(parts, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pubmed_slices, "_CHUNK", chunk)
        same(document(*parts))


@pytest.mark.parametrize(
    ("root", "head"),
    [
        ("PubmedArticleSet", b""),
        ("RAW_DATA", b'<?xml version="1.0" standalone="no"?>\n'),
        ("PubmedArticleSet", b"\xef\xbb\xbf" + HEAD),
        ("PubmedArticleSet", HEAD + b"<!-- a remark -->"),
        ("PubmedArticleSet", b'<!DOCTYPE x [<!ENTITY e "an entity">]>'),
        ("PubmedArticleSet", b'<?xml version="1.0" encoding="ISO-8859-1"?>'),
    ],
)
def test_heads_and_roots_of_other_kinds_are_read_alike(root, head):
    assert len(same(document(article(1), article(2), root=root, head=head))[0]) == 2
    same(document(root=root, head=head))


def test_a_document_cut_off_anywhere_is_never_whole():
    body = document(article(1), b"\n", article(2))
    for end in itertools.chain(range(0, len(body), 7), [len(body) - 1]):
        assert not outcome(pubmed_xml.read, body[:end])[1], end
    assert not outcome(pubmed_xml.read, body + b"<more/>")[1]


def test_addresses_are_left_out_and_authors_are_not():
    (one,) = pubmed_xml.read(io.BytesIO(document(article(1))))
    assert isinstance(one, FetchedRecord)
    assert one.citation.authors == ("Alder P", "Birch", "The Cedars")


@pytest.mark.parametrize(
    "inside",
    [
        b"<Affiliation>X</Affiliation></Author><Author><LastName>Lost</LastName></Author><Author>",
        b"<Affiliation>X</Affiliation></Author><Author><LastName>Lost</LastName><Q>",
        b"<Affiliation>One & two</Affiliation>",
        b"<Affiliation>One <x> two</Affiliation>",
        b"<Affiliation>X",
    ],
)
def test_a_fault_within_an_address_is_a_fault_of_the_document(inside):
    place = b"<Affiliation>A town</Affiliation>"
    assert place in article(2)
    found, whole = same(document(article(1), article(2).replace(place, inside)))
    assert [key for key, _ in found] == ["1"]
    assert not whole


def test_what_a_note_to_programs_says_is_no_element():
    first, last = b"<?p <AffiliationInfo> ?>", b"<?p </AffiliationInfo> ?>"
    raw = article(2)
    noted = raw.replace(b"<AuthorList>", b"<AuthorList>" + first).replace(
        b"</AuthorList>", last + b"</AuthorList>"
    )
    assert noted.count(b"<?p") == 2
    (one,) = pubmed_xml.read(io.BytesIO(document(noted)))
    assert isinstance(one, FetchedRecord)
    assert one.citation.authors == ("Alder P", "Birch", "The Cedars")


def test_an_address_without_end_is_no_whole_article():
    broken = article(2).replace(b"A town</Affiliation></AffiliationInfo>", b"A town</Affiliation>")
    found, whole = same(document(article(1), broken))
    assert [key for key, _ in found] == ["1"]
    assert not whole


def test_an_article_is_kept_as_it_was_sent():
    sent = article(1, "Kept &amp; as <i>it</i> came")
    (one,) = pubmed_xml.read(io.BytesIO(document(b"  ", sent, b"\n")))
    assert one.raw == sent


def test_recorded_documents_are_cut_to_the_end(recordings):
    import gzip

    for path in sorted((recordings / "pubmed_xml").glob("*.xml.gz")):
        body = gzip.decompress(path.read_bytes())
        cut = list(Slices(io.BytesIO(body)))
        assert len(cut) > 90
        assert same(body)[1]
