"""Parts RIS into its references, also where a program wrote TY late, or fields behind ER. Pure.

A reference is what stands between one ER and the next, wherever its TY is. Fields between an ER and
the next TY may belong to either: they go where they say nothing twice, else to the nearer one; a
title there never goes back, since it begins another reference.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from monitor.feeds.files.lines import MAX_REFERENCE
from monitor.kernel.errors import InvalidInput

# A dash right after two letters begins no field unless a blank follows: "T1-weighted" goes on.
# A field begins: its tag, blanks, a dash.
TAG = re.compile(r"^([A-Z][A-Z0-9])(?: {1,2}- ?| {0,2}-(?= |$) ?)", re.MULTILINE)
_TITLES = frozenset(("TI", "T1", "CT", "BT"))
# of these a reference has one
_ONCE = _TITLES | frozenset(
    ("AB", "N2", "DO", "PY", "Y1", "DA", "JO", "JF", "JA", "T2", "SP", "EP", "VL", "IS", "ID", "AN",
     "LA", "DB", "DP", "SN", "AD")
)  # fmt: skip


@dataclass(slots=True)
class _Piece:
    """The lines from one ER to the next: those before TY, and those from it on."""

    before: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    ends: bool = False
    size: int = 0

    def add(self, line: str) -> None:
        (self.own or self.before).append(line)
        self.size += len(line)
        if self.size > MAX_REFERENCE:
            raise InvalidInput(
                f"one reference has more than {MAX_REFERENCE:,} characters: this is no list of "
                "references, or its line ends are lost"
            )


def blocks(text: Iterable[str]) -> Iterator[str]:
    """Give each reference as it is written, TY first or not.

    Raises:
        InvalidInput: one never ends.
    """
    held: _Piece | None = None
    style = False  # whether this file writes fields before TY
    for piece in _pieces(text):
        if held is None:
            style = bool(_tags(piece.before))
            piece.before = piece.before if style else []
        elif _goes_back(piece, held, style=style):
            held.own += piece.before
            piece.before = []
        if held is not None:
            yield from _written(held)
        held = piece
    if held is not None:
        yield from _written(held)


def regular(raw: str) -> str | None:
    """Write one reference as the standard has it: TY first, ER last, tags with two blanks.

    None where it does not end in ER: it was cut off.
    """
    lines = TAG.sub(r"\1  - ", raw).split("\n")
    types = [line for line in lines if line.startswith("TY  - ")]
    ends = [number for number, line in enumerate(lines) if line.startswith("ER  - ")]
    if not ends:
        return None
    inside = [line for line in lines[: ends[0]] if not line.startswith("TY  - ")]
    behind = lines[ends[0] + 1 :]
    first = next((number for number, line in enumerate(behind) if TAG.match(line)), len(behind))
    body = "\n".join([types[0] if types else "TY  - GEN", *inside, *behind[first:]])
    return f"{body}\nER  - \n"


def _pieces(text: Iterable[str]) -> Iterator[_Piece]:
    piece = _Piece()
    for line in text:
        tag = _tag(line)
        if tag == "TY":
            if piece.own:  # the one before was cut off
                yield piece
                piece = _Piece()
            piece.own = [line]
            piece.size += len(line)
            continue
        piece.add(line)
        if tag == "ER":
            piece.ends = True
            yield piece
            piece = _Piece()
    if "".join(piece.before + piece.own).strip():
        yield piece


def _goes_back(piece: _Piece, held: _Piece, *, style: bool) -> bool:
    """Tell whether the lines before a TY belong to the reference before."""
    between = _tags(piece.before)
    if not between:
        return True  # no fields: what a program wrote between two references
    if between & _TITLES or not held.ends:
        return False
    if not piece.own:
        return True  # the end of the file
    once = between & _ONCE
    again, once_more = len(once & _tags(held.before + held.own)), len(once & _tags(piece.own))
    if again != once_more:
        return again < once_more
    near, far = not _is_empty(piece.before[0]), not _is_empty(piece.before[-1])
    return near if near != far else not style


def _written(piece: _Piece) -> Iterator[str]:
    if _tags(piece.before) & _tags(piece.own) & _TITLES:  # two references, the first without ends
        yield "".join(piece.before).strip()
        piece.before = []
    lines = piece.before + piece.own
    if piece.own or _tags(lines) & _TITLES or (piece.ends and _tags(lines)):
        yield "".join(lines).strip()


def _tags(lines: list[str]) -> frozenset[str]:
    return frozenset(tag for line in lines if (tag := _tag(line))) - {"TY", "ER"}


def _tag(line: str) -> str:
    found = TAG.match(line)
    return found[1] if found else ""


def _is_empty(line: str) -> bool:
    return not line.strip()
