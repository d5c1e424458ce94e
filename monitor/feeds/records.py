"""What a source hands over: records as sent, with a citation read from each. Pure data."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier, already normalised: ``scheme`` is pmid, doi, pmcid, nct or isrctn."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Citation:
    """What a record says of a paper. A field the source does not give is None or empty.

    Every text is plain (no mark-up), white space collapsed, without control characters.
    ``authors`` are "Family Initials" or a group's name. ``published`` is set only when the source
    gave a whole date. ``abstract`` keeps section labels as "LABEL: text" paragraphs,
    separated by a blank line.
    """

    title: str
    identifiers: tuple[Identifier, ...] = ()  # the paper's own
    registrations: tuple[Identifier, ...] = ()  # trial registrations it names
    abstract: str | None = None
    authors: tuple[str, ...] = ()
    journal: str | None = None
    year: int | None = None
    published: date | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    language: str | None = None
    publication_types: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    url: str | None = None  # http or https only


@dataclass(frozen=True, slots=True)
class FetchedRecord:
    """One record as sent. ``key`` names it within its source and never changes between polls."""

    key: str
    raw: bytes
    media_type: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """One record that could not be read, set aside with the reason; the rest go on."""

    key: str
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Query:
    """What one source is asked for: ``key`` is an intervention's slug, or a feed's address."""

    key: str
    text: str
    intervention: str | None = None


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far one query of one source has been read in full.

    ``position`` is a date (ISO 8601) for sources asked by date; ``etag`` and ``modified`` are
    the validators of a feed's last good answer.
    """

    position: str | None = None
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One query's complete answer: nothing is returned unless the source answered in full.

    ``declared`` is the source's own total where it states one. ``unchanged`` says that the
    source confirmed (304) that nothing changed since ``Watermark``.
    """

    query: Query
    records: tuple[FetchedRecord, ...]
    watermark: Watermark
    unreadable: tuple[UnreadableRecord, ...] = ()
    declared: int | None = None
    unchanged: bool = False
    notes: tuple[str, ...] = field(default=())
