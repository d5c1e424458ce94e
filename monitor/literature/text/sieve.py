"""Tells in one pass over a text which of many patterns cannot match there. Pure.

Most of the patterns by which papers are read begin nowhere in a given text, and to see that of each
alone means to walk the text as many times. A pattern that matches has at least one of a few fixed
words in what it matches ("random", "allocat" …): these are taken from the pattern itself, so that
nobody has to keep a list, and looked for together. Nothing is decided here: what may match is still
searched.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import ahocorasick

_PARSER: Any = import_module("re._parser")  # how ``re`` itself takes a pattern apart
_SHORTEST = 2  # letters of a word that is worth looking for
_WITHOUT_WIDTH = frozenset(("AT", "ASSERT", "ASSERT_NOT"))
_REPEATED = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_ASCII = 128
# What ``re`` takes for an ASCII letter where case does not matter, and ``str.lower`` does not.
_ODD_CASES = str.maketrans({"\u017f": "s", "\u0131": "i", "\u0130": "i", "\u212a": "k"})
_REMEMBERED = 4_096  # a paper's sentences are asked for several times, one reading after another

Words = frozenset[str]


class Sieve:
    """Some patterns, and the words of which each needs one to match."""

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self._bits: dict[re.Pattern[str], int] = {}
        self._always, meant = 0, dict[str, int]()
        for number, pattern in enumerate(dict.fromkeys(patterns)):
            self._bits[pattern] = 1 << number
            words = words_needed(pattern)
            if words is None:
                self._always |= 1 << number
            for word in words or ():
                meant[word] = meant.get(word, 0) | 1 << number
        self._words: Any = ahocorasick.Automaton()
        for word, bits in sorted(meant.items()):
            self._words.add_word(word, bits)
        self._words.make_automaton()
        self.seen_in = lru_cache(maxsize=_REMEMBERED)(self._seen_in)

    def _seen_in(self, text: str) -> int:
        """Give what may match in a text: opaque, to be joined with ``|`` and asked of."""
        seen = self._always
        if self._words:
            for _, bits in self._words.iter(_in_small_letters(text)):
                seen |= bits
        return seen

    def seen_in_any(self, texts: Iterable[str]) -> int:
        """Give what may match in one of several texts, or in all of them as lines of one."""
        seen = self._always
        for text in texts:
            seen |= self.seen_in(text)
        return seen

    def may_match(self, pattern: re.Pattern[str], seen: int) -> bool:
        """Tell whether a pattern of the sieve may match where ``seen`` was seen.

        Raises:
            KeyError: it is none of the sieve's.
        """
        return bool(self._bits[pattern] & seen)

    def search(self, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
        """Search as the pattern does."""
        return pattern.search(text) if self._bits[pattern] & self.seen_in(text) else None


def words_needed(pattern: re.Pattern[str]) -> Words | None:
    """Give words, in small letters, one of which stands in whatever the pattern matches.

    None where nothing is sure.

    >>> sorted(words_needed(re.compile(r"\\\\brandomi[sz]ed?|(?:at|by) chance\\\\b")))
    [' chance', 'randomi']
    """
    return _needed(_PARSER.parse(pattern.pattern, pattern.flags))


def _in_small_letters(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ODD_CASES).lower()


def _needed(parts: Iterable[tuple[Any, Any]]) -> Words | None:
    """Choose, of what each part of a sequence needs, the words that are rarest in other texts."""
    needs: list[Words] = []
    run = ""
    for kind, value in parts:
        name = str(kind)
        if name == "LITERAL" and value < _ASCII:
            run += chr(value).lower()
        elif name not in _WITHOUT_WIDTH:
            needs += [frozenset((run,))] if len(run) >= _SHORTEST else []
            run = ""
            if within := _needed_within(name, value):
                needs.append(within)
    needs += [frozenset((run,))] if len(run) >= _SHORTEST else []
    return min(needs, key=_how_often, default=None)


def _needed_within(name: str, value: Any) -> Words | None:  # noqa: ANN401 - as re gives them
    if name == "BRANCH":
        return _one_of([_needed(branch) for branch in value[1]])
    if name == "SUBPATTERN":
        return _needed(value[-1])
    if name == "ATOMIC_GROUP":
        return _needed(value)
    if name in _REPEATED and value[0] > 0:
        return _needed(value[2])
    return None


def _one_of(branches: Sequence[Words | None]) -> Words | None:
    words: set[str] = set()
    for branch in branches:
        if branch is None:
            return None
        words |= branch
    # where a shorter word is looked for, a longer one with it inside says nothing more
    return frozenset(w for w in words if not any(o != w and o in w for o in words))


def _how_often(words: Words) -> tuple[float, list[str]]:
    return sum(4.0 ** -len(word) for word in words), sorted(words)
