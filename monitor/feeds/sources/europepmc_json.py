"""Reads one record of Europe PMC's JSON (resultType=core; lite has less). Pure.

Any field may be missing, null or of another kind: it then counts as not given.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from monitor.feeds import plain
from monitor.feeds.identifiers import distinct, doi, pmcid, pmid, registrations_in
from monitor.feeds.records import (
    Citation,
    FetchedRecord,
    Identifier,
    KeptRecord,
    Link,
    UnreadableRecord,
)
from monitor.feeds.sources import nlm_links

MEDIA_TYPE = "application/json"
_SOURCE = re.compile(r"[A-Z]{2,6}")
_ID = re.compile(r"[A-Za-z0-9._/-]{1,100}")


def key_of(result: object) -> str:
    """Name one result, of any form, by its source and number; by its content where it has none."""
    if isinstance(result, dict):
        key = f"{_text(result, 'source')}:{_text(result, 'id')}"
        if is_key(key):
            return key
    return _unnamed(_sent(result))


def is_key(key: str) -> bool:
    """Tell whether it names a record: source and number, such as "MED:37917583"."""
    source, _, number = key.partition(":")
    return bool(_SOURCE.fullmatch(source) and _ID.fullmatch(number))


def read(result: object) -> FetchedRecord | UnreadableRecord:
    """Read one record, or say why it cannot be read. Its key is the pair of source and id."""
    raw, key = _sent(result), key_of(result)
    if not isinstance(result, dict):
        return UnreadableRecord(key, raw, "is no object")
    if not is_key(key):
        return UnreadableRecord(key, raw, "has no source and id")
    title = plain.html_line(_raw(result, "title"), plain.MAX_TITLE)
    if not title:
        return UnreadableRecord(key, raw, "has no title")
    source, _, number = key.partition(":")
    citation = _citation(result, title, source, number)
    return FetchedRecord(key, raw, MEDIA_TYPE, citation, stable=_links_as_sent(result))


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept record with today's reader."""
    try:
        return read(json.loads(kept.raw))
    except (ValueError, RecursionError):
        return UnreadableRecord(kept.key, kept.raw, "is no JSON")


def _citation(result: Mapping[str, Any], title: str, source: str, number: str) -> Citation:
    abstract = plain.html_text(_raw(result, "abstractText")) or None
    issue = _object(result, "journalInfo")
    journal = _object(issue, "journal")
    own_pmid = pmid(_text(result, "pmid")) or (pmid(number) if source == "MED" else None)
    return Citation(
        title=title,
        identifiers=distinct(own_pmid, doi(_text(result, "doi")), pmcid(_text(result, "pmcid"))),
        registrations=registrations_in(f"{title}\n{abstract or ''}"),
        abstract=abstract,
        authors=_authors(result),
        journal=_text(journal, "title")
        or _text(result, "journalTitle")
        or _text(_object(result, "bookOrReportDetails"), "publisher")
        or None,
        year=_year(_text(result, "pubYear")),
        published=_published(result),
        volume=_text(issue, "volume") or _text(result, "journalVolume") or None,
        issue=_text(issue, "issue") or _text(result, "issue") or None,
        pages=_text(result, "pageInfo") or None,
        language=_text(result, "language") or None,
        publication_types=_publication_types(result),
        keywords=plain.lines(_object(result, "keywordList").get("keyword")) + _headings(result),
        url=f"https://europepmc.org/article/{source}/{quote(number)}",
        links=_links(result),
    )


def _authors(result: Mapping[str, Any]) -> tuple[str, ...]:
    listed = _object(result, "authorList").get("author")
    authors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    names = [_text(one, "fullName") or _text(one, "collectiveName") for one in authors]
    if any(names):
        return tuple(name for name in names[: plain.MAX_LIST] if name)
    text = plain.line(_raw(result, "authorString"), plain.MAX_ABSTRACT).rstrip(".")
    return tuple(name.strip() for name in text.split(",") if name.strip())[: plain.MAX_LIST]


def _publication_types(result: Mapping[str, Any]) -> tuple[str, ...]:
    listed = _object(result, "pubTypeList").get("pubType")
    if isinstance(listed, list):
        return plain.lines(listed)
    return plain.lines(_raw(result, "pubType").split(";"))


def _headings(result: Mapping[str, Any]) -> tuple[str, ...]:
    listed = _object(result, "meshHeadingList").get("meshHeading")
    headings = listed if isinstance(listed, list) else []
    return plain.lines([one.get("descriptorName") for one in headings if isinstance(one, dict)])


def _published(result: Mapping[str, Any]) -> date | None:
    """Give the day of publication, where it is one.

    The service completes "2025 Dec" to 1 December: a first of the month counts only where it
    is the electronic publication's own date.
    """
    electronic = _date(_text(result, "electronicPublicationDate"))
    first = _date(_text(result, "firstPublicationDate"))
    if first is not None and first.day == 1:
        first = None
    return min((found for found in (electronic, first) if found), default=None)


def _links(result: Mapping[str, Any]) -> tuple[Link, ...]:
    """Read the links whose kind and other end are known."""
    listed = _object(result, "commentCorrectionList").get("commentCorrection")
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found = ((nlm_links.kind_of(_text(one, "type")), _other_end(one)) for one in entries)
    links = (Link(kind, other) for kind, other in found if kind and other)
    return tuple(dict.fromkeys(links))[: plain.MAX_LIST]


def _other_end(entry: Mapping[str, Any]) -> Identifier | None:
    """Name the record a link leads to; a preprint's number there (PPR) is no identifier of ours."""
    source, number = _text(entry, "source"), _text(entry, "id")
    own = {"MED": pmid, "PMC": pmcid}.get(source)
    return (own(number) if own else None) or nlm_links.doi_in(_raw(entry, "reference"))


def _links_as_sent(result: Mapping[str, Any]) -> bytes:
    """Give what else of the record can change what is known: its links to other records."""
    links = result.get("commentCorrectionList")
    return json.dumps(links, sort_keys=True).encode("utf-8", "replace")


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-23") else None
    except ValueError:
        return None


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch(r"(1[5-9]|20)[0-9]{2}", text) else None


def _object(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _raw(parent: Mapping[str, Any], name: str) -> str:
    found = parent.get(name)
    return found if isinstance(found, str) else ""


def _text(parent: Mapping[str, Any], name: str) -> str:
    return plain.line(_raw(parent, name))


def _sent(result: object) -> bytes:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _unnamed(raw: bytes) -> str:
    return f"unknown:{plain.digest(raw.decode('utf-8', 'replace'))}"
