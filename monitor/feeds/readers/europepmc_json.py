"""Reads one record of Europe PMC's JSON (resultType=core; lite has less). Pure.

Any field may be missing, null or of another kind: it then counts as not given.
"""

import json
import re
from datetime import date
from urllib.parse import quote

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import distinct, doi, pmcid, pmid, registrations_in
from monitor.feeds.readers import json_fields as fields
from monitor.feeds.readers import nlm_links
from monitor.feeds.readers.json_fields import Object
from monitor.feeds.records import (
    Citation,
    FetchedRecord,
    Identifier,
    KeptRecord,
    Link,
    UnreadableRecord,
)

MEDIA_TYPE = "application/json"
_SOURCE = re.compile(r"[A-Z]{2,6}")
_ID = re.compile(r"[A-Za-z0-9._/-]{1,100}")


def key_of(result: object) -> str:
    """Name one result, of any form, by its source and number; by its content where it has none."""
    if isinstance(result, dict):
        key = f"{fields.text(result, 'source')}:{fields.text(result, 'id')}"
        if is_key(key):
            return key
    return _unnamed(fields.dumped(result))


def is_key(key: str) -> bool:
    """Tell whether it names a record: source and number, such as "MED:37917583"."""
    source, _, number = key.partition(":")
    return bool(_SOURCE.fullmatch(source) and _ID.fullmatch(number))


def read(result: object) -> FetchedRecord | UnreadableRecord:
    """Read one record, or say why it cannot be read. Its key is the pair of source and id."""
    raw, key = fields.dumped(result), key_of(result)
    if not isinstance(result, dict):
        return UnreadableRecord(key, raw, "is no object")
    if not is_key(key):
        return UnreadableRecord(key, raw, "has no source and id")
    title = plain.html_line(fields.raw(result, "title"), plain.MAX_TITLE)
    if not title:
        return UnreadableRecord(key, raw, "has no title")
    source, _, number = key.partition(":")
    citation = _citation(result, title, source, number)
    return FetchedRecord(key, raw, MEDIA_TYPE, citation, stable=_links_as_sent(result))


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept record with today's reader."""
    result = fields.loaded(kept.raw)
    return read(result) if result else UnreadableRecord(kept.key, kept.raw, "is no JSON")


def _citation(result: Object, title: str, source: str, number: str) -> Citation:
    abstract = plain.html_text(fields.raw(result, "abstractText")) or None
    issue = fields.obj(result, "journalInfo")
    journal = fields.obj(issue, "journal")
    own_pmid = pmid(fields.text(result, "pmid")) or (pmid(number) if source == "MED" else None)
    return Citation(
        title=title,
        identifiers=distinct(
            own_pmid, doi(fields.text(result, "doi")), pmcid(fields.text(result, "pmcid"))
        ),
        registrations=registrations_in(f"{title}\n{abstract or ''}"),
        abstract=abstract,
        authors=_authors(result),
        journal=fields.text(journal, "title")
        or fields.text(result, "journalTitle")
        or fields.text(fields.obj(result, "bookOrReportDetails"), "publisher")
        or None,
        year=fields.year(fields.text(result, "pubYear")),
        published=_published(result),
        volume=fields.text(issue, "volume") or fields.text(result, "journalVolume") or None,
        issue=fields.text(issue, "issue") or fields.text(result, "issue") or None,
        pages=fields.text(result, "pageInfo") or None,
        language=fields.text(result, "language") or None,
        publication_types=_publication_types(result),
        keywords=plain.lines(fields.obj(result, "keywordList").get("keyword")) + _headings(result),
        url=f"https://europepmc.org/article/{source}/{quote(number)}",
        links=_links(result),
    )


def _authors(result: Object) -> tuple[str, ...]:
    authors = fields.objects(fields.obj(result, "authorList"), "author")
    names = [
        fields.text(author, "fullName") or fields.text(author, "collectiveName")
        for author in authors
    ]
    if any(names):
        return tuple(name for name in names if name)
    text = plain.html_line(fields.raw(result, "authorString"), plain.MAX_ABSTRACT).rstrip(".")
    return tuple(name.strip() for name in text.split(",") if name.strip())[: plain.MAX_LIST]


def _publication_types(result: Object) -> tuple[str, ...]:
    listed = fields.obj(result, "pubTypeList").get("pubType")
    if isinstance(listed, list):
        return plain.lines(listed)
    return plain.lines(fields.raw(result, "pubType").split(";"))


def _headings(result: Object) -> tuple[str, ...]:
    headings = fields.objects(fields.obj(result, "meshHeadingList"), "meshHeading")
    return plain.lines([one.get("descriptorName") for one in headings])


def _published(result: Object) -> date | None:
    """Give the day of publication, where it is one.

    The service completes "2025 Dec" to 1 December: a first of the month counts only where it
    is the electronic publication's own date.
    """
    electronic = fields.whole_date(fields.text(result, "electronicPublicationDate"))
    first = fields.whole_date(fields.text(result, "firstPublicationDate"))
    if first is not None and first.day == 1:
        first = None
    return min((day for day in (electronic, first) if day), default=None)


def _links(result: Object) -> tuple[Link, ...]:
    """Read the links whose kind and other end are known."""
    entries = fields.objects(fields.obj(result, "commentCorrectionList"), "commentCorrection")
    pairs = (
        (nlm_links.kind_of(fields.text(entry, "type")), _other_end(entry)) for entry in entries
    )
    links = (Link(kind, other) for kind, other in pairs if kind and other)
    return tuple(dict.fromkeys(links))


def _other_end(entry: Object) -> Identifier | None:
    """Name the record a link leads to; a preprint's number there (PPR) is no identifier of ours."""
    source, number = fields.text(entry, "source"), fields.text(entry, "id")
    own = {"MED": pmid, "PMC": pmcid}.get(source)
    return (own(number) if own else None) or nlm_links.doi_in(fields.raw(entry, "reference"))


def _links_as_sent(result: Object) -> bytes:
    """Give what else of the record can change what is known: its links to other records."""
    links = result.get("commentCorrectionList")
    return json.dumps(links, sort_keys=True).encode("utf-8", "replace")


def _unnamed(raw: bytes) -> str:
    return f"unknown:{plain.digest(raw.decode('utf-8', 'replace'))}"
