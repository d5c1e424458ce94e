"""Files of references that people bring: told apart by their content, never by their name.

``read`` gives every record it can and sets the rest aside; it stores nothing.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from monitor.feeds.files import columns, medline, ris
from monitor.feeds.files.draft import Draft
from monitor.feeds.records import FetchedRecord, UnreadableRecord
from monitor.feeds.sources import pubmed_xml
from monitor.kernel.errors import InvalidInput

MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileContent:
    """What a file holds: its format in words, the records, and what could not be read."""

    format: str
    records: tuple[FetchedRecord, ...]
    unreadable: tuple[UnreadableRecord, ...]


def read(data: bytes) -> FileContent:
    """Read a file of references.

    Raises:
        InvalidInput: it is empty, too large, or of no format known here.
        SourceError: it is PubMed XML, and cut off.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"the file is larger than {MAX_BYTES // 2**20} MiB: split it")
    if b"<PubmedArticleSet" in data[:4096] or b"<PubmedArticle" in data[:4096]:
        return _content("PubMed XML", pubmed_xml.read(io.BytesIO(data)))
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    for name, looks_like, drafts in _TEXT_FORMATS:
        if looks_like(text):
            return _content(name, drafts(text))
    raise InvalidInput(
        "the file holds no references we can read: bring PubMed XML, MEDLINE (nbib), RIS, "
        "or CSV with a header that has a title column"
    )


_TEXT_FORMATS: tuple[
    tuple[str, Callable[[str], bool], Callable[[str], Iterable[Draft | UnreadableRecord]]], ...
] = (
    ("MEDLINE", medline.looks_like, medline.drafts),
    ("RIS", ris.looks_like, ris.drafts),
    ("CSV", columns.looks_like, columns.drafts),
)


def _content(name: str, found: Iterable[Draft | FetchedRecord | UnreadableRecord]) -> FileContent:
    records: dict[str, FetchedRecord] = {}
    unreadable = []
    for one in found:
        made = one.finish() if isinstance(one, Draft) else one
        if isinstance(made, UnreadableRecord):
            unreadable.append(made)
        else:
            records.setdefault(made.key, made)
    return FileContent(name, tuple(records.values()), tuple(unreadable))


def _decode(data: bytes) -> str:
    """Read text as what it says it is, else UTF-8, else Windows' Latin, which never fails here."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
