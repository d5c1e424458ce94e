"""MEDLINE text, as PubMed's "Send to citation manager" (nbib) writes it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from monitor.feeds.files import dates
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.files.lines import blocks
from monitor.feeds.readers import nlm_links, titles

MEDIA_TYPE = "application/nbib"

_START = re.compile(r"^PMID- ?\d", re.MULTILINE)
_FIELD = re.compile(r"^([A-Z][A-Z0-9 ]{1,3})- ?(.*)$")
_TAG_WIDTH = 4
_PADDED = re.compile(r"^[A-Z]{2}  - ", re.MULTILINE)
_TAGS = frozenset(nlm_links.BY_TAG) | frozenset(
    ("PMID", "STAT", "DCOM", "CTDT", "EDAT", "MHDA", "CRDT", "PHST", "AUID", "COIS", "OABL", "PMCR", "AB", "AD", "AID", "AU", "BTI", "CI", "CIN", "CN", "CON", "CP", "CRI", "CRF", "CTI", "DA",
     "DEP", "DP", "DRIN", "ECF", "ECI", "ED", "EFR", "EIN", "EN", "FAU", "FED", "FIR", "FPS", "GN",
     "GR", "IP", "IR", "IRAD", "IS", "ISBN", "JID", "JT", "LA", "LID", "LR", "MH", "MID", "OAB",
     "OCI", "OID", "ORI", "OT", "OTO", "OWN", "PB", "PG", "PL", "PMC", "PS", "PST", "PT", "PUBM",
     "RF", "RIN", "RN", "ROF", "RPF", "RPI", "RRF", "RRI", "SB", "SFM", "SI", "SO", "SPIN", "STAT",
     "TA", "TI", "TT", "UIN", "UOF", "VI", "VTI", "DDIN", "DDOF", "JRNL", "RPIN", "RPOF"),
)  # fmt: skip
_IDENTIFIER = re.compile(r"^(\S+) \[(doi|pmc|pii)\]$", re.IGNORECASE)


def looks_like(text: str) -> bool:
    """Tell MEDLINE text by its first field, PMID."""
    return _START.search(text) is not None and "\nTY  - " not in text


def drafts(text: Iterable[str]) -> Iterator[ReferenceDraft]:
    """Read each reference; a reference starts at its PMID field."""
    return (_draft(raw) for raw in blocks(text, _START))


def _draft(raw: str) -> ReferenceDraft:
    fields = _fields(raw)
    matches = [m for value in fields["AID"] + fields["LID"] if (m := _IDENTIFIER.match(value))]
    return ReferenceDraft(
        raw=raw,
        media_type=MEDIA_TYPE,
        title=titles.first(_first(fields, tag) for tag in ("TI", "BTI", "TT")),
        abstract=_first(fields, "AB"),
        authors=fields["AU"] + fields["CN"],
        journal=_first(fields, "JT", "TA"),
        year=dates.with_year(_first(fields, tag) for tag in ("DP", "DEP")),
        volume=_first(fields, "VI"),
        issue=_first(fields, "IP"),
        pages=_first(fields, "PG"),
        language=_first(fields, "LA"),
        doi=next((m[1] for m in matches if m[2].lower() == "doi"), ""),
        pmid=_first(fields, "PMID"),
        pmcid=_first(fields, "PMC"),
        types=fields["PT"],
        keywords=fields["OT"] + fields["MH"],
        registrations=fields["SI"],
        label=_first(fields, "PMID"),
        elsewhere=fields["AID"] + fields["LID"],
        notes=fields["SO"],
        links=nlm_links.links_in(fields),
    )


def _fields(raw: str) -> dict[str, list[str]]:
    """Collect the values of each tag; any other line goes on with the value before it.

    PubMed indents such a line by six spaces; what has passed through other programs by a tab, or
    not at all. Behind an empty line only what is indented goes on.
    """
    fields: dict[str, list[str]] = defaultdict(list)
    tag, behind_empty, is_padded = "", False, _PADDED.search(raw) is not None
    for line in raw.split("\n"):
        if match := _field(line, is_padded=is_padded):
            tag = match[1].strip()
            fields[tag].append(match[2].strip())
        elif tag and line.strip() and (line[0].isspace() or not behind_empty):
            fields[tag][-1] += f" {line.strip()}"
        behind_empty = not line.strip()
    return fields


def _field(line: str, *, is_padded: bool) -> re.Match[str] | None:
    """Tell a field from a line of text that begins like one: "VIPP- and VIG- groups"."""
    match = _FIELD.match(line)
    if not match:
        return None
    tag = match[1]
    if is_padded:
        return match if len(tag) == _TAG_WIDTH and (tag[-1] == " " or tag in _TAGS) else None
    return match if tag.strip() in _TAGS else None


def _first(fields: dict[str, list[str]], *tags: str) -> str:
    return next((value for tag in tags for value in fields[tag] if value), "")
