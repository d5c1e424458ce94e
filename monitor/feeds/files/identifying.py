"""Which identifiers a reference of a file gives as its own, whichever field they stand in. Pure.

The field made for an identifier counts first. Others (a web address, a custom field, a note) count
only where they hold nothing else, or name it as the paper's own, and do not contradict each other.
"""

import re
from collections.abc import Iterable, Sequence

from monitor.feeds.identifiers import canonical, dois
from monitor.feeds.records import Identifier

_LINES = re.compile(r"[\r\n]+|[\s;|]+(?=https?://)")
_PUBMED = re.compile(
    r"(?:(?:pmid|pubmed(?: id)?|medline)\s*[:=]?\s*|"
    r"https?://(?:(?:www\.)?ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/|"
    r"(?:www\.)?europepmc\.org/(?:article|abstract)/med/))([0-9]{1,9})(?:\.|/?(?:[?#].*)?)",
    re.IGNORECASE,
)
_CENTRAL = re.compile(
    r"(?:(?:pmc(?:id)?\s*[:=]?\s*){1,2}|"
    r"https?://(?:(?:www\.)?ncbi\.nlm\.nih\.gov/pmc/articles/|pmc\.ncbi\.nlm\.nih\.gov/articles/|"
    r"(?:www\.)?europepmc\.org/(?:articles?/(?:pmc/)?|abstract/pmc/))pmc)([0-9]{3,9})(?:\.|(?:[/?#].*)?)",
    re.IGNORECASE,
)


def own(
    *,
    doi: str,
    pmid: str,
    pmcid: str,
    fields: Sequence[str] = (),
    notes: Sequence[str] = (),
    numbers: Sequence[Identifier | None] = (),
) -> tuple[Identifier, ...]:
    """Give a reference's own identifiers: its PubMed number, DOI, PubMed Central number and so on.

    ``fields`` may each be an identifier and nothing else, or an address that leads to the paper;
    ``notes`` are prose; ``numbers`` are a registration's own.
    """
    texts = (text for text in (pmid, pmcid, *fields) if _may_name_pubmed(text))
    lines = [line.strip() for text in texts for line in _LINES.split(text)]
    lines += [line.strip() for note in notes if _may_name_pubmed(note) for line in _parts_of(note)]
    return canonical.distinct(
        canonical.pmid(pmid) or canonical.pmid(_only(lines, _PUBMED)),
        canonical.doi(doi) or _doi(fields, notes),
        canonical.pmcid(pmcid) or canonical.pmcid(_only(lines, _CENTRAL)),
        *numbers,
    )


def _may_name_pubmed(text: str) -> bool:
    """Tell a text that may hold what ``_PUBMED`` and ``_CENTRAL`` look for: most have none of it."""
    written = text.lower()
    return "pm" in written or "med" in written


def _parts_of(note: str) -> list[str]:
    """Part a note by its lines, and by semicolons too where it speaks of no other paper.

    >>> _parts_of("Cited By: 5; PMID: 20123456"), _parts_of("Comment on: Inv J; PMID: 20123456")
    (['Cited By: 5', ' PMID: 20123456'], ['Comment on: Inv J; PMID: 20123456'])
    """
    if ";" not in note or dois.is_about_another(note):
        return _LINES.split(note)
    return [part for line in _LINES.split(note) for part in line.split(";")]


def _only(lines: Iterable[str], form: re.Pattern[str]) -> str | None:
    """Give the number that whole lines hold; None where they hold different ones."""
    found = {met[1] for line in lines if (met := form.fullmatch(line))}
    return found.pop() if len(found) == 1 else None


def _doi(fields: Iterable[str], notes: Iterable[str]) -> Identifier | None:
    """Give the DOI that the fields hold, else the one that the notes name; None where they differ."""
    for values in (map(dois.read, fields), map(dois.read_note, notes)):
        if given := {*values} - {None}:
            return canonical.doi(given.pop()) if len(given) == 1 else None
    return None
