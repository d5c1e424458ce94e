"""Takes people who can be contacted out of a registry's record: e-mail, telephone, ORCID, names.

A registration names the people to ask; nothing here needs them, so nothing here keeps them. Pure.
Leaves the names of organisations, and the authors in a reference's short form ("Doe J").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Self

from monitor.feeds.plain import MAX_LIST

REMOVED = "[removed]"

# every part is bounded, so that no text, however long, is slow to look through
_EMAIL = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]{1,64}\s?(?:@|[\[(]\s?at\s?[\])])\s?"
    r"(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?!\w)",
    re.IGNORECASE,
)
_ORCID = re.compile(r"(?<![\w-])[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X](?![\w-])")
_INTERNATIONAL = re.compile(r"(?<![\w.+])\+[1-9][0-9 ().\-/]{7,20}[0-9](?!\w)")
_NATIONAL = re.compile(
    r"(?<![\w.\-/])(?:"
    r"(?:1[-. ])?(?:\([2-9][0-9]{2}\)|[2-9][0-9]{2})[-. ][0-9]{3}[-. ][0-9]{4}"
    r"|(?:\(0[0-9]{2,4}\)|0[0-9]{2,4})[ -][0-9]{3,4}[ -]?[0-9]{3,4}"
    r")(?![\w\-/])"
)
_CALLED = re.compile(
    r"(?<!\w)(?:tel|telephone|phone|mobile|fax|call|whatsapp)(?!\w)[\s.:#]{0,4}"
    r"(?:no\.?|number)?[\s.:]{0,3}(\(?\+?[0-9][0-9 ().\-/]{4,20}[0-9])(?!\w)",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 9  # of an international number: "+1.5 (0.5-2.5)" has fewer

_TITLES = r"(?:dr|prof|professor|mr|mrs|ms|miss)\.?"
_LEADING_TITLES = re.compile(rf"^(?:{_TITLES}\s+)+", re.IGNORECASE)
_WORD = re.compile(r"\w+")
# a "name" with one of these is an office, not a person
_OFFICES = frozenset(
    {
        "administrator", "call", "center", "centre", "chair", "clinic", "clinical", "contact",
        "coordinator", "department", "director", "disclosure", "free", "group", "head", "help", "hospital",
        "information", "institute", "investigator", "line", "manager", "medical", "monitor",
        "number", "nurse", "office", "officer", "operations", "principal", "registry", "research", "service",
        "site", "sponsor", "study", "support", "team", "toll", "transparency", "trial", "trials", "unit",
        "university",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Redaction:
    """What to take out of one record's texts: ways to reach people, and the names of its contacts."""

    names: re.Pattern[str] | None

    @classmethod
    def of(cls, names: Iterable[str], *, text: str, organisations: Iterable[str] = ()) -> Self:
        """Make ready for one record. ``text`` is all of it: names that it lacks cost nothing.

        A name that is a part of one of ``organisations`` is not a person's; one that is all of
        it is: people sponsor trials too.
        """
        words = {word.casefold() for word in _WORD.findall(text)}
        larger = [" ".join(organisation.split()).casefold() for organisation in organisations]
        people = {
            name: None for full_name in islice(names, MAX_LIST) if (name := _person(full_name))
        }
        patterns = [
            _pattern(name)
            for name in people
            if name[-1].casefold() in words and not _is_part(" ".join(name).casefold(), larger)
        ]
        return cls(re.compile("|".join(patterns)) if patterns else None)

    def clean(self, text: str) -> str:
        """Put a mark in the place of each. Cleaning a clean text changes nothing."""
        text = _EMAIL.sub(REMOVED, text)
        if " " in text:  # numbers in one word are identifiers
            text = _without_telephones(text)
        text = _ORCID.sub(REMOVED, text)
        return self.names.sub(REMOVED, text) if self.names else text


def _without_telephones(text: str) -> str:
    text = _CALLED.sub(lambda match: match[0].replace(match[1], REMOVED), text)
    text = _INTERNATIONAL.sub(
        lambda match: REMOVED if sum(map(str.isdigit, match[0])) >= _FEWEST_DIGITS else match[0],
        text,
    )
    return _NATIONAL.sub(REMOVED, text)


def _person(name: str) -> tuple[str, ...]:
    """Give the words of a person's name, without titles and degrees; none of an office's."""
    bare = _LEADING_TITLES.sub("", name[:200].partition(",")[0].strip())
    words = tuple(word for word in bare.split() if any(map(str.isalpha, word)))
    parts = {part.casefold() for word in words for part in _WORD.findall(word)}
    if len(words) < 2 or parts & _OFFICES or any(map(str.isdigit, bare)):  # noqa: PLR2004 - one word alone names nobody
        return ()
    return words


def _is_part(name: str, larger: Iterable[str]) -> bool:
    return any(name in one and name != one for one in larger)


def _pattern(words: tuple[str, ...]) -> str:
    """Find a name as written or in capitals: whole, with other middle names, behind a title.

    Letters count as they are: "a young child" is nobody, though there be an A. Young.
    """
    spellings = {words: None}
    for respell in (str.title, str.upper):
        spellings[tuple(map(respell, words))] = None
    return rf"(?<!\w)(?:{'|'.join(map(_spelling, spellings))})(?!\w)"


def _spelling(words: tuple[str, ...]) -> str:
    first, last = re.escape(words[0]), re.escape(words[-1])
    whole = r"\s+".join(map(re.escape, words))
    forms = [whole, rf"{re.escape(words[0][0])}\.(?:[\s-]?[A-Z]\.){{0,2}}\s+{last}"]
    forms.append(rf"(?i:{_TITLES})\s+(?:[A-Z][\w.'’-]{{0,30}}\s+){{0,3}}{last}")
    if len(words[0]) > 1:
        forms.append(rf"{first}(?:\s+[A-Z][\w.'’-]{{0,30}}){{0,2}}\s+{last}")
    return "|".join(forms)
