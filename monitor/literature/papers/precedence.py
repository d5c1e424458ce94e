"""What a paper says, read from all its records: whose word counts, and what is safe to keep.

Pure. Never makes up a field: what no record gives stays empty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from monitor.feeds.records import Citation, Identifier, Link, Trial
from monitor.feeds.sources import preference
from monitor.kernel.language.text import bearable, is_printable

_YEARS = range(1600, 2101)


class Version(NamedTuple):
    """One version of one record: who sent it under which key, and what it says."""

    source: str
    key: str
    record_id: int
    citation: Citation


def best(versions: Sequence[Version]) -> Citation:
    """Read one paper from all its records, at least one: each field from the best that gives it.

    The preferred source first, then the newer version; a field is never replaced by nothing.
    Links are gathered from the newest version of each record: one source knows of the
    retraction, another of the preprint, and one that takes its word back no longer says it.
    """
    ordered = sorted(versions, key=lambda version: (preference(version.source), -version.record_id))
    chosen: dict[str, Any] = {
        field.name: next(
            (value for version in ordered if (value := getattr(version.citation, field.name))), None
        )
        for field in fields(Citation)
    }
    chosen["links"] = tuple(dict.fromkeys(link for said in newest(ordered) for link in said.links))
    said = {name: value for name, value in chosen.items() if value or name == "links"}
    return replace(ordered[0].citation, **said)


def newest(versions: Sequence[Version]) -> tuple[Citation, ...]:
    """Give what each record says by now: its newest version's words, in the order given."""
    latest: dict[tuple[str, str], Version] = {}
    for version in versions:
        known = latest.setdefault((version.source, version.key), version)
        if version.record_id > known.record_id:
            latest[version.source, version.key] = version
    return tuple(version.citation for version in latest.values())


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
        trial=_clean_trial(citation.trial),
    )


def clean(text: str) -> str:
    """Take out what no database or page can bear; the words stay as they are. Line ends stay."""
    return bearable(text).strip()


def _clean_or_none(text: str | None) -> str | None:
    return (clean(text) or None) if text else None


def _clean_all(texts: Sequence[str]) -> tuple[str, ...]:
    cleaned_texts = texts if is_printable("".join(texts)) else map(clean, texts)
    return tuple(filter(None, map(str.strip, cleaned_texts)))


def _clean_identifiers(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(clean(i.scheme), value) for i in identifiers if (value := clean(i.value))
    )


def _clean_trial(trial: Trial | None) -> Trial | None:
    return replace(trial, status=_clean_or_none(trial.status)) if trial else None


def _clean_url(url: str | None) -> str | None:
    text = clean(url or "")
    return text if text.startswith(("https://", "http://")) else None
