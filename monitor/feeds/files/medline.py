"""MEDLINE text, as PubMed's "Send to citation manager" (nbib) writes it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from monitor.feeds.files.draft import Draft
from monitor.feeds.files.lines import blocks

MEDIA_TYPE = "application/nbib"

_START = re.compile(r"^PMID- ?\d", re.MULTILINE)
_FIELD = re.compile(r"^([A-Z][A-Z0-9 ]{1,3})- ?(.*)$")
_IDENTIFIER = re.compile(r"^(\S+) \[(doi|pmc|pii)\]$", re.IGNORECASE)


def looks_like(text: str) -> bool:
    """Tell MEDLINE text by its first field, PMID."""
    return _START.search(text) is not None and "\nTY  - " not in text


def drafts(text: Iterable[str]) -> Iterator[Draft]:
    """Read each reference; a reference starts at its PMID field."""
    return (_draft(raw) for raw in blocks(text, _START))


def _draft(raw: str) -> Draft:
    fields = _fields(raw)
    found = [m for value in fields["AID"] + fields["LID"] if (m := _IDENTIFIER.match(value))]
    return Draft(
        raw=raw,
        media_type=MEDIA_TYPE,
        title=_first(fields, "TI", "BTI", "TT"),
        abstract=_first(fields, "AB"),
        authors=fields["AU"] + fields["CN"],
        journal=_first(fields, "JT", "TA"),
        year=_first(fields, "DP"),
        volume=_first(fields, "VI"),
        issue=_first(fields, "IP"),
        pages=_first(fields, "PG"),
        language=_first(fields, "LA"),
        doi=next((m[1] for m in found if m[2].lower() == "doi"), ""),
        pmid=_first(fields, "PMID"),
        pmcid=_first(fields, "PMC"),
        types=fields["PT"],
        keywords=fields["OT"] + fields["MH"],
        registrations=fields["SI"],
        label=_first(fields, "PMID"),
    )


def _fields(raw: str) -> dict[str, list[str]]:
    """Collect the values of each tag; an indented line continues the value before it."""
    fields: dict[str, list[str]] = defaultdict(list)
    tag = ""
    for line in raw.split("\n"):
        if found := _FIELD.match(line):
            tag = found[1].strip()
            fields[tag].append(found[2].strip())
        elif tag and line.startswith(" "):
            fields[tag][-1] += f" {line.strip()}"
    return fields


def _first(fields: dict[str, list[str]], *tags: str) -> str:
    return next((value for tag in tags for value in fields[tag] if value), "")
