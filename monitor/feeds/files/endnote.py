"""EndNote's XML, as EndNote and Zotero export it: one ``record`` at a time, text with its styles.

Streams: memory does not grow with the document. Never resolves an entity, loads a DTD or reaches
the network. What names the machine it comes from (the library's path, its files) is not kept.
"""

import re
from collections.abc import Iterator
from typing import IO

from lxml import etree

from monitor.feeds.files import author_lists, dates
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.readers import titles
from monitor.feeds.readers.xml_elements import Element, Elements
from monitor.feeds.readers.xml_repair import Repaired, with_ampersands
from monitor.feeds.readers.xml_text import inner
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.text import plain

NAME = "EndNote XML"
MEDIA_TYPE = "application/x-endnote+xml"
_OF_THE_MACHINE = ("database", "urls/pdf-urls", "urls/image-urls", "urls/text-urls")
# These change with every export, and say nothing of the reference.
_OF_THE_EXPORT = ("rec-number", "foreign-keys", "source-app", "access-date")
# Fields that may be the paper's identifier, or its address.
_ELSEWHERE = ("urls//url", "work-type", *(f"custom{number}" for number in range(1, 9)))
_PMCID = re.compile(r"\s*PMC\d+\s*", re.IGNORECASE)
_PUBMED = re.compile(r"pubmed|medline|\bnlm\b", re.IGNORECASE)


def is_root(names: tuple[str, ...]) -> bool:
    """Tell it by its first two elements."""
    return names[:2] == ("xml", "records")


def drafts(file: IO[bytes]) -> Iterator[ReferenceDraft]:
    """Read each record.

    Raises:
        InvalidInput: the document is cut off, or damaged.
    """
    try:
        for record in Elements(Repaired(file, with_ampersands), "record"):
            yield _draft(record)
    except etree.XMLSyntaxError:
        raise InvalidInput("the EndNote XML is cut off or damaged: export it again") from None


def _draft(record: Element) -> ReferenceDraft:
    _drop(record, _OF_THE_MACHINE)
    raw = _written(record)
    draft = ReferenceDraft(
        raw=raw,
        media_type=MEDIA_TYPE,
        title=titles.first(
            _first(record, path) for path in ("titles/title", "titles/translated-title")
        ),
        abstract=_first(record, "abstract"),
        authors=author_lists.each(_each(record, "contributors/authors/author")),
        journal=_first(
            record, "periodical/full-title", "titles/secondary-title", "titles/alt-title"
        ),
        year=dates.with_year(
            _first(record, path) for path in ("dates/year", "dates/pub-dates/date")
        ),
        volume=_first(record, "volume"),
        issue=_first(record, "number", "issue"),
        pages=_first(record, "pages"),
        language=_first(record, "language"),
        doi=" ".join(_each(record, "electronic-resource-num")),
        pmid=_pubmed_number(record),
        pmcid=_pmcid(record),
        url=next((u for u in _each(record, "urls//url") if u.startswith("http")), ""),
        types=_each(record, "work-type"),
        keywords=_each(record, "keywords/keyword"),
        label=_first(record, "accession-num", "rec-number"),
        elsewhere=[text for path in _ELSEWHERE for text in _each(record, path)],
        notes=_each(record, "notes"),
    )
    _drop(record, _OF_THE_EXPORT)
    draft.stable = _written(record)
    return draft


def _pubmed_number(record: Element) -> str:
    """Take the accession number for a PMID only where the record says that it is PubMed's."""
    source = (
        _first(record, "remote-database-provider") + " " + _first(record, "remote-database-name")
    )
    return _first(record, "accession-num") if _PUBMED.search(source) else ""


def _pmcid(record: Element) -> str:
    """Find the PubMed Central number: EndNote puts it into one of the custom fields."""
    customs = (_first(record, f"custom{number}") for number in range(1, 9))
    return next((text for text in customs if _PMCID.fullmatch(text)), "")


def _first(record: Element, *paths: str) -> str:
    for path in paths:
        if text := next(iter(_each(record, path)), ""):
            return text
    return ""


def _each(record: Element, path: str) -> list[str]:
    """Give all text of each element there."""
    texts = map(_text, record.iterfind(path))
    return [text for text in texts if text.strip()]


def _text(element: Element) -> str:
    """Give all text in an element; styles part it into pieces.

    Pieces that differ only in their fonts belong together, however they are cut.
    """
    faces = {str(style.get("face", "normal")) for style in element.iter("style")}
    if faces <= {"normal"}:
        return "".join(map(str, element.itertext()))
    return plain(inner(element))


def _drop(record: Element, paths: tuple[str, ...]) -> None:
    for path in paths:
        for element in record.findall(path):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)


def _written(record: Element) -> str:
    return etree.tostring(record, encoding="unicode", with_tail=False)
