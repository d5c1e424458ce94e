"""Which characters the memo's fonts can draw: the others are written as their number.

A box in a name says nothing, and PDF/UA allows none. Read from the fonts' own tables ("cmap" of the
OpenType specification, formats 4 and 12).
"""

import functools
import struct
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from monitor.kernel.language.text import line

FONTS = Path(__file__).with_name("fonts")
_SEGMENTED, _GROUPED = 4, 12
_LAST = 0xFFFF  # of format 4, which stands for no character


def drawable(text: str) -> str:
    """Give a text on one line, each character that no font has as "[U+6F22]".

    >>> drawable("Zoë and 漢")
    'Zoë and [U+6F22]'
    """
    known = _known()
    composed = unicodedata.normalize("NFC", line(text))
    return "".join(
        character if ord(character) in known else f"[U+{ord(character):04X}]"
        for character in composed
    )


@functools.cache
def _known() -> frozenset[int]:
    return frozenset(code for path in sorted(FONTS.glob("*.ttf")) for code in _drawn_by(path))


def _drawn_by(path: Path) -> Iterator[int]:
    """List the characters that a font maps to a glyph."""
    font = path.read_bytes()
    tables = struct.unpack(">H", font[4:6])[0]
    entries = (struct.unpack(">4sIII", font[12 + 16 * n : 28 + 16 * n]) for n in range(tables))
    start = next(offset for tag, _, offset, _ in entries if tag == b"cmap")
    for n in range(struct.unpack(">H", font[start + 2 : start + 4])[0]):
        at = start + 4 + 8 * n
        table = start + struct.unpack(">I", font[at + 4 : at + 8])[0]
        kind = struct.unpack(">H", font[table : table + 2])[0]
        if kind == _SEGMENTED:
            yield from _segments(font, table)
        elif kind == _GROUPED:
            yield from _groups(font, table)


def _segments(font: bytes, table: int) -> Iterator[int]:
    count = struct.unpack(">H", font[table + 6 : table + 8])[0] // 2
    ends = struct.unpack(f">{count}H", font[table + 14 : table + 14 + 2 * count])
    starts_at = table + 16 + 2 * count
    starts = struct.unpack(f">{count}H", font[starts_at : starts_at + 2 * count])
    for first, last in zip(starts, ends, strict=True):
        yield from range(first, min(last, _LAST - 1) + 1)


def _groups(font: bytes, table: int) -> Iterator[int]:
    count = struct.unpack(">I", font[table + 12 : table + 16])[0]
    for n in range(count):
        at = table + 16 + 12 * n
        first, last, _ = struct.unpack(">III", font[at : at + 12])
        yield from range(first, last + 1)
