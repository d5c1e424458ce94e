"""PubMed's XML: what is read from it, what is set aside, what is refused."""

import csv
import gzip
import io
import re
import tarfile
from datetime import date

import pytest

from monitor.feeds.readers import pubmed_xml
from monitor.feeds.records import (
    FetchedRecord,
    Identifier,
    KeptRecord,
    Link,
    LinkKind,
    UnreadableRecord,
)
from monitor.kernel.errors import SourceError, SourceFault

ARTICLE = """<PubmedArticle><MedlineCitation Status="Publisher" Owner="NLM"><PMID Version="2">39984857</PMID>
<Article PubModel="Print-Electronic"><Journal><ISSN>1366-5278</ISSN><JournalIssue><Volume>27</Volume><Issue>2</Issue>
<PubDate><MedlineDate>2023 Jan-Feb</MedlineDate></PubDate></JournalIssue><Title>Journal of inventions</Title></Journal>
<ArticleTitle>Title with <i>mark-up</i> &amp; an
 entity: &lt;b&gt;</ArticleTitle><Pagination><MedlinePgn>1-9</MedlinePgn></Pagination>
<ELocationID EIdType="pii" ValidYN="Y">S1</ELocationID><ELocationID EIdType="doi" ValidYN="Y">10.1000/Loc</ELocationID>
<Abstract><AbstractText Label="Methods" NlmCategory="METHODS">We <b>did</b> it (NCT00000002).</AbstractText>
<AbstractText>And more.</AbstractText><CopyrightInformation>(c)</CopyrightInformation></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Doe</LastName><ForeName>Jo A</ForeName><Initials>JA</Initials></Author>
<Author><CollectiveName>The <i>X</i> Group</CollectiveName></Author><Author><LastName>Mono</LastName></Author></AuthorList>
<Language>eng</Language><DataBankList CompleteYN="Y"><DataBank><DataBankName>ISRCTN</DataBankName>
<AccessionNumberList><AccessionNumber>ISRCTN12345678</AccessionNumber></AccessionNumberList></DataBank>
<DataBank><DataBankName>ClinicalTrials.gov</DataBankName>
<AccessionNumberList><AccessionNumber>NCT00000001</AccessionNumber></AccessionNumberList></DataBank></DataBankList>
<PublicationTypeList><PublicationType UI="D016449">Randomized Controlled Trial</PublicationType></PublicationTypeList>
<ArticleDate DateType="Electronic"><Year>2022</Year><Month>12</Month><Day>30</Day></ArticleDate></Article>
<MeshHeadingList><MeshHeading><DescriptorName UI="D1">Object Attachment</DescriptorName>
<QualifierName UI="Q1">psychology</QualifierName></MeshHeading></MeshHeadingList>
<KeywordList Owner="NOTNLM"><Keyword MajorTopicYN="N">video <i>feedback</i></Keyword></KeywordList></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">39984857</ArticleId>
<ArticleId IdType="doi">10.3310/IVCN8847</ArticleId><ArticleId IdType="pmc">PMC9999999</ArticleId></ArticleIdList>
<ReferenceList><Reference><Citation>Other.</Citation><ArticleIdList><ArticleId IdType="pubmed">1</ArticleId>
<ArticleId IdType="doi">10.1000/other</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>"""

BOOK = """<PubmedBookArticle><BookDocument><PMID Version="1">20301295</PMID>
<ArticleIdList><ArticleId IdType="doi">10.1000/book</ArticleId></ArticleIdList>
<Book><Publisher><PublisherName>P</PublisherName></Publisher><BookTitle book="b">Handbook of inventions</BookTitle>
<PubDate><Year>1993</Year></PubDate></Book><ArticleTitle book="b" part="p">A chapter</ArticleTitle><Language>eng</Language>
<AuthorList Type="authors"><Author><LastName>Roe</LastName><Initials>R</Initials></Author></AuthorList>
<PublicationType UI="D016454">Review</PublicationType><Abstract><AbstractText>Text.</AbstractText></Abstract>
<ContributionDate><Year>2000</Year><Month>Feb</Month><Day>3</Day></ContributionDate></BookDocument>
<PubmedBookData><History/></PubmedBookData></PubmedBookArticle>"""

PROLOG = '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "https://dtd.test/x.dtd">\n'


def document(*articles: str) -> bytes:
    return f"{PROLOG}<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()


def read(body: bytes) -> list[FetchedRecord | UnreadableRecord]:
    return list(pubmed_xml.read(io.BytesIO(body)))


def only(body: bytes) -> FetchedRecord:
    (record,) = read(body)
    assert isinstance(record, FetchedRecord)
    return record


def test_an_article_is_read_in_full():
    record = only(document(ARTICLE))
    citation = record.citation
    assert record.key == "39984857"
    assert citation.title == "Title with mark-up & an entity: <b>"
    assert [one.value for one in citation.identifiers] == [
        "39984857", "10.3310/ivcn8847", "PMC9999999",
    ]  # fmt: skip
    assert [one.value for one in citation.registrations] == [
        "ISRCTN12345678", "NCT00000001", "NCT00000002",
    ]  # fmt: skip
    assert citation.abstract == "METHODS: We did it (NCT00000002).\n\nAnd more."
    assert citation.authors == ("Doe JA", "The X Group", "Mono")
    assert citation.journal == "Journal of inventions"
    assert (citation.volume, citation.issue, citation.pages) == ("27", "2", "1-9")
    assert (citation.year, citation.published) == (2023, date(2022, 12, 30))
    assert citation.language == "eng"
    assert citation.publication_types == ("Randomized Controlled Trial",)
    assert citation.keywords == ("video feedback", "Object Attachment")
    assert citation.url == "https://pubmed.ncbi.nlm.nih.gov/39984857/"


def test_the_record_is_kept_as_sent():
    record = only(document(ARTICLE))
    assert record.raw.decode() == ARTICLE
    assert record.media_type == "application/xml"


def test_every_article_of_many_is_kept_as_sent():
    body = document(
        *([ARTICLE, "\n ", BOOK, "<DeleteCitation><PMID>1</PMID></DeleteCitation>"] * 300)
    )
    records = read(body)
    assert [one.raw.decode() for one in records] == [ARTICLE, BOOK] * 300


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_another_encoding_comes_out_as_utf_8(encoding):
    text = document(ARTICLE.replace("Doe", "Dœ" if encoding != "iso-8859-1" else "Dé")).decode()
    text = text.replace('version="1.0" ', f'version="1.0" encoding="{encoding}"')
    record = only(text.encode(encoding))
    assert "<LastName>D" in record.raw.decode()
    assert record.citation.authors[0] in {"Dœ JA", "Dé JA"}


def test_a_book_chapter_is_an_article_too():
    citation = only(document(BOOK)).citation
    assert citation.title == "A chapter"
    assert citation.journal == "Handbook of inventions"
    assert [one.value for one in citation.identifiers] == ["20301295", "10.1000/book"]
    assert (citation.year, citation.published) == (2000, date(2000, 2, 3))
    assert citation.publication_types == ("Review",)
    whole_book = BOOK.replace('<ArticleTitle book="b" part="p">A chapter</ArticleTitle>', "")
    assert only(document(whole_book)).citation.title == "Handbook of inventions"


@pytest.mark.parametrize(
    ("dates", "year", "published"),
    [
        ("<Year>2023</Year>", 2023, None),
        ("<Year>2023</Year><Month>Feb</Month>", 2023, None),
        ("<Year>2023</Year><Month>Feb</Month><Day>7</Day>", 2023, date(2023, 2, 7)),
        ("<Year>2023</Year><Month>02</Month><Day>30</Day>", 2023, None),
        ("<Year>2023</Year><Season>Spring</Season>", 2023, None),
        ("<MedlineDate>Spring 2019</MedlineDate>", 2019, None),
        ("<MedlineDate>2023 Mar-Apr</MedlineDate>", 2023, None),
        ("<Year>0000</Year>", None, None),
        ("<Year>9999</Year><Month>1</Month><Day>1</Day>", None, None),
        ("", None, None),
    ],
)
def test_only_whole_dates_are_dates(dates, year, published):
    body = re.sub("<ArticleDate.*</ArticleDate>", "", ARTICLE, flags=re.DOTALL)
    body = re.sub("<PubDate>.*?</PubDate>", f"<PubDate>{dates}</PubDate>", body, flags=re.DOTALL)
    citation = only(document(body)).citation
    assert (citation.year, citation.published) == (year, published)


def test_a_doi_that_pubmed_calls_invalid_is_not_used():
    body = ARTICLE.replace('<ArticleId IdType="doi">10.3310/IVCN8847</ArticleId>', "")
    assert Identifier("doi", "10.1000/loc") in only(document(body)).citation.identifiers
    body = body.replace('EIdType="doi" ValidYN="Y"', 'EIdType="doi" ValidYN="N"')
    assert [one.scheme for one in only(document(body)).citation.identifiers] == ["pmid", "pmcid"]


@pytest.mark.parametrize(
    ("pattern", "key", "reason"),
    [
        (r"<PMID Version=\"2\">\d+</PMID>", r"unknown:[0-9a-f]{16}", "has no PubMed number"),
        (r"<ArticleTitle>.*</ArticleTitle>", "39984857", "has no title"),
        (r"<Article .*</Article>", "39984857", "has no title"),
    ],
)
def test_an_unreadable_article_is_set_aside_alone(pattern, key, reason):
    broken = re.sub(pattern, "", ARTICLE, flags=re.DOTALL)
    first, second, third = read(document(BOOK, broken, ARTICLE))
    assert isinstance(first, FetchedRecord)
    assert isinstance(second, UnreadableRecord)
    assert isinstance(third, FetchedRecord)
    assert re.fullmatch(key, second.key)
    assert second.reason == reason
    assert second.raw.startswith(b"<PubmedArticle>")


def test_an_empty_set_is_an_answer():
    assert read(document()) == []
    assert read(b"<PubmedArticleSet></PubmedArticleSet>") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body><p>Maintenance</p></body></html>",
        b"<!DOCTYPE html><html><body><p>Down<br></body>",
        b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>",
        b'{"error":"API rate limit exceeded","api-key":"K"}',
        b"\x00\x01\x02",
        document(ARTICLE)[:-30],
        document(ARTICLE, ARTICLE)[: len(document(ARTICLE)) + 200],
    ],
)
def test_what_is_no_whole_document_is_refused(body):
    with pytest.raises(SourceError) as caught:
        read(body)
    assert caught.value.kind is SourceFault.MALFORMED
    assert "Maintenance" not in str(caught.value)


def test_entities_are_never_resolved(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    declaration = f'<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file://{secret}">]>'
    body = document(ARTICLE.replace("We <b>", "&x; <b>"))
    record = only(body.replace(PROLOG.encode(), declaration.encode()))
    assert "canary" not in str(record)


def test_a_bomb_of_entities_costs_nothing():
    names = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE PubmedArticleSet [<!ENTITY a0 "ha">{names}]>'
    body = document(ARTICLE.replace("We <b>", "&a11; <b>")).replace(PROLOG.encode(), bomb.encode())
    try:
        found = read(body)
    except SourceError:
        return
    assert sum(len(str(one)) for one in found) < 20_000


def linked(*entries: str) -> tuple[Link, ...]:
    listed = f"<CommentsCorrectionsList>{''.join(entries)}</CommentsCorrectionsList>"
    body = ARTICLE.replace("<MeshHeadingList>", f"{listed}<MeshHeadingList>")
    return only(document(body)).citation.links


def entry(ref_type: str, source: str = "", number: str = "") -> str:
    pmid = f'<PMID Version="1">{number}</PMID>' if number else ""
    return f'<CommentsCorrections RefType="{ref_type}"><RefSource>{source}</RefSource>{pmid}</CommentsCorrections>'


def test_links_to_notices_and_versions_are_read_and_references_are_not():
    assert linked(
        entry("Cites", number="1"),
        entry("CommentIn", number="2"),
        entry("RetractionIn", "J. 2026;1:2. doi: 10.1/r", "40000099"),
        entry("ErratumIn", "J Invent. 2026;1:3. doi: 10.5555/Err.1."),
        entry("ErratumIn", "J Invent. 1998;1:3"),
        entry("UpdateOf", number="3"),
        entry("UpdateOf", number="3"),
        entry("PartialRetractionOf", number="4"),
        entry("ExpressionOfConcernIn", number="no number"),
    ) == (
        Link(LinkKind.RETRACTED_BY, Identifier("pmid", "40000099")),
        Link(LinkKind.CORRECTED_BY, Identifier("doi", "10.5555/err.1")),
        Link(LinkKind.UPDATES, Identifier("pmid", "3")),
        Link(LinkKind.PARTLY_RETRACTS, Identifier("pmid", "4")),
    )
    assert only(document(ARTICLE)).citation.links == ()


@pytest.fixture(scope="module")
def recorded(recordings) -> dict[str, tuple[bytes, int]]:
    """Every recorded PubMed document, with the number of citations its manifest states."""
    files = {}
    for row in csv.DictReader(io.StringIO((recordings / "MANIFEST.csv").read_text())):
        counted = re.fullmatch(r"([0-9]+) citations", row["records"])
        if row["category"] == "pubmed_xml" and counted:
            path = recordings / row["path"]
            raw = path.read_bytes()
            body = gzip.decompress(raw) if path.suffix == ".gz" else raw
            files[path.name] = (body, int(counted[1]))
    return files


def test_every_recorded_document_is_read_with_nothing_left_out(recorded):
    assert len(recorded) == 14
    total = 0
    for name, (body, count) in recorded.items():
        found = read(body)
        assert len(found) == count, name
        total += count
        for one in found:
            assert isinstance(one, FetchedRecord), (name, one)
            assert one.citation.identifiers[0] == Identifier("pmid", one.key)
            assert one.citation.title
    assert total > 650


def test_every_recorded_registration_is_found(recorded):
    bank = re.compile(rb"<AccessionNumber>\s*(NCT[0-9]{8}|ISRCTN[0-9]{8})\s*</AccessionNumber>")
    total = 0
    for body, _ in recorded.values():
        expected = {number.decode() for number in bank.findall(body)}
        records = [one for one in read(body) if isinstance(one, FetchedRecord)]
        assert expected <= {one.value for r in records for one in r.citation.registrations}
        total += len(expected)
    assert total >= 5


def test_every_recorded_link_that_names_its_other_end_is_read(recorded):
    pattern = rb'RefType="(RetractionIn|RetractionOf|ErratumIn|UpdateIn|UpdateOf)">(.*?)</Comments'
    total = 0
    for name, (body, _) in recorded.items():
        sent = [kind for kind, rest in re.findall(pattern, body, re.DOTALL) if b"<PMID" in rest]
        records = [one for one in read(body) if isinstance(one, FetchedRecord)]
        found = [link for one in records for link in one.citation.links]
        assert sum(link.identifier.scheme == "pmid" for link in found) == len(sent), name
        total += len(sent)
    assert total >= 20


def test_the_two_yearly_samples_hold_the_same_papers(recorded):
    older, newer = (
        {one.key: one for one in read(recorded[name][0])}
        for name in ("nlm.jl__pubmedsample18n0001.xml.gz", "fatcat__pubmedsample_2019.xml.gz")
    )
    assert len(older.keys() & newer.keys()) == 169


def test_replies_recorded_by_others_never_crash(recordings):
    read_in_full, kinds = 0, set()
    with tarfile.open(recordings / "pubmed_xml" / "biopython-entrez.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None:
                continue
            try:
                read_in_full += len(read(file.read()))
            except SourceError as error:
                kinds.add(error.kind)
    assert read_in_full == 8
    assert kinds == {SourceFault.MALFORMED}


def test_a_kept_article_reads_as_it_did_when_it_came(recorded):
    for body, _ in recorded.values():
        for one in read(body):
            kept = KeptRecord(one.key, one.raw, pubmed_xml.MEDIA_TYPE, date(2026, 11, 23))
            assert pubmed_xml.reread(kept) == one
