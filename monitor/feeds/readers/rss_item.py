"""Reads one item of a feed: what paper it announces, and under which lasting name. Pure.

Links and guids carry tracking parameters that differ with every fetch, so they never name an
item by themselves. The paper's own identifier does; without one, the cleaned guid or link
together with the title, so that a guid used again for another paper loses neither.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import distinct, doi, pmid, registrations_in
from monitor.feeds.readers import rss_document, rss_prose
from monitor.feeds.readers.rss_document import Item
from monitor.feeds.records import Citation, FetchedRecord, Identifier, KeptRecord, UnreadableRecord
from monitor.kernel.errors import SourceError

_TRACKING = re.compile(
    r"utm_.*|fc|ff|af|dgcid|rss|rft_dat|wt_mc|mc_[ce]id|fbclid|gclid|cmp|ref|_?ga|_hsenc|_hsmi|"
    r"mkt_tok|sid|session|sessionid|phpsessid|jsessionid|ts|timestamp",
    re.IGNORECASE,
)
_PUBMED_GUID = re.compile(r"^(?:pubmed|pmid)\s*:\s*([0-9]{1,9})$", re.IGNORECASE)
_PUBMED_LINK = re.compile(r"^https?://(?:www\.)?pubmed\.(?:ncbi\.nlm\.nih\.)?gov/([0-9]{1,9})/?(?:[?#]|$)", re.IGNORECASE)  # fmt: skip
_DOI_IN_PUBMED_TEXT = re.compile(r"\bDOI:\s*(10\.[0-9]{4,9}/\S+)\s*$", re.IGNORECASE)
_FRAME = re.compile(r"^abstract:?$", re.IGNORECASE)
_PUBMED_FRAME = re.compile(
    _FRAME.pattern + r"|^PMID:\s*[0-9]+|\bdoi: 10\.[0-9]{4,9}/\S+(?: [^.]{0,60}\.)*$", re.IGNORECASE
)
_ISO_DATE = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:$|[T ])")
_PREFIX = re.compile(rb"[<\s]([A-Za-z_][\w.-]*):[A-Za-z_]")
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "prism": "http://prismstandard.org/namespaces/basic/2.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
_EARLIEST = date(1900, 1, 1)
_MAX_KEY = 300
_TITLE_DIGITS = 12
_NO_WORD = re.compile(r"\W+")
_BETWEEN_NAMES = re.compile(r"[\n;]")
_IDENTIFIED = re.compile("(?:pmid|doi):")
# what a publisher may announce ahead: cover dates lie some months in the future
_AHEAD = timedelta(days=366)


def read(item: Item, today: date) -> FetchedRecord | UnreadableRecord:
    """Read one item, or say why it cannot be read."""
    entry = item.entry
    raw, media_type = _raw(item)
    title = plain.html_line(_text(entry, "title"), plain.MAX_TITLE)
    if not title:
        return UnreadableRecord(f"unknown:{plain.digest(_stable_text(entry))}", raw, "has no title")
    citation = _citation(entry, title, today)
    # the citation is all that counts: everything else in an item may be a stamp
    return FetchedRecord(_key(entry, citation), raw, media_type, citation, stable=b"")


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept item with today's reader. An item cut out of its feed needs a feed around it."""
    try:
        if kept.media_type == "application/json":
            items = [Item(json.loads(kept.raw), None)]
        else:
            items = rss_document.read(_in_a_feed(kept.raw), None)
    except (SourceError, ValueError, RecursionError):
        return UnreadableRecord(kept.key, kept.raw, "cannot be read outside its feed")
    if len(items) != 1:
        return UnreadableRecord(kept.key, kept.raw, "is not one item")
    return read(items[0], kept.fetched)


def _in_a_feed(item: bytes) -> bytes:
    """Put an item into a feed that declares every prefix it uses; an unknown one means nothing."""
    unknown = {name.decode() for name in _PREFIX.findall(item)} - {*_NAMESPACES, "xml", "xmlns"}
    spaces = _NAMESPACES | {name: f"urn:unknown:{name}" for name in sorted(unknown)}
    prefixes = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
    if item.startswith(b"<entry"):
        return f'<feed xmlns="http://www.w3.org/2005/Atom" {prefixes}>'.encode() + item + b"</feed>"
    head = f'<rss version="2.0" {prefixes}><channel>'.encode()
    return head + item + b"</channel></rss>"


def _citation(entry: Mapping[str, Any], title: str, today: date) -> Citation:
    text = plain.html_text(_content(entry))
    identifiers = _identifiers(entry, text)
    prose = rss_prose.read(text)
    abstract = _abstract(prose.rest, identifiers)
    published = _published(entry, today) or _believable(prose.published, today)
    year = _believable_year(prose.year, today) or (published.year if published else None)
    return Citation(
        title=title,
        identifiers=identifiers,
        registrations=registrations_in(f"{title}\n{abstract or ''}"),
        abstract=abstract,
        authors=_authors(entry) or prose.authors,
        journal=_line(entry, "prism_publicationname", "prism_publicationtitle", "dc_source")
        or prose.journal,
        year=year,
        published=published,
        volume=_line(entry, "prism_volume") or prose.volume,
        issue=_line(entry, "prism_number") or prose.issue,
        pages=_pages(entry) or prose.pages,
        url=_url(entry, identifiers),
    )


def _identifiers(entry: Mapping[str, Any], text: str) -> tuple[Identifier, ...]:
    """Find the identifiers of the paper itself, where a feed is known to put them."""
    guid, link = _text(entry, "id"), _text(entry, "link")
    marked = _text(entry, "dc_identifier")
    number = _pubmed_number(guid) or _pubmed_number(link) or _pubmed_number(marked)
    name = doi(_text(entry, "prism_doi")) or doi(marked) or doi(guid) or doi(link)
    if name is None and number is not None:
        # only PubMed's own feeds end with the paper's DOI; elsewhere it may be any other paper's
        match = _DOI_IN_PUBMED_TEXT.search(text)
        name = doi(match[1]) if match else None
    return distinct(number, name)


def _abstract(text: str, identifiers: tuple[Identifier, ...]) -> str | None:
    """Give the text without the lines that feeds put around an abstract; PubMed's put more."""
    frame = _PUBMED_FRAME if any(one.scheme == "pmid" for one in identifiers) else _FRAME
    return "\n\n".join(part for part in text.split("\n\n") if not frame.search(part)) or None


def _pubmed_number(text: str) -> Identifier | None:
    found = _PUBMED_GUID.match(text.strip()) or _PUBMED_LINK.match(text.strip())
    return pmid(found[1]) if found else None


def _key(entry: Mapping[str, Any], citation: Citation) -> str:
    if citation.identifiers:
        first = citation.identifiers[0]
        return f"{first.scheme}:{first.value}"
    name = _untracked(_text(entry, "id")) or _untracked(_text(entry, "link"))
    title = plain.digest(_NO_WORD.sub(" ", citation.title.casefold()).strip(), _TITLE_DIGITS)
    if not name:
        return f"title:{title}:{plain.digest('|'.join(citation.authors), 8)}"
    name = name if len(name) <= _MAX_KEY else plain.digest(name, 40)
    return f"{name}#{title}"


def name_of(key: str) -> str | None:
    """Give the guid or link in an item's key; None where an identifier or the title names it."""
    name, mark, title = key.rpartition("#")
    return name if mark and len(title) == _TITLE_DIGITS and not _IDENTIFIED.match(key) else None


def _untracked(address: str) -> str:
    """Drop from an address what changes from fetch to fetch; other texts stay as they are.

    >>> _untracked("https://example.org/a?id=7&utm_source=x#top")
    'https://example.org/a?id=7'
    """
    text = plain.line(address, 2_000)
    parts = urlsplit_or_none(text)
    if parts is None:
        return text
    scheme, host, path, query = parts
    pairs = parse_qsl(query) if query else []
    kept = [(name, value) for name, value in pairs if not _TRACKING.fullmatch(name)]
    return urlunsplit((scheme, host, path, urlencode(kept) if kept else "", ""))


def urlsplit_or_none(text: str) -> tuple[str, str, str, str] | None:
    """Split a web address into scheme, host, path and query; None for anything else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    return parts.scheme, parts.netloc.lower(), parts.path, parts.query


def _url(entry: Mapping[str, Any], identifiers: tuple[Identifier, ...]) -> str | None:
    """Give a lasting address to read more at: http or https, without tracking."""
    for identifier in identifiers:
        if identifier.scheme == "pmid":
            return f"https://pubmed.ncbi.nlm.nih.gov/{identifier.value}/"
    link = _untracked(_text(entry, "link"))
    return link if urlsplit_or_none(link) and len(link) <= 2_000 else None  # noqa: PLR2004 - what browsers take


def _authors(entry: Mapping[str, Any]) -> tuple[str, ...]:
    listed = entry.get("authors")
    names = []
    for author in listed if isinstance(listed, list) else ():
        name = author.get("name") if isinstance(author, Mapping) else None
        names += _split(name) if isinstance(name, str) else []
    plain_names = (plain.html_line(name) for name in names[: plain.MAX_LIST])
    return tuple(dict.fromkeys(name for name in plain_names if name))


def _split(names: str) -> list[str]:
    """Part the names that some journals put into one element.

    By lines or semicolons; by commas only between full names, since "Family, Given" is one.
    """
    parts = [part for part in _BETWEEN_NAMES.split(names) if part.strip(" ,")]
    if len(parts) == 1:
        commas = [part.strip() for part in names.split(",")]
        return commas if all(" " in part for part in commas) else parts
    return [part.strip().rstrip(",") for part in parts]


def _content(entry: Mapping[str, Any]) -> str:
    """Give the longest text of the item: the summary is often the first lines of the content."""
    listed = entry.get("content")
    parts = (
        [part for part in listed if isinstance(part, Mapping)] if isinstance(listed, list) else []
    )
    return max([_text(entry, "summary"), *(_text(part, "value") for part in parts)], key=len)


def _pages(entry: Mapping[str, Any]) -> str | None:
    first = _line(entry, "prism_startingpage")
    last = _line(entry, "prism_endingpage")
    return f"{first}-{last}" if first and last and first != last else first


def _published(entry: Mapping[str, Any], today: date) -> date | None:
    """Give the first whole, believable date; "Spring 2019" is none, and neither is 2099."""
    for name in ("prism_publicationdate", "prism_coverdate", "published", "updated"):
        if day := _believable(_whole_date(_text(entry, name)), today):
            return day
    return None


def _believable(found: date | None, today: date) -> date | None:
    return found if found and _EARLIEST <= found <= today + _AHEAD else None


def _believable_year(year: int | None, today: date) -> int | None:
    return year if year and year <= (today + _AHEAD).year else None


def _whole_date(text: str) -> date | None:
    if not text:
        return None
    iso = _ISO_DATE.match(text.strip())
    try:
        if iso:
            return date.fromisoformat(iso[1])
        return parsedate_to_datetime(text).date()
    except (ValueError, IndexError, TypeError):
        return None


def _raw(item: Item) -> tuple[bytes, str]:
    if item.raw is not None:
        return item.raw, "application/xml"
    return _stable_text(item.entry).encode("utf-8", "replace"), "application/json"


def _stable_text(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, default=str)


def _line(entry: Mapping[str, Any], *names: str) -> str | None:
    lines = (plain.html_line(_text(entry, name)) for name in names)
    return next((line for line in lines if line), None)


def _text(entry: Mapping[str, Any], name: str) -> str:
    found = entry.get(name)
    return found if isinstance(found, str) else ""
