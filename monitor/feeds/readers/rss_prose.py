"""Citations that publishers write as prose into a feed's description, read as fields. Pure.

ScienceDirect: "Publication date: March 2026", "Source: A Journal, Volume 5, Issue 2", "Author(s):
A B, C D". Others put one line above an abstract: "A Journal, Volume 5, Issue 2, Page 3-9, May 2026."
What is left is the abstract. Prose that is not wholly of such a form is left as it is.
"""

import re
from dataclasses import dataclass
from datetime import date

_LABEL = re.compile(r"(publication date|source|author\(s\)|authors?)\s*:\s*", re.IGNORECASE)
# several on one line: each begins behind a blank, in the publisher's own spelling
_INITIALS = re.compile(r"(?:[A-Z]\.[ -]?){1,4}")  # "Alder, P., Birch, Q." are two people
_NEXT = re.compile(r"\s+(?=(?:Publication date|Source|Author\(s\)):)")
_INSIDE = ("Publication date:", "Source:", "Author(s):")  # what ``_NEXT`` cannot do without
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_YEAR = re.compile(r"\b((?:19|20)[0-9]{2})\b")
_DAY = re.compile(rf"\b([0-9]{{1,2}}) ({_MONTH})\.? ((?:19|20)[0-9]{{2}})\b", re.IGNORECASE)
_PARTS = {
    "volume": re.compile(r"volumes?\s+(\w[\w–/-]*)", re.IGNORECASE),
    "issue": re.compile(r"issues?\s+(\w[\w–/-]*)", re.IGNORECASE),
    "pages": re.compile(r"pages?\s+(\w[\w.]*(?:\s?[–-]\s?\w[\w.]*)?)", re.IGNORECASE),
    "date": re.compile(
        rf"(?:(?:[0-9]{{1,2}} )?{_MONTH}(?:\s?[–/-]\s?{_MONTH})?|spring|summer|autumn|fall|winter)?"
        r"\s*(?:19|20)[0-9]{2}",
        re.IGNORECASE,
    ),
    "other": re.compile(
        r"part\s+\w+|suppl(?:ement)?\.?(?:\s+\w+)?|special issue|article\s+\w+|in press|"
        r"corrected proof|journal pre-proof|early\s?view|ahead of print",
        re.IGNORECASE,
    ),
}
_ENOUGH = 2  # a volume and one thing more: "Chaos, Volume 2" alone may be a title
_TITLES = re.compile(r"(?:jr|sr|ii|iii|iv|md|m\.d|phd|ph\.d)\.?", re.IGNORECASE)
_LONGEST_TITLE = len("ph.d.")
_AND_OTHERS = re.compile(r"[,;]?\s+et al\.?$", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"\s*[,;]\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+")


@dataclass(frozen=True, slots=True)
class Prose:
    """What was read; ``rest`` is the text without it."""

    rest: str
    authors: tuple[str, ...] = ()
    journal: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    year: int | None = None
    published: date | None = None  # a whole date


def read(text: str) -> Prose:
    """Read the citation at the beginning of a text of paragraphs, where there is one.

    >>> found = read("Publication date: May 2026\\n\\nSource: J Inv, Volume 5\\n\\nAuthor(s): A Bo, C Do")
    >>> found.journal, found.volume, found.year, found.authors, found.rest
    ('J Inv', '5', 2026, ('A Bo', 'C Do'), '')
    """
    paragraphs = text.split("\n\n")
    given, count = _labelled(paragraphs)
    if {"publication date", "source"} <= given.keys():
        rest = "\n\n".join(paragraphs[count:])
        place = _place(given["source"]) or {"journal": given["source"]}
        return _prose(rest, place | {"date": given["publication date"]}, given.get("author", ""))
    above = _place(paragraphs[0], whole=True)
    return _prose("\n\n".join(paragraphs[1:]), above) if above else Prose(text)


def _labelled(paragraphs: list[str]) -> tuple[dict[str, str], int]:
    """Give what stands behind each label, and how many paragraphs that took."""
    given: dict[str, str] = {}
    waiting = ""  # a label on a line of its own; authors may be none
    for count, paragraph in enumerate(paragraphs):
        several = any(paragraph.find(label, 1) > 0 for label in _INSIDE)
        first, *others = _NEXT.split(paragraph) if several else [paragraph]
        label, value = _label(first)
        if label in given or not (label or waiting):
            return given, count
        given[label or waiting] = value
        given |= dict(map(_label, others))
        waiting = label if not value and not others and label != "author" else ""
    return given, len(paragraphs)


def _label(piece: str) -> tuple[str, str]:
    """Part a label from what stands behind it."""
    match = _LABEL.match(piece)
    if match is None:
        return "", piece
    return match[1].lower().removesuffix("(s)").removesuffix("s"), piece[match.end() :].strip()


def _place(text: str, *, whole: bool = False) -> dict[str, str] | None:
    """Read "A Journal, Volume 5, Issue 2"; ``whole``: None where any of it is something else."""
    if whole and "volume" not in text.lower():
        return None
    parts = [part.strip() for part in text.rstrip(". ").split(",")]
    kinds: list[tuple[str, str] | None] = []
    for part in parts:
        # before a volume "Part B" is a part of the journal's name, behind it of the volume
        is_named_so = part[:5].lower() == "part " and not any(kind for kind in kinds)
        kinds.append(None if is_named_so else _kind(part))
    first = next((at for at, kind in enumerate(kinds) if kind), len(parts))
    place = dict(kind for kind in kinds[first:] if kind)
    if whole and (None in kinds[first:] or "volume" not in place or len(place) < _ENOUGH):
        return None
    return place | {"journal": ", ".join(parts[:first])}


def _kind(part: str) -> tuple[str, str] | None:
    for name, form in _PARTS.items():
        if met := form.fullmatch(part):
            return name, met[1] if form.groups else part
    return None


def _prose(rest: str, place: dict[str, str], authors: str = "") -> Prose:
    dated = place.get("date", "")
    year = _YEAR.search(dated)
    return Prose(
        rest=rest,
        authors=_names(authors),
        journal=place.get("journal") or None,
        volume=place.get("volume"),
        issue=place.get("issue"),
        pages=place.get("pages"),
        year=int(year[1]) if year else None,
        published=_day(dated),
    )


def _names(authors: str) -> tuple[str, ...]:
    text = _AND_OTHERS.sub("", authors) if "al" in authors[-4:].lower() else authors
    stripped = (part.strip() for part in _parted(text))
    names = [
        name
        for name in stripped
        if name and not (len(name) <= _LONGEST_TITLE and _TITLES.fullmatch(name))
    ]
    families, given = names[::2], names[1::2]
    if len(families) == len(given) and all(map(_INITIALS.fullmatch, given)):
        names = [f"{family}, {initials}" for family, initials in zip(families, given, strict=True)]
    return tuple(dict.fromkeys(names))


def _parted(text: str) -> list[str]:
    if ";" in text:
        return text.split(";")
    # to part by nothing but commas costs a tenth of looking for "and"
    return _BETWEEN_NAMES.split(text) if "and" in text or "&" in text else text.split(",")


def _day(text: str) -> date | None:
    match = _DAY.search(text)
    if match is None:
        return None
    try:
        return date(int(match[3]), _MONTHS.index(match[2][:3].lower()) + 1, int(match[1]))
    except ValueError:
        return None
