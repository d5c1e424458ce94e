"""Tells in one pass over a text which of many patterns cannot match there, and where others may. Pure.

Most of the patterns by which papers are read begin nowhere in a given text, and to see that of each
alone means to walk the text as many times. A pattern that matches has at least one of a few fixed
words in what it matches ("random", "allocat" …): these are taken from the pattern itself, so that
nobody has to keep a list, and looked for together. The pattern also says how far behind the
beginning of a match such a word may stand: only at those places a match is tried. Nothing is decided
here: what may match is still matched by the pattern.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import ahocorasick

_PARSER: Any = import_module("re._parser")  # how ``re`` itself takes a pattern apart
_SHORTEST = 2  # letters of a word that is worth looking for
_WITHOUT_WIDTH = frozenset(("AT", "ASSERT", "ASSERT_NOT"))
_REPEATED = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_RUN = "fixed words"
_ASCII = 128
# What ``re`` takes for an ASCII letter where case does not matter, and ``str.lower`` does not. With
# these no letter becomes two: a place in the text in small letters is the same place in the text.
_ODD_CASES = str.maketrans({"\u017f": "s", "\u0131": "i", "\u0130": "i", "\u212a": "k"})
_REMEMBERED = 1_024  # a paper's sentences are asked for several times, one reading after another
_MOST_TRIED = 48  # places: with more it is quicker to let the pattern go on from the first of them
_FAR = 24  # what may stand so many characters behind a beginning may as well stand anywhere

Words = frozenset[str]
Reach = tuple[int, int]  # least and most characters from the beginning of a match to a word in it
Met = tuple[int, Reach]  # where a word stands, and its reach
_BEGINNING: Reach = (0, 0)


class Sieve:
    """Some patterns, and the words of which each needs one to match."""

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self.patterns = tuple(dict.fromkeys(patterns))
        # by identity: a pattern's own hash is made of all its code, anew each time
        self._bits: dict[int, int] = {}
        self._always, meant = 0, dict[str, dict[int, Reach]]()
        for number, pattern in enumerate(self.patterns):
            self._bits[id(pattern)] = bit = 1 << number
            needed = _needed(_PARSER.parse(pattern.pattern, pattern.flags), _BEGINNING)
            if needed is None:
                self._always |= bit
            for word, reach in (needed or {}).items():
                meant.setdefault(word, {})[bit] = reach
        self._words: Any = ahocorasick.Automaton()
        for word, reaches in sorted(meant.items()):
            self._words.add_word(word, (len(word) - 1, tuple(reaches.items())))
        self._words.make_automaton()
        self._met_in = lru_cache(maxsize=_REMEMBERED)(self._meet)

    def _meet(self, text: str) -> tuple[int, Mapping[int, Sequence[Met]]]:
        """Give what may match in a text, and the words that say so, by the pattern's bit."""
        met: dict[int, list[Met]] = {}
        if self._words:
            for last, (before, reaches) in self._words.iter(_in_small_letters(text)):
                at = last - before
                for bit, reach in reaches:
                    if bit in met:
                        met[bit].append((at, reach))
                    else:
                        met[bit] = [(at, reach)]
        return sum(met, self._always), met

    def seen_in(self, text: str) -> int:
        """Give what may match in a text: opaque, to be joined with ``|`` and asked of."""
        return self._met_in(text)[0]

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
        return bool(self._bits[id(pattern)] & seen)

    def search(self, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
        """Search as the pattern does."""
        bit = self._bits[id(pattern)]
        seen, met = self._met_in(text)
        if not bit & seen:
            return None
        if bit & self._always:
            return pattern.search(text)
        places = _places(met[bit])
        if len(places) > _MOST_TRIED:
            return pattern.search(text, min(places))
        for place in sorted(places):
            if match := pattern.match(text, place):
                return match
        return None


def _places(met: Sequence[Met]) -> Sequence[int] | set[int]:
    """Give where a pattern may begin to match, or where the first of very many such places is."""
    places: set[int] = set()
    for at, (least, most) in met:
        if most >= _FAR:
            return range(_MOST_TRIED + 1)
        if least == most:
            places.add(at - least)
        else:
            places.update(range(max(0, at - most), at - least + 1))
    return places


def words_needed(pattern: re.Pattern[str]) -> Words | None:
    """Give words, in small letters, one of which stands in whatever the pattern matches.

    None where nothing is sure.

    >>> sorted(words_needed(re.compile(r"\\brandomi[sz]ed?|(?:at|by) chance\\b")))
    [' chance', 'randomi']
    """
    needed = _needed(_PARSER.parse(pattern.pattern, pattern.flags), _BEGINNING)
    return None if needed is None else frozenset(needed)


def _in_small_letters(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ODD_CASES).lower()


def _needed(parts: Any, begins: Reach) -> dict[str, Reach] | None:  # noqa: ANN401 - as re gives them
    """Choose, of what each part of a sequence needs, the words that tell most and are rarest.

    ``begins``: how far behind the beginning of a match the sequence begins.
    """
    needs: list[dict[str, Reach]] = []
    for name, value, at in _runs(parts, begins):
        if name == _RUN:
            needs += [{value: at}] if len(value) >= _SHORTEST else []
        elif within := _needed_within(name, value, at):
            needs.append(within)
    return min(needs, key=_worth, default=None)


def _runs(parts: Any, begins: Reach) -> Iterator[tuple[str, Any, Reach]]:  # noqa: ANN401 - as re gives them
    """Give the fixed words of a sequence, and its other parts by name and value; each with its reach."""
    run, began, at = "", begins, begins
    for kind, value in parts:
        name = str(kind)
        if name == "LITERAL" and value < _ASCII:
            run, began = run + chr(value).lower(), began if run else at
            at = _further(at, (1, 1))
        elif name not in _WITHOUT_WIDTH:
            yield _RUN, run, began
            yield name, value, at
            run = ""
            at = _further(at, _PARSER.SubPattern(parts.state, [(kind, value)]).getwidth())
    yield _RUN, run, began


def _further(at: Reach, by: Reach) -> Reach:
    return at[0] + by[0], min(at[1] + by[1], _FAR)


def _needed_within(name: str, value: Any, at: Reach) -> dict[str, Reach] | None:  # noqa: ANN401 - as re gives them
    if name == "BRANCH":
        return _one_of([_needed(branch, at) for branch in value[1]])
    if name == "SUBPATTERN":
        return _needed(value[-1], at)
    if name == "ATOMIC_GROUP":
        return _needed(value, at)
    if name in _REPEATED and value[0] > 0:
        return _needed(value[2], at)  # of its first time
    return None


def _one_of(branches: Sequence[dict[str, Reach] | None]) -> dict[str, Reach] | None:
    words: dict[str, Reach] = {}
    for branch in branches:
        if branch is None:
            return None
        for word, reach in branch.items():
            words[word] = _either(words.get(word, reach), reach)
    # where a shorter word is looked for, a longer one with it inside says nothing more
    for word in sorted(words, key=len, reverse=True):
        other = next((short for short in words if short != word and short in word), None)
        if other is not None:
            at = word.index(other)
            words[other] = _either(words[other], _further(words.pop(word), (at, at)))
    return words


def _either(first: Reach, second: Reach) -> Reach:
    return min(first[0], second[0]), max(first[1], second[1])


def _worth(words: Mapping[str, Reach]) -> tuple[bool, float, list[str]]:
    """Order: first words that tell where a match begins, then those that are rarest."""
    is_anywhere = any(most >= _FAR for _, most in words.values())
    return is_anywhere, sum(4.0 ** -len(word) for word in words), sorted(words)
