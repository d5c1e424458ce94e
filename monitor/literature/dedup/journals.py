"""Whether two names are one journal's: in full, abbreviated, by its initials. Pure."""

import re
from functools import lru_cache

from monitor.literature.text.folding import fold

_WORD = re.compile(r"[^\W_]+")
_ASIDE = re.compile(r"\[[^\]]{0,200}\]?|\([^)]{0,200}\)?")
# What follows a name: the congress whose abstracts it printed, the society it belongs to.
_TAIL = re.compile(r"(?:[.:]\s*conference\b|\s[:=/]\s).*")
_SMALL = frozenset(
    ("the", "of", "and", "for", "in", "on", "an", "de", "der", "des", "la", "le", "et", "und",
     "y", "en", "och", "og", "del", "du", "van", "di", "da", "do", "e")
)  # fmt: skip
_MAX_NAME = 300
_MIN_ACRONYM = 3


@lru_cache(maxsize=65_536)
def same_journal(first: str, second: str) -> bool | None:
    """Tell whether two names are one journal's; None where a name is missing or they may be.

    "Cancer" may be short for "Cancer Research", or another journal: None.
    """
    a, b = _words(first), _words(second)
    if not a or not b:
        return None
    if len(a) > len(b):
        a, b = b, a
    short, long = "".join(a), "".join(b)
    if short == long or _abbreviates(a, b) or _initials(a, b):
        return True
    return None if long.startswith(short) or _abbreviates(a, b[: len(a)]) else False


@lru_cache(maxsize=16_384)
def _words(name: str) -> tuple[str, ...]:
    folded = fold(name[:_MAX_NAME])
    words = _WORD.findall(_TAIL.sub("", _ASIDE.sub(" ", folded))) or _WORD.findall(folded)
    return tuple(word for word in words if word not in _SMALL)


def _abbreviates(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return len(short) == len(long) and all(map(_stands_for, short, long))


def _stands_for(short: str, long: str) -> bool:
    """Tell whether the shorter word is cut ("Psychol") or drawn together ("Natl")."""
    if len(short) > len(long):
        short, long = long, short
    if long.startswith(short):
        return True
    if short[0] != long[0] or len(short) < 2:  # noqa: PLR2004 - a letter alone is a beginning
        return False
    rest = iter(long)
    return all(letter in rest for letter in short)


def _initials(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return (
        len(short) == 1
        and len(long) >= _MIN_ACRONYM
        and short[0] == "".join(word[0] for word in long)
    )
