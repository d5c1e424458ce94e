"""One sheet of A4 as data: what its page, its print and its PDF all show. Pure.

A sheet has a place for so many words: what is longer is cut where a reader sees that it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Statement:
    """One of the three statements at the top. ``boxes`` mark the tier; ``words`` alone say it."""

    label: str
    words: str
    more: str = ""
    boxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption, its columns, and rows whose first cell heads them."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the sheet under its heading. Two that are ``half`` stand side by side."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: Table | None = None
    half: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A memo whole. ``address`` opens it, or the page it is of, again; ``caution`` stands out."""

    about: str  # what it is a memo of, in a few words
    on: date
    address: str
    promise: str  # what the address will show
    title: str
    lead: str
    caution: str
    blocks: tuple[Block, ...]
    foot: str
    statements: tuple[Statement, ...] = ()

    @property
    def rows(self) -> list[list[Block]]:
        """The blocks as they stand: two halves side by side, each other one alone."""
        laid: list[list[Block]] = []
        for block in self.blocks:
            if block.half and laid and len(laid[-1]) == 1 and laid[-1][0].half:
                laid[-1].append(block)
            else:
                laid.append([block])
        return laid


def cut(text: str, longest: int) -> str:
    """Keep a text within so many characters; where something is left out it ends in "…".

    >>> cut("Play, filmed at home", 12), cut("Play", 12)
    ('Play, filme…', 'Play')
    """
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def within(texts: Iterable[str], most: int, longest: int) -> tuple[str, ...]:
    """Keep the first so many texts that say anything, each within so many characters."""
    return tuple(cut(text, longest) for text in texts if text)[:most]
