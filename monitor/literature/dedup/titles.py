"""How two titles stand to each other: equal, another spelling, extended, alike or other. Pure.

The work is bounded, however long the titles are.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise, takewhile

# Letters and digits, in bytes: shorter titles ("Editorial", "Stroke prevention") are shared.
TELLING = 30
_BEGINNING = 20
_MAX_REST = 60
_LETTERS_TO_AN_EDIT = 6
_ALIKE = 0.6
_ROMAN = frozenset(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"))
# What parts two papers of one project, where one title has it and the other has not.
_PARTING = frozenset(
    ("protocol", "erratum", "correction", "corrigendum", "retraction", "reply", "response",
     "comment", "commentary", "letter", "editorial", "abstract", "pilot", "baseline", "update",
     "updated", "followup", "interim", "rationale")
)  # fmt: skip
_OPPOSED = tuple(
    frozenset(pair)
    for pair in (
        ("men", "women"), ("male", "female"), ("males", "females"), ("boys", "girls"),
        ("maternal", "paternal"), ("mothers", "fathers"), ("increase", "decrease"),
        ("increased", "decreased"), ("agonist", "antagonist"), ("upper", "lower"),
        ("left", "right"), ("before", "after"), ("with", "without"),
    )
)  # fmt: skip
_OPPOSED_BEGINNINGS = (("hypo", "hyper"), ("intra", "inter"), ("pre", "post"), ("ante", "post"))


class Titles(StrEnum):
    """How two titles stand to each other."""

    EQUAL = "same title"
    SPELLING = "same title but for its spelling"
    EXTENDED = "one title continues the other"
    ALIKE = "similar titles"
    PARTED = "titles that differ in a number or in what parts two papers"
    OTHER = "another title"


def telling(squeezed: str) -> bool:
    """Tell whether a title says enough for another paper not to have it by chance."""
    return len(squeezed) >= TELLING or len(squeezed.encode()) >= TELLING


def relation(one: Sequence[str], other: Sequence[str]) -> Titles:
    """Tell how two titles, given as their words, stand to each other; the order is no matter.

    Two titles without a word are no title's match.
    """
    short, long = sorted(("".join(one), "".join(other)), key=lambda text: (len(text), text))
    if short == long:
        return Titles.EQUAL if short else Titles.OTHER
    a, b = set(one), set(other)
    shared, most = len(a & b), max(len(a), len(b))
    continues = len(short) >= _BEGINNING and long.startswith(short)
    if not continues and shared < _ALIKE * most / 2:
        return Titles.OTHER
    if _spelt_otherwise([w for w in one if w not in b], [w for w in other if w not in a]):
        return Titles.SPELLING
    if not continues and shared < _ALIKE * len(a | b):
        return Titles.OTHER
    if parted(one, other):
        return Titles.PARTED
    return Titles.EXTENDED if continues else Titles.ALIKE


def parted(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether something in two titles parts them: a number, "part II", "protocol", "women"."""
    rest = set(one) ^ set(other)
    if any(word in _ROMAN or word in _PARTING or not word.isalpha() for word in rest):
        return True
    return _opposed(rest)


def _opposed(rest: set[str]) -> bool:
    if any(pair <= rest for pair in _OPPOSED):
        return True
    # "hypotension" and "hypertension"
    return any(
        word.startswith(first) and second + word[len(first) :] in rest
        for first, second in _OPPOSED_BEGINNINGS
        for word in rest
    )


def _spelt_otherwise(one: Sequence[str], other: Sequence[str]) -> bool:
    left, right = "".join(one), "".join(other)
    longest = max(len(left), len(right))
    shortest = min(len(left), len(right))
    if not shortest or longest > _MAX_REST or longest > 2 * shortest or parted(one, other):
        return left == right
    allowed = max(1, longest // _LETTERS_TO_AN_EDIT)
    return edits(left, right, allowed) <= allowed


def edits(one: str, other: str, most: int) -> int:
    """Count the letters to put in, take out or change; more than ``most`` is ``most + 1``.

    Takes len(one) × len(other) steps at worst, without the beginning and end they share.
    """
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, start=1):
        if min(row) > most:
            return most + 1
        above, row = row, [count]
        for (diagonal, over), wanted in zip(pairwise(above), other, strict=True):
            row.append(min(over + 1, row[-1] + 1, diagonal + (letter != wanted)))
    return min(row[-1], most + 1)


def _shared(one: str, other: str) -> int:
    """Count the letters that two texts begin with alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in alike)
