"""How a study is named: its first author's family name and the year, from any source. Pure.

Sources write people as "Alder P" (PubMed, Europe PMC, Crossref), "Alder, Pat" (RIS) and
"Pat Alder" (feeds, OpenAlex). Which word is the family name is read from that form, and where the
form leaves it open, from how the paper's other authors are written.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from textwrap import shorten

NO_YEAR = "(no year)"
UNTITLED = "Untitled"
_MAX_TITLE = 80
_MAX_GROUP = 60
_INITIALS = 4  # letters; PubMed writes no more
_SHOUTED = 4  # letters in capitals from which a word is a name, not initials

_GROUPS = frozenset(
    [
        "group",
        "team",
        "network",
        "consortium",
        "collaboration",
        "collaborative",
        "collaborators",
        "investigators",
        "committee",
        "society",
        "association",
        "institute",
        "university",
        "department",
        "foundation",
        "council",
        "trialists",
        "trial",
        "study",
        "programme",
        "program",
        "taskforce",
        "partnership",
        "organisation",
        "organization",
        "centre",
        "center",
        "service",
    ]
)
_SUFFIXES = frozenset(
    [
        "jr",
        "sr",
        "ii",
        "iii",
        "iv",
        "2nd",
        "3rd",
        "phd",
        "dphil",
        "dsc",
        "md",
        "mbbs",
        "mbchb",
        "msc",
        "bsc",
        "ma",
        "mph",
        "mrcpsych",
        "frcpsych",
        "dclinpsy",
        "dclinpsych",
        "rn",
        "psyd",
        "edd",
        "dr",
        "prof",
        "professor",
    ]
)
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "das",
        "do",
        "dos",
        "du",
        "la",
        "le",
        "los",
        "las",
        "ten",
        "ter",
        "te",
        "zu",
        "zur",
        "zum",
        "vom",
        "af",
        "av",
        "bin",
        "ibn",
        "al",
        "el",
        "san",
        "st",
        "y",
        "e",
    ]
)
# Particles that are also given names or family names by themselves, when written with a capital.
_ONLY_SMALL = frozenset(["al", "el", "e", "y", "do", "das", "bin", "san", "la", "le", "te", "af"])


def study_name(authors: Sequence[str], year: int | None, title: str) -> str:
    """Name a study by its first author and year, or by its title where it has no author.

    >>> study_name(("Alder, Pat", "Birch, Quin"), 2026, "A trial")
    'Alder 2026'
    >>> study_name((), 2026, "Attachment in nurseries 2026")
    'Attachment in nurseries 2026'
    """
    name = family_name(authors) or shorten(_line(title), _MAX_TITLE, placeholder="…") or UNTITLED
    if year is None:
        return f"{name} {NO_YEAR}"
    return name if re.search(rf"\b{year}$", name) else f"{name} {year}"


def once_named(authors: Sequence[str], year: int | None, title: str) -> str:
    """Give the name that the rule before this one gave: what such studies are known by in old databases.

    >>> once_named(("Alder, Pat",), 2026, "A trial"), once_named((), 2026, "Attachment 2026")
    ('Alder, Pat 2026', 'Attachment 2026 2026')
    """
    words = authors[0].split() if authors else []
    family = " ".join(words[:-1]) if len(words) > 1 and words[-1].isupper() else " ".join(words)
    return " ".join((family or title[:80], str(year) if year else "(no year)"))


def family_name(authors: Sequence[str]) -> str:
    """Give the first author's family name, or a group's whole name; nothing where there is none.

    >>> [family_name([name]) for name in ("van der Berg JA", "Pat van der Berg", "P. Alder")]
    ['van der Berg', 'van der Berg', 'Alder']
    """
    known = [line for author in authors if (line := _line(author))]
    if not known:
        return ""
    first = known[0]
    if _is_group(first):
        return shorten(first, _MAX_GROUP, placeholder="…")
    return _calm(_family(first, capitals=any(_ends_in_capitals(line) for line in known)), first)


def lettered(name: str, letter: str) -> str:
    """Tell apart studies of one name.

    >>> lettered("Alder 2026", "b"), lettered("Alder (no year)", "b")
    ('Alder 2026b', 'Alder (no year, b)')
    """
    if name.endswith(NO_YEAR):
        return f"{name[:-1]}, {letter})"
    return f"{name}{letter}" if name[-1:].isdigit() else f"{name} ({letter})"


def letters_taken(name: str, names: Collection[str]) -> list[str]:
    """List the letters by which studies of this name are told apart already."""
    return [letter for letter in _letters() if lettered(name, letter) in names]


def next_letter(name: str, names: Collection[str]) -> str:
    """Give the first letter after all that are taken: none is given twice."""
    taken = letters_taken(name, names)
    every = _letters()
    return every[every.index(taken[-1]) + 1] if taken else every[0]


def _letters() -> list[str]:
    small = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    return small + [first + second for first in small for second in small]


def _family(raw: str, *, capitals: bool) -> str:
    before, comma, after = raw.partition(",")
    if comma and _without_suffixes(after.replace(",", " ").split()):
        # "Alder, Pat"; and "Alder P, Birch Q", where a source put several people into one name
        return " ".join(_without_initials(before.split()))
    words = _without_suffixes(raw.replace(",", " ").split())
    if len(words) < 2:  # noqa: PLR2004 - one word is the name
        return words[0] if words else raw
    shouted = [word for word in words if _is_shouted(word)]
    if shouted and len(shouted) < len(words):
        return " ".join(shouted)  # "ALDER Pat", "Pat ALDER"
    if capitals and not shouted:
        return _last_name(words)
    family = _without_initials(words)
    if len(family) < len(words):
        return " ".join(family)
    named = _without_first_initials(words)
    return _last_name(named, given_is_gone=len(named) < len(words))


def _without_suffixes(words: list[str]) -> list[str]:
    return [word for word in words if word.replace(".", "").casefold() not in _SUFFIXES]


def _without_initials(words: list[str]) -> list[str]:
    """Take the initials off the end: "Alder P Q" and "Alder P.Q." leave "Alder"."""
    kept = list(words)
    while len(kept) > 1 and _is_initials(kept[-1]):
        kept.pop()
    return kept


def _without_first_initials(words: list[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 1 and _is_initials(kept[0]):
        kept.pop(0)
    return kept


def _last_name(words: list[str], *, given_is_gone: bool = False) -> str:
    """Give the last word of a name written given name first, with the particles before it."""
    start = len(words) - 1
    while start > 0 and _is_particle(words[start - 1], first=start == 1 and not given_is_gone):
        start -= 1
    return " ".join(words[start:])


def _is_particle(word: str, *, first: bool) -> bool:
    small = word.casefold().strip(".")
    if small not in _PARTICLES:
        return False
    return word[0].islower() or not (first or small in _ONLY_SMALL)


def _is_initials(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    marks = set(word) - set(letters)
    if not letters or len(letters) > _INITIALS or not marks <= set(".-’'"):
        return False
    return all(letter.isupper() for letter in letters)


def _is_shouted(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    return len(letters) > _SHOUTED and all(letter.isupper() for letter in letters)


def _ends_in_capitals(raw: str) -> bool:
    """Tell whether a name is written "Pat ALDER": then "Ada LEE" beside it is no "Ada L. E. E."."""
    words = raw.split()
    return len(words) > 1 and _is_shouted(words[-1]) and not _is_shouted(words[0])


def _is_group(raw: str) -> bool:
    return any(word.strip(".,()").casefold() in _GROUPS for word in raw.split()[1:])


def _calm(family: str, raw: str) -> str:
    """Write a family name that a source shouts as others write it; "NIHR" alone stays."""
    if not (family.isupper() and len(family) > 1 and " " in raw):
        return family
    return re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), family)


def _line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).strip(" ,;")
