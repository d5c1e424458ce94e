"""Files of references that people bring: told apart by their content, never by their name.

``read`` goes through a file as a stream: it gives every record it can and sets the rest aside.
Stores nothing, and keeps no more of a file in memory than the reference at hand.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from monitor.feeds.files import columns, endnote, ictrp, lines, medline, ris, sniffing, webofscience
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.readers import pubmed_xml
from monitor.feeds.records import FetchedRecord, KeptRecord, UnreadableRecord
from monitor.kernel.errors import InvalidInput, SourceError

Read = FetchedRecord | UnreadableRecord
Drafts = Iterable[ReferenceDraft | UnreadableRecord]

PUBMED = "PubMed XML"
_PUBMED_ROOTS = pubmed_xml.ROOTS | {"PubmedArticle", "PubmedBookArticle"}
_MAX_BETWEEN = 4 * 2**20  # bytes of XML from one reference to the next


@dataclass(frozen=True, slots=True)
class FileReading:
    """A file being read: its format in words, and its records in the file's order, once.

    Going through ``found`` raises ``InvalidInput`` where the file is cut off or damaged.
    """

    format: str
    found: Iterator[Read]


def read(file: IO[bytes]) -> FileReading:
    """Tell what a file is and read it from the beginning. It stays the caller's to close.

    Raises:
        InvalidInput: it is empty, or of no format known here; says what to bring.
    """
    if not file.seekable():
        raise InvalidInput("the file cannot be read twice: save it to disk and bring that")
    sniffing.refuse_binary(file)
    text = lines.head(file)
    names = sniffing.xml_root(file) if text.lstrip().startswith("<") else None
    if names and not _PUBMED_ROOTS.isdisjoint(names):
        return FileReading(PUBMED, _pubmed(file))
    if names and endnote.is_root(names):
        return FileReading(endnote.NAME, _elements(file, endnote.drafts))
    if names and ictrp.is_root(names):
        return FileReading(ictrp.NAME, _elements(file, ictrp.drafts))
    for name, looks_like, drafts in _TEXT_FORMATS:
        if looks_like(text):
            return FileReading(name, _finished(drafts(lines.lines(file))))
    raise sniffing.refusal(
        text,
        is_xml=names is not None,
        is_table=columns.is_untitled_table(text),
        titles=columns.title_columns(text),
    )


def reread(kept: KeptRecord) -> Read:
    """Read one kept record with today's reader; what cannot be read says why."""
    kind = _kind(kept)
    if kind == pubmed_xml.MEDIA_TYPE:
        return pubmed_xml.reread(kept)
    try:
        references = list(_again(kept.raw, kind))
    except InvalidInput as error:
        return UnreadableRecord(kept.key, kept.raw, str(error))
    if len(references) != 1:
        return UnreadableRecord(kept.key, kept.raw, "is not one reference")
    return references[0]


_TEXT_FORMATS: tuple[tuple[str, Callable[[str], bool], Callable[[Iterable[str]], Drafts]], ...] = (
    ("MEDLINE", medline.looks_like, medline.drafts),
    ("RIS", ris.looks_like, ris.drafts),
    (webofscience.NAME, webofscience.looks_like, webofscience.drafts),
    ("CSV", columns.looks_like, columns.drafts),
)
_PUBMED_STARTS = (b"<PubmedArticle", b"<PubmedBookArticle")
_TEXT_TYPES = {
    medline.MEDIA_TYPE: medline.drafts,
    ris.MEDIA_TYPE: ris.drafts,
    webofscience.MEDIA_TYPE: webofscience.drafts,
    columns.MEDIA_TYPE: columns.drafts,
}


def _kind(kept: KeptRecord) -> str:
    """Tell the format of a kept record; what was set aside was kept without it, as some XML."""
    start = kept.raw.lstrip()
    if kept.media_type != pubmed_xml.MEDIA_TYPE or start.startswith(_PUBMED_STARTS):
        return kept.media_type
    if start.startswith(b"<record"):
        return endnote.MEDIA_TYPE
    text = start.decode("utf-8", "replace")
    kinds = zip(_TEXT_TYPES, _TEXT_FORMATS, strict=True)
    return next((kind for kind, (_, looks_like, _) in kinds if looks_like(text)), kept.media_type)


def _again(raw: bytes, kind: str) -> Iterator[Read]:
    file = io.BytesIO(raw)
    if kind == endnote.MEDIA_TYPE:
        return _finished(endnote.drafts(file))
    if kind not in _TEXT_TYPES:
        raise InvalidInput("is of no format known here")
    return _finished(_TEXT_TYPES[kind](lines.lines(file)))


def _pubmed(file: IO[bytes]) -> Iterator[Read]:
    metered = lines.Metered(file, _MAX_BETWEEN)
    try:
        for record in pubmed_xml.read(cast(IO[bytes], metered)):
            metered.passed()
            yield record
    except SourceError:
        raise InvalidInput("the PubMed XML is cut off or damaged: export it again") from None


def _elements(file: IO[bytes], drafts: Callable[[IO[bytes]], Drafts]) -> Iterator[Read]:
    metered = lines.Metered(file, _MAX_BETWEEN)
    for one in drafts(cast(IO[bytes], metered)):
        metered.passed()
        yield one.finish() if isinstance(one, ReferenceDraft) else one


def _finished(found: Drafts) -> Iterator[Read]:
    return (one.finish() if isinstance(one, ReferenceDraft) else one for one in found)
