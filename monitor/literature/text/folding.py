"""Text folded for comparing: case, accents, dashes, spacing and marks do not matter.

Folded text is for finding and comparing only; it is never shown and never stored as a text.
Offsets lead back to the original, so that what is shown is always the source's own words.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

_AS_SPACE = frozenset("'`´‘’‚‛ʹʻʼʽ′＇−")  # apostrophes, and the minus sign used as a dash
_DROPPED = frozenset("®©℗")
# Letters, NFKD and case folded; everything else by category.
_NOTHING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})
# Names are Latin. A letter of these or nearby alphabets beside a name makes another word of it;
# scripts that write no spaces between words (from Hangul Jamo on) do not.
_JOINING_BELOW = 0x1100


class _Table(dict[int, str]):
    """Folds one character at a time, remembering each: for ``str.translate``."""

    def __missing__(self, code: int) -> str:
        """Fold a character not met before."""
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    if character.isspace() or character in _AS_SPACE:
        return " "
    if character in _DROPPED or unicodedata.decomposition(character).startswith(
        ("<super>", "<sub>")
    ):
        return ""  # footnote marks and trade marks
    decomposed = unicodedata.normalize("NFKD", character)
    folded = unicodedata.normalize("NFKD", decomposed.casefold())
    return "".join(_plain(part) for part in folded)


def _plain(character: str) -> str:
    if character == "&":
        return " and "
    if character.isspace() or character in _AS_SPACE:
        return " "
    category = unicodedata.category(character)
    if category == "Pd":
        return " "
    return "" if category in _NOTHING else character


_TABLE = _Table()
_OTHERS = re.compile("[^\x00-\x7f]")
# The same for bytes, which is many times faster: one byte a character, "&" apart.
_BYTES = bytes(ord(_TABLE[c]) if len(_TABLE[c]) == 1 else c for c in range(128)) + bytes(128)
_GONE = bytes(code for code in range(128) if not _TABLE[code])
_WORDS_ONLY = bytes(c if chr(c).isalnum() else 32 for c in _BYTES[:128]) + b" " * 128


def _characters(text: str) -> str:
    """Fold each character; spacing as it was."""
    if not text.isascii():
        text = _OTHERS.sub(lambda found: _TABLE[ord(found[0])], text)
        if not text.isascii():
            return text.translate(_TABLE)
    folded = text.encode().translate(_BYTES, _GONE).replace(b"&", b" and ")
    return folded.decode("ascii")


@lru_cache(maxsize=16)  # one rule after another skims the title and the abstract at hand
def skim(text: str) -> str:
    """Fold a text to its Latin words with a space before and after each; all else is lost.

    Many times faster than ``fold``, to see that a text has none of some words.

    >>> skim("Prés-VIPP (β): a")
    ' pres vipp      a '
    """
    if not text.isascii():
        text = _OTHERS.sub(lambda found: _TABLE[ord(found[0])], text)
    return f" {text.encode('ascii', 'replace').translate(_WORDS_ONLY, _GONE).decode('ascii')} "


@lru_cache(maxsize=32)  # one rule after another folds the title and the abstract at hand
def fold(text: str) -> str:
    """Fold a text; words are parted by single spaces, other punctuation stays.

    >>> fold("Video‑Feedback  INTERVENTION®, Prés & co")
    'video feedback intervention, pres and co'
    """
    return " ".join(_characters(text).split()).replace(" ,", ",")


# Trade marks in letters. Looking for them as fixed texts first is much faster.
_MARKS = ("(R)", "(TM)", "(r)", "(tm)", "[R]", "[TM]")
_MARK = re.compile(r"\s?(?:\((?:R|TM|r|tm)\)|\[(?:R|TM)\])")
_BROKEN = re.compile(r"-(?<=[^\W\d_]-)\s+(?=[^\W\d_])")  # its first character literal: much faster


def mended(text: str, *, marks: bool = True) -> str | None:
    """Put words broken at a line's end together again, without trade marks; None: nothing to mend.

    Every other character keeps its place: what is taken out becomes soft hyphens, which folding
    leaves out. Without ``marks`` trade marks stay: they hide no whole word.
    """
    hyphened = text.replace("\u2010", "-")
    marked = marks and any(mark in text for mark in _MARKS)
    if not marked and not _BROKEN.search(hyphened):
        return None
    if marked:
        hyphened = _MARK.sub(_soft, hyphened)
    return _BROKEN.sub(_soft, hyphened)


def _soft(found: re.Match[str]) -> str:
    return "\u00ad" * len(found[0])


@dataclass(frozen=True)
class Folded:
    """A text with its folded form and, once asked for, the way back."""

    original: str
    text: str

    @classmethod
    def of(cls, original: str) -> "Folded":
        """Fold ``original``."""
        return cls(original, fold(original))

    @cached_property
    def offsets(self) -> Sequence[int]:
        """Give, for each folded character, the index of the original one it came from."""
        # most texts fold sign by sign: to see that costs a tenth of following each
        if len(self.text) == len(self.original) and _folds_sign_by_sign(self.original):
            return range(len(self.text))
        offsets: list[int] = []
        folded: list[str] = []
        for index, character in enumerate(self.original):
            for part in _TABLE[ord(character)]:
                if part == " " and (not folded or folded[-1] == " "):
                    continue
                if part == "," and folded and folded[-1] == " ":
                    folded.pop()
                    offsets.pop()
                folded.append(part)
                offsets.append(index)
        return offsets[: len(self.text)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Lead a folded span back to the original: its first index and the one after its last.

        Marks that combine with the last letter belong to it.
        """
        first, after = self.offsets[start], self.offsets[end - 1] + 1
        while after < len(self.original) and unicodedata.combining(self.original[after]):
            after += 1
        return first, after


def _folds_sign_by_sign(text: str) -> bool:
    if text.isascii():
        return "&" not in text
    return all(len(_TABLE[ord(character)]) <= 1 for character in set(text))


def starts_word(folded: str, start: int) -> bool:
    """Tell whether a word may start at ``start``."""
    return start == 0 or not _joins(folded[start - 1])


def ends_word(folded: str, end: int) -> bool:
    """Tell whether a word may end before ``end``."""
    return end == len(folded) or not _joins(folded[end])


def _joins(character: str) -> bool:
    return character.isalnum() and ord(character) < _JOINING_BELOW
