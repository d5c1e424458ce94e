"""What a paper says, read from all its records: whose word counts, and what is safe to keep.

Pure. Never makes up a field: what no record gives stays empty.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace

from monitor.feeds.records import Citation, Identifier, Link

# Whose word counts first; a source not named here comes after these.
PREFERENCE = {
    "pubmed": 0,
    "europepmc": 1,
    "clinicaltrials": 2,
    "isrctn": 2,
    "crossref": 3,
    "openalex": 10,  # only what nobody else gives
}
_OTHER_SOURCE = 9
_YEARS = range(1600, 2101)


def best(citations: Sequence[tuple[str, int, Citation]]) -> Citation:
    """Read one paper from all its records: each field from the best source that gives it.

    ``citations`` are (source, record id, citation), at least one. The preferred source first,
    then the newer record; a field is never replaced by nothing. Links are gathered from all:
    one source knows of the retraction, another of the preprint.
    """
    ordered = [
        citation
        for _, _, citation in sorted(
            citations, key=lambda c: (PREFERENCE.get(c[0], _OTHER_SOURCE), -c[1])
        )
    ]
    chosen = {
        field.name: next(
            (value for citation in ordered if (value := getattr(citation, field.name))), None
        )
        for field in fields(Citation)
    }
    chosen["links"] = tuple(dict.fromkeys(link for one in ordered for link in one.links))
    return replace(ordered[0], **{name: value for name, value in chosen.items() if value})


def cleaned(citation: Citation) -> Citation:
    """Make a citation storable on every database and safe to show: see ``clean``."""
    return Citation(
        title=clean(citation.title),
        identifiers=_clean_identifiers(citation.identifiers),
        registrations=_clean_identifiers(citation.registrations),
        abstract=_clean_or_none(citation.abstract),
        authors=_clean_all(citation.authors),
        journal=_clean_or_none(citation.journal),
        year=citation.year if citation.year in _YEARS else None,
        published=citation.published,
        volume=_clean_or_none(citation.volume),
        issue=_clean_or_none(citation.issue),
        pages=_clean_or_none(citation.pages),
        language=_clean_or_none(citation.language),
        publication_types=_clean_all(citation.publication_types),
        keywords=_clean_all(citation.keywords),
        url=_clean_url(citation.url),
        links=tuple(
            Link(link.kind, clean_one)
            for link in citation.links
            for clean_one in _clean_identifiers([link.identifier])
        ),
    )


def clean(text: str) -> str:
    """Take out what no database or page can bear; the words stay as they are.

    NULs and other control characters, halves of surrogate pairs, and the marks that turn the
    direction of text that follows them (a page would carry on with it). Line ends stay.
    """
    return "".join(c for c in text if c in "\n\t" or not _unbearable(c)).strip()


def _unbearable(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or "\u202a" <= character <= "\u202e"
        or "\u2066" <= character <= "\u2069"
    )


def _clean_or_none(text: str | None) -> str | None:
    return (clean(text) or None) if text else None


def _clean_all(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for raw in texts if (text := clean(raw)))


def _clean_identifiers(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(clean(i.scheme), value) for i in identifiers if (value := clean(i.value))
    )


def _clean_url(url: str | None) -> str | None:
    text = clean(url or "")
    return text if text.startswith(("https://", "http://")) else None
