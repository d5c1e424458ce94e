"""What a source hands over: records as sent, with a citation read from each. Pure data."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from monitor.feeds.watermarks import Query, Watermark


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier, already normalised: ``scheme`` is pmid, doi, pmcid, nct or isrctn."""

    scheme: str
    value: str


class LinkKind(StrEnum):
    """How one paper stands to another, as a source says it: "this paper is … that one"."""

    RETRACTED_BY = "retracted by"
    RETRACTS = "retracts"
    PARTLY_RETRACTED_BY = "partly retracted by"
    PARTLY_RETRACTS = "partly retracts"
    CORRECTED_BY = "corrected by"
    CORRECTS = "corrects"
    CONCERN_IN = "expression of concern in"
    CONCERN_FOR = "expression of concern for"
    UPDATED_BY = "updated by"
    UPDATES = "updates"
    PREPRINT_OF = "preprint of"
    HAS_PREPRINT = "has preprint"
    REPORTED_BY = "reported by"  # a registration, by an article


@dataclass(frozen=True, slots=True)
class Link:
    """One statement of a source about two papers."""

    kind: LinkKind
    identifier: Identifier


@dataclass(frozen=True, slots=True)
class Trial:
    """What a registration says of its trial; a field that it does not say is None.

    ``completed`` is the primary completion where the registry has one, else the end; of a date
    without a day it is the month's last. ``completed_expected``: the registry calls it expected.
    """

    status: str | None = None  # in the registry's own words
    started: date | None = None
    completed: date | None = None
    completed_expected: bool = False
    participants: int | None = None  # enrolled, else planned
    has_results: bool | None = None  # the registry itself shows results


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
    links: tuple[Link, ...] = ()  # notices, preprints, reports, as the source states them
    trial: Trial | None = None  # only of a registration


@dataclass(frozen=True, slots=True)
class FetchedRecord:
    """One record as sent. ``key`` names it within its source and never changes between polls.

    ``stable`` is the part of ``raw`` that, with the citation, tells whether the record changed;
    None means all of it. Sources that stamp each reply (a tracking parameter, a count of
    citations) leave the stamps out, or every poll would bring a changed record.
    """

    key: str
    raw: bytes
    media_type: str
    citation: Citation
    stable: bytes | None = None
    label: str | None = None  # how the file that it stood in names it, where it does


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """One record that could not be read, set aside with the reason; the rest go on."""

    key: str
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """One record as it was kept, to be read again. ``fetched`` is the UTC date it came."""

    key: str
    raw: bytes
    media_type: str
    fetched: date


@dataclass(frozen=True, slots=True)
class Answer:
    """One query's complete answer: nothing is returned unless the source answered in full.

    ``declared`` is the source's own total where it states one. ``unchanged`` says that the
    source confirmed (304) that nothing changed since ``Watermark``. ``window`` is the first and
    last day asked for, where it was asked by date. ``translation`` is how the source says that
    it read the query, where it says so. ``called`` is how people call what was asked, where it
    has a name of its own.
    """

    query: Query
    records: tuple[FetchedRecord, ...]
    watermark: Watermark
    unreadable: tuple[UnreadableRecord, ...] = ()
    declared: int | None = None
    unchanged: bool = False
    notes: tuple[str, ...] = field(default=())
    window: tuple[date, date] | None = None
    translation: str | None = None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything a source holds for one query today, by record key; no records.

    ``older`` are those that the source itself dates before the first day we ask for. What is in
    ``keys`` and not in ``older`` must be held here: dates that are missing or wrong cannot hide it.
    """

    query: Query
    keys: frozenset[str]
    older: frozenset[str] = frozenset()

    @property
    def expected(self) -> frozenset[str]:
        """The keys that must be held here."""
        return self.keys - self.older
