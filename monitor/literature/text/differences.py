"""How two texts differ, word by word. Pure; the pieces joined are the texts again."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from monitor.literature.text.folding import fold

_MOST = 1_500  # words compared; what follows is compared as one piece
_TOKEN = re.compile(r"\s*\S+")


class Piece(NamedTuple):
    """A piece of a text; ``only``: the other text does not say it."""

    text: str
    only: bool


class TextDifference(NamedTuple):
    """Two texts in pieces. ``same``: they say the same but for case, accents and marks."""

    same: bool
    one: tuple[Piece, ...]
    other: tuple[Piece, ...]


def words(one: str, other: str) -> TextDifference:
    """Compare two texts word by word.

    >>> words("A trial of it", "A Trial").one
    (Piece(text='A trial', only=False), Piece(text=' ', only=False), Piece(text='of it', only=True))
    """
    ours, theirs = _tokens(one), _tokens(other)
    our_words, their_words = [_word(t) for t in ours], [_word(t) for t in theirs]
    if our_words == their_words:
        return TextDifference(same=True, one=_whole(one), other=_whole(other))
    blocks = SequenceMatcher(None, our_words, their_words).get_matching_blocks()
    return TextDifference(
        same=False,
        one=_pieces(ours, [(block.a, block.size) for block in blocks]),
        other=_pieces(theirs, [(block.b, block.size) for block in blocks]),
    )


def items(one: Sequence[str], other: Sequence[str]) -> TextDifference:
    """Compare two lists whose order does not matter, such as identifiers, item by item."""
    return TextDifference(
        same=set(one) == set(other),
        one=tuple(Piece(item, item not in other) for item in one),
        other=tuple(Piece(item, item not in one) for item in other),
    )


def _tokens(text: str) -> list[str]:
    """Cut a text into words, each with the spaces before it; those at the end come last."""
    found = _TOKEN.findall(text.rstrip())
    if len(found) > _MOST:
        found = [*found[:_MOST], "".join(found[_MOST:])]
    behind = text[len(text.rstrip()) :]
    return [*found, behind] if behind else found


def _word(token: str) -> str:
    folded = fold(token)
    return "".join(c for c in folded if c.isalnum()) or token.strip()


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, only=False),) if text else ()


def _pieces(tokens: Sequence[str], shared: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    position = 0
    for start, size in (*shared, (len(tokens), 0)):
        alone = "".join(tokens[position:start])
        words = alone.lstrip()
        found.append(Piece(alone[: len(alone) - len(words)], only=False))
        found.append(Piece(words, only=True))
        found.append(Piece("".join(tokens[start : start + size]), only=False))
        position = start + size
    return tuple(piece for piece in found if piece.text)
