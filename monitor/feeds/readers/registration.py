"""What the readers of trial registries share: the words of a registration, and the articles it names.

Pure. A registration is a paper of its own; articles about the trial are linked to it, not part
of it.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import distinct, doi, pmcid, pmid, registrations_in
from monitor.feeds.records import Identifier, Link, LinkKind

TYPE = "Clinical Trial Registration"  # as literature.design knows it

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
MOST_PEOPLE = 10**9  # more than there can be
_BLANK_LINE = re.compile(r"\n\s*\n")
_PUBMED = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/|\bPMID:?\s{0,3})([0-9]{1,9})\b",
    re.IGNORECASE,
)
_PMC = re.compile(r"\b(PMC[0-9]{4,10})\b", re.IGNORECASE)
_DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s\"<>]{1,300}")
_OWN_DOI = "10.1186/isrctn"


def abstract(paragraphs: Iterable[tuple[str, str]]) -> str | None:
    """Make the abstract of (label, text) pairs; a pair without text is left out.

    A blank line in a text starts a new paragraph; the label stands before the first.
    """
    made = []
    for label, text in paragraphs:
        parts = [plain.html_line(part, plain.MAX_ABSTRACT) for part in _BLANK_LINE.split(text)]
        parts = [part for part in parts if part]
        if parts:
            made += [f"{label}: {parts[0]}", *parts[1:]]
    return plain.joined(made) or None


def articles(text: str) -> tuple[Identifier, ...]:
    """Find the articles that a text points to, by PubMed number, DOI or PMC number."""
    text = text[: plain.MAX_ABSTRACT]
    identifiers = [pmid(number) for number in _PUBMED.findall(text)]
    identifiers += [doi(name) for name in _DOI.findall(text)]
    identifiers += [pmcid(number) for number in _PMC.findall(text)]
    return tuple(
        identifier
        for identifier in distinct(*identifiers)
        if not identifier.value.startswith(_OWN_DOI)
    )


def reported_by(found: Iterable[Identifier | None]) -> tuple[Link, ...]:
    """Link a registration to the articles that report its trial."""
    return tuple(Link(LinkKind.REPORTED_BY, one) for one in distinct(*found)[: plain.MAX_LIST])


def other_registrations(
    own: Iterable[Identifier], numbers: Iterable[Identifier | None], *texts: str | None
) -> tuple[Identifier, ...]:
    """Give the registrations named beside its own, from fields and texts."""
    mine = set(own)
    named = [*numbers, *(registration for text in texts for registration in registrations_in(text))]
    return tuple(registration for registration in distinct(*named) if registration not in mine)


def day(text: str) -> date | None:
    """Read the date that a text begins with; None where it is no whole date."""
    match = _DATE.match(text)
    try:
        return date.fromisoformat(match[0]) if match else None
    except ValueError:
        return None


def last_day(text: str) -> date | None:
    """Read a date, or the last day of a month where only that is said."""
    match = _MONTH.fullmatch(text.strip())
    try:
        year, month = (int(part) for part in match.groups()) if match else (0, 0)
        return date(year, month, monthrange(year, month)[1]) if match else day(text)
    except ValueError:  # no such month
        return None
