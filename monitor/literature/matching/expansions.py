"""What a text says that letters stand for: "pea paste (PP)", "PP (pea paste)", "PP stands for …". Pure.

The letters must begin the words in their order: a small word may be left out, and a word may give
more letters than its first. What is not plainly an expansion is none.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from monitor.literature.text.folding import fold

_WORD = re.compile(r"[^\W_]+")
SMALL = frozenset(
    ("a", "an", "and", "as", "at", "by", "de", "der", "die", "du", "et", "for", "from", "in", "into",
     "la", "le", "of", "on", "or", "the", "to", "und", "up", "with", "y")
)  # fmt: skip
_ARTICLES = frozenset(("a", "an", "the"))
# What may follow a name and gives no letter: "pressure injury prevention bundle (PIP)".
GENERAL = frozenset(
    ("approach", "bundle", "group", "groups", "index", "intervention", "interventions", "measure",
     "method", "model", "package", "plan", "program", "programme", "programmes", "programs",
     "project", "protocol", "questionnaire", "scale", "scheme", "score", "scores", "sessions",
     "study", "survey", "system", "technique", "test", "therapy", "tool", "training", "treatment",
     "trial")
)  # fmt: skip
_MOST_GENERAL = 2
_FAR = 200  # characters on either side that are looked at
_MOST = 20  # places looked at: a text that repeats letters for ever says nothing new
_SENTENCE = re.compile(r"[.!?;:]\s|\n")
_LINK = re.compile(
    r"(?:[,(\[–—-]\s*)?\b(?:hereafter|henceforth|abbreviated(?: as| to)?|abbr|referred to as|known as|"
    r"called|or|in short|short|termed|named)[\s:,“\"'‘(]*$",
    re.IGNORECASE,
)
_OPEN = re.compile(r"[(\[][\s“\"'‘]*(?:(?:the|an?|our|hence|also)\s)?$", re.IGNORECASE)
_AFTER = re.compile(
    r"^[”\"'’]?\s*(?:[(\[]\s*(?:i\.?e\.?,?\s*)?(?P<inner>[^()\[\]]{3,150})[)\]]|"
    r"(?:,\s*)?(?:(?:which |that |here )?(?:stands?|standing|stood|short|is short|an? acronym|"
    r"an abbreviation|is an acronym|is the acronym|is an abbreviation|an initialism) (?:for|of)|"
    r"(?:here )?(?:is|are|was|were) for\b|"
    r"mean(?:s|t|ing)(?: the)?|denot(?:es|ed|ing)|=|i\.e\.,?|that is,?)\s*[:“\"'‘]*\s*"
    r"(?P<rest>.{3,150})|(?:,? or|[,–—-])\s*(?P<beside>[^,;:.()\[\]–—]{3,120})(?:[,;:.)\]–—]|$)|"
    r":\s*(?P<list>[^;:.()\[\]–—]{3,120})(?:[;.)\]–—]|$))",
    re.IGNORECASE | re.DOTALL,
)
_BESIDE = re.compile(r"[,–—]\s*(?:(?:the|an?|our)\s)?$", re.IGNORECASE)
_BESIDE_AFTER = re.compile(r"\s*[,–—]")
_SHORT_FOR = re.compile(r"^,? (?:for|in) short\b", re.IGNORECASE)


class Expansion(NamedTuple):
    """The words that letters stand for, folded, and whether each word gave its first alone."""

    words: tuple[str, ...]
    plain: bool

    def __str__(self) -> str:
        """Give the words as they are read."""
        return " ".join(self.words)


def expansions(text: str, form: str) -> Iterator[Expansion]:
    """Give what a text says that ``form``, an abbreviation, stands for; it may say several things.

    >>> [str(one) for one in expansions("Pressed pea paste (PPP) was warm.", "PPP")]
    ['pressed pea paste']
    """
    letters = "".join(_WORD.findall(fold(form)))
    if not letters:
        return
    spelt = r"[-\u2010-\u2015 ]?".join(map(re.escape, letters))
    places = re.finditer(rf"(?<![^\W_]){spelt}s?(?![^\W_])", text, re.IGNORECASE)
    for place, _ in zip(places, range(_MOST), strict=False):
        before = text[max(0, place.start() - _FAR) : place.start()]
        after = text[place.end() : place.end() + _FAR]
        yield from _before(before, after, letters)
        yield from _after(after, letters)


def _before(before: str, after: str, letters: str) -> Iterator[Expansion]:
    bracket = _OPEN.search(before)
    link = None if bracket else _LINK.search(before)
    end = bracket or link or (_BESIDE.search(before) if _BESIDE_AFTER.match(after) else None)
    if not end and not _SHORT_FOR.match(after):
        return
    said = before[: end.start()] if end else before
    if link := _LINK.search(said):
        said = said[: link.start()]
    words = _words(_SENTENCE.split(said.rstrip(" :,–—"))[-1])
    for _ in range(_MOST_GENERAL + 1):
        if expansion := _ending(words, letters, loosely=bracket is not None):
            yield expansion
            return
        if not words or words[-1] not in GENERAL:
            return
        words = words[:-1]


def _after(after: str, letters: str) -> Iterator[Expansion]:
    explanation = _AFTER.match(after)
    if explanation is None:
        return
    inner = explanation["inner"]
    said = (
        inner
        or explanation["beside"]
        or explanation["list"]
        or _SENTENCE.split(explanation["rest"])[0]
    )
    whole = explanation["rest"] is None
    for part in dict.fromkeys((said, said.split(";")[0], said.split(",")[0])):
        if expansion := _beginning(_words(part), letters, whole=whole, loosely=inner is not None):
            yield expansion
            return


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _ending(words: Sequence[str], letters: str, *, loosely: bool) -> Expansion | None:
    """Find the fewest last words that the letters stand for."""
    first = max(0, len(words) - 2 * len(letters) - 1)
    parts = [tuple(words[start:]) for start in range(len(words) - 1, first - 1, -1)]
    return _best(parts, letters, loosely=loosely)


def _beginning(
    words: Sequence[str], letters: str, *, whole: bool, loosely: bool
) -> Expansion | None:
    """Find the first words that the letters stand for; ``whole``: all of them but general ones."""
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    last = min(len(words), 2 * len(letters) + 2)
    parts = [
        tuple(words[:end])
        for end in range(1, last + 1)
        if not whole or all(word in GENERAL for word in words[end:])
    ]
    return _best(parts, letters, loosely=loosely)


def _best(parts: Sequence[tuple[str, ...]], letters: str, *, loosely: bool) -> Expansion | None:
    for loose in (False, True) if loosely else (False,):
        for part in parts:
            begins = part[0][0] == letters[0] and part[0] not in SMALL
            if begins and _spells(part, letters, loosely=loose):
                return Expansion(part, plain=not loose)
    return None


def _spells(words: Sequence[str], letters: str, *, loosely: bool = False) -> bool:
    """Tell whether the letters begin the words; ``loosely``: or stand within them, in order."""
    if not words:
        return not letters
    word, rest = words[0], words[1:]
    if word in SMALL and _spells(rest, letters, loosely=loosely):
        return True
    if not letters or word[0] != letters[0]:
        return False
    if _spells(rest, letters[1:], loosely=loosely):
        return True
    return loosely and any(
        _spells(rest, letters[count:], loosely=True)
        for count in range(2, len(letters) + 1)
        if _within(word, letters[:count])
    )


def _within(word: str, letters: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in letters)
