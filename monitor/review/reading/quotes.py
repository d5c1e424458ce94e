"""Whether what somebody quotes stands in the text that is held. Pure; refuses nothing.

Typography is not words: quotation marks, dashes, spaces and case may differ, and dots may stand for
what was left out.
"""

import re
import unicodedata
from collections.abc import Iterable

_LEFT_OUT = re.compile(r"\[?(?:…|\.\s?\.\s?\.)\]?|\n")
_MINUS = re.compile(r"(?<![\w)])[-−–](?=[\d.·])")
_SIGNS = re.compile(r"([%<>=±+])")
_MARKS = re.compile(r"[^\w%<>=±+]+")


def stands_in(quote: str, texts: Iterable[str]) -> bool:
    """Tell whether every piece of a quote stands in one of the texts, word for word.

    An empty quote stands everywhere.

    >>> stands_in("The groups … differed.", ["“The groups”, it says, differed."])
    True
    >>> stands_in("The groups differed", ["The groups did not differ"])
    False
    """
    held = [f" {_words(text)} " for text in texts]
    pieces = [words for piece in _LEFT_OUT.split(quote) if (words := _words(piece))]
    return all(any(f" {piece} " in text for text in held) for piece in pieces)


def _words(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    signed = _SIGNS.sub(r" \1 ", _MINUS.sub(" minus ", folded))
    return _MARKS.sub(" ", signed).strip()
