"""What divides one project into several papers: numbers, parts, times, and whom they are about. Pure.

"Part 1" and "part 2", "mothers" and "fathers", "after one year" and "after two": such titles may
stand on the same pages of one supplement, and are two papers all the same.
"""

import re
from collections.abc import Iterable, Sequence, Set

ROMAN = frozenset(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"))
_PEOPLE = tuple(
    frozenset(pair)
    for pair in (
        ("men", "women"), ("male", "female"), ("males", "females"), ("boys", "girls"),
        ("boy", "girl"), ("maternal", "paternal"), ("mothers", "fathers"), ("mother", "father"),
        ("mothering", "fathering"), ("motherhood", "fatherhood"), ("sons", "daughters"),
        ("son", "daughter"), ("brothers", "sisters"), ("grandmothers", "grandfathers"),
        ("mums", "dads"), ("moms", "dads"), ("wives", "husbands"),
    )
)  # fmt: skip
_OPPOSED = tuple(
    frozenset(pair)
    for pair in (
        ("increase", "decrease"), ("increased", "decreased"), ("agonist", "antagonist"),
        ("upper", "lower"), ("left", "right"), ("before", "after"), ("with", "without"),
    )
)  # fmt: skip
_OPPOSED_BEGINNINGS = (("hypo", "hyper"), ("intra", "inter"), ("pre", "post"), ("ante", "post"))
_BEGINNINGS = tuple(first for first, _ in _OPPOSED_BEGINNINGS)
_PERSONS = frozenset(word for pair in _PEOPLE for word in pair)
_OF_PAIRS = _PERSONS | {word for pair in _OPPOSED for word in pair}
_NUMBERS = frozenset(
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
     "twelve", "eighteen", "twenty", "first", "second", "third", "fourth", "fifth", "sixth",
     "seventh", "eighth", "ninth", "tenth", "eins", "zwei", "drei", "erster", "zweiter", "deux",
     "trois", "dos", "tres")
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:st|nd|rd|th|[a-z])?")  # "2", "2nd", "2b"; not "p16"
# A number beside one of these tells which of several papers it is, though the other has none.
_COUNTED = frozenset(
    ("part", "parts", "pt", "study", "paper", "report", "phase", "cohort", "wave", "chapter",
     "section", "volume", "vol", "no", "number", "nr", "experiment", "trial", "session", "episode",
     "teil", "partie", "parte", "deel", "del", "day", "days", "week", "weeks", "month", "months",
     "year", "years")
)  # fmt: skip


def divided(
    first: Sequence[str], second: Sequence[str], left: Sequence[str], right: Sequence[str]
) -> bool:
    """Tell whether two titles number or divide papers.

    ``left`` and ``right`` are the words that only ``first`` and only ``second`` has.
    """
    if left and right:
        return _numbered(left, right) or opposed({*left, *right})
    return _continues(first, left) or _continues(second, right)


def _numbered(left: Sequence[str], right: Sequence[str]) -> bool:
    """Tell whether each has a number that the other has not; "1984" for "1 984" is a slip."""
    one, other = _counting(left), _counting(right)
    return bool(one and other) and "".join(one) != "".join(other)


def _counting(words: Iterable[str]) -> list[str]:
    return [word for word in words if _counts(word)]


def _counts(word: str) -> bool:
    if len(word) == 1 or word in ROMAN or word in _NUMBERS:
        return True
    return _NUMBER.fullmatch(word) is not None


def opposed(rest: Set[str]) -> bool:
    """Tell whether the words that two titles do not share hold a pair of opposites."""
    if not rest.isdisjoint(_OF_PAIRS) and any(pair <= rest for pair in (*_PEOPLE, *_OPPOSED)):
        return True
    # "hypotension" and "hypertension"
    return any(
        word.startswith(first) and second + word[len(first) :] in rest
        for word in rest
        if word.startswith(_BEGINNINGS)
        for first, second in _OPPOSED_BEGINNINGS
    )


def _continues(title: Sequence[str], added: Sequence[str]) -> bool:
    """Tell whether what only one title has names one of several papers: "part 2", "the fathers"."""
    if not added:
        return False
    if len(persons := _PERSONS & {*added}) == 1 and not any(
        persons <= pair and pair & {*title} - persons for pair in _PEOPLE
    ):
        return True
    return any(
        _counts(word) and word in added and word != "a" and _beside_counted(title, place)
        for place, word in enumerate(title)
    )


def _beside_counted(title: Sequence[str], place: int) -> bool:
    near = {*title[max(0, place - 1) : place], *title[place + 1 : place + 2]}
    return bool(near & _COUNTED) or place == len(title) - 1
