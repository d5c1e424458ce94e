"""Reads PubMed's XML: ``PubmedArticle`` and ``PubmedBookArticle``, one at a time.

Streams: memory does not grow with the document. Never resolves an entity, loads a DTD or
reaches the network, whatever the document asks for (its DOCTYPE is expected and ignored).
"""

import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO

from lxml import etree

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import (
    distinct,
    doi,
    normalise,
    pmcid,
    pmid,
    registrations_in,
)
from monitor.feeds.identifiers.registries import registry_number
from monitor.feeds.readers import titles
from monitor.feeds.readers.nlm_links import BY_REF_TYPE, doi_in
from monitor.feeds.readers.pubmed_slices import Slices
from monitor.feeds.readers.xml_elements import SAFELY, Element, Elements
from monitor.feeds.readers.xml_repair import Repaired, repaired
from monitor.feeds.readers.xml_text import inner
from monitor.feeds.records import (
    Citation,
    FetchedRecord,
    Identifier,
    KeptRecord,
    Link,
    UnreadableRecord,
)
from monitor.kernel.errors import SourceError, SourceFault

Parts = dict[str, Element]
Texts = tuple[str, ...]

MEDIA_TYPE = "application/xml"
ROOTS = frozenset({"PubmedArticleSet", "PubmedBookArticleSet"})
_ARTICLES = ("PubmedArticle", "PubmedBookArticle")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1,
    )
}
_REGISTRIES = {"clinicaltrials.gov": "nct", "isrctn": "isrctn"}
_NAMES = ("LastName", "Initials", "CollectiveName")
_YEAR = re.compile(r"\b[0-9]{4}")
_YEARS = range(1500, 2101)
# What of an article is never read, as it begins and ends; references may hold lists of their own.
_REFERENCES = b"<ReferenceList>", b"</ReferenceList>"
_UNREAD = (b"<History>", b"</History>"), (b"<ChemicalList>", b"</ChemicalList>")
_ADDRESSES = b"<AffiliationInfo>", b"</AffiliationInfo>"  # of each author
_PLAIN = rb"[^<>&]*(?:&(?:amp|lt|gt|quot|apos);[^<>&]*)*"
_ADDRESS = re.compile(
    rb"\s*<Affiliation>" + _PLAIN + rb"</Affiliation>\s*"
    rb"(?:<Identifier Source=\"\w*\">" + _PLAIN + rb"</Identifier>\s*)*"
)
# No element is asked for by an identifier of its own: a table of them takes an eighth of the time.
_PARSER = etree.XMLParser(**SAFELY, collect_ids=False)


class _Unreadable(Exception):  # noqa: N818 - says what is missing, ends up as a reason
    """One article lacks what a record cannot do without."""


def read(document: IO[bytes]) -> Iterator[FetchedRecord | UnreadableRecord]:
    """Read every article of a document, in its order.

    Raises:
        SourceError: it is no whole PubMed document: not XML, cut off, or something else.
    """
    slices = Slices(document)
    for raw in slices:
        article = _parsed(raw)
        if article is None:
            slices.put_back()
            break
        yield read_article(article, raw)
    if rest := slices.rest:
        yield from _walked(rest)


def _parsed(raw: bytes) -> Element | None:
    """Parse one article; None where it can only be understood within its document.

    Its references are other papers, a third of the bytes; a quarter of the other elements are its
    dates at the publisher's, its chemicals and its authors' addresses. None of them is ever read.
    """
    wanted = _wanted(raw)
    try:
        return etree.fromstring(wanted, _PARSER)
    except etree.XMLSyntaxError:
        mended = repaired(wanted)
    try:
        return etree.fromstring(mended, _PARSER) if mended != wanted else None
    except etree.XMLSyntaxError:
        return None


def _wanted(raw: bytes) -> bytes:
    """Cut out what is never read; of the article itself nothing where a comment may hide a tag."""
    begins, ends = _REFERENCES
    start = raw.find(begins)
    end = raw.rfind(ends) if start >= 0 else -1
    if start < end:
        raw = raw[:start] + raw[end + len(ends) :]
    # one sign is found in a fraction of the time that two take
    if (b"!" in raw and b"<!" in raw) or (b"?" in raw and b"<?" in raw):
        return raw
    for begins, ends in _UNREAD:
        raw = _cut(raw, begins, ends)
    return _without_each(raw, *_ADDRESSES)


def _without_each(raw: bytes, begins: bytes, ends: bytes) -> bytes:
    """Cut every element of a name out that holds what PubMed puts there; what else there is, is parsed."""
    left, *others = raw.split(begins)
    parts = [left]
    for other in others:
        inside, closed, after = other.partition(ends)
        parts += [after] if closed and _ADDRESS.fullmatch(inside) else [begins, other]
    return b"".join(parts)


def _cut(raw: bytes, begins: bytes, ends: bytes) -> bytes:
    """Cut the first element of a name out."""
    start = raw.find(begins)
    end = raw.find(ends, start + len(begins)) if start >= 0 else -1
    return raw[:start] + raw[end + len(ends) :] if end >= 0 else raw


def _walked(document: IO[bytes]) -> Iterator[FetchedRecord | UnreadableRecord]:
    """Read a document, or the rest of one, event by event.

    Raises:
        SourceError: see ``read``.
    """
    articles, count = Elements(Repaired(document), *_ARTICLES), 0
    try:
        for article in articles:
            count += 1
            yield read_article(article, etree.tostring(article, encoding="utf-8", with_tail=False))
    except etree.XMLSyntaxError:
        raise SourceError(
            SourceFault.MALFORMED, "PubMed sent no whole XML document (cut off, or not XML)"
        ) from None
    # a set may be empty, but only a set: an error report is XML too
    if not count and articles.root not in ROOTS:
        raise SourceError(SourceFault.MALFORMED, "PubMed sent XML that is no set of articles")


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept article with today's reader."""
    try:
        articles = list(read(io.BytesIO(b"<PubmedArticleSet>" + kept.raw + b"</PubmedArticleSet>")))
    except SourceError as error:
        return UnreadableRecord(kept.key, kept.raw, str(error))
    return (
        articles[0]
        if len(articles) == 1
        else UnreadableRecord(kept.key, kept.raw, "is not one article")
    )


def read_article(article: Element, raw: bytes) -> FetchedRecord | UnreadableRecord:
    """Read one article, or say why it cannot be read. ``raw`` is what is kept of it, in UTF-8."""
    book = article.tag == "PubmedBookArticle"
    parts = _children(article)
    body = _children(parts.get("BookDocument" if book else "MedlineCitation"))
    number = pmid(body["PMID"].text) if "PMID" in body else None
    if number is None:
        return UnreadableRecord(
            f"unknown:{plain.digest(raw.decode('utf-8', 'replace'))}", raw, "has no PubMed number"
        )
    try:
        citation = _book(body, number) if book else _article(parts, body, number)
    except _Unreadable as problem:
        return UnreadableRecord(number.value, raw, str(problem))
    return FetchedRecord(number.value, raw, MEDIA_TYPE, citation)


def _article(whole: Parts, body: Parts, number: Identifier) -> Citation:
    article = _children(body.get("Article"))
    title = _title(article, "ArticleTitle", "VernacularTitle")
    abstract = _abstract(article.get("Abstract"))
    journal = _children(article.get("Journal"))
    issue = _children(journal.get("JournalIssue"))
    dates = (_dated(issue.get("PubDate")), _dated(article.get("ArticleDate")))
    own = _children(whole.get("PubmedData")).get("ArticleIdList")
    return Citation(
        title=title,
        identifiers=_identifiers(number, own, article.get("ELocationID")),
        registrations=_registrations(article.get("DataBankList"), title, abstract),
        abstract=abstract,
        authors=_authors(article.get("AuthorList")),
        journal=_field(journal, "Title"),
        year=dates[0][0] or dates[1][0],
        published=min((whole for _, whole in dates if whole), default=None),
        volume=_field(issue, "Volume"),
        issue=_field(issue, "Issue"),
        pages=_field(_children(article.get("Pagination")), "MedlinePgn"),
        language=_field(article, "Language"),
        publication_types=_each(article.get("PublicationTypeList")),
        keywords=_each(body.get("KeywordList"), body.get("MeshHeadingList")),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{number.value}/",
        links=_links(body["CommentsCorrectionsList"]) if "CommentsCorrectionsList" in body else (),
    )


def _book(body: Parts, number: Identifier) -> Citation:
    book = _children(body.get("Book"))
    title = _title(body, "ArticleTitle") if "ArticleTitle" in body else _title(book, "BookTitle")
    abstract = _abstract(body.get("Abstract"))
    dates = (_dated(body.get("ContributionDate")), _dated(book.get("PubDate")))
    return Citation(
        title=title,
        identifiers=_identifiers(number, body.get("ArticleIdList"), None),
        registrations=_registrations(None, title, abstract),
        abstract=abstract,
        authors=_authors(body.get("AuthorList")),
        journal=_text(book.get("BookTitle"), plain.MAX_FIELD) or None,
        year=dates[0][0] or dates[1][0],
        published=dates[0][1] or dates[1][1],
        language=_field(body, "Language"),
        publication_types=_each((body["PublicationType"],) if "PublicationType" in body else None),
        keywords=_each(body.get("KeywordList")),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{number.value}/",
    )


def _children(element: Element | None) -> Parts:
    """Give the first child of each name. One pass costs less than a search for each name."""
    if element is None:
        return {}
    return {child.tag: child for child in reversed(element)}


def _title(parts: Parts, *names: str) -> str:
    """Give the first title there is; see ``titles``.

    Raises:
        _Unreadable: there is none.
    """
    said = (_text(parts[name], plain.MAX_TITLE) for name in names if name in parts)
    if title := titles.first(said):
        return title
    raise _Unreadable("has no title")


def _field(parts: Parts, name: str) -> str | None:
    found = parts.get(name)
    return plain.html_line(found.text) or None if found is not None else None


def _identifiers(
    number: Identifier, listed: Element | None, located: Element | None
) -> tuple[Identifier, ...]:
    """Collect the article's own identifiers; its references have lists of their own, not read."""
    own: dict[str, str | None] = {}
    for entry in listed if listed is not None else ():
        own.setdefault(entry.get("IdType", ""), entry.text)
    name = doi(own.get("doi"))
    # an article may have several locations; a DOI among them stands first or has a list entry
    while name is None and located is not None and located.tag == "ELocationID":
        if located.get("EIdType") == "doi" and located.get("ValidYN") != "N":
            name = doi(located.text)
        located = located.getnext()
    return distinct(number, name, pmcid(own.get("pmc")))


def _registrations(
    banks: Element | None, title: str, abstract: str | None
) -> tuple[Identifier, ...]:
    registrations = []
    for bank in banks if banks is not None else ():
        name = (bank.findtext("DataBankName") or "").strip()
        numbers = [n.text for n in bank.iterfind("AccessionNumberList/AccessionNumber")]
        if scheme := _REGISTRIES.get(name.lower()):
            registrations += [
                normalise(scheme, number) or normalise(scheme, f"{name} {number}")
                for number in numbers
            ]
        else:
            registrations += [registry_number(n) or registry_number(f"{name} {n}") for n in numbers]
    return distinct(*registrations, *registrations_in(title), *registrations_in(abstract))


def _links(listed: Element) -> tuple[Link, ...]:
    """Read the links to notices and versions whose other end is named; references are many."""
    links = []
    for entry in listed:
        kind = BY_REF_TYPE.get(entry.get("RefType", ""))
        if kind is None:
            continue
        parts = _children(entry)
        other = pmid(_field(parts, "PMID")) or doi_in(_field(parts, "RefSource"))
        if other is not None:
            links.append(Link(kind, other))
    return tuple(dict.fromkeys(links))


def _abstract(abstract: Element | None) -> str | None:
    """Join the sections of an abstract, each behind its label."""
    paragraphs = []
    for section in abstract if abstract is not None else ():
        if section.tag != "AbstractText":
            continue
        text, label = _text(section, plain.MAX_ABSTRACT), plain.html_line(section.get("Label"))
        paragraphs.append(f"{label.upper()}: {text}" if text and label else text)
    return plain.joined(paragraphs) or None


def _authors(listed: Element | None) -> tuple[str, ...]:
    names: list[str] = []
    # no other parts are looked at, and not author by author: each look costs
    for part in listed.iter(*_NAMES) if listed is not None else ():
        if part.tag == "CollectiveName":
            names.append(_raw(part))
        elif part.tag == "LastName":
            names.append(part.text or "")
        elif part.text and names and names[-1]:
            names[-1] += f" {part.text}"
    return tuple(name for name in plain.html_lines(names[: plain.MAX_LIST]) if name)


def _each(listed: Iterable[Element] | None, headings: Element | None = None) -> Texts:
    """Give each text once; of a MeSH heading its descriptor."""
    entries = [*listed] if listed is not None else []
    if headings is not None:
        entries += headings.iter("DescriptorName")
    texts = [text for entry in entries if (text := entry.text)]
    # to see at once that none has mark-up costs less than to ask each
    if any(map(len, entries)) or "<" in "".join(texts):
        texts = [_raw(entry) for entry in entries]
    return tuple(text for text in dict.fromkeys(plain.html_lines(texts)) if text)


def _text(element: Element | None, limit: int) -> str:
    return plain.html_line(_raw(element), limit)


def _raw(element: Element | None) -> str:
    """Give all text in an element: ``.text`` alone would end at the first ``<i>``."""
    if element is None:
        return ""
    text = element.text or ""
    return inner(element) if len(element) or "<" in text else text


def _dated(element: Element | None) -> tuple[int | None, date | None]:
    """Read a year, also from "2023 Jan-Feb" and "Spring 2019"; and a date, if it is a whole one."""
    parts = _children(element)
    text = _field(parts, "Year") or _field(parts, "MedlineDate")
    written = _YEAR.search(text) if text else None
    year = int(written[0]) if written else 0
    if year not in _YEARS:
        return None, None
    return year, _whole_date(year, parts) if "Day" in parts else None


def _whole_date(year: int, parts: Parts) -> date | None:
    month, day = _field(parts, "Month") or "", _field(parts, "Day") or ""
    try:
        return date(year, _MONTHS.get(month[:3].lower()) or int(month), int(day))
    except ValueError:
        return None
