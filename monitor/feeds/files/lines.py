"""The bytes of a file as lines of text, whatever its encoding and line ends; bounded in memory.

Guesses no encoding that the bytes do not show: a mark at the start, or zeros in every other place,
tell UTF-16; else each line is UTF-8 where it can be, and Windows' Latin where it cannot.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from typing import IO

from monitor.kernel.errors import InvalidInput

MAX_LINE = 2_000_000  # bytes
MAX_REFERENCE = 2_000_000  # characters
_CHUNK = 64 * 1024
_HEAD = 10_000  # characters
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the mark of UTF-16: look for it first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Metered:
    """A file that refuses to be read on and on without a reference coming out of it.

    A parser keeps what it has read of the reference at hand: without this, one that never ends
    would fill the memory.
    """

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self._file, self._limit, self._since = file, limit, 0

    def read(self, size: int = -1) -> bytes:
        """Read on.

        Raises:
            InvalidInput: more than the limit was read since the last reference.
        """
        if self._since > self._limit:
            raise InvalidInput(
                f"the file has more than {self._limit // 2**20} MiB without a whole reference: "
                "export it again"
            )
        data = self._file.read(size)
        self._since += len(data)
        return data

    def passed(self) -> None:
        """Note that a reference came out."""
        self._since = 0


def head(file: IO[bytes]) -> str:
    """Give the first 10,000 characters, and go back to the beginning."""
    file.seek(0)
    start = io.BytesIO(file.read(_CHUNK))
    file.seek(0)
    return "".join(lines(start))[:_HEAD]


def lines(file: IO[bytes]) -> Iterator[str]:
    r"""Give a file's lines from its beginning, each with "\n"; without NULs and byte order marks.

    Raises:
        InvalidInput: a line is longer than any reference has.
    """
    file.seek(0)
    encoding = _wide_encoding(file.read(4096))
    file.seek(0)
    chunks = iter(lambda: file.read(_CHUNK), b"")
    if encoding:
        decoded = codecs.iterdecode(chunks, encoding, "replace")
        chunks = (piece.encode("utf-8", "replace") for piece in decoded)
    for raw in _split(chunks):
        yield _decoded(raw).replace("\0", "").removeprefix("\ufeff") + "\n"


def blocks(text: Iterable[str], start: re.Pattern[str]) -> Iterator[str]:
    """Part lines into references, each from a line that matches ``start`` to before the next.

    What stands before the first is passed over.

    Raises:
        InvalidInput: a reference is larger than any is.
    """
    block: list[str] = []
    size = 0
    for line in text:
        if start.match(line):
            if block:
                yield "".join(block).strip()
            block, size = [line], 0
        elif block:
            block.append(line)
        size += len(line)
        if block and size > MAX_REFERENCE:
            raise InvalidInput(
                f"one reference has more than {MAX_REFERENCE:,} characters: this is no list of "
                "references, or its line ends are lost"
            )
    if block:
        yield "".join(block).strip()


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Part at every kind of line end; a file may mix them."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        # the other half of this line end may be in the next chunk
        held = b"\r" if data.endswith(b"\r") else b""
        data = data.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *whole, rest = data.split(b"\n")
        if len(rest) > MAX_LINE:
            raise InvalidInput(f"the file has a line of more than {MAX_LINE:,} bytes")
        rest += held
        yield from whole
    if rest:
        yield rest.removesuffix(b"\r")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _wide_encoding(start: bytes) -> str | None:
    """Tell an encoding that gives each character two bytes or four; None for any other."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if odd > len(start) // 4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(start) // 4 and not odd else None
