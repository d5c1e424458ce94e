"""What a file is, told by its content and never by its name; and what to bring where it is no use.

Reads the first part only. Refusals hold nothing of the file itself but names of its columns.
"""

import re
from typing import IO

from lxml import etree

from monitor.feeds.readers.xml_elements import SAFELY
from monitor.feeds.readers.xml_repair import Repaired
from monitor.kernel.errors import InvalidInput

_BRING = "bring RIS, nbib, EndNote XML, PubMed XML, or CSV with a title column"
_EXPORT = "in your reference manager choose Export, then RIS or EndNote XML, and bring that"
_BINARY = (
    (b"%PDF-", "a PDF", "bring the reference of the paper, as RIS or nbib, not the paper"),
    (b"{\\rtf", "a text document (RTF)", _EXPORT),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save it as CSV with a title column"),
    (b"\x1f\x8b", "a compressed file", "unpack it and bring what is inside"),
    (b"BZh", "a compressed file", "unpack it and bring what is inside"),
    (b"\xfd7zXZ", "a compressed file", "unpack it and bring what is inside"),
    (b"7z\xbc\xaf", "an archive", "unpack it and bring the files inside, one at a time"),
    (b"Rar!", "an archive", "unpack it and bring the files inside, one at a time"),
    (b"\x89PNG", "an image", _BRING),
    (b"\xff\xd8\xff", "an image", _BRING),
    (b"GIF8", "an image", _BRING),
    (b"II*\0", "an image", _BRING),
    (b"MM\0*", "an image", _BRING),
    (b"SQLite format 3\0", "a database", _EXPORT),
)
_ZIPPED = (
    (b"xl/", "an Excel workbook", "save it as CSV with a title column"),
    (b"word/", "a Word document", _EXPORT),
    (b"opendocument", "an OpenDocument file", "save it as CSV with a title column"),
    (b"sdb/", "an EndNote library", _EXPORT),
)
_TEXTS = (
    (
        re.compile(r"\s*(?:<!doctype\s+html|<html|<head|<body)", re.IGNORECASE),
        "a web page",
        "use the site's own export of references, as RIS or nbib",
    ),
    (re.compile(r"(?:\s*%[^\n]*\n)*\s*@\w+\s*[{(]"), "BibTeX", _EXPORT),
    (re.compile(r"\s*%0 ", re.MULTILINE), "EndNote's tagged text", _EXPORT),
    (re.compile(r"\s*[\[{]\s*[\"{\[]"), "JSON", _BRING),
)
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f\x7f\ufffd]")
_MUCH = 0.05  # of a text's characters


def refuse_binary(file: IO[bytes]) -> None:
    """Refuse what is empty, or shows by its first bytes that it holds no text.

    Raises:
        InvalidInput: says what it is and what to bring.
    """
    file.seek(0)
    start = file.read(64 * 1024)
    file.seek(0)
    if not start:
        raise InvalidInput(f"the file is empty: {_BRING}")
    if start.startswith(b"PK\x03\x04"):
        raise _refusal(*_zipped(file, start))
    for mark, what, remedy in _BINARY:
        if start.startswith(mark):
            raise _refusal(what, remedy)


def xml_root(file: IO[bytes]) -> tuple[str, ...] | None:
    """Name the first two elements of an XML document; None where it is none."""
    file.seek(0)
    events = etree.iterparse(Repaired(file), events=("start",), **SAFELY)
    names: list[str] = []
    try:
        for _, element in events:
            names.append(str(element.tag))
            if len(names) == 2:  # noqa: PLR2004 - the root, and what stands in it
                break
    except etree.XMLSyntaxError:
        pass  # cut off: what came before tells enough
    finally:
        file.seek(0)
    return tuple(names) or None


def refusal(
    text: str, *, is_xml: bool, is_table: bool, titles: tuple[str, ...] = ()
) -> InvalidInput:
    """Make the refusal of a text that is of no format known here; ``text`` is its beginning.

    ``titles`` are the columns of a table that may hold titles, under names not known here.
    """
    for pattern, what, remedy in _TEXTS:
        if pattern.match(text):
            return _refusal(what, remedy)
    if is_xml:
        return _refusal("XML, but not PubMed's, EndNote's or the WHO's", _BRING)
    if len(_CONTROL.findall(text)) > _MUCH * len(text):
        return _refusal("not text", _BRING)
    if titles:
        named = " or ".join(f"“{title}”" for title in titles[:3])
        return InvalidInput(
            "this looks like a table, but none of its columns is called title: rename the column "
            f"{named} to title in its first line, and bring it again"
        )
    if is_table:
        return InvalidInput(
            "this looks like a table, but none of its columns is called title: name the columns "
            "in its first line (title, authors, year, journal, doi, abstract)"
        )
    return InvalidInput(f"the file holds no references we can read: {_BRING}")


def _zipped(file: IO[bytes], start: bytes) -> tuple[str, str]:
    """Tell what a ZIP file is by the names in it, which stand at both ends."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 64 * 1024))
    names = start + file.read(64 * 1024)
    file.seek(0)
    for mark, what, remedy in _ZIPPED:
        if mark in names:
            return what, remedy
    return "an archive (ZIP)", "unpack it and bring the files inside, one at a time"


def _refusal(what: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"this is {what}: {remedy}")
