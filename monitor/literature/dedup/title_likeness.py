"""How two titles stand to each other: equal, another spelling, extended, alike or other. Pure.

The work is bounded, however long the titles are.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import takewhile

from monitor.literature.dedup.dividing import ROMAN, divided, opposed

# Letters and digits, in bytes: shorter titles ("Editorial", "Stroke prevention") are shared.
TELLING = 30
_BEGINNING = 20
_MAX_REST = 60
_LETTERS_TO_AN_EDIT = 6
_ALIKE = 0.6
# What parts two papers of one project, where one title has it and the other has not.
_PARTING = frozenset(
    ("protocol", "erratum", "correction", "corrigendum", "retraction", "reply", "response",
     "comment", "commentary", "letter", "editorial", "abstract", "pilot", "baseline", "update",
     "updated", "followup", "interim", "rationale")
)  # fmt: skip


class Titles(StrEnum):
    """How two titles stand to each other."""

    EQUAL = "same title"
    SPELLING = "same title but for its spelling"
    EXTENDED = "one title continues the other"
    ALIKE = "similar titles"
    PARTED = "titles that differ in a number or in what parts two papers"
    DIVIDED = "titles that number or divide two papers"
    OTHER = "another title"


def telling(squeezed: str) -> bool:
    """Tell whether a title says enough for another paper not to have it by chance."""
    return len(squeezed) >= TELLING or len(squeezed.encode()) >= TELLING


def relation(first: Sequence[str], second: Sequence[str]) -> Titles:
    """Tell how two titles, given as their words, stand to each other; the order is no matter.

    Two titles without a word are no title's match.
    """
    short, long = sorted(("".join(first), "".join(second)), key=lambda text: (len(text), text))
    if short == long:
        return Titles.EQUAL if short else Titles.OTHER
    a, b = set(first), set(second)
    shared, most = len(a & b), max(len(a), len(b))
    continues = len(short) >= _BEGINNING and long.startswith(short)
    if not continues and shared < _ALIKE * most / 2:
        return Titles.OTHER
    left, right = _beyond(first, second), _beyond(second, first)
    divides = divided(first, second, left, right)
    if not divides and _spelt_otherwise(left, right):
        return Titles.SPELLING
    if not continues and shared < _ALIKE * len(a | b):
        return Titles.OTHER
    if divides or _replaced(left, right):
        return Titles.DIVIDED
    near = Titles.EXTENDED if continues else Titles.ALIKE
    return Titles.PARTED if parted(first, second) else near


def _beyond(title: Sequence[str], other: Sequence[str]) -> list[str]:
    """List the words that ``title`` has more often than ``other``."""
    left = list(other)
    added = []
    for word in title:
        if word in left:
            left.remove(word)
        else:
            added.append(word)
    return added


def _replaced(left: Sequence[str], right: Sequence[str]) -> bool:
    """Tell whether some word stands in the place of another, and is not a slip of it."""
    if not left or not right or _slip("".join(left), "".join(right)):
        return False
    return not (_has_slips_of(left, right) and _has_slips_of(right, left))


def _has_slips_of(words: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether each word is spelt otherwise, in part or together with others, there."""
    joined = "".join(others)
    return all(
        word in joined or any(_within(other, word) or _slip(word, other) for other in others)
        for word in words
    )


def _within(part: str, word: str) -> bool:
    return len(part) > 1 and part in word


def _slip(first: str, second: str) -> bool:
    allowed = max(1, max(len(first), len(second)) // _LETTERS_TO_AN_EDIT)
    return edits(first[:_MAX_REST], second[:_MAX_REST], allowed) <= allowed


def parted(first: Sequence[str], second: Sequence[str]) -> bool:
    """Tell whether something in two titles parts them: a number, "part II", "protocol", "women"."""
    rest = set(first) ^ set(second)
    if any(word in ROMAN or word in _PARTING or not word.isalpha() for word in rest):
        return True
    return opposed(rest)


def _spelt_otherwise(first: Sequence[str], second: Sequence[str]) -> bool:
    left, right = "".join(first), "".join(second)
    longest = max(len(left), len(right))
    shortest = min(len(left), len(right))
    if not shortest or longest > _MAX_REST or longest > 2 * shortest or parted(first, second):
        return left == right
    allowed = max(1, longest // _LETTERS_TO_AN_EDIT)
    return edits(left, right, allowed) <= allowed


def edits(first: str, second: str, most: int) -> int:
    """Count the letters to put in, take out or change; more than ``most`` is ``most + 1``.

    Takes len(first) × (2 × most + 1) steps at worst, without the beginning and end they share.
    """
    start = _shared(first, second)
    first, second = first[start:], second[start:]
    end = _shared(first[::-1], second[::-1])
    first, second = first[: len(first) - end], second[: len(second) - end]
    if max(_only_in(first, second), _only_in(second, first)) > most:
        return most + 1
    row = list(range(len(second) + 1))
    for count, letter in enumerate(first, start=1):
        above, row = row, [count, *[most + 1] * len(second)]
        # further from the diagonal, more than ``most`` letters were put in or taken out already
        near = range(max(1, count - most), min(len(second), count + most) + 1)
        for place in near:
            changed = above[place - 1] + (letter != second[place - 1])
            row[place] = min(above[place] + 1, row[place - 1] + 1, changed)
        if min(row[near.start - 1 : near.stop]) > most:
            return most + 1
    return min(row[-1], most + 1)


def _only_in(text: str, other: str) -> int:
    """Count the letters that a text has more of than another: each must be changed or taken out."""
    return sum(max(0, text.count(letter) - other.count(letter)) for letter in {*text})


def _shared(first: str, second: str) -> int:
    """Count the letters that two texts begin with alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in alike)
