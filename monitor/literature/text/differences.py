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


def words(first: str, second: str) -> TextDifference:
    """Compare two texts word by word.

    >>> words("A trial of it", "A Trial").one
    (Piece(text='A trial', only=False), Piece(text=' ', only=False), Piece(text='of it', only=True))
    """
    ours, theirs = _tokens(first), _tokens(second)
    our_words, their_words = [_word(t) for t in ours], [_word(t) for t in theirs]
    if our_words == their_words:
        return TextDifference(same=True, one=_whole(first), other=_whole(second))
    blocks = SequenceMatcher(None, our_words, their_words).get_matching_blocks()
    return TextDifference(
        same=False,
        one=_pieces(ours, [(block.a, block.size) for block in blocks]),
        other=_pieces(theirs, [(block.b, block.size) for block in blocks]),
    )


def items(first: Sequence[str], second: Sequence[str]) -> TextDifference:
    """Compare two lists whose order does not matter, such as identifiers, item by item."""
    return TextDifference(
        same=set(first) == set(second),
        one=tuple(Piece(item, item not in second) for item in first),
        other=tuple(Piece(item, item not in first) for item in second),
    )


def _tokens(text: str) -> list[str]:
    """Cut a text into words, each with the spaces before it; those at the end come last."""
    tokens = _TOKEN.findall(text.rstrip())
    if len(tokens) > _MOST:
        tokens = [*tokens[:_MOST], "".join(tokens[_MOST:])]
    behind = text[len(text.rstrip()) :]
    return [*tokens, behind] if behind else tokens


def _word(token: str) -> str:
    folded = fold(token)
    return "".join(c for c in folded if c.isalnum()) or token.strip()


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, only=False),) if text else ()


def _pieces(tokens: Sequence[str], shared: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    position = 0
    for start, size in (*shared, (len(tokens), 0)):
        alone = "".join(tokens[position:start])
        words = alone.lstrip()
        pieces.append(Piece(alone[: len(alone) - len(words)], only=False))
        pieces.append(Piece(words, only=True))
        pieces.append(Piece("".join(tokens[start : start + size]), only=False))
        position = start + size
    return tuple(piece for piece in pieces if piece.text)
