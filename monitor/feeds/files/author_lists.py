"""Parts the authors that stand in one cell, however the database wrote them. Pure.

"Alder P, Birch Q" are two people and "Alder, Pat" is one: what tells them apart is where the
initials stand. What is not clear stays together.
"""

import re
from collections.abc import Iterable

from monitor.feeds.files.given_names import GIVEN

_FAMILY = r"(?:[^\W\d_][\w'’ʼ`.\-]*\s+){0,3}[^\W\d_][\w'’ʼ`\-]+"
_SUFFIX = r"(?:,?\s+(?:Jr|Sr|II|III|IV|2nd|3rd)\.?)?"
_INITIALS = (
    r"(?:[^\W\d_a-z]{1,4}|(?:[^\W\d_a-z][a-z]?\.[ -]?){1,4}|[^\W\d_a-z](?:[ -][^\W\d_a-z]){1,3})"
)
_FAMILY_FIRST = re.compile(rf"{_FAMILY}\s+{_INITIALS}{_SUFFIX}")  # "Alder P", "van der Alder P.Q."
_INITIALS_FIRST = re.compile(
    rf"{_INITIALS}(?:\s+|(?<=\.)){_FAMILY}{_SUFFIX}"
)  # "P Alder", "P.Q. Alder"
_LONGEST = 100_000
_MARK = re.compile("[;,&]|\\band\\b")
_BLANKS = re.compile(r"[^\S\n]+")
_ONLY_INITIALS = re.compile(rf"{_INITIALS}{_SUFFIX}")
_ONLY_SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV|2nd|3rd|M\.?D|Ph\.?D|MSc|MPH)\.?", re.IGNORECASE)
_AND = re.compile(r"\s*,?\s+(?:and|&|und|et)\s+(?!al\b)|\s*&\s*")
_LEADING_AND = re.compile(r"(?:and\s|&)\s*")
_JOINING = ("and", "&", "und", "et")  # what ``_AND`` cannot do without
_RARELY_JOINING = (" and al", "&", " und ", " et ")  # without these " and " alone joins
_WHOLE_NAME = re.compile(
    r"[^\W\d_a-z][\w'’.\-]*(?:\s+(?:[a-z]{1,3}\s+)?[^\W\d_a-z][\w'’.\-]*){1,2}"
)
# a "name" with one of these is a body, whose name may hold "and"
_BODY_WORDS = (
    "group", "study", "trial", "team", "collaborat", "consorti", "network", "committee", "centre",
    "center", "health", "care", "service", "research", "universit", "institut", "department",
    "ministry", "council", "society", "association", "children", "families", "family", "agency",
    "office", "foundation", "trust", "board", "investigators", "initiative",
)  # fmt: skip
_STEMS = ("collaborat", "consorti", "service", "universit", "institut")
_BODIES = re.compile(rf"\b(?:(?:{'|'.join(_BODY_WORDS)})|(?:{'|'.join(_STEMS)})\w*)\b")
_OTHERS_END = ("al", "al.", "others", "…", "...")  # how each text ends that ``_OTHERS`` meets
_OTHERS = re.compile(
    r"(?:\s*[,;]?\s*(?:\bet\.? al\b\.?|\band others\b|\bothers$|…|\.{3}))+\s*$", re.IGNORECASE
)


def parted(cell: str) -> list[str]:
    """Part a list in one cell; commas only where they clearly part.

    >>> parted("Alder P, Birch Q."), parted("Alder, Pat and Birch, Quin"), parted("Alder, Pat")
    (['Alder P', 'Birch Q'], ['Alder, Pat', 'Birch, Quin'], ['Alder, Pat'])
    """
    text = _without_others(cell[:_LONGEST].strip())
    mark = next((mark for mark in (";", "|", "\n") if mark in text), None)
    parts = text.split(mark) if mark else [text]
    return _without_stop([person for part in parts for person in _people(part.strip())])


def _without_others(text: str) -> str:
    """Leave "et al." out, and write one space where there are several; lines stay lines."""
    # most lists need neither, and to see that costs a tenth of looking for it
    if "  " in text or not text.isprintable():
        text = _BLANKS.sub(" ", text)
    return _OTHERS.sub("", text).strip() if text.lower().endswith(_OTHERS_END) else text


def each(fields: Iterable[str]) -> list[str]:
    """Give authors each of whom has a field: one that surely holds several is parted.

    >>> each(["Alder, Pat, Jr", "Birch Q, Cedar R"])
    ['Alder, Pat, Jr', 'Birch Q', 'Cedar R']
    """
    return [author for field in fields for author in (_surely(field) or [field])]


def _surely(field: str) -> list[str]:
    if not _MARK.search(field):
        return []
    people = parted(field)
    sure = ";" in field or _are_whole(people) or (len(people) > 1 and all(map(_is_paired, people)))
    return people if sure else []


def _people(text: str) -> list[str]:
    """Part names between which stand commas or "and"."""
    if leading := _LEADING_AND.match(text):
        text = text[leading.end() :]
    if not text:
        return []
    joined = [part for written in _joined(text) if (part := written.strip(" ,"))]
    # a body whose name holds "and" is no list of people
    several = len(joined) > 1 and not _names_a_body(text)
    if several and len({part.count(",") for part in joined}) == 1 and all(map(_is_one, joined)):
        return joined
    parts = [part.strip() for part in (_AND.sub(", ", text) if several else text).split(",")]
    parts = _with_suffixes([part for part in parts if part])
    return _by_commas(text, parts, joined_by_and=several) if len(parts) > 1 else [text]


def _joined(text: str) -> list[str]:
    """Part a text where "and" or its like stands; what is left beside it is not taken off."""
    if not any(word in text for word in _JOINING):
        return [text]
    # most have single blanks and " and ": to part those costs a tenth of the pattern
    if text.isprintable() and not any(word in text for word in _RARELY_JOINING):
        return text.split(" and ")
    return _AND.split(text)


def _by_commas(text: str, parts: list[str], *, joined_by_and: bool) -> list[str]:
    if _paired(parts):
        return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]
    if len(parts) > 2 or joined_by_and or _are_whole(parts) or _are_two_people(*parts):  # noqa: PLR2004 - "Family, Given" is one author
        return parts
    return [text]


def _paired(parts: list[str]) -> bool:
    """Tell "Alder, P., Birch, Q.": each second part is initials alone, each first is none."""
    even = len(parts) % 2 == 0 and len(parts) > 2  # noqa: PLR2004 - "Alder, P." is one author
    return (
        even
        and all(map(_ONLY_INITIALS.fullmatch, parts[1::2]))
        and not any(map(_ONLY_INITIALS.fullmatch, parts[::2]))
    )


def _are_whole(parts: list[str]) -> bool:
    """Tell parts each of which is a name with its initials, written in one order."""
    bare = [part.rstrip(".") if part.count(".") == 1 else part for part in parts]
    return any(
        all(map(form.fullmatch, parts)) or all(map(form.fullmatch, bare))
        for form in (_FAMILY_FIRST, _INITIALS_FIRST)
    )


def _are_two_people(first: str, second: str) -> bool:
    """Tell "Pat Alder, Quin Birch" from "Garcia Lopez, Maria Jose", by the names that are given ones."""
    if not (_WHOLE_NAME.fullmatch(first) and _WHOLE_NAME.fullmatch(second)):
        return False
    begin, *_, family = first.lower().split()
    return (
        begin.split("-")[0] in GIVEN
        and family not in GIVEN
        and second.lower().split()[-1] not in GIVEN
    )


def _is_paired(person: str) -> bool:
    """Tell "Alder, P.": a family name and, behind a comma, nothing but initials."""
    family, _, given = person.partition(", ")
    return bool(_ONLY_INITIALS.fullmatch(given)) and not _ONLY_INITIALS.fullmatch(family)


def _names_a_body(text: str) -> bool:
    written = text.lower()
    # to see that no such word is in it costs a twentieth of looking for whole ones
    return any(word in written for word in _BODY_WORDS) and bool(_BODIES.search(written))


def _is_one(part: str) -> bool:
    """Tell a part that is surely one person: "Alder, Pat", "Alder P", "P. Alder", "Pat Alder"."""
    family, comma, given = part.partition(",")
    if comma and "," not in given:
        family = family.strip()
        # one word alone is no name with its initials
        return bool(given.strip()) and (
            family.isalpha() or (family != "" and not _FAMILY_FIRST.fullmatch(family))
        )
    return any(form.fullmatch(part) for form in (_FAMILY_FIRST, _INITIALS_FIRST, _WHOLE_NAME))


def _with_suffixes(parts: list[str]) -> list[str]:
    """Put "Jr" and degrees back to the name before them."""
    made: list[str] = []
    for part in parts:
        if made and _ONLY_SUFFIX.fullmatch(part):
            made[-1] += f", {part}"
        else:
            made.append(part)
    return made


def _without_stop(people: list[str]) -> list[str]:
    """Drop the stop that ends PubMed's lists; one behind each initial belongs to it."""
    last = people[-1] if people else ""
    if (
        not last.endswith(".")
        or last.count(".") > 1
        or any("." in person for person in people[:-1])
    ):
        return people
    return [*people[:-1], last[:-1]] if _FAMILY_FIRST.fullmatch(last[:-1]) else people
