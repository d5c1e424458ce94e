"""One reference on its way from a file's fields to a record: cleaned and checked in one place."""

import re
from dataclasses import dataclass, field

from monitor.feeds import plain
from monitor.feeds.files import dates, identifying
from monitor.feeds.identifiers import canonical, dois
from monitor.feeds.identifiers.registries import registry_number
from monitor.feeds.records import Citation, FetchedRecord, Identifier, Link, UnreadableRecord

_BETWEEN_ADDRESSES = re.compile(r"[\s,;|]+(?=https?://)")


@dataclass(slots=True)
class ReferenceDraft:
    """What a file says of one reference, as written there; ``raw`` is its part of the file.

    ``stable`` is the part of it that tells whether the reference changed, where not all of it does.
    """

    raw: str
    media_type: str
    title: str = ""
    abstract: str = ""
    authors: list[str] = field(default_factory=list)
    journal: str = ""
    year: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    language: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    nct: str = ""
    isrctn: str = ""
    registry: str = ""  # a number of another registry
    types: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    registrations: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  # other fields that may be an identifier
    notes: list[str] = field(default_factory=list)  # prose that may name one
    links: tuple[Link, ...] = ()
    stable: str = ""
    label: str = ""

    def finish(self) -> FetchedRecord | UnreadableRecord:
        """Make the record; one without a title is set aside, since nobody could screen it."""
        raw = self.raw.encode("utf-8", "replace")
        title = plain.html_line(self.title, plain.MAX_TITLE)
        own = identifying.own(
            doi=self.doi,
            pmid=self.pmid,
            pmcid=self.pmcid,
            fields=[self.url, *self.elsewhere],
            notes=self.notes,
            numbers=(
                canonical.nct(self.nct),
                canonical.isrctn(self.isrctn),
                registry_number(self.registry),
            ),
        )
        key = (
            f"{own[0].scheme}:{own[0].value}"
            if own
            else f"text:{plain.digest(self.stable or self.raw)}"
        )
        if not title:
            return UnreadableRecord(key, raw, "the reference has no title")
        stable = self.stable.encode("utf-8", "replace") or None
        label = plain.line(self.label) or None
        citation = self._citation(title, own)
        return FetchedRecord(key, raw, self.media_type, citation, stable, label)

    def _citation(self, title: str, own: tuple[Identifier, ...]) -> Citation:
        abstract = plain.html_text(self.abstract) or None
        named = " ".join([*self.registrations, title, abstract or ""])
        return Citation(
            title=title,
            identifiers=own,
            registrations=tuple(i for i in canonical.registrations_in(named) if i not in own),
            abstract=abstract,
            authors=plain.lines(self.authors),
            journal=plain.html_line(self.journal) or None,
            year=dates.year(self.year),
            volume=plain.html_line(self.volume) or None,
            issue=plain.html_line(self.issue) or None,
            pages=plain.html_line(self.pages) or None,
            language=plain.html_line(self.language) or None,
            publication_types=plain.lines([kind for kind in self.types if not dois.read(kind)]),
            keywords=plain.lines(self.keywords),
            links=self.links,
            url=_first_address(self.url),
        )


def _first_address(written: str) -> str | None:
    """Give the first of the addresses in a field; None where it begins with something else."""
    first = _BETWEEN_ADDRESSES.split(written.strip())[0]
    return first if first.startswith(("https://", "http://")) else None
