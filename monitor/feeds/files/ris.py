"""RIS, as reference managers and databases write it; each has its own habits."""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Any

import rispy

from monitor.feeds import plain
from monitor.feeds.files import author_lists, dates, ris_blocks
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.readers import titles
from monitor.feeds.records import UnreadableRecord

_DATES = ("year", "publication_year", "date")
_TITLES = ("title", "primary_title", "translated_title")
MEDIA_TYPE = "application/x-research-info-systems"

_START = re.compile(r"^TY {0,2}-", re.MULTILINE)

# Fields that may be the paper's identifier, or its address, and notes that may name it.
_ELSEWHERE = ("DO", "UR", "LK", "L1", "L2", "M3", "AN", "ID", *(f"C{n}" for n in range(1, 9)))
_NOTES = ("N1", "RN", "M1")
_PUBMED = re.compile(r"pubmed|medline|\bnlm\b", re.IGNORECASE)


def looks_like(text: str) -> bool:
    """Tell RIS by its first field, TY."""
    return _START.search(text) is not None


def drafts(text: Iterable[str]) -> Iterator[ReferenceDraft | UnreadableRecord]:
    """Read each reference by itself, so that a broken one does not take the others along."""
    for raw in ris_blocks.blocks(text):
        regular = ris_blocks.regular(raw)
        if regular is None:
            yield _unreadable(raw, "not RIS: the reference does not end in ER")
            continue
        try:
            read = rispy.loads(regular)
        except (ValueError, OSError) as error:
            yield _unreadable(raw, f"not RIS: {type(error).__name__}")
            continue
        if len(read) == 1:
            yield _draft(raw, read[0])
        else:
            yield _unreadable(raw, "not RIS: the reference does not end in ER")


def _unreadable(raw: str, reason: str) -> UnreadableRecord:
    return UnreadableRecord(f"text:{plain.digest(raw)}", raw.encode("utf-8", "replace"), reason)


def _draft(raw: str, fields: dict[str, Any]) -> ReferenceDraft:
    return ReferenceDraft(
        raw=raw,
        media_type=MEDIA_TYPE,
        title=titles.first(
            # a book's own title stands last: a chapter's counts before it
            [
                *(_text(fields, name) for name in _TITLES),
                *_values(raw, ("CT",)),
                *_values(raw, ("BT",)),
            ]
        ),
        abstract=_text(fields, "abstract", "notes_abstract"),
        authors=author_lists.each([*_list(fields, "authors"), *_list(fields, "first_authors")]),
        journal=_text(
            fields, "secondary_title", "journal_name", "alternate_title3", "alternate_title2"
        ),
        year=dates.with_year(_text(fields, name) for name in _DATES),
        volume=_text(fields, "volume"),
        issue=_text(fields, "number"),
        pages=_pages(fields),
        language=_text(fields, "language"),
        doi=_text(fields, "doi"),
        pmid=_pubmed_number(fields),
        url=next(iter(_list(fields, "urls")), ""),
        types=_list(fields, "type_of_work"),
        keywords=_list(fields, "keywords"),
        label=_text(fields, "accession_number", "id"),
        elsewhere=_values(raw, _ELSEWHERE),
        notes=_values(raw, _NOTES),
    )


def _pubmed_number(fields: dict[str, Any]) -> str:
    """Take the accession number for a PMID only where the database says that it is PubMed."""
    databases = (_text(fields, name) for name in ("name_of_database", "database_provider"))
    known = _PUBMED.search(" ".join(databases))
    return _text(fields, "accession_number") if known else ""


def _values(raw: str, tags: Container[str]) -> list[str]:
    """Give every value of some tags, each with the lines that continue it."""
    parts = ris_blocks.TAG.split(raw)[1:]
    return [
        value.strip() for tag, value in zip(parts[::2], parts[1::2], strict=True) if tag in tags
    ]


def _pages(fields: dict[str, Any]) -> str:
    return "-".join(p for p in (_text(fields, "start_page"), _text(fields, "end_page")) if p)


def _text(fields: dict[str, Any], *names: str) -> str:
    values = (fields.get(name) for name in names)
    return next((str(v[0] if isinstance(v, list) else v) for v in values if v), "")


def _list(fields: dict[str, Any], name: str) -> list[str]:
    value = fields.get(name) or []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
