"""Reads a feed's document into its items, through feedparser. Takes bytes, never a name or address.

feedparser calls an empty body and many other things a healthy feed without items, and hands
over half of a feed that was cut off: what counts as a feed is decided here.
"""

import io
import re
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

import feedparser
from feedparser.exceptions import CharacterEncodingOverride

from monitor.feeds.readers.xml_repair import without_forbidden
from monitor.kernel.errors import SourceError, SourceFault

MAX_ITEMS = 5_000
_MAX_TAGS = 100 * MAX_ITEMS  # parsing takes some 60 microseconds each
_ITEM_START = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)[\s>]")
_TITLE_START = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?title[\s>]", re.IGNORECASE)
_TITLES_OF_NO_ITEM = 3  # the channel's, its image's and its text field's
_ITEM = re.compile(rb"<(item|entry)[\s>].*?</\1\s*>", re.DOTALL)
_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(
    rb"^\s*(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.:-]{0,40})"
)
# the longer marks first: one of UTF-32 begins like one of UTF-16
_WIDE = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# which of the first four bytes are something else than zero
_WIDE_BY_ZEROS = {
    b"\1\0\1\0": "utf-16-le",
    b"\0\1\0\1": "utf-16-be",
    b"\1\0\0\0": "utf-32-le",
    b"\0\0\0\1": "utf-32-be",
}
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Item:
    """One item: as feedparser read it, and as it was sent where it could be cut out."""

    entry: dict[str, Any]
    raw: bytes | None


def read(body: bytes, content_type: str | None) -> list[Item]:
    """Give the items of a whole feed, in its order.

    Raises:
        SourceError: this is no feed, or not a whole one, or one with too many items.
    """
    if not body.strip():
        raise SourceError(SourceFault.MALFORMED, "an empty reply instead of a feed")
    if _has_doctype(body):
        raise SourceError(
            SourceFault.MALFORMED, "a document with a DOCTYPE (a web page, perhaps), not a feed"
        )
    document = _of_single_bytes(body)
    if len(_ITEM_START.findall(document)) > MAX_ITEMS or document.count(b"<") > _MAX_TAGS:
        raise SourceError(SourceFault.INCOMPLETE, f"more than {MAX_ITEMS} items: none was read")
    feed = _parsed(document, _charset(content_type))
    if not feed.entries and len(_TITLE_START.findall(document)) > _TITLES_OF_NO_ITEM:
        raise SourceError(
            SourceFault.SCHEMA_CHANGED,
            "a feed in a form that is not known here: titles, and no item",
        )
    slices = [match.group() for match in _ITEM.finditer(body)]
    # a feed in another notation or encoding is kept as feedparser read it
    whole = slices if len(slices) == len(feed.entries) else [None] * len(feed.entries)
    # plain dictionaries: feedparser's own answer for names that are not there
    return [Item(dict(entry), raw) for entry, raw in zip(feed.entries, whole, strict=True)]


def _of_single_bytes(body: bytes) -> bytes:
    """Give a document in UTF-16 or UTF-32 in UTF-8; any other as it is.

    Such a one needs no declaration, and some have no byte-order mark either: the zeros beside its
    first characters, which are ASCII in any XML, tell (XML 1.0, appendix F).
    """
    encoding = next((name for start, name in _WIDE if body.startswith(start)), None)
    encoding = encoding or _WIDE_BY_ZEROS.get(bytes(byte != 0 for byte in body[:4]))
    if encoding is None:
        return body
    text = body.decode(encoding, "replace").removeprefix("\ufeff")
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")


def _parsed(body: bytes, charset: str | None) -> Any:  # noqa: ANN401 - feedparser's own dictionary
    """Parse a document known to be well-formed, since feedparser guesses at any other.

    Its guessing takes minutes for some broken documents, and brings half of a feed at best.
    """
    feed = feedparser.parse(
        # a stream: handed plain bytes, feedparser first tries to open a file of that name
        io.BytesIO(_well_formed(body, charset)),
        # its own care for HTML is left off: every text is made plain later, and faster
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not feed.get("version"):
        raise SourceError(SourceFault.MALFORMED, "something that is not a feed")
    if feed.bozo and not isinstance(feed.bozo_exception, CharacterEncodingOverride):
        raise SourceError(SourceFault.INCOMPLETE, "a feed that is cut off or damaged")
    return feed


def _well_formed(body: bytes, charset: str | None) -> bytes:
    """Give the document in an encoding in which it is well-formed XML.

    Feeds name a wrong encoding, or none: what they name is tried first, then what they use.

    Raises:
        SourceError: it is not well-formed in any.
    """
    if _is_well_formed(body):
        return body
    declared = _ENCODING.match(body)
    named = [charset, declared[1].decode("ascii") if declared else None]
    for encoding in (*named, "utf-8", "windows-1252"):
        try:
            text = body.decode(encoding or "utf-8")
        except (UnicodeDecodeError, LookupError):
            continue
        text = _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1)
        # a control character in one item must not cost all of them
        for document in (text, without_forbidden(text)):
            recoded = document.encode("utf-8", "replace")
            if _is_well_formed(recoded):
                return recoded
    if _looks_like_feed(body):
        raise SourceError(SourceFault.INCOMPLETE, "a feed that is cut off or damaged")
    raise SourceError(SourceFault.MALFORMED, "something that is not a feed")


def _is_well_formed(document: bytes) -> bool:
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(document, True)  # noqa: FBT003 - "this is all of it", in expat's words
    except (expat.ExpatError, ValueError, LookupError):
        return False
    return True


def _looks_like_feed(body: bytes) -> bool:
    return re.search(rb"<(?:rss|feed|(?:rdf:)?RDF)[\s>]", body[:4096]) is not None


def _charset(content_type: str | None) -> str | None:
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type or "", re.IGNORECASE)
    return found[1] if found else None


def _has_doctype(body: bytes) -> bool:
    """Tell whether a DOCTYPE stands before the first element, in any usual encoding."""
    text = body.replace(b"\0", b"")
    for mark in _BYTE_ORDER_MARKS:
        text = text.removeprefix(mark)
    at = 0
    while match := _PROLOG.match(text, at):
        at = match.end()
    return text[at : at + 9].upper() == b"<!DOCTYPE"
