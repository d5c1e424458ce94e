"""Tells in one pass over a text which of many patterns cannot match there, and where others may. Pure.

Most of the patterns by which papers are read begin nowhere in a given text, and to see that of each
alone means to walk the text as many times. A pattern that matches has at least one of a few fixed
words in what it matches ("random", "allocat" …): these are taken from the pattern itself, so that
nobody has to keep a list, and the rarest are looked for together. The pattern also says how far behind
the beginning of a match others may stand: of a pattern that may match, these are looked for next, and
only at those places is a match tried. Nothing is decided here: what may match is still matched by the
pattern.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import ahocorasick

_PARSER: Any = import_module("re._parser")  # how ``re`` itself takes a pattern apart
_SHORTEST = 2  # letters of a word that is worth looking for
_RARE_SIGNS = frozenset("<=>≤≥%")  # worth it alone; none has another case
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
Needed = dict[str, Reach]  # words, one of which stands in a match, and where there
Worth = Callable[[Needed], Any]  # what words are chosen by: the least is best
Ends = tuple[int, int | None]  # from a beginning to a word's end: least, and most if it is near
Met = tuple[int, Mapping[int, Ends]]  # the patterns that need a word: all their bits, and each
_BEGINNING: Reach = (0, 0)


class Sieve:
    """Some patterns, and the words of which each needs one to match."""

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self.patterns = tuple(dict.fromkeys(patterns))
        # by identity: a pattern's own hash is made of all its code, anew each time
        self._bits: dict[int, int] = {}
        self._always, meant = 0, dict[str, dict[int, Ends]]()
        self._nearer: dict[int, Any] = {}  # of patterns whose rarest words tell less of a place
        for number, pattern in enumerate(self.patterns):
            self._bits[id(pattern)] = bit = 1 << number
            rarest, nearest = _needed_by(pattern, _rarity), _needed_by(pattern, _nearness)
            if rarest is None or nearest is None:
                self._always |= bit
                continue
            for word, ends in _ends(rarest).items():
                meant.setdefault(word, {})[bit] = ends
            if nearest != rarest:
                self._nearer[bit] = _automaton(_ends(nearest))
        self._words = _automaton({word: (sum(bits), bits) for word, bits in meant.items()})
        self._met_in = lru_cache(maxsize=_REMEMBERED)(self._meet)

    def _meet(self, text: str) -> tuple[int, str, Sequence[tuple[int, Met]]]:
        """Give what may match in a text, the text in small letters, and where its words end."""
        small = _in_small_letters(text)
        met = [*self._words.iter(small)] if self._words else ()
        seen = self._always
        for _, (bits, _) in met:
            seen |= bits
        return seen, small, met

    def seen_in(self, text: str) -> int:
        """Give what may match in a text: opaque, to be joined with ``|`` and asked of."""
        return self._met_in(text)[0]

    def seen_in_any(self, texts: Iterable[str]) -> int:
        """Give what may match in one of several texts, or in all of them as lines of one."""
        seen = self._always
        for text in texts:
            seen |= self._met_in(text)[0]
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
        seen, small, met = self._met_in(text)
        if not bit & seen:
            return None
        if bit & self._always:
            return pattern.search(text)
        nearer = self._nearer.get(bit)
        places = _places(
            nearer.iter(small)
            if nearer
            else [(last, ends[bit]) for last, (bits, ends) in met if bits & bit]
        )
        if places is None:
            return pattern.search(text)
        if len(places) > _MOST_TRIED:
            return pattern.search(text, min(places))
        for place in sorted(places):
            if match := pattern.match(text, place):
                return match
        return None


def _places(met: Iterable[tuple[int, Ends]]) -> set[int] | None:
    """Give where a pattern may begin to match, by where its words end; None: it may be anywhere."""
    places: set[int] = set()
    for last, (least, most) in met:
        if most is None:
            return None
        if least == most:
            places.add(last - least)
        else:
            places.update(range(max(0, last - most), last - least + 1))
    return places


def _ends(needed: Needed) -> dict[str, Ends]:
    return {
        word: (least + len(word) - 1, most + len(word) - 1 if most < _FAR else None)
        for word, (least, most) in needed.items()
    }


def _automaton(words: Mapping[str, object]) -> Any:  # noqa: ANN401 - the library's own, without types
    automaton = ahocorasick.Automaton()
    for word, value in sorted(words.items()):
        automaton.add_word(word, value)
    automaton.make_automaton()
    return automaton


def words_needed(pattern: re.Pattern[str]) -> Words | None:
    """Give words, in small letters, one of which stands in whatever the pattern matches.

    None where nothing is sure.

    >>> sorted(words_needed(re.compile(r"\\brandomi[sz]ed?|(?:at|by) chance\\b")))
    [' chance', 'randomi']
    """
    needed = _needed_by(pattern, _rarity)
    return None if needed is None else frozenset(needed)


def _needed_by(pattern: re.Pattern[str], worth: Worth) -> Needed | None:
    return _needed(_PARSER.parse(pattern.pattern, pattern.flags), _BEGINNING, worth)


def _in_small_letters(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ODD_CASES).lower()


def _needed(parts: Any, begins: Reach, worth: Worth) -> Needed | None:  # noqa: ANN401 - as re gives them
    """Choose the best words of what each part of a sequence needs.

    ``begins``: how far behind the beginning of a match the sequence begins.
    """
    needs: list[Needed] = []
    for name, value, at in _runs(parts, begins):
        if name == _RUN:
            needs += [{value: at}] if len(value) >= _SHORTEST else []
        elif within := _needed_within(name, value, at, worth):
            needs.append(within)
    return min(needs, key=worth, default=None)


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


def _needed_within(name: str, value: Any, at: Reach, worth: Worth) -> Needed | None:  # noqa: ANN401 - as re gives them
    if name == "BRANCH":
        return _one_of([_needed(branch, at, worth) for branch in value[1]])
    if name == "SUBPATTERN":
        return _needed(value[-1], at, worth)
    if name == "ATOMIC_GROUP":
        return _needed(value, at, worth)
    if name in _REPEATED and value[0] > 0:
        return _needed(value[2], at, worth)  # of its first time
    return _signs(value, at) if name == "IN" else None


def _signs(several: Any, at: Reach) -> Needed | None:  # noqa: ANN401 - as re gives them
    """Give a choice of signs ("<", "="), each rare enough to be looked for; None: it is of others."""
    signs = [chr(value) for kind, value in several if str(kind) == "LITERAL"]
    if len(signs) < len(several) or not all(sign in _RARE_SIGNS for sign in signs):
        return None
    return dict.fromkeys(signs, at)


def _one_of(branches: Iterable[Needed | None]) -> Needed | None:
    words: Needed = {}
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


def _rarity(words: Needed) -> tuple[float, list[str]]:
    """Order: first the words that are rarest."""
    return sum(4.0 ** -len(word) for word in words), sorted(words)


def _nearness(words: Needed) -> tuple[bool, float, list[str]]:
    """Order: first the words that tell where a match begins, then those that are rarest."""
    return _is_anywhere(words), *_rarity(words)


def _is_anywhere(words: Needed) -> bool:
    return any(most >= _FAR for _, most in words.values())
