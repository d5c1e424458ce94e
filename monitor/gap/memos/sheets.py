"""One sheet of A4 as data: what its page, its print and its PDF all show. Pure.

A sheet has a place for so many words: what is longer is cut where a reader sees that it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

# characters that a printed page holds at full size, and after each step (memo.css has the steps)
_PAGES_HOLD = (4_300, 5_200, 6_200, 7_400)


@dataclass(frozen=True, slots=True)
class DrawnInterval:
    """An estimate with its interval, to be drawn: standardised differences, more is better.

    ``delta`` is the difference that matters; ``settled``: whether the label is.
    """

    estimate: float
    low: float
    high: float
    delta: float
    settled: bool

    @property
    def leaves(self) -> bool:
        """Whether it goes on outside the scale of every mark, from -1 to 1."""
        return self.low < -1 or self.high > 1


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line under a statement, whose words say all that its mark draws. None: no size is known."""

    words: str
    interval: DrawnInterval | None = None


@dataclass(frozen=True, slots=True)
class SheetStatement:
    """One of the three statements at the top. ``boxes`` mark the tier; ``words`` alone say it.

    ``lines`` stand beneath, and ``more`` after them.
    """

    label: str
    words: str
    more: str = ""
    boxes: tuple[str, ...] = ()
    lines: tuple[StatementLine, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetTable:
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
    table: SheetTable | None = None
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
    statements: tuple[SheetStatement, ...] = ()

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

    @property
    def crowded(self) -> int:
        """How many steps smaller than usual a browser has to print it, for one page to hold it.

        A PDF finds its own size; a browser can only be told, by how much there is to read.
        """
        length = sum(map(len, self._texts()))
        return sum(length > most for most in _PAGES_HOLD)

    def _texts(self) -> Iterator[str]:
        yield from (self.address, self.promise, self.title, self.lead, self.caution, self.foot)
        for statement in self.statements:
            yield from (
                statement.label,
                statement.words,
                statement.more,
                *(line.words for line in statement.lines),
            )
        for block in self.blocks:
            yield from (block.heading, *block.paragraphs, *block.points)
            if block.table:
                yield from (cell for row in block.table.rows for cell in row)


def cut(text: str, longest: int) -> str:
    """Keep a text within so many characters; where something is left out it ends in "…".

    >>> cut("Play, filmed at home", 12), cut("Play", 12)
    ('Play, filme…', 'Play')
    """
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def within(texts: Iterable[str], most: int, longest: int) -> tuple[str, ...]:
    """Keep the first so many texts that say anything, each within so many characters."""
    return tuple(cut(text, longest) for text in texts if text)[:most]
