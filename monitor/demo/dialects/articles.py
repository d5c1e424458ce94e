"""PubMed articles as XML: written for invented papers, cut out of recorded replies."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from monitor.demo.dialects.expressions import Document
from monitor.demo.world import InventedPaper, World

# how PubMed calls a notice, and what it is of
_NOTICES = {
    "retraction": ("Retraction", "Of"),
    "expression of concern": ("ExpressionOfConcern", "For"),
    "correction": ("Erratum", "For"),
}


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its XML as it is sent, and what is searched."""

    pmid: str
    xml: bytes
    document: Document


def document(paper: InventedPaper, **more: str) -> Document:
    """Give what is searched of an invented paper."""
    return Document(
        texts={
            "title": paper.title,
            "abstract": " ".join(paper.abstract),
            "keywords": " ; ".join(paper.keywords),
            "types": " ; ".join(paper.types),
            "registrations": " ".join(paper.registrations),
            **more,
        },
        dates={
            "created": paper.entered,
            "revised": paper.revised or paper.entered,
            "published": paper.entered,
        },
    )


def recorded(xml: bytes, created: date, revised: date, *, always: bool) -> Iterator[Article]:
    """Cut a recorded reply into its articles, each as it stands there."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    for element in root.iter("PubmedArticle", "PubmedBookArticle"):
        pmid = element.findtext(".//PMID") or ""
        texts = {
            "title": _all_text(element, ".//ArticleTitle"),
            "abstract": _all_text(element, ".//Abstract"),
            "keywords": _all_text(element, ".//KeywordList"),
            "id": pmid,
        }
        dates = {"created": created, "revised": revised, "published": created}
        raw = etree.tostring(element, encoding="unicode", with_tail=False).encode()
        yield Article(pmid, raw, Document(texts, dates, always=always))


def _all_text(element: etree._Element, path: str) -> str:
    return " ".join(" ".join(str(t) for t in found.itertext()) for found in element.iterfind(path))


def invented(paper: InventedPaper, world: World) -> Article:
    """Write an invented paper as PubMed would send it."""
    retracted = world.retraction_of(paper) is not None
    xml = f"""<PubmedArticle>
<MedlineCitation Status="PubMed-not-MEDLINE" Owner="NLM">
<PMID Version="1">{paper.pmid}</PMID>
<DateRevised>{_date(paper.revised or paper.entered)}</DateRevised>
<Article PubModel="Electronic">
<Journal><JournalIssue CitedMedium="Internet"><PubDate>{_date(paper.entered)}</PubDate></JournalIssue>
<Title>{escape(paper.journal)}</Title></Journal>
<ArticleTitle>{escape(paper.title)}</ArticleTitle>
<ELocationID EIdType="doi" ValidYN="Y">{paper.doi}</ELocationID>
{_abstract(paper)}
<AuthorList CompleteYN="Y">{"".join(_author(*names) for names in paper.authors)}</AuthorList>
<Language>eng</Language>
{_databanks(paper)}
<PublicationTypeList>{_types(paper, retracted=retracted)}</PublicationTypeList>
</Article>
{_links(paper, world)}
{_keywords(paper)}
</MedlineCitation>
<PubmedData>
<History><PubMedPubDate PubStatus="entrez">{_date(paper.entered)}<Hour>6</Hour><Minute>0</Minute>
</PubMedPubDate></History>
<PublicationStatus>epublish</PublicationStatus>
<ArticleIdList><ArticleId IdType="pubmed">{paper.pmid}</ArticleId>
<ArticleId IdType="doi">{paper.doi}</ArticleId></ArticleIdList>
</PubmedData>
</PubmedArticle>"""
    return Article(paper.pmid, xml.encode(), document(paper, id=paper.pmid))


def _date(day: date) -> str:
    return f"<Year>{day.year}</Year><Month>{day.month:02}</Month><Day>{day.day:02}</Day>"


def _abstract(paper: InventedPaper) -> str:
    if not paper.abstract:
        return ""
    parts = []
    for label, text in paper.sections:
        attributes = f" Label={quoteattr(label)} NlmCategory={quoteattr(label)}" if label else ""
        parts.append(f"<AbstractText{attributes}>{escape(text)}</AbstractText>")
    return f"<Abstract>{''.join(parts)}</Abstract>"


def _author(family: str, given: str) -> str:
    initials = "".join(word[0] for word in given.split())
    return (
        f'<Author ValidYN="Y"><LastName>{escape(family)}</LastName>'
        f"<ForeName>{escape(given)}</ForeName><Initials>{initials}</Initials></Author>"
    )


def _databanks(paper: InventedPaper) -> str:
    banks = "".join(
        f"<DataBank><DataBankName>{_bank(number)}</DataBankName><AccessionNumberList>"
        f"<AccessionNumber>{number}</AccessionNumber></AccessionNumberList></DataBank>"
        for number in paper.registrations
    )
    return f'<DataBankList CompleteYN="Y">{banks}</DataBankList>' if banks else ""


def _bank(number: str) -> str:
    return "ISRCTN" if number.startswith("ISRCTN") else "ClinicalTrials.gov"


def _types(paper: InventedPaper, *, retracted: bool) -> str:
    types = (*paper.types, "Retracted Publication") if retracted else paper.types
    return "".join(f'<PublicationType UI="">{escape(t)}</PublicationType>' for t in types)


def _links(paper: InventedPaper, world: World) -> str:
    """Write the links to notices that PubMed knows, to what a notice is of, to a preprint."""
    links = [
        (f"{_NOTICES[notice.notice or ''][0]}In", notice)
        for notice in world.notices_of(paper, "pubmed")
    ]
    if paper.notice and paper.about:
        kind, preposition = _NOTICES[paper.notice]
        links.append((f"{kind}{preposition}", world.paper(paper.about)))
    if paper.preprint:
        links.append(("UpdateOf", world.paper(paper.preprint)))
    inside = "".join(_link(kind, other) for kind, other in links)
    return f"<CommentsCorrectionsList>{inside}</CommentsCorrectionsList>" if inside else ""


def _link(kind: str, other: InventedPaper) -> str:
    pmid = f'<PMID Version="1">{other.pmid}</PMID>' if "pubmed" in other.sources else ""
    return (
        f'<CommentsCorrections RefType="{kind}"><RefSource>{escape(other.journal)}. '
        f"doi: {other.doi}</RefSource>{pmid}</CommentsCorrections>"
    )


def _keywords(paper: InventedPaper) -> str:
    inside = "".join(f'<Keyword MajorTopicYN="N">{escape(k)}</Keyword>' for k in paper.keywords)
    return f'<KeywordList Owner="NOTNLM">{inside}</KeywordList>' if inside else ""
